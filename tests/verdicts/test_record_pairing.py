"""Pairing of requests with records: which pairs are made where many fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hostile
import pytest

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
    log = "".join(
        hostile.access(int(second(number)), hostile.run("etl"), 200, user=user or "-")
        for number, user in enumerate(users)
    )
    rows = [
        hostile.audit(number, second(number) + 0.3 + number / 5000, "etl", "api.post_dag_run", user or "eve")
        for number, user in enumerate(users)
    ]
    (tmp_path / "web.log").write_text(log)
    (tmp_path / "audit.csv").write_text("".join([hostile.AUDIT, *rows]))
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
    log = [hostile.access(20 * number, hostile.run("etl", 2), 409) for number in range(5)]
    made = [hostile.access(900, hostile.run("etl", 2), 200)]
    rows = [(-900, "ann"), *((20 * number, "eve") for number in range(4) if leaves_rows), (80, "eve"), (900, "ann")]
    (tmp_path / "web.log").write_text("".join(log + made))
    (tmp_path / "audit.csv").write_text(
        hostile.AUDIT + "".join(hostile.audit(at, at + 0.2, "etl", "trigger_dag_run", user) for at, user in rows)
    )
    found = logparse.attempts(tmp_path / "web.log", audit_logs=[str(tmp_path / "audit.csv")])["user"]
    assert found.fillna("").to_list() == ["eve" if leaves_rows else ""] * 5 + ["ann"]
