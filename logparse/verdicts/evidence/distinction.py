"""How a kind of evidence states which requests may share a verdict.

Requests may share a verdict if every kind of evidence is the same for all of them. Only the module that gathers a kind
of evidence knows when that is so. Beside the function that gathers it for single requests, each such module therefore
has a subclass of ``Distinction``, which answers the question for millions of requests as columns.

Owns: the form of the answer. Must not know: any kind of evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import RuleSet
    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request, Scan

#: Sizes of answers that outcome rules name, by status; None: with any status that is not there. Each with the smallest
#: one that the same rules name.
Sizes: TypeAlias = "Mapping[int | None, Mapping[int, int]]"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about one deployment before its attempts are grouped.

    Attributes:
        scan: what its logs hold, apart from the attempts that are columns.
        requests: the requests of the scan that reached Airflow; what a proxy answered by itself shows nothing about it.
        rules: the rules of the run.
        sizes: sizes of answers that outcome rules name.
        exports: exports of the database are given.
    """

    scan: Scan
    requests: Sequence[Request]
    rules: RuleSet
    sizes: Sizes
    exports: bool = False


class Distinction:
    """What one kind of evidence sees in the requests of one deployment.

    Args:
        known: about the deployment.
    """

    def __init__(self, known: Known) -> None:
        pass

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests another line may show something about, so that each must be decided by itself."""
        return np.zeros(len(columns), np.bool_)

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:  # noqa: ARG002 - for subclasses
        """Return columns in which two requests must agree to get the same evidence of this kind.

        The columns hold whole numbers from 0, or truth values. A number has the same meaning in every call.
        """
        return []


def lies_behind(values: NDArray[np.int64], marks: NDArray[np.int64], before: int, behind: int) -> NDArray[np.bool_]:
    """Return which values lie less than ``before`` before one of the marks, or up to ``behind`` behind it.

    Args:
        values: moments, or numbers of lines.
        marks: the same, in ascending order.
        before: how far before a mark, in the unit of the values.
        behind: how far behind a mark.
    """
    last = np.searchsorted(marks, values + before, "left") - 1
    found: NDArray[np.bool_] = (last >= 0) & (values - marks[last] <= behind)
    return found
