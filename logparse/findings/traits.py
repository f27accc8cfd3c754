"""An attempt as findings see it, and what they may ask of one.

Owns: the traits. Must not know: which findings there are, what many attempts have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.common.schema import Outcome
from logparse.rules.conditions import meets
from logparse.verdicts.exports.people import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logparse.verdicts.decision import Caller, Decision
    from logparse.verdicts.exports.people import People


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


class KnownTraits:
    """The traits of all attempts of a run, each combination once, since many attempts have the same.

    Args:
        people: users of the database, for what they show about a caller.

    Attributes:
        known: the combinations.
    """

    def __init__(self, people: People) -> None:
        self.known: list[Traits] = []
        self._people = people
        self._places: dict[Traits, int] = {}
        self._alike: dict[tuple[Any, ...], int] = {}  # verdicts and tags are shared by many attempts

    def index_of(self, decision: Decision) -> int:
        """Return the index in ``known`` of the traits of an attempt."""
        attempt, verdict = decision.attempt, decision.verdict
        if attempt.events or decision.lack is not None or self._people.given:
            return self._learn(traits_of(decision, self._people))
        access, tag = attempt.request.access, attempt.request.tag
        key = (
            verdict.rule and verdict.rule.id, verdict.outcome, verdict.reason, verdict.detail, id(tag), access.status,
            access.claimed, access.browser, attempt.generation, attempt.dag_missing, attempt.channel_accepts,
            attempt.dag_id, decision.caller.verified, _known(decision.caller),
        )  # fmt: skip
        if key not in self._alike:
            self._alike[key] = self._learn(traits_of(decision, self._people))
        return self._alike[key]

    def _learn(self, traits: Traits) -> int:
        place = self._places.setdefault(traits, len(self.known))
        if place == len(self.known):
            self.known.append(traits)
        return place


def traits_of(decision: Decision, people: People) -> Traits:
    """Return the values of all traits of an attempt.

    Args:
        decision: what became of the attempt.
        people: users of the database, for what they show about a caller.
    """
    attempt, verdict, caller = decision.attempt, decision.verdict, decision.caller
    access, tag, dag = attempt.request.access, attempt.request.tag, attempt.dag_id
    user = people.user(caller.user)
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
        user=_known(caller),
        verified=caller.verified,
        dotted="." in (dag or ""),
        dag_missing=attempt.dag_missing,
        missing=_missing(decision, people),
        simple_auth=people.simple,
        active="unknown" if user is None or user.active is None else "yes" if user.active else "no",
        listed="unknown" if people.users is None or caller.user is None else "no" if user is None else "yes",
        browser=access.browser,
        channel_accepts=attempt.channel_accepts,
    )


def fit(traits: Traits, when: Mapping[str, tuple[Any, ...]]) -> bool:
    """Whether every trait asked for has one of the values."""
    return all(meets(traits[_PLACES[name]], wanted) for name, wanted in when.items())


def _missing(decision: Decision, people: People) -> tuple[str, ...]:
    """What users and roles say that the caller lacks; ``nothing`` if they permit what was refused."""
    lack = decision.lack
    if lack is None:
        user = people.user(decision.caller.user)
        refused = decision.verdict.outcome == Outcome.AUTHORIZATION_FAILURE
        return ("nothing",) if refused and people.roles is not None and user is not None and user.roles else ()
    names = tuple(need.detail or need.resources[0] for need in lack.needs)
    return ("both",) if {"dag_edit", "dag_run_create"} <= set(names) else names


def _known(caller: Caller) -> str:
    """Whether it is known who it was; only the server itself can say that it was nobody."""
    user, source, _ = caller
    return "none" if user is None else "anonymous" if source == "audit_log" and user in ANONYMOUS else "known"
