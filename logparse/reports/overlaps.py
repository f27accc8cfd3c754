"""Logs that hold the same attempts, told from the table.

Must not know: which log leads.
"""

from __future__ import annotations

import glob
import shlex
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.text import count
from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.scans.duplicates.leading import Twins
    from logparse.scans.scan import Coverage
    from logparse.verdicts.rows import Rows

#: Two sources overlap if more than this share of the attempts in the time that both span are in both,
SHARE: Final = 0.5
#: and these are at least so many; two where their lines agree in client, user and size as well.
TWINS: Final = 3
ALIKE: Final = 2


def counted(
    entries: Sequence[Coverage],
    numbers: Sequence[int],
    timeless: Sequence[int],
    attempts: Iterable[Rows],
    known: Twins,
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
        number, second = part.numbers("number")[dated], part.numbers("time")[dated] // SECOND
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
    kinds, firsts = number_groups([second, *(column[places].astype(np.int64) + 1 for column in columns)])
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
