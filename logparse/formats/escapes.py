r"""What servers write in place of characters that would break their access lines, and which server wrote a line.

Owns: the escapes of each dialect, and those of format strings in settings, as pure functions.
Must not know: formats, fields, what a value means.

====================  =========================================================================================
dialect               writes
====================  =========================================================================================
gunicorn 23.0.0       ``\"`` for ``"``; all else, backslashes and control characters too, as it is
nginx 1.22.1          ``\xHH``, upper-case hex, for ``"``, ``\``, bytes under 0x20 and from 0x7f on
nginx-json            ``\"``, ``\\``, ``\b \f \n \r \t`` and ``\u00hh`` (``escape=json``)
Apache 2.4.71         ``\"``, ``\\``, ``\b \n \r \t \v`` and ``\xhh``, lower-case hex, for what cannot be printed
HAProxy 2.6.12        ``#HH``, upper-case hex, for ``"``, ``#``, ``{|}``, control characters and bytes from 0x7f on
====================  =========================================================================================
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_HEX_UPPER: Final = re.compile(rb"\\x([0-9A-F]{2})")
_APACHE: Final = re.compile(rb'\\(?:x([0-9a-f]{2})|(["\\bnrtv]))')
_JSON: Final = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_HAPROXY: Final = re.compile(rb"#([0-9A-F]{2})")
_CONTROLS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SURROGATES: Final = range(0xD800, 0xE000)


def unescape(text: str, dialect: str) -> str:
    r"""Return the value that a server of this dialect wrote as ``text``.

    Never raises; what is no escape of the dialect stays as it is. Bytes that are no UTF-8 become surrogates, as
    everywhere (``surrogateescape``).

    Args:
        text: one value as it stands in the line, not a whole line.
        dialect: one of the table above, in small letters.
    """
    return _UNESCAPE[dialect](text)


def _gunicorn(text: str) -> str:
    return text.replace('\\"', '"')


def _nginx(text: str) -> str:
    return _bytewise(_HEX_UPPER, text) if "\\" in text else text


def _apache(text: str) -> str:
    return _bytewise(_APACHE, text) if "\\" in text else text


def _haproxy(text: str) -> str:
    return _bytewise(_HAPROXY, text) if "#" in text else text


def _json(text: str) -> str:
    return _JSON.sub(_json_character, text) if "\\" in text else text


def _json_character(found: re.Match[str]) -> str:
    if found[1] is None:
        return _CONTROLS.get(found[2], found[2])
    code = int(found[1], 16)
    return "\ufffd" if code in _SURROGATES else chr(code)  # nginx writes none over 001f


def _bytewise(pattern: re.Pattern[bytes], text: str) -> str:
    """Put bytes in the place of escapes: several of them may make one character."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that no decoding of a file leaves, from JSON around the line
        data = text.encode("utf-8", "replace")
    return pattern.sub(_byte, data).decode("utf-8", "surrogateescape")


def _byte(found: re.Match[bytes]) -> bytes:
    if found[1] is not None:
        return bytes((int(found[1], 16),))
    letter = found[2].decode()
    return _CONTROLS.get(letter, letter).encode()


_UNESCAPE: Final[dict[str, Callable[[str], str]]] = {
    "gunicorn": _gunicorn,
    "nginx": _nginx,
    "nginx-json": _json,
    "apache": _apache,
    "haproxy": _haproxy,
}
_SHIELD: Final = re.compile(r'\\(["\\])')
_UNSHIELD: Final = re.compile(r"\\([qs])")


def shield(line: str) -> str:
    r"""``line`` with ``\q`` for every ``\"`` and ``\s`` for every ``\\``, so that quotes left are the format's own.

    Only for lines of dialects that escape both. ``unshield`` undoes it.
    """
    return _SHIELD.sub(lambda found: "\\q" if found[1] == '"' else "\\s", line)


def unshield(value: str) -> str:
    r"""Undo ``shield`` in a value of the line."""
    return _UNSHIELD.sub(lambda found: '\\"' if found[1] == "q" else "\\\\", value)


# Values in which every backslash is one that nginx or Apache writes. Quotes are not looked at: they may be undone.
_BY_NGINX: Final = re.compile(r"(?:[^\\]|\\x(?:[01][0-9A-F]|22|5C|7F|[89A-F][0-9A-F]))*+")
_BY_APACHE: Final = re.compile(r'(?:[^\\]|\\(?:[\\"bnrtv]|x(?:[01][0-9a-f]|22|5c|7f|[89a-f][0-9a-f])))*+')


def guess_dialect(text: str) -> str:
    """Return the dialect of values of a line in combined form: ``nginx`` or ``apache`` if either can have written them.

    gunicorn leaves a backslash as it is, and writes what is not ASCII; nginx and Apache escape both. What a client
    sent to gunicorn can pass for an escape of theirs, so that is what it is taken for.
    """
    if not text.isascii():
        return "gunicorn"
    return "nginx" if _BY_NGINX.fullmatch(text) else "apache" if _BY_APACHE.fullmatch(text) else "gunicorn"


def repair_latin1(value: str) -> str:
    """Read a header or target again as the UTF-8 that it was sent as; the value itself if it was not.

    gunicorn 23.0.0 reads requests as latin-1 and writes the log as UTF-8. A user name must not be given to this
    function: gunicorn decodes it as UTF-8.
    """
    if value.isascii():
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def unescape_setting(raw: str, at: int) -> list[tuple[str, int]]:
    r"""Return the characters of a quoted setting and their places, the first of which is ``at``.

    Both servers take the backslash of ``\"``, ``\'`` and ``\\`` away, and know ``\t``, ``\r`` and ``\n``.
    """
    return [
        (_CONTROLS.get(hit[1], hit[1]) if hit[1] else hit[0], at + hit.start())
        for hit in re.finditer(r"\\([\"'\\trn])|.", raw, re.DOTALL)
    ]
