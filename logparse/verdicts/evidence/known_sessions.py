"""Sessions whose users logs or exports show: of whom a login is known, or a record of another request of the session.

Owns: which requests these are. Must not know: how a user is found (``caller``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.rules.roles import FollowUpRole
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.verdicts.evidence.distinction import Known


class KnownSessions(Distinction):
    """Requests of browsers that logged in are decided by themselves, and with exports all that may be of a session.

    Which requests these are says ``Request.has_session``. A token that somebody got in Airflow 3 is a session as well.
    """

    def __init__(self, known: Known) -> None:
        self._exports = known.exports
        self._logged_in = {request.browser for request in known.requests if request.tag.role == FollowUpRole.LOGIN}

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests may be of a session whose user is known, see ``Distinction``."""
        logged_in: NDArray[np.bool_] = columns.of_browsers(self._logged_in)
        if not self._exports:
            return logged_in
        page = columns.is_browser() & columns.of_word("referer", [True] * len(columns.words["referer"]), none=False)
        session = (columns.of_tag([tag.channel == "ui" for tag in columns.tags]) | page) & (columns.codes["name"] < 0)
        found: NDArray[np.bool_] = session | logged_in
        return found
