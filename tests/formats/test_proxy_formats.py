"""Access lines of proxies and load balancers: what they hold, what strangers cannot make them say, how fast it is."""

from __future__ import annotations

import io
import time
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxy_lines import ODD, STORY

from logparse.common import timestamps
from logparse.formats import loader
from logparse.lines.access import Access, make_access
from logparse.pipeline import options, run
from logparse.rules.targets import split_target
from logparse.sources.source import Source

FORMS: Final = {form.id: form for form in loader.shipped()}
PROXIES: Final = (
    "gunicorn", "gunicorn-extended", "common", "vhost-combined", "nginx-raw", "ingress-nginx", "ingress-nginx-old",
    "haproxy", "haproxy-clf", "envoy", "istio", "traefik", "alb", "elb", "cloudfront",
)  # fmt: skip
LENGTH: Final = 64 * 1024


def reading(line: str) -> tuple[str, Access]:
    """The only format that reads a line, and the access line."""
    ((form, fields),) = [(form, fields) for form in FORMS.values() if (fields := form.read(line)) is not None]
    stamp = timestamps.parse_timestamp(written) if (written := fields.get("time")) else None
    return form.id, make_access(form, fields, 1, stamp)


def dags(*lines: str) -> list[Any]:
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO("\n".join(lines).encode()))
    return [(row["dag_id"], row["client"], row["user"]) for row in found.attempts.to_dict("records")]


USERS = ["mallory", "bob", "svc-etl", None]
NOBODY = [None] * 4
CLIENTS = ["192.0.2.44", "198.51.100.23", "2001:db8::17", "192.0.2.44"]
AGENT = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'


@pytest.mark.parametrize(
    ("log", "form", "ends", "users"),
    [
        ("haproxy_httplog", "haproxy", ["52.003", "56.007", "57.008", "00.203"], NOBODY),
        ("haproxy_clf", "haproxy-clf", ["52.001", "56.006", "57.007", "59.303"], NOBODY),
        ("envoy_default", "envoy", ["52.002", "56.002", "57.000", "00.202"], NOBODY),
        ("istio_envoy_default", "istio", ["52.002", "56.001", "57.001", "00.206"], NOBODY),
        ("traefik_clf", "traefik", ["52.001", "56.004", "57.004", "59.310"], NOBODY),
        ("alb_access", "alb", ["52.002", "56.002", "57.002", "00.202"], NOBODY),
        ("ingress_nginx", "ingress-nginx", ["52", "56", "57", "00"], USERS),
        ("apache_common", "common", ["52", "56", "57", "59"], NOBODY),
        ("apache_vhost_combined", "vhost-combined", ["52", "56", "57", "59"], NOBODY),
        ("nginx_combined", "gunicorn", ["52", "56", "57", "00"], USERS),
        ("nginx_escape_none", "gunicorn", ["52", "56", "57", "00"], USERS),
        ("apache_combined", "gunicorn", ["52", "56", "57", "59"], NOBODY),
        ("cloudfront", "cloudfront", ["52", "56", "57", "00"], NOBODY),
    ],
)
def test_requests_that_went_through_every_proxy(log: str, form: str, ends: list[str], users: list[str | None]) -> None:
    found = [reading(line) for line in STORY[log].strip("\n").split("\n")]
    lines = [access for _, access in found]
    quoted = "nginx-raw" if log == "nginx_escape_none" else form
    assert [name for name, _ in found] == [quoted, form, form, form]
    assert [access.method for access in lines] == ["POST"] * 4
    assert [access.client for access in lines] == CLIENTS
    assert [access.user for access in lines] == users
    assert [access.status for access in lines] == [401, 403, 200, 401]
    host = "https://airflow.example.com:443" if form == "alb" else ""
    dag_ids = ["etl_daily", "caf%C3%A9_load", "etl_daily", "etl_daily"]
    assert [access.target for access in lines] == [f"{host}/api/v1/dags/{each}/dagRuns" for each in dag_ids]
    assert split_target(lines[1].target).path == "/api/v1/dags/café_load/dagRuns"
    days = ["2026-03-02T00:00:" if end.startswith("00") else "2026-03-01T23:59:" for end in ends]
    assert [access.time for access in lines] == [
        stamp.utc for day, end in zip(days, ends, strict=True) if (stamp := timestamps.parse_timestamp(f"{day}{end}Z"))
    ]
    assert lines[0].agent == (AGENT if form not in ("haproxy", "haproxy-clf", "traefik", "common") else None)


@pytest.mark.parametrize(("form", "line", "target", "more"), ODD)
def test_odd_requests(form: str, line: str, target: str, more: dict[str, Any]) -> None:
    name, access = reading(line)
    assert (name, access.target, access.method) == (form, target, "POST" if target else None)
    assert {key: getattr(access, key) for key in more} == more


COMBINED = '192.0.2.44 - - [22/Nov/2026:12:47:46 +0000] "{} HTTP/1.1" 200 34 "-" "{}"'


