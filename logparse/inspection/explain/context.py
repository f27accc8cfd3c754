"""What is known about a source, and about the lines around one of its lines.

Owns: reading a source twice, once as a run does and once for the lines around. Must not know: how anything is said.
"""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final

from logparse.common.text import shown
from logparse.formats.capabilities import find_behind_head, read_line
from logparse.formats.given import compile_formats
from logparse.inspection.explain.repeated import find_repeated
from logparse.lines.forgery import MESSAGE_LINES, NAME_LINES
from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup, make_reader, ruleset
from logparse.sources import filetypes
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.opening import standard_input
from logparse.sources.source import Source
from logparse.verdicts import caller, verdict
from logparse.verdicts.decision import Decision
from logparse.verdicts.evidence import gather

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logparse.envelopes.payload import Payload
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.lines.access import Access
    from logparse.lines.line_reader import LineReader
    from logparse.lines.result import Message
    from logparse.rules.model import RuleSet
    from logparse.scans.coverage import Coverage
    from logparse.scans.scan import Evidence, Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.decision import Caller
    from logparse.verdicts.exports.loader import Exports

#: As many lines on either side of one may have a say in what it is.
AROUND: Final = 2 * MESSAGE_LINES
#: By so much of its beginning a file that is no log shows what it is.
_HEAD_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Known:
    """What a run makes of a source.

    Attributes:
        source, data: what is explained; its bytes, if it can be read only once.
        names: of all sources that were read, by number.
        verbose: all facts and near misses are wanted, also of attempts that a rule decides.
        setup: how.
        coverage: what the source was.
        forms, rules: that are in force.
        requests, events, attempts: what matters in it, by order.
        everywhere: the attempts in all sources.
        repeated: requests of the source that are counted elsewhere, by order: source and line where they are.
        judge: decides about attempts.
        exports: of the database of the same Airflow.
        persons: who made each attempt, by the id of its object.
        payloads: lines that were asked for with those around them, by order.
    """

    source: Source
    data: bytes
    names: Sequence[str]
    verbose: bool
    setup: Setup
    coverage: Coverage
    forms: tuple[LineFormat, ...]
    rules: RuleSet
    requests: Mapping[int, Request]
    events: Mapping[int, Evidence]
    attempts: Mapping[int, Attempt]
    everywhere: Sequence[Attempt]
    repeated: Mapping[int, tuple[int, int]]
    judge: verdict.Judge
    exports: Exports
    persons: Mapping[int, Caller]
    payloads: dict[int, Payload] = field(default_factory=dict)

    def detect_other_kind(self) -> str:
        """Return what the source is if it holds no text and no line was understood; empty for a log."""
        if self.coverage.kinds["access"] or self.coverage.kinds["app"]:
            return ""
        first = next(iter(ChunkReader(self.source, stdin=io.BytesIO(self.data))), None)
        return "" if first is None else filetypes.detect_other_kind(first.data[:_HEAD_BYTES])

    def where(self, source: int, line: int) -> str:
        """Return where a line stands, in words; the file is named if it is another one."""
        name = self.names[source]
        return f"line {line}" if name == self.source.name else f"line {line} of {shown(name)}"

    def around(self, orders: Sequence[int]) -> Iterator[Around]:
        """The lines around each of those of the given orders, as far as the same process wrote them."""
        for number in orders:
            process = self.payloads[number].process
            span = range(number - AROUND, number + AROUND + 1)
            every = {n: self.payloads[n] for n in span if n in self.payloads}
            near = {n: each for n, each in every.items() if each.process == process}
            found = self._reader().read_payloads(near.values())
            orders = list(near)
            yield Around(
                number,
                self.payloads[number],
                {order: each.text for order, each in near.items()},
                {orders[each.order - 1]: each for each in found.access},
                {orders[each.order - 1]: each for each in found.messages},
            )

    def load(self, lines: Sequence[int]) -> list[int]:
        """Get the payloads of some lines of the file, and those around them; the orders of the former.

        A line of a document may hold several, or none.
        """
        wanted = set(lines)
        reading = ChunkReader(self.source, size=self.setup.chunk_bytes, stdin=io.BytesIO(self.data))
        recent: deque[tuple[int, Payload]] = deque(maxlen=AROUND)
        orders, order, until = [], 0, 0
        for payload in self._reader().unwrap(reading):
            if payload.kind != "line":
                continue
            order += 1
            if payload.line in wanted:
                orders.append(order)
                until = order + AROUND
                self.payloads.update(recent)
            if order <= until:
                self.payloads[order] = payload
            recent.append((order, payload))
        return orders

    def _reader(self) -> LineReader:
        return make_reader(replace(self.setup, prefilter=False), self.rules, self.source.written)

    def fitting(self, line: str) -> tuple[LineFormat, Fields] | None:
        """The format that reads a line, and its fields."""
        return next(((form, fields) for form in self.forms if (fields := read_line(form, line)) is not None), None)


