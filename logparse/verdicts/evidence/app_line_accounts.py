"""The likeliest account of the app lines of one process: which request left which line, and what is doubtful in it.

Owns: lines that belong together, habits of callers, and when another account is possible too. Must not know: which
requests can have left a line (``app_line_windows``), what speaks for each (``app_line_prices``), how the cheapest
account is found (``line_assignment``), attempts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from logparse.verdicts.evidence.app_line_prices import LinePrices
from logparse.verdicts.evidence.line_assignment import Asker, Line, assign_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence
    from logparse.verdicts.evidence.app_line_windows import RequestWindows

#: How many requests behind a line are looked at.
NEAREST: Final = 16
#: Another account of the lines is possible if it costs no more than this on top.
DOUBT: Final = 3.0
#: A caller who tried before mostly fails in the same way again. How often it must have been
#: seen, in which share of all cases, and its price.
SEEN: Final = 2
MOSTLY: Final = 0.75
HABIT: Final = 0.5

#: Address, user agent, path, method and status.
_Habit: TypeAlias = "tuple[str | None, str | None, str, str | None, int]"


class LineAccount:
    """Which request left which app line of one process.

    Args:
        lines: the app lines, in order.
        windows: requests that they may be about.
        rules: event rules by id.

    Attributes:
        fitting: for each line, indices of the requests that can have left it.
        found: for each line, the index of its request; -1: it belongs to none that is in the log.
        owner: by index of a request, the line that it got.
        contested: by index of a request that got a line, or might have got one, whether another account is nearly as
            likely.
    """

    def __init__(self, lines: Sequence[Evidence], windows: RequestWindows, rules: Mapping[str, EventRule]) -> None:
        self._lines = lines
        self._windows = windows
        self._prices = LinePrices(windows, rules)
        self._rules = rules
        #: Lines that belong to the request of another line, which the same request left before.
        self._partners: dict[int, int] = {}
        self._nodes: list[Line] = []
        windows.measure(lines)
        self.fitting = [windows.fitting(line, NEAREST) for line in lines]
        self._prices.measure(lines, self.fitting)
        self._make_nodes()
        self._silent = {index: self._prices.price_silent(index) for found in self.fitting for index in found}
        self.found: list[int] = []
        self.owner: dict[int, int] = {}
        self.contested: dict[int, bool] = {}
        self._assign()
        if any(self.contested.values()) and self._learn_habits():
            self._assign()

    def _make_nodes(self) -> None:
        fitting = self.fitting
        before: dict[str, int] = {}
        for number, line in enumerate(self._lines):
            rule = self._rules[line.event.rule]
            first = next((before[name] for name in rule.along_with if name in before), None)
            shared = set(fitting[number]) & set(self._nodes[first].costs) if first is not None else set[int]()
            before[line.event.rule] = number
            if first is not None and shared:
                self._partners[number] = first
                self._nodes[first].costs = {i: cost for i, cost in self._nodes[first].costs.items() if i in shared}
                self._nodes.append(Line(0, 0, 0.0))
                for name in rule.along_with:
                    before.pop(name, None)
                continue
            timed = fitting[number] or not self._windows.by_time or line.message.stamp is not None
            opens, closes = self._windows.window(line) if timed else (0, 0)
            node = Line(opens, closes, self._prices.price_alone(line))
            node.costs = {index: self._prices.price(line, index) for index in fitting[number]}
            again = self._prices.repeats(line, self._lines[number - 1] if number else None)
            if again is not None:
                node.repeats, node.repeated = self._partners.get(number - 1, number - 1), again
            self._nodes.append(node)

    def _assign(self) -> None:
        """Find the cheapest account, and what is doubtful in it."""
        keys = self._windows.keys
        places = sorted(self._silent)
        askers = [Asker(keys[index], self._silent[index]) for index in places]
        numbers = {index: number for number, index in enumerate(places)}
        nodes = [
            Line(node.opens, node.closes, node.alone, {numbers[i]: cost for i, cost in node.costs.items()},
                 node.repeats, node.repeated)
            for node in self._nodes
        ]  # fmt: skip
        self.found = [places[number] if number >= 0 else -1 for number in assign_lines(nodes, askers)]
        for number, first in self._partners.items():
            self.found[number] = self.found[first]
        self.owner = {}
        for number, index in enumerate(self.found):
            if index >= 0 and number not in self._partners:
                self.owner.setdefault(index, number)
        self._find_doubts()

    def _find_doubts(self) -> None:
        """Note of each request that got a line, or might have got one, whether another account is nearly as likely."""
        self.contested = dict.fromkeys(self.owner, False)
        for number, node in enumerate(self._nodes):
            mine = self.found[number]
            if number in self._partners or (mine >= 0 and self.owner[mine] != number):
                continue
            here = node.costs[mine] if mine >= 0 else node.alone
            for index, cost in node.costs.items():
                if index != mine and self._is_doubtful(number, mine, index, cost - here):
                    self.contested[index] = True
                    if mine >= 0:
                        self.contested[mine] = True

    def _is_doubtful(self, number: int, mine: int, index: int, more: float) -> bool:
        """Return whether a line may have been left by another request than the one that got it.

        Args:
            number: the line.
            mine: the request that got it; -1 for none.
            index: the other request.
            more: by how much the line alone would cost more with it.
        """
        nodes, other = self._nodes, self.owner.get(index)
        back = self._silent[mine] if mine >= 0 else 0.0
        if other is None:
            return more + back - self._silent[index] <= DOUBT
        if self._reading(other) == self._reading(number):
            return False
        freed = nodes[other].alone - nodes[other].costs[index]
        ways = [more + back + freed]
        if mine in nodes[other].costs:
            ways.append(more + nodes[other].costs[mine] - nodes[other].costs[index])
        return min(ways) <= DOUBT

    def _reading(self, number: int) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        event = self._lines[number].event
        return event.rule, event.detail, tuple(sorted(event.fields.items()))

    def _learn_habits(self) -> bool:
        """Make what a caller did at other times cheaper, and all else dearer; return whether anything has changed."""
        habits: defaultdict[_Habit, Counter[str]] = defaultdict(Counter)
        kinds = {}
        for index in self._silent:
            owner = self.owner.get(index)
            kinds[index] = "" if owner is None else self._lines[owner].event.rule
            habits[self._habit(index)][kinds[index]] += 1
        doubtful = [index for index in self._silent if self.contested.get(index)]
        others = {index: habits[self._habit(index)] - Counter({kinds[index]: 1}) for index in doubtful}
        for number, node in enumerate(self._nodes):
            for index in node.costs.keys() & others.keys():
                node.costs[index] += _habitual(others[index], self._lines[number].event.rule)
        for index, known in others.items():
            self._silent[index] += _habitual(known, "")
        return any(known.total() >= SEEN for known in others.values())

    def _habit(self, index: int) -> _Habit:
        request = self._windows.requests[index]
        access = request.access
        return access.client, access.agent, request.tag.path, access.method, access.status


def _habitual(known: Counter[str], kind: str) -> float:
    """Return the price, or the discount, of a caller's leaving a line of this kind, or none."""
    if known.total() < SEEN:
        return 0.0
    share = known[kind] / known.total()
    return -HABIT if share >= MOSTLY else HABIT if share <= 1 - MOSTLY else 0.0
