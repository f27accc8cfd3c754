"""The lines of a source as they stand in the file: single lines, and blocks of lines in the file's main format.

Owns: finding the main format of a source by its first lines, and where reading in blocks begins.
Must not know: what becomes of a line or block.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.envelopes.direction import choose_showing, only_go_up
from logparse.envelopes.origin import NOWHERE
from logparse.envelopes.payload import Payload
from logparse.lines.bulk.block_splitter import BlockSplitter
from logparse.lines.bulk.format_memory import LEAST, FormatMemory, SortedAhead, fewest
from logparse.lines.bulk.line_sorter import LineSorter
from logparse.lines.bulk.main_format import HEAD, HEAD_SIZE, SHARE, choose_main_format
from logparse.lines.bulk.numbered_lines import Numbers, cut_head, decode_lines, number_lines
from logparse.lines.bulk.row_reader import make_own_reader, make_row_reader
from logparse.sources.chunks import mark_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logparse.envelopes.block import Block, MainFormat, ReadLine
    from logparse.envelopes.unwrapper import Unwrapper
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.clock import Clock
    from logparse.lines.proxies import Trusted
    from logparse.rules.prefilter import Prefilter
    from logparse.sources.chunks import Chunk


class _Way(NamedTuple):
    """The line format of a line, the envelopes around it, and whether it or they carry a time."""

    form_id: str
    path: tuple[str, ...]
    timed: bool


class Slice(NamedTuple):
    """A part of a source.

    Attributes:
        start: where it begins, in bytes.
        stop: where the next one begins; None: it reaches to the end of the source.
        main_format: of the source; None: the slice begins with the first line of the source, which shows it.
    """

    start: int
    stop: int | None
    main_format: MainFormat | None


WHOLE: Final = Slice(0, None, None)


class Splitter(NamedTuple):
    """What sorts and splits the lines of a source whose main format is known, and what reads one of these lines."""

    sorter: LineSorter
    blocks: BlockSplitter
    read_line: ReadLine


class SourceSplitter:
    """Splits the lines of a source into single lines and blocks.

    Args:
        recognizer: tells the line format of a line.
        clock: reads the stamps of the source.
        prefilter: says of a request whether it may matter.
        make_unwrapper: makes what takes envelopes off, in the state before the first line.
        remembered: main formats of sources that were read before.
        trusted: proxies whose word on the client's address is taken.
        read_all: read lines of blocks one by one even if they cannot matter.

    Attributes:
        file_lines: how many lines of the file there were, once all are split.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        clock: Clock,
        prefilter: Prefilter,
        make_unwrapper: Callable[[], Unwrapper],
        remembered: FormatMemory,
        trusted: Trusted,
        *,
        read_all: bool = False,
    ) -> None:
        self._recognizer, self._clock, self._prefilter = recognizer, clock, prefilter
        self._make_unwrapper = make_unwrapper
        self._remembered = remembered
        self._trusted = trusted
        self._read_all = read_all
        self.file_lines = 0

    def sort_ahead(self, texts: Sequence[bytes]) -> bool:
        """Sort the lines of short sources to come, many at once; False: no main format is known yet."""
        self._remembered.ahead.clear()
        short = [text for text in texts if len(text) <= HEAD_SIZE and LEAST <= text.count(b"\n") < HEAD]
        left = [text for text in dict.fromkeys(short) if text.endswith(b"\n")]
        for known in self._remembered.formats:
            found = self.make_sorter(known).sort_ahead(left) if left else []
            for text, one in zip(left, found, strict=True):
                if one is not None:
                    self._remembered.ahead[text] = SortedAhead(known, *one)
            left = [text for text in left if text not in self._remembered.ahead]
        return bool(self._remembered.formats)

    def split(self, chunks: Iterator[Chunk], part: Slice = WHOLE) -> Iterator[tuple[int, str] | Block]:
        """Yield the lines of a source, or a part of it: single ones with their numbers in the file, and blocks."""
        if part.main_format is not None:
            yield from self._split_rest(self._make_splitter(part.main_format, part.start), chunks, 1, part)
            return
        head, after = cut_head(chunks, HEAD, HEAD_SIZE)
        rest = chain([after] if after.data else [], chunks)
        lines = decode_lines(head.data)
        number, offset = len(lines) + 1, len(head.data)
        ahead = self._remembered.ahead.get(head.data)
        likely = [known for known in self._remembered.formats if len(lines) >= fewest(known)]
        likely = likely if ahead is None else [ahead.main_format]
        paths = self._find_paths(lines) if likely else set()
        for known in likely:
            if paths != {known.path}:
                continue  # other envelopes may fit, too, and are tried before these
            splitter = self._make_splitter(known, 0)
            if blocks := self._split_head(splitter, head, lines, ahead):
                yield from blocks
                yield from self._split_rest(splitter, rest, number, part)
                return
        yield from number_lines([head])
        main_format = self.find_main_format(lines)
        self._remembered.note(main_format)
        if main_format is not None:
            splitter = self._make_splitter(main_format, offset)
            splitter.blocks.follow(lines)
            yield from self._split_rest(splitter, rest, number, part)
            return
        if self._remembered.looks_for(len(lines)):
            self._remembered.note(self._choose_main_format(lines))
        self.file_lines = number - 1
        for self.file_lines, line in number_lines(rest, number):
            yield self.file_lines, line

    def _find_paths(self, lines: Sequence[str]) -> set[tuple[str, ...] | None]:
        """Find the envelopes of the first line, of one in the middle, and of the last one that is surely whole."""
        find_path = self._make_unwrapper().find_path
        return {find_path(lines[at]) for at in (0, len(lines) // 2, -2)}

    def _split_head(
        self, splitter: Splitter, head: Chunk, lines: Sequence[str], ahead: SortedAhead | None
    ) -> list[tuple[int, str] | Block]:
        """Return the first lines of a source as blocks; none if they are not all in a main format, the oldest first."""
        whole = lines if head.data.endswith(b"\n") else lines[:-1]
        first = splitter.read_line(0, whole[0])
        times = [] if first is None else ahead.times if ahead else self._read_times(splitter, head.data, whole)
        if len(times) < len(whole) or (np.diff(times) < 0).any() or not only_go_up(choose_showing(times)):
            return []
        found = None if ahead is None else ahead.found
        blocks = [*splitter.blocks.split(head.data, Numbers(1, head.numbers), last=True, found=found)]
        if sum(isinstance(each, tuple) for each in blocks) > len(lines) - len(whole):
            return []
        self._clock.note(first and self._clock.read_line(first[2]))
        return blocks

    def _read_times(self, splitter: Splitter, data: bytes, lines: Sequence[str]) -> list[int]:
        """Read the times of lines, in microseconds UTC; fewer if one is not in the main format, or has no time."""
        sorter = splitter.sorter
        if sorter.outline is not None:
            return sorter.read_times(data)
        read = [
            line for line in (splitter.read_line(0, text) for text in lines) if line and line[1].id == sorter.form.id
        ]
        stamps = [self._clock.read_line(fields) for _, _, fields in read]
        return [stamp.utc for stamp in stamps if stamp is not None]

    def _make_splitter(self, main_format: MainFormat, offset: int) -> Splitter:
        unwrapper = self._make_unwrapper()
        only = self._form(main_format.format_id)
        read_only, sorter = make_own_reader(only), self.make_sorter(main_format)

        def read_line(number: int, text: str) -> tuple[Payload, LineFormat, Fields] | None:
            payload = unwrapper.open_text(text, main_format.path)
            if payload is None:
                return None
            line = payload.text.removesuffix("\r")
            own = sorter.rows.left.pop(line, None) or (read_only and read_only(line))
            form, fields = (only, own) if own is not None else self._recognizer.recognize(line)
            if form is None or fields is None or form.kind != "access":
                return None
            origin = payload.wrap.origin
            process = main_format.process if origin == NOWHERE else origin.process
            return payload._replace(line=number, process=process), form, fields

        blocks = BlockSplitter(main_format, sorter, read_line, offset=offset, read_all=self._read_all)
        return Splitter(sorter, blocks, read_line)

    def _split_rest(
        self, splitter: Splitter, chunks: Iterable[Chunk], number: int, part: Slice
    ) -> Iterator[tuple[int, str] | Block]:
        """Yield what stands behind the first lines, or all of a slice, from a line of some number on."""
        for chunk, last in mark_last(chunk for chunk in chunks if chunk.data):
            numbers = Numbers(number, chunk.numbers)
            yield from splitter.blocks.split(chunk.data, numbers, last=last and part.stop is None)
            number += splitter.blocks.count
        self.file_lines = number - 1

    def find_main_format(self, head: Sequence[str]) -> MainFormat | None:
        """Find the format that most lines of a source are in, by its first lines; None if these are too few."""
        return self._choose_main_format(head) if len(head) >= HEAD else None

    def _choose_main_format(self, head: Sequence[str]) -> MainFormat | None:
        unwrapper = self._make_unwrapper()
        payloads = unwrapper.payloads(iter(enumerate(head, 1)))
        by_line = {each.line: each for each in payloads if isinstance(each, Payload) and each.kind == "line"}
        ways: defaultdict[_Way, dict[int, Payload]] = defaultdict(dict)
        for payload in by_line.values():
            form, fields = self._recognizer.recognize(payload.text.removesuffix("\r"))
            if form is not None and fields is not None and form.kind == "access":
                timed = bool(fields.get("outer") or fields.get("time") or payload.wrap.time)
                ways[_Way(form.id, payload.wrap.path, timed)][payload.line - 1] = payload
        way, lines = max(ways.items(), key=lambda each: len(each[1]), default=(None, {}))
        if way is None or len(lines) < SHARE * len(head):
            return None
        in_one_path = all(payload.wrap.path == way.path for payload in by_line.values())
        if unwrapper.turned and not in_one_path:  # parts of the file may run in different ways
            return None
        form, backwards = self._form(way.form_id), unwrapper.turned
        independent = way.timed and not self._clock.yearless and in_one_path and not backwards
        return choose_main_format(head, lines, form, way.path, backwards=backwards, independent=independent)

    def make_sorter(self, main_format: MainFormat) -> LineSorter:
        """Make what tells which lines are in the main format of the source."""
        form = self._form(main_format.format_id)
        rows = make_row_reader(form, self._recognizer, self._clock, self._trusted)
        return LineSorter(main_format, form, self._prefilter, rows)

    def _form(self, form_id: str) -> LineFormat:
        return next(known for known in self._recognizer.known if known.id == form_id)
