"""The same requests in more than one source: copies, logs that overlap, the log of a proxy beside the server's.

Owns: telling that it is so. Must not know: what any request means, which log leads, who is told.

Sources of the same content, however packed, are one: what the later ones hold is left out. So is a record of an
envelope that was delivered before. Sources that hold the same requests in other lines are not: nobody could say which
of two equal lines is a copy and which a second request, so unless the user says which log leads, or ids prove it
(``leading``), they are counted, and said to be counted twice.
"""

from __future__ import annotations

import glob
import shlex
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.columns import kinds_of
from logparse.found import Scan
from logparse.plaintext import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.found import Coverage
    from logparse.leading import Once
    from logparse.table import Rows

#: Two sources overlap if more than this share of the attempts in the time that both span are in both,
SHARE: Final = 0.5
#: and these are at least so many; two where their lines agree in client, user and size as well.
TWINS: Final = 3
ALIKE: Final = 2


def once(found: Scan, folders: Sequence[str], digest: Callable[[int], str]) -> Scan:
    """``found`` without the requests and evidence of sources whose content another one has.

    Of copies, the one with the most other sources beside it stays: logs of one folder explain each other.

    Args:
        found: what is in all sources.
        folders: what each source is in, by its number.
        digest: what tells the text of a source, by its number, from others; asked where two are of one size.
    """
    beside = Counter(folders)
    sizes = Counter(entry.bytes for entry in found.coverage.values())
    first: dict[str, int] = {}
    copies: dict[int, int] = {}
    for number in sorted(found.coverage, key=lambda each: (-beside[folders[each]], each)):
        entry = found.coverage[number]
        if entry.bytes and sizes[entry.bytes] > 1:
            original = first.setdefault(entry.digest or digest(number), number)
            if original != number:
                copies[number] = original
    coverage = dict(found.coverage)
    for number, original in copies.items():
        coverage[number] = replace(coverage[number], copy_of=coverage[original].source)
    return Scan(
        [request for request in found.requests if request.source not in copies],
        [said for said in found.evidence if said.source not in copies],
        coverage,
        [each for each in found.tagged if each.source not in copies],
        found.logs,
    )


def delivered_once(found: Scan) -> Scan:
    """``found`` without lines of records that were delivered before, as services that deliver at least once do.

    Of equal lines of a record the first counts, by number of the source and order. A line that says something else
    stays, whatever its record is called. Requests as columns are of no records.
    """
    repeated: Counter[int] = Counter()
    seen: set[tuple[object, ...]] = set()

    def is_new(source: int, record: str | None, said: tuple[object, ...]) -> bool:
        if not record:
            return True
        if (record, *said) in seen:
            repeated[source] += 1
            return False
        seen.add((record, *said))
        return True

    requests = [
        each
        for each in sorted(found.requests, key=lambda each: (each.source, each.access.order))
        if is_new(each.source, each.access.record, (each.access.method, each.access.target, each.access.status))
    ]
    evidence = [
        each
        for each in sorted(found.evidence, key=lambda each: (each.source, each.message.order))
        if is_new(each.source, each.message.record, (each.message.text,))
    ]
    if not repeated:
        return found
    coverage = {n: replace(entry, repeated=repeated[n]) for n, entry in found.coverage.items()}
    return Scan(requests, evidence, coverage, found.tagged, found.logs)


def counted(
    entries: Sequence[Coverage],
    numbers: Sequence[int],
    timeless: Sequence[int],
    attempts: Iterable[Rows],
    known: Once,
) -> tuple[Coverage, ...]:
    """The entries, by number of the source, with how many of the attempts each holds and which overlaps another.

    Args:
        entries: what the sources were.
        numbers: how many attempts each of them holds.
        timeless: how many of these have no time.
        attempts: those that are reported, as ``table`` makes them, those of one second together; none where the user
            says that logs are apart.
        known: which sources lead, so that what others have in common with them is settled.
    """
    several = sum(map(bool, numbers)) > 1
    found = _overlaps(attempts, known.leads) if several else {}
    told = []
    for number, entry in enumerate(entries):
        said = _sentence(number, *found[number], entries, known.servers) if number in found else ""
        problem = "; ".join(filter(None, (entry.problem, said)))
        told.append(replace(entry, attempts=numbers[number], timeless=timeless[number], problem=problem))
    return tuple(told)


