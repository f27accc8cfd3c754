"""Names of what rules may ask: conditions of outcomes, traits and keys of findings.

Owns: these names. Must not know: what they mean (``facts``, ``traits``), what rules ask.
"""

from __future__ import annotations

from typing import Final

#: Facts that a condition of an outcome rule may name, see ``docs/rules.md``.
CONDITIONS: Final = (
    "attempt", "channel", "method", "status", "bytes", "claimed", "browser", "event", "app_log", "follow_up",
    "redirect", "trailing_slash", "doubled_slash", "returns_to", "basic_auth", "after_logout", "bare_login",
    "channel_accepts", "dag_missing", "dag_broken", "generation", "flash", "body", "dag_accepted", "let_in",
    "page_seen", "strangers_get", "nameless_accepted", "api_sessions", "shows_runs", "proxy", "audit", "run",
)  # fmt: skip
#: What a finding may ask of an attempt, see ``docs/rules.md``.
TRAITS: Final = (
    "outcome", "reason", "detail", "rule", "channel", "attempt", "status", "claimed", "event", "generation", "user",
    "dag_missing", "missing", "simple_auth", "active", "browser", "channel_accepts",
    "verified", "listed", "dotted", "login", "names_unread",
)  # fmt: skip
#: What attempts of a finding may have in common.
KEYS: Final = ("user", "client", "caller", "agent", "target", "dag_id", "channel")
#: How successes of those who failed may lie in time to the failures.
SUCCESSES: Final = ("none", "some", "before", "after", "finally", "interrupted", "alternating")