@pytest.mark.parametrize(
    ("target", "agent"),
    [
        ("/api/v1/dags/\\x65tl/dagRuns", "a"),  # neither nginx nor Apache escapes a letter
        ("/api/v1/dags/etl\\x2fdagRuns", "a"),
        ("/api/v1/dags/a\\x22b/dagRuns", "C:\\dir"),  # a backslash that neither writes
        ("/api/v1/dags/a\\x22b/dagRuns", "Ã©"),  # both escape what is not ASCII
        ("/api/v1/dags/a\\x22b/dagRuns", "\\XE9"),
    ],
)
def test_what_only_gunicorn_can_have_written_stays(target: str, agent: str) -> None:
    _, access = reading(COMBINED.format("POST " + target, agent))
    assert access.target == target


@pytest.mark.parametrize("names", ["[192.0.2.44] - bob", "bob -", "192.0.2.44 - bob", "proxy.example.com - bob"])
def test_of_several_names_none_is_taken_for_the_user(names: str) -> None:
    line = f'192.0.2.1 - {names} [2026-03-01T23:59:52+00:00] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 401 188'
    assert [form.id for form in FORMS.values() if form.read(line) is not None] == []


ENVOY = (
    '[2026-11-22T12:47:48.031Z] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 401 - {}2 34 0 0 "{}" "{}" "id" "host" "up:1"'
)
ISTIO = ENVOY + " airflow 10.0.0.1:1 10.0.0.2:2 192.0.2.44:50171 {} -"
TAIL = '" "a" "b" "c" "d" airflow 1.1.1.1:1 2.2.2.2:2 9.9.9.9:9 - -'


@pytest.mark.parametrize(
    ("line", "clients"),
    [
        (ENVOY.format("", "192.0.2.44", "curl"), {"192.0.2.44"}),
        (ENVOY.format("", '9.9.9.9" "x, 192.0.2.44', "curl"), {None}),
        (ENVOY.format("", "192.0.2.44", 'x" "y'), {None}),
        (ENVOY.format("", "192.0.2.44", 'x" 200 - 1 1 1 1 "9.9.9.9'), {"192.0.2.44"}),
        (ISTIO.format('via - "-" ', "192.0.2.44", "curl", "-"), {"192.0.2.44"}),
        (ISTIO.format('via - "-" ', "9.9.9.9" + TAIL, "curl", "-"), {None}),
        (ISTIO.format('via - "-" ', "192.0.2.44", "curl" + TAIL, "-"), {None}),
        (ISTIO.format('via - "-" ', "192.0.2.44", "curl", "-" + TAIL), {None}),
    ],
)
def test_headers_that_are_not_escaped_forge_nothing(line: str, clients: set[str | None]) -> None:
    (hit,) = [(form, fields) for form in FORMS.values() if (fields := form.read(line)) is not None]
    form, fields = hit
    access = make_access(form, fields, 1, None)
    assert (access.target, access.status) == ("/api/v1/dags/x/dagRuns", 401)
    assert {access.client, fields["forwarded"]} - ({None} if form.id == "envoy" and clients != {None} else set()) == (
        clients
    )


HAPROXY = "192.0.2.44:5 [22/Nov/2026:12:47:46.814] fe~ be/web1 0/0/0/8/8 {} 176 {} - {} 1/1/0/0/0 0/0 {}"
RAW = '192.0.2.44 - {} [01/Mar/2026:23:59:52 +0000] "{}" 401 40 "{}" "{}"'
RUN = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        # A captured cookie is not escaped.
        ([HAPROXY.format(200, f'a - ---- 1/1/0/0/0 0/0 "{RUN}"', "----", '"GET / HTTP/1.1"')], []),
        ([HAPROXY.format(200, "a=b", "----", f'"{RUN}"')], [("etl", "192.0.2.44", None)]),
        ([HAPROXY.format(200, "-", "----", f'{{a|b}} {{c}} "{RUN[:-4]}')], [("etl", "192.0.2.44", None)]),
        # nginx with escape=none: what looks like the end of a request stands there twice, or a user name holds a line.
        ([RAW.format("bob", RUN, "", 'x"y')], [("etl", "192.0.2.44", "bob")]),
        ([RAW.format("bob", RUN, "", 'x"y" 200 5 "z')], []),
        ([RAW.format("bob", RUN, "", 'x" 200 5 "y')], [("etl", "192.0.2.44", "bob")]),  # with fields behind the agent
        ([RAW.format("bob", f'GET / HTTP/1.1" 404 5 "-" "{RUN}', "", "x")], []),
        ([RAW.format("", f'{RUN}" 200 5 "-" "y', "", "").replace(" 401 ", " 400 ")], []),
        ([RAW.format("", f'{RUN}" 200 5 "-" "y\\', "-", "-").replace(" 401 ", " 400 ")], []),
        (
            ["192.0.2.44 - eve", RAW.format("admin", RUN, "", 'x"y').replace("192.0.2.44", "9.9.9.9")],
            [("etl", "192.0.2.44", "eve\n9.9.9.9 - admin")],
        ),
        # Traefik writes a name raw as well.
        (
            [
                "192.0.2.44 - eve",
                RAW.format("admin", RUN, "-", "-").replace("192.0.2.44", "9.9.9.9") + ' 1 "r" "s" 2ms',
            ],
            [("etl", "192.0.2.44", "eve\n9.9.9.9 - admin")],
        ),
        # What stands before the client is a server's name for certain, or the client is not known.
        (["airflow:80 " + RAW.format("-", RUN, "-", "-")], [("etl", "192.0.2.44", None)]),
        (["198.51.100.1:80 " + RAW.format("-", RUN, "-", "-")], []),
        (["198.51.100.1 " + RAW.format("-", RUN, "-", "-")], [("etl", None, None)]),
        # Of an internal address and another one, only the other one can be the client, whatever the first one is.
        (["10.0.0.1:80 " + RAW.format("-", RUN, "-", "-")], [("etl", "192.0.2.44", None)]),
        (["10.0.0.1 " + RAW.format("-", RUN, "-", "-")], [("etl", "192.0.2.44", None)]),
    ],
)
def test_what_strangers_write_is_no_request(lines: list[str], found: list[tuple[str, str, str | None]]) -> None:
    assert dags(*lines) == found


