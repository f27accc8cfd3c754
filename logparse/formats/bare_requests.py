"""Access lines whose request stands in no quotes, or in quotes without its version, in an order of the operator's own.

Owns: where such a request stands, what may stand between its parts, and which number is its status.
Must not know: servers, other formats (it is told which lines are theirs).

No quotes show where such a request ends, and some servers decode the path: so a caller can write blanks and signs into
it, and behind them what looks like a status. What the server answered stands in the line as well. So a line is read
only if a single number in it can be a status, wherever that stands, and if it holds one request. All in front of the
request must be known, and all between it and the status. Behind that, only the size and the agent in quotes are read:
a caller may have sent the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.formats.any_order import (
    LAST_LABEL,
    LONGEST_HEAD,
    STATUSES,
    collect_labelled,
    find_agent,
    place,
    split_quoted,
    take_apart,
)
from logparse.formats.clients import PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.any_order import Item
    from logparse.formats.line_format import Fields

_METHOD: Final = "(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
#: Between method and path stands a blank, or what parts all fields of the line: this ends the path, too.
_REQUEST: Final = re.compile(
    rf'(?<![^\s:=\[(|,;"])(?P<quote>"?)(?P<method>{_METHOD})'
    r"(?P<sep> | ?[|;] ?|\t|,)(?P<target>/(?:(?!(?P=sep))[^\s\"\\|;])*+)(?:(?P=sep)(?P<version>HTTP/\d(?:\.\d)?))?"
    r"(?P<end>\"?)(?=[\s|;,\])]|\Z)"
)
#: Where a line tells of a request and what came of it, whether it can be read or not.
ANSWERED: Final = (
    rf"(?<![A-Za-z0-9_/.-]){_METHOD}[\"']?[ \t|;,]{{1,3}}/[^\s|;,]*+[ \t|;,]++(?:(?i:status|code)[:= ]{{1,2}})?"
    r"[1-5]\d\d(?![\d.])"
)
_ANSWERED: Final = re.compile(ANSWERED)
#: ... and the address of who asked, in front of it.
_ASKER: Final = re.compile(rf"(?<![\w.:]){PATTERN}(?=[^\"\w])")
#: So many characters may stand in front of this address, and between it and the request.
_NEAR: Final = 200
#: How such a line begins behind the head of a logger.
BEGINS: Final = rf"(?:\[?{PATTERN}\]?[ ,:|-]{{1,3}})?\"?{_METHOD}[ \t|;,]{{1,3}}/"
#: What begins like a request: a line with two is none.
_ANY_REQUEST: Final = re.compile(rf"(?<![A-Za-z0-9_/.-]){_METHOD}[\"']?[ \t|;,]{{1,3}}[\"']?(?:/|[a-z]{{2,10}}://)")
#: A number that can be a status.
_NUMBER: Final = re.compile(r"(?<![^\s|,;:=\"'\[(>])[1-5]\d\d(?![^\s|,;\"'\])])")
#: Signs that part fields, as `-> 403` and `(186 bytes)`, and brackets around what is known.
_SIGNS: Final = re.compile(r"(?<!\S)(?:[-=]>|\u2192)(?!\S)|[\[\]()<>]")
#: Numbers with units, units, and what caches say.
_UNIT: Final = re.compile(
    r"[\d.]*(?:[m\u00b5\u03bcun]?s|secs?|[kKM]?i?[bB]|bytes|seconds)|HIT|MISS|BYPASS|EXPIRED|STALE|UPDATING|https?"
)


#: Method and path that do not stand side by side.
_APART: Final = re.compile(rf"(?<![^\s|;,])(?:(?P<method>{_METHOD})|(?P<target>/[^\s\"\\|;,]*+))(?![^\s|;,])")


def tells_of_request(message: str) -> bool:
    """Return whether a message of an app tells who sent a request and what was answered, whether it can be read or not.

    The address stands first, or behind signs and brackets: behind words, a stranger may have typed it.
    """
    answered = _ANSWERED.search(message, 0, LONGEST_HEAD) if "/" in message else None
    if answered is None:
        return False
    farthest = _NEAR if message[0] in "[({<|-" else 0
    return any(
        asker.start() <= farthest and answered.start() - asker.end() <= _NEAR
        for asker in _ASKER.finditer(message, 0, answered.start())
    )


def begins_request(text: str) -> bool:
    """Return whether something in a text begins like a request: what stands behind it can be a caller's."""
    return "/" in text and _ANY_REQUEST.search(text) is not None


