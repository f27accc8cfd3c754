"""Facts about a deployment that only many attempts together show.

They distinguish a setting that concerns everybody from a person who may not do something, and a missing DAG from a
refusal.

Owns: these facts. Must not know: how single attempts were joined with evidence, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.rules.roles import EventRole, FollowUpRole, TriggerPage
from logparse.scans import redirects
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known

#: Fewer refused callers than this show nothing about a setting.
FLEET: Final = 3
UNAUTHORIZED: Final = 401


def note_server_facts(attempts: Sequence[Attempt]) -> None:
    """Note in all attempts of one deployment what only many of them together show."""
    bare = any(_is_bare_login(each) for each in attempts)
    accepted = {each.request.tag.channel for each in attempts if each.status in (200, 201, 204)}
    basic = _basic_auth(attempts)
    generation = _generation(attempts)
    strangers = _strangers(attempts)
    missing, present, shown = set(), set(), set()
    for each in attempts:
        tag = each.request.tag
        if tag.dag_id is None or tag.trailing or tag.doubled:
            continue
        if tag.channel == "ui":
            if each.redirect.kind == "origin_run" or each.flash == "success":
                shown.add(tag.dag_id)
            continue
        if each.status == 404:  # noqa: PLR2004
            missing.add(tag.dag_id)
        elif each.status in (200, 201, 204, 409):
            present.add(tag.dag_id)
    frames: Counter[int] = Counter()
    for each in attempts:
        if each.redirect.frame:
            frames[each.redirect.frame] += each.request.times
    sessions = frames[redirects.FIXED[1]] <= frames[redirects.FIXED[0]]
    shows = any(each.redirect.kind == "origin_run" or each.leads_to(FollowUpRole.RUN_PAGE) for each in attempts)
    for each in attempts:
        each.api_sessions = sessions
        each.strangers_get = strangers.get(each.request.place[0], "unknown")
        each.shows_runs = shows
        each.dag_accepted = each.request.tag.dag_id in present | shown
        each.basic_auth = basic
        each.bare_login = bare
        each.generation = generation.get(each.request.place[0], "unknown")
        each.channel_accepts = each.request.tag.channel in accepted
        each.dag_missing = each.request.tag.dag_id in missing - present


def _is_bare_login(attempt: Attempt) -> bool:
    """Only 2.7 does so at this URL."""
    if attempt.request.tag.endpoint.page != TriggerPage.MODERN:
        return False
    return attempt.redirect.kind == "login" or attempt.leads_to(FollowUpRole.LOGIN_PAGE)


def _basic_auth(attempts: Sequence[Attempt]) -> str:
    """Whether the API checks names at all: it lets some callers through, or Airflow complains about some of them."""
    named = [each for each in attempts if each.request.access.claimed == "yes" and shows_name_checks(each.request.tag)]
    heard = any(
        not each.contested and said.event.role == EventRole.LOGIN_FAILED for each in named for said in each.events
    )
    if {each.status for each in named} & {200, 201, 403, 404, 409}:
        return "heard" if heard else "works"
    refused = {each.request.access.user for each in named if each.status == UNAUTHORIZED}
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
        refused = checked & (columns.numbers("status") == UNAUTHORIZED)
        for code in np.unique(names[refused & (names >= 0)]).tolist():
            name = columns.words["name"][code]
            if len(self._names) < FLEET:
                self._names.setdefault(name, len(self._names) + 1)
            if name in self._names:
                found[refused & (names == code)] = self._names[name]
        return [found]


def _strangers(attempts: Sequence[Attempt]) -> dict[int, str]:
    """How the stable REST API of each log refuses strangers: 401, unless the anonymous have a role of their own."""
    found: dict[int, str] = {}
    for each in attempts:
        access = each.request.access
        if not each.request.tag.endpoint.checks_names:
            continue
        nobody = access.claimed == "no" and not access.browser
        failed = any(said.event.role == EventRole.LOGIN_FAILED for said in each.events)
        if each.status == 403 and (nobody or failed):  # noqa: PLR2004
            found[each.request.place[0]] = "403"
        elif each.status == UNAUTHORIZED:
            found.setdefault(each.request.place[0], "401")
    return found


def _generation(attempts: Sequence[Attempt]) -> dict[int, str]:
    """Which REST API the server of each log has, as answers show that only an existing endpoint gives."""
    served: defaultdict[int, set[str]] = defaultdict(set)
    for each in attempts:
        generation = each.request.tag.endpoint.generation
        if generation and each.status in (200, 201, 401, 403, 409, 422):
            served[each.request.place[0]].add(generation)
    return {source: next(iter(found)) for source, found in served.items() if len(found) == 1}
