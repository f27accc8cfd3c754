"""logparse.formats.given: format strings of the user's own and of format files, whichever server's they are."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from logparse.common.errors import FormatError
from logparse.formats import line_format, loader
from logparse.formats.format_strings import gunicorn as formats
from logparse.formats.format_strings.compiler import compile_string, detect_flavour
from logparse.formats.given import from_string
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

NGINX = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
APACHE = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
GUNICORN_JSON = '{"time":"%(t)s","remote":"%(h)s","user":"%(u)s","req":"%(r)s","status":%(s)s,"us":%(D)s,"ua":"%(a)s"}'
GUNICORN_ATOMS = (
    '%({x-forwarded-for}i)s %(h)s %(l)s %(u)s %(t)s "%(m)s %(U)s?%(q)s %(H)s" "%(r)s" %(s)s %(B)s %(D)s %(M)s %(L)s'
    ' %(T)s %(p)s "%(f)s" "%(a)s" %({x-request-id}o)s %({server_name}e)s'
)


@pytest.mark.parametrize(
    ("text", "flavour"),
    [
        (formats.DEFAULT, "gunicorn"),
        (formats.DEFAULT.replace("%", "%%"), "gunicorn"),
        (GUNICORN_JSON, "gunicorn"),
        ("$%(h)s %(r)s %(s)s", "gunicorn"),
        (NGINX, "nginx"),
        ("${status} 100%", "nginx"),
        ("log_format main '';", "nginx"),
        (APACHE, "apache"),
        ("%!200,304{Referer}i", "apache"),
        ('LogFormat "" x', "apache"),
    ],
)
def test_flavours_are_told_apart(text: str, flavour: str) -> None:
    assert detect_flavour(text) == flavour


@pytest.mark.parametrize("text", ["", "combined", "100 %", "{status}"])
def test_what_is_no_format_string_is_refused(text: str) -> None:
    with pytest.raises(FormatError, match=re.escape("%(h)s by gunicorn, $status by nginx, %h by Apache")):
        from_string(text)


# What gunicorn 23.0.0 wrote of thirteen requests, eleven of them attempts; the fourth line is no valid JSON.
EVENING, NIGHT = "01/Mar/2026:23:59", "02/Mar/2026:00:00"
API = "POST /api/v1/dags/{}/dagRuns HTTP/1.1"
LOGIN = "GET /login/?next=http%3A%2F%2Fairflow.example.com%2Fhome HTTP/1.1"
LISTED = "GET /api/v1/dags/etl_daily/dagRuns?limit=5&order_by=-start_date HTTP/1.1"
WEIRD = r"weird \"quoted\" \back\slash" + "\ttab Ã© " + r"\"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200"
REQUESTS = [
    (f"{EVENING}:50", "198.51.100.23", "-", LOGIN, 200, "Mozilla/5.0"),
    (f"{EVENING}:50", "203.0.113.10", "alice", LISTED, 200, "python-requests/2.31.0"),
    (f"{EVENING}:51", "203.0.113.10", "alice", API.format("etl_daily"), 200, "python-requests/2.31.0"),
    (f"{EVENING}:52", "192.0.2.44", "mallory", API.format("etl_daily"), 401, WEIRD),
    (f"{EVENING}:53", "198.51.100.23", "bob", API.format("finance_report"), 403, "python-requests/2.31.0"),
    (f"{EVENING}:53", "198.51.100.23", "bob", API.format("finance_report"), 403, "python-requests/2.31.0"),
    (f"{EVENING}:54", "203.0.113.10", "alice", API.format("no_such_dag"), 404, "python-requests/2.31.0"),
    (f"{EVENING}:55", "203.0.113.10", "alice", API.format("etl_daily"), 409, "python-requests/2.31.0"),
    (f"{EVENING}:56", "198.51.100.23", "bob", API.format("caf%C3%A9_load"), 403, "python-requests/2.31.0"),
    (f"{EVENING}:57", "2001:db8::17", "svc-etl", API.format("etl_daily"), 200, "OpenAPI-Generator/1.0.0/python"),
    (f"{EVENING}:58", "192.0.2.44", "-", API.format("finance_report"), 401, "curl/8.5.0"),
    (f"{NIGHT}:00", "192.0.2.44", "-", API.format("etl_daily"), 401, "curl/8.5.0"),
    (f"{NIGHT}:01", "203.0.113.10", "alice", API.format("etl_daily"), 200, "python-requests/2.31.0"),
]


def as_json(request: Sequence[Any]) -> str:
    time, client, user, line, status, agent = request
    mapped = client if ":" in client else f"::ffff:{client}"
    return (
        f'{{"time":"[{time} +0000]","remote":"{mapped}","user":"{user}","req":"{line}","status":{status},"us":214,'
        f'"ua":"{agent}"}}'
    )


def as_atoms(request: Sequence[Any]) -> str:
    time, client, user, line, status, agent = request
    decoded = line.replace("caf%C3%A9", "cafÃ©").replace(" HTTP", "? HTTP" if "?" not in line else " HTTP")
    return (
        f'- {client} - {user} [{time} +0000] "{decoded}" "{line}" {status} 40 297 0 0.000297 0 <3506> "-" "{agent}"'
        " req-4 0.0.0.0"
    )


@pytest.mark.parametrize(
    ("text", "write", "lines"), [(GUNICORN_JSON, as_json, 0), (GUNICORN_ATOMS, as_atoms, 1)], ids=["json", "atoms"]
)
def test_a_format_of_gunicorn_finds_every_attempt(text: str, write: Any, lines: int) -> None:
    booting = ["[2026-03-01 23:59:43 +0000] [3506] [INFO] Booting worker with pid: 3506"] * lines
    data = "".join(f"{line}\n" for line in [*booting, *map(write, REQUESTS)]).encode()
    found = scan(Source("-", None, None), 0, Setup(log_formats=(text,)), stdin=io.BytesIO(data))
    kinds = found.coverage[0].kinds
    assert (kinds["access"], kinds["app"], kinds["unparsed"]) == (13, lines, 0)
    attempts = [each.access for each in found.requests if each.access.method == "POST"]
    assert [(each.client, each.user, each.status) for each in attempts] == [
        (client, None if user == "-" else user, status) for _, client, user, _, status, _ in REQUESTS[2:]
    ]
    assert attempts[1].agent == WEIRD.replace('\\"', '"').replace("Ã©", "é")
    assert attempts[6].target == "/api/v1/dags/caf%C3%A9_load/dagRuns"


def loaded(**keys: Any) -> line_format.LineFormat:
    known = {"id": "own", "kind": "access", "title": "own", "rank": 1, "sample": [{"line": "x", "expect": {}}]}
    return loader._load_format("own.toml", known | keys)  # noqa: SLF001


def test_format_files_hold_strings_of_each_flavour() -> None:
    line = '10.0.0.1 - bob [01/Mar/2026:23:59:52 +0000] "GET /x HTTP/1.1" 200 34 "-" "ua"'
    nginx, apache, gunicorn = loaded(nginx=NGINX), loaded(apache=APACHE), loaded(gunicorn=formats.DEFAULT)
    assert nginx.read(line) == apache.read(line) == gunicorn.read(line)
    assert [each.stamp for each in (nginx, apache, gunicorn)] == ["end", "start", "end"]
    assert [each.vouches for each in (nginx, apache, gunicorn)] == [False, True, False]
    assert [each.names_users for each in (nginx, apache, gunicorn)] == [False, False, True]
    assert loaded(apache=APACHE, stamp="end").stamp == "end"
    longer = loaded(nginx=NGINX, extra=True)
    assert longer.read(line) is None
    assert longer.read(f'{line} "-" 0.2') == nginx.read(line)


def test_a_flavour_can_be_told() -> None:
    assert compile_string("$%r %>s", "apache").match("$GET /x HTTP/1.1 200") is not None
