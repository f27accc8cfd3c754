"""Which way a file runs: oldest line first, or newest line first.

Owns: what shows it, and which part of a file runs one way.
Must not know: forms of times (it is given a function that reads them).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND
from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.envelopes.block import Block
    from logparse.envelopes.payload import Payload

#: A file that runs backwards does so in each of so many parts of its beginning.
_PIECES: Final = 4


class RunKey:
    """Key that parts items into runs: of records, and of lines. What holds nothing is of the run before it.

    Args:
        records: what stands before the first item are records.
    """

    def __init__(self, *, records: bool = False) -> None:
        self._records = records

    def __call__(self, item: Item | Block) -> bool:
        """Return whether the item is of a run of records."""
        if isinstance(item, Item) and not item.hollow:
            self._records = item.record is not None
        return self._records


def runs_backwards(payloads: Sequence[Payload], moment: Callable[[str, str], int | None]) -> bool:
    """Return whether a file begins with its end, as the exports of most log stores do.

    Args:
        payloads: known lines of its beginning.
        moment: the time of a line or of a stamp, in microseconds UTC.
    """
    alike = [payload for payload in payloads if payload.wrap.path == payloads[0].wrap.path]
    times = [moment(payload.text, "") for payload in alike]
    outer = [moment("", payload.wrap.time) for payload in alike]
    if len({*outer} - {None}) > 1:  # no stranger writes the time of an envelope
        times = outer
    # Access lines of gunicorn are cut to whole seconds, and start-stamped ones are a little out of order. What a
    # stranger wrote into a message may have any time, but stands in one place.
    seconds = [time // SECOND for time in times if time is not None]
    steps = [later - earlier for earlier, later in pairwise(seconds) if later != earlier]
    parts = [steps[at * len(steps) // _PIECES : (at + 1) * len(steps) // _PIECES] for at in range(_PIECES)]
    down, up = _count_ways(steps)
    return down > 1 and down > up and all(part_down >= part_up for part_down, part_up in map(_count_ways, parts))


def _count_ways(steps: Sequence[int]) -> tuple[int, int]:
    """How many steps go down, and how many up."""
    return sum(step < 0 for step in steps), sum(step > 0 for step in steps)
