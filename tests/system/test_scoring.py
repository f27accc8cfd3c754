"""Scoring: rows find their attempts, and every figure counts what the page on accuracy says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from accuracy import page
from matching import Got, match, rows
from recordings import Sent
from scoring import Share, by_status, score

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SENT = Sent(
    sent=NOON,
    received=NOON + timedelta(seconds=1),
    client="10.0.0.7",
    forwarded="",
    method="POST",
    path="/api/v1/dags/a/dagRuns",
    status=401,
    channel="rest_api",
    user="eve",
    credential="basic-wrong-password",
    dag_id="a",
    outcome="authentication_failure",
    reason="bad_credentials",
    detail="wrong_password",
    optional=False,
    source="server.log",
    line=7,
    size=188,
)
GOT = Got(
    time=NOON,
    source="server.log",
    line=7,
    client="10.0.0.7",
    user="eve",
    channel="rest_api",
    method="POST",
    path="/api/v1/dags/a/dagRuns",
    dag_id="a",
    status=401,
    size=188,
    outcome="authentication_failure",
    reason="bad_credentials",
    detail="wrong_password",
    confidence="confirmed",
)
SOMEWHERE = replace(SENT, source="", line=None)


def at(seconds: float) -> Sent:
    begin = NOON + timedelta(seconds=seconds)
    return replace(SOMEWHERE, sent=begin, received=begin)


def test_a_line_decides_whatever_the_time() -> None:
    assert match([replace(GOT, time=None), replace(GOT, line=8)], [replace(SENT, line=8), SENT]) == {0: 1, 1: 0}


@pytest.mark.parametrize(("seconds", "fits"), [(-3.5, False), (-2.5, True), (0, True), (3.5, True), (4.5, False)])
def test_without_a_line_the_time_decides(seconds: float, fits: bool) -> None:
    assert bool(match([replace(GOT, time=NOON + timedelta(seconds=seconds))], [SOMEWHERE])) == fits


@pytest.mark.parametrize("change", [{"method": "PUT"}, {"status": 403}, {"path": "/api/v1/dags/b/dagRuns"}])
def test_other_requests_do_not_fit(change: dict[str, str]) -> None:
    assert match([replace(GOT, **change)], [SOMEWHERE]) == {}  # type: ignore[arg-type]  # one of several fields


def test_of_several_the_most_alike_go_together() -> None:
    sent = [replace(SOMEWHERE, client="10.0.0.8"), SOMEWHERE]
    assert match([GOT, replace(GOT, client="10.0.0.8")], sent) == {0: 1, 1: 0}


def test_as_many_as_possible_are_matched() -> None:
    # Both rows fit the attempt in the middle best, but each of the others fits one row only.
    sent = [at(-5), at(0), at(5)]
    got = [replace(GOT, time=NOON + timedelta(seconds=each)) for each in (-2.4, 0, 2.4)]
    assert match(got, sent) == {0: 0, 1: 1, 2: 2}
    assert len(match(got[:2], sent[:2])) == 2


def test_every_pair_is_one_to_one() -> None:
    assert len(match([GOT, GOT, GOT], [SOMEWHERE, SOMEWHERE])) == 2


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "success"),
        (302, "success"),
        (401, "authentication_failure"),
        (403, "authorization_failure"),
        (404, "other_failure"),
        (500, "other_failure"),
    ],
)
def test_status_codes_alone(status: int, outcome: str) -> None:
    assert by_status(status) == outcome


def test_all_right() -> None:
    found = score([GOT], [SENT])
    assert {found.recall, found.precision, found.outcome, found.reason, found.detail, found.dag_id} == {Share(1, 1)}
    assert {found.channel, found.user_coverage, found.user_precision, found.by_status} == {Share(1, 1)}
    assert (found.missed, found.spurious, found.wrong) == ((), (), ())
    assert (found.undetermined, found.confident_wrong) == (0, 0)


def test_missed_and_spurious() -> None:
    found = score([replace(GOT, line=9, path="/x")], [SENT])
    assert (found.recall, found.precision) == (Share(0, 1), Share(0, 1))
    assert len(found.missed) == len(found.spurious) == 1


def test_optional_attempts_count_for_precision_only() -> None:
    optional = replace(SENT, optional=True)
    reported, left_out = score([GOT], [optional]), score([], [optional])
    assert reported.precision == Share(1, 1)
    assert reported.recall == left_out.recall == reported.outcome == Share(0, 0)
    assert left_out.missed == ()


def test_wrong_and_undetermined() -> None:
    sent = [SENT, replace(SENT, line=8), replace(SENT, line=9)]
    got = [
        replace(GOT, outcome="success", reason="", detail="", user=""),
        replace(GOT, line=8, outcome="undetermined", confidence="ambiguous", user="bob"),
        replace(GOT, line=9, outcome="success", confidence="likely", dag_id="b", channel="ui", detail="unknown_user"),
    ]
    found = score(got, sent)
    assert (found.outcome, len(found.wrong)) == (Share(0, 3), 3)
    assert (found.undetermined, found.confident_wrong) == (1, 1)
    assert (found.reason, found.detail) == (Share(2, 3), Share(1, 2))
    assert (found.user_coverage, found.user_precision) == (Share(2, 3), Share(1, 2))
    assert (found.dag_id, found.channel) == (Share(2, 3), Share(2, 3))


def test_a_claimed_name_is_right_where_nobody_is_known_to_have_acted() -> None:
    assert score([GOT], [replace(SENT, user="")]).user_precision == Share(1, 1)
    assert score([GOT], [replace(SENT, user="", credential="none")]).user_precision == Share(0, 1)


def test_rows_of_a_table() -> None:
    known = {name: getattr(GOT, name) for name in GOT.__slots__ if name != "size"}
    row = {**known, "response_bytes": 188, "time_source": "line", "source": "logs/server.log.gz", "time": NOON}
    nobody = {**row, "user": None, "response_bytes": None, "time_source": "neighbour"}
    frame = pd.DataFrame([row, nobody]).astype({"response_bytes": "Int64"})
    assert rows(frame) == [GOT, replace(GOT, user="", size=None, time=None)]


def test_no_cases_no_table_rows() -> None:
    assert page([], []).startswith("# Accuracy\n")
