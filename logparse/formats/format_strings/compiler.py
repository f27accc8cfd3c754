"""A format string of any server to what reads the lines written after it.

Owns: which server's string a text is, and what follows from that for its lines.
Must not know: the flavours' fields.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError
from logparse.formats.format_strings.apache import compile_apache
from logparse.formats.format_strings.gunicorn import compile_gunicorn
from logparse.formats.format_strings.nginx import compile_nginx

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats.line_format import Fields

#: Keys of format files that hold a format string.
FLAVOURS: Final = ("gunicorn", "nginx", "apache")
_GUNICORN: Final = re.compile(r"%\(")
_NGINX: Final = re.compile(r"\s*log_format\s|\$\{?[a-z]")
_APACHE: Final = re.compile(
    r"\s*(?:LogFormat|CustomLog|GlobalLog)\s|%[!<>,0-9]*(?:\{[^}]*\})?[!<>,0-9]*[A-Za-z^]", re.IGNORECASE
)


class CompiledString(NamedTuple):
    """How lines of a format string are written.

    Attributes:
        match: a line to its fields, None if it is not of this format.
        stamp: ``end`` or ``start``: which moment of the request the time is.
        names_users: a name of a Basic header stands there raw, with line breaks and all.
        vouches: the server looked at the user's credentials itself.
        names: canonical names of its fields.
        fast: an expression for lines whose fields need no decoding and can be read in one way only, if there is one.
        ways: how lines are taken apart, see ``LineFormat``.
    """

    match: Callable[[str], Fields | None]
    stamp: str
    names_users: bool
    vouches: bool
    names: tuple[str, ...]
    fast: re.Pattern[str] | None
    ways: tuple[tuple[re.Pattern[str], ...], ...]


@lru_cache(maxsize=64)
def compile_string(text: str, flavour: str = "", *, extra: bool = False) -> CompiledString:
    """Compile a format string.

    Args:
        text: the string, or the directive of the configuration that holds it.
        flavour: one of ``FLAVOURS``; by default, what the string looks like.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: the string is no such format, with the position of what is wrong.
    """
    flavour = flavour or detect_flavour(text)
    if flavour == "gunicorn":
        own = compile_gunicorn(text, extra=extra)
        named = "user" in own.names
        return CompiledString(own.match, "end", named, vouches=False, names=own.names, fast=own.fast, ways=own.ways)
    made = (compile_nginx if flavour == "nginx" else compile_apache)(text, extra=extra)
    names_users = made.raw and "user" in made.names
    return CompiledString(made.match, made.stamp, names_users, flavour == "apache", made.names, made.fast, made.ways)


def detect_flavour(text: str) -> str:
    """Return whose format string a text is, one of ``FLAVOURS``.

    Raises:
        FormatError: it has no field of any of them.
    """
    if _GUNICORN.search(text):
        return "gunicorn"
    if _NGINX.search(text):
        return "nginx"
    if _APACHE.search(text):
        return "apache"
    raise FormatError(text, "no format string: fields are written %(h)s by gunicorn, $status by nginx, %h by Apache")
