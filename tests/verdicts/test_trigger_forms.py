"""A GET of the trigger URL of 2.7: an attempt, or only a look at a form; lines as 2.7.1 and 2.7.3 write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"


def asked(method: str, dag: str, answer: str, client: str = "127.0.0.21") -> str:
    target = f"/dags/{dag}/trigger?origin=%2Fdags%2F{dag}%2Fgrid"
    return (
        f'{client} - - [30/Nov/2026:11:42:54 +0000] "{method} {target} HTTP/1.1" '
        f'{answer} "http://airflow.corp.example/dags/{dag}/grid" "{AGENT}"\n'
    )


FORMS = "".join(asked("GET", dag, "200 22775") for dag in ("etl_daily", "hr_payroll", "ml-train"))
TWO_FORMS = "".join(asked("GET", dag, "200 22775") for dag in ("etl_daily", "hr_payroll", "etl_daily"))
#: A stranger, whom 2.7 sends to a bare /login/.
STRANGER = asked("GET", "etl_daily", "302 201", "127.0.0.33") + asked("POST", "etl_daily", "302 201", "127.0.0.33")
#: To the page that the run was asked from: a run was made.
MADE = asked("GET", "dagRuns", "302 277")


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        (FORMS + STRANGER, ["POST"]),
        (TWO_FORMS + STRANGER, ["GET", "POST"]),  # two DAGs may have params
        (FORMS + MADE + STRANGER, ["GET", "GET", "POST"]),  # the setting is not there: a DAG without params has no form
        (STRANGER, ["GET", "POST"]),
    ],
)
def test_a_look_at_a_form_is_no_attempt(text: str, methods: list[str], tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(text, "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options())
    assert found.attempts["method"].to_list() == methods
