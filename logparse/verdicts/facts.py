"""The facts about an attempt that outcome rules have conditions on, see ``docs/rules.md``.

Owns: the value of each fact. Must not know: rules, how the evidence was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from logparse.rules.roles import EventRole
from logparse.verdicts.evidence.dag_buttons import is_sent_from_dag_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logparse.verdicts.attempt import Attempt

#: Values of all facts, in the order of ``FACTS``.
Facts: TypeAlias = tuple[Any, ...]


def _events(attempt: Attempt) -> tuple[str, ...]:
    """Rules of the app lines about the attempt; a line that only names the caller says nothing about the outcome."""
    told = {line.event.rule for line in attempt.events if line.event.role != EventRole.CALLER_ACCEPTED}
    return tuple(sorted(told)) or ("none",)


def _returns_to(attempt: Attempt) -> str:
    """What says where to go next."""
    return attempt.request.tag.returns_to or ("dag_page" if is_sent_from_dag_page(attempt) else "none")


#: The name of each condition, and how its fact is read from an attempt.
FACTS: Final[Mapping[str, Callable[[Attempt], Any]]] = {
    "attempt": lambda attempt: attempt.request.tag.rule,
    "channel": lambda attempt: attempt.request.tag.channel,
    "method": lambda attempt: attempt.request.access.method,
    "status": lambda attempt: attempt.request.access.status,
    "bytes": lambda attempt: attempt.request.access.size,
    "claimed": lambda attempt: attempt.request.access.claimed,
    "browser": lambda attempt: attempt.request.access.browser,
    "event": _events,
    "app_log": lambda attempt: attempt.app_log,
    "follow_up": lambda attempt: attempt.follow_up or "none",
    "redirect": lambda attempt: attempt.redirect.kind or "none",
    "trailing_slash": lambda attempt: attempt.request.tag.trailing,
    "doubled_slash": lambda attempt: attempt.request.tag.doubled,
    "returns_to": _returns_to,
    "basic_auth": lambda attempt: attempt.basic_auth,
    "after_logout": lambda attempt: attempt.after_logout,
    "bare_login": lambda attempt: attempt.bare_login,
    "channel_accepts": lambda attempt: attempt.channel_accepts,
    "dag_missing": lambda attempt: attempt.dag_missing,
    "dag_broken": lambda attempt: attempt.dag_broken,
    "generation": lambda attempt: attempt.generation,
    "flash": lambda attempt: attempt.flash or "none",
    "body": lambda attempt: attempt.body or "unknown",
    "dag_accepted": lambda attempt: attempt.dag_accepted,
    "let_in": lambda attempt: attempt.let_in,
    "page_seen": lambda attempt: attempt.page_seen,
    "strangers_get": lambda attempt: attempt.strangers_get,
    "nameless_accepted": lambda attempt: attempt.nameless_accepted,
    "api_sessions": lambda attempt: attempt.api_sessions,
    "shows_runs": lambda attempt: attempt.shows_runs,
    "proxy": lambda attempt: attempt.request.access.proxy or "no",
    "audit": lambda attempt: attempt.audit.state,
    "run": lambda attempt: attempt.run.state,
}
_BYTES: Final = list(FACTS).index("bytes")


def facts_of(attempt: Attempt, *, size: int | None) -> Facts:
    """Return the values of all facts about an attempt.

    Args:
        attempt: the attempt with the evidence about it.
        size: value of the fact ``bytes``.
    """
    values = [fact(attempt) for fact in FACTS.values()]
    values[_BYTES] = size
    return tuple(values)
