"""Attempt x evidence: which app lines and which later requests are about which attempt.

Owns: joining by order, time, client and name; one event to one request. Must not know: what it all means (``decide``).

Several workers write into one stream and nothing but order and time links an app line to its request, so a join is
conservative: where another request could have left the line as well, the join is ``contested``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse import paths, redirects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.rules import EventRule, RuleSet
    from logparse.scan import Evidence, Request, Scan

SECOND: Final = 1_000_000
#: An app line about a refused request is written just before the request ends (measured: 1 to 60 ms).
EVENT_WINDOW: Final = 2 * SECOND
#: ... and no more lines than this lie between them, even with tracebacks of other requests there.
EVENT_LINES: Final = 500
#: Clocks of one host, read at two places in the code.
SLACK: Final = 5_000
#: Access lines of gunicorn are cut to whole seconds.
CUT: Final = SECOND
#: A browser follows a redirect at once (measured: 0.1 to 1.3 s).
FOLLOW_WINDOW: Final = 15 * SECOND
#: Airflow 3.1+ reads cookie and header: the same complaint twice within some milliseconds.
REPEAT: Final = 10_000

#: Pages that the list of DAGs is measured against.
MEASURES: Final = 8
#: The list of DAGs differs by this many bytes from one view to the next (measured with 2.10.5).
JITTER: Final = 12
#: What a message on the page adds, from "Access is Denied" to a success with "Unpaused DAG".
FLASH: Final = range(155, 560)


@dataclass(slots=True)
class Attempt:
    """A trigger attempt with all that is known about it.

    Attributes:
        request: the access line.
        events: what app lines say of it.
        contested: the join with an event is not the only possible one.
        rival: an event went to another request but could have been this one's.
        follow_up: the client's next request that tells, as ``rule:status``; empty if none was found.
        follow_up_contested: that request may belong to another attempt.
        followed_by: that request itself.
        redirect: where the answer leads.
        app_log: app lines of this server are at hand, so that silence says something.
        basic_auth: whether Basic authentication ``works`` on the REST API of this server, is ``refused`` to everybody,
            or ``unknown``.
        channel_accepts: some attempt on the same channel was accepted.
        generation: of the Airflow that wrote the source, ``2``, ``3`` or ``unknown``.
        home_growth: by how many bytes the list of DAGs that followed was longer than that browser's usual one.
        dag_missing: an API said that there is no DAG of this id, and none ever ran it.
    """

    request: Request
    events: list[Evidence] = field(default_factory=list)
    contested: bool = False
    rival: bool = False
    follow_up: str = ""
    follow_up_contested: bool = False
    followed_by: Request | None = None
    redirect: redirects.Redirect = redirects.Redirect("", "")
    app_log: bool = False
    basic_auth: str = "unknown"
    channel_accepts: bool = False
    dag_missing: bool = False
    generation: str = "unknown"
    home_growth: int | None = None


def correlate(found: Scan, rules: RuleSet) -> list[Attempt]:
    """The attempts of ``found`` in order of source and line, with the evidence about each."""
    requests = sorted(found.requests, key=lambda each: (each.source, each.access.line))
    attempts = {id(each): Attempt(each) for each in requests if each.tag.channel}
    _join_events(found, requests, attempts, {rule.id: rule for rule in rules.events})
    _note_app_log(found, attempts.values())
    _find_redirects(requests, attempts.values())
    _join_follow_ups(requests, attempts)
    _measure_home(requests, attempts.values())
    _note_context(list(attempts.values()))
    return list(attempts.values())


# -- events -----------------------------------------------------------------------------------------------------------


def _join_events(
    found: Scan, requests: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule]
) -> None:
    by_source: defaultdict[int, list[Request]] = defaultdict(list)
    for request in requests:
        by_source[request.source].append(request)
    # Files that hold app lines only are about requests in files that hold access lines only.
    silent = [
        request
        for number, pool in by_source.items()
        if not found.coverage[number].kinds["app"]
        for request in pool
        if request.access.time is not None
    ]
    silent.sort(key=lambda each: each.access.time or 0)
    said: defaultdict[int, list[Evidence]] = defaultdict(list)
    for each in found.evidence:
        said[each.source].append(each)
    for number, events in said.items():
        events.sort(key=lambda each: each.message.line)
        if found.coverage[number].kinds["access"]:
            _Joiner(by_source[number], attempts, rules, by_time=False).run(events)
        else:
            _Joiner(silent, attempts, rules, by_time=True).run(events)


class _Joiner:
    """Joins the events of one source with requests, in order.

    Args:
        pool: requests that they may be about, in order of line or time.
        attempts: by identity of their request.
        rules: event rules by id.
        by_time: requests and events come from different files, so that only time orders them.
    """

    def __init__(
        self, pool: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule], *, by_time: bool
    ) -> None:
        self._pool = pool
        self._keys = [(each.access.time or 0) if by_time else each.access.line for each in pool]
        self._attempts = attempts
        self._rules = rules
        self._by_time = by_time
        self._named = any(each.access.user for each in pool)
        self._owner: dict[int, Evidence] = {}

    def run(self, events: Iterable[Evidence]) -> None:
        claims: list[tuple[Evidence, Request, list[Request]]] = []
        for each in events:
            partner = self._partner(each, claims)
            if partner is not None:
                claims.append((each, partner[1], partner[2]))
                continue
            fitting = self._fitting(each)
            free = [request for request in fitting if id(request) not in self._owner]
            again = self._repeats(each, claims)
            if again is not None:
                again[2].extend(request for request in free if request not in again[2])
            elif free:
                self._owner[id(free[0])] = each
                claims.append((each, free[0], fitting))
        for each, request, fitting in claims:
            self._settle(each, request, fitting)

    def _partner(
        self, each: Evidence, claims: list[tuple[Evidence, Request, list[Request]]]
    ) -> tuple[Evidence, Request, list[Request]] | None:
        """The claim of another event that the same request left before this one."""
        rule = self._rules[each.event.rule]
        for claim in reversed(claims):
            if claim[0].event.rule in rule.along_with:
                ahead = self._by_time or claim[1].access.line > each.message.line
                return claim if ahead and self._fits(claim[1], each, rule) else None
        return None

    def _repeats(
        self, each: Evidence, claims: list[tuple[Evidence, Request, list[Request]]]
    ) -> tuple[Evidence, Request, list[Request]] | None:
        """The claim that this event only repeats: said twice in a row about one request."""
        if not claims or not self._rules[each.event.rule].repeats:
            return None
        last, request, _ = claims[-1]
        if last.event.rule != each.event.rule or (not self._by_time and request.access.line < each.message.line):
            return None
        one, other = last.message.stamp, each.message.stamp
        near = one is None or other is None or abs(other.utc - one.utc) <= REPEAT
        return claims[-1] if near or each.message.continuation else None

    def _fitting(self, each: Evidence) -> list[Request]:
        """Requests that may have left the event, the likeliest first."""
        rule, stamp = self._rules[each.event.rule], each.message.stamp
        if self._by_time:
            if stamp is None:
                return []
            low, high = stamp.utc - CUT, stamp.utc + EVENT_WINDOW
        else:
            low, high = each.message.line, each.message.line + EVENT_LINES
        return [
            request
            for request in self._pool[bisect_right(self._keys, low) : bisect_right(self._keys, high)]
            if self._fits(request, each, rule)
        ]

    def _fits(self, request: Request, each: Evidence, rule: EventRule) -> bool:
        access, tag = request.access, request.tag
        if access.status not in rule.statuses or not {tag.channel, tag.rule} & set(rule.requests):
            return False
        stamp = each.message.stamp
        if stamp is not None and access.time is not None and access.time_source == "line":
            if not stamp.utc - CUT <= access.time <= stamp.utc + EVENT_WINDOW:
                return False
            if access.duration is not None and access.time - access.duration > stamp.utc + SLACK:
                return False  # it had not begun
        return all(self._same(name, request, each.event.fields[name]) for name in rule.same if name in each.event.fields)

    def _same(self, name: str, request: Request, value: str) -> bool:
        if name == "user":
            user = request.access.user
            if user is None:  # no Basic header, or a format that does not write its name
                return not self._named or request.tag.rule == "login-attempt"
            return user.partition("\n")[0].rstrip("\r") == value.rstrip("\r")
        if name == "method":
            return request.access.method == value
        if name == "path":
            return paths.split(value).path == request.tag.path
        return request.tag.dag_id in (None, value)

    def _settle(self, each: Evidence, request: Request, fitting: list[Request]) -> None:
        claimed = self._owner[id(request)].event
        reading = (claimed.rule, claimed.detail)
        contested = False
        for other in fitting:
            owner = self._owner.get(id(other))
            if owner is None:
                contested = True
                if id(other) in self._attempts:
                    self._attempts[id(other)].rival = True
            elif (owner.event.rule, owner.event.detail) != reading:
                contested = True
        attempt = self._attempts.get(id(request))
        if attempt is not None:
            attempt.events.append(each)
            attempt.contested = attempt.contested or contested


def _note_app_log(found: Scan, attempts: Iterable[Attempt]) -> None:
    speaking = {number for number, each in found.coverage.items() if each.kinds["app"]}
    apart = any(not found.coverage[number].kinds["access"] for number in speaking)
    for attempt in attempts:
        attempt.app_log = attempt.request.source in speaking or apart


# -- follow-ups -------------------------------------------------------------------------------------------------------


def _find_redirects(requests: Sequence[Request], attempts: Iterable[Attempt]) -> None:
    hosts: defaultdict[str, int] = defaultdict(int)
    for request in requests:
        host = redirects.host_of(request.access.referer)
        if host and request.tag.rule in ("home", "login-page", "run-page"):
            hosts[host] += 1
    usual = max(sorted(hosts), key=hosts.__getitem__) if hosts else None
    for attempt in attempts:
        if attempt.request.tag.channel == "ui":
            attempt.redirect = redirects.of(attempt.request.access, usual)


def _join_follow_ups(requests: Sequence[Request], attempts: dict[int, Attempt]) -> None:
    """Give each redirected attempt the next telling request of the same client, browser and page."""
    waiting: defaultdict[tuple[str | None, str | None], list[Attempt]] = defaultdict(list)
    for request in _in_time(requests):
        access = request.access
        key = (access.client, access.agent)
        if id(request) in attempts:
            attempt = attempts[id(request)]
            if request.tag.channel == "ui" and access.status in (301, 302, 303):
                waiting[key].append(attempt)
        elif request.tag.rule in ("login-page", "home", "run-page") and waiting[key]:
            _follow(request, waiting[key])


def _in_time(requests: Sequence[Request]) -> list[Request]:
    """By time; within a source by line, since servers write in order of end."""
    latest: dict[int, int] = {}
    keyed = []
    for request in requests:
        moment = max(latest.get(request.source, 0), request.access.time or 0)
        latest[request.source] = moment
        keyed.append((moment, request.source, request.access.line, request))
    return [each[3] for each in sorted(keyed, key=lambda each: each[:3])]


def _follow(request: Request, waiting: list[Attempt]) -> None:
    now = request.access.time
    waiting[:] = [
        each
        for each in waiting
        if now is None or each.request.access.time is None or now - each.request.access.time <= FOLLOW_WINDOW
    ]
    fitting = [each for each in waiting if _leads(each, request)]
    if not fitting:
        return
    fitting[0].follow_up = f"{request.tag.rule}:{request.access.status}"
    fitting[0].follow_up_contested = len(fitting) > 1
    fitting[0].followed_by = request
    waiting.remove(fitting[0])


def _leads(attempt: Attempt, request: Request) -> bool:
    """Whether a browser that got the attempt's answer could have sent ``request`` next."""
    before, after = attempt.request.access, request.access
    # Following a redirect, a browser keeps the Referer of the request that was redirected.
    if after.referer is not None and before.referer is not None and after.referer != before.referer:
        return False
    kind = attempt.redirect.kind
    if request.tag.rule == "login-page":
        target = paths.split(after.target, decoded=after.decoded)
        back = paths.parameter(target.query, "next")
        if back is not None and paths.split(back).path != attempt.request.tag.path:
            return False
        return kind in ("", "login", "login_next", "login_or_origin")
    if request.tag.rule == "home":
        return kind in ("", "home", "root", "origin")
    return kind in ("", "origin", "origin_run", "login_or_origin")


