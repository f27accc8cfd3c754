"""What is kept of the lines of one source, and how they are counted.

Owns: the kinds that coverage counts, and the form of what is kept. Must not know: how lines are read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.origin import NOWHERE, Origin, Process

if TYPE_CHECKING:
    from logparse.common.timestamps import Stamp
    from logparse.envelopes.payload import Wrap
    from logparse.lines.access import Access
    from logparse.lines.batch import Batch

KINDS: Final = ("access", "app", "continuation", "other", "unparsed")
#: A file of so many app lines whose only access lines stand behind typed names holds none of the server's own.
APP_ONLY: Final = 20


@dataclass(slots=True)
class Message:
    """One app line that may be evidence.

    Attributes:
        line: 1-based number of its first line in the file.
        order: its place among all that the source holds, oldest first.
        stamp: its time; that of the message it belongs to, for a line of a traceback.
        text: what was said, with the text of an attached error behind it.
        loc: ``file.py:line`` that said it, if known.
        continuation: it is a line of a traceback.
        origin: where it was written, as its envelopes tell.
        process: which of those whose lines the source holds wrote it.
        record: what tells the record of the envelope from all others, None if nothing does.
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
class Lines:
    """What the lines of one source were.

    Attributes:
        access: access lines that are kept, in file order.
        batches: further ones, as columns, those of each in file order.
        messages: app lines that are kept, in file order.
        kinds: number of lines by kind; they add up to ``total``.
        formats: number of lines by line format.
        forged: lines that a stranger wrote into a message to look like lines of the server.
        unparsed: up to five lines that nothing was made of, with their numbers.
        first, last: earliest and latest time of an access or app line, microseconds UTC.
        unzoned: some stamp named no zone, so that the assumed one was used.
        yearless: some stamp named no year, so that one was inferred.
        envelopes: number of lines by the envelopes around them, the outermost first.
        elsewhere: access lines that do not stand right behind a message that ends in a typed name.
        physical, orders: how many lines of the file were read, and how many they came to without their envelopes.
        alone: nothing in them depends on lines before them.
        settled: and nothing in lines behind them depends on them.
    """

    access: list[Access] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    total: int = 0
    forged: int = 0
    unparsed: list[tuple[int, str]] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    unzoned: bool = False
    yearless: bool = False
    envelopes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    elsewhere: int = 0
    physical: int = 0
    orders: int = 0
    alone: bool = True
    settled: bool = True


class Place(NamedTuple):
    """Where a payload comes from: its line in the file, its order among all, what was around it, who wrote it."""

    line: int
    order: int
    wrap: Wrap
    process: Process
