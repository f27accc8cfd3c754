"""A DAG that writes the weekly report of DAG triggers, with the audit log of the Airflow that runs it.

Put this file into the folder of DAGs of Airflow 2.4 or later, or 3, and change the paths. logparse is in an environment
of its own, with its extra ``fetch`` and the driver of the database, since Airflow pins versions of what both use. In a
checkout of logparse:

    python3 -m venv /opt/logparse && /opt/logparse/bin/pip install '.[fetch]' 'psycopg[binary]'

Set LOGPARSE_DB for the workers to the database of Airflow, with a user who may only read:
postgresql+psycopg://reader:PASSWORD@db.example.com/airflow. (Tasks of Airflow 3 are not told the database themselves.)
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

LOGPARSE = "/opt/logparse/bin/logparse"
LOGS = "/exports/airflow/"
ARCHIVE = "/reports/airflow"
PAGES = "/reports/pages"

#: Rows of two weeks, so that they span more time than the lines of the last week; status 1 says that the report was
#: written, but some input could not be read or understood, and the log of the task says what.
REPORT = f"""
set -e
exports=$(mktemp -d)
trap 'rm -rf "$exports"' EXIT
{LOGPARSE} fetch --out "$exports" --since "$(date -u -d '15 days ago' +%F)"
set -- --audit-log "$exports/log.csv" --dag-runs "$exports/dag_run.csv"
if [ -e "$exports/users.json" ]; then set -- "$@" --users "$exports/users.json"; fi
if [ -e "$exports/roles.json" ]; then set -- "$@" --roles "$exports/roles.json"; fi
{LOGPARSE} report {LOGS} --out {ARCHIVE} --html {PAGES} "$@" || [ $? -eq 1 ]
"""

with DAG(
    "dag_triggers_report",
    description="Who tried to trigger which DAG last week, and what became of it",
    schedule="15 5 * * 1",
    start_date=datetime(2026, 1, 5, tzinfo=timezone.utc),  # noqa: UP017 - Airflow 2 runs on Python 3.8 too
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=10)},
    tags=["logparse"],
) as dag:
    report = BashOperator(task_id="report", bash_command=REPORT)
    digest = BashOperator(task_id="digest", bash_command=f"{LOGPARSE} digest {ARCHIVE}")
    report >> digest
