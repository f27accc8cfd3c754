"""Reports: what is counted, and that nothing is lost or counted twice."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.common.schema import ATTEMPTS, REASONS, Outcome
from logparse.common.weeks import week_of
from logparse.reports import catalog, findings
from logparse.reports.catalog import REPORTS
from logparse.reports.report import ReportInput
from logparse.reports.table_files import write_table

if TYPE_CHECKING:
    from pathlib import Path

BY = ["by_user", "by_dag", "by_time", "by_reason", "user_dag"]
WEEK = "2026-W47"
COVERAGE = [column.name for column in REPORTS["coverage"].columns]
DEFAULTS: dict[str, Any] = {
    "time": "2026-11-18T10:00:00Z",
    "time_source": "line",
    "source": "access.log",
    "line": 1,
    "user_verified": False,
    "channel": "rest_api",
    "method": "POST",
    "path": "/api/v1/dags/a/dagRuns",
    "outcome": "success",
    "confidence": "confirmed",
    "evidence": "status",
    "rule": "x",
}
DTYPES: dict[str, Any] = {"int64": "int64", "int16": "Int16", "double": "float64", "bool": "bool", "string": "object"}


def attempts(rows: list[dict[str, Any]], zone: tzinfo = UTC) -> pd.DataFrame:
    frame = pd.DataFrame([DEFAULTS | row for row in rows], columns=[column.name for column in ATTEMPTS], dtype=object)
    for column in ATTEMPTS:
        if column.type == "timestamp":
            times = pd.to_datetime(frame[column.name], utc=True, format="ISO8601")
            frame[column.name] = times.astype("datetime64[us, UTC]")
        else:
            kind: Any = "Int64" if column.name == "response_bytes" else DTYPES[column.type]
            frame[column.name] = frame[column.name].astype(kind)
    frame["week"] = week_of(frame["time"], zone)
    return frame.assign(no_failure=[row.get("finding", "").startswith("handshake") for row in rows])


NO_FINDINGS = findings.no_findings()


def coverage(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COVERAGE)


def build(name: str, rows: list[dict[str, Any]], before: list[dict[str, Any]] | None = None) -> pd.DataFrame:
    previous = None if before is None else attempts(before)
    return REPORTS[name].build(ReportInput(attempts(rows), previous, UTC, coverage([]), NO_FINDINGS))


def week_on(time: str) -> str:
    return (pd.Timestamp(time) + pd.Timedelta(days=7)).isoformat()


def records(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    plain = frame[list(columns)].astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


NAMES = st.sampled_from([None, "", "ada", "bob", "=1", "\udc80", "\\x80", "a\nb"])
TIMES = st.sampled_from(
    [None, "2026-11-11T09:00:00Z", "2026-11-18T09:00:00Z", "2026-11-18T09:30:00.000001Z", "2026-11-20T01:00:00Z"]
)
REASON = st.sampled_from([None, *(reason for reasons in REASONS.values() for reason in reasons)])
ROW = st.fixed_dictionaries(
    {
        "time": TIMES,
        "user": NAMES,
        "dag_id": NAMES,
        "client": NAMES,
        "user_verified": st.booleans(),
        "outcome": st.sampled_from([str(outcome) for outcome in Outcome]),
        "reason": REASON,
    }
)
ROWS = st.lists(ROW, max_size=25)
FEW = settings(deadline=None, max_examples=12)  # each builds every report


def test_moments_are_in_utc_and_only_names_of_spans_are_in_the_zone_of_the_report() -> None:
    columns = [column for table in (ATTEMPTS, *(report.columns for report in REPORTS.values())) for column in table]
    spans = {column.name for column in columns if "report's time zone" in column.meaning}
    assert spans == {"week", "day", "hour"}
    assert not {column.name for column in columns if column.type == "timestamp"} & spans


@given(ROWS, st.none() | ROWS)
@FEW
def test_every_attempt_is_counted_once(rows: list[dict[str, Any]], before: list[dict[str, Any]] | None) -> None:
    for name in BY:
        table = build(name, rows, before)
        assert table["attempts"].sum() == len(rows)
        kinds = ["successes", "authentication_failures", "authorization_failures", "other_failures", "undetermined"]
        assert (table[kinds].sum(axis="columns") == table["attempts"]).all()
        keys = [column.name for column in REPORTS[name].columns][: list(table.columns).index("attempts")]
        assert not table.duplicated(keys).any()


@pytest.mark.thorough
@given(ROWS, ROWS, st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], before: list[dict[str, Any]], random: Any
) -> None:
    folder = tmp_path_factory.mktemp("order")
    shuffled, shuffled_before = random.sample(rows, len(rows)), random.sample(before, len(before))
    for name in BY:
        first = written(build(name, rows, before), name, folder)
        assert first == written(build(name, shuffled, shuffled_before), name, folder)


def written(table: pd.DataFrame, name: str, folder: Path) -> bytes:
    path = folder / "table.csv"
    write_table(table, REPORTS[name].columns, path, "csv")
    return path.read_bytes()


@pytest.mark.thorough
@given(ROWS)
@FEW
def test_twice_the_input_gives_twice_the_counts_and_the_same_rest(rows: list[dict[str, Any]]) -> None:
    week_later = [row | {"time": row["time"] and week_on(row["time"])} for row in rows]
    for name in BY:
        once, twice = build(name, week_later, rows), build(name, week_later * 2, rows)
        assert twice["attempts"].tolist() == [2 * count for count in once["attempts"]]
        assert (twice["attempts_change"] == once["attempts"]).all()
        same = [c for c in once.columns if c in {"failure_rate", "top_reason", "users", "dags", "clients", "last_seen"}]
        pd.testing.assert_frame_equal(once[same], twice[same])


@pytest.mark.parametrize("name", list(REPORTS))
@pytest.mark.parametrize("before", [None, [], [{"user": "ada"}]])
def test_columns_and_dtypes_do_not_depend_on_content(name: str, before: list[dict[str, Any]] | None) -> None:
    empty, full = build(name, [], before), build(name, [{"user": "ada"}], before)
    assert list(empty.columns) == list(full.columns) == [column.name for column in REPORTS[name].columns]
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    assert len(empty) == 0


@pytest.mark.parametrize("name", list(REPORTS))
def test_columns_are_documented_and_named_once(name: str) -> None:
    columns = REPORTS[name].columns
    assert REPORTS[name].name == name
    assert REPORTS[name].question.endswith("?")
    assert all(column.meaning for column in columns)
    assert len({column.name for column in columns}) == len(columns)


def test_by_user_counts_outcomes_and_dimensions() -> None:
    table = build(
        "by_user",
        [
            {"user": "ada", "dag_id": "x", "client": "::1", "user_verified": True},
            {"user": "ada", "dag_id": "y", "client": None, "outcome": "authentication_failure"},
            {"user": "ada", "dag_id": "y", "client": "::1", "outcome": "authorization_failure"},
            {"user": "ada", "dag_id": None, "client": "10.0.0.1", "outcome": "undetermined"},
            {"user": "ada", "dag_id": "", "client": "", "outcome": "other_failure"},
            {"user": "ada", "time": "2026-11-17T00:00:00Z"},
        ],
    )
    assert records(table, *[c for c in table.columns if c not in {"first_seen", "last_seen", "top_reason"}]) == [
        ("ada", 6, 2, 1, 1, 1, 1, 0, 0.5, 2, 2, None, None, 1)
    ]
    assert records(table, "first_seen", "last_seen") == [
        (pd.Timestamp("2026-11-17T00:00:00Z"), pd.Timestamp("2026-11-18T10:00:00Z"))
    ]


def test_a_handshake_is_no_failure() -> None:
    """It is counted by outcome as every attempt is, so the sums hold; rate and change leave it out."""
    refused = {"user": "eve", "outcome": "authentication_failure"}
    asked = {**refused, "finding": "handshake/1"}
    rows = [{"user": "eve", "outcome": "success"}, asked, asked, refused]
    before = [{**row, "time": "2026-11-15T12:00:00Z"} for row in (asked, refused, refused)]
    table = build("by_user", rows, before)
    assert records(table, "attempts", "authentication_failures", "handshakes", "failure_rate", "failures_change") == [
        (4, 3, 2, 0.5, -1)
    ]
    assert build("by_user", [asked])["failure_rate"].to_list() == [0.0]


def test_failure_rate_is_rounded_and_leaves_out_the_undetermined() -> None:
    rows = [{"outcome": "other_failure"}, {"outcome": "success"}, {"outcome": "undetermined"}]
    assert build("by_user", rows)["failure_rate"].tolist() == [0.3333]
    assert build("by_user", rows[2:])["failure_rate"].tolist() == [0.0]


def test_unknown_keys_are_one_row_sorted_last_among_equals() -> None:
    rows = [{"user": user} for user in [None, "", "zoe", "zoe", "bob", "bob", "cid", "\udc80"]]
    before = [{**row, "time": "2026-11-15T12:00:00Z"} for row in rows]
    both = catalog.build_reports(ReportInput(attempts(rows), attempts(before), UTC, coverage([]), NO_FINDINGS))
    for table in (build("by_user", rows), both["by_user"]):
        assert records(table, "user", "attempts") == [
            ("bob", 2), ("zoe", 2), (None, 2), ("cid", 1), ("\udc80", 1),
        ]  # fmt: skip


def test_rows_with_several_keys_of_which_some_are_unknown() -> None:
    rows: list[dict[str, Any]] = [
        {"user": "ada", "dag_id": None},
        {"user": None, "dag_id": "x"},
        {"user": None, "dag_id": None},
    ] * 2
    table = build(
        "user_dag", [*rows, {"user": "ada", "dag_id": "x", "outcome": "other_failure", "reason": "conflict"}], rows
    )
    assert records(table, "user", "dag_id", "attempts", "attempts_change", "failures_change", "top_reason") == [
        ("ada", None, 2, 0, 0, None),
        (None, "x", 2, 0, 0, None),
        (None, None, 2, 0, 0, None),
        ("ada", "x", 1, 1, 1, "conflict"),
    ]


def test_top_reason_is_the_most_frequent_and_of_equals_the_first() -> None:
    reasons = ["conflict", "bad_request", "conflict", "bad_request", None, None, None, "server_error"]
    table = build("by_dag", [{"dag_id": "x", "reason": reason} for reason in reasons] + [{"dag_id": "y"}])
    assert records(table, "dag_id", "top_reason") == [("x", "bad_request"), ("y", None)]


def test_changes_compare_with_the_week_before() -> None:
    bad = {"user": "ada", "outcome": "authentication_failure"}
    table = build("by_user", [bad, bad, {"user": "new"}], [bad, {"user": "ada"}, {"user": "ada"}, {"user": "gone"}])
    assert records(table, "user", "attempts_change", "failures_change") == [("ada", -1, 1), ("new", 1, 0)]


def test_by_reason_tells_doors_apart() -> None:
    denied = {"outcome": "authorization_failure", "reason": "permission_denied", "detail": "no_role"}
    table = build("by_reason", [denied, denied | {"channel": "ui"}, {}, {}])
    assert records(table, "outcome", "reason", "detail", "channel", "attempts") == [
        ("success", None, None, "rest_api", 2),
        ("authorization_failure", "permission_denied", "no_role", "rest_api", 1),
        ("authorization_failure", "permission_denied", "no_role", "ui", 1),
    ]


def test_by_time_is_chronological_in_the_zone_and_compares_weekday_and_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # Clocks went back on 25 October 2026: 09:00 UTC was 11:00 the week before and 10:00 this week.
    times = ["2026-10-30T09:15:00Z", "2026-10-30T09:45:00Z", "2026-10-29T23:00:00Z", "2026-10-30T08:00:00Z"]
    this, before = (
        attempts([{"time": time} for time in times], berlin),
        attempts([{"time": "2026-10-23T08:00:00Z"}], berlin),
    )
    table = REPORTS["by_time"].build(ReportInput(this, before, berlin, coverage([]), NO_FINDINGS))
    assert records(table, "day", "hour", "attempts", "attempts_change") == [
        ("2026-10-30", 0, 1, 1),
        ("2026-10-30", 9, 1, 1),
        ("2026-10-30", 10, 2, 1),
    ]


def test_coverage_passes_through_in_order() -> None:
    row: dict[str, Any] = {column.name: 1 if column.type == "int64" else None for column in REPORTS["coverage"].columns}
    row |= {"source": "a.log", "first_time": pd.Timestamp("2026-11-18T10:00:00+01:00")}
    given_columns = pd.DataFrame([row])[COVERAGE[::-1]].assign(more=1)
    table = REPORTS["coverage"].build(ReportInput(attempts([]), None, UTC, given_columns, NO_FINDINGS))
    assert list(table.columns) == COVERAGE
    assert records(table, "source", "lines", "first_time", "last_time") == [
        ("a.log", 1, pd.Timestamp("2026-11-18T09:00:00Z"), None)
    ]


@pytest.mark.parametrize("dtype", ["string", "category", "string[pyarrow]"])
def test_the_kind_of_text_column_does_not_matter(dtype: str) -> None:
    frame = attempts([{"user": "ada", "reason": "conflict"}, {"user": None}])
    other = frame.astype({column.name: dtype for column in ATTEMPTS if column.type == "string"})
    first, second = (
        catalog.build_reports(ReportInput(each, None, UTC, coverage([]), NO_FINDINGS)) for each in (frame, other)
    )
    for name in BY:
        pd.testing.assert_frame_equal(first[name], second[name])
