"""Access lines whose fields stand in an order of the operator's own, told from what each of them looks like.

Owns: what the fields of an access line look like, with labels or without, and what may stand in front of the request.
Must not know: servers, other formats (it is told which lines are theirs).

What a caller sends as a header can look like any field. So only what stands in front of the second text in quotes is
read (the first one is the request), and behind it only the agent. A line with ``HTTP/`` twice, or with what looks like
an answer twice, is none. Words in front of the request are not read: some tool may have put them there. Where two
things look alike, the line is not understood.
"""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.formats.clients import PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.line_format import Fields

_REQUEST: Final = re.compile(
    r'(?<![^\s:=\[|,;])"(?P<method>[A-Z]{3,32}) (?P<target>(?:/|[a-z]{2,10}://)(?:[^\s"\\]|\\.)*+)'
    r' (?:HTTP/){1,2}\d(?:\.\d)?"'
)
_VERSION: Final = re.compile(r"(?:HTTP/){1,2}\d")
_TIME: Final = (
    r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: [+-]\d{4})?"
    r"|1\d{9}\.\d{3}"
    r"|\d{4}(?:-\d{2}-\d{2}[T ]|/\d{2}/\d{2} )\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?"
)
_BEHIND: Final = r"(?=[ \t,;|]|\Z)"
#: A label, if there is one, and a value. An address and a time hold colons themselves.
_ITEM: Final = re.compile(
    rf"[ \t,;|]*+(?:(?!(?:{PATTERN}){_BEHIND})(?P<label>[A-Za-z][\w-]{{0,30}})(?:=|: ?))?+"
    rf"(?:(?P<T>\[{{0,2}}(?:{_TIME})\]{{0,2}})|\[?(?P<A>{PATTERN})\]?|(?P<D>-)|\[?(?P<S>[1-5]\d\d)\]?|(?P<N>\d+\.\d+)"
    r"|(?P<I>\d+)|(?P<L>(?:TLS|SSL)v\d[\w.]*(?:[/ ][\w-]{3,60})?)"
    r"|(?P<H>(?=\S*[A-Za-z])[\w-]+(?:\.[\w-]+)+(?::\d{1,5})?)"
    rf'|(?P<W>(?:[^\s,;|":=\\\[\]]|\\.)+)){_BEHIND}'
)
#: A label of the request itself.
LAST_LABEL: Final = re.compile(r"(?<![^\s,;|])[A-Za-z][\w-]{0,30}[:=] ?\Z")
#: The process behind a time in brackets, as gunicorn writes it with %(p)s.
_PROCESS: Final = re.compile(r"(?<=\d\]) (?:\[|pid[=: ]{1,2})?<\d{1,10}>\]? ?\Z")
#: Kinds of what may stand in front of the request: times, numbers, one client or two, and its user behind a dash.
_HEAD: Final = re.compile(r"[TSN]{0,2}(?:AA?(?:H?D{1,2}(?:(?P<user>[WH])(?![DH]))?)?|D{1,3})?[TSNLDH]{0,4}")
#: What looks like the end of a request: nginx may be told to escape nothing, so a malformed one can hold it.
_ANSWER: Final = re.compile(
    r'"\]? (?:\[?[1-5]\d\d\]? (?:\d+|-)(?![^ ])|(?i:st?|status|code|status_?code|sc)[:=] ?[1-5]\d\d(?!\d))'
)
#: No server writes more in front of a request; nor is more read behind it.
LONGEST_HEAD: Final = 1024
_INTERNAL: Final = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|127\.")
_AGENT: Final = re.compile(r'"((?:Mozilla/|[A-Za-z][\w.+ -]{0,60}/v?\d)(?:[^"\\]|\\.)*+)"')
#: ... which may not end: then all that follows is part of it.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\(?s:.))*+\\?(?:"|\Z)')
#: Labels in small letters without `_` and `-`.
_LABELS: Final = {
    "status": "s st status statuscode code sc",
    "client": "ra ip client clientip remoteaddr addr remote",
    "forwarded": "xff forwarded xforwardedfor httpxforwardedfor",
    "user": "ru user remoteuser u",
    "bytes": "bytes size bodybytessent bs rs b",
}
_FIELD_OF: Final = {label: field for field, labels in _LABELS.items() for label in labels.split()}


#: What a server or a proxy (nginx, load balancers of AWS, Cloudflare) answers; other numbers of three digits are sizes.
STATUSES: Final = frozenset(
    map(str, {*map(int, HTTPStatus), 419, 440, 444, 460, 463, *range(494, 500), *range(520, 531), 561})
)


class Item(NamedTuple):
    """One thing in a line: the field that its label names (``other``: an unknown one), what it looks like, its text."""

    field: str
    kind: str
    text: str


class _Behind(NamedTuple):
    """What stands from a request on: its own parts, what else it consists of up to a text in quotes, and the agent."""

    request: Fields
    items: list[Item]
    agent: str | None