def _measure_home(requests: Sequence[Request], attempts: Iterable[Attempt]) -> None:
    """How much longer the list of DAGs was than usual: what a message on it (a flash) adds.

    The page that the browser had before is the measure; where that one held a message itself, the next best.
    """
    pages: defaultdict[tuple[str | None, str | None], list[Request]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.rule == "home" and access.status == 200 and access.size:  # noqa: PLR2004
            pages[access.client, access.agent].append(request)
    for attempt in attempts:
        page = attempt.followed_by
        if page is None or attempt.follow_up != "home:200" or not page.access.size:
            continue
        others = [other for other in pages[page.access.client, page.access.agent] if other is not page]
        others.sort(key=lambda other: _distance(other, page))
        grown = (page.access.size - (other.access.size or 0) for other in others[:MEASURES])
        attempt.home_growth = next((size for size in grown if abs(size) <= JITTER or size in FLASH), None)


def _distance(other: Request, page: Request) -> tuple[bool, int]:
    """Earlier pages first, the nearest of them first of all."""
    gap = (page.access.time or 0) - (other.access.time or 0)
    return (gap < 0 or (gap == 0 and other.access.line > page.access.line), abs(gap))


# -- context ----------------------------------------------------------------------------------------------------------

#: Fewer refused callers than this say nothing about a setting.
FLEET: Final = 3


def _note_context(attempts: Sequence[Attempt]) -> None:
    """What the fleet got tells a setting from a person, and a missing DAG from a refusal."""
    accepted = {each.request.tag.channel for each in attempts if _status(each) in (200, 201, 204)}
    basic = _basic_auth([each for each in attempts if each.request.tag.rule in ("rest-v1-dag-run", "dataset-event")])
    generation = _generation(attempts)
    missing, present = set(), set()
    for each in attempts:
        tag = each.request.tag
        if tag.channel == "ui" or tag.dag_id is None or tag.trailing or tag.doubled:
            continue
        if _status(each) == 404:  # noqa: PLR2004
            missing.add(tag.dag_id)
        elif _status(each) in (200, 201, 204, 409):
            present.add(tag.dag_id)
    for each in attempts:
        each.basic_auth = basic
        each.generation = generation.get(each.request.source, "unknown")
        each.channel_accepts = each.request.tag.channel in accepted
        each.dag_missing = each.request.tag.dag_id in missing - present


def _status(attempt: Attempt) -> int:
    return attempt.request.access.status


def _basic_auth(attempts: Sequence[Attempt]) -> str:
    """Whether callers who send a name are looked at: some are let through, or Airflow complains about some."""
    named = [
        each
        for each in attempts
        if each.request.access.user and not each.request.tag.trailing and not each.request.tag.doubled
    ]
    if {_status(each) for each in named} & {200, 201, 403, 404, 409}:
        return "works"
    refused = {each.request.access.user for each in named if _status(each) == 401}  # noqa: PLR2004
    heard = any(not each.contested and said.event.rule == "login-failed" for each in named for said in each.events)
    return "refused" if len(refused) >= FLEET and not heard else "unknown"


def _generation(attempts: Sequence[Attempt]) -> dict[int, str]:
    """Which REST API a source serves, told by answers that only a served endpoint gives."""
    served: defaultdict[int, set[str]] = defaultdict(set)
    for each in attempts:
        if _status(each) in (200, 201, 401, 403, 409, 422):
            if each.request.tag.rule in ("rest-v1-dag-run", "dataset-event", "ui-dag-trigger"):
                served[each.request.source].add("2")
            elif each.request.tag.rule in ("rest-v2-dag-run", "asset-event", "asset-materialize", "backfill"):
                served[each.request.source].add("3")
    return {source: next(iter(found)) for source, found in served.items() if len(found) == 1}
