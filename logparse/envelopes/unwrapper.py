"""A file's items to payloads: envelopes are taken off level by level until a line that is known comes out.

Owns: which envelopes are around a line. Must not know: documents (``layouts``), parts of lines (``parts``), line
formats (it is told which lines are known).

What stands in front of a line fits several envelopes, and lines of Airflow begin with a time themselves. So an envelope
is taken off only if a known line comes out in the end; a line that is not known is in the envelopes of those around it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Final

from logparse.envelopes.block import Block
from logparse.envelopes.direction import Runs, backwards
from logparse.envelopes.documents import json_documents
from logparse.envelopes.documents.items import Item
from logparse.envelopes.documents.layouts import Layouts
from logparse.envelopes.envelope import first
from logparse.envelopes.line_parts import Parts
from logparse.envelopes.loader import shipped
from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.envelopes.payload import BARE, Payload, Wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logparse.envelopes.documents.items import Record
    from logparse.envelopes.envelope import Envelope, Opened

#: So many ways in which lines of a file are wrapped are remembered.
_WAYS: Final = 8
#: So many envelopes may be around a line.
DEEPEST: Final = 4
#: So many readings of one line are tried at most.
_TRIES: Final = 60
#: So many items from the beginning of a file tell in which envelopes its lines are, and which way it runs.
HEAD: Final = 500
#: Keys whose values are a client's to choose: a line of a log in one of them was written by a stranger.
_CLIENTS: Final = re.compile(r"(?i)agent|refer|path|ur[il]|quer|user|header|cookie|host|request|arg|param")
#: The envelope of records that are in none of the known ones.
_ANY: Final = "message"


class Unwrapper:
    """Takes the envelopes of one file off.

    Args:
        kind: what a line is by itself: ``access`` or ``app``, which a server writes and nobody else; ``other`` for a
            line that tells nothing; else empty.
        moment: the time of a known line or of a stamp, in microseconds UTC; None if it tells none.
        fields: names of keys or columns that hold the line, as the user says.

    Attributes:
        turned: some part of the file runs backwards.
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
        self._parts = Parts()
        self._resumed = self._records_before = False
        self.turned = False

    def resume(self, path: tuple[str, ...], *, records: bool) -> None:
        """The lines are not the first of their file: those before were in these envelopes, or were such records."""
        self._resumed, self._records_before = True, records
        self._usual = path
        self._use(path)

    def payloads(self, lines: Iterator[tuple[int, str] | Block]) -> Iterator[Payload | Block]:
        """All payloads and blocks, those written first first."""
        items = Layouts(lines, self._known, self._holds, self._opens, self._fields, resumed=self._resumed)
        process: Process = ()
        for payload in self._parted(items):
            process = payload.process or process
            if payload.process == process:
                yield payload
            elif isinstance(payload, Payload):
                yield payload._replace(process=process)
            else:
                yield replace(payload, process=process)

    def _parted(self, items: Iterable[Item | Block]) -> Iterator[Payload | Block]:
        for item in self._ordered(items):
            yield from self._joined(item)
        yield from self._parts.rest(self._usual)

    def _ordered(self, items: Iterable[Item | Block]) -> Iterator[Item | Block]:
        """The items, the oldest first; records and lines may run different ways in files that were put together."""
        told = goes_on = self._resumed
        for records, group in groupby(items, Runs(records=self._records_before)):
            run = iter(group)
            head = _head(run)
            self._fields |= self._columns(head)
            found = [self._find(item) for item in head if isinstance(item, Item)]
            firsts = [each for each in found if each is not None and self._known(each.text)]
            if firsts and not told:
                told = True
                self._usual = firsts[0].wrap.path
                for each in firsts:
                    self._use(each.wrap.path)
            every: Iterable[Item | Block] = chain(head, run)
            # Usual lines run forwards, as the beginning of the file showed.
            told_so = any(isinstance(item, Block) for item in head) or (goes_on and records == self._records_before)
            goes_on = False
            if not told_so and backwards(firsts, self._moment):
                self.turned = True
                every = (item if isinstance(item, Item) else item.reverse() for item in reversed(list(every)))
            yield from every

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

    def _joined(self, item: Item | Block) -> Iterator[Payload | Block]:
        if isinstance(item, Block):
            yield from self._parts.rest(self._usual)  # lines of a block are whole
            yield item
            return
        if item.hollow:
            yield Payload(item.line, item.text, BARE, "hollow")
            return
        payload, more, skip = self._peel(item)
        if skip:
            yield from (Payload(item.line + at, "", BARE, "hollow") for at in range(max(1, item.lines)))
            return
        yield from self._parts.take(payload, item.lines, more=more)

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

    def inside(self, text: str, path: tuple[str, ...]) -> Payload | None:
        """What is in just these envelopes, if it is one whole line."""
        if not path:
            return Payload(0, text)
        found = self._follow(text, path, text)
        if found is None or found[1] or found[2] or "\n" in found[0].text:
            return None
        return found[0]

    def _find(self, item: Item) -> Payload | None:
        if item.hollow:
            return None
        value: str | Record = item.text if item.record is None else item.record
        found = self._search(value, item.text)
        return None if found is None else _at(item, found)[0]

    def _columns(self, items: Sequence[Item | Block]) -> set[str]:
        """Keys that no envelope is known by, and that hold a known line in most of the records."""
        records = [item.record for item in items if isinstance(item, Item) and item.record is not None]
        records = [record for record in records if not self._opens(record)]
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
        record = json_documents.decoded(value) if isinstance(value, str) and value.startswith("{") else value
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
                record = json_documents.decoded(inner) if isinstance(inner, str) and inner.startswith("{") else inner
                candidates = self._records if isinstance(record, dict) else self._texts
                for each in candidates:
                    opened = self._open(each, record)  # type: ignore[arg-type]
                    if opened is not None and opened.skip:
                        return Payload(0, "", _wrapped(wrap, each, opened)), False, True
                    if opened is not None and opened.payload != inner:
                        following.append((opened.payload, _wrapped(wrap, each, opened), "", more or opened.more))
            level = following
        return None


def _head(run: Iterator[Item | Block]) -> list[Item | Block]:
    """The items that tell about a run: blocks tell nothing, and are much to hold."""
    head: list[Item | Block] = []
    for item in islice(run, HEAD):
        head.append(item)
        if isinstance(item, Block):
            break
    return head


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
