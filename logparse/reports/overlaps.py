"""Logs that hold the same attempts, such as those of a proxy and of the server behind it.

Owns: when two logs hold the same attempts, judged by the table of attempts, and the message about it. Must not know:
which log the user lets lead.
"""

from __future__ import annotations

import glob
import shlex
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.text import count
from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.scans.coverage import Coverage
    from logparse.scans.duplicates.leading import Twins
    from logparse.verdicts.rows import Rows

#: Two sources overlap if more than this share of the attempts in the time that both span are in both,
SHARE: Final = 0.5
#: and these are at least so many; two where their lines agree in client, user and size as well.
TWINS: Final = 3
#: With so many logs each log is compared that hold the same attempt: all pairs of ten thousand logs are too many.
LOGS: Final = 8
ALIKE: Final = 2


def complete_coverage(
    entries: Sequence[Coverage],
    numbers: Sequence[int],
    timeless: Sequence[int],
    undecided: Sequence[int],
    attempts: Iterable[Rows],
    known: Twins,
) -> tuple[Coverage, ...]:
    """Return the coverage of all sources, with the number of attempts in each, and a problem if another log has them.

    Args:
        entries: coverage of each source.
        numbers: number of attempts in each source.
        timeless: how many of them have no time.
        undecided: how many of them no rule decided.
        attempts: attempts that are reported, with those of one second together; none if the user says that no logs
            overlap.
        known: which sources lead. What other logs have in common with them is not counted twice.
    """
    several = sum(map(bool, numbers)) > 1
    overlaps = _find_overlaps(attempts, known.leads) if several else {}
    sentences = _word(overlaps, entries, known.servers)
    completed = []
    for number, entry in enumerate(entries):
        problem = "; ".join(filter(None, (entry.problem, sentences.get(number))))
        counted = replace(entry, attempts=numbers[number], timeless=timeless[number], undecided=undecided[number])
        completed.append(replace(counted, problem=problem))
    return tuple(completed)


def _word(
    overlaps: Mapping[int, tuple[int, int, int]], entries: Sequence[Coverage], servers: frozenset[int]
) -> dict[int, str]:
    """Return a sentence for each overlapping source; the last one of those that belong together names the remedy."""
    sentences = {
        number: f"{shared:,} of {count(of, 'trigger attempt')} are in {entries[other].source} as well (same second, "
        "method, path, status and agent) and are counted twice"
        for number, (shared, of, other) in overlaps.items()
    }
    groups: list[set[int]] = []
    for number, (_, _, other) in overlaps.items():
        apart = [group for group in groups if not group & {number, other}]
        groups = [*apart, {number, other}.union(*(group for group in groups if group & {number, other}))]
    for group in groups:
        # Proxies may write access lines as servers do, but no app lines.
        leader = max(group, key=lambda at: (at in servers, entries[at].kinds["app"] > 0, at not in overlaps, -at))
        name = entries[leader].source.rpartition("/")[2]
        if any(entries[each].source.rpartition("/")[2] == name for each in group - {leader}):
            name = entries[leader].source
        last = max(group & overlaps.keys())
        sentences[last] += f"; leave one out, or say which leads: --leading {shlex.quote(glob.escape(name))}"
    return sentences


class _Line(NamedTuple):
    """An attempt that another source may hold too."""

    source: int
    second: int
    method: str | None
    path: str | None
    status: int
    client: str | None
    user: str | None
    size: int
    agent: str | None


def _find_overlaps(parts: Iterable[Rows], leads: frozenset[int]) -> dict[int, tuple[int, int, int]]:
    """Return for the smaller source of each overlapping pair: attempts in both, its attempts, and the other source."""
    times: defaultdict[int, list[NDArray[np.uint32]]] = defaultdict(list)
    similar, twins = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for part in parts:
        dated = np.flatnonzero(part.known("time"))
        number, second = part.numbers("number")[dated], part.numbers("time")[dated] // SECOND
        for source in np.unique(number).tolist():
            times[source].append(second[number == source].astype(np.uint32))
        common = _find_common(part, dated, number, second)
        similar += _count_shared(common, _similar_key)
        twins += _count_shared(common, _twin_key)
    seconds = {number: np.sort(np.concatenate(some)) for number, some in times.items()}
    overlaps: dict[int, tuple[int, int, int]] = {}
    for (one, other), shared in sorted(twins.items()):
        if (one in leads) != (other in leads):
            continue
        if shared < TWINS and similar.get((one, other), 0) < ALIKE:
            continue
        since = max(int(seconds[one][0]), int(seconds[other][0]))
        until = min(int(seconds[one][-1]), int(seconds[other][-1]))
        within = [
            int(np.searchsorted(seconds[source], until, "right") - np.searchsorted(seconds[source], since))
            for source in (one, other)
        ]
        if shared > SHARE * min(within):
            smaller, larger = (one, other) if len(seconds[one]) < len(seconds[other]) else (other, one)
            if smaller not in overlaps or overlaps[smaller][0] < shared:
                overlaps[smaller] = (shared, len(seconds[smaller]), larger)
    return overlaps


def _twin_key(line: _Line) -> tuple[object, ...]:
    return line.second, line.method, line.path, line.status


def _similar_key(line: _Line) -> tuple[object, ...]:
    return (*_twin_key(line), line.client, line.user, line.size)


def _find_common(
    attempts: Rows, places: NDArray[np.int64], number: NDArray[np.int32], second: NDArray[np.int64]
) -> list[_Line]:
    """Return the attempts at some places that may have a twin in another source: nearly always few."""
    columns = (attempts.codes("method"), attempts.codes("path"), attempts.numbers("status"))
    kinds, firsts = number_groups([second, *(column[places].astype(np.int64) + 1 for column in columns)])
    first = number[firsts]
    several = np.zeros(len(first), np.bool_)
    several[kinds[first[kinds] != number]] = True
    mine = several[kinds]
    few = places[mine]
    sizes = np.where(attempts.known("response_bytes")[few], attempts.numbers("response_bytes")[few], -1)
    return [
        _Line(*values)
        for values in zip(
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


def _count_shared(lines: Sequence[_Line], key: Callable[[_Line], tuple[object, ...]]) -> Counter[tuple[int, int]]:
    """Count the attempts that each two sources have in common; a key counts if both hold it equally often.

    Of an attempt that many logs hold at once, the first of these logs are compared with all.
    """
    holders: defaultdict[tuple[object, ...], dict[int, Counter[str | None]]] = defaultdict(dict)
    for line in lines:
        holders[key(line)].setdefault(line.source, Counter())[line.agent] += 1
    shared: Counter[tuple[int, int]] = Counter()
    for agents in holders.values():
        numbers = sorted(agents)
        for one, other in product(numbers[:LOGS], numbers):
            if one < other and _fit(agents[one], agents[other]):
                shared[one, other] += agents[one].total()
    return shared


def _fit(one: Counter[str | None], other: Counter[str | None]) -> bool:
    """True if the agents are the same, or one of the two sources has no place for them."""
    return one == other or (one.total() == other.total() and (set(one) == {None} or set(other) == {None}))
