"""What rule files say of the requests and messages that they describe, so that no code needs to know their ids.

Owns: the words for it. Must not know: rules, log lines.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class FollowUpRole(StrEnum):
    """What a follow-up request is to the web UI, as far as it tells what became of an attempt."""

    LOGIN = "login"
    LOGIN_PAGE = "login_page"
    #: The login page, told where to return to.
    LOGIN_PAGE_WITH_RETURN = "login_page_with_return"
    DAG_LIST = "dag_list"
    RUN_PAGE = "run_page"
    LOGOUT = "logout"


class EventRole(StrEnum):
    """What an app line says of a person, so that callers are named by it."""

    LOGIN_FAILED = "login_failed"
    USER_CHECKED = "user_checked"
    RUN_CREATED = "run_created"


#: Groups that the pattern of a rule with such a role must have.
GROUPS_OF_ROLES: Final = {
    EventRole.LOGIN_FAILED: "user", EventRole.USER_CHECKED: "person", EventRole.RUN_CREATED: "person",
}  # fmt: skip
