"""Exports of Airflow's database: what hurts whoever looks for the rows that belong to a request.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hostile.cases import case
from hostile.lines import BEGIN, BROWSER, access, run

if TYPE_CHECKING:
    from hostile.cases import Files

AUDIT: Final = "id,dttm,dag_id,task_id,event,execution_date,owner,extra\n"
RUNS: Final = "id,dag_id,run_id,execution_date,queued_at,run_type,state,external_trigger\n"


def audit(number: int, second: float, dag: str, event: str = "trigger", owner: str = "ann") -> str:
    """Return a row of the audit log."""
    time = BEGIN + timedelta(seconds=second)
    return f"{number},{time:%Y-%m-%d %H:%M:%S.%f},{dag},,{event},,{owner},\n"


def dag_run(number: int, second: float, dag: str) -> str:
    """Return a DAG run."""
    time = BEGIN + timedelta(seconds=second)
    return f"{number},{dag},manual__{number},{time:%Y-%m-%d %H:%M:%S.%f},{time:%Y-%m-%d %H:%M:%S.%f},manual,queued,1\n"


@case("audit rows that belong to no request", 20_000, "--audit-log", "export-audit.csv")
def _audit_alone(n: int) -> Files:
    return {
        "server.log": (access(i * 100, run(f"d{i % 40}"), 200) for i in range(n // 100)),
        "export-audit.csv": [AUDIT, *(audit(i, i, f"d{i % 40}") for i in range(n))],
    }


@case("requests and audit rows of one second", 4_000, "--audit-log", "export-audit.csv")
def _audit_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, "POST /trigger?dag_id=etl", 302, agent=BROWSER, size=208) for _ in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, 0.5, "etl") for i in range(n))],
    }


@case("requests of one second for many DAGs, with audit rows", 5_000, "--audit-log", "export-audit.csv")
def _audit_dags(n: int) -> Files:
    return {
        "server.log": (access(0, f"POST /trigger?dag_id=d{i}", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, 0.5, f"d{i}") for i in range(n))],
    }


@case("requests with audit rows", 5_000, "--audit-log", "export-audit.csv")
def _audit_matching(n: int) -> Files:
    return {
        "server.log": (access(i, f"POST /trigger?dag_id=d{i}", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, i, f"d{i}", owner=f"u{i}") for i in range(n))],
    }


@case("requests of one browser with audit rows of many owners", 5_000, "--audit-log", "export-audit.csv")
def _audit_owners(n: int) -> Files:
    return {
        "server.log": (access(i, "POST /trigger?dag_id=etl", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, i, "etl", owner=f"u{i % 100}" if i % 2 else "") for i in range(n))],
    }


@case("runs that belong to no request", 20_000, "--dag-runs", "export-runs.csv")
def _runs_alone(n: int) -> Files:
    return {
        "server.log": (access(i * 100, run(f"d{i % 40}"), 200) for i in range(n // 100)),
        "export-runs.csv": [RUNS, *(dag_run(i, i, f"d{i % 40}") for i in range(n))],
    }


@case("requests and runs of one second", 4_000, "--dag-runs", "export-runs.csv")
def _runs_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, run("etl"), 200) for _ in range(n)),
        "export-runs.csv": [RUNS, *(dag_run(i, 0.5, "etl") for i in range(n))],
    }
