"""What findings may ask of one attempt.

Owns: the value of each trait. Must not know: which findings there are, what many attempts have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from logparse.common.schema import Outcome
from logparse.rules.conditions import meets
from logparse.rules.roles import FollowUpRole
from logparse.verdicts.exports.people import ANONYMOUS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logparse.verdicts.decision import Caller, Decision
    from logparse.verdicts.exports.people import People

#: Values of all traits of an attempt, in the order of ``TRAITS``.
Traits: TypeAlias = tuple[Any, ...]


def _missing(decision: Decision, people: People) -> tuple[str, ...]:
    """What users and roles show that the caller lacks; ``nothing`` if they permit what was refused."""
    lack = decision.lack
    if lack is None:
        user = people.user(decision.caller.user)
        refused = decision.verdict.outcome == Outcome.AUTHORIZATION_FAILURE
        return ("nothing",) if refused and people.roles is not None and user is not None and user.roles else ()
    names = tuple(need.detail or need.resources[0] for need in lack.needs)
    return ("both",) if {"dag_edit", "dag_run_create"} <= set(names) else names


def _known(caller: Caller) -> str:
    """Whether it is known who it was; only the server itself can say that it was nobody."""
    anonymous = caller.source == "audit_log" and caller.user in ANONYMOUS
    return "none" if caller.user is None else "anonymous" if anonymous else "known"


def _active(caller: Caller, people: People) -> str:
    """Whether the user may log in; ``unknown`` if no export shows it."""
    user = people.user(caller.user)
    return "unknown" if user is None or user.active is None else "yes" if user.active else "no"


def _listed(caller: Caller, people: People) -> str:
    """Whether the database has such a user; ``unknown`` without a list of users or a name."""
    if people.users is None or caller.user is None:
        return "unknown"
    return "no" if people.user(caller.user) is None else "yes"


def _is_login(decision: Decision) -> bool:
    return decision.attempt.request.tag.role == FollowUpRole.LOGIN


#: The name of each trait, and how it is read from a decision and the users of the database; see ``docs/rules.md``.
TRAITS: Final[Mapping[str, Callable[[Decision, People], Any]]] = {
    "outcome": lambda decision, _: decision.verdict.outcome,
    "reason": lambda decision, _: decision.verdict.reason or "none",
    "detail": lambda decision, _: decision.verdict.detail or "none",
    "rule": lambda decision, _: decision.verdict.rule.id if decision.verdict.rule else "none",
    "channel": lambda decision, _: decision.attempt.request.tag.channel,
    "attempt": lambda decision, _: decision.attempt.request.tag.rule,
    "status": lambda decision, _: decision.attempt.status,
    "claimed": lambda decision, _: decision.attempt.request.access.claimed,
    "event": lambda decision, _: tuple([line.event.rule for line in decision.attempt.events]) or ("none",),
    "generation": lambda decision, _: decision.attempt.generation,
    "user": lambda decision, _: _known(decision.caller),
    "verified": lambda decision, _: decision.caller.verified,
    "dotted": lambda decision, _: "." in (decision.attempt.dag_id or ""),
    "dag_missing": lambda decision, _: decision.attempt.dag_missing,
    "missing": _missing,
    "simple_auth": lambda _, people: people.simple,
    "active": lambda decision, people: _active(decision.caller, people),
    "listed": lambda decision, people: _listed(decision.caller, people),
    "browser": lambda decision, _: decision.attempt.request.access.browser,
    "channel_accepts": lambda decision, _: decision.attempt.channel_accepts,
    "names_unread": lambda decision, _: decision.attempt.names_unread,
    "login": lambda decision, _: decision.attempt.request.tag.rule if _is_login(decision) else "none",
}
_INDEX: Final = {name: index for index, name in enumerate(TRAITS)}


def traits_of(decision: Decision, people: People) -> Traits:
    """Return the values of all traits of an attempt.

    Args:
        decision: what became of the attempt.
        people: users of the database, for what they show about a caller.
    """
    return tuple(value(decision, people) for value in TRAITS.values())


def fit(traits: Traits, when: Mapping[str, tuple[Any, ...]]) -> bool:
    """Return whether every trait that is asked for has one of the values."""
    return all(meets(traits[_INDEX[name]], wanted) for name, wanted in when.items())


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
            attempt.names_unread, attempt.dag_id, decision.caller.verified, _known(decision.caller),
        )  # fmt: skip
        if key not in self._alike:
            self._alike[key] = self._learn(traits_of(decision, self._people))
        return self._alike[key]

    def _learn(self, traits: Traits) -> int:
        place = self._places.setdefault(traits, len(self.known))
        if place == len(self.known):
            self.known.append(traits)
        return place