@dataclass(frozen=True, slots=True)
class Around:
    """The lines around one, and all that the reader keeps of them if it is asked to keep everything.

    Attributes:
        number: order of the line in question among all of the source.
        payload: that line, and what is around it.
        lines: texts by order.
        access, messages: by order.
    """

    number: int
    payload: Payload
    lines: Mapping[int, str]
    access: Mapping[int, Access]
    messages: Mapping[int, Message]

    @property
    def line(self) -> str:
        """The payload of the line in question."""
        return self.lines[self.number].removesuffix("\r")

    def request(self, known: Known, end: int) -> tuple[LineFormat | None, int | None]:
        """The format that read the access line that ends in line ``end``, and where it begins; None: that is lost."""
        last, name = self.lines[end].removesuffix("\r"), self.access[end].user or "-"
        forms = [form for form in known.forms if form.kind == "access"]
        for start in range(end, max(end - NAME_LINES, min(self.lines) - 1), -1):
            text = "\n".join([*(self.lines[n] for n in range(start, end)), last])
            for form in forms:
                fields = read_line(form, text)
                if fields is not None and (fields.get("user") or "-") == name:
                    return form, start
        behind, whole = find_behind_head(known.forms, last, name)
        return behind, end if whole else None

    def above(self) -> str:
        """The app line that a line belongs to, in words."""
        heads = [n for n, each in self.messages.items() if n < self.number and not each.continuation]
        return f"the message in line {self.messages[max(heads)].line}" if heads else "a message further up"


def read_context(
    source: Source,
    setup: Setup,
    stdin: BinaryIO | None,
    exports: Exports,
    others: Sequence[Source],
    *,
    verbose: bool,
) -> Known:
    """Read a source as a run would that reads the others as well.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
        InputError: a pipe or device cannot be read.
    """
    data = b""
    if source.piped:
        data = (stdin or standard_input()).read()
    elif source.size is None:  # a pipe: it gives its bytes once
        data = b"".join(chunk.data for chunk in ChunkReader(source))
        source = Source(source.name, None, None)
    sources = sorted({each.name: each for each in (*others, source)}.values(), key=lambda each: each.name)
    number = sources.index(source)
    scans = [scan(each, at, setup, stdin=io.BytesIO(data)).whole() for at, each in enumerate(sources)]
    own = scans[number]
    coverage = own.coverage[number]
    requests = {each.access.order: each for each in own.requests}
    events = {each.message.order: each for each in own.evidence}
    rules = ruleset(setup.rule_folders)
    judge = verdict.Judge(rules.outcomes)
    decisions = []
    if others or any(each.access.record for each in own.requests):
        scans = list(_by_deployment(scans, sources, exports))
    for together in scans:
        attempts = gather.gather_evidence(together, rules, exports, judge.decide)
        decisions += [Decision(attempt, judge.decide(attempt)) for attempt in attempts]
    caller.name_callers(decisions, exports.people)
    decided = {id(each.attempt.request.access): each for each in decisions}
    mine = {order: decided[id(each.access)] for order, each in requests.items() if id(each.access) in decided}
    return Known(
        source=source,
        data=data,
        names=[each.name for each in sources],
        verbose=verbose,
        setup=setup,
        coverage=coverage,
        forms=compile_formats(setup.formats),
        rules=rules,
        requests=requests,
        events=events,
        attempts={order: each.attempt for order, each in mine.items()},
        everywhere=[each.attempt for each in decisions],
        repeated=find_repeated(requests, scans),
        judge=judge,
        exports=exports,
        persons={id(each.attempt): each.caller for each in mine.values()},
    )


def _by_deployment(scans: Sequence[Scan], sources: Sequence[Source], exports: Exports) -> Iterable[Scan]:
    from logparse.inspection.explain.whole_run import by_deployment  # noqa: PLC0415 - pandas is slow to import

    return by_deployment(Scan.total(scans), sources, exports)
