"""Whether somebody pressed the button on a DAG's own page, whose form names that page in its body (2.7 on).

Owns: telling so by the page that the request came from. Must not know: what follows from it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import TriggerPage
from logparse.rules.targets import split_target

if TYPE_CHECKING:
    from logparse.verdicts.attempt import Attempt

#: A page of one DAG, but that of the form, which may have been opened from the list of DAGs.
_DAG_PAGE: Final = re.compile(r"/dags/(?P<dag_id>[^/]+)/(?!trigger/?\Z)[a-z_-]+/?\Z")


def is_sent_from_dag_page(attempt: Attempt) -> bool:
    """Return whether an attempt was sent by the form on a page of its DAG, so that it returns there if accepted."""
    tag, access = attempt.request.tag, attempt.request.access
    if tag.returns_to or access.method != "POST" or tag.endpoint.page != TriggerPage.MODERN or not access.referer:
        return False
    page = _DAG_PAGE.search(split_target(access.referer).path)
    return page is not None and page["dag_id"] == tag.dag_id
