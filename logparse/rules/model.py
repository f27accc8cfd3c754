"""The shapes of rules. Owns: what a rule of each family says. Must not know: files, log lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logparse.rules.roles import Endpoint

#: Where a request may name its DAG.
DAG_ID_PLACES: Final = ("path", "query", "referer")
FAMILIES: Final = ("attempts", "follow_ups", "events", "outcomes", "findings")
#: The evidence ladder, strongest first. ``redirect`` is written as ``location`` or ``response_size``, as it was told.
LADDER: Final = (
    "proxy", "audit_log", "dag_run", "app_log", "follow_up", "redirect", "response_size", "context", "status",
)  # fmt: skip
#: What came of a request on its way, or many requests show: if that leaves the outcome open, weaker evidence misleads.
_MAY_LEAVE_OPEN: Final = ("proxy", "context")
#: Conditions on records, and the evidence that they are.
_RECORDS: Final = {"audit": "audit_log", "run": "dag_run"}


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a rule file.

    Attributes:
        item: ``[[match]] 2``, for messages.
        data: the example as written.
        positive: it must match.
        todo: a known gap, which must still fail.
    """

    item: str
    data: Mapping[str, Any]
    positive: bool
    todo: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule has.

    Attributes:
        id: name of the rule and of its file.
        family: one of ``FAMILIES``.
        title: one line for people.
        file: path relative to the rules folder, for messages.
        reference: where the fact is documented or was measured.
        examples: the rule's own examples.
    """

    id: str
    family: str
    title: str
    file: str
    reference: str
    examples: tuple[Example, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestRule(Rule):
    """Which requests are trigger attempts, or follow-ups of one.

    Attributes:
        methods: HTTP methods, upper case.
        path: RE2 pattern searched in the decoded path (``targets.Target.match``).
        unless: RE2 pattern; a path that it matches is not meant; empty for none.
        query: RE2 pattern that the query string must match; empty for any.
        anchors: each line of interest holds at least one of these texts, in every envelope.
        channel: of an attempt; empty for follow-ups.
        endpoint: of an attempt: what evidence about it means.
        role: of a follow-up, from ``FollowUpRole``; empty for attempts and for all other requests.
        dag_id: where to look for the DAG id, in this order: ``path``, ``query``, ``referer``.
        redirects: the attempt counts only if it was answered with one of these redirects; empty for any answer.
        statuses: the follow-up counts only with one of these; empty for any.
        bare_login: ``redirects`` and ``statuses`` with which the attempt counts as well, if the server is seen to send
            somebody to a login page that is not told where to return to, as only 2.7 does; empty for none.
        audit: ``events`` of the audit log that it may leave, and the ``statuses`` with which it can have left one;
            with those in ``sometimes``, all requests of a server leave one, or none does.
    """

    methods: tuple[str, ...]
    path: str
    unless: str
    query: str
    anchors: tuple[str, ...]
    channel: str
    endpoint: Endpoint
    role: str
    dag_id: tuple[str, ...]
    redirects: tuple[str, ...]
    statuses: tuple[int, ...]
    bare_login: Mapping[str, tuple[Any, ...]]
    audit: Mapping[str, tuple[Any, ...]]

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """Order in which follow-up rules are tried: those that ask for a query first, those without anchors last."""
        return (not self.anchors, not self.query, self.id)


@dataclass(frozen=True, slots=True)
class EventRule(Rule):
    """Which app lines are evidence, and of which requests.

    Attributes:
        message: RE2 pattern searched in the message of an app line; named groups become fields of the event.
        unless: RE2 pattern; a message that it matches is not meant; empty for none.
        anchors: each line of interest holds at least one of these texts.
        role: what the message says of a person, from ``EventRole``; empty for all others.
        typed: the message ends in a text that a stranger typed.
        general: it describes messages in words that nobody knows beforehand, and so is tried after all other rules.
        repeats: one request may leave the line several times.
        continuation: the lines of a traceback are searched as well.
        detail: detail code that the message itself tells; empty for none.
        details: ``file:line`` of the message, or its group ``detail``, to a detail code.
        requests: channels, attempt rules and follow-up rules that it may be about.
        statuses: with which the request was answered.
        passing: with which an attempt was answered that left the line and still went on; then it is no evidence.
        left_by_others: requests that are not kept leave the line as well.
        same: fields that event and request must share where both have them: ``user``, ``path``, ``method``, ``dag_id``.
        along_with: event rules that the same request leaves before this one.
    """

    message: str
    unless: str
    anchors: tuple[str, ...]
    role: str
    typed: bool
    general: bool
    repeats: bool
    continuation: bool
    detail: str
    details: Mapping[str, str]
    requests: tuple[str, ...]
    statuses: tuple[int, ...]
    passing: tuple[int, ...]
    left_by_others: bool
    same: tuple[str, ...]
    along_with: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, str]:
        """Order in which event rules are tried on a message."""
        return (self.general, self.id)


@dataclass(frozen=True, slots=True)
class OutcomeRule(Rule):
    """What evidence means.

    Attributes:
        evidence: what decides, strongest first, from ``LADDER``.
        when: condition name to the values that satisfy it.
        outcome, reason, detail, confidence: what the attempt becomes; detail ``event`` takes the event's.
        explanation, remedy: what happened, in a sentence or two; what fixes it, empty where there is nothing to fix.
        versions: of Airflow that it was measured on.
    """

    evidence: tuple[str, ...]
    when: Mapping[str, tuple[Any, ...]]
    outcome: str
    reason: str
    detail: str
    confidence: str
    explanation: str
    remedy: str
    versions: str

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Order in which rules are tried: those that decide, then strength and number of evidence, then conditions.

        A rule on what became of the request on its way, or on what many requests together show, comes before rules on
        weaker evidence, also if it leaves the outcome open.
        """
        undecided = self.outcome == Outcome.UNDETERMINED and self.evidence[0] not in _MAY_LEAVE_OPEN
        # A condition that no record speaks against the rule is none for it.
        asked = [name for name in self.when if name not in _RECORDS or _RECORDS[name] in self.evidence]
        return (len(LADDER) * undecided + LADDER.index(self.evidence[0]), -len(self.evidence), -len(asked), self.id)


