"""What the lines of one source are: the lines that are kept, and how many there were of each kind.

Owns: the kinds of lines that coverage counts, the form of a message. Must not know: how lines are read.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.lines.batch_builder import BatchBuilder

if TYPE_CHECKING:
    from logparse.common.timestamps import Stamp
    from logparse.envelopes.payload import Wrap
    from logparse.lines.access import Access

KINDS: Final = ("access", "app", "continuation", "other", "unparsed")
#: A file of so many app lines whose only access lines stand behind typed names is an app log: a stranger may have
#: written all its access lines.
APP_ONLY: Final = 20
#: How many lines in no known form are kept to be shown.
EXAMPLES: Final = 5


@dataclass(slots=True)
class Message:
    """One app line that may be evidence.

    Attributes:
        line: 1-based number of its first line in the file.
        order: its number among all lines of the source in the order of writing.
        stamp: its time; that of the message it belongs to, for a line of a traceback.
        text: the message, with the text of an attached error behind it.
        loc: ``file.py:line`` that logged it, if known.
        continuation: it is a line of a traceback.
        origin: where it was written, as its envelopes show.
        process: which process wrote it, of those whose lines the source holds.
        record: id of the record that the envelope is; None if it has none.
    """

    line: int
    order: int
    stamp: Stamp | None
    text: str
    loc: str
    continuation: bool = False
    origin: Origin = NOWHERE
    process: Process = ()
    record: str | None = None


@dataclass(slots=True)
class SourceLines:
    """What the lines of one source are, and those of them that may matter.

    Attributes:
        access: access lines that are kept, in file order.
        rows: further ones, as columns.
        messages: app lines that are kept, in file order.
        kinds: number of lines by kind (``KINDS``); they add up to ``total``.
        formats: number of lines by line format.
        forged: lines that a stranger wrote into a message to look like lines of the server.
        ends: access lines of which only the end was read, so that client and user are lost.
        unparsed: up to five lines in no known form, with their numbers.
        first, last: earliest and latest time of an access or app line, microseconds UTC.
        unzoned: some stamp named no zone, so that the assumed one was used.
        yearless: some stamp named no year, so that one was inferred.
        envelopes: number of lines by the envelopes around them, the outermost first.
        genuine_access_lines: how many access lines cannot have been written by a stranger, because they do not directly
            follow a message that ends in a name somebody typed.
        file_lines: how many lines of the file were read.
        log_lines: how many lines came out of their envelopes.
        cut_lines, cut_bytes: how many lines were shortened after the file was cut into chunks, and what was dropped.
        independent_of_previous: the lines read the same whatever stands before them.
        independent_of_next: what follows reads the same whatever these lines are.
    """

    access: list[Access] = field(default_factory=list)
    rows: BatchBuilder = field(default_factory=BatchBuilder)
    messages: list[Message] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    total: int = 0
    forged: int = 0
    ends: int = 0
    unparsed: list[tuple[int, str]] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    unzoned: bool = False
    yearless: bool = False
    envelopes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    genuine_access_lines: int = 0
    file_lines: int = 0
    log_lines: int = 0
    cut_lines: int = 0
    cut_bytes: int = 0
    independent_of_previous: bool = True
    independent_of_next: bool = True

    @property
    def held(self) -> int:
        """How many lines are kept."""
        return len(self.access) + len(self.messages) + sum(len(batch.rows) for batch in self.rows.batches)

    def note_time(self, time: int | None) -> None:
        """Extend the time that the source spans to a moment, in microseconds UTC, if there is one."""
        if time is not None:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)

    def count_unparsed(self, number: int, line: str) -> None:
        """Count a line in no known form, and keep the first ones, with their numbers in the file."""
        self.kinds["unparsed"] += 1
        if len(self.unparsed) < EXAMPLES or number < self.unparsed[-1][0]:
            insort(self.unparsed, (number, line), key=itemgetter(0))  # processes are read side by side
            del self.unparsed[EXAMPLES:]


class Place(NamedTuple):
    """Where a line comes from.

    Attributes:
        line: its number in the file.
        order: its number among all lines of the source in the order of writing.
        wrap: the envelopes around it.
        process: which process wrote it.
    """

    line: int
    order: int
    wrap: Wrap
    process: Process
