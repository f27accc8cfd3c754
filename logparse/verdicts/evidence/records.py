"""Records of the database to the requests that left them: one record to one request, by what they name and by time.

Owns: which record can be of which request, and the windows in which they must lie. Must not know: how exports are read,
how pairs are made (``record_pairing``), what a record means (``verdict``), who an attempt is by (``caller``).

A record is written while its request is handled, so between the begin that an access line allows for and its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.scans import redirects
from logparse.verdicts.attempt import Joined
from logparse.verdicts.evidence.record_candidates import find_pairs
from logparse.verdicts.evidence.record_columns import (
    NEVER,
    NONE,
    UNKNOWN,
    RecordColumns,
    RecordKind,
    TakerKind,
)
from logparse.verdicts.evidence.record_pairing import ALIKE, MUST, Pairing
from logparse.verdicts.evidence.record_takers import (
    ACCEPTED,
    CLOSED,
    Forms,
    may_leave_row,
    moment_of,
    surely_refused,
    takers_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import RequestRule
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_columns import Takers
    from logparse.verdicts.evidence.record_order import Pairs
    from logparse.verdicts.evidence.record_pairing import Joins
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.loader import Exports
    from logparse.verdicts.exports.people import People
    from logparse.verdicts.verdict import Verdict

    Numbers = NDArray[np.int64]

#: The same client was seen to be this user, or another.
KNOWN_AS: Final = 40.0
KNOWN_ELSE: Final = -60.0
#: The row of the audit log is written before the run is made, by the same clock; microseconds.
BEFORE: Final = 5_000
#: Channels whose requests make a run at once, of the DAG that they name.
_MAKES_RUNS: Final = frozenset({"ui", "rest_api", "experimental_api"})


def join_audit(
    requests: Sequence[Request],
    attempts: Mapping[int, Attempt],
    rules: Mapping[str, RequestRule],
    exports: Exports,
    expected: Callable[[Attempt], Verdict],
) -> None:
    """Note in each attempt what the audit log says about it.

    Args:
        requests: attempts and follow-ups.
        attempts: by identity of their request.
        rules: request rules by id.
        exports: what was given.
        expected: the verdict by the logs alone.
    """
    if exports.audit is None:
        return
    members = [
        (request, attempts.get(id(request)))
        for request in sorted(requests, key=moment_of)
        if may_leave_row(request, rules[request.tag.rule])
        and request.access.time is not None
        and not surely_refused(attempts.get(id(request)), expected)
    ]
    records = RecordColumns(
        exports.audit,
        [RecordKind(record.user, record.event, record.posted, bool(record.run_id)) for record in exports.audit],
    )
    forms = Forms(exports.audit)
    takers, kinds = takers_of(members, records, forms, expected)
    events = {name: frozenset(rule.audit.get("events", ())) for name, rule in rules.items()}
    plain = _plain(members, records)

    def fits(taker: int, record: int) -> float | None:
        kind, shown = kinds[taker], records.kinds[record]
        if shown.event not in events[kind.rule] or (shown.posted and kind.method != "POST"):
            return None
        if _claims_another(kind, shown, exports.people, plain=plain):
            return None
        # A view of the form names no run (2.9 on).
        return 2 * ALIKE if shown.posted or (shown.has_run_id and kind.method != "GET") else 0.0

    def more(taker: Numbers, record: Numbers) -> NDArray[np.float64]:
        guessed = takers.guessed[taker] & (takers.dag[taker] == records.dag[record])
        return np.where(forms.agree(takers, taker, record), np.where(guessed, ALIKE, 0.0), np.nan)

    pairing = _pair_with_sessions(takers, records, find_pairs(takers, records, fits, more))
    seen = {record.event for record in exports.audit}
    # A version, or an export, may be without such rows.
    foreign = np.array([seen.isdisjoint(events[kind.rule]) for kind in kinds], np.bool_)[takers.kind]
    joins = _joined(pairing.joined(exports.audit_spans), exports.audit, foreign)
    for (_, attempt), joined in zip(members, joins, strict=True):
        if attempt is not None:
            attempt.audit = joined


def _pair_with_sessions(takers: Takers, records: RecordColumns, pairs: Pairs) -> Pairing:
    """Pair requests with rows twice: a first look shows who was behind some browsers."""
    pairing = Pairing(takers, records, pairs)
    users = pairing.users_of_browsers()
    if not users:
        return pairing
    known = np.array([users.get(browser, NONE) for browser in takers.browser.tolist()], np.int64)[pairs.taker]
    other = np.where(known == records.user[pairs.record], KNOWN_AS, KNOWN_ELSE)
    return Pairing(takers, records, pairs._replace(worth=pairs.worth + np.where(known == NONE, 0.0, other)))


def join_runs(attempts: Iterable[Attempt], exports: Exports, expected: Callable[[Attempt], Verdict]) -> None:
    """Note in each attempt which DAG run it made, if any; after ``join_audit``, whose records hold ids of runs."""
    if exports.runs is None:
        return
    members = [
        (attempt.request, attempt)
        for attempt in sorted(attempts, key=lambda attempt: moment_of(attempt.request))
        if attempt.request.tag.channel in _MAKES_RUNS
        and (
            attempt.request.access.proxy == CLOSED
            or attempt.status in (redirects.STATUSES if attempt.request.tag.channel == "ui" else ACCEPTED)
        )
        and attempt.request.access.time is not None
        and not surely_refused(attempt, expected)
    ]
    records = RecordColumns(exports.runs, [RecordKind(run.user) for run in exports.runs])
    takers, kinds = takers_of(members, records, Forms(()), expected)
    plain = _plain(members, records)
    rows = [attempt.audit.record for _, attempt in members]
    since = np.array([NEVER if row is None else row.time - BEFORE for row in rows], np.int64)
    only = _named_runs(rows, records)

    def fits(taker: int, record: int) -> float | None:
        return None if _claims_another(kinds[taker], records.kinds[record], exports.people, plain=plain) else 0.0

    def more(taker: Numbers, record: Numbers) -> NDArray[np.float64]:
        worth = np.where(only[taker] != NONE, MUST, 0.0)
        return np.where(records.time[record] >= since[taker], worth, np.nan)

    pairing = Pairing(takers, records, find_pairs(takers, records, fits, more, only))
    # `airflow dags list-runs` lists those of one DAG.
    foreign = (len(np.unique(records.dag)) == 1) & ~np.isin(takers.dag, records.dag)
    joins = _joined(pairing.joined(exports.runs_spans), exports.runs, foreign)
    for (_, attempt), joined in zip(members, joins, strict=True):
        attempt.run = joined


def _claims_another(asked: TakerKind, shown: RecordKind, people: People, *, plain: bool) -> bool:
    """Whether a request carried the name of somebody else than a record.

    Args:
        asked: what the request shows.
        shown: what the record shows.
        people: who is called what.
        plain: records hold user names, not display names, as those of 2.7 do.
    """
    if asked.claimed is None or shown.user is None:
        return False
    same = people.is_called(asked.claimed, shown.user)
    return plain if same is None else not same


def _plain(members: Iterable[tuple[Request, object]], records: RecordColumns) -> bool:
    """Whether records hold user names: some of those that requests carried."""
    return any(request.access.user is not None and records.users.of(request.access.user) >= 0 for request, _ in members)


def _named_runs(rows: Iterable[AuditRecord | None], runs: RecordColumns) -> Numbers:
    """Return the index of the run that each row of the audit log names; ``NONE`` if it names none that was exported."""
    known: dict[tuple[str | None, str | None], int] = {
        (run.dag_id, run.run_id): number for number, run in enumerate(runs.records) if run.run_id
    }
    return np.array(
        [
            known.get((row.dag_id, row.run_id), UNKNOWN) if row is not None and runs.runs.of(row.run_id) >= 0 else NONE
            for row in rows
        ],
        np.int64,
    )


def _joined(joins: Joins, records: Sequence[Any], foreign: NDArray[np.bool_]) -> Iterator[Joined[Any]]:
    """Yield what an export shows about each request.

    Args:
        joins: the same as columns.
        records: of the export.
        foreign: whose records the export does not hold.
    """
    absent = joins.absent & ~foreign
    for record, gone, contested, shared in zip(
        joins.record.tolist(), absent.tolist(), joins.contested.tolist(), joins.shared.tolist(), strict=True
    ):
        if record >= 0:
            yield Joined("row", records[record], contested, shared)
        else:
            yield Joined("absent" if gone else "unknown", contested=contested)
