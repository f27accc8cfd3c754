"""An attempt as findings see it, and what they may ask of one.

Owns: the traits. Must not know: which findings there are, what many attempts have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.exports.people import ANONYMOUS
from logparse.rules.conditions import meets
from logparse.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.exports.people import People
    from logparse.identity import Person
    from logparse.permissions import Lack


class Traits(NamedTuple):
    """Values of all traits (``rules.types.TRAITS``), see ``docs/rules.md``."""

    outcome: str
    reason: str
    detail: str
    rule: str
    channel: str
    attempt: str
    status: int
    claimed: str
    event: tuple[str, ...]
    generation: str
    user: str
    verified: bool
    dotted: bool
    dag_missing: bool
    missing: tuple[str, ...]
    simple_auth: bool
    active: str
    listed: str
    browser: bool
    channel_accepts: bool


_PLACES: Final = {name: at for at, name in enumerate(Traits._fields)}


class Tried(NamedTuple):
    """An attempt as findings see it.

    Attributes:
        number: its row in the table of attempts.
        server: which Airflow it was made on, for those that are not told apart.
        attempt, verdict, person: what is known about it.
        dag_id: DAG, as in the table.
        lack: what the caller lacked, if refused and known.
    """

    number: int
    server: int
    attempt: Attempt
    verdict: Verdict
    person: Person
    dag_id: str | None
    lack: Lack | None

    @property
    def time(self) -> int:
        """End of the request, microseconds UTC."""
        return self.attempt.request.access.time or 0

    @property
    def client(self) -> str | None:
        """Address."""
        return self.attempt.request.access.client

    @property
    def caller(self) -> str | None:
        """The user, or else the address."""
        return self.person.user or self.attempt.request.access.client

    @property
    def success(self) -> bool:
        """Whether a run was made."""
        return self.verdict.outcome == Outcome.SUCCESS


def of_all(attempts: Iterable[Tried], people: People) -> dict[int, Traits]:
    """All traits of each attempt, by its number."""
    found: dict[int, Traits] = {}
    alike: dict[tuple[Any, ...], Traits] = {}  # verdicts and tags are shared by many attempts
    for each in attempts:
        attempt, access = each.attempt, each.attempt.request.access
        if attempt.events or each.lack is not None or people.given:
            found[each.number] = of(each, people)
            continue
        key = (
            id(each.verdict), id(attempt.request.tag), access.status, access.claimed, access.browser,
            attempt.generation, attempt.dag_missing, attempt.channel_accepts, each.dag_id, each.person.verified,
            _known(each),
        )  # fmt: skip
        if key not in alike:
            alike[key] = of(each, people)
        found[each.number] = alike[key]
    return found


def of(each: Tried, people: People) -> Traits:
    """All traits of an attempt; many attempts have the same."""
    attempt, verdict = each.attempt, each.verdict
    access, tag = attempt.request.access, attempt.request.tag
    user = people.user(each.person.user)
    return Traits(
        outcome=verdict.outcome,
        reason=verdict.reason or "none",
        detail=verdict.detail or "none",
        rule=verdict.rule.id if verdict.rule else "none",
        channel=tag.channel,
        attempt=tag.rule,
        status=access.status,
        claimed=access.claimed,
        event=tuple([said.event.rule for said in attempt.events]) or ("none",),
        generation=attempt.generation,
        user=_known(each),
        verified=each.person.verified,
        dotted="." in (each.dag_id or ""),
        dag_missing=attempt.dag_missing,
        missing=_missing(each, people),
        simple_auth=people.simple,
        active="unknown" if user is None or user.active is None else "yes" if user.active else "no",
        listed="unknown" if people.users is None or each.person.user is None else "no" if user is None else "yes",
        browser=access.browser,
        channel_accepts=attempt.channel_accepts,
    )


def fit(traits: Traits, when: Mapping[str, tuple[Any, ...]]) -> bool:
    """Whether every trait asked for has one of the values."""
    return all(meets(traits[_PLACES[name]], wanted) for name, wanted in when.items())


def _missing(each: Tried, people: People) -> tuple[str, ...]:
    """What users and roles say that the caller lacks; ``nothing`` if they permit what was refused."""
    if each.lack is None:
        user = people.user(each.person.user)
        refused = each.verdict.outcome == Outcome.AUTHORIZATION_FAILURE
        return ("nothing",) if refused and people.roles is not None and user is not None and user.roles else ()
    names = tuple(need.detail or need.resources[0] for need in each.lack.needs)
    return ("both",) if {"dag_edit", "dag_run_create"} <= set(names) else names


def _known(each: Tried) -> str:
    """Whether it is known who it was; only the server itself can say that it was nobody."""
    user, source, _ = each.person
    return "none" if user is None else "anonymous" if source == "audit_log" and user in ANONYMOUS else "known"
