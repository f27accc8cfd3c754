"""App lines assigned to requests: the likeliest way to share out all lines of one process at once.

A line is written while its request is handled, so before the access line, and mostly just before it. Where several
requests are handled at the same time, each line is likelier to belong to the one that ends next. But a line can also
belong to a request that is not in the log, and a request can have left no line. Every such event has a price, and the
cheapest account of all lines and requests together is the likeliest one. Deciding line by line instead would let one
line without a request shift all that follow.

Owns: this search. Must not know: what a line says, which requests it can be about, what anything costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: How many accounts are pursued side by side, and by how much the cheapest one may be cheaper than the others.
KEPT: Final = 48
WORSE: Final = 12.0
#: How many lines may wait for their requests at the same time.
WAITING: Final = 10

#: A line and its request (-1: none of those in the log), and all pairs before.
_Trail: TypeAlias = "tuple[int, int, _Trail] | None"


@dataclass(slots=True)
class Line:
    """An app line that waits for its request.

    Attributes:
        opens: from where on its request can end; the unit is the caller's.
        closes: up to where its request can end.
        alone: price of its belonging to no request that is in the log.
        costs: price of each request that it can belong to, by index.
        repeats: index of the line before that it may only repeat; -1 for none.
        repeated: price of that.
    """

    opens: int
    closes: int
    alone: float
    costs: dict[int, float] = field(default_factory=dict)
    repeats: int = -1
    repeated: float = 0.0


class Asker(NamedTuple):
    """A request that can have left a line.

    Attributes:
        at: where it ended.
        silent: price of its having left no line.
    """

    at: int
    silent: float


#: One way to account for all lines and requests so far: what it costs if no line that waits gets a request; lines whose
#: requests have not come yet; what was decided. Millions are made, so it is a plain tuple.
_Account: TypeAlias = "tuple[float, tuple[int, ...], _Trail]"
#: Later than any place.
_NEVER: Final = 1 << 62


def assign_lines(lines: Sequence[Line], askers: Sequence[Asker]) -> list[int]:
    """Return for each line the index of its request; -1: it belongs to none of them.

    Args:
        lines: in order.
        askers: in order.
    """
    found = [-1] * len(lines)
    wanted = sorted({index for line in lines for index in line.costs})
    steps = [(line.opens, 1, number) for number, line in enumerate(lines) if line.costs]
    steps += [(askers[index].at, 0, index) for index in wanted]
    steps.sort()  # a request that ends where a line begins is not the one that left it
    accounts: list[_Account] = [(0.0, (), None)]
    soonest, longest = _NEVER, 0  # of the lines that wait
    for at, is_line, number in steps:
        if not longest:
            accounts = accounts[:1]  # nothing that was decided so far matters any more
        if at > soonest or longest > WAITING:
            accounts = [_expire(account, at, lines) for account in accounts]
            soonest = min((lines[waits].closes for _, waiting, _ in accounts for waits in waiting), default=_NEVER)
        if is_line:
            accounts = _keep(_with_line(accounts, number, lines[number]))
            soonest = min(soonest, lines[number].closes)
        else:
            accounts = _keep(_with_request(accounts, number, askers[number].silent, lines))
        longest = max(len(waiting) for _, waiting, _ in accounts)
    trail = accounts[0][2]
    pairs = []
    while trail is not None:
        pairs.append(trail[:2])
        trail = trail[2]
    for number, index in reversed(pairs):
        found[number] = index
    for number, line in enumerate(lines):
        if found[number] <= _REPEATED:
            found[number] = found[line.repeats]
    return found


#: In a trail: the line repeats another one.
_REPEATED: Final = -2


def _expire(account: _Account, at: int, lines: Sequence[Line]) -> _Account:
    """Give up lines whose requests can no longer come, and the oldest ones if too many wait."""
    cost, waiting, trail = account
    return cost, tuple([number for number in waiting if lines[number].closes >= at][-WAITING:]), trail


def _with_line(accounts: Iterable[_Account], number: int, line: Line) -> Iterator[_Account]:
    for cost, waiting, trail in accounts:
        yield cost + line.alone, (*waiting, number), trail
        if line.repeats in waiting:
            yield cost + line.repeated, waiting, (number, _REPEATED, trail)


def _with_request(accounts: Iterable[_Account], index: int, silent: float, lines: Sequence[Line]) -> Iterator[_Account]:
    for cost, waiting, trail in accounts:
        for place, number in enumerate(waiting):
            line = lines[number]
            if index in line.costs:
                rest = waiting[:place] + waiting[place + 1 :]
                yield cost + line.costs[index] - line.alone, rest, (number, index, trail)
        yield cost + silent, waiting, trail


def _keep(accounts: Iterable[_Account]) -> list[_Account]:
    """Return the cheapest accounts, of those in which the same lines wait only one, the first of equal ones."""
    cheapest: dict[tuple[int, ...], _Account] = {}
    for account in accounts:
        other = cheapest.get(account[1])
        if other is None or account[0] < other[0]:
            cheapest[account[1]] = account
    ordered = sorted(cheapest.values(), key=itemgetter(0))[:KEPT]
    most = ordered[0][0] + WORSE
    return [account for account in ordered if account[0] <= most]
