"""How an outline is written: literal text with fields, taken apart into tokens.

Owns: the fields that an outline may name, and what each of them can hold.
Must not know: which format an outline is of, what it is used for.

``<client> - <name> [<clf>] "<method> <target> HTTP/<version>" <status> `` is an outline. A field may say what it can
hold, as the inside of a character class of ASCII, and that it may hold nothing, or always so many characters:
``<pool:0-9A-Za-z>``, ``<pool?:0-9A-Za-z>``, ``<flags=4:A-Za-z>``. ``<end>`` is the end of the line.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    "part": (r"!#-\[\]-~", False),
    "text": (_TEXT, True),
}
#: Times whose form is known exactly.
_SHORT: Final = {
    "<instant>": "<digits=4>-<digits=2>-<digits=2>T<digits=2>:<digits=2>:<digits=2>.<digits>Z",
    "<moment>": "<digits=2>/<month=1:A-Z><month=2:a-z>/<digits=4>:<digits=2>:<digits=2>:<digits=2>",
}
#: Fields in which anchors are looked for.
SEARCHED: Final = frozenset({"target", "query"})
#: What stands at the end of an outline that reaches to the end of the line.
END: Final = "<end>"
_TOKEN: Final = re.compile(r"<([a-z]{1,20})(\?)?(?:=([0-9]))?(?::([^>]{1,80}))?>|(.)", re.DOTALL)


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

    @property
    def is_literal(self) -> bool:
        """Whether it is one character."""
        return not (self.many or self.field) and len(self.inside.lstrip("\\") or "\\") == 1

    @property
    def literal(self) -> str:
        """The character, if it is one: the last that it can hold."""
        return self.inside[-1]


def split_outline(name: str, text: str) -> list[Token]:
    """Take the outline apart that is written as ``text``.

    Raises:
        FormatError: it holds an unknown field; ``name`` tells the reader in which format.
    """
    tokens = list[Token]()
    for short, whole in _SHORT.items():
        text = text.replace(short, whole)
    for found in _TOKEN.finditer(text):
        field, optional, length, inside, literal = found.groups()
        if literal:
            tokens += make_literals(literal)
        elif field == "status":
            tokens.append(Token(_DIGIT, field=field))
        elif field == "end":
            tokens.append(Token("\n"))
        elif inside or field in _FIELDS:
            held, empty = _FIELDS.get(field, ("", False))
            several = Token(inside or held, many=True, empty=empty or bool(optional), field=field)
            tokens += [Token(several.inside)] * int(length) if length else [several]
        else:
            known = ["status", "end", *(short.strip("<>") for short in _SHORT), *_FIELDS]
            raise FormatError(name, f"`outline`: <{field}> is none of " + ", ".join(known))
    return tokens


def make_literals(text: str) -> list[Token]:
    """Return a token for each character of a text."""
    return [Token(re.escape(sign) if sign in "\\[]^-" else sign) for sign in text]


def escape_in_json(tokens: Sequence[Token]) -> list[Token]:
    r"""Return tokens as they stand inside a JSON string: with escaped quotes; Docker writes ``&`` as ``\u0026``."""
    written: list[Token] = []
    for token, following in pairwise([*tokens, Token(" ")]):
        if token.inside in ('"', r"\\"):
            written.append(Token(r"\\"))
        lax = token.field in SEARCHED and following.inside != '"'
        written.append(token._replace(inside=token.inside + r"\\") if lax else token)
    return written


def check_tokens(name: str, tokens: Sequence[Token]) -> None:
    """Check that no field can hold what follows it, which is one character.

    Raises:
        FormatError: one can; ``name`` tells the reader in which format.
    """
    for token, following in pairwise(tokens):
        if token.many and (not following.is_literal or re.match(f"[{token.inside}]", following.literal)):
            raise FormatError(name, f"`outline`: a field can hold what follows it, at {following.inside}")
