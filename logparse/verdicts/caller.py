"""Who made an attempt: a name that was claimed, one that the database holds, or one that the same session had before.

Owns: which name counts for more, and what makes it a fact. Must not know: outcomes' rules, tables.

A name in a Basic header is a claim: the server looks at it only on some channels, and only some answers show that it
took it for true. A proxy that looked at the credentials itself is sure who called it, which does not say whom Airflow
took that for. The audit log and the DAG runs hold the name that the server itself took the caller for.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from logparse.common.schema import Outcome
from logparse.common.timestamps import SECOND
from logparse.rules.roles import EventRole, TriggerPage
from logparse.scans.duplicates.leading import NO_TWINS
from logparse.verdicts.decision import UNKNOWN_CALLER, Caller
from logparse.verdicts.exports.dag_runs import RunRecord
from logparse.verdicts.exports.people import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.scans.duplicates.leading import Twins
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt, Session
    from logparse.verdicts.decision import Decision
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.people import People
    from logparse.verdicts.verdict import Verdict

#: Events of the audit log in which 2.7 writes first and last name in place of the user name. Other versions have these
#: events, too.
_EVENTS_WITH_DISPLAY_NAMES: Final = frozenset({"trigger", "dag_run.create"})
#: Pages of versions that write user names.
_BEFORE_2_7: Final = frozenset({TriggerPage.CLASSIC, TriggerPage.ADD_RECORD})
#: 2.6 writes ``name (First Last)``.
_BRACKETS: Final = re.compile(r"(?<=\S) \([^()]*\)$")
#: A browser is known by its address and user agent only. It counts as the same person's for a working day, 8 hours:
#: after a night, another person with such a browser may have the address. The session itself lasts longer, 30 days by
#: default (``session_lifetime_minutes``).
SESSION: Final = 8 * 3600 * SECOND


def name_callers(decisions: Sequence[Decision], people: People, twins: Twins = NO_TWINS) -> None:
    """State in each decision who made the attempt.

    Args:
        decisions: all attempts of the run, since one of them may show who made another.
        people: users of the database.
        twins: what other logs show about the same requests.
    """
    user_names = _user_names(decisions)
    users_of: defaultdict[Session, _Seen] = defaultdict(_Seen)
    for decision in decisions:
        attempt = decision.attempt
        decision.caller = _name_from_own_evidence(attempt, decision.verdict, people, user_names)
        if attempt.audit.record is not None and (session := _session_of(attempt)) is not None:
            users_of[session].add(attempt.request.access.time or 0, decision.caller.user, attempt.audit.record.user)
    shared = _shared_names(decisions)
    for decision in decisions:
        attempt = decision.attempt
        if decision.caller.user is None and (session := _session_of(attempt)) is not None:
            decision.caller = (
                UNKNOWN_CALLER
                if attempt.logged_in in shared
                else _by_session(attempt, decision.verdict, users_of.get(session, _NOBODY), people)
            )
        if decision.caller.user is None:
            decision.caller = _by_twin(attempt.request, twins) or decision.caller


def _session_of(attempt: Attempt) -> Session | None:
    """The session that the request can be one of: of the web UI, or of the one person who got a token there.

    Airflow 3 logs no user agent, and its API takes the token of whoever logged in.
    """
    token = attempt.request.tag.endpoint.generation == "3" and attempt.logged_in != ""
    return attempt.session if attempt.request.has_session or token else None


def _name_from_own_evidence(
    attempt: Attempt, verdict: Verdict, people: People, user_names: Mapping[str, str]
) -> Caller:
    claimed = attempt.request.access.user
    for joined in (attempt.audit, attempt.run):
        if joined.record is not None and joined.record.user:
            who = _user_name(attempt, joined.record, people, user_names)
            if joined.shared and (not who or who != _name_of_login(attempt, people)):
                return UNKNOWN_CALLER
            return Caller(who, "audit_log", verified=not joined.contested) if who else UNKNOWN_CALLER
    if claimed is not None:
        vouched = attempt.request.access.vouched
        return Caller(claimed, "proxy" if vouched else "claimed", _verified(attempt, verdict))
    said = {line.event.fields["user"] for line in attempt.events if line.event.role == EventRole.LOGIN_FAILED}
    if len(said) == 1 and attempt.request.access.nameless and not attempt.contested:
        return Caller(said.pop(), "app_log", verified=False)
    if attempt.accepted:
        return Caller(attempt.accepted, "app_log", verified=True)
    created = {
        line.event.fields.get("person", "") for line in attempt.events if line.event.role == EventRole.RUN_CREATED
    }
    known = people.name_of(created.pop()) if len(created) == 1 and not attempt.contested else None
    return Caller(known, "app_log", verified=True) if known else UNKNOWN_CALLER


def _name_of_login(attempt: Attempt, people: People) -> str | None:
    """The user name of whoever logged in at the beginning of the session; None if nothing shows it."""
    return people.name_of(attempt.logged_in) or attempt.login_name or None


def _user_name(
    attempt: Attempt, record: AuditRecord | RunRecord, people: People, user_names: Mapping[str, str]
) -> str | None:
    """The user name of the owner of a record; None if that may be a display name, as 2.7 writes it."""
    owner = record.user or ""
    known = people.name_of(owner) or user_names.get(owner)
    if known or people.user(owner) is not None or owner in ANONYMOUS:
        return known or owner
    if _BRACKETS.search(owner):
        return _BRACKETS.sub("", owner)
    plain = (
        attempt.request.tag.endpoint.page in _BEFORE_2_7
        or isinstance(record, RunRecord)
        or record.display is not None
        or record.event not in _EVENTS_WITH_DISPLAY_NAMES
    )
    return owner if plain or " " not in owner or owner in user_names.values() else None


def _user_names(decisions: Iterable[Decision]) -> dict[str, str]:
    """User names by the names in the audit log: 2.7 writes display names.

    Calls of the API carry the user name too, and lines about logins may show which user a person is.
    """
    names: defaultdict[str, set[str]] = defaultdict(set)
    for decision in decisions:
        attempt = decision.attempt
        if attempt.login_name:
            names[attempt.logged_in].add(attempt.login_name)
        record, claimed = attempt.audit.record, attempt.request.access.user
        sure = record is not None and not attempt.audit.shared and decision.verdict.outcome == Outcome.SUCCESS
        if sure and claimed and record is not None and record.user and attempt.request.tag.channel == "rest_api":
            names[record.user].add(claimed)
    return {owner: next(iter(users)) for owner, users in names.items() if len(users) == 1}


def _shared_names(decisions: Iterable[Decision]) -> set[str]:
    """First and last names under which several users logged in, such as accounts of programs: they show no person."""
    users: defaultdict[str, set[str]] = defaultdict(set)
    for decision in decisions:
        attempt = decision.attempt
        if attempt.logged_in and attempt.audit.record is not None and decision.caller.user:
            users[attempt.logged_in].add(decision.caller.user)
    return {person for person, names in users.items() if len(names) > 1}


class _Seen:
    """As whom the database knew one session, and when.

    Attributes:
        users: user names, each once.
        others: names in records of which no user name is known, such as display names.
    """

    def __init__(self) -> None:
        self.users: set[str] = set()
        self.others: set[str] = set()
        self._times: list[int] = []
        self._ordered = True

    def add(self, time: int, user: str | None, recorded: str | None) -> None:
        """Take note of a record, with the user name that it means, if that is known, and the name that it holds."""
        if user:
            self.users.add(user)
        else:
            self.others.add(recorded or "")
        self._times.append(time)
        self._ordered = False

    def is_near(self, time: int) -> bool:
        """Return whether there was a record within the length of a session, before or after."""
        if not self._ordered:
            self._times.sort()
            self._ordered = True
        return bisect_left(self._times, time - SESSION) < bisect_right(self._times, time + SESSION)


_NOBODY: Final = _Seen()


def _by_session(attempt: Attempt, verdict: Verdict, seen: _Seen, people: People) -> Caller:
    """The one user that the same session was: by records of it, or by the login."""
    if verdict.outcome not in (Outcome.AUTHORIZATION_FAILURE, Outcome.SUCCESS, Outcome.OTHER_FAILURE):
        return UNKNOWN_CALLER
    if verdict.reason == "csrf_rejected" and attempt.login_shown:
        return UNKNOWN_CALLER  # a form without a token is refused before anybody looks for a session
    users = seen.users
    login = _name_of_login(attempt, people)
    # A name that is nobody's user name may be another person's, unless it is that of whoever logged in.
    if len(users) > 1 or seen.others - {attempt.logged_in}:
        return UNKNOWN_CALLER
    if login is not None:
        users = users | {login}
    elif not attempt.login_seen or not seen.is_near(attempt.request.access.time or 0):
        # Without the login, nothing tells two people with such a browser at this address apart.
        return UNKNOWN_CALLER
    return Caller(next(iter(users)), "session", verified=False) if len(users) == 1 else UNKNOWN_CALLER


def _verified(attempt: Attempt, verdict: Verdict) -> bool:
    """Whether the server accepted the claimed name for this request: only where it had to look at it to answer so.

    The UI ignores a Basic header; the experimental API with its default backend does so too; and a request of the
    wrong form is refused before anybody asks who sent it. A name that a proxy vouches for is no surer: behind the
    proxy, the UI may know its users by a login of its own, and what the proxy answered itself Airflow never saw.
    """
    if attempt.request.tag.channel not in ("rest_api", "asset_event"):
        return False
    if verdict.outcome in (Outcome.SUCCESS, Outcome.AUTHORIZATION_FAILURE):
        return True
    return verdict.reason in ("dag_not_found", "asset_not_found", "conflict", "dag_import_error")


def _by_twin(request: Request, twins: Twins) -> Caller | None:
    """A name that only another log holds, and that the server may never have looked at; None if there is none."""
    if request.access.nameless:
        for access, _ in twins.by_line.get((request.source, request.access.order), ()):
            if access.user is not None:
                return Caller(access.user, "proxy" if access.vouched else "claimed", verified=False)
    return None