def test_a_name_that_the_proxy_turned_away_is_a_claim() -> None:
    line = RAW.format("eve", RUN, "-", "-") + ' 17 "airflow@file" "{}" 0ms'
    _, refused = reading(line.format("-"))
    _, passed = reading(line.format("http://10.0.0.1:9000"))
    assert (refused.user, refused.vouched, refused.proxy) == ("eve", False, "refused")
    assert (passed.user, passed.vouched, passed.proxy) == ("eve", True, None)


@pytest.mark.parametrize(
    ("status", "flags", "proxy"),
    [
        (200, "----", None),
        (401, "----", None),
        (403, "PR--", "refused"),
        (401, "LR--", "refused"),
        (502, "PR--", None),  # a server error
        (502, "PH--", None),  # the server's answer was refused, not the request
        (-1, "CD--", "closed"),
        (200, "CD--", None),  # the answer was under way
        (400, "CH--", "closed"),
        (-1, "CH--", "closed"),
        (504, "sH--", None),
    ],
)
def test_what_haproxy_did_by_itself(status: int, flags: str, proxy: str | None) -> None:
    _, access = reading(HAPROXY.format(status, "-", flags, f'"{RUN}"'))
    assert (access.proxy, access.status) == (proxy, max(status, 0))


@pytest.mark.parametrize(
    ("captures", "agent"),
    [
        ("", None),
        ("{} ", None),
        ("{7.7.7.7} ", None),
        ("{airflow.example.com|7.7.7.7|curl/8.5.0} ", "curl/8.5.0"),
        ("{|} {gunicorn/23.0.0} ", None),
        ("{gunicorn/23.0.0} ", None),
        ("{application/json|http://x/1} ", None),
        ("{a #7B#7C#7D b|Mozilla/5.0 #7Bx#7D} ", "Mozilla/5.0 {x}"),
    ],
)
def test_captured_headers_have_no_names(captures: str, agent: str | None) -> None:
    _, access = reading(HAPROXY.format(200, "-", "----", f'{captures}"{RUN}"'))
    assert (access.agent, access.client) == (agent, "192.0.2.44")


PIECES = (
    '" "',
    '"',
    " ",
    "a",
    ", ",
    " : ",
    "#22",
    "\\x22",
    '\\"',
    "\t",
    '" 200 5 "',
    "] - ",
    "1/",
    "{a} ",
    "%25",
    " [",
)


@pytest.mark.parametrize("form", PROXIES)
def test_hostile_lines_take_no_time(form: str) -> None:
    line = FORMS[form].samples[0].line
    seams = [at for at, sign in enumerate(line) if sign in ' "\t']
    started = time.process_time()
    for cut in [*seams[:: max(1, len(seams) // 5)], len(line)]:
        for piece in PIECES:
            hostile = piece * (LENGTH // len(piece))
            FORMS[form].read(line[:cut] + hostile)
            FORMS[form].read(line[:cut] + hostile + line[cut:])
    assert time.process_time() - started < 20  # quadratic time is minutes


SAMPLES = [sample.line for form in PROXIES for sample in FORMS[form].samples]


@given(st.sampled_from(SAMPLES), st.text(max_size=12), st.integers(0, 400), st.integers(0, 40))
def test_no_text_is_too_odd(line: str, text: str, at: int, cut: int) -> None:
    damaged = line[:at] + text + line[at + cut :]
    for form in FORMS.values():
        fields = form.read(damaged)
        if fields is not None and form.kind == "access":
            make_access(form, fields, 1, timestamps.parse_timestamp(fields.get("time") or ""))
