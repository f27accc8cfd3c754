"""Lines that somebody copied: what pages, word processors, terminals and programs made of them is undone.

Owns: the signs of that. Must not know: line formats.

A line is read as it stands first. So nothing that a server wrote is changed here.
"""

from __future__ import annotations

import ast
import html
import json
import re
from typing import Final

from logparse.formats.line_format import strip_colour

#: A line as a string of JSON or of Python, perhaps one of a list.
_QUOTED: Final = re.compile(r"""[\[ \t]*b?((["']).*\2) *[\],]*""", re.DOTALL)
_LONGEST: Final = 1 << 16
_TAGS: Final = re.compile(
    r"^(?:<(?:pre|code|p|li|tr|td|div|line|span)>)+|(?:</?(?:pre|code|p|li|tr|td|div|line|span|br)(?: ?/)?>)+$"
)
_ESCAPED_QUOTES: Final = ('\\"', '""')
#: What lists, tables and terminals put behind a line. Blanks in front of it may say that it goes on from another one.
_BEHIND: Final = "\t\r\n\x1a ,;|`"
_SIGNS: Final = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u200b": "", "\ufeff": ""}
)


def undo_copying(line: str) -> str:
    """Return a line as it was before it was copied: without colours, quotes around it, entities and tags of HTML.

    Blanks and quotes of word processors become plain ones, quotes that are all escaped plain quotes, and what lists and
    tables put behind a line goes.
    """
    line = strip_colour(line)
    quoted = _QUOTED.fullmatch(line) if "\"'".find(line.rstrip(" ],")[-1:]) >= 0 and len(line) < _LONGEST else None
    if quoted:
        line = _unquote(quoted[1]) or line
    if "<" in line or "&" in line:
        line = html.unescape(_TAGS.sub("", line))
    for escaped in _ESCAPED_QUOTES:
        if escaped in line and '"' not in line.replace(escaped, ""):
            line = line.replace(escaped, '"')
    return (line if line.isascii() else line.translate(_SIGNS)).removesuffix("\\n").rstrip(_BEHIND).removeprefix("`")


def _unquote(text: str) -> str | None:
    try:
        value = json.loads(text) if text[0] == '"' else ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if isinstance(value, str) else None
