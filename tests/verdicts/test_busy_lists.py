"""Lists of DAGs that show import errors, lists with filters, and lists that show nothing: lines of Airflow 2.8.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0"


def line(number: int, asked: str, answer: str, referer: str = "/home") -> str:
    return (
        f'127.0.0.42 - - [30/Nov/2026:15:{number // 60:02}:{number % 60:02} +0000] "{asked} HTTP/1.1" {answer} '
        f'"http://airflow.corp.example{referer}" "{AGENT}"\n'
    )


def attempt(number: int, dag: str, size: int) -> str:
    """A trigger on the list of DAGs, and how long that list was behind it."""
    asked = line(number, f"POST /dags/{dag}/trigger?redirect_url=%2Fhome", "302 197")
    return asked + view(number, size)


def view(number: int, size: int, query: str = "") -> str:
    return line(number, f"GET /home{query}", f"200 {size}")


#: What one person saw, to whom the list shows import errors: a message is shorter by 8 bytes there.
BESIDE_ERRORS = (
    view(1, 82355) + view(2, 82355) + attempt(3, "finance.month_end_close", 82517) + view(4, 82355) + view(5, 82355)
    + attempt(6, "stock_levels_v3", 82517) + view(7, 82355)
)  # fmt: skip
#: The same with a person who may trigger: ``Triggered ..., it should start any moment now.``
TRIGGERED_BESIDE_ERRORS = (
    view(1, 83901) + view(2, 83901) + attempt(3, "sales_daily", 84102) + view(4, 83901)
    + attempt(5, "finance.month_end_close", 84114) + view(6, 83901) + view(7, 83901)
)  # fmt: skip
#: A person who is shown no import errors.
ALONE = view(1, 78471) + view(2, 78471) + attempt(3, "ml_retrain_weekly", 78641) + view(4, 78471)
#: Two messages: the DAG was paused, and both say so. The second one adds 8 bytes less than the first.
UNPAUSED = view(1, 69637) + view(2, 69637) + attempt(3, "etl_daily", 70014) + view(4, 69637) + view(5, 69637)
#: The list that was asked for with a filter is longer by the filter, which is no message.
FILTERED = view(1, 81978, "?status=active") + view(2, 81966) + attempt(3, "sales_daily", 82128) + view(4, 81966)
#: The grid of a DAG whose file is broken leads to the list, which says that the DAG is missing.
MISSING = view(1, 82355) + view(2, 82560) + view(3, 82355) + attempt(4, "legacy_import", 82517) + view(5, 82560)
#: A message on the list before: what is behind the attempt is as long, so that it seems to hold none.
SILENT = view(1, 71839) + view(2, 71839) + view(3, 65859) + attempt(4, "sales_daily", 65859)


@pytest.mark.parametrize(
    ("log", "outcomes"),
    [
        (BESIDE_ERRORS, ["permission_denied", "permission_denied"]),
        (TRIGGERED_BESIDE_ERRORS, ["success", "success"]),
        (ALONE, ["permission_denied"]),
        (UNPAUSED, ["success"]),
        (FILTERED + BESIDE_ERRORS.replace(":15:00:", ":15:20:"), ["permission_denied"] * 3),
        (MISSING + BESIDE_ERRORS.replace(":15:00:", ":15:20:"), ["permission_denied"] * 3),
        (SILENT, ["success|permission_denied"]),  # open: a success shows a message, a refusal as well
        (attempt(1, "sales_daily", 65859), ["success|permission_denied"]),  # no other list to compare it with
    ],
)  # fmt: skip
def test_what_a_list_says_beside_other_messages(log: str, outcomes: list[str], tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(log, "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts
    rows = zip(found["outcome"], found["reason"], strict=True)
    assert [outcome if outcome == "success" else reason for outcome, reason in rows] == outcomes