def _sentence(
    number: int, shared: int, of: int, other: int, entries: Sequence[Coverage], servers: frozenset[int]
) -> str:
    told, another = entries[other].source, entries[number].source
    if number in servers and (other not in servers or _said(entries[number]) > _said(entries[other])):
        told, another = another, told
    file = told.rpartition("/")[2]
    name = told if file == another.rpartition("/")[2] else file
    return (
        f"{shared:,} of {count(of, 'trigger attempt')} are in {entries[other].source} as well (same second, method, "
        "path, status and agent) and are counted twice; leave one out, or say which leads: "
        f"--leading {shlex.quote(glob.escape(name))}"
    )


def _said(entry: Coverage) -> bool:
    """Whether the server itself has a say in it: proxies may write access lines as servers do, but no app lines."""
    return entry.kinds["app"] > 0


class _Line(NamedTuple):
    """An attempt of which another source may tell as well."""

    source: int
    second: int
    method: str | None
    path: str | None
    status: int
    client: str | None
    user: str | None
    size: int
    agent: str | None


def _overlaps(parts: Iterable[Rows], leads: frozenset[int]) -> dict[int, tuple[int, int, int]]:
    """The smaller source of each pair that overlaps: how many of how many attempts the other one has too."""
    times: defaultdict[int, list[NDArray[np.uint32]]] = defaultdict(list)
    alike, twins = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for part in parts:
        dated = np.flatnonzero(part.known("time"))
        number, second = part.numbers("number")[dated], part.numbers("time")[dated] // 1_000_000
        for each in np.unique(number).tolist():
            times[each].append(second[number == each].astype(np.uint32))
        common = _common(part, dated, number, second)
        alike += _shared(common, _alike)
        twins += _shared(common, _twin)
    seconds = {number: np.sort(np.concatenate(some)) for number, some in times.items()}
    found: dict[int, tuple[int, int, int]] = {}
    for (one, other), shared in sorted(twins.items()):
        if (one in leads) != (other in leads):
            continue
        if shared < TWINS and alike.get((one, other), 0) < ALIKE:
            continue
        since = max(int(seconds[one][0]), int(seconds[other][0]))
        until = min(int(seconds[one][-1]), int(seconds[other][-1]))
        within = [
            int(np.searchsorted(seconds[each], until, "right") - np.searchsorted(seconds[each], since))
            for each in (one, other)
        ]
        if shared > SHARE * min(within):
            smaller, larger = (one, other) if len(seconds[one]) < len(seconds[other]) else (other, one)
            if smaller not in found or found[smaller][0] < shared:
                found[smaller] = (shared, len(seconds[smaller]), larger)
    return found


def _twin(each: _Line) -> tuple[object, ...]:
    return each.second, each.method, each.path, each.status


def _alike(each: _Line) -> tuple[object, ...]:
    return (*_twin(each), each.client, each.user, each.size)


def _common(
    attempts: Rows, places: NDArray[np.int64], number: NDArray[np.int32], second: NDArray[np.int64]
) -> list[_Line]:
    """Those of the attempts at some places that may have a twin in another source: nearly always few."""
    columns = (attempts.codes("method"), attempts.codes("path"), attempts.numbers("status"))
    kinds, firsts = kinds_of([second, *(column[places].astype(np.int64) + 1 for column in columns)])
    first = number[firsts]
    several = np.zeros(len(first), np.bool_)
    several[kinds[first[kinds] != number]] = True
    mine = several[kinds]
    few = places[mine]
    sizes = np.where(attempts.known("response_bytes")[few], attempts.numbers("response_bytes")[few], -1)
    return [
        _Line(*each)
        for each in zip(
            number[mine].tolist(),
            second[mine].tolist(),
            attempts.texts("method", few),
            attempts.texts("path", few),
            attempts.numbers("status")[few].tolist(),
            attempts.texts("client", few),
            attempts.texts("name", few),
            sizes.tolist(),
            attempts.texts("user_agent", few),
            strict=True,
        )
    ]


def _shared(lines: Sequence[_Line], key: Callable[[_Line], tuple[object, ...]]) -> Counter[tuple[int, int]]:
    """How many attempts each two sources have in common, counting keys that both hold equally often."""
    holders: defaultdict[tuple[object, ...], dict[int, Counter[str | None]]] = defaultdict(dict)
    for each in lines:
        holders[key(each)].setdefault(each.source, Counter())[each.agent] += 1
    shared: Counter[tuple[int, int]] = Counter()
    for agents in holders.values():
        for one, other in combinations(sorted(agents), 2):
            if _fit(agents[one], agents[other]):
                shared[one, other] += agents[one].total()
    return shared


def _fit(one: Counter[str | None], other: Counter[str | None]) -> bool:
    """Whether the agents are the same, or one of the two sources has no place for them."""
    return one == other or (one.total() == other.total() and (set(one) == {None} or set(other) == {None}))
