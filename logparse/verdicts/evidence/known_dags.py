"""Which DAGs a deployment has, as answers to many attempts show, and which frame its redirects have.

Owns: these facts. Must not know: settings of servers, outcomes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.verdicts.attempt import Attempt

#: Statuses of attempts that were accepted, or whose run existed already: there is such a DAG.
_KNOWN: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT, HTTPStatus.CONFLICT})
#: Statuses that a server also answers for an endpoint that it does not have, perhaps behind a proxy that checks names.
_OF_NO_ENDPOINT: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})


@dataclass(slots=True)
class _Dags:
    """DAGs by what answers to attempts show about them.

    Attributes:
        missing: an API answered that there is none.
        present: an API accepted a run of it, or knew one.
        loaded: the REST API did. The experimental API makes runs of DAGs whose files cannot be loaded.
        broken: an API answered that its file cannot be loaded.
        shown: the web UI led to the page of a new run.
    """

    missing: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)

    def note(self, attempt: Attempt, dag: str, *, served: bool) -> None:
        """Note what the answer to an attempt shows; a server that has its endpoint may have ``served`` it."""
        tag = attempt.request.tag
        if tag.channel == "ui":
            if attempt.redirect.kind == "origin_run":
                self.shown.add(dag)
        elif attempt.status == HTTPStatus.NOT_FOUND and (served or attempt.body == "dag_unknown"):
            self.missing.add(dag)
        elif attempt.status in _KNOWN:
            self.present.add(dag)
            if tag.channel == "rest_api":
                self.loaded.add(dag)
        elif attempt.body == "import_error":
            self.broken.add(dag)


def note_dags(attempts: Sequence[Attempt]) -> None:
    """Note in all attempts of one deployment what is known of their DAGs, and whether its API accepts sessions.

    A server that has no such endpoint answers 404 for every DAG: one answer of another kind, or a body that names the
    DAG, must show that it has it.
    """
    dags = _Dags()
    served = {attempt.request.tag.rule for attempt in attempts if attempt.status not in _OF_NO_ENDPOINT}
    frames: Counter[int] = Counter()
    for attempt in attempts:
        tag = attempt.request.tag
        if attempt.redirect.frame:
            frames[attempt.redirect.frame] += attempt.request.times
        if tag.dag_id is not None and not tag.trailing and not tag.doubled:
            dags.note(attempt, tag.dag_id, served=tag.rule in served)
    sessions = frames[redirects.FIXED[1]] <= frames[redirects.FIXED[0]]
    made, absent = dags.present | dags.shown, dags.missing - dags.present
    broken = dags.broken - dags.loaded - dags.shown
    for attempt in attempts:
        dag = attempt.request.tag.dag_id
        attempt.api_sessions = sessions
        attempt.dag_accepted, attempt.dag_missing = dag in made, dag in absent
        attempt.dag_broken = dag in broken


def note_dags_shown(attempts: Sequence[Attempt]) -> None:
    """Note whether a page of the web UI told that a run of the same DAG was made."""
    shown = {attempt.request.tag.dag_id for attempt in attempts if attempt.flash == "success"} - {None}
    broken = {attempt.request.tag.dag_id for attempt in attempts if attempt.flash == "import_error"} - shown - {None}
    for attempt in attempts:
        attempt.dag_accepted |= attempt.request.tag.dag_id in shown
        attempt.dag_broken |= attempt.request.tag.dag_id in broken and not attempt.dag_accepted
        attempt.dag_broken &= attempt.request.tag.dag_id not in shown