@dataclass(frozen=True, slots=True)
class FindingRule(Rule):
    """A cause: which attempts have it in common, and what fixes it.

    Attributes:
        order, severity: an attempt is counted by the finding of the lowest order; from ``schema.SEVERITIES``.
        when: trait to the values that satisfy it.
        over: what the attempts of one finding have in common, from ``KEYS``; nothing: all those of one Airflow.
        need: what must hold of them together, see ``docs/rules.md``.
        confidence, versions: of the diagnosis; of Airflow, that it is about.
        explanation, remedy: what happened, in two sentences, and what fixes it; ``{user}`` ... are filled in.
        asks_for: how to know more, said unless all options that it names were given.
        grants, attack, security, no_failure, harmless_up_to, one_row: what it does besides, see ``docs/rules.md``.
        begins_as: ids of findings that tell how it began, if an earlier week shows that.
    """

    order: int
    severity: str
    when: Mapping[str, tuple[Any, ...]]
    over: tuple[str, ...]
    need: Mapping[str, Any]
    confidence: str
    explanation: str
    remedy: str
    asks_for: str
    grants: bool
    attack: bool
    security: str
    no_failure: bool
    begins_as: tuple[str, ...]
    harmless_up_to: int
    one_row: bool
    versions: str

    @property
    def about_logins(self) -> bool:
        """Whether it explains logins that were refused, and no attempts."""
        return "login" in self.when


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a run.

    Attributes:
        attempts, follow_ups: rules on requests.
        events: rules on app lines.
        outcomes: rules on evidence, in the order in which they are tried.
        findings: causes, in the order in which they claim attempts.
        digest: SHA-256 over all rule files, which identifies the set.
    """

    attempts: tuple[RequestRule, ...]
    follow_ups: tuple[RequestRule, ...]
    events: tuple[EventRule, ...]
    outcomes: tuple[OutcomeRule, ...]
    findings: tuple[FindingRule, ...]
    digest: str

    def __iter__(self) -> Iterator[Rule]:
        yield from (*self.attempts, *self.follow_ups, *self.events, *self.outcomes, *self.findings)
