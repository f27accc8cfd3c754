"""What the week before shows of a finding: an attack that is none, a key that was changed before the week began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from folders import invoke, rows, write

if TYPE_CHECKING:
    from pathlib import Path

MONDAY: Final = datetime(2026, 11, 9, tzinfo=UTC)


def call(hour: float, status: int, client: int = 7) -> str:
    now = MONDAY + timedelta(hours=hour)
    said = f"[{now:%Y-%m-%dT%H:%M:%S}.000+0000] {{override.py:2240}} INFO - Login Failed for user: uma\n"
    return (said if status == 401 else "") + (
        f"192.0.2.{client} - uma [{now:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"POST /api/v1/dags/etl/dagRuns HTTP/1.1" {status} 188 "-" "curl/8.5.0"\n'
    )


@pytest.mark.parametrize(
    ("before", "told"),
    [
        pytest.param([call(20, 200), call(21, 200, 8)], ["wrong-password", "low", "", ""], id="let in from there"),
        pytest.param(
            [call(21, 200, 8)], ["password-guessed-slowly", "critical", "guessing", "yes"], id="from elsewhere"
        ),
    ],
)
def test_who_was_let_in_from_there_before_is_no_intruder(before: list[str], told: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    refused = [(2 * n, 401, 7) for n in range(1, 25)]
    meanwhile = [(2 * n + 0.1, 200, 8) for n in range(1, 25, 6)]
    calls = sorted([*refused, *meanwhile, (60, 200, 7), (167, 200, 8)])
    week = [call(168 + hour, status, client) for hour, status, client in calls]
    after = [call(336 + hour, 200, 8) for hour in (1, 167)]
    for number, lines in enumerate((before, week, after)):
        done = invoke("report", str(write(tmp_path / f"{number}.log", *lines)), "--out", str(out))
        assert done.exit_code == 0, done.output
    (row,) = rows(out / "2026-W47/findings.csv")
    assert [row["finding"], row["severity"], row["security"], row["intruder_runs"] and "yes"] == told
    (row,) = rows(out / "2026-W48/findings.csv")
    assert [row["finding"], row["severity"], row["status"]] == [*told[:2], "ended"]


def api(hour: float, client: int, *, refused: bool) -> str:
    """Lines of Airflow 3.3."""
    now = f"{MONDAY + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.%fZ}"
    said = f"{now} [error    ] JWT token is not valid: Signature verification failed [airflow] loc=base.py:151\n"
    return (said if refused else "") + (
        f"{now} [info     ] request finished               [http.access] client_addr=192.0.2.{client}:51000 "
        f"duration_us=3772 method=POST path=/api/v2/dags/etl/dagRuns query='' status_code={403 if refused else 200}\n"
    )


def test_a_changed_key_keeps_its_name_over_the_turn_of_a_week(tmp_path: Path) -> None:
    out, change = tmp_path / "out", 166
    for week in range(2):
        calls = sorted((168 * week + hour, client) for hour in range(0, 168, 2) for client in (7, 8))
        lines = [api(hour + client / 100, client, refused=change <= hour < change + 40) for hour, client in calls]
        done = invoke("report", str(write(tmp_path / f"{week}.log", *lines)), "--out", str(out))
        assert done.exit_code == 0, done.output
    told = [rows(out / f"2026-W{week}/findings.csv") for week in (46, 47)]
    assert [[row["finding"] for row in each] for each in told] == [["jwt-key-changed"], ["jwt-key-changed"]]
    assert told[0][0]["key"] == told[1][0]["key"]
    assert told[0][0]["since"] == told[1][0]["since"]
    assert told[1][0]["attempts"] == "38"
