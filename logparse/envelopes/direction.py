"""Which way a file runs: oldest line first, or newest line first.

Owns: what shows it, how much of a file is looked at, and which part of a file runs one way.
Must not know: forms of times (it is given a function that reads them).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from logparse.common.timestamps import SECOND
from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.envelopes.block import Block
    from logparse.envelopes.payload import Payload

#: So many items from the beginning of a file show in which envelopes its lines are, and which way it runs.
HEAD: Final = 500
#: About so many of these are enough to see that it runs forward.
_SHOWING: Final = 100
#: A file that runs backwards does so in each of so many parts of its beginning.
_PIECES: Final = 4


class RunKey:
    """Key that parts items into runs: of records, and of lines. What holds nothing is of the run before it.

    Args:
        records: what stands before the first item are records; None: nothing does.
    """

    def __init__(self, *, records: bool | None = None) -> None:
        self._records = records

    def __call__(self, item: Item | Block) -> bool:
        """Return whether the item is of a run of records."""
        if isinstance(item, Item) and not item.hollow:
            self._records = item.record is not None
        elif not isinstance(item, Item) and self._records is None:
            self._records = item.main_format.of_records
        return bool(self._records)


Kind = TypeVar("Kind")


def choose_showing(lines: Sequence[Kind]) -> Sequence[Kind]:
    """Return those of the first lines of a file whose times are looked at first."""
    return lines[: HEAD : max(1, min(len(lines), HEAD) // _SHOWING)]


def only_go_up(times: Sequence[int | None]) -> bool:
    """Return whether times of lines, in microseconds, go up more than once and never down."""
    down, up = _count_ways(_list_steps(times))
    return up > 1 and not down


def runs_backwards(payloads: Sequence[Payload], moment: Callable[[str, str], int | None]) -> bool:
    """Return whether a file begins with its end, as the exports of most log stores do.

    Args:
        payloads: known lines of its beginning.
        moment: the time of a line or of a stamp, in microseconds UTC.
    """
    alike = [payload for payload in payloads if payload.wrap.path == payloads[0].wrap.path]
    if only_go_up([moment(payload.text, "") for payload in choose_showing(alike)]):
        return False
    times = [moment(payload.text, "") for payload in alike]
    outer = [moment("", payload.wrap.time) for payload in alike]
    if len({*outer} - {None}) > 1:  # no stranger writes the time of an envelope
        times = outer
    # What a stranger wrote into a message may have any time, but stands in one place.
    steps = _list_steps(times)
    parts = [steps[at * len(steps) // _PIECES : (at + 1) * len(steps) // _PIECES] for at in range(_PIECES)]
    down, up = _count_ways(steps)
    return down > 1 and down > up and all(part_down >= part_up for part_down, part_up in map(_count_ways, parts))


def runs_forward(payloads: Sequence[Payload], moment: Callable[[str, str], int | None]) -> bool:
    """Return whether more of the lines are newer than the one before them than are older."""
    down, up = _count_ways(_list_steps(_moments(payloads, moment)))
    return up > down


def goes_on_down(
    before: Sequence[Payload], behind: Sequence[Payload], moment: Callable[[str, str], int | None]
) -> bool:
    """Return whether lines are no newer than those in front of them, as far as their times show."""
    last = next((time for time in reversed(_moments(before, moment)) if time is not None), None)
    first = next((time for time in _moments(behind, moment) if time is not None), None)
    return last is None or first is None or first // SECOND <= last // SECOND + 1


def _moments(payloads: Sequence[Payload], moment: Callable[[str, str], int | None]) -> list[int | None]:
    """The time of each line; that of its envelope if it has none."""
    times = [(moment(payload.text, ""), payload.wrap.time) for payload in payloads]
    return [moment("", outer) if time is None and outer else time for time, outer in times]


def _list_steps(times: Sequence[int | None]) -> list[int]:
    """List the seconds between lines that were not written in the same second.

    Access lines of gunicorn are cut to whole seconds, and start-stamped ones are a little out of order.
    """
    seconds = [time // SECOND for time in times if time is not None]
    return [later - earlier for earlier, later in pairwise(seconds) if later != earlier]


def _count_ways(steps: Sequence[int]) -> tuple[int, int]:
    """How many steps go down, and how many up."""
    return sum(step < 0 for step in steps), sum(step > 0 for step in steps)
