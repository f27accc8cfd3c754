"""What bodies of the stable REST API say by their length, whatever link into the documentation they hold."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import logparse
from logparse.pipeline import options, run
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

STDIN = Source("-", None, None)


def line(dag_id: str, status: int, size: int, query: str = "") -> str:
    return (
        f'10.0.0.7 - uma [22/Nov/2026:12:38:55 +0000] "POST /api/v1/dags/{dag_id}/dagRuns{query} HTTP/1.1" '
        f'{status} {size} "-" "curl/8.5.0"\n'
    )


def last(*lines: str) -> tuple[str, str]:
    attempts = run.run([STDIN], options.Options(), stdin=io.BytesIO("".join(lines).encode())).attempts
    return attempts["reason"].iloc[-1], attempts["confidence"].iloc[-1]


@pytest.mark.parametrize("unauthorized", [187, 188, 196], ids=["2.9", "2.11", "a link of somebody's own"])
@pytest.mark.parametrize("told_by", [401, 403, 404])
def test_one_answer_tells_the_length_of_the_link(unauthorized: int, told_by: int) -> None:
    told = line("abc", told_by, unauthorized + {401: 0, 403: -2, 404: 21 + len("abc")}[told_by])
    assert last(told, line("broken", 400, unauthorized + 41 + len("broken"))) == ("dag_import_error", "likely")
    assert last(told, line("broken", 400, unauthorized + 40 + len("broken"))) == ("bad_request", "confirmed")
    assert last(told, line("broken", 400, unauthorized + 41 + len("broken"), "?token=x"))[0] == "bad_request"
    assert last(told, line("broken", 404, unauthorized + 21 + len("broken"))) == ("dag_not_found", "confirmed")
    assert last(told, line("broken", 404, 205)) == ("endpoint_not_found", "confirmed")
    assert last(told, line("broken", 404, 153)) == ("endpoint_not_found", "likely")


def test_letters_that_json_escapes_count_as_written() -> None:
    told = line("abc", 401, 188)
    assert last(told, line("caf%C3%A9", 400, 188 + 41 + len(r"caf\u00e9")))[0] == "dag_import_error"
    assert last(told, line("caf%C3%A9", 400, 188 + 41 + len("café")))[0] == "bad_request"


def test_where_no_answer_tells_nothing_is_certain() -> None:
    assert last(line("broken", 400, 235)) == ("dag_import_error", "likely")
    assert last(line("broken", 400, 230)) == ("bad_request", "likely")
    # a page in HTML, which 1.10.12 gives out for a path of Airflow 2, is longer than any answer about a DAG
    assert last(line("etl_daily", 404, 3879)) == ("endpoint_not_found", "likely")
    assert last(line("etl_daily", 404, 187 + 21 + len("etl_daily"))) == ("dag_not_found", "confirmed")
    # compressed by a proxy: no length of a 401
    assert last(line("abc", 401, 143), line("broken", 400, 230)) == ("bad_request", "likely")


def test_answers_of_different_lengths_tell_nothing() -> None:
    assert last(line("a", 401, 187), line("a", 401, 190), line("broken", 400, 232)) == ("bad_request", "likely")


def haproxy(second: int, request: str, status: int, size: int) -> str:
    """Return a line of HAProxy, whose sizes hold the headers."""
    return (
        f"192.0.2.30:3{second:04} [30/Nov/2026:01:53:{second:02}.337] airflow web/s1 0/0/0/60/62 {status} {size} "
        f'- - ---- 1/1/0/0/0 0/0 "{request} HTTP/1.1"\n'
    )


@pytest.mark.parametrize(("target", "more", "outcome"), [
    ("/dags/etl/trigger?redirect_url=/home", 258, "success"),
    ("/dags/etl/trigger?redirect_url=/home", 170, "authorization_failure"),
    ("/dags/etl/trigger?redirect_url=/home", 0, "undetermined"),
    ("/dags/etl/trigger?origin=%2Fhome", 258, "success"),
    ("/dags/etl/trigger?origin=%2Fhome", 219, "other_failure"),
])  # fmt: skip
def test_pages_show_their_messages_where_sizes_hold_headers(target: str, more: int, outcome: str) -> None:
    pages, button = [("GET /home", 200, 93782)] * 2, ("POST /dags/etl/trigger?redirect_url=/home", 302, 550)
    asked = [*pages, button, ("GET /home", 200, 94040), *pages, (f"POST {target}", 302, 550)]
    lines = [haproxy(second, *request) for second, request in enumerate([*asked, ("GET /home", 200, 93782 + more)])]
    found = run.run([STDIN], options.Options(), stdin=io.BytesIO("".join(lines).encode())).attempts
    assert found["outcome"].to_list() == ["success", outcome]
    assert found["response_bytes"].isna().all()


@pytest.mark.parametrize(("login", "answer", "outcome"), [
    (261, 385, "success"),  # Airflow 2.10.2: the answer to the form shows a new run
    (638, 385, "undetermined"),  # Apache's %O, which counts headers
    (261, 595, "undetermined"),  # no id of a run is so long
])  # fmt: skip
def test_sizes_that_hold_headers_show_no_redirect(login: int, answer: int, outcome: str) -> None:
    host, page = "http://airflow.example.com", "/login/?next=http%3A%2F%2Fairflow.example.com%2Fhome"
    form = "/dags/etl/trigger?origin=%2Fdags%2Fetl%2Fgrid"
    lines = [
        f'192.0.2.30 - - [29/Nov/2026:18:48:{second} +0000] "POST {target} HTTP/1.1" 302 {size} "{host}{target}" '
        '"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"\n'
        for second, target, size in ((16, page, login), (49, form, answer))
    ]
    found = run.run([STDIN], options.Options(), stdin=io.BytesIO("".join(lines).encode())).attempts
    assert found["outcome"].to_list() == [outcome]


@pytest.mark.parametrize(
    ("size", "reason"), [(213, "dag_not_found"), (520, "dag_not_found"), (3879, "endpoint_not_found")]
)
def test_a_404_is_about_a_dag_unless_it_is_too_long_for_that(size: int, reason: str, tmp_path: Path) -> None:
    """520 bytes are an answer with its headers; 3,879 are the page of Airflow 1.10, which has no such API."""
    log = tmp_path / "access.log"
    log.write_text(
        f'192.0.2.7 - ann [22/Nov/2026:17:12:17 +0000] "POST /api/v1/dags/nope/dagRuns HTTP/1.1" 404 {size} "-" "-"\n'
    )
    assert logparse.attempts(log)["reason"].to_list() == [reason]
