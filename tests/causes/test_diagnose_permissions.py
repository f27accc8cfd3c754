"""Findings about permissions: what is asked of callers and DAGs that no example of a shipped rule shows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from probes import probe_findings, write_rule

from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.exports.loader import of

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

REFUSED = 'reason = ["permission_denied"]'
USERS = '[{"username": "kim", "roles": ["Team"]}]'


def line(at: int, status: int, *, user: str = "kim", dag: str = "a", path: str = "/api/v1/dags/{}/dagRuns") -> str:
    return (
        f"127.0.0.1 - {user} [22/Nov/2026:12:38:{at:02} +0000] "
        f'"POST {path.format(dag)} HTTP/1.1" {status} 186 "-" "curl/8.5.0"\n'
    )


def probe(
    folder: Path,
    log: str,
    *,
    over: str = '["caller"]',
    when: str = REFUSED,
    need: str = "",
    roles: str = "",
    remedy: str = "x",
) -> pd.DataFrame:
    write_rule(folder, over=over, when=when, need=need, remedy=remedy)
    given = of((), (), [Written("users", USERS)], [Written("roles", roles)]) if roles else of((), ())
    return probe_findings(folder, log, given)


def test_a_caller_is_the_user_or_else_the_address(tmp_path: Path) -> None:
    found = probe(tmp_path, line(1, 403) + line(2, 403, dag="b") + line(3, 403, user="-"))
    assert sorted(zip(found["explanation"], found["attempts"], strict=True)) == [("127.0.0.1", 1), ("kim", 2)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (line(1, 200, dag="b"), 1),
        (line(1, 200, dag="a"), 0),
        (line(1, 200, dag="b", user="uma"), 0),
        (line(1, 200, dag="b", path="/api/experimental/dags/{}/dag_runs"), 0),  # asks no role
    ],
    ids=["another DAG", "the same DAG", "another user", "the experimental API"],
)
def test_successes_elsewhere(before: str, expected: int, tmp_path: Path) -> None:
    assert len(probe(tmp_path, before + line(9, 403), need="elsewhere = 1")) == expected


@pytest.mark.parametrize(("at", "expected"), [(1, 0), (8, 1), (10, 1), (20, 0)])
def test_successes_beside(at: int, expected: int, tmp_path: Path) -> None:
    log = "".join(sorted([line(at, 200), line(9, 403)], key=lambda each: each[:50]))
    assert len(probe(tmp_path, log, over='["client", "dag_id"]', need="beside = 2")) == expected


@pytest.mark.parametrize(("dag", "expected"), [("a.b", 1), ("ab", 0)])
def test_dotted_ids(dag: str, expected: int, tmp_path: Path) -> None:
    assert len(probe(tmp_path, line(1, 403, dag=dag), when="dotted = [true]")) == expected


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ("can_read", "both"),
        ("can_edit", "dag_run_create"),
        ("can_create", "dag_edit"),
        ("can_edit,can_create", "nothing"),
    ],
)
def test_what_is_missing(held: str, missing: str, tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"name": "Team", "resource": resource, "action": held} for resource in ("DAGs", "DAG Runs")
    ]
    roles = str(records).replace("'", '"')
    assert len(probe(tmp_path, line(1, 403), when=f'missing = ["{missing}"]', roles=roles)) == 1


def test_a_grant_does_not_bring_a_dag_back(tmp_path: Path) -> None:
    log = line(1, 404).replace(" 186 ", " 210 ") + line(2, 403)
    roles = '[{"name": "Team", "resource": "DAGs", "action": "can_read"}]'
    found = probe(tmp_path, log, when=f"{REFUSED}\ndag_missing = [true]", roles=roles).iloc[0]
    assert (found["missing"], found["remedy"]) == ("", "x")
    assert "access_control" not in found["explanation"]


def test_what_is_not_known_is_left_open_in_a_command(tmp_path: Path) -> None:
    found = probe(tmp_path, line(1, 403, user="-"), remedy="airflow users add-role -u {user} -r User")
    assert list(found["remedy"]) == ["airflow users add-role -u USER -r User"]


@pytest.mark.parametrize(("path", "attempts"), [("/api/v1/dags/{}/dagRuns", [4]), ("//api/v1/dags/{}/dagRuns", [2, 2])])
def test_requests_for_one_target(path: str, attempts: list[int], tmp_path: Path) -> None:
    log = line(1, 403) + line(2, 403, path=path) + line(3, 403, user="uma") + line(4, 403, user="uma", path=path)
    found = probe(tmp_path, log, over='["client", "target"]')
    assert list(found["attempts"]) == attempts
