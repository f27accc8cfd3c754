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
#: ... who asked for a DAG of which nobody saw a form.
OF_ANOTHER = asked("GET", "ml-train", "302 201", "127.0.0.33")
#: To the page that the run was asked from: a run was made.
MADE = asked("GET", "dagRuns", "302 277")


#: Also those that the form was filled in for: it comes back if a field is wrong.
FILLED_IN = FORMS.splitlines(keepends=True)[0].replace("?origin", "?conf=%7B&origin")


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        (FORMS + STRANGER, ["POST"]),
        (TWO_FORMS + STRANGER, ["POST"]),  # two DAGs may have params; the stranger asked for the form of one of them
        (TWO_FORMS + STRANGER + OF_ANOTHER, ["POST", "GET"]),
        (FILLED_IN + STRANGER, ["GET", "POST"]),
        (TWO_FORMS + STRANGER + asked("GET", "etl_daily", "302 281"), ["GET", "POST", "GET"]),  # it made a run
        (FORMS + MADE + STRANGER + OF_ANOTHER, ["GET", "POST"]),
        # The setting is not there: a DAG without params has no form.
        (FORMS + MADE + STRANGER.replace("etl_daily", "etl"), ["GET", "GET", "POST"]),
        (FORMS + STRANGER.replace("etl_daily", "etl"), ["POST"]),
        (STRANGER, ["GET", "POST"]),
    ],
)
def test_a_look_at_a_form_is_no_attempt(text: str, methods: list[str], tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(text, "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options())
    assert found.attempts["method"].to_list() == methods
