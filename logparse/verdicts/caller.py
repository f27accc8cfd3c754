"""Who made an attempt: a name that was claimed, one that the database holds, or one that the same session had before.

Owns: which name counts for more, and what makes it a fact. Must not know: outcomes' rules, tables.

A name in a Basic header is a claim: the server looks at it only on some channels, and only some answers show that it
took it for true. A proxy that looked at the credentials itself is sure who called it, which does not say whom Airflow
took that for. The audit log and the DAG runs hold the name that the server itself took the caller for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from logparse.common.schema import Outcome
from logparse.common.timestamps import SECOND
from logparse.verdicts.exports.dag_runs import RunRecord
from logparse.verdicts.exports.people import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.scans.duplicates.leading import Once
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.people import People
    from logparse.verdicts.verdict import Verdict

#: Address and user agent; the second is None in all lines of 3.x.
Browser: TypeAlias = "tuple[str | None, str | None]"
#: Events of the audit log of 2.7, among other versions.
_OF_2_7: Final = frozenset({"trigger", "dag_run.create"})
#: 2.6 writes ``name (First Last)``.
_BRACKETS: Final = re.compile(r"(?<=\S) \([^()]*\)$")
#: How long a session is taken to be the same person's (default of ``session_lifetime_minutes`` is 30 days).
SESSION: Final = 8 * 3600 * SECOND


class Person(NamedTuple):
    """Who made an attempt; the fields are the columns ``user``, ``user_source`` and ``user_verified``."""

    user: str | None
    source: str | None
    verified: bool


NOBODY: Final = Person(None, None, verified=False)


def name(decided: Sequence[tuple[Attempt, Verdict]], people: People) -> list[Person]:
    """Who made each attempt, in the order given."""
    called = _called(decided)
    found = [_by_itself(attempt, verdict, people, called) for attempt, verdict in decided]
    seen: defaultdict[Browser, list[tuple[int, str]]] = defaultdict(list)
    for (attempt, _), person in zip(decided, found, strict=True):
        if attempt.audit.record is not None:
            user = person.user or attempt.audit.record.user or ""
            seen[_browser(attempt)].append((attempt.request.access.time or 0, user))
    return [
        person if person.user is not None else _by_session(attempt, verdict, seen.get(_browser(attempt), ()), people)
        for (attempt, verdict), person in zip(decided, found, strict=True)
    ]


def _browser(attempt: Attempt) -> Browser:
    return attempt.request.access.client, attempt.request.access.agent


def _by_itself(attempt: Attempt, verdict: Verdict, people: People, called: Mapping[str, str]) -> Person:
    claimed = attempt.request.access.user
    for joined in (attempt.audit, attempt.run):
        if joined.record is not None and joined.record.user:
            who = _user_name(joined.record, people, called)
            return Person(who, "audit_log", verified=not joined.shared) if who else NOBODY
    if claimed is not None:
        vouched = attempt.request.access.vouched
        return Person(claimed, "proxy" if vouched else "claimed", _verified(attempt, verdict))
    said = {each.event.fields["user"] for each in attempt.events if each.event.rule == "login-failed"}
    if len(said) == 1 and attempt.request.access.nameless and not attempt.contested:
        return Person(said.pop(), "app_log", verified=False)
    created = {each.event.fields.get("person", "") for each in attempt.events if each.event.rule == "run-created"}
    known = people.name_of(created.pop()) if len(created) == 1 and not attempt.contested else None
    return Person(known, "app_log", verified=True) if known else NOBODY


def _user_name(record: AuditRecord | RunRecord, people: People, called: Mapping[str, str]) -> str | None:
    """The user name of the owner of a record; None if that may be a display name, as 2.7 writes it."""
    owner = record.user or ""
    known = people.name_of(owner) or called.get(owner)
    if known or people.user(owner) is not None or owner in ANONYMOUS:
        return known or owner
    if _BRACKETS.search(owner):
        return _BRACKETS.sub("", owner)
    plain = isinstance(record, RunRecord) or record.display is not None or record.event not in _OF_2_7
    return owner if plain or " " not in owner or owner in called.values() else None


def _called(decided: Sequence[tuple[Attempt, Verdict]]) -> dict[str, str]:
    """User names by what the audit log calls them: 2.7 writes display names, which API calls give away."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for attempt, verdict in decided:
        record, claimed = attempt.audit.record, attempt.request.access.user
        sure = record is not None and not attempt.audit.shared and verdict.outcome == Outcome.SUCCESS
        if sure and claimed and record is not None and record.user and attempt.request.tag.channel == "rest_api":
            names[record.user].add(claimed)
    return {owner: next(iter(each)) for owner, each in names.items() if len(each) == 1}


def _by_session(attempt: Attempt, verdict: Verdict, seen: Sequence[tuple[int, str]], people: People) -> Person:
    """The one user that the same browser at the same address was: by records of it, or by the login."""
    if verdict.outcome not in (Outcome.AUTHORIZATION_FAILURE, Outcome.SUCCESS):
        return NOBODY
    now = attempt.request.access.time or 0
    users = {user for _, user in seen}
    login = people.name_of(attempt.logged_in) if attempt.logged_in else None
    if login is not None:
        users.add(login)
    elif attempt.session is None or not any(abs(time - now) <= SESSION for time, _ in seen):
        return NOBODY
    return Person(users.pop(), "session", verified=False) if len(users) == 1 else NOBODY


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


def named(person: Person, request: Request, known: Once) -> Person:
    """Who made a request: also a name that only another log tells, and which the server may never have looked at."""
    if person.user is not None or not request.access.nameless:
        return person
    for access, _ in known.twins.get((request.source, request.access.order), ()):
        if access.user is not None:
            return Person(access.user, "proxy" if access.vouched else "claimed", verified=False)
    return person
