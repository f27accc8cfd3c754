"""Which DAGs a deployment has, as answers to many attempts show, and which frame its redirects have.

Owns: these facts. Must not know: settings of servers, outcomes.
"""

from __future__ import annotations

from collections import Counter
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


def note_dags(attempts: Sequence[Attempt]) -> None:
    """Note in all attempts of one deployment whether it has their DAGs, and whether its API accepts sessions.

    A server that has no such endpoint answers 404 for every DAG: one answer of another kind, or a body that names the
    DAG, must show that it has it.
    """
    missing, present, shown = set(), set(), set()
    broken, loaded = set(), set()
    served = {attempt.request.tag.rule for attempt in attempts if attempt.status not in _OF_NO_ENDPOINT}
    frames: Counter[int] = Counter()
    for attempt in attempts:
        tag = attempt.request.tag
        if attempt.redirect.frame:
            frames[attempt.redirect.frame] += attempt.request.times
        if tag.dag_id is None or tag.trailing or tag.doubled:
            continue
        if tag.channel == "ui":
            if attempt.redirect.kind == "origin_run":
                shown.add(tag.dag_id)
        elif attempt.status == HTTPStatus.NOT_FOUND and (tag.rule in served or attempt.body == "dag_unknown"):
            missing.add(tag.dag_id)
        elif attempt.status in _KNOWN:
            present.add(tag.dag_id)
            if tag.channel == "rest_api":  # the experimental API makes runs of DAGs whose files cannot be loaded
                loaded.add(tag.dag_id)
        elif attempt.body == "import_error":
            broken.add(tag.dag_id)
    sessions = frames[redirects.FIXED[1]] <= frames[redirects.FIXED[0]]
    made, absent, unloaded = present | shown, missing - present, broken - loaded - shown
    for attempt in attempts:
        attempt.api_sessions = sessions
        attempt.dag_accepted = attempt.request.tag.dag_id in made
        attempt.dag_missing = attempt.request.tag.dag_id in absent
        attempt.dag_broken = attempt.request.tag.dag_id in unloaded


def note_dags_shown(attempts: Sequence[Attempt]) -> None:
    """Note whether a page of the web UI told that a run of the same DAG was made."""
    shown = {attempt.request.tag.dag_id for attempt in attempts if attempt.flash == "success"} - {None}
    for attempt in attempts:
        attempt.dag_accepted |= attempt.request.tag.dag_id in shown
        attempt.dag_broken &= attempt.request.tag.dag_id not in shown
