"""Logs as people hand them over, with what tools put around them, are read in full; healthy output is no damage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

import logparse
from logparse.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DAG: Final = "/api/v1/dags/etl_daily/dagRuns"


def access(client: str, user: str, time: str, status: int, size: int) -> str:
    return f'{client} - {user} [04/Mar/2026:{time} +0000] "POST {DAG} HTTP/1.1" {status} {size} "-" "curl/8.5.0"'


LINES: Final = [
    access("203.0.113.10", "alice", "10:00:01", 403, 186),
    "[2026-03-04T10:00:02.101+0000] {override.py:2240} INFO - Login Failed for user: bob",
    access("203.0.113.11", "bob", "10:00:02", 401, 188),
    access("203.0.113.12", "carol", "10:01:01", 200, 386),
]
OUTCOMES: Final = ["authorization_failure", "authentication_failure", "success"]
AROUND: Final[dict[str, Callable[[list[str]], str]]] = {
    "a label of Google's console": lambda lines: "".join(
        f"INFO 2026-03-04T10:0{at}:00.123456Z [resource.labels.containerName: webserver] {line}\n"
        for at, line in enumerate(lines)
    ),
    "coloredlogs": lambda lines: "".join(
        f"2026-03-04 10:0{at}:00 web-1 gunicorn.access[12] INFO {line}\n" for at, line in enumerate(lines)
    ),
    "Tornado": lambda lines: "".join(f"[I 260304 10:0{at}:00 glogging:363] {x}\n" for at, x in enumerate(lines)),
    "a page of Chrome": lambda lines: (
        '<html><head><meta name="color-scheme" content="light dark"></head><body><pre style="white-space: pre-wrap;">'
        + "\n".join(lines)
        + "\n</pre></body></html>\n"
    ),
    "bars": lambda lines: (
        "timestamp|host|message\n"
        + "".join('2026-03-04 10:00:00|web1|"' + line.replace('"', '""') + '"\n' for line in lines)
    ),
    "a serial console": lambda lines: "\n\r".join(lines) + "\n\r",
    "a list in one line": json.dumps,
    "a list that Python printed": repr,
    "lists of one": lambda lines: json.dumps([[line] for line in lines]),
    "an object with a list": lambda lines: json.dumps({"host": "web-1", "stdout_lines": lines}, indent=2),
    "an answer that Python printed": lambda lines: repr(
        {"events": [{"timestamp": 1772618400000 + at, "message": line} for at, line in enumerate(lines)]}
    ),
    "a notebook": lambda lines: json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "metadata": {}, "source": ["# What happened\n"]},
                {
                    "cell_type": "code",
                    "outputs": [{"name": "stdout", "output_type": "stream", "text": [f"{line}\n" for line in lines]}],
                    "source": ["!docker logs web"],
                },
            ],
            "nbformat": 4,
        },
        indent=1,
    ),
    "a mail that was answered": lambda lines: (
        "On Wed, Mar 4, 2026 at 10:10 AM Ops <ops@example.org> wrote:\n>\n" + "".join(f"> {line}\n" for line in lines)
    ),
    "a step of CircleCI": lambda lines: (
        "#!/bin/bash -eo pipefail\n"
        + "".join(f"web-1  | {line}\n" for line in lines)
        + "CircleCI received exit code 0\n"
    ),
    "one string": lambda lines: json.dumps("\n".join(lines)),
    "an old Mac": "\r".join,
    "a diff": lambda lines: (
        "diff --git a/web.log b/web.log\nnew file mode 100644\nindex 0000000..abc1234\n--- /dev/null\n+++ b/web.log\n"
        "@@ -0,0 +1,4 @@\n" + "".join(f"+{line}\n" for line in lines)
    ),
    "ansible": lambda lines: (
        'ok: [web1] => {\n    "result.stdout_lines": [\n'
        + ",\n".join(f"        {json.dumps(line)}" for line in lines)
        + "\n    ]\n}\n"
    ),
    "names and dashes": lambda lines: "".join(f"web-1 - webserver {line}\n" for line in lines),
    "a program in Go that passes lines on": lambda lines: "".join(
        f"I0304 10:00:0{at}.123456      17 tail.go:40] {line}\n" for at, line in enumerate(lines)
    ),
    "two dashes": lambda lines: "".join(f"web-1 - - {line}\n" for line in lines),
    "rsyslog's records": lambda lines: "".join(json.dumps({"host": "w", "msg": f" {line}"}) + "\n" for line in lines),
    "a swarm": lambda lines: "".join(f"airflow_web.1.x7k2m9q4c1vb@node-3    | {line}\n" for line in lines),
    "journalctl -o short-monotonic": lambda lines: "".join(
        f"[{1200.5 + at:12.6f}] web-1 airflow[812]: {line}\n" for at, line in enumerate(lines)
    ),
    "journalctl -o json-seq": lambda lines: "".join(f"\x1e{json.dumps({'MESSAGE': line})}\n" for line in lines),
    "journalctl -o json-sse": lambda lines: "".join(f"data: {json.dumps({'MESSAGE': line})}\n\n" for line in lines),
    "a step of Jenkins": lambda lines: (
        "Started by user admin\n[Pipeline] node\n[Pipeline] { (Logs)\n+ docker logs web\n"
        + "".join(f"[2026-03-04T10:00:0{at}.000Z] {line}\n" for at, line in enumerate(lines))
        + "[Pipeline] }\n[Pipeline] // node\n[Pipeline] End of Pipeline\nFinished: SUCCESS\n"
    ),
    "a job of GitLab": lambda lines: (
        "2026-03-04T09:00:00.000000Z 00O \x1b[0KRunning with gitlab-runner 17.4.0 (b92ee590)\n"
        + "".join(f"2026-03-04T10:00:0{at}.123456Z 01O{' +'[at == 1]}{line}\n" for at, line in enumerate(lines))
    ),
    "Grafana Alloy": lambda lines: "".join(
        f"ts=2026-03-04T10:00:0{at}Z level=info component_id=loki.echo.default entry={json.dumps(line)} labels=x\n"
        for at, line in enumerate(lines)
    ),
    "Loggly": lambda lines: json.dumps(
        {"events": [{"timestamp": 1772618400000, "event": {"syslog": {"host": "w"}}, "logmsg": x} for x in lines]}
    ),
    "Coralogix": lambda lines: json.dumps(
        {"result": {"results": [{"labels": [], "userData": json.dumps({"log": line})} for line in lines]}}
    ),
    "SigNoz": lambda lines: json.dumps(
        {"data": {"data": {"results": [{"queryName": "A", "rows": [{"data": {"body": line}} for line in lines]}]}}}
    ),
    "fluent-bit's file": lambda lines: "".join(
        f"kube.web: [177261840{at}.5, {json.dumps({'log': line})}]\n" for at, line in enumerate(lines)
    ),
}


def report(log: Path, out: Path) -> int:
    return CliRunner().invoke(app, ["report", str(log), "--out", str(out)]).exit_code


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", AROUND)
def test_what_is_around_the_lines_changes_no_attempt(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(AROUND[name](LINES), newline="")
    found = logparse.attempts(tmp_path / "a.log")
    assert found["user"].to_list() == ["alice", "bob", "carol"]
    assert found["client"].to_list() == ["203.0.113.10", "203.0.113.11", "203.0.113.12"]
    assert found["outcome"].to_list() == OUTCOMES
    assert report(tmp_path / "a.log", tmp_path / "out") == 0


def test_a_user_of_the_w3cs_format_is_read_where_there_are_few_columns(tmp_path: Path) -> None:
    head = "#Fields: date time cs-method cs-uri-stem c-ip cs-username sc-status time-taken"
    (tmp_path / "a.log").write_text(f"{head}\n2026-03-04 10:00:01 POST {DAG} 203.0.113.10 alice 403 21\n")
    found = logparse.attempts(tmp_path / "a.log")
    assert found[["user", "client", "duration_ms"]].to_numpy().tolist() == [["alice", "203.0.113.10", 21.0]]


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "a.py", line 1, in x\n    raise y\nlockfile.AlreadyLocked: a.pid\n',
        "ERROR: You need to initialize the database. Please run `airflow db init`.\n",
        "Waiting for migrations... 1 second(s)\nINFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n",
        "Collecting apache-airflow-providers-snowflake==5.5.0\nRequirement already satisfied: boto3 in /usr/lib\n",
        "[I 260304 10:00:01 command:168] Visit me at http://0.0.0.0:5555\n    ['celery.accumulate']\n",
        'INFO: detected pid 1, running init handler\nI0304 10:00:01.123456      12 main.go:401] "msg"="starting up"\n',
        "airflow 10:00:00.12 INFO  ==> ** Starting Airflow **\n",
        "Running with gitlab-runner 17.2.0 (abc)\n+ kubectl logs deploy/airflow-webserver\n",
        "[ops@bastion ~]$ docker logs airflow-webserver\n[ops@bastion ~]$ \n",
        "@timestamp,@message\n",
        "[]\n",
        '{\n  "events": [],\n  "searchedLogStreams": []\n}\n',
        '{"took":1,"hits":{"total":{"value":0,"relation":"eq"},"max_score":null,"hits":[]}}\n',
        '{"status":"success","data":{"resultType":"streams","result":[],"stats":{}}}\n',
        'postgres-1  | 2026-03-04 10:00:01.123 UTC [65] ERROR:  relation "log" does not exist at character 13\n',
        "redis-1     | 1:M 04 Mar 2026 10:00:00.004 * Ready to accept connections tcp\n",
    ],
)
def test_healthy_output_without_requests_is_no_damage(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(text)
    assert report(tmp_path / "a.log", tmp_path / "out") == 0


def test_an_empty_list_beside_a_message_makes_no_record_empty(tmp_path: Path) -> None:
    lines = [json.dumps({"note": "POST /x 403", "line": "lost", "results": []}), json.dumps({"a": [1], "events": []})]
    (tmp_path / "a.log").write_text("\n".join(lines) + "\n")
    assert report(tmp_path / "a.log", tmp_path / "out") == 1


RUN: Final = DAG.replace("v1", "v2")
DONE: Final = f"request finished [http.access] client_addr=203.0.113.9:1 duration_us=3 method=POST path={RUN} query="


@pytest.mark.parametrize(
    "front",
    ["Nov 24, 2026 @ {}.000\t", "airflow_api.1.x7k2m9q4c1vb@node-3    | ", "[{}] ", "[ 1{}.5] web-1 airflow[7]: "],
)
def test_lines_of_airflow_3_are_read_behind_what_looks_like_a_head(front: str, tmp_path: Path) -> None:
    module = "[airflow.api_fastapi.auth.managers.base_auth_manager]"
    lines = [
        f"2026-11-24T09:15:01.100000Z [error    ] JWT token is not valid: Signature verification failed {module}",
        f"2026-11-24T09:15:01.101000Z [info     ] {DONE} status_code=403",
        f"2026-11-24T09:17:03.101000Z [info     ] {DONE} status_code=200",
    ]
    stamps = ["09:15:01", "09:15:01", "09:17:03"]
    written = (front.replace("{}", at if "[ 1" not in front else at[-1]) for at in stamps)
    (tmp_path / "a.log").write_text("".join(map("{}{}\n".format, written, lines)))
    found = logparse.attempts(tmp_path / "a.log")
    assert found["reason"].fillna("").to_list() == ["token_invalid", ""]


def test_a_name_with_an_address_in_it_is_a_users_where_an_address_stands_in_front(tmp_path: Path) -> None:
    line = access("203.0.113.10", "x 198.51.100.7 - root", "10:00:01", 401, 188)
    (tmp_path / "a.log").write_text(f"{line}\n" * 3)
    assert set(logparse.attempts(tmp_path / "a.log")["client"]) == {"203.0.113.10"}


NO_DASH: Final = f'INFO: 203.0.113.9:5123 "POST {RUN} HTTP/1.1" 401 Unauthorized'
PAIRS: Final = f"http.method=POST http.url={RUN} http.status_code=401 network.client.ip=203.0.113.9"


@pytest.mark.parametrize(
    "line",
    [
        f"2026-03-04T10:00:01.983Z {NO_DASH}",
        f"2026-03-04 10:00:01,983 {NO_DASH}",
        f"2026-03-04 10:00:01,983 - INFO - {PAIRS}",
        f"[2026-03-04T10:00:01.983+0000] {{a.py:1}} INFO - {PAIRS}",
        f"2026-03-04T10:00:01.983Z [info     ] http_request                   {PAIRS}",
        f"2026-03-04T10:00:01.983Z [info     ] http_request                   [api.middleware] {PAIRS}",
        f"[2026-03-04 10:00:01,983] INFO in uvicorn.access: {NO_DASH[6:].replace(' ', ' - ', 1)}",
    ],
)
def test_what_a_logger_wrote_about_a_request_is_no_app_line(line: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{line}\n" * 3)
    found = logparse.attempts(tmp_path / "a.log")
    assert found[["client", "status"]].to_numpy().tolist() == [["203.0.113.9", 401]] * 3


@pytest.mark.parametrize("name", [f'x "POST {RUN} HTTP/1.1" 200', PAIRS.replace("401", "200"), f"x {PAIRS}"])
def test_a_name_that_was_typed_is_no_request(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"[2026-03-04T10:00:01.983+0000] {{a.py:1}} INFO - Login Failed for user: {name}\n")
    assert len(logparse.attempts(tmp_path / "a.log")) == 0


@pytest.mark.parametrize("value", ['"-"', '""'])
def test_a_proxy_that_waited_for_no_server_refused_by_itself(value: str, tmp_path: Path) -> None:
    about = '"time":"2026-03-04T10:00:01Z","remote_addr":"203.0.113.9"'
    line = f'{{{about},"request":"POST {RUN} HTTP/1.1","status":401,"upstream_response_time":{value}}}'
    (tmp_path / "a.log").write_text(f"{line}\n")
    assert logparse.attempts(tmp_path / "a.log")["reason"].to_list() == ["refused_by_proxy"]
