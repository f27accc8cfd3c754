"""What forms of the web UI, and bodies of requests about assets, held that left rows of the audit log.

Owns: when the body of a request can be the one that a row holds. Must not know: other evidence about a pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.verdicts.evidence.record_columns import NONE, Codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logparse.verdicts.evidence.record_columns import Takers
    from logparse.verdicts.exports.audit_log import AuditRecord

    Numbers = NDArray[np.int64]


class Forms:
    """What forms of the web UI, and bodies of requests about assets, held that left rows of the audit log.

    Args:
        rows: of the audit log.
    """

    def __init__(self, rows: Sequence[AuditRecord]) -> None:
        self.pages, self.assets = Codes(), Codes()
        self._back = self.pages.add(row.back for row in rows)
        self._query_back = self.pages.add(row.query_back for row in rows)
        self._asset = self.assets.add(row.asset for row in rows)

    def agree(self, takers: Takers, taker: Numbers, record: Numbers) -> NDArray[np.bool_]:
        """Return for which pairs the body of the request can be the one that the record holds."""
        back, asset = takers.back[taker], takers.asset[taker]
        same = (back == NONE) | (back == self._back[record]) | (back == self._query_back[record])
        held = self._asset[record]
        found: NDArray[np.bool_] = same & ((asset == NONE) | (held == NONE) | (asset == held))
        return found
