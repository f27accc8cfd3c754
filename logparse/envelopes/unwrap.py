"""A file's items to payloads: envelopes are taken off level by level until a line that is known comes out.

Owns: which envelopes are around a line, parts of lines that belong together, files that begin with their end.
Must not know: documents (``layouts``), line formats (it is told which lines are known).

What stands in front of a line fits several envelopes, and lines of Airflow begin with a time themselves. So an envelope
is taken off only if a known line comes out in the end; a line that is not known is in the envelopes of those around it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain, groupby, islice, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes import jsontext, shipped
from logparse.envelopes.layouts import Layouts
from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.envelopes.shape import first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logparse.envelopes.items import Item, Record
    from logparse.envelopes.shape import Envelope, Opened

#: So many ways in which lines of a file are wrapped are remembered.
_WAYS: Final = 8
#: So many envelopes may be around a line.
DEEPEST: Final = 4
#: So many readings of one line are tried at most.
_TRIES: Final = 60
#: So many items from the beginning of a file tell in which envelopes its lines are, and which way it runs.
HEAD: Final = 500
#: Parts of one line that are joined, and characters of it.
_PARTS: Final = 1000
_LONGEST: Final = 4 * 1024 * 1024
#: A file that runs backwards does so in each of so many parts of its beginning.
_PIECES: Final = 4
#: rsyslog and journald write a line that comes again and again once (``$RepeatedMsgReduction``).
_REPEATED: Final = re.compile(r"message repeated (\d{1,4}) times: \[ ?(.*)\]", re.DOTALL)


#: Keys whose values are a client's to choose: a line of a log in one of them was written by a stranger.
_CLIENTS: Final = re.compile(r"(?i)agent|refer|path|ur[il]|quer|user|header|cookie|host|request|arg|param")
#: The envelope of records that are in none of the known ones.
_ANY: Final = "message"


class Wrap(NamedTuple):
    """What the envelopes around a line tell.

    Attributes:
        path: ids of the envelopes, the outermost first.
        time: of the outermost envelope that tells one, as written; empty: none does.
        origin: each field as the innermost envelope tells it that does.
        record: what tells the line from all others, if its record has an id; else empty.
    """

    path: tuple[str, ...] = ()
    time: str = ""
    origin: Origin = NOWHERE
    record: str = ""


BARE: Final = Wrap()


class Payload(NamedTuple):
    """One line without its envelopes.

    Attributes:
        line: 1-based number of the first line of the file that it is made of.
        text: as the server wrote it.
        wrap: what was around it.
        process: which of those whose lines the file holds wrote it (``Origin``). What is not in the envelopes of most
            lines counts as of the process before it: a stranger may have written it, pod and all.
        kind: ``line``; or ``hollow`` for lines of documents that hold no log, ``part`` for further parts of a line.
    """

    line: int
    text: str
    wrap: Wrap = BARE
    kind: str = "line"
    process: Process = ()


class Unwrapper:
    """Takes the envelopes of one file off.

    Args:
        kind: what a line is by itself: ``access`` or ``app``, which a server writes and nobody else; ``other`` for a
            line that tells nothing; else empty.
        moment: the time of a known line or of a stamp, in microseconds UTC; None if it tells none.
        fields: names of keys or columns that hold the line, as the user says.
    """

    def __init__(
        self,
        kind: Callable[[str], str],
        moment: Callable[[str, str], int | None],
        fields: frozenset[str] = frozenset(),
    ) -> None:
        self._kind = kind
        self._moment = moment
        self._fields = fields
        envelopes = shipped()
        self._by_id = {each.id: each for each in envelopes}
        self._records = [each for each in envelopes if each.of_records]
        self._texts = [each for each in envelopes if not each.of_records]
        self._telling = [each for each in self._records if each.sure]
        self._certain = [each for each in self._texts if each.sure]
        self._paths: list[tuple[str, ...]] = [()]
        self._usual: tuple[str, ...] = ()
        self._proofs: Counter[tuple[str, ...]] = Counter()
        self._begun: dict[tuple[str, ...], list[Payload]] = {}

    def payloads(self, lines: Iterator[tuple[int, str]]) -> Iterator[Payload]:
        """All payloads, those written first first."""
        items = Layouts(lines, self._known, self._holds, self._opens, self._fields)
        process: Process = ()
        for payload in chain(
            (payload for item in self._ordered(items) for payload in self._joined(item)), self._unfinished()
        ):
            process = payload.process or process
            yield payload if payload.process == process else payload._replace(process=process)

    def _ordered(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, the oldest first; records and lines may run different ways in files that were put together."""
        told = False
        for _, group in groupby(items, _Runs()):
            run = iter(group)
            head = list(islice(run, HEAD))
            self._fields |= self._columns(head)
            firsts = [(item, payload) for item in head if (payload := self._find(item)) and self._known(payload.text)]
            if firsts and not told:
                told = True
                self._usual = firsts[0][1].wrap.path
                for _, payload in firsts:
                    self._use(payload.wrap.path)
            every: Iterable[Item] = chain(head, run)
            yield from reversed(list(every)) if self._runs_backwards(firsts) else every

    def _unfinished(self) -> Iterator[Payload]:
        for parts in self._begun.values():
            # In other envelopes than the usual, a line without its end may be a stranger's, kept back on purpose.
            own = parts[0].wrap.path == self._usual
            yield from _whole(parts) if own else (each._replace(text="", kind="part") for each in parts)

    def _known(self, text: str) -> bool:
        return self._kind(text) in ("access", "app")

    # -- what an item holds -----------------------------------------------------------------------------------------

    def _opens(self, record: Record) -> bool:
        return (
            any(each.open(record) is not None for each in self._telling)
            or first(record, tuple(self._fields)) is not None
        )

    def _holds(self, value: str | Record) -> bool:
        """Whether a known line is in there."""
        found = self._search(value)
        return found is not None and self._known(found[0].text)

    def _joined(self, item: Item) -> Iterator[Payload]:
        if item.hollow:
            yield Payload(item.line, item.text, BARE, "hollow")
            return
        payload, more, skip = self._peel(item)
        if skip:
            yield from (Payload(item.line + at, "", BARE, "hollow") for at in range(max(1, item.lines)))
            return
        key = (*payload.wrap.path, *payload.wrap.origin)
        begun = self._begun.get(key)
        if more and (begun is None or (len(begun) < _PARTS and sum(len(each.text) for each in begun) < _LONGEST)):
            self._begun.setdefault(key, []).append(payload)
            return
        if begun is not None:
            del self._begun[key]
            yield from _whole([*begun, payload])
            return
        yield from _lines(payload, item.lines)

    def _peel(self, item: Item) -> tuple[Payload, bool, bool]:
        """The payload of an item, whether it goes on in the next one, and whether it is to be left out."""
        if item.record is None and not self._usual and self._known(item.text):
            return Payload(item.line, item.text), False, False
        value: str | Record = item.text if item.record is None else item.record
        # A line in the usual envelopes is in no others instead, perhaps in more: a stranger may have tried to look so.
        usual = self._follow(value, self._usual, item.text) if self._usual else None
        for path in (self._usual,) if usual is not None else self._paths:
            found = self._follow(value, path, item.text)
            if found is not None and (found[1] or found[2] or self._known(found[0].text)):
                self._use(path)
                return _at(item, found)
        found = self._search(usual[0].text, within=usual[0].wrap) if usual else self._search(value, item.text)
        if found is not None and usual is not None:
            found = found[0]._replace(process=usual[0].process), found[1], found[2]
        if found is not None and (found[2] or self._known(found[0].text)):
            self._use(found[0].wrap.path)
            return _at(item, found)
        likely = (self._follow(value, path, item.text) for path in self._paths if path)
        best = usual or next((each for each in likely if each is not None), None) or found or self._opened_once(value)
        return _at(item, best or (Payload(0, _text(value, item.text)), False, False))

    def _find(self, item: Item) -> Payload | None:
        if item.hollow:
            return None
        value: str | Record = item.text if item.record is None else item.record
        found = self._search(value, item.text)
        return None if found is None else _at(item, found)[0]

    def _columns(self, items: Sequence[Item]) -> set[str]:
        """Keys that no envelope is known by, and that hold a known line in most of the records."""
        records = [item.record for item in items if item.record is not None and not self._opens(item.record)]
        held: Counter[str] = Counter()
        for record in records:
            if self._search(record) is None:
                held.update(key for key, cell in record.items() if isinstance(cell, str) and self._holds(cell))
        return {key for key, count in held.items() if count * 2 > len(records) and not _CLIENTS.search(key)}

    def _use(self, path: tuple[str, ...]) -> None:
        """One more known line is in these envelopes: those of most lines are tried first, and on lines not known."""
        self._proofs[path] += 1
        at = self._paths.index(path) if path in self._paths else len(self._paths)
        if at == len(self._paths):
            self._paths.append(path)
            del self._paths[_WAYS:]
        while 0 < at < len(self._paths) and self._proofs[path] > self._proofs[self._paths[at - 1]]:
            self._paths[at - 1], self._paths[at] = self._paths[at], self._paths[at - 1]
            at -= 1

    def _opened_once(self, value: str | Record) -> tuple[Payload, bool, bool] | None:
        """What is in an envelope that nothing else looks like, around a line that is not known."""
        for each in self._telling if isinstance(value, dict) else self._certain:
            opened = each.open(value)
            if opened is not None:
                wrap = _wrapped(BARE, each, opened)
                return Payload(0, _text(opened.payload, ""), wrap), opened.more, opened.skip
        return None

    def _follow(self, value: str | Record, path: tuple[str, ...], text: str) -> tuple[Payload, bool, bool] | None:
        """What is in just these envelopes; None if the item is not in them."""
        wrap, more = BARE, False
        for name in path:
            each = self._by_id[name]
            opened = self._open(each, value)
            if opened is None:
                return None
            wrap, value, text = _wrapped(wrap, each, opened), opened.payload, ""
            more = more or opened.more
            if opened.skip:
                return Payload(0, "", wrap), False, True
        process = wrap.origin.process if path == self._usual and wrap.origin != NOWHERE else ()
        return Payload(0, _text(value, text), wrap, process=process), more, False

    def _open(self, each: Envelope, value: str | Record) -> Opened | None:
        if not each.of_records:
            return each.open(value) if isinstance(value, str) else None
        record = jsontext.decoded(value) if isinstance(value, str) and value.startswith("{") else value
        if not isinstance(record, dict):
            return None
        if each.id == _ANY and self._fields:
            line = first(record, tuple(sorted(self._fields)))
            record = {**record, "message": line} if line is not None else record
        return each.open(record)

    def _search(self, value: str | Record, text: str = "", within: Wrap = BARE) -> tuple[Payload, bool, bool] | None:
        """The first reading of an item in which a known line comes out; None if there is none."""
        tries = _TRIES
        # Level by level, so that the fewest envelopes count.
        level: list[tuple[str | Record, Wrap, str, bool]] = [(value, within, text, False)]
        for depth in range(DEEPEST + 1):
            following: list[tuple[str | Record, Wrap, str, bool]] = []
            for inner, wrap, plain, more in level:
                tries -= 1
                line = _text(inner, plain)
                if self._kind(line):
                    return Payload(0, line, wrap), more, False
                if tries <= 0 or depth == DEEPEST:
                    continue
                record = jsontext.decoded(inner) if isinstance(inner, str) and inner.startswith("{") else inner
                candidates = self._records if isinstance(record, dict) else self._texts
                for each in candidates:
                    opened = self._open(each, record)  # type: ignore[arg-type]
                    if opened is not None and opened.skip:
                        return Payload(0, "", _wrapped(wrap, each, opened)), False, True
                    if opened is not None and opened.payload != inner:
                        following.append((opened.payload, _wrapped(wrap, each, opened), "", more or opened.more))
            level = following
        return None

    def _runs_backwards(self, firsts: list[tuple[Item, Payload]]) -> bool:
        """Whether the file begins with its end, as the exports of most log stores do."""
        alike = [payload for _, payload in firsts if payload.wrap.path == firsts[0][1].wrap.path]
        times = [self._moment(payload.text, "") for payload in alike]
        outer = [self._moment("", payload.wrap.time) for payload in alike]
        if len({*outer} - {None}) > 1:  # no stranger writes the time of an envelope
            times = outer
        # Access lines of gunicorn are cut to whole seconds, and start-stamped ones are a little out of order. What a
        # stranger wrote into a message may have any time, but stands in one place.
        told = [time // 1_000_000 for time in times if time is not None]
        steps = [later - earlier for earlier, later in pairwise(told) if later != earlier]
        parts = [steps[at * len(steps) // _PIECES : (at + 1) * len(steps) // _PIECES] for at in range(_PIECES)]
        down, up = _ways(steps)
        return down > 1 and down > up and all(part_down >= part_up for part_down, part_up in map(_ways, parts))


def _ways(steps: Sequence[int]) -> tuple[int, int]:
    """How many steps go down, and how many up."""
    return sum(step < 0 for step in steps), sum(step > 0 for step in steps)


class _Runs:
    """Tells for one item after the other of which run it is; what holds nothing is of the one before it."""

    def __init__(self) -> None:
        self._records = False

    def __call__(self, item: Item) -> bool:
        if not item.hollow:
            self._records = item.record is not None
        return self._records


def _wrapped(wrap: Wrap, each: Envelope, opened: Opened) -> Wrap:
    origin = wrap.origin
    if opened.origin != NOWHERE:
        origin = Origin(*(inner or outer for inner, outer in zip(opened.origin, origin, strict=True)))
    return Wrap((*wrap.path, each.id), wrap.time or opened.time, origin, wrap.record or opened.record)


def _text(value: str | Record, text: str) -> str:
    if isinstance(value, str):
        return value
    return text or json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _at(item: Item, found: tuple[Payload, bool, bool]) -> tuple[Payload, bool, bool]:
    return found[0]._replace(line=item.line), found[1], found[2]


def _whole(parts: list[Payload]) -> Iterator[Payload]:
    """One line put together from its parts; the first of them tells when it was begun."""
    yield from _lines(parts[0]._replace(text="".join(each.text for each in parts)), 1)
    yield from (Payload(each.line, "", each.wrap, "part") for each in parts[1:])


def _lines(payload: Payload, lines: int) -> Iterator[Payload]:
    """A payload of several lines, or of one that is there several times, as that many."""
    text = payload.text
    if not payload.wrap.path:
        yield payload
        texts = [text]
    else:
        texts = text.removesuffix("\n").split("\n") if payload.wrap.path[-1] not in _SYSLOG else [text]
        repeated = _REPEATED.fullmatch(text) if text.startswith("message repeated ") else None
        if repeated and _REPEATS.intersection(payload.wrap.path):
            texts = [repeated[2]] * int(repeated[1])
        for at, each in enumerate(texts):
            wrap = payload.wrap
            if wrap.record and len(texts) > 1:
                wrap = wrap._replace(record=f"{wrap.record}#{at}")
            yield Payload(payload.line, each, wrap, process=payload.process)
    yield from (Payload(payload.line + at, "", BARE, "hollow") for at in range(len(texts), lines))


#: A line break that syslog wrote as ``#012`` was no end of a line to it.
_SYSLOG: Final = frozenset({"rfc3164", "rfc5424", "rsyslog-iso"})
_REPEATS: Final = _SYSLOG | {"journald", "journald-full"}
