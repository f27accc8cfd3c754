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
from typing import TYPE_CHECKING, Final

from logparse.found import Scan
from logparse.plaintext import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logparse.found import Coverage, Request
    from logparse.leading import Once

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
    )


def delivered_once(found: Scan) -> Scan:
    """``found`` without lines of records that were delivered before, as services that deliver at least once do.

    Of equal lines of a record the first counts, by number of the source and order. A line that says something else
    stays, whatever its record is called.
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
    return Scan(requests, evidence, coverage)


def counted(entries: Sequence[Coverage], attempts: Sequence[Request], known: Once) -> tuple[Coverage, ...]:
    """The entries, by number of the source, with how many of the attempts each holds and which overlaps another.

    Args:
        entries: what the sources were.
        attempts: those that are reported.
        known: which sources lead, so that what others have in common with them is settled.
    """
    numbers = Counter(each.source for each in attempts)
    timeless = Counter(each.source for each in attempts if each.access.time is None)
    found = _overlaps(attempts, known.leads)
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


def _overlaps(attempts: Sequence[Request], leads: frozenset[int]) -> dict[int, tuple[int, int, int]]:
    """The smaller source of each pair that overlaps: how many of how many attempts the other one has too."""
    dated = [(each, each.access.time) for each in attempts if each.access.time is not None]
    seconds: defaultdict[int, list[int]] = defaultdict(list)
    for each, time in dated:
        seconds[each.source].append(time // 1_000_000)
    if len(seconds) < 2:  # noqa: PLR2004 - it takes two
        return {}
    common = _common(dated)
    alike, twins = _shared(common, _alike), _shared(common, _twin)
    found: dict[int, tuple[int, int, int]] = {}
    for (one, other), shared in sorted(twins.items()):
        if (one in leads) != (other in leads):
            continue
        if shared < TWINS and alike.get((one, other), 0) < ALIKE:
            continue
        since, until = max(min(seconds[one]), min(seconds[other])), min(max(seconds[one]), max(seconds[other]))
        within = {number: sum(since <= second <= until for second in seconds[number]) for number in (one, other)}
        if shared > SHARE * min(within.values()):
            smaller, larger = (one, other) if len(seconds[one]) < len(seconds[other]) else (other, one)
            if smaller not in found or found[smaller][0] < shared:
                found[smaller] = (shared, len(seconds[smaller]), larger)
    return found


def _twin(each: Request, time: int) -> tuple[object, ...]:
    return (time // 1_000_000, each.access.method, each.tag.path, each.access.status)


def _alike(each: Request, time: int) -> tuple[object, ...]:
    return (*_twin(each, time), each.access.client, each.access.user, each.access.size)


def _common(dated: Sequence[tuple[Request, int]]) -> list[tuple[Request, int]]:
    """Those that may have a twin in another source: nearly always few."""
    keys = [_twin(each, time) for each, time in dated]
    first: dict[tuple[object, ...], int] = {}
    several = {
        key for key, (each, _) in zip(keys, dated, strict=True) if first.setdefault(key, each.source) != each.source
    }
    return [pair for key, pair in zip(keys, dated, strict=True) if key in several]


def _shared(
    dated: Sequence[tuple[Request, int]], key: Callable[[Request, int], tuple[object, ...]]
) -> Mapping[tuple[int, int], int]:
    """How many attempts each two sources have in common, counting keys that both hold equally often."""
    holders: defaultdict[tuple[object, ...], dict[int, Counter[str | None]]] = defaultdict(dict)
    for each, time in dated:
        holders[key(each, time)].setdefault(each.source, Counter())[each.access.agent] += 1
    shared: Counter[tuple[int, int]] = Counter()
    for agents in holders.values():
        for one, other in combinations(sorted(agents), 2):
            if _fit(agents[one], agents[other]):
                shared[one, other] += agents[one].total()
    return shared


def _fit(one: Counter[str | None], other: Counter[str | None]) -> bool:
    """Whether the agents are the same, or one of the two sources has no place for them."""
    return one == other or (one.total() == other.total() and (set(one) == {None} or set(other) == {None}))
