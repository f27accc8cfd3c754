"""Records of the database to the requests that left them: one record to one request, by what they name and by time.

Owns: which record can be of which request, and the windows in which they must lie. Must not know: how exports are read,
how pairs are made (``record_pairing``), what a record means (``verdict``), who an attempt is by (``caller``).

A record is written while its request is handled, so between the begin that an access line allows for and its end.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.scans import redirects
from logparse.verdicts.evidence.record_candidates import find_pairs
from logparse.verdicts.evidence.record_columns import (
    NEVER,
    NONE,
    UNKNOWN,
    RecordColumns,
    RecordKind,
    TakerKind,
)
from logparse.verdicts.evidence.record_forms import Forms
from logparse.verdicts.evidence.record_members import Shown
from logparse.verdicts.evidence.record_order import Pairs
from logparse.verdicts.evidence.record_pairing import ALIKE, MUST, Pairing
from logparse.verdicts.evidence.record_takers import ACCEPTED, CLOSED, TakerRows, may_leave_row

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import RequestRule
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_columns import Takers
    from logparse.verdicts.evidence.record_members import Members
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
    members: Members, rules: Mapping[str, RequestRule], exports: Exports, expected: Callable[[Attempt], Verdict]
) -> Shown:
    """Return what the audit log shows about each request, and note it in single attempts.

    Args:
        members: the requests.
        rules: request rules by id.
        exports: what was given.
        expected: the verdict by the logs alone.
    """
    rows = exports.audit or ()
    told: list[Callable[[Any], Hashable]] = [*map(attrgetter, ("user", "event", "posted")), _names_run]
    records = RecordColumns(
        rows, told, lambda row: RecordKind(row.user, row.event, row.posted, has_run_id=_names_run(row))
    )
    forms = Forms(rows)
    asked = TakerRows(records, forms, lambda request, _: may_leave_row(request, rules[request.tag.rule]), expected)
    asked.add_single(members.numbered())
    for first, page in members.numbered_pages():
        asked.add_page(first, page)
    takers, kinds = asked.takers(), asked.kinds
    events = {name: frozenset(rule.audit.get("events", ())) for name, rule in rules.items()}
    plain = not asked.names.isdisjoint(records.users)

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

    sometimes = [rules[kind.rule].audit.get("sometimes", ()) for kind in kinds]
    varies = np.array([kind.status in statuses for kind, statuses in zip(kinds, sometimes, strict=True)], np.bool_)
    pairs = _leave_out_silent(
        takers, records, find_pairs(takers, records, fits, more), varies[takers.kind], exports.audit_spans
    )
    joins = _pair_with_sessions(takers, records, pairs).joined(exports.audit_spans)
    seen = {row.event for row in rows}
    # A version, or an export, may be without such rows.
    foreign = np.array([seen.isdisjoint(events[kind.rule]) for kind in kinds], np.bool_)[takers.kind]
    found = Shown.of(rows, joins._replace(absent=joins.absent & ~foreign), takers.number, members.size())
    for number, _, attempt in members.numbered():
        if attempt is not None:
            attempt.audit = found.joined(number)
    return found


def _leave_out_silent(
    takers: Takers, records: RecordColumns, pairs: Pairs, varies: NDArray[np.bool_], spans: Sequence[tuple[int, int]]
) -> Pairs:
    """Return pairs without those of requests that leave no rows on this server.

    If they do leave rows, most of these are left over where only the others are paired.

    Args:
        takers: the requests.
        records: the rows.
        pairs: those that fit.
        varies: which requests leave rows in some versions only; all of a server do, or none.
        spans: from when to when the rows of each export go.
    """
    if not varies.any():
        return pairs
    kept = ~varies[pairs.taker]
    others = Pairs(pairs.taker[kept], pairs.record[kept], pairs.worth[kept])
    left = np.count_nonzero(Pairing(takers, records, pairs).owner >= 0)
    left -= np.count_nonzero(Pairing(takers, records, others).owner >= 0)
    within = np.logical_or.reduce([(since <= takers.time) & (takers.time <= until) for since, until in spans])
    return pairs if 2 * left >= np.count_nonzero(varies & within) else others


def _pair_with_sessions(takers: Takers, records: RecordColumns, pairs: Pairs) -> Pairing:
    """Pair requests with rows twice: a first look shows who was behind some browsers."""
    pairing = Pairing(takers, records, pairs)
    users = pairing.users_of_browsers()
    if not users:
        return pairing
    known = np.array([users.get(browser, NONE) for browser in takers.browser.tolist()], np.int64)[pairs.taker]
    other = np.where(known == records.user[pairs.record], KNOWN_AS, KNOWN_ELSE)
    return Pairing(takers, records, pairs._replace(worth=pairs.worth + np.where(known == NONE, 0.0, other)))


def join_runs(members: Members, exports: Exports, audit: Shown, expected: Callable[[Attempt], Verdict]) -> Shown:
    """Return which DAG run each attempt made, if any, and note it in single attempts.

    Args:
        members: the requests.
        exports: what was given.
        audit: what the audit log shows about them, whose rows hold ids of runs.
        expected: the verdict by logs and audit log.
    """
    runs = exports.runs or ()
    records = RecordColumns(runs, [attrgetter("user")], lambda run: RecordKind(run.user))
    asked = TakerRows(records, Forms(()), _makes_run, expected)
    asked.add_single(members.numbered())
    for first, page in members.numbered_pages():
        asked.add_page(first, page)
    takers, kinds = asked.takers(), asked.kinds
    plain = not asked.names.isdisjoint(records.users)
    row = audit.record[takers.number]
    since = np.array([*(row.time - BEFORE for row in audit.records), NEVER], np.int64)[row]
    only = _named_runs(audit.records, records)[row]

    def fits(taker: int, record: int) -> float | None:
        return None if _claims_another(kinds[taker], records.kinds[record], exports.people, plain=plain) else 0.0

    def more(taker: Numbers, record: Numbers) -> NDArray[np.float64]:
        worth = np.where(only[taker] != NONE, MUST, 0.0)
        return np.where(records.time[record] >= since[taker], worth, np.nan)

    joins = Pairing(takers, records, find_pairs(takers, records, fits, more, only)).joined(exports.runs_spans)
    # `airflow dags list-runs` lists those of one DAG.
    foreign = (len(np.unique(records.dag)) == 1) & ~np.isin(takers.dag, records.dag)
    found = Shown.of(runs, joins._replace(absent=joins.absent & ~foreign), takers.number, members.size())
    for number, _, attempt in members.numbered():
        if attempt is not None:
            attempt.run = found.joined(number)
            attempt.dag_accepted |= attempt.request.tag.channel == "ui" and attempt.dag_id in records.dags
    return found


def _makes_run(request: Request, attempt: Attempt | None) -> bool:
    """Whether an attempt that was answered like this can have made a DAG run at once."""
    access, channel = request.access, request.tag.channel
    accepted = redirects.STATUSES if channel == "ui" else ACCEPTED
    return attempt is not None and channel in _MAKES_RUNS and (access.proxy == CLOSED or access.status in accepted)


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


def _names_run(row: AuditRecord) -> bool:
    """Return whether a row of the audit log names the run that was asked for."""
    return bool(row.run_id)


def _named_runs(rows: Sequence[AuditRecord], runs: RecordColumns) -> Numbers:
    """Return which run each row of the audit log names: its index, ``NONE`` if it names none that was exported.

    A row that names a run of another DAG than its own gets ``UNKNOWN``. One more, ``NONE``, stands behind all rows.
    """
    named = np.fromiter((runs.runs.get(row.run_id, NONE) for row in rows), np.int64)
    width, rows_named = len(runs.runs), np.flatnonzero(named >= 0)
    dags = np.fromiter((runs.dags.get(rows[row].dag_id, UNKNOWN) for row in rows_named.tolist()), np.int64)
    keys, wanted = runs.dag * width + runs.run, dags * width + named[rows_named]
    order = np.argsort(keys, kind="stable")
    places = order[np.minimum(np.searchsorted(keys[order], wanted), max(len(order) - 1, 0))]
    found = np.full(len(rows) + 1, NONE)
    found[rows_named] = np.where(keys[places] == wanted, places, UNKNOWN)
    return found
