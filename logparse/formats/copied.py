"""Lines that somebody copied: what pages, word processors, terminals and programs made of them is undone.

Owns: the signs of that. Must not know: line formats.

A line is read as it stands first, in all formats. So nothing that a server wrote is changed here.
"""

from __future__ import annotations

import html
import json
import re
from typing import Final

from logparse.common.printed import LONGEST, read_printed
from logparse.formats.line_format import strip_colour

#: A line as a string of JSON or of Python, perhaps one of a list.
_QUOTED: Final = re.compile(r"""[\[ \t]*b?((["']).*\2) *[\],]*""", re.DOTALL)
#: Not more tags than pages put around a line: what a caller sent can be nothing but tags.
_TAGS: Final = re.compile(
    r"^(?:<(?:pre|code|p|li|tr|td|div|line|span)>){1,8}|^<html>.{0,2000}?<pre(?: [^<>]{0,300})?>"
    r"|(?:</?(?:pre|code|p|li|tr|td|div|line|span|br)(?: ?/)?>){1,8}$"
)
_ESCAPED_QUOTES: Final = ('\\"', '""')
#: What lists, tables and terminals put behind a line. Blanks in front of it may say that it goes on from another one.
_BEHIND: Final = "\t\r\n\x1a ,;|`"
_SIGNS: Final = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u200b": "", "\ufeff": ""}
)

#: What any of this undoes holds one of these, or ends so.
_COPIED: Final = re.compile(r"""[^\x20-\x7e]|["'<>&`\\]|\[[0-9;]*[mK]|[ ,;|]\Z""")

#: What editors, printers and lost bytes leave at the beginning of a line; no server writes it there.
_BEFORE: Final = "\r\f\v\u00a0\ufeff\u200b\u2028\x0e\x0f" + "".join(map(chr, range(0xDC80, 0xDD00)))
#: A dash that a word processor made longer. Within a word it may have been so from the start.
_DASH: Final = re.compile(r"(?<= )[\u2013\u2014](?= )")


def may_be_copied(line: str) -> bool:
    """Return whether a line may be another one that somebody copied; False: nothing of it would be changed."""
    return _COPIED.search(line) is not None


def take_out_of_frame(line: str) -> str:
    """Return a line without colours, and without what pages, lists and tables put around it."""
    line = strip_colour(line)
    return (_TAGS.sub("", line) if line[:1] == "<" or line[-1:] == ">" else line).rstrip(_BEHIND)


def undo_copying(line: str) -> str:
    """Return a line out of its frame as it was before it was copied: without quotes around it and entities of HTML.

    Blanks, quotes and dashes of word processors become plain ones, and quotes that are all escaped plain quotes.
    """
    quoted = _QUOTED.fullmatch(line) if "\"'".find(line.rstrip(" ],")[-1:]) >= 0 and len(line) < LONGEST else None
    if quoted:
        line = _unquote(quoted[1]) or line
    line = line.lstrip(_BEFORE)
    if "&" in line:
        line = html.unescape(line)
    for escaped in _ESCAPED_QUOTES:
        if escaped in line and '"' not in line.replace(escaped, ""):
            line = line.replace(escaped, '"')
    line = (line if line.isascii() else _DASH.sub("-", line.translate(_SIGNS))).removesuffix("\\n").removeprefix("`")
    return take_out_of_frame(line)


def _unquote(text: str) -> str | None:
    if '""' in text and '"' not in text[1:-1].replace('""', ""):  # a cell of CSV
        return text[1:-1].replace('""', '"')
    try:
        value = json.loads(text) if text[0] == '"' else read_printed(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
