"""Facts about a deployment that only many attempts together show.

They distinguish a setting that concerns everybody from a person who may not do something, and a missing DAG from a
refusal.

Owns: these facts. Must not know: how single attempts were joined with evidence, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.rules.roles import EventRole, FollowUpRole, TriggerPage
from logparse.scans import redirects
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.app_lines import Join
    from logparse.verdicts.evidence.distinction import Known

#: Fewer refused callers than this show nothing about a setting.
FLEET: Final = 3
#: Statuses of accepted attempts; of attempts whose caller was let in; of answers that only
#: somebody with a role gets; of answers that only an existing endpoint gives.
_ACCEPTED: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})
_LET_IN: Final = frozenset(
    {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
)
_KNOWN: Final = _LET_IN - {HTTPStatus.FORBIDDEN}
_SERVED: Final = frozenset({
    HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
})  # fmt: skip


def note_server_facts(attempts: Sequence[Attempt], joins: Iterable[Join] = ()) -> None:
    """Note in all attempts of one deployment what only many of them together show.

    Args:
        attempts: of the deployment.
        joins: app lines and the requests that left them, of all requests.
    """
    bare = any(_is_bare_login(attempt) for attempt in attempts)
    nameless = any(_is_nameless(attempt) and attempt.status in _KNOWN for attempt in attempts)
    accepted = {attempt.request.tag.channel for attempt in attempts if attempt.status in _ACCEPTED}
    basic = _basic_auth(attempts)
    generation = _generation(attempts)
    strangers = _strangers(attempts, joins)
    missing, present, shown = set(), set(), set()
    for attempt in attempts:
        tag = attempt.request.tag
        if tag.dag_id is None or tag.trailing or tag.doubled:
            continue
        if tag.channel == "ui":
            if attempt.redirect.kind == "origin_run" or attempt.flash == "success":
                shown.add(tag.dag_id)
            continue
        if attempt.status == HTTPStatus.NOT_FOUND:
            missing.add(tag.dag_id)
        elif attempt.status in {*_ACCEPTED, HTTPStatus.CONFLICT}:
            present.add(tag.dag_id)
    frames: Counter[int] = Counter()
    for attempt in attempts:
        if attempt.redirect.frame:
            frames[attempt.redirect.frame] += attempt.request.times
    sessions = frames[redirects.FIXED[1]] <= frames[redirects.FIXED[0]]
    shows = any(
        attempt.redirect.kind == "origin_run" or attempt.leads_to(FollowUpRole.RUN_PAGE) for attempt in attempts
    )
    made, absent = present | shown, missing - present
    for attempt in attempts:
        attempt.api_sessions = sessions
        attempt.strangers_get = strangers.get(attempt.request.place[0], "unknown")
        attempt.shows_runs = shows
        attempt.nameless_accepted = nameless
        attempt.dag_accepted = attempt.request.tag.dag_id in made
        attempt.basic_auth = basic
        attempt.bare_login = bare
        attempt.generation = generation.get(attempt.request.place[0], "unknown")
        attempt.channel_accepts = attempt.request.tag.channel in accepted
        attempt.dag_missing = attempt.request.tag.dag_id in absent


def _is_bare_login(attempt: Attempt) -> bool:
    """Only 2.7 does so at this URL."""
    if attempt.request.tag.endpoint.page != TriggerPage.MODERN:
        return False
    return attempt.redirect.kind == "login" or attempt.leads_to(FollowUpRole.LOGIN_PAGE)


def _is_nameless(attempt: Attempt) -> bool:
    """Return whether a program that sent no Basic header asked the stable REST API for a run."""
    access = attempt.request.access
    return attempt.request.tag.endpoint.checks_names and access.claimed == "no" and not access.browser


def _basic_auth(attempts: Sequence[Attempt]) -> str:
    """Whether the API checks names at all: it lets some callers through, or Airflow complains about some of them."""
    named = [
        attempt
        for attempt in attempts
        if attempt.request.access.claimed == "yes" and shows_name_checks(attempt.request.tag)
    ]
    lines = [line for attempt in named if not attempt.contested for line in attempt.events]
    heard = any(line.event.role == EventRole.LOGIN_FAILED for line in lines)
    if {attempt.status for attempt in named} & _LET_IN:
        return "heard" if heard else "works"
    refused = {attempt.request.access.user for attempt in named if attempt.status == HTTPStatus.UNAUTHORIZED}
    return "refused" if len(refused) >= FLEET and not heard else "unknown"


def shows_name_checks(tag: Tag) -> bool:
    """Return whether the answer to a request shows how the stable REST API of 2.x checks names."""
    return tag.endpoint.checks_names and not tag.trailing and not tag.doubled


class RefusedCallers(Distinction):
    """Requests that were refused by name differ in who sent them, as far as ``_basic_auth`` counts callers."""

    def __init__(self, known: Known) -> None:  # noqa: ARG002 - nothing has to be known
        self._names: dict[str, int] = {}

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        found, names = np.zeros(len(columns), np.int64), columns.codes["name"]
        checked = columns.of_tag([shows_name_checks(tag) for tag in columns.tags])
        refused = checked & (columns.numbers("status") == HTTPStatus.UNAUTHORIZED)
        for code in np.unique(names[refused & (names >= 0)]).tolist():
            name = columns.words["name"][code]
            if len(self._names) < FLEET:
                self._names.setdefault(name, len(self._names) + 1)
            if name in self._names:
                found[refused & (names == code)] = self._names[name]
        return [found]


def _strangers(attempts: Sequence[Attempt], joins: Iterable[Join]) -> dict[int, str]:
    """How the stable REST API of each log refuses strangers: 401, unless the anonymous have a role of their own.

    A refused password that is answered with 403 proves that. A call without a name proves nothing: sessions, tokens and
    keys leave no name in an access line.
    """
    found = {
        join.request.place[0]: "403"
        for join in joins
        if join.line.event.role == EventRole.LOGIN_FAILED and join.request.access.status == HTTPStatus.FORBIDDEN
    }
    for attempt in attempts:
        if attempt.request.tag.endpoint.checks_names and attempt.status == HTTPStatus.UNAUTHORIZED:
            found.setdefault(attempt.request.place[0], "401")
    return found


def _generation(attempts: Sequence[Attempt]) -> dict[int, str]:
    """Which REST API the server of each log has, as answers show that only an existing endpoint gives."""
    served: defaultdict[int, set[str]] = defaultdict(set)
    for attempt in attempts:
        generation = attempt.request.tag.endpoint.generation
        if generation and attempt.status in _SERVED:
            served[attempt.request.place[0]].add(generation)
    return {source: next(iter(found)) for source, found in served.items() if len(found) == 1}
