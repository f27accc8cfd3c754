"""The outline of a line: what every line of a format holds from its beginning to its status, as regular expressions.

Owns: the expressions for lines that differ from an outline, and which fields follow each other.
Must not know: how an outline is written (``outline_tokens``), what is done with either kind of line.

No field can hold the character that follows it, so a line is in an outline in one way only, and the lines that are
*not* are a regular language too: those that differ at the first character, or at the second, and so on. Expressions for
that language run in RE2 as automata that read each byte once, and stop where the outline ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError
from logparse.formats.outline_tokens import SEARCHED, check_tokens, escape_in_json, split_outline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from logparse.formats.outline_tokens import Token

#: Fields that are kept of a line.
KEPT: Final = frozenset(
    {"client", "name", "clf", "stamp", "method", "target", "query", "status", "size", "referer", "agent", "duration",
     "stream"}
)  # fmt: skip
_STATUS_LENGTH: Final = 3


class OutlineField(NamedTuple):
    """A field of an outline, and what follows it.

    Attributes:
        name: of the field.
        inside: what it can hold, as the inside of a character class.
        empty: it may hold nothing.
        length: it is always so long; 0: it ends where ``behind`` begins.
        behind: all up to the next field.
        sure: it stands in the outline, not in the rest of the line.
    """

    name: str
    inside: str
    empty: bool
    length: int
    behind: str
    sure: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """What the lines of a format begin with.

    Attributes:
        id: of the format, and of the envelopes around it.
        tokens: the outline taken apart.
        ends: the last character of every such line; empty: any.
        rest: what follows in most lines, to their end; None if that is not known.
    """

    id: str
    tokens: tuple[Token, ...]
    ends: bytes = b""
    rest: tuple[Token, ...] | None = None

    @property
    def form(self) -> str:
        """Id of the line format."""
        return self.id.rpartition(" > ")[2]

    @property
    def path(self) -> tuple[str, ...]:
        """Ids of the envelopes, the outermost first."""
        return tuple(self.id.split(" > ")[:-1])

    def differs(self) -> str:
        """Expression for lines that are not in the outline."""
        return "^" + _differs(self.tokens, 0, "", "")

    def wanted(self, anchors: Mapping[str, str], statuses: Iterable[str]) -> str:
        """Expression for lines that are not in the outline, hold an anchor in a target, or have one of the statuses.

        Args:
            anchors: by method, an expression for those that count in its requests; if the outline holds no method, that
                of all its lines alone.
            statuses: of three digits.
        """
        ways = [_differs(self.tokens, 0, "", "|".join(sorted(statuses)))]
        written = [token.expression for token in self.tokens]
        asked = next((at for at, token in enumerate(self.tokens) if token.field == "method"), None)
        before, start = ("", 0) if asked is None else ("".join(written[:asked]), asked + 1)
        searches = []
        for at, token in enumerate(self.tokens):
            if token.field in SEARCHED:
                behind = f"{''.join(written[start:at])}[{token.inside}]*"
                searches += [
                    f"{'' if asked is None else method}{behind}(?:{any_of})" for method, any_of in anchors.items()
                ]
        return "^(?:" + "|".join([*ways, f"{before}(?:{'|'.join(searches)})" if searches else ways[0]]) + ")"

    def layout(self) -> tuple[str, list[OutlineField]]:
        """Return what lines begin with, and the fields behind it."""
        lead, fields = "", list[OutlineField]()
        for at, token in enumerate((*self.tokens, *(self.rest or ()))):
            if token.field:
                length = _STATUS_LENGTH if token.field == "status" else 0
                fields.append(OutlineField(token.field, token.inside, token.empty, length, "", at < len(self.tokens)))
            elif fields:
                fields[-1] = fields[-1]._replace(behind=fields[-1].behind + token.literal)
            else:
                lead += token.literal
        if self.rest is not None:
            fields[-1] = fields[-1]._replace(behind=fields[-1].behind + "\n")
        return lead, fields


def compile_outline(
    name: str,
    text: str,
    ends: str = "",
    *,
    around: str = "",
    escaped: bool = False,
    rest: str | None = None,
    behind: str = "",
) -> Outline:
    """Return the outline that is written as ``text``.

    Args:
        name: what it is of.
        text: the outline of a format.
        ends: the last character of a line.
        around: outline of an envelope, in which ``<payload>`` stands for the line and comes last; empty: none.
        escaped: the envelope writes the line as a JSON string.
        rest: what follows the outline of the format, to the end of a line; None if that is not known.
        behind: what follows the line in its envelope.

    Raises:
        FormatError: it holds an unknown field, or one that can hold what follows it.
    """
    tokens = split_outline(name, text)
    if escaped:
        tokens = escape_in_json(tokens)
    if around:
        tokens = split_outline(name, around.removesuffix("<payload>")) + tokens
    after = split_outline(name, rest or "")
    after = (escape_in_json(after) if escaped else after) + split_outline(name, behind)
    check_tokens(name, [*tokens, *after])
    return Outline(name, tuple(tokens), ends.encode(), None if rest is None else tuple(after))


def compile_front(name: str, text: str, kept: Collection[str]) -> re.Pattern[str]:
    """Return an expression for the text in front of a line; its groups are parts in which digits may be any others.

    Args:
        name: the envelope.
        text: its outline, in which ``<payload>`` stands for the line and comes last.
        kept: fields whose digits tell something.

    Raises:
        FormatError: the outline holds an unknown field, or does not end in the line.
    """
    front, payload, behind = text.partition("<payload>")
    if not payload or behind:
        raise FormatError(name, "`outline` must end in <payload>")
    tokens = split_outline(name, front)
    fixed = [token.is_literal or token.field in kept for token in tokens]
    parts = [token.expression if keeps else f"({token.expression})" for token, keeps in zip(tokens, fixed, strict=True)]
    return re.compile("".join(parts))


def _differs(tokens: Sequence[Token], at: int, held: str, statuses: str) -> str:
    """Expression for what is not as ``tokens`` say from ``at`` on, where characters of ``held`` may stand before.

    Lines end in a line break, which no token can be.
    """
    if at == len(tokens):
        return ""
    token = tokens[at]
    rest = _differs(tokens, at + 1, token.inside if token.many else "", statuses)
    other = f"[^{held}{token.inside}]"
    if token.field == "status":
        last = f"[^0-9]|[0-9]{rest}" if rest else "[^0-9]"
        ways = [other, f"[0-9](?:[^0-9]|[0-9](?:{last}))"] + ([statuses] if statuses else [])
    elif token.empty:
        ways = [f"{token.expression}{rest}"] if rest else []
    else:
        ways = [other] + ([f"{token.expression}{rest}"] if rest else [])
    return f"(?:{'|'.join(ways)})" if ways else ""
