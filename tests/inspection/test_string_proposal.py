"""detect proposes a format string for lines in an unknown form, if one reads all of them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

import pytest

import logparse
from logparse.inspection.detect import detect
from logparse.inspection.string_proposal import propose_log_format
from logparse.scans.settings import Setup

if TYPE_CHECKING:
    from pathlib import Path


RUN: Final = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"


@pytest.mark.parametrize(
    ("form", "string"),
    [
        ('{time} {client} -> "{run}" -> 403 (186 bytes)',
         '$time_iso8601 $remote_addr -> "$request" -> $status ($body_bytes_sent bytes)'),
        ('[{time}] [{client}] [{user}] ["{run}"] [403] [0.021]',
         '[$time_iso8601] [$remote_addr] [$remote_user] ["$request"] [$status] [$request_time]'),
        ('1772409592.123 {client} web "{run}" 403 "curl/8.5.0"',
         '$msec $remote_addr web "$request" $status "$http_user_agent"'),
        ("{time} {client} {run} 403", ""),  # a client may write what looks like a status
        ('{time} {client} id-{user} "{run}" took 0.021', ""),
        ('{time} {client} cost $5 "{run}" 403', ""),
        ('{time} {client} 8/9/{user} "{run}" 403', ""),  # a number is part of a field
        ('{time} {client} -> token=QZfN1mAXMxcBwSs7 "{run}" 403', ""),
    ],
)  # fmt: skip
def test_a_format_string_is_proposed_that_reads_all_lines(form: str, string: str, tmp_path: Path) -> None:
    rows = [("2026-03-01T23:59:52Z", "192.0.2.4", "alice"), ("2026-03-01T23:59:53Z", "192.0.2.5", "bob")]
    lines = [form.format(time=time, client=client, user=user, run=RUN) for time, client, user in rows]
    (tmp_path / "x").write_text("\n".join(lines) + "\n")
    option = detect(str(tmp_path / "x"), Setup()).option
    assert shlex.split(option)[1:] == ([string] if string else [])
    if string:
        found = logparse.attempts(tmp_path / "x", log_formats=string)
        assert found["client"].to_list() == ["192.0.2.4", "192.0.2.5"]


def test_one_line_alone_shows_no_format_string() -> None:
    line = f'2026-03-01T23:59:52Z 192.0.2.4 -> "{RUN}" -> 403'
    assert propose_log_format([line, line]) == ""
    assert propose_log_format([line, line.replace("403", "401")]) != ""
