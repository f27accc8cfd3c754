"""Reader of app lines whose head is made of known parts in any order, as an operator's ``log_format`` asks for them.

Owns: where the head of a line ends and its message begins.
Must not know: the parts, which the format file describes.

Each part stands in a head once at most, so the head ends however a message begins. The time grows in proportion to the
length of the head, which is limited.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.formats.file_keys import compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logparse.formats.line_format import Fields

#: Parts of which a head must hold one besides the level.
_OTHERS: Final = frozenset({"time", "moment", "loc", "logger", "thread", "process"})
_MARKED: Final = "marked_"
#: What may stand around a part: brackets or a key in front of it; and what parts it from the next.
_KEYS: Final = (
    r"(?i:(?:log[_.]?)?level(?:name)?|lvl|severity|(?:log)?name|logger|loc|file(?:name)?|lineno|p?id|process(?:name)?|"
    r"thread(?:name)?|time|ts|timestamp|asctime|module|func(?:name)?)"
)
_OPEN: Final = rf"(?P<open>[\[({{<|]{{1,2}} ?|{_KEYS}=\"?)?"
_CLOSE: Final = r"[ ]*+(?P<close>[\])}>|\"]{0,2}+)"
_BETWEEN: Final = re.compile(r"[ \t]*+(?:[-:|,;]+(?=[ \t\[{(<|\w])[ \t]*+)?")
#: So many parts are in a head at most.
_MOST: Final = 9
#: Such a message is an access line, or JSON around one.
_REQUEST: Final = re.compile(
    r'\S+ - .{0,200}?\[\d{2}/|\S+ - "[A-Z]{3,}|request finished (?:method=| *\[http\.access\])|'
    r'(?:\S+ )?"?[A-Z]{3,7} \S+ HTTP/|[\[{]+"'
)


def make_parts_reader(file: str, parts: Mapping[str, str]) -> Callable[[str], Fields | None]:
    """Return what reads a line into its parts and ``message``; None if it has no such head.

    A head holds a level and one more part at least. A level alone is no head: what a stranger types into a name can
    begin with one. Nor are a time and a place in code: so begin warnings of Python behind the stamp of an envelope.

    Args:
        file: path of the format file, for messages.
        parts: name of a part to its regular expression, in the order in which they are tried.

    Raises:
        FormatError: one of them is no regular expression.
    """
    patterns = {
        name: compile_regex(file, f"parts.{name}", f"{_OPEN}(?P<part>{text}){_CLOSE}") for name, text in parts.items()
    }

    def read(line: str) -> Fields | None:
        fields: dict[str, str] = {}
        at = 0
        while len(fields) < _MOST:
            hit, name = _next_part(line, at, patterns, fields)
            if hit is None:
                break
            between = _BETWEEN.match(line, hit.end())
            end = between.end() if between else hit.end()
            if end == hit.end("part") and hit["open"] is None and end < len(line):
                break  # the word goes on
            fields[name], at = hit["part"], end
        if not _is_head(fields) or at >= len(line) or _REQUEST.match(line, at):
            return None
        return {**fields, "message": line[at:]}

    return read


def _next_part(
    line: str, at: int, patterns: Mapping[str, re.Pattern[str]], seen: Mapping[str, str]
) -> tuple[re.Match[str] | None, str]:
    for name, pattern in patterns.items():
        plain = name.removeprefix(_MARKED)
        if plain not in seen and name not in seen and (hit := pattern.match(line, at)):
            if name.startswith(_MARKED) and (hit["open"] is None or (hit["open"][0] in "[({<" and not hit["close"])):
                continue
            return hit, plain
    return None, ""


def _is_head(fields: Mapping[str, str]) -> bool:
    return "level" in fields and not _OTHERS.isdisjoint(fields)
