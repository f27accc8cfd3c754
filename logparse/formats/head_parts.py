"""Reader of app lines whose head is made of known parts in any order, as an operator's ``log_format`` asks for them.

Owns: where the head of a line ends and its message begins.
Must not know: the parts, which the format file describes.

Each part stands in a head once at most, so the head ends however a message begins. The time grows in proportion to the
length of the head, which is limited.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
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
    r"(?i:(?:log[_.]?)?level(?:name)?|lvl|severity|(?:log)?name|logger|loc|caller|file(?:name)?|lineno|p?id|"
    r"process(?:name)?|thread(?:name)?|time|ts|timestamp|asctime|module|func(?:name)?)=\"?"
)
_BRACKETS: Final = r"[\[({<|]{1,2} ?"
_CLOSE: Final = r"[\])}>|\"]"
_OPENING, _CLOSING = re.compile(r"[\[({<]"), re.compile(r"[\])}>]")
_BETWEEN: Final = re.compile(r"[ \t]*+(?:[-:|,;]+(?=[ \t\[{(<|\w])[ \t]*+)?")
#: So many parts are in a head at most.
_MOST: Final = 9
#: A message that is an access line,
ACCESS_LINE: Final = r'\S+ - (?:[^\s"\[]{1,100} )?\[\d{2}/[A-Z][a-z]{2}/\d{4}|\S+:\d+ - "[A-Z]{3,} '
#: ... or JSON around one.
REQUEST: Final = (
    r'\S+ - .{0,200}?\[\d{2}/|\S+ - "[A-Z]{3,}|request finished (?:method=| *\[http\.access\])|'
    r'(?:\S+ )?"?[A-Z]{3,7} \S+ HTTP/|[\[{]+"'
)
_REQUEST: Final = re.compile(REQUEST)
#: ... or pairs around any line, as an agent prints what it collects: an envelope takes it out of its quotes.
_COLLECTED: Final = re.compile(r'(?:[A-Za-z_][\w.-]{0,40}=(?:"(?:[^"\\]|\\.){0,300}"|[^\s"]{0,300}) ){0,12}?entry="')
#: A level that is a head without any other part: in brackets, or with a sign behind it.
_ALONE: Final = re.compile(r"\[[A-Z]+ *\] |[A-Z]+ +[-|] ")
#: What is left of a line that consists of keys and values: a message that is quoted up to the end, or without quotes.
_KEYED: Final = re.compile(r'(?:msg|message|event)=(?:("(?:[^"\\]|\\.)*")$|(?!"))', re.DOTALL)


def make_parts_reader(
    file: str, parts: Mapping[str, str]
) -> tuple[Callable[[str], Fields | None], Callable[[str], tuple[Fields, str] | None]]:
    """Return what reads a line into its parts and ``message``, and what cuts it into its parts and all behind them.

    Both return None for a line without such a head; the first one also if the message is an access line, or if there
    is a bare level alone.

    A head holds a level and one more part, or a level that a sign or brackets part from the message: many messages
    begin with the word alone. A time and a place in code are no head: so begin warnings of Python behind the stamp of
    an envelope.

    Args:
        file: path of the format file, for messages.
        parts: name of a part to its regular expression, in the order in which they are tried.

    Raises:
        FormatError: one of them is no regular expression.
    """
    for name, text in parts.items():
        compile_regex(file, f"parts.{name}", text)

    @lru_cache(maxsize=128)
    def next_part(seen: frozenset[str]) -> re.Pattern[str]:
        """The expression for the next part behind those seen; its last group is named like the part."""
        ways = [_around(name, text) for name, text in parts.items() if not {name, _plain(name)} & seen]
        return re.compile("|".join(ways) or r"(?!)")

    # Most lines hold no level, and this is seen sooner than that no part stands at their beginning.
    level = re.compile("|".join(text for name, text in parts.items() if _plain(name) == "level") or "(?!)")

    @lru_cache(maxsize=2)  # a line that is in no format is cut twice
    def cut(line: str) -> tuple[Fields, str] | None:
        if level.search(line) is None:
            return None
        fields, at = _read_head(line, next_part)
        keyed = _KEYED.match(line, at)
        message = _unquote(keyed[1]) if keyed and keyed[1] else line[keyed.end() if keyed else at :]
        return (fields, message) if "level" in fields and message else None

    def read(line: str) -> Fields | None:
        found = cut(line)
        if (
            found is None
            or _REQUEST.match(found[1])
            or _COLLECTED.match(found[1])
            or (_OTHERS.isdisjoint(found[0]) and not _ALONE.match(line))
        ):
            return None
        return {**found[0], "message": found[1]}

    return read, cut


def _read_head(line: str, next_part: Callable[[frozenset[str]], re.Pattern[str]]) -> tuple[Fields, int]:
    """Return the parts of a head, and where it ends. A bracket that it does not close is where the message begins."""
    fields: Fields = {}
    at = opened = 0
    closed: tuple[Fields, int] = {}, 0
    while len(fields) < _MOST and (hit := next_part(frozenset(fields)).match(line, at)):
        name = hit.lastgroup or ""
        between = _BETWEEN.match(line, hit.end())
        end = between.end() if between else hit.end()
        if end == hit.end(name) and hit.start(name) == at and end < len(line):
            break  # the word goes on
        opened += len(_OPENING.findall(line, hit.start(), hit.start(name)))
        opened -= len(_CLOSING.findall(line, hit.end(name), hit.end()))
        fields[_plain(name)], at = hit[name], end
        if opened <= 0:
            closed = dict(fields), at
    return closed


def _around(name: str, text: str) -> str:
    """A part with what may stand around it; a marked one needs a key in front, or brackets on both sides."""
    front = f"(?:{_BRACKETS}|{_KEYS})?"
    if name.startswith(_MARKED):
        front = f"(?:{_KEYS}|{_BRACKETS}(?=(?:{text}) *+{_CLOSE}))"
    return f"{front}(?P<{name}>{text}) *+{_CLOSE}{{0,2}}+"


def _plain(name: str) -> str:
    return name.removeprefix(_MARKED)


def _unquote(text: str) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return text[1:-1]
