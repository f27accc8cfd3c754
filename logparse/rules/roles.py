"""What rule files say of the requests and messages that they describe, so that no code needs to know their ids.

Owns: the words for it. Must not know: rules, log lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: Generations of Airflow, by the REST API that they serve.
GENERATIONS: Final = ("2", "3")


class ErrorBody(StrEnum):
    """In which form an endpoint says why it refused a request; the length of an answer tells what it said."""

    #: Title, status, detail and a link into the documentation, as the stable REST API of 2.x answers.
    PROBLEM = "problem"
    #: A detail only, as the REST API of Airflow 3 answers.
    DETAIL = "detail"


class TriggerPage(StrEnum):
    """Which page of the web UI asks for a run; its messages are worded differently."""

    #: ``/dags/<id>/trigger``, 2.7 to 2.11.
    MODERN = "modern"
    #: ``/trigger``, 1.10 to 2.6.
    CLASSIC = "classic"
    #: The form that adds a record to the list of DAG runs, 1.10 to 2.1.
    ADD_RECORD = "add_record"


class Right(StrEnum):
    """What a caller must be allowed to do."""

    EDIT_DAG = "edit_dag"
    CREATE_RUN = "create_run"
    #: A permission on one DAG's runs does not do.
    CREATE_ANY_RUN = "create_any_run"
    ADD_RUN_RECORD = "add_run_record"
    CREATE_ASSET = "create_asset"
    CREATE_DATASET = "create_dataset"
    CREATE_BACKFILL = "create_backfill"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What kind of endpoint an attempt was sent to. Evidence is found by this, whatever the id of the rule.

    Attributes:
        generation: which generation of Airflow a served request proves: ``2`` or ``3``; empty for none.
        error_body: from ``ErrorBody``; empty where the lengths of answers tell nothing.
        checks_names: it looks at the user name of every request, so that its answers show how the server does that.
        page: from ``TriggerPage``; empty for an API.
        wants: from ``Right``, in the order in which Airflow looks for them.
        wants_recorded: the same for versions that leave a row in the audit log also for callers whom they refuse;
            empty: as ``wants``.
    """

    generation: str = ""
    error_body: str = ""
    checks_names: bool = False
    page: str = ""
    wants: tuple[str, ...] = (Right.EDIT_DAG, Right.CREATE_RUN)
    wants_recorded: tuple[str, ...] = ()


class FollowUpRole(StrEnum):
    """What a follow-up request is to the web UI, as far as it tells what became of an attempt."""

    LOGIN = "login"
    LOGIN_PAGE = "login_page"
    #: The login page, told where to return to.
    LOGIN_PAGE_WITH_RETURN = "login_page_with_return"
    DAG_LIST = "dag_list"
    #: A page of one DAG, which its id is read from.
    DAG_PAGE = "dag_page"
    RUN_PAGE = "run_page"
    LOGOUT = "logout"


class EventRole(StrEnum):
    """What an app line says of a caller, so that no outcome rule and no code needs to know who words it how."""

    LOGIN_FAILED = "login_failed"
    USER_CHECKED = "user_checked"
    RUN_CREATED = "run_created"
    #: A key, a token or a user was not accepted; it was past its time.
    CREDENTIALS_REFUSED = "credentials_refused"
    CREDENTIALS_EXPIRED = "credentials_expired"
    #: A key or token was accepted, and whose it is.
    CALLER_ACCEPTED = "caller_accepted"
    #: The server was started, so that its settings may be others from here on.
    SERVER_STARTED = "server_started"


#: Groups that the pattern of a rule with such a role must have.
GROUPS_OF_ROLES: Final = {
    EventRole.LOGIN_FAILED: "user", EventRole.USER_CHECKED: "person", EventRole.RUN_CREATED: "person",
    EventRole.CALLER_ACCEPTED: "user",
}  # fmt: skip
