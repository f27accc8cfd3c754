"""The items of a file to payloads and blocks, those written first first.

Owns: the order of items, and when it is decided in which envelopes the lines of the file are.
Must not know: documents (``documents.layouts``), which envelopes are around an item (``opening``), parts of lines
(``line_parts``).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import chain, groupby, islice
from typing import TYPE_CHECKING, Final

from logparse.envelopes.block import Block
from logparse.envelopes.direction import HEAD, RunKey, goes_on_down, runs_backwards, runs_forward
from logparse.envelopes.documents.items import TOO_SHORT, Item
from logparse.envelopes.documents.layouts import Layouts, is_of_no_document
from logparse.envelopes.documents.streams import Unfolder
from logparse.envelopes.line_parts import FAR, LineAssembler
from logparse.envelopes.opening import Opener
from logparse.envelopes.payload import BARE, Payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logparse.envelopes.documents.items import Line
    from logparse.envelopes.origin import Process
    from logparse.sources.chunks import Chunk

#: So many characters, since a single record may be unpacked from a thousandth of its size.
_HEAD_SIZE: Final = 8 * 1024 * 1024


class Unwrapper:
    """Takes the envelopes of one file off.

    Args:
        kind: what a line is by itself: ``access`` or ``app``, which a server writes and nobody else; ``other`` for a
            line that tells nothing; else empty.
        moment: reads the time of a known line or of a stamp, in microseconds UTC; None if it holds none.
        keys: names of keys or columns that hold the line, as the user says.
        folders: of envelopes of the user's own.

    Attributes:
        turned: some part of the file runs backwards.
    """

    def __init__(
        self,
        kind: Callable[[str], str],
        moment: Callable[[str, str], int | None],
        keys: frozenset[str] = frozenset(),
        folders: tuple[str, ...] = (),
    ) -> None:
        self._opener = Opener(kind, keys, folders)
        self._moment = moment
        self._keys = keys
        self._parts = LineAssembler()
        self._resumed = False
        self._records_before: bool | None = None
        self.turned = False

    def unfold(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks of a file; of one that is a document, those of its records, one in each line."""
        return Unfolder(
            self._opener.is_known, self._opener.holds_known_line, self._opener.is_wrapped, self._keys
        ).unfold(chunks)

    def resume(self, path: tuple[str, ...], *, records: bool) -> None:
        """Say that the lines are not the first of their file.

        Args:
            path: the envelopes that those before were in.
            records: those before were records.
        """
        self._resumed, self._records_before = True, records
        self._opener.learn_paths([path])

    def payloads(self, lines: Iterator[Line]) -> Iterator[Payload | Block]:
        """Yield all payloads and blocks, those written first first."""
        opener = self._opener
        process: Process = ()
        items = Layouts(
            lines,
            opener.is_known,
            opener.holds_known_line,
            opener.is_wrapped,
            self._keys,
            resumed=self._resumed,
        )
        for payload in chain.from_iterable(self._open_all(items)):
            process = payload.process or process
            if payload.process == process:
                yield payload
            elif isinstance(payload, Payload):
                yield payload._replace(process=process)
            else:
                yield replace(payload, process=process)

    def says_nothing(self, text: str) -> bool:
        """Return whether a line is of no document and in no envelope; see ``is_of_no_document``."""
        if not is_of_no_document(text, self._keys):
            return False
        if not self._opener.may_be_wrapped(text):
            return True
        if self._opener.open_once(text) is not None:
            return False
        contents = self._opener.search(text)
        return contents is None or not contents.payload.wrap.path

    def open_text(self, text: str, path: tuple[str, ...]) -> Payload | None:
        """Return what is in just these envelopes, if it is one whole line."""
        return self._opener.open_text(text, path)

    def find_path(self, text: str) -> tuple[str, ...] | None:
        """Return the ids of the envelopes in which a line holds one that is known; None if it holds none."""
        payload = self._opener.known_line(Item(1, text))
        return None if payload is None else payload.wrap.path

    def _open_all(self, items: Iterable[Item | Block]) -> Iterator[Iterable[Payload | Block]]:
        for item in self._ordered(items):
            if self._parts.waiting:
                yield self._parts.rest(self._opener.main_path, item.line - FAR)
            yield [item] if isinstance(item, Block) else self._open(item)
        yield self._parts.rest(self._opener.main_path)

    def _open(self, item: Item) -> Iterable[Payload]:
        """The lines that are whole with this item."""
        if item.hollow:
            return [Payload(item.line, item.text, BARE, "hollow")]
        if item.alike and not _are_equal(item):
            return self._open_different(item)
        payload, more, skip = self._opener.open(item)
        if skip:
            return [Payload(item.line + at, "", BARE, "hollow") for at in range(max(1, item.lines))]
        if item.alike and not payload.wrap.path and not more and not self._parts.waiting:
            return [payload._replace(alike=item.alike)]
        if item.alike:
            return chain.from_iterable(map(self._open, _take_apart(item)))
        return self._parts.take(payload, item.lines, more=more)

    def _open_different(self, item: Item) -> Iterable[Payload]:
        """The lines that an item stands for: all say nothing, and those that are too short are in no envelope."""
        wrapped = self._opener.paths != [()] and max(map(len, item.alike)) > TOO_SHORT
        if wrapped or self._parts.waiting:
            return chain.from_iterable(map(self._open, _take_apart(item)))
        return [Payload(item.line, item.text, alike=item.alike)]

    def _ordered(self, items: Iterable[Item | Block]) -> Iterator[Item | Block]:
        """The items, the oldest first; records and lines may run different ways in files that were put together."""
        paths_known = goes_on = self._resumed
        items = iter(items)
        begin = [] if self._resumed else _head(items)
        # A line of a traceback may look like a record; so a run that shows no direction has that of the whole.
        # Seldom asked: to look for the known lines of the beginning takes as long as for those of its first run.
        whole = cache(lambda: runs_backwards(self._known_lines(_items_of(begin)), self._moment))
        newest_first: list[Item | Block] = []
        last_lines: list[Payload] = []
        for records, group in groupby(chain(begin, items), RunKey(records=self._records_before)):
            run = iter(group)
            head = _head(run)
            head_items = _items_of(head)
            self._opener.learn_keys(head_items)
            known_lines = self._known_lines(head_items)
            # Text in front of most lines is looked for only where most of them are not known without it.
            most = len(known_lines) * 2 < len(head_items)
            if not paths_known and self._opener.learn_front(head_items, most=most):
                known_lines = self._known_lines(head_items)
            if known_lines and not paths_known:
                paths_known = True
                self._opener.learn_paths([line.wrap.path for line in known_lines])
            # Lines in the main format run as the beginning of the file showed.
            blocks = [item for item in head if isinstance(item, Block)]
            if blocks:
                backwards = blocks[0].main_format.backwards
                if not paths_known:  # the file begins with them
                    paths_known = True
                    self._opener.learn_paths([blocks[0].main_format.path])
            else:
                goes_on = goes_on and records == self._records_before
                backwards = not goes_on and runs_backwards(known_lines, self._moment)
                backwards = backwards or (not runs_forward(known_lines, self._moment) and whole())
            goes_on = False
            if newest_first and not (backwards and whole() and goes_on_down(last_lines, known_lines, self._moment)):
                yield from _turn(newest_first)
                newest_first = []
            if not backwards:
                yield from chain(head, run)
            else:
                self.turned = True
                mine = [*head, *run]
                newest_first += mine
                ends = self._known_lines(_items_of(mine[-HEAD:]))
                last_lines = ends or last_lines
        yield from _turn(newest_first)

    def _known_lines(self, items: Iterable[Item]) -> list[Payload]:
        return [line for line in map(self._opener.known_line, items) if line is not None]


def _items_of(read: Iterable[Item | Block]) -> list[Item]:
    return [item for item in read if isinstance(item, Item)]


def _turn(newest_first: Sequence[Item | Block]) -> Iterator[Item | Block]:
    """Yield items in the other order."""
    for item in reversed(newest_first):
        if isinstance(item, Item) and item.alike and not _are_equal(item):
            yield from reversed(_take_apart(item))
        else:
            yield item if isinstance(item, Item) else item.reverse()


def _are_equal(item: Item) -> bool:
    """Return whether all lines are equal that an item stands for."""
    return len(set(item.alike)) == 1


def _take_apart(item: Item) -> list[Item]:
    """Return an item for each of the lines that one stands for."""
    return [Item(number, text) for number, text in enumerate(item.alike, item.line)]


def _head(run: Iterator[Item | Block]) -> list[Item | Block]:
    """The items that show how a run is written: blocks show nothing, and are much to hold."""
    head: list[Item | Block] = []
    size = 0
    for item in islice(run, HEAD):
        head.append(item)
        if isinstance(item, Block):
            break
        size += len(item.text) + sum(len(part) for part in (item.record or {}).values() if isinstance(part, str))
        if size > _HEAD_SIZE:
            break
    return head
