"""Whether a server of 2.7 shows a form to whoever opens the trigger page of a DAG.

2.7 makes a run at once if a DAG has no params, unless ``[webserver] show_trigger_form_if_no_params`` is set. With that
setting, and for a DAG with params, opening the page asks for no run, whoever is refused.

Owns: what the answers to such requests show about the setting and about params. Must not know: outcomes.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt

#: Forms of so many DAGs show the setting, if no page made a run: a single DAG may have params.
FORMS: Final = 3
_PAGE: Final = re.compile(r".*/dags/[^/]+/trigger/?\Z", re.DOTALL)
#: A request that fills in the form gets it back if a field is wrong, whether the DAG has params or not.
_FILLED_IN: Final = re.compile(r"[?&](?:conf|execution_date|run_id)=")
#: Where the answer leads if opening the page made a run.
_MADE: Final = frozenset({"origin", "origin_grid", "origin_run"})
#: ... or may have made one.
_PERHAPS_MADE: Final = _MADE | {"home"}


class Forms(NamedTuple):
    """For which DAGs opening the trigger page asks for no run.

    Attributes:
        always: for all.
        dags: for these, at least.
    """

    always: bool
    dags: frozenset[str | None]

    def show(self, request: Request) -> bool:
        """Return whether a request that opens a trigger page asks for no run."""
        return self.always or request.tag.dag_id in self.dags


def find_forms(requests: Sequence[Request], attempts: Iterable[Attempt]) -> Forms:
    """Find the DAGs whose trigger page is a form.

    Args:
        requests: of the deployment.
        attempts: those of them that may be attempts.
    """
    opened = [attempt for attempt in attempts if attempt.request.access.method == "GET"]
    shown = [request for request in requests if _shows_form(request)]
    always = all(attempt.redirect.kind not in _MADE for attempt in opened)
    always = always and len({request.tag.dag_id for request in shown}) >= FORMS
    made = {attempt.request.tag.dag_id for attempt in opened if attempt.redirect.kind in _PERHAPS_MADE}
    untouched = {request.tag.dag_id for request in shown if not _FILLED_IN.search(request.access.target)}
    return Forms(always, frozenset(untouched - made - {None}))


def _shows_form(request: Request) -> bool:
    access = request.access
    return access.method == "GET" and access.status == HTTPStatus.OK and _PAGE.match(request.tag.path) is not None
