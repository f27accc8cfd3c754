"""Sessions of the web UI: which requests can be those of one person.

An address and a user agent are no person: behind one address (NAT, VPN, a proxy) several people may have the same
browser, and one browser may be used by one person after another. A stretch of requests of one address and agent counts
as one session if nobody logged out in it, at most one person logged in, and nobody else can still be logged in: where
two people logged in and one logged out, nothing shows who stayed.

Owns: where sessions begin and end, and who logged in at their beginning. Must not know: attempts' outcomes, user names
(``caller``).

Airflow names a person in a line (first and last name) whenever it looks at a password, also for API calls and for wrong
passwords. So the line counts only right before the login itself, and only if no complaint stands between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from logparse.rules.roles import EventRole, FollowUpRole
from logparse.scans import redirects
from logparse.scans.login_lines import NEAR
from logparse.verdicts.evidence import login_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from logparse.scans.scan import Browser, Evidence, Place, Request
    from logparse.verdicts.attempt import Attempt, Session

#: How long a token is good (default of ``[api_auth] jwt_expiration_time``), and longer than most sessions.
GOOD: Final = 86_400_000_000
#: Answers to a login that can have been accepted: form, token endpoint.
ACCEPTED: Final = frozenset({200, 201, 302, 303})
_LOGIN_PAGES: Final = frozenset({FollowUpRole.LOGIN_PAGE, FollowUpRole.LOGIN_PAGE_WITH_RETURN})
#: Where an answer leads that refused a login.
_REFUSED: Final = frozenset({"login", "login_next"})
#: Where it leads that let somebody in.
_LET_IN: Final = frozenset({"home", "root"})


#: Time and number of the line: in one second, the order of lines decides.
Moment: TypeAlias = "tuple[int, int]"


class Login(NamedTuple):
    """A login that was accepted, as far as its line shows.

    Attributes:
        time: microseconds UTC.
        person: first and last name; empty if no line shows it.
    """

    time: int
    person: str


def note_sessions(requests: Sequence[Request], evidence: Sequence[Evidence], attempts: Iterable[Attempt]) -> None:
    """Note in each attempt to which session it can belong, and who logged in, if that was one person only.

    Args:
        requests: in order of source and line.
        evidence: events of all sources.
        attempts: of the same server.
    """
    logouts: defaultdict[Browser, list[Moment]] = defaultdict(list)
    for request in requests:
        # Where no user agent is logged, others at the address stay logged in.
        if request.tag.role == FollowUpRole.LOGOUT and None not in request.browser:
            logouts[request.browser].append(_moment(request))
    for times in logouts.values():
        times.sort()

    def session_of(request: Request) -> Session:
        browser = request.browser
        return (*browser, bisect_right(logouts[browser], _moment(request)) if browser in logouts else 0)

    logins: defaultdict[Session, list[Login]] = defaultdict(list)
    for request, person in _logins(requests, evidence):
        logins[session_of(request)].append(Login(request.access.time or 0, person))
    people = {session: _People(known) for session, known in logins.items()}
    shown = {session_of(request) for request in requests if _shows_login(request, people.get(session_of(request)))}
    shared = _shared_sessions(logouts, logins)
    user_names = login_names.find_user_names(requests, evidence)
    for attempt in attempts:
        browser, now = attempt.request.browser, attempt.request.access.time or 0
        session = session_of(attempt.request)
        known = _SEVERAL if session in shared else people.get(session, _NOBODY)
        attempt.logged_in = known.between(now - GOOD, now)
        attempt.login_seen = known.seen_until(now)
        attempt.login_shown = session in shown
        attempt.login_name = user_names.get(attempt.logged_in, "")
        # Airflow 3 logs no user agent: there, it takes a login to tell one person from many.
        if known.one and (None not in browser or (browser[0] is not None and attempt.logged_in)):
            attempt.session = session


def _shows_login(request: Request, people: _People | None) -> bool:
    """Return whether the login page was shown in a session, so to somebody who is not logged in."""
    page = request.tag.role in _LOGIN_PAGES and request.access.status == HTTPStatus.OK
    return page and people is not None and people.seen_until(request.access.time or 0)


def _moment(request: Request) -> Moment:
    return request.access.time or 0, request.access.order


class _People:
    """Who logged in during one session.

    Args:
        logins: when somebody logged in, and who.

    Attributes:
        one: it can have been one person only.
    """

    def __init__(self, logins: Sequence[Login]) -> None:
        ordered = sorted(logins)
        self._times = [login.time for login in ordered]
        self._people = [login.person for login in ordered]
        self.one = len(ordered) <= 1 or (len(set(self._people)) == 1 and self._people[0] != "")
        self._until = [len(ordered)] * len(ordered)  # where another person logs in, behind each login
        for at in range(len(ordered) - 2, -1, -1):
            same = self._people[at] == self._people[at + 1]
            self._until[at] = self._until[at + 1] if same else at + 1

    def between(self, since: int, until: int) -> str:
        """Return who logged in from one moment to another, both included; empty for nobody and for several."""
        low, high = bisect_left(self._times, since), bisect_right(self._times, until)
        return self._people[low] if low < high <= self._until[low] else ""

    def seen_until(self, until: int) -> bool:
        """Return whether anybody logged in up to a moment, which is included."""
        return bool(self._times) and self._times[0] <= until


_NOBODY: Final = _People(())
#: Nothing shows who of them a request is of.
_SEVERAL: Final = _People(())
_SEVERAL.one = False


def _shared_sessions(
    logouts: Mapping[Browser, Sequence[Moment]], logins: Mapping[Session, Sequence[Login]]
) -> set[Session]:
    """Return the sessions in which somebody else can be logged in who logged in before the last logout.

    Each logout is that of one person, and nothing shows whose.
    """
    shared: set[Session] = set()
    for browser, times in logouts.items():
        people: set[str] = set()
        inside = 0  # so many of them are logged in at least
        for stretch in range(len(times) + 1):
            session = (*browser, stretch)
            if people:
                shared.add(session)
            for login in logins.get(session, ()):
                # Somebody whose name nothing shows may be anybody.
                people.add(login.person or f"\0{len(people)}")
                inside = min(inside + 1, len(people))
            inside -= 1
            if inside <= 0:
                people, inside = set(), 0
    return shared


def _logins(requests: Sequence[Request], evidence: Iterable[Evidence]) -> Iterator[tuple[Request, str]]:
    """Yield the logins that can have been accepted, and who logged in by first and last name, if a line shows it."""
    named: defaultdict[Place, dict[int, str]] = defaultdict(dict)
    failed: defaultdict[Place, set[int]] = defaultdict(set)
    for line in evidence:
        if line.event.role == EventRole.USER_CHECKED:
            named[line.place][line.message.order] = line.event.fields["person"]
        elif line.event.role == EventRole.LOGIN_FAILED:
            failed[line.place].add(line.message.order)
    others = _orders_of_callers(requests, failed)
    for request in requests:
        access = request.access
        if request.tag.role != FollowUpRole.LOGIN or access.status not in ACCEPTED:
            continue
        kind = redirects.find_redirect(access).kind
        if kind in _REFUSED:
            continue
        # What stands nearest is of this login. A complaint further off is about another caller.
        near = range(access.order - 1, access.order - 1 - NEAR, -1)
        told = next((line for line in near if line in named[request.place] or line in failed[request.place]), None)
        if told in failed[request.place]:
            if kind in _LET_IN:  # the complaint is about another caller, and so may be a name in front of it
                yield request, ""
            continue
        here = named[request.place]
        people = {here[line] for line in near if line in here and not _is_anothers(line, request, here, others)}
        yield request, people.pop() if len(people) == 1 else ""


def _orders_of_callers(
    requests: Iterable[Request], failed: Mapping[Place, Iterable[int]]
) -> defaultdict[Place, set[int]]:
    """Return the orders of lines that show a request with a password, or a complaint about one."""
    orders = defaultdict(set, {place: set(lines) for place, lines in failed.items()})
    for request in requests:
        if request.tag.role == FollowUpRole.LOGIN or request.access.user is not None:
            orders[request.place].add(request.access.order)
    return orders


def _is_anothers(line: int, login: Request, named: Mapping[int, str], others: Mapping[Place, Collection[int]]) -> bool:
    """Return whether the name in a line is that of another caller: of the one whose request or complaint follows it.

    Of two names in a row, nothing shows whose is whose.
    """
    alone = line - 1 not in named and line + 1 not in named
    return alone and line + 1 != login.access.order and line + 1 in others[login.place]
