"""Sessions whose users exports show: a record of one request may show who made another one of the same session.

Owns: which requests these are. Must not know: how a user is found (``caller``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logparse.rules.roles import FollowUpRole
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.verdicts.evidence.distinction import Known


class RecordedSessions(Distinction):
    """With exports, requests that may be of a session are decided by themselves, see ``Request.has_session``."""

    def __init__(self, known: Known) -> None:
        self._exports = known.exports
        self._logged_in = {request.browser for request in known.requests if request.tag.role == FollowUpRole.LOGIN}

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests may be of a session whose user an export shows, see ``Distinction``."""
        if not self._exports:
            return np.zeros(len(columns), np.bool_)
        page = columns.is_browser() & columns.of_word("referer", [True] * len(columns.words["referer"]), none=False)
        session = (columns.of_tag([tag.channel == "ui" for tag in columns.tags]) | page) & (columns.codes["name"] < 0)
        found: NDArray[np.bool_] = session | columns.of_browsers(self._logged_in)
        return found
