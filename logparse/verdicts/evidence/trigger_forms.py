"""Whether a server of 2.7 shows a form to whoever opens the trigger page of a DAG.

2.7 makes a run at once if a DAG has no params, unless ``[webserver] show_trigger_form_if_no_params`` is set. With that
setting, opening the page asks for no run, whoever is refused.

Owns: what the answers to such requests show about the setting. Must not know: outcomes.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt

#: Forms of so many DAGs show the setting, if no page made a run: a single DAG may have params.
FORMS: Final = 3
_PAGE: Final = re.compile(r".*/dags/[^/]+/trigger/?\Z", re.DOTALL)
#: Where the answer leads if opening the page made a run.
_MADE: Final = frozenset({"origin", "origin_grid", "origin_run"})


def are_always_shown(requests: Sequence[Request], attempts: Iterable[Attempt]) -> bool:
    """Return whether opening the trigger page of a DAG never asks for a run.

    Args:
        requests: of the deployment.
        attempts: those of them that may be attempts.
    """
    if any(attempt.redirect.kind in _MADE and attempt.request.access.method == "GET" for attempt in attempts):
        return False
    shown = {request.tag.dag_id for request in requests if _shows_form(request)}
    return len(shown) >= FORMS


def _shows_form(request: Request) -> bool:
    access = request.access
    return access.method == "GET" and access.status == HTTPStatus.OK and _PAGE.match(request.tag.path) is not None
