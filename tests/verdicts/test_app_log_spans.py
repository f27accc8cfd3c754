"""App lines in a file of their own that holds another time than the requests.

Lines are those of a server of 3.3.0 behind nginx, with other days and times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

OPEN = "token_invalid|permission_denied"
REFUSED = (
    '127.0.0.13 - - [{day}/Nov/2026:09:15:07 +0000] "POST /api/v2/dags/ml-train/dagRuns HTTP/1.1" 403 - "-" '
    '"python-requests/2.32.5" "-"'
)
APP = (
    "{at} [info     ] Updated user Lea Brandt           "
    "[airflow.providers.fab.auth_manager.security_manager.override] loc=override.py:1517"
)


def reasons(folder: Path, access: str, app: str) -> list[str]:
    (folder / "access.log").write_text(access + "\n", "utf-8")
    (folder / "server.log").write_text(app + "\n", "utf-8")
    return list(run.run(discovery.find_sources([str(folder)]), options.Options()).attempts["reason"])


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        pytest.param("2026-11-30T00:00:10.000000Z", "2026-11-30T23:59:10.000000Z", "permission_denied", id="same day"),
        pytest.param("2026-11-30T07:00:10.000000Z", "2026-11-30T08:40:10.000000Z", "permission_denied", id="quiet end"),
        pytest.param("2026-11-30T00:00:10.000000Z", "2026-11-30T08:00:10.000000Z", OPEN, id="rotated away before"),
        pytest.param("2026-11-30T10:30:10.000000Z", "2026-11-30T23:00:10.000000Z", OPEN, id="begins later"),
        pytest.param("2026-11-24T10:30:10.000000Z", "2026-11-25T23:00:10.000000Z", OPEN, id="another day"),
    ],
)
def test_span(begin: str, end: str, expected: str, tmp_path: Path) -> None:
    app = "\n".join((APP.format(at=begin), APP.format(at=end)))
    assert reasons(tmp_path, REFUSED.format(day=30), app) == [expected]


def test_each_request_has_its_time(tmp_path: Path) -> None:
    app = "\n".join((APP.format(at="2026-11-29T00:00:10.000000Z"), APP.format(at="2026-11-29T23:00:10.000000Z")))
    access = "\n".join(REFUSED.format(day=day) for day in (28, 29, 30))
    assert reasons(tmp_path, access, app) == [OPEN, "permission_denied", OPEN]


def test_app_lines_in_one_file_with_the_requests_have_no_span(tmp_path: Path) -> None:
    app = APP.format(at="2026-11-29T00:00:10.000000Z")
    (tmp_path / "server.log").write_text(f"{app}\n{REFUSED.format(day=30)}\n", "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts
    assert list(found["reason"]) == ["permission_denied"]
