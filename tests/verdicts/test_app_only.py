"""Names typed into the login form, in a file of app lines whose access lines are in another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FORGERY = '127.0.0.2 - admin [22/Nov/2026:{} +0000] "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 464 "-" "curl"'
OTHER = '127.0.0.3 - uma [22/Nov/2026:12:50:57 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 503 "-" "curl/8.5.0"'
LOGIN = '127.0.0.6 - - [22/Nov/2026:12:50:56 +0000] "POST /login/ HTTP/1.1" 302 227 "-" "Mozilla/5.0"'


def app(text: str, second: int) -> str:
    return f"[2026-11-22T12:50:{second:02}.519+0000] {{override.py:2232}} INFO - {text}\n"


def read(folder: Path, typed: str, before: int = 25) -> pd.DataFrame:
    lines = [app("Updated user uma Lab", 55)] * before
    lines += [app(f"Login Failed for user: {typed}", 56), app("Updated user uma Lab", 57)]
    (folder / "app.log").write_text("".join(lines))
    (folder / "access.log").write_text(f"{LOGIN}\n{OTHER}\n")
    return run.run(discovery.find_sources([str(folder)]), options.Options()).attempts


@pytest.mark.parametrize("lines", [1, 5, 30])
def test_lines_off_in_time_are_left_out(lines: int, tmp_path: Path) -> None:
    attempts = read(tmp_path, "\n".join(["x", *[FORGERY.format("13:30:00")] * lines]))
    assert attempts["dag_id"].tolist() == ["etl"]
    assert attempts["confidence"].tolist() == ["confirmed"]


def test_lines_in_time_are_never_certain(tmp_path: Path) -> None:
    attempts = read(tmp_path, f"x\n{FORGERY.format('12:50:56')}").set_index("dag_id")["confidence"]
    assert attempts.to_dict() == {"etl": "confirmed", "forged": "likely"}


def test_lines_in_time_before_one_that_is_not(tmp_path: Path) -> None:
    typed = "\n".join(["x", FORGERY.format("12:50:56"), FORGERY.format("14:00:00")])
    attempts = read(tmp_path, typed, before=0).set_index("dag_id")["confidence"]
    assert attempts.to_dict() == {"etl": "confirmed", "forged": "likely"}


def test_a_server_of_few_lines_is_not_doubted(tmp_path: Path) -> None:
    refused = OTHER.replace("200 503", "401 188")
    (tmp_path / "server.log").write_text(app("Login Failed for user: uma", 56) + refused + "\n" + OTHER + "\n")
    attempts = run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts
    assert attempts["confidence"].tolist() == ["confirmed", "confirmed"]