def read_in_any_order(line: str) -> Fields | None:
    """Return the fields of an access line; None if it is none, or one that can be read in two ways."""
    asked = _REQUEST.search(line)
    if (
        asked is None
        or asked.start() > LONGEST_HEAD
        or '"' in line[: asked.start()]
        or line[0] in " \t,;|"
        or line.endswith("$")  # as cat -A ends each line, also within texts
    ):
        return None
    head = take_apart(LAST_LABEL.sub("", _PROCESS.sub("", line[: asked.start()])).rstrip(" \t["), whole=True)
    placed = None if head is None else place(head)
    # Most lines that are none are known by their head, and what stands behind it takes longer.
    behind = None if placed is None else _read_behind(line[asked.start() :])
    if head is None or placed is None or behind is None or _may_lack_status(head, behind.items):
        return None
    if _VERSION.search(line, 0, asked.start()):
        return None
    named = collect_labelled([*head, *behind.items])
    if named is None or any(named.get(key, value) != value for key, value in placed.items()):
        return None
    fields: Fields = {**behind.request, **placed, **named}
    _add_answer(fields, behind.items)
    fields["time"] = fields.get("time") or next((item.text for item in behind.items if item.kind == "T"), None)
    if (fields.get("client") is None and not (fields["time"] and _has_no_client(line, head))) or fields.get(
        "status"
    ) not in STATUSES:
        return None
    fields["agent"] = behind.agent
    return fields


@lru_cache(maxsize=4)  # a line that is in no format is tried without each of the words in front of it, too
def _read_behind(text: str) -> _Behind | None:
    """Read what stands from a request on; None if it is of no access line, whatever stands in front of it."""
    asked = _REQUEST.match(text)
    if asked is None or len(_VERSION.findall(text)) != 1 or len(_ANSWER.findall(text)) > 1:
        return None
    behind = text[asked.end() :].lstrip("]")
    quoted = split_quoted(behind)
    if quoted is None:
        return None
    items = take_apart(behind.partition('"')[0][:LONGEST_HEAD], whole=False) or []
    return _Behind(asked.groupdict(), items, find_agent(quoted))


def split_quoted(text: str) -> list[str] | None:
    """Return the texts in quotes; None if one does not end: then the line is cut off, or a cell of a table."""
    quoted = _QUOTED.findall(text)
    return None if quoted and not (len(quoted[-1]) > 1 and quoted[-1].endswith('"')) else quoted


def find_agent(quoted: Sequence[str]) -> str | None:
    """Return which of some texts in quotes is the agent; None if it is none of them, or can be two."""
    agents = [hit[1] for text in quoted if (hit := _AGENT.fullmatch(text))]
    return agents[0] if len(agents) == 1 else None


def _may_lack_status(head: list[Item], tail: list[Item]) -> bool:
    """Return whether the one number behind a request may be a size, as in Apache's ssl_request_log."""
    numbers = [item for item in tail if item.kind in "SI" and not item.field]
    return len(numbers) == 1 and any(item.kind == "L" for item in head)


def _has_no_client(line: str, head: list[Item]) -> bool:
    """Return whether a line shows that it has no client: a dash in its place, or the time in two pairs of brackets.

    What else begins with a time may be the end of a line. An address whose label is not known may be the client's.
    """
    plain = [item.kind for item in head if not item.field]
    return all(item.kind != "A" for item in head) and (line.startswith("[[") or "D" in plain)


def take_apart(text: str, *, whole: bool) -> list[Item] | None:
    """Return what a part of a line consists of; None if it must be known as a whole and is not."""
    items, at = [], 0
    while hit := _ITEM.match(text, at):
        kind = hit.lastgroup or ""
        label = (hit["label"] or "").replace("_", "").replace("-", "").lower()
        items.append(Item(_FIELD_OF.get(label, "other") if label else "", kind, hit[kind].strip("[]")))
        at = hit.end()
    return None if whole and text[at:].strip(" \t,;|") else items


def collect_labelled(items: list[Item]) -> Fields | None:
    """Return the fields that have labels; None if one is there twice with different values."""
    named: Fields = {}
    for field, kind, text in items:
        if field == "status" and kind != "S":
            return None
        if field in _LABELS and kind != "D" and named.setdefault(field, text) != text:
            return None
        if field and kind == "T":
            named["time"] = text
    return named


def place(head: list[Item]) -> Fields | None:
    """Return the fields in front of a request that have no labels; None if they can be read in two ways."""
    items = [item for item in head if not item.field]
    # Where not all has labels, a word behind one of no meaning may be the beginning of something else.
    if items and any(item.field == "other" and item.kind == "W" for item in head):
        return None
    found = _HEAD.fullmatch("".join(item.kind for item in items))
    texts = {kind: [item.text for item in items if item.kind == kind] for kind in "TSA"}
    if found is None or len(texts["T"]) > 1 or len(texts["S"]) > 1:
        return None
    fields: Fields = {"time": texts["T"][0]} if texts["T"] else {}
    if texts["S"]:
        fields["status"] = texts["S"][0]
    if texts["A"]:
        # Of a client and a proxy, the proxy sent the request on.
        one, two = texts["A"][0], texts["A"][-1]
        inside = _INTERNAL.match(one) is not None, _INTERNAL.match(two) is not None
        if len(texts["A"]) > 1:
            if inside[0] == inside[1]:
                return None
            fields["forwarded"] = one if inside[1] else two
        fields["client"] = two if inside[1] else one
    if found["user"]:
        user = items[found.start("user")]
        if user.kind == "H" and user.text.count(".") > 1:
            return None
        fields["user"] = user.text
    return fields


def _add_answer(fields: Fields, tail: list[Item]) -> None:
    """Add status and size, if they stand right behind request or host; no status if it could be another one."""
    plain = tail[1:] if tail and tail[0].kind == "H" and not tail[0].field else tail
    if not plain or plain[0].field or plain[0].kind not in "SI":
        return
    if plain[0].kind == "S" and "status" not in fields:
        fields["status"] = plain[0].text
        plain = plain[1:]
    elif plain[0].kind == "S" and fields["status"] != plain[0].text and plain[0].text[0] != "1":
        fields["status"] = None
    if plain and plain[0].kind in "SI" and not plain[0].field:
        fields.setdefault("bytes", plain[0].text)
