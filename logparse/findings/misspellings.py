"""Which known id of a DAG a caller probably meant.

Owns: how far a misspelling may be from what was meant. Must not know: which ids are known, and why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

#: Ids of so many characters may be two letters off, those of fewer one, the shortest none.
_LONG: Final = 9
_SHORT: Final = 4
_DIGITS: Final = re.compile(r"\d+")


def find_meant(dag: str, known: Collection[str]) -> str:
    """Return the known id that is one or two letters off, the nearest; empty if there is none, or if the id is known.

    Ids that differ in digits only are different DAGs. Letters of the other case and dashes for underscores are no
    difference that counts as a letter.
    """
    if dag in known:
        return ""
    written, limit = _fold(dag), 2 if len(dag) >= _LONG else 1
    found = [
        (distance, other)
        for other in known
        if min(len(dag), len(other)) >= _SHORT
        and abs(len(other) - len(dag)) <= limit
        and _DIGITS.sub("0", other) != _DIGITS.sub("0", dag)
        and (distance := _measure(written, _fold(other), limit)) <= limit
    ]
    return min(found, default=(0, ""))[1]


def _fold(dag: str) -> str:
    return dag.casefold().replace("-", "_")


def _measure(one: str, other: str, limit: int) -> int:
    """Return how many letters were left out, added, replaced, or changed places with the next; or more than a limit."""
    before: list[int] = [0] * (len(other) + 1)
    last: list[int] = [*range(len(other) + 1)]
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > limit:
            return limit + 1
        before, last = last, now
    return last[-1]