def read_bare_request(line: str) -> Fields | None:
    """Return the fields of such an access line; None if it is none, or one that can be read in two ways."""
    asked = _REQUEST.search(line, 0, LONGEST_HEAD) if line[:1].strip(" \t,;|") else None
    if asked is None:
        return _read_apart(line) if len(line) < LONGEST_HEAD and '"' not in line else None
    if len(asked["quote"]) != len(asked["end"]) or (asked["quote"] and asked["version"]):
        return None
    front, behind = line[: asked.start()], line[asked.end() :]
    if '"' in front or "HTTP/" in behind or len(_ANY_REQUEST.findall(line)) != 1 or line.endswith("$"):
        return None
    numbers = [number for part in (front, behind) for number in _NUMBER.findall(part) if number in STATUSES]
    head = take_apart(LAST_LABEL.sub("", _SIGNS.sub(" ", front).rstrip(" \t,;|")), whole=True)
    placed = place(head) if head is not None and len(numbers) == 1 else None
    named = collect_labelled(head) if head is not None and placed is not None else None
    quoted = split_quoted(behind)
    if head is None or placed is None or named is None or quoted is None:
        return None
    tail = take_apart(_SIGNS.sub(" ", behind.partition('"')[0][:LONGEST_HEAD]), whole=False) or []
    if any(named.get(key, value) != value for key, value in placed.items()) or _find_status(head, tail) != numbers[0]:
        return None
    fields: Fields = {"method": asked["method"], "target": asked["target"], **placed, **named, "status": numbers[0]}
    if len(tail) > 1 and (tail[0].text, tail[0].field, tail[1].field) == (numbers[0], "", "") and tail[1].kind in "SI":
        fields["bytes"] = tail[1].text
    return {**fields, "agent": find_agent(quoted)}


def _find_status(head: Sequence[Item], tail: Sequence[Item]) -> str | None:
    """Return the number that is a status by its place or its label; a size may not stand in front of it."""
    in_front = next((item.text for item in head if item.kind == "S" and item.field in ("", "status")), None)
    # Behind the path nothing may stand then that is not known: it may be the rest of the path.
    for item in tail:
        if item.kind == "W" and not (item.field or _UNIT.fullmatch(item.text)):
            return None
        if not in_front and (item.field == "status" or (item.kind in "SI" and not item.field)):
            return item.text if item.kind == "S" else None
    return in_front


def _read_apart(line: str) -> Fields | None:
    """Read a line in which something stands between method and path: it must be known as a whole."""
    hits = [*_APART.finditer(line)] if line[:1].strip(" \t,;|") else []
    if [hit.lastgroup for hit in hits] not in (["method", "target"], ["target", "method"]):
        return None
    first, last = hits
    parts = (line[: first.start()], line[first.end() : last.start()], line[last.end() :])
    numbers = [number for part in parts for number in _NUMBER.findall(part) if number in STATUSES]
    items = [take_apart(_SIGNS.sub(" ", part), whole=True) for part in parts] if len(numbers) == 1 else [None]
    head, placed = items[0], None if items[0] is None else place(items[0])
    if head is None or placed is None or any(part is None for part in items):
        return None
    behind = [item for part in items[1:] for item in part or ()]
    if _find_status(head, behind) != numbers[0] or any(item.kind == "W" for item in behind if not item.field):
        return None
    named = {name: hit[name] for hit in hits for name in [hit.lastgroup or ""]}
    return {**named, **placed, "status": numbers[0]}
