"""Pairing of requests with records: which pairs are made where many fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hostile.exports import AUDIT, RUNS, audit, dag_run
from hostile.lines import access, run

import logparse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def steady(number: int) -> float:
    return number / 20


def at_once(number: int) -> float:  # noqa: ARG001 - all at the same time
    return 0.0


@pytest.mark.parametrize("second", [steady, at_once])
def test_of_hundreds_of_requests_for_one_dag_each_gets_a_record_of_its_own_user(
    tmp_path: Path, second: Callable[[int], float]
) -> None:
    """Far more records fit the time of each request than it is compared with."""
    users = [("ann", "bob", None)[number % 3] for number in range(600)]
    log = "".join(access(int(second(number)), run("etl"), 200, user=user or "-") for number, user in enumerate(users))
    rows = [
        audit(number, second(number) + 0.3 + number / 5000, "etl", "api.post_dag_run", user or "eve")
        for number, user in enumerate(users)
    ]
    (tmp_path / "web.log").write_text(log)
    (tmp_path / "audit.csv").write_text("".join([AUDIT, *rows]))
    attempts = logparse.attempts(tmp_path / "web.log", audit_logs=[str(tmp_path / "audit.csv")])
    found = attempts["user"].fillna("")
    right = [user == (wanted or "eve") for user, wanted in zip(found, users, strict=True)]
    wrong = [user for user, good in zip(found, right, strict=True) if not good]
    assert sum(right) > 0.95 * len(users)
    assert not any(wrong)
    assert attempts["user_source"].eq("audit_log").mean() > 0.95


@pytest.mark.parametrize("leaves_rows", [False, True])
def test_a_record_goes_to_a_conflict_only_on_a_server_that_records_conflicts(
    tmp_path: Path, *, leaves_rows: bool
) -> None:
    """Airflow 3.2 on does, 3.0 and 3.1 do not; the last row is of a request that no log holds."""
    log = [access(20 * number, run("etl", 2), 409) for number in range(5)]
    made = [access(900, run("etl", 2), 200)]
    rows = [(-900, "ann"), *((20 * number, "eve") for number in range(4) if leaves_rows), (80, "eve"), (900, "ann")]
    (tmp_path / "web.log").write_text("".join(log + made))
    (tmp_path / "audit.csv").write_text(
        AUDIT + "".join(audit(at, at + 0.2, "etl", "trigger_dag_run", user) for at, user in rows)
    )
    found = logparse.attempts(tmp_path / "web.log", audit_logs=[str(tmp_path / "audit.csv")])["user"]
    assert found.fillna("").to_list() == ["eve" if leaves_rows else ""] * 5 + ["ann"]


#: Airflow 3.1.3, whose lines have no time: a wrong body by otis leaves a row, a run that exists does not; and 3.2 on.
TIMELESS = """\
2026-11-29T15:27:49.623694Z [info     ] setup plugin [alembic] loc=plugins.py:37
INFO:     192.0.2.12:0 - "POST /api/v2/dags/load/dagRuns HTTP/1.1" 422 Unprocessable Entity
INFO:     192.0.2.30:0 - "POST /api/v2/dags/load/dagRuns HTTP/1.1" 200 OK
INFO:     192.0.2.30:0 - "POST /api/v2/dags/load/dagRuns HTTP/1.1" 409 Conflict
2026-11-29T15:27:51.623694Z [info     ] setup plugin [alembic] loc=plugins.py:37
"""


ROWS = "id,dttm,dag_id,event,run_id,owner,extra\n"


@pytest.mark.parametrize(("owners", "users"), [
    (["otis", "ursula"], ["otis", "ursula", ""]),
    (["otis", "ursula", "eve"], ["otis", "ursula", "eve"]),
])  # fmt: skip
def test_a_request_without_a_time_that_leaves_no_row_takes_none_of_others(
    owners: list[str], users: list[str], tmp_path: Path
) -> None:
    owners = ["x", *owners, "x"]
    moments = ["15:17:00", *("15:27:50.2", "15:27:50.6", "15:27:51.1")[: len(owners) - 2], "15:37:00"]
    dags = ["x", *["load"] * (len(owners) - 2), "x"]
    rows = [
        f"{n},2026-11-29 {moment},{dag},trigger_dag_run,,{owner},\n"
        for n, (moment, dag, owner) in enumerate(zip(moments, dags, owners, strict=True))
    ]
    (tmp_path / "api.log").write_text(TIMELESS)
    (tmp_path / "audit.csv").write_text(ROWS + "".join(rows))
    found = logparse.attempts(tmp_path / "api.log", audit_logs=[str(tmp_path / "audit.csv")])["user"]
    assert found.fillna("").to_list() == users


#: Airflow 2.10.2, two replicas that log to the second: a browser gets a form from one and sends it to the other, twice.
FORM = "/dags/load/trigger?origin=%2Fhome"


@pytest.mark.parametrize("second", [22, 23])
def test_forms_of_two_replicas_in_one_second_keep_their_rows_in_order(second: int, tmp_path: Path) -> None:
    def line(at: int, method: str, status: int, page: str) -> str:
        return access(at, f"{method} {FORM}", status, referer=f"http://x{page}", agent="Mozilla/5.0")

    def row(number: int, at: float, *, sent: bool) -> str:
        form = '{""origin"": ""/home"", ""conf"": ""{}""}' if sent else '{""origin"": ""/home""}'
        return audit(number, at, "load").removesuffix(",\n") + f',"{form}"\n'

    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "web1.log").write_text(line(22, "GET", 200, "/home") * 2)
    (tmp_path / "logs" / "web2.log").write_text(line(22, "POST", 302, FORM) + line(second, "POST", 302, FORM))
    moments = [(-600, False), (22.195, False), (22.398, True), (22.871, False), (22.992, True), (600, False)]
    rows = [row(n, at, sent=sent) for n, (at, sent) in enumerate(moments)]
    (tmp_path / "audit.csv").write_text(AUDIT + "".join(rows))
    runs = [dag_run(n, at, "load") for n, at in enumerate((-600, 22.438, 600))]
    (tmp_path / "runs.csv").write_text(RUNS + "".join(runs))
    found = logparse.attempts(
        tmp_path / "logs", audit_logs=[str(tmp_path / "audit.csv")], dag_runs=[str(tmp_path / "runs.csv")]
    )
    assert found["outcome"].to_list() == ["success", "other_failure"]


#: Airflow 3.1.7, two replicas whose access lines have no time: between two app lines each, two people ask for one DAG.
REPLICAS = {
    "blue.log": ("127.0.0.21", "06.731467", "09.187168"),
    "green.log": ("127.0.0.11", "07.680581", "09.268742"),
}


@pytest.mark.parametrize(
    ("owners", "users"), [(("uma", "svc_ci"), ["", ""]), (("svc_ci", "svc_ci"), ["svc_ci", "svc_ci"])]
)
def test_rows_of_two_people_are_nobodys_where_either_replica_may_have_left_them(
    owners: tuple[str, str], users: list[str], tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    for name, (client, before, behind) in REPLICAS.items():
        app = "2026-11-30T08:{}Z [error    ] JWT token is not valid: Not enough segments [airflow.auth] loc=b.py:1\n"
        asked = f'INFO:     {client}:0 - "POST /api/v2/dags/ml-train/dagRuns HTTP/1.1" 200 OK\n'
        first, last = app.format("31:00.000001"), app.format("39:00.000001")
        around = f"{app.format(f'34:{before}')}{asked}{app.format(f'34:{behind}')}"
        (tmp_path / "logs" / name).write_text(f"{first}{around}{last}")
    moments = ["08:24:00.0", "08:34:08.626980", "08:34:08.886489", "08:44:00.0"]
    rows = [
        f"{n},2026-11-30 {moment},{'x' if owner == 'x' else 'ml-train'},trigger_dag_run,,{owner},\n"
        for n, (moment, owner) in enumerate(zip(moments, ("x", *owners, "x"), strict=True))
    ]
    (tmp_path / "audit.csv").write_text(ROWS + "".join(rows))
    found = logparse.attempts(tmp_path / "logs", audit_logs=[str(tmp_path / "audit.csv")])["user"]
    assert found.fillna("").to_list() == users
