"""The report ``findings``: what is wrong, who and what is concerned, and what fixes it.

Owns: its columns. Must not know: how a finding is put into words (``finding_rows``), how causes are found (see
``logparse.causes``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.causes.severity import rank
from logparse.common.schema import Column
from logparse.reports.finding_keys import make_key
from logparse.reports.finding_rows import make_row
from logparse.reports.report import WEEK, Report, ReportInput, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AttemptColumns
    from logparse.causes.finding import Finding

_COLUMNS: Final = (
    Column("finding", "string", "id of the cause, see the list of rules"),
    Column(
        "severity",
        "string",
        "how bad it is: `critical` (a hole, or an attack that got in), `high` (many callers, or an attack), `medium`, "
        "`low`, `info` (nothing to do)",
    ),
    Column(
        "status",
        "string",
        "against the week before that the archive holds: `new`, `continuing`, `worse` (twice the incidents by day, or "
        "more severe), `returned` (only an earlier week has it) or `ended` (no attempt of it in this week)",
    ),
    Column("title", "string", "the cause in one line"),
    Column(
        "security",
        "string",
        "why it is a matter of security: `guessing` (names or passwords are tried), `open` (runs are made without "
        "credentials), `forged` (tokens that this Airflow did not make), `misused` (credentials that nobody should use "
        "any more, or that many use); empty: it is none",
    ),
    Column("outcome", "string", "what became of most of its attempts"),
    Column("users", "string", "who, up to 10 names, most attempts first"),
    Column("user_count", "int64", "how many different users, those known"),
    Column("clients", "string", "from which addresses, up to 10, most attempts first"),
    Column("client_count", "int64", "how many different addresses"),
    Column(
        "reach",
        "string",
        "`everybody`, `some` or `one`: how many of the callers that were active on the same channels in that time are "
        "concerned",
    ),
    Column("dags", "string", "which DAGs, up to 10, most attempts first"),
    Column("dag_count", "int64", "how many different DAGs, those named"),
    Column(
        "attempts",
        "int64",
        "attempts that it explains, successes too where they are the cause; none is counted by two findings",
    ),
    Column(
        "logins",
        "int64",
        "of a cause that is about logins, the logins that it explains: such callers never come to make an attempt",
    ),
    Column("incidents", "int64", "the same without retries: the same caller, DAG and reason within 60 seconds"),
    Column(
        "attempts_change",
        "int64",
        "attempts (or logins) minus those of the week before; empty if that week is not in the data",
    ),
    Column("first_seen", "timestamp", "first of these attempts in the week; empty if it has ended before"),
    Column("last_seen", "timestamp", "last of these attempts in the week; empty likewise"),
    Column(
        "since", "timestamp", "first attempt of it, in this week or in the weeks before that have it without a break"
    ),
    Column(
        "until",
        "timestamp",
        "last attempt of it, if it is over: an attempt like it succeeded later, or for a day or longer there was none; "
        "empty if it may go on",
    ),
    Column(
        "likely_trigger",
        "string",
        "what may have set it off, between the last success of its callers and its first attempt: a change of users or "
        "roles by a command, if the audit log was given, or else a start of the server",
    ),
    Column(
        "succeeded",
        "string",
        "who triggered DAGs (of logins: who was let in) on the same channels in that time, an hour before and behind "
        "it included, up to 10 users (or addresses), most first; empty: nobody",
    ),
    Column(
        "retries",
        "string",
        "who does not give up: refused 20 times or more in a row for one DAG, with pauses of 10 minutes at most; "
        "empty: nobody",
    ),
    Column(
        "meant",
        "string",
        "ids of DAGs that somebody triggered or that roles name, one or two letters off those that were missing or "
        "refused; empty: none",
    ),
    Column(
        "intruder_runs",
        "string",
        "of an attack: runs that were made from there since it began, up to 10, each with its line; empty: none",
    ),
    Column("confidence", "string", "how sure the diagnosis is: `confirmed`, `likely` or `ambiguous`"),
    Column("evidence", "string", "what decided most of its attempts"),
    Column("missing", "string", "permissions that the callers lack, where users and roles were given"),
    Column("explanation", "string", "what happened"),
    Column("remedy", "string", "what to do, with the command where there is one"),
    Column("versions", "string", "of Airflow that the cause is about"),
    Column("reference", "string", "documentation or issue"),
    Column(
        "server",
        "string",
        "which Airflow, if the logs of several were read together: the folder of its logs, or what envelopes call it",
    ),
    Column(
        "key",
        "string",
        "names the finding, in every week alike, and in the attempts that it explains (their column `finding`): the "
        "cause, and a digest of what its attempts have in common; `.../others` are several with few attempts each",
    ),
    Column(
        "example",
        "string",
        "one of the attempts, as `logparse explain` takes it. `-:470` is line 470 of standard input: pipe the same log "
        "in again (`zcat LOG | logparse explain -:470`). In CSV such a cell begins with `'`, which is not part of it",
    ),
)
#: What only the next week needs: callers with their DAGs, as digests, what set it off if the week before shows that
#: they were accepted, how the row reads if an earlier week shows how the cause began, and which of those that are told
#: of together may be rows of their own.
_FOR_LATER: Final = (
    Column("pairs", "string", "digests of callers and DAGs"),
    Column("started", "string", "a start of the server behind which its callers are seen first, in words"),
    Column("begun", "string", "cells of the row in the words of the cause that it began as, as JSON"),
    Column("members", "string", "findings that are told of together, as JSON"),
)
#: Columns of findings as they are stored, before it is known what other weeks show.
STORED: Final = (WEEK, *_COLUMNS, *_FOR_LATER)


def list_findings(
    week: str,
    found: Iterable[tuple[Sequence[Finding], AttemptColumns]],
    servers: Sequence[str],
    given: AbstractSet[str],
) -> list[dict[str, Any]]:
    """Return the findings of a week, the worst first, one row each for ``make_table``, as if it was the only week.

    Args:
        week: its name.
        found: findings, the worst first, with the attempts or the logins that they were found in.
        servers: names of the deployments, by their index.
        given: options by which exports were given.
    """
    rows = [
        {"week": week, **make_row(one, among, servers[among.server[one.rows[0]]], given)}
        for findings, among in found
        for one in findings
    ]
    return sorted(rows, key=lambda row: (rank(row["severity"]), -row["attempts"] - row["logins"]))


def name_findings(findings: Iterable[Finding], attempts: AttemptColumns, servers: Sequence[str]) -> pd.Categorical:
    """Return the key of the finding that explains each attempt, none if no finding does.

    Args:
        findings: the findings.
        attempts: the attempts that they were found in.
        servers: names of the deployments, by their index.
    """
    explained = np.full(len(attempts.time), -1, np.int32)
    codes: dict[str, int] = {}
    for one in findings:
        key = make_key(one, attempts, servers[attempts.server[one.rows[0]]])
        explained[one.rows] = codes.setdefault(key, len(codes))
    return pd.Categorical.from_codes(explained, pd.Index([*codes], dtype=object))


def rename_findings(named: pd.Categorical, called: Mapping[str, str], rows: NDArray[np.int64]) -> pd.Categorical:
    """Return the keys of findings that explain attempts, with those of a week as other weeks call these findings.

    Args:
        named: keys as ``name_findings`` returns them.
        called: by such a key, what it is called.
        rows: those of the week.
    """
    keys = [*map(str, named.categories)]
    places = {key: place for place, key in enumerate(dict.fromkeys([*keys, *called.values()]))}
    moved = np.array([*(places[called.get(key, key)] for key in keys), -1], np.int32)
    codes = named.codes.astype(np.int32)
    codes[rows] = moved[codes[rows]]
    return pd.Categorical.from_codes(codes, pd.Index([*places], dtype=object)).remove_unused_categories()


def no_findings() -> pd.DataFrame:
    """Return the table without any findings."""
    return conform({column.name: np.empty(0, object) for column in STORED}, STORED)


def make_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a table with columns as in ``STORED``; times are microseconds UTC or ``Timestamp``."""
    frame = pd.DataFrame(rows, columns=[column.name for column in STORED], dtype=object)
    for name in (column.name for column in STORED if column.type == "timestamp"):
        frame[name] = pd.to_datetime(frame[name].map(_moment, na_action="ignore"), utc=True)
    return conform(frame, STORED)


def _moment(time: Any) -> Any:
    return pd.Timestamp(time, unit="us", tz="UTC") if isinstance(time, int) else time


def _build(source: ReportInput) -> pd.DataFrame:
    return conform(source.findings, _COLUMNS)


REPORT: Final = Report(
    "findings",
    "What is wrong, who is concerned, and what fixes it?",
    _COLUMNS,
    _build,
    ("severity", "title", "attempts", "users", "dags"),
)
