"""Rules: what is an attempt, a follow-up request, an event, and what evidence means.

Owns: the shape of rule files and every check of them that needs no log line. Must not know: how rules are run
(``tag``, ``decide``), nor whether they pass their own examples (``rulecheck``).

Four families, a folder each: ``attempts`` (which requests would make a run), ``follow_ups`` (which other requests
tell what became of one), ``events`` (which app lines are evidence), ``outcomes`` (what evidence means).
"""

from logparse.rules.loader import load, shipped_folder
from logparse.rules.model import (
    CONDITIONS,
    FAMILIES,
    LADDER,
    EventRule,
    Example,
    FindingRule,
    OutcomeRule,
    RequestRule,
    Rule,
    RuleSet,
)

__all__ = [
    "CONDITIONS",
    "FAMILIES",
    "LADDER",
    "EventRule",
    "Example",
    "FindingRule",
    "OutcomeRule",
    "RequestRule",
    "Rule",
    "RuleSet",
    "load",
    "shipped_folder",
]
