"""Facts about a deployment that only many attempts together show.

They distinguish a setting that concerns everybody from a person who may not do something, and a missing DAG from a
refusal.

Owns: these facts. Must not know: how single attempts were joined with evidence, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from logparse.rules.roles import EventRole, FollowUpRole, TriggerPage
from logparse.rules.targets import page_to_return_to, split_target
from logparse.scans.site import host_of
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.app_lines import Join
    from logparse.verdicts.evidence.distinction import Known
    from logparse.verdicts.evidence.server_eras import Era, Eras

#: Fewer refused callers than this show nothing about a setting.
FLEET: Final = 3
#: Statuses of accepted attempts; of attempts whose caller was let in; of answers that only
#: somebody with a role gets; of answers that only an existing endpoint gives.
_ACCEPTED: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT})
_LET_IN: Final = frozenset(
    {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
)
_REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_KNOWN: Final = _LET_IN - {HTTPStatus.FORBIDDEN}
_SERVED: Final = frozenset({
    HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
})  # fmt: skip


class _Settings(NamedTuple):
    """What the answers of one era, or of all, show about a server; for the values see ``Attempt``.

    Attributes:
        bare_login: how much speaks for it, and against it.
        accepts: channels on which some attempt was accepted.
        refuses: channels on which several were refused, and none was accepted.
        let_in: names that the stable REST API let in.
        turned_away: names that it refused with 401.
        nameless: whether it accepted callers without a name; None if none came.
        complained: lengths of the answers to names about which Airflow complained.
        shows_runs: whether a trigger on the page of a DAG leads to the new run; None if there was none.
    """

    basic_auth: str
    strangers: Mapping[int, str]
    generation: Mapping[int, str]
    bare_login: int
    accepts: frozenset[str]
    refuses: frozenset[str]
    let_in: frozenset[str | None]
    turned_away: frozenset[str | None]
    nameless: bool | None
    complained: frozenset[int | None]
    shows_runs: bool | None


def note_server_facts(
    attempts: Sequence[Attempt], requests: Sequence[Request], joins: Sequence[Join], eras: Eras
) -> None:
    """Note in all attempts of one deployment what only many of them together show.

    What an era shows goes before what all of them show.

    Args:
        attempts: of the deployment.
        requests: all of its requests, attempts among them.
        joins: app lines and the requests that left them, of all requests.
        eras: of its servers.
    """
    whole = _settings(attempts, requests, joins)
    parts: defaultdict[Era, tuple[list[Attempt], list[Request], list[Join]]] = defaultdict(lambda: ([], [], []))
    for attempt in attempts:
        parts[eras.era_of(attempt.request)][0].append(attempt)
    if len(parts) > 1:
        for request in requests:
            if (era := eras.era_of(request)) in parts:
                parts[era][1].append(request)
        for join in joins:
            if (era := eras.era_of(join.request)) in parts:
                parts[era][2].append(join)
    for members, of_era, joined in parts.values():
        settings = _settings(members, of_era, joined) if len(parts) > 1 else whole
        _note_settings(members, settings, whole)


def _settings(attempts: Sequence[Attempt], requests: Iterable[Request], joins: Sequence[Join]) -> _Settings:
    named = [attempt for attempt in attempts if _names_somebody(attempt)]
    nameless = [attempt.status for attempt in attempts if _is_nameless(attempt, "no")]
    accepts = frozenset(attempt.request.tag.channel for attempt in attempts if attempt.status in _ACCEPTED)
    refused = Counter(attempt.request.tag.channel for attempt in attempts if attempt.status in _REFUSED)
    complained = frozenset(
        attempt.request.access.size for attempt in named
        if not attempt.contested and any(line.event.role == EventRole.LOGIN_FAILED for line in attempt.events)
    )  # fmt: skip
    return _Settings(
        basic_auth=_basic_auth(named, heard=bool(complained)),
        strangers=_strangers(attempts, joins),
        generation=_generation(attempts),
        bare_login=_bare_login(attempts, requests),
        accepts=accepts,
        refuses=frozenset(channel for channel, times in refused.items() if times >= FLEET) - accepts,
        let_in=frozenset(attempt.request.access.user for attempt in named if attempt.status in _LET_IN),
        turned_away=frozenset(each.request.access.user for each in named if each.status == HTTPStatus.UNAUTHORIZED),
        nameless=any(status in _KNOWN for status in nameless) if nameless else None,
        complained=complained,
        shows_runs=_shows_runs(attempts),
    )


def _shows_runs(attempts: Iterable[Attempt]) -> bool | None:
    kinds = {attempt.redirect.kind for attempt in attempts}
    if "origin_run" in kinds or any(attempt.leads_to(FollowUpRole.RUN_PAGE) for attempt in attempts):
        return True
    return False if "origin_grid" in kinds else None


def _note_settings(attempts: Iterable[Attempt], here: _Settings, whole: _Settings) -> None:
    basic = here.basic_auth
    if basic == "unknown":
        # Somebody who is let in at other times is refused, without a complaint: nobody looks at names now.
        off = not here.let_in and bool(here.turned_away & whole.let_in)
        basic = "refused" if off and whole.basic_auth in ("works", "heard") else whole.basic_auth
    bare, complained = here.bare_login or whole.bare_login, here.complained or whole.complained
    nameless = whole.nameless if here.nameless is None else here.nameless
    shows = whole.shows_runs if here.shows_runs is None else here.shows_runs
    for attempt in attempts:
        log, channel = attempt.request.place[0], attempt.request.tag.channel
        # A proxy may refuse names itself: its answer is of another length, and Airflow never complains about it.
        other = basic == "heard" and complained and attempt.request.access.size not in complained
        attempt.basic_auth = "works" if other else basic
        attempt.bare_login, attempt.login_returns = bare > 0, bare < 0
        attempt.nameless_accepted, attempt.shows_runs = bool(nameless), bool(shows)
        attempt.strangers_get = here.strangers.get(log) or whole.strangers.get(log, "unknown")
        attempt.generation = here.generation.get(log) or whole.generation.get(log, "unknown")
        attempt.channel_accepts = channel in here.accepts or (channel in whole.accepts and channel not in here.refuses)


def _bare_login(attempts: Iterable[Attempt], requests: Iterable[Request]) -> int:
    """Return how much speaks for a login page that is not told where to return to, as only 2.7 has it.

    A line may be joined wrongly, or typed; so lines that speak for it are weighed against those that speak against it.
    """
    votes = 0
    for attempt in attempts:
        if attempt.request.tag.endpoint.page == TriggerPage.MODERN:
            kind = attempt.redirect.kind
            unsaid = kind == "" and not attempt.queries_cut
            votes += kind == "login" or (unsaid and attempt.leads_to(FollowUpRole.LOGIN_PAGE))
            votes -= kind == "login_next"
    for request in requests:
        if request.tag.role == FollowUpRole.LOGIN_PAGE_WITH_RETURN:
            query = split_target(request.access.target, decoded=request.access.decoded).query
            back = page_to_return_to(query)
            votes -= host_of(back) is not None
    return votes


def _names_somebody(attempt: Attempt) -> bool:
    return attempt.request.access.claimed == "yes" and shows_name_checks(attempt.request.tag)


def _is_nameless(attempt: Attempt, *claimed: str) -> bool:
    """Return whether a program that sent no Basic header asked the stable REST API for a run; see ``claimed``."""
    access = attempt.request.access
    return attempt.request.tag.endpoint.checks_names and access.claimed in claimed and not access.browser


def _basic_auth(named: Sequence[Attempt], *, heard: bool) -> str:
    """Whether the API checks names at all: it lets some callers through, or Airflow complains about some of them."""
    if {attempt.status for attempt in named} & _LET_IN:
        return "heard" if heard else "works"
    refused = {attempt.request.access.user for attempt in named if attempt.status == HTTPStatus.UNAUTHORIZED}
    return "refused" if len(refused) >= FLEET and not heard else "unknown"


def shows_name_checks(tag: Tag) -> bool:
    """Return whether the answer to a request shows how the stable REST API of 2.x checks names."""
    return tag.endpoint.checks_names and not tag.trailing and not tag.doubled


class RefusedCallers(Distinction):
    """Requests that were refused by name differ in the length of the answer and, up to ``FLEET``, in who sent them."""

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
        return [found, np.where(refused, columns.numbers("size"), 0)]


def _strangers(attempts: Sequence[Attempt], joins: Iterable[Join]) -> dict[int, str]:
    """How the stable REST API of each log refuses strangers: 401, unless the anonymous have a role of their own.

    A refused password that is answered with 403 proves that. A call without a name proves nothing, for keys leave none,
    and some formats hold none; but where nobody gets 401, and no app line tells refused passwords, it may be so.
    """
    found = {
        join.request.place[0]: "403"
        for join in joins
        if join.line.event.role == EventRole.LOGIN_FAILED and join.request.access.status == HTTPStatus.FORBIDDEN
    }
    for attempt in attempts:
        if attempt.request.tag.endpoint.checks_names and attempt.status == HTTPStatus.UNAUTHORIZED:
            found.setdefault(attempt.request.place[0], "401")
    refused: Counter[int] = Counter()
    for attempt in attempts:
        if attempt.status == HTTPStatus.FORBIDDEN and _is_nameless(attempt, "no", "unknown") and not attempt.app_log:
            refused[attempt.request.place[0]] += attempt.request.times
    return {log: "perhaps_403" for log, times in refused.items() if times >= FLEET} | found


def _generation(attempts: Sequence[Attempt]) -> dict[int, str]:
    """Which REST API the server of each log has, as answers show that only an existing endpoint gives."""
    served: defaultdict[int, set[str]] = defaultdict(set)
    for attempt in attempts:
        generation = attempt.request.tag.endpoint.generation
        if generation and attempt.status in _SERVED:
            served[attempt.request.place[0]].add(generation)
    return {source: next(iter(found)) for source, found in served.items() if len(found) == 1}
