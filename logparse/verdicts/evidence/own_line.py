"""What the line of a request itself shows, apart from what other evidence looks for in it.

Owns: which of its fields verdicts depend on. Must not know: outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.verdicts.evidence.distinction import Known


class OwnLine(Distinction):
    """Requests differ in who wrote their lines, what was asked for, how it was answered, and what kind of client asked.

    The name of the caller does not matter for a verdict, only whether there is one. The size of the answer matters
    only if a rule names it.
    """

    def __init__(self, known: Known) -> None:
        self._sizes = known.sizes
        self._methods: dict[str | None, int] = {}

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        status, size = columns.numbers("status"), columns.numbers("size")
        methods = [self._methods.setdefault(word, len(self._methods)) for word in (*columns.words["method"], None)]
        return [
            columns.place,
            columns.numbers("tag"),
            status,
            columns.of_word("method", methods[:-1], none=methods[-1]),
            columns.codes["name"] >= 0,
            columns.is_browser(),
            self._find_alike(status, size) + 1,
        ]

    def _find_alike(self, status: NDArray[Any], size: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each request the smallest size that the same rules name; -1 if none names that of its answer."""
        found = np.full(len(size), -1, np.int64)
        others = ~np.isin(status, [each for each in self._sizes if each is not None])
        for of_status, alike in self._sizes.items():
            known, smallest = np.array([*alike], np.int64), np.array([*alike.values()], np.int64)
            mine = np.flatnonzero((others if of_status is None else status == of_status) & np.isin(size, known))
            found[mine] = smallest[np.searchsorted(known, size[mine])]
        return found
