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
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


class _Account(NamedTuple):
    """One way to account for all lines and requests so far.

    Attributes:
        cost: what it costs if no line that waits gets a request.
        waiting: lines whose requests have not come yet.
        trail: what was decided.
    """

    cost: float
    waiting: tuple[int, ...]
    trail: _Trail


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
    accounts = [_Account(0.0, (), None)]
    for at, is_line, number in steps:
        if all(not account.waiting for account in accounts):
            accounts = accounts[:1]  # nothing that was decided so far matters any more
        accounts = [_expire(account, at, lines) for account in accounts]
        if is_line:
            accounts = _keep(new for account in accounts for new in _with_line(account, number, lines))
        else:
            silent = askers[number].silent
            accounts = _keep(new for account in accounts for new in _with_request(account, number, silent, lines))
    trail = accounts[0].trail
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
    kept = tuple(number for number in account.waiting if lines[number].closes >= at)[-WAITING:]
    return account if len(kept) == len(account.waiting) else account._replace(waiting=kept)


def _with_line(account: _Account, number: int, lines: Sequence[Line]) -> Iterable[_Account]:
    line = lines[number]
    yield _Account(account.cost + line.alone, (*account.waiting, number), account.trail)
    if line.repeats in account.waiting:
        yield _Account(account.cost + line.repeated, account.waiting, (number, _REPEATED, account.trail))


def _with_request(account: _Account, index: int, silent: float, lines: Sequence[Line]) -> Iterable[_Account]:
    for number in account.waiting:
        cost = lines[number].costs.get(index)
        if cost is not None:
            rest = tuple(other for other in account.waiting if other != number)
            yield _Account(account.cost + cost - lines[number].alone, rest, (number, index, account.trail))
    yield account._replace(cost=account.cost + silent)


def _keep(accounts: Iterable[_Account]) -> list[_Account]:
    """Return the cheapest accounts, of those in which the same lines wait only one, the first of equal ones."""
    cheapest: dict[tuple[int, ...], _Account] = {}
    for account in accounts:
        other = cheapest.get(account.waiting)
        if other is None or account.cost < other.cost:
            cheapest[account.waiting] = account
    ordered = sorted(cheapest.values(), key=lambda account: account.cost)[:KEPT]
    return [account for account in ordered if account.cost <= ordered[0].cost + WORSE]
