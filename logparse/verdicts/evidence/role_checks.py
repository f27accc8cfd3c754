"""Which browsers got past the check of the role for a DAG, as other attempts of theirs show.

From 2.8 on the web UI sends a browser to the list of DAGs after a success and after a refusal alike. Where the page
that followed does not show which it was, other attempts of the same browser for the same DAG do: a role changes rarely.
That a browser was refused at another time shows nothing: somebody else may have such a browser, or the role was given
since. Of 112 such attempts in the recordings, 16 were let in.

Owns: this fact. Must not know: outcomes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from logparse.rules.roles import TriggerPage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.scans.scan import Browser
    from logparse.verdicts.attempt import Attempt

    _Caller: TypeAlias = tuple[Browser, str | None, str | None]

#: Messages of pages that only those get who are let in.
_LET_IN: Final = frozenset({"success", "conflict", "import_error"})
#: Redirects that only those get who are let in: the refused are sent to the list of DAGs, or in 2.7 to the login page.
_BACK: Final = frozenset({"origin", "origin_grid", "origin_run"})


def note_role_checks(attempts: Iterable[Attempt]) -> None:
    """Note in each attempt whether its browser was let in for the same DAG at another time, and never refused.

    Only browsers that got pages of users count: of the others, attempts of several may have been put together.
    """
    asked = [attempt for attempt in attempts if attempt.request.tag.channel == "ui" and attempt.page_seen == "yes"]
    let_in = {_caller(attempt) for attempt in asked if _is_let_in(attempt)}
    refused = {_caller(attempt) for attempt in asked if attempt.flash == "denied"}
    for attempt in asked:
        attempt.let_in = _caller(attempt) in let_in - refused


def _caller(attempt: Attempt) -> _Caller:
    return attempt.request.browser, attempt.request.access.user, attempt.request.tag.dag_id


def _is_let_in(attempt: Attempt) -> bool:
    if attempt.request.tag.dag_id is None or attempt.request.tag.endpoint.page != TriggerPage.MODERN:
        return False
    shown = attempt.status == HTTPStatus.OK  # the form again, with an error in it
    return shown or attempt.flash in _LET_IN or attempt.redirect.kind in _BACK
