"""The outline of a line: what every line of a format holds from its beginning to its status, as regular expressions.

Owns: how an outline is written, the expressions for lines that differ from it, and which fields follow each other.
Must not know: what is done with either kind of line.

An outline is literal text with fields: ``<client> - <name> [<clf>] "<method> <target> HTTP/<version>" <status> ``. No
field can hold the character that follows it, so a line is in an outline in one way only, and the lines that are *not*
are a regular language too: those that differ at the first character, or at the second, and so on. Expressions for that
language run in RE2 as automata that read each byte once, and stop where the outline ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DIGIT: Final = "0-9"
#: Printable and no blank, quote or backslash: nothing that a server or an envelope escapes. Others are UTF-8.
_TARGET: Final = r"!#-\[\]-~\x80-\xff"
_TEXT: Final = r" !#-\[\]-~"
#: Characters of each field, and whether it may be empty.
_FIELDS: Final[dict[str, tuple[str, bool]]] = {
    "client": ("0-9A-Fa-f.:", False),
    # of a Basic header: gunicorn takes it up to its first colon
    "name": (r"!#-9;-Z^-~", False),
    "clf": (r"0-9A-Za-z/: +\-", False),
    "stamp": (r"0-9TZ:.+\-", False),
    "method": ("A-Z", False),
    "word": ("a-z", False),
    "digits": (_DIGIT, False),
    "version": ("0-9.", False),
    "target": (_TARGET, False),
    "query": (_TARGET, True),
    "size": (r"0-9\-", False),
    "duration": (_DIGIT, False),
    "referer": (_TEXT, True),
    "agent": (_TEXT, True),
    "stream": ("a-z", False),
    "outer": (r"0-9TZ:.+\-", False),
}
#: Fields in which anchors are looked for.
_SEARCHED: Final = frozenset({"target", "query"})
#: Fields that are kept of a line.
KEPT: Final = frozenset(
    {"client", "name", "clf", "stamp", "method", "target", "query", "status", "size", "referer", "agent", "duration",
     "stream"}
)  # fmt: skip
_STATUS_LENGTH: Final = 3
_TOKEN: Final = re.compile(r"<([a-z]+)>|(.)", re.DOTALL)


class Token(NamedTuple):
    """A character, or a field: what it can hold, as the inside of a character class; how often; which field it is."""

    inside: str
    many: bool = False
    empty: bool = False
    field: str = ""

    @property
    def expression(self) -> str:
        """What is in it."""
        if self.field == "status":
            return "[0-9][0-9][0-9]"
        return f"[{self.inside}]" + ("*" if self.empty else "+" if self.many else "")


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
            anchors: by method, an expression for those that count in its requests.
            statuses: of three digits.
        """
        ways = [_differs(self.tokens, 0, "", "|".join(sorted(statuses)))]
        asked = next(at for at, token in enumerate(self.tokens) if token.field == "method")
        before = "".join(token.expression for token in self.tokens[:asked])
        searches = []
        for at, token in enumerate(self.tokens):
            if token.field in _SEARCHED:
                between = "".join(between_token.expression for between_token in self.tokens[asked + 1 : at])
                searches += [f"{method}{between}[{token.inside}]*(?:{any_of})" for method, any_of in anchors.items()]
        return "^(?:" + "|".join([*ways, f"{before}(?:{'|'.join(searches)})" if searches else ways[0]]) + ")"

    def layout(self) -> tuple[str, list[OutlineField]]:
        """Return what lines begin with, and the fields behind it."""
        lead, fields = "", list[OutlineField]()
        for at, token in enumerate((*self.tokens, *(self.rest or ()))):
            if token.field:
                length = _STATUS_LENGTH if token.field == "status" else 0
                fields.append(OutlineField(token.field, token.inside, token.empty, length, "", at < len(self.tokens)))
            elif fields:
                fields[-1] = fields[-1]._replace(behind=fields[-1].behind + _literal_of(token.inside))
            else:
                lead += _literal_of(token.inside)
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
    tokens = _split_outline(name, text)
    if escaped:
        tokens = _escape_in_json(tokens)
    if around:
        tokens = _split_outline(name, around.removesuffix("<payload>")) + tokens
    after = _split_outline(name, rest or "")
    after = (_escape_in_json(after) if escaped else after) + _split_outline(name, behind)
    for token, following in pairwise([*tokens, *after]):
        if token.many and (following.field or re.match(f"[{token.inside}]", _literal_of(following.inside))):
            raise FormatError(name, f"`outline`: a field can hold what follows it, at {following.inside}")
    return Outline(name, tuple(tokens), ends.encode(), None if rest is None else tuple(after))


def _split_outline(name: str, text: str) -> list[Token]:
    tokens = []
    for found in _TOKEN.finditer(text):
        field, literal = found.groups()
        if literal:
            tokens.append(Token(re.escape(literal) if literal in "\\[]^-" else literal))
        elif field == "status":
            tokens.append(Token(_DIGIT, field=field))
        elif field in _FIELDS:
            inside, empty = _FIELDS[field]
            tokens.append(Token(inside, many=True, empty=empty, field=field))
        else:
            raise FormatError(name, f"`outline`: <{field}> is none of " + ", ".join(["status", *_FIELDS]))
    return tokens


def _escape_in_json(tokens: Sequence[Token]) -> list[Token]:
    r"""The tokens as they stand inside a JSON string: with escaped quotes; Docker writes ``&`` as ``\u0026``."""
    written: list[Token] = []
    for token, following in pairwise([*tokens, Token(" ")]):
        if token.inside in ('"', r"\\"):
            written.append(Token(r"\\"))
        lax = token.field in _SEARCHED and following.inside != '"'
        written.append(token._replace(inside=token.inside + r"\\") if lax else token)
    return written


def _literal_of(inside: str) -> str:
    return inside[-1]


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
