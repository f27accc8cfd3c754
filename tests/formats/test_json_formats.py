"""Access lines that are one JSON object each: real ones, whatever wrote them, and hostile ones."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import DATA

from logparse.common import timestamps
from logparse.common.errors import FormatError
from logparse.formats import line_format, loader
from logparse.formats.json_lines import fields as jsonlines
from logparse.formats.json_lines import objects
from logparse.lines.access import Access, make_access

if TYPE_CHECKING:
    from logparse.formats.line_format import Fields, LineFormat

FOLDER: Final = DATA / "json"
FORMS: Final = {form.id: form for form in loader.shipped()}
START: Final = timestamps.microseconds(datetime(2026, 3, 1, 23, 59, 50, tzinfo=UTC))

#: The requests that every file of the story holds, in this order: client, name sent, method, target, status.
STORY: Final = [
    ("198.51.100.23", None, "GET", "/login/?next=http%3A%2F%2Fairflow.example.com%2Fhome", 200),
    ("203.0.113.10", "alice", "GET", "/api/v1/dags/etl_daily/dagRuns?limit=5&order_by=-start_date", 200),
    ("203.0.113.10", "alice", "POST", "/api/v1/dags/etl_daily/dagRuns", 200),
    ("192.0.2.44", "mallory", "POST", "/api/v1/dags/etl_daily/dagRuns", 401),
    ("198.51.100.23", "bob", "POST", "/api/v1/dags/finance_report/dagRuns", 403),
    ("198.51.100.23", "bob", "POST", "/api/v1/dags/finance_report/dagRuns", 403),
    ("203.0.113.10", "alice", "POST", "/api/v1/dags/no_such_dag/dagRuns", 404),
    ("203.0.113.10", "alice", "POST", "/api/v1/dags/etl_daily/dagRuns", 409),
    ("198.51.100.23", "bob", "POST", "/api/v1/dags/caf%C3%A9_load/dagRuns", 403),
    ("2001:db8::17", "svc-etl", "POST", "/api/v1/dags/etl_daily/dagRuns", 200),
    ("192.0.2.44", None, "POST", "/api/v1/dags/finance_report/dagRuns", 401),
    ("192.0.2.44", None, "POST", "/api/v1/dags/etl_daily/dagRuns", 401),
    ("203.0.113.10", "alice", "POST", "/api/v1/dags/etl_daily/dagRuns", 200),
]
#: The agent of the fourth.
WEIRD: Final = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'

#: Ends of the requests, in microseconds behind ``START``.
# fmt: off
ENDS: Final = {
    ("caddy_json.log", "caddy-json"):
        "5705 504328 1004292 2002635 3004047 3005735 4006245 5006446 6005556 7004343 8507000 10216465 11502728",
    ("caddy_console.log", "caddy-console"):
        "5000 503000 1003000 2003000 3005000 3006000 4004000 5005000 6005000 7006000 8505000 10215000 11504000",
    ("traefik_json.log", "traefik-json"):
        "4292 504682 1004959 2003633 3006563 3014017 4004026 5006035 6004730 7005833 8505530 10216086 11503866",
    ("envoy_json.log", "envoy-json"):
        "4000 507000 1002000 2002000 3002000 3002000 4002000 5003000 6001000 7001000 8502000 10202000 11501000",
    ("haproxy_json.log", "haproxy-json"):
        "7000 503000 1002000 2003000 3006000 3006000 4004000 5004000 6009000 7008000 8501000 10203000 11502000",
    ("nginx_json.log", "any-json"):
        "5000 501000 1003000 2004000 3007000 3007000 4011000 5004000 6008000 7009000 8503000 10204000 11506000",
    ("nginx_json_default_escape.log", "any-json"):
        "0 0 1000000 2000000 3000000 3000000 4000000 5000000 6000000 7000000 8000000 10000000 11000000",
    ("gunicorn_json_template.log", "any-json"):
        "0 0 1000000 2000000 3000000 3000000 4000000 5000000 6000000 7000000 8000000 10000000 11000000",
    ("gcp_http_load_balancer.jsonl", "gcp-load-balancer"):
        "2000 502000 1002000 2002000 3002000 3003000 4002000 5002000 6002000 7002000 8502000 10202000 11502000",
    ("airflow3_access.jsonl", "airflow3-json"):
        "2732 503362 1002324 2000846 3002706 3005244 4001945 5002818 6003444 7001798 8501718 10200935 11502198",
}
# fmt: on
NAMED: Final = ("nginx_json.log", "gunicorn_json_template.log")
NO_CLIENT: Final = ("nginx_json_default_escape.log",)
NO_AGENT: Final = ("airflow3_access.jsonl",)


def lines(name: str) -> list[str]:
    return (FOLDER / name).read_text("utf-8", "surrogateescape").removesuffix("\n").split("\n")


def fitting(line: str) -> tuple[LineFormat, Fields] | None:
    """The one format that reads a line, and what it reads."""
    plain = line_format.strip_colour(line)
    found = [(form, fields) for form in FORMS.values() if (fields := form.read(plain)) is not None]
    assert len(found) < 2, [form.id for form, _ in found]
    return found[0] if found else None


def read(line: str) -> Access | None:
    found = fitting(line)
    if found is None or found[0].kind != "access":
        return None
    form, fields = found
    return make_access(form, fields, 1, timestamps.parse_timestamp(fields.get("time") or ""))


@pytest.mark.parametrize(("name", "form"), ENDS)
def test_the_story_as_every_server_tells_it(name: str, form: str) -> None:
    told = [(found, access) for line in lines(name) if (found := fitting(line)) and (access := read(line))]
    assert {found[0].id for found, _ in told} == {form}
    accesses = [access for _, access in told]
    assert [(access.time or 0) - START for access in accesses] == [int(each) for each in ENDS[name, form].split()]
    expected = []
    for client, user, method, target, status in STORY:
        if "airflow3" in name:
            target = target.replace("v1", "v2").replace("caf%C3%A9", "café")  # noqa: PLW2901
        expected.append(
            (None if name in NO_CLIENT else client, user if name in NAMED else None, method, target, status)
        )
    if "airflow3" in name:  # it reads the login page at another place, and encodes the query string anew
        expected[:2] = [(each.client, None, "GET", each.target, 200) for each in accesses[:2]]
    targets = [access.target.removeprefix("https://airflow.example.com") for access in accesses]
    assert [
        (access.client, access.user, access.method, target, access.status)
        for access, target in zip(accesses, targets, strict=True)
    ] == expected
    assert accesses[3].agent == (None if name in NO_AGENT else WEIRD)
    assert {access.proxy for access in accesses} == {None}
    assert not any(access.vouched and access.user for access in accesses)


ODD: Final = ['/api/v1/dags/a"b/dagRuns?note="x"', "/api/v1/dags/café/dagRuns", "/api/v1/dags/a\\b/dagRuns"]


@pytest.mark.parametrize("name", ["escapes_caddy_json.log", "escapes_nginx_json.log"])
def test_odd_requests(name: str) -> None:
    found = [read(line) for line in lines(name)]
    accesses = [access for access in found if access is not None]
    assert len(accesses) == len(found)
    assert [access.target for access in accesses[:3]] == ODD
    assert accesses[2].agent == "ends with backslash\\"
    assert accesses[3].agent is accesses[4].agent is None
    assert (accesses[-1].status, accesses[-1].proxy) == (499, "closed")
    assert {access.client for access in accesses} == {"203.0.113.200"}


def test_names_and_garbage_of_nginx() -> None:
    accesses = [access for line in lines("escapes_nginx_json.log") if (access := read(line)) is not None]
    users = [access.user for access in accesses if access.user]
    assert users == ["jane doe", 'ja"ne [x]', "zoë@ex.com", "eve\n9.9.9.9 - admin [01/Mar/2026"]
    assert [(access.method, access.target) for access in accesses if access.status == 400] == [(None, "")] * 2
    assert accesses[13].target == "/api/v1/dags/x/dagRuns"


def test_lines_of_airflow_stay_those_of_airflow() -> None:
    found = [fitting(line) for line in lines("escapes_airflow3.jsonl")]
    kinds = [each[0].id for each in found if each is not None]
    assert len(kinds) == len(found)
    assert (kinds.count("airflow3-json"), kinds.count("structlog-json")) == (16, 7)


CADDY: Final = lines("caddy_json.log")[3]
NGINX: Final = lines("nginx_json.log")[3]
BARE: Final = '"time":"2026-03-01T23:59:52Z","ip":"192.0.2.1","method":"POST","path":"/x","status":200'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"ts":1772409592,"verb":"POST","URL":"/x?y=1","Status-Code":"200"}', ("POST", "/x?y=1", 200)),
        ('{"@timestamp":"2026-03-01T23:59:52Z","req":{"method":"POST","url":"/x"},"res":{"statusCode":201}}',
         ("POST", "/x", 201)),
        ('{"http":{"method":"POST","url":"http://a/x","status_code":200}}', ("POST", "http://a/x", 200)),
        ('{"requestMethod":"POST","requestUri":"/x","responseStatus":404}', ("POST", "/x", 404)),
        ('{"request":"POST /x HTTP/2.0","status":200,"urt":,"uct":-,"a":"b\\\\"}', ("POST", "/x", 200)),
        ('{"request":"POST /a b HTTP/1.1","status":200}', ("POST", "/a b", 200)),
        ('{"request":"POST /cut/off","status":200}', ("POST", "/cut/off", 200)),
        ('{"request":"POST /x HTTP/1.1","request_method":"POST","uri":"/y","status":200}', ("POST", "/x", 200)),
        ('{"method":"POST","path":"/x","args":"y=1","code":200}', ("POST", "/x?y=1", 200)),
        ('{"verb":"POST","request":"/x","response":"403","clientip":"192.0.2.1"}', ("POST", "/x", 403)),
        ('{"properties":{"method":"POST","url":"/x","responseCode":403}}', ("POST", "/x", 403)),
        ('{"reqTimeSec":"1772409592.1","cliIP":"::1","reqMethod":"POST","reqPath":"/x","statusCode":"403"}',
         ("POST", "/x", 403)),
        # No access lines.
        ('{"status":200,"path":"/x"}', None),
        ('{"method":"POST","status":200}', None),
        ('{"method":"POST","path":"/x"}', None),
        ('{"method":"POST","path":"x","status":200}', None),
        ('{"method":"create","path":"/x","status":200}', None),
        ('{"method":"POST","path":"/x","status":"ok"}', None),
        ('{"method":"POST","path":"/x","status":20}', None),
        ('{"request":"done","status":404}', None),
        ('{"timestamp":"2026-03-01T23:59:52Z","event":"sent","method":"POST","path":"/x","status":200}', None),
        ('{"timestamp":"2026-03-01T23:59:52Z","event":"served","method":"POST","path":"/x","status":200,"ip":"192.0.2.1"}',
         ("POST", "/x", 200)),
        ('{"request_line":"POST /x HTTP/1.1","status_code":"403 Forbidden"}', ("POST", "/x", 403)),
        ('{"request_line":"POST /x HTTP/1.1","status_code":"403 Forbidden","status":200}', None),
        ('{"request_line":"POST /x HTTP/1.1","status_code":"403\\n200"}', None),
        ('[{"method":"POST","path":"/x","status":200}]', None),
        (f"{{{BARE}}} ", ("POST", "/x", 200)),
        (f"{{{BARE}}}}}", None),
        (f"{{{BARE}", None),
    ],
)  # fmt: skip
def test_keys_of_the_operators_own(line: str, expected: tuple[str, str, int] | None) -> None:
    access = read(line)
    assert (None if access is None else (access.method, access.target, access.status)) == expected


@pytest.mark.parametrize(
    ("key", "value", "field", "expected"),
    [
        ("remote_addr", "::ffff:192.0.2.7", "client", "192.0.2.7"),
        ("client", "192.0.2.7:4711", "client", "192.0.2.7"),
        ("client", "[2001:db8::17]:4711", "client", "2001:db8::17"),
        ("client", "2001:db8::17", "client", "2001:db8::17"),
        ("host", "192.0.2.7", "client", None),
        ("msec", 1772409592.004, "time", 1772409592004000),
        ("ts", "1772409592004005", "time", 1772409592004005),
        ("time_local", "01/Mar/2026:23:59:52 +0000", "time", 1772409592000000),
        ("time", 0.005, "time", None),
        ("date", 20260301, "time", None),
        ("request_time", "0.302", "duration", 302000),
        ("duration_ms", 302, "duration", 302000),
        ("duration", "302.5ms", "duration", 302500),
        ("latency", "1.5µs", "duration", 2),
        ("duration", 302, "duration", None),
        ("duration", "1m2s", "duration", None),
        ("user", "-", "nameless", False),
        ("session", "-", "nameless", True),
        ("upstream_status", "", "proxy", "refused"),
        ("upstream_status", "-", "proxy", "refused"),
        ("upstream_status", "401", "proxy", None),
        ("bytes", "12", "size", 12),
        ("bytes", "9" * 5000, "size", None),
    ],
)
def test_fields_of_the_operators_own(key: str, value: Any, field: str, expected: Any) -> None:
    line = json.dumps({"method": "POST", "path": "/x", "status": 401, key: value})
    assert getattr(read(line), field) == expected


def test_fluentds_parser_of_apaches_lines_calls_the_client_host() -> None:
    access = read('{"host":"192.0.2.7","user":null,"method":"POST","path":"/x","code":401,"size":5}')
    assert access is not None
    assert access.client == "192.0.2.7"


def test_a_time_without_a_year_is_one() -> None:
    fields = FORMS["any-json"].read('{"ts":"Mar  1 23:59:52","method":"POST","path":"/x","status":401}')
    assert fields is not None
    assert fields["time"] == "Mar  1 23:59:52"


SIGNS: Final[list[tuple[str, dict[str, Any], str | None]]] = [
    ("caddy_json.log", {"status": 499}, "closed"),
    ("caddy_json.log", {"resp_headers": {"Www-Authenticate": ['Basic realm="restricted"']}}, "refused"),
    ("caddy_json.log", {"resp_headers": {"Www-Authenticate": ["Basic"]}}, None),
    ("traefik_json.log", {"DownstreamStatus": 499}, "closed"),
    ("traefik_json.log", {"OriginStatus": None, "OriginDuration": None}, "refused"),
    ("traefik_json.log", {"OriginStatus": None, "OriginDuration": None, "Overhead": None}, None),
    ("traefik_json.log", {"OriginStatus": None, "OriginDuration": None, "DownstreamStatus": 502}, None),
    ("envoy_json.log", {"response_code": 0, "response_flags": "DC"}, "closed"),
    ("envoy_json.log", {"response_flags": "UAEX"}, "refused"),
    ("envoy_json.log", {"response_flags": "UH", "response_code": 503}, None),
    ("envoy_json.log", {"response_code_details": "via_upstream"}, None),
    ("envoy_json.log", {"response_code_details": "ext_authz_denied"}, "refused"),
    ("envoy_json.log", {"upstream_host": None}, "refused"),
    ("haproxy_json.log", {"ts": "PR--"}, "refused"),
    ("haproxy_json.log", {"ts": "CD--"}, "closed"),
    ("haproxy_json.log", {"ts": "----"}, None),
    ("haproxy_json.log", {"st": -1, "ts": "CR--"}, "closed"),
    ("haproxy_json.log", {"s": "<NOSRV>"}, "refused"),
    ("gcp_http_load_balancer.jsonl", {"jsonPayload": {"statusDetails": "denied_by_security_policy"}}, "refused"),
    ("gcp_http_load_balancer.jsonl", {"jsonPayload": {"statusDetails": "handled_by_identity_aware_proxy"}}, "refused"),
    ("gcp_http_load_balancer.jsonl",
     {"jsonPayload": {"statusDetails": "client_disconnected_before_any_response"}}, "closed"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "expected"), SIGNS)
def test_what_a_proxy_did_by_itself(name: str, changes: dict[str, Any], expected: str | None) -> None:
    access = read(json.dumps(json.loads(lines(name)[3]) | changes))
    assert access is not None
    assert access.proxy == expected


def test_a_proxy_vouches_for_names_that_it_let_pass() -> None:
    record = json.loads(lines("traefik_json.log")[3]) | {"ClientUsername": "ann"}
    passed, refused = read(json.dumps(record)), read(json.dumps(record | {"OriginStatus": 0, "OriginDuration": ""}))
    nobody = read(lines("traefik_json.log")[3])
    assert passed is not None
    assert refused is not None
    assert nobody is not None
    assert (passed.user, passed.vouched, passed.claimed) == ("ann", True, "unknown")
    assert (refused.user, refused.vouched, nobody.claimed) == ("ann", True, "unknown")
    denied = read(json.dumps({key: value for key, value in record.items() if not key.startswith("Origin")}))
    assert denied is not None
    assert (denied.user, denied.vouched, denied.proxy) == ("ann", False, "refused")


class TestHostile:
    """What strangers, or a broken writer, may leave in a line."""

    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (f'{{{BARE},"status":200}}', 200),
            (f'{{{BARE},"status":401}}', None),
            (f'{{{BARE},"Status":401}}', None),
            (f'{{{BARE},"status_code":"401"}}', None),
            (f'{{{BARE},"method":"GET"}}', None),
            (f'{{{BARE},"request":"GET /y HTTP/1.1"}}', None),
            (f'{{{BARE},"user":"a","user":"b"}}', None),
            (f'{{{BARE},"color":"a","color":"b"}}', 200),
            (CADDY[:-1] + ',"status":200}', None),
            (CADDY[:-1] + ',"request":{"method":"POST","uri":"/api/v1/dags/y/dagRuns"}}', None),
            (CADDY[:-1] + ',"request.uri":"/api/v1/dags/y/dagRuns"}', None),
            (CADDY[:-1] + ',"bytes_read":1}', 401),
        ],
    )
    def test_a_key_that_is_there_twice(self, line: str, status: int | None) -> None:
        access = read(line)
        assert (access and access.status) == status

    @pytest.mark.parametrize(
        "agent",
        [
            r"x\",\"status\":200,\"x\":\"",
            r'x\\\\",\\\\"status\\\\":200,\\\\"y\\\\":\\\\"',
            r"x\",\"request\":\"POST /api/v1/dags/fake/dagRuns HTTP/1.1\"}",
            'x","status":200,"x":"',
            'x"}',
            "x\\",
            "\\",
            "\\x22,\\x22status\\x22:200,\\x22",
            "\\u0022,\\u0022status\\u0022:200",
            "\\\\\\",
            "{}",
            "\0\x1b[31m\x85\u2028",
        ],
    )
    @pytest.mark.parametrize("escape", ["nginx", "gunicorn", "apache", "none"])
    def test_an_agent_changes_no_other_field(self, agent: str, escape: str) -> None:
        if escape == "nginx":
            shown = "".join(
                each if each not in '"\\' and 32 <= ord(each) < 127
                else "".join(f"\\x{byte:02X}" for byte in each.encode())
                for each in agent
            )  # fmt: skip
        else:
            shown = agent.replace("\\", "\\\\") if escape == "apache" else agent
            shown = shown if escape == "none" else shown.replace('"', '\\"')
        line = '{"ua":"%s","t":1,"request":"POST /x HTTP/1.1","status":401,"ref":"%s"}' % (shown, shown)  # noqa: UP031
        access = read(line)
        if escape == "nginx":
            assert access is not None
            assert access.agent == agent
        if access is not None:
            assert (access.method, access.target, access.status) == ("POST", "/x", 401)

    @pytest.mark.parametrize(
        "line",
        [
            '{"a":' * 10_000 + "1" + "}" * 10_000,
            '{"a":' * 10_000,
            '{"a":' + "[" * 10_000 + "]" * 10_000 + f",{BARE}" + "}",
            f'{{"x":{"[" * 100_000}',
            '{"method":"POST","path":"/x","status":NaN}',
            '{"method":"POST","path":"/x","status":1e999}',
            '{"method":"POST","path":"/x","status":-Infinity}',
            '{"method":"POST","path":"/x","status":' + "9" * 10_000 + "}",
            '{"method":"POST","path":"/x","status":"²00"}',
            '{"method":"POST","path":"/x","status":true}',
            '{"method":"POST","path":"/x","status":[]}',
            '{"method":"POST","path":"/x","status":{}}',
            '{"method":["POST","GET"],"path":{"/x":1},"status":[200]}',
            CADDY.replace('"status":401', '"status":1e999'),
            CADDY.replace('"status":401', '"status":NaN'),
            CADDY.replace('"status":401', '"status":4010'),
            "{",
            "{}",
            '{"":""}',
            '{"\\',
            "{\\",
            '{"\\x',
        ],
        ids=range(22),
    )
    def test_no_access_line(self, line: str) -> None:
        assert read(line) is None

    @pytest.mark.parametrize(
        "ts", ["NaN", "1e999", "-1", "9" * 400, '"31/Feb/2026:00:00:00 +0000"', "[]", "1e-999", "null", '"9\\ud800"']
    )
    def test_a_time_that_is_none(self, ts: str) -> None:
        access = read(CADDY.replace(CADDY[CADDY.index('"ts":') : CADDY.index(',"logger"')], f'"ts":{ts}'))
        assert access is not None
        assert (access.time, access.status) == (None, 401)

    def test_halves_of_characters(self) -> None:
        access = read('{"method":"POST","path":"/\\ud800","status":200,"user":"\\udfff","ua":"\\ud83d\\ude00\udcff"}')
        assert access is not None
        assert (access.target, access.user, access.agent) == ("/\ufffd", "\ufffd", "\U0001f600\udcff")
        f"{access}".encode("utf-8", "surrogateescape")

    @pytest.mark.sampled(8)
    @pytest.mark.parametrize(
        "piece", ["\\", '\\"', '"', "\\x22", "\\x", '"a":', ": ", ":-", "{", "[", ',"status":200', "\\\\", ':"', "{}"]
    )
    def test_takes_no_time(self, piece: str) -> None:
        for head in ("{", '{"a":"', '{"request":"POST /x HTTP/1.1","status":200,"a":"', CADDY[:-1]):
            for tail in ("", '"}', "}"):
                line = head + piece * (200_000 // len(piece)) + tail
                started = time.process_time()
                for form in FORMS.values():
                    form.read(line)
                assert time.process_time() - started < 5  # quadratic time is minutes

    @given(
        st.text(max_size=60), st.sampled_from([CADDY, NGINX, *lines("gunicorn_json_template.log")[:4]]), st.integers(0)
    )
    def test_nothing_raises(self, text: str, line: str, place: int) -> None:
        at = place % len(line)
        for hostile in (line[:at] + text + line[at:], "{" + text, line[:at] + text):
            access = read(hostile)
            assert access is None or 0 <= access.status <= 999

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
                ["request", "method", "uri", "status", "ts", "headers", "User-Agent", "ci", "r", "st", "http.request",
                 "response_code", "path", "httpRequest", "requestMethod", "requestUrl", "cs-method", "properties"]
            ), inner, max_size=6),
        )
    )  # fmt: skip
    def test_no_object_raises(self, record: Any) -> None:
        read(json.dumps(record))


def test_a_line_is_decoded_once() -> None:
    line = json.dumps({"method": "POST", "path": "/once", "status": 200, "n": time.time()})
    before = objects.decode_object.cache_info().misses
    for form in FORMS.values():
        form.read(line)
    assert objects.decode_object.cache_info().misses - before == 1


def test_keys_that_hold_dots_are_like_nested_ones() -> None:
    nested = {"a": {"b.c": {"d": "1"}}}
    assert objects.find_value(nested, "a.b.c.d") == "1"
    assert objects.find_value({"a.b": {"c.d": "1"}}, "a.b.c.d") == "1"
    assert objects.find_value({"a.b.c.d": "1"}, "a.b.c.d") == "1"
    assert objects.find_value({"a": {"b": "1"}, "a.b": "1"}, "a.b") == "1"
    assert objects.find_value({"a": {"b": "1"}}, "a.b.c.d") is objects.ABSENT
    with pytest.raises(objects.AmbiguousKeyError):
        objects.find_value({"a": {"b": "1"}, "a.b": "2"}, "a.b")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("POST /x HTTP/1.1", ("POST", "/x")),
        ("POST /x y HTTP/1.1", ("POST", "/x y")),
        ("POST /x", ("POST", "/x")),
        ("POST /x y", (None, "")),
        ("POST  HTTP/1.1", (None, "")),
        ("P0ST /x HTTP/1.1", (None, "")),
        ("<BADREQ>", (None, "")),
        ("", (None, "")),
        (None, (None, "")),
    ],
)
def test_request_lines(line: str | None, expected: tuple[str | None, str]) -> None:
    assert jsonlines.split_request_line(line) == expected


@pytest.mark.parametrize(
    "data",
    [
        {"json": {"a": 1}, "fields": {}},
        {"json": {"a": {"like": "b"}}, "fields": {}},
        {"json": {}, "fields": {"time": {"paths": "a"}}},
        {"json": {}, "fields": {"time": {"path": "a", "const": "b"}}},
        {"json": {}, "fields": {"time": {"when": {"a": True}}}},
    ],
)
def test_a_format_file_that_says_nothing(data: dict[str, Any]) -> None:
    with pytest.raises(FormatError):
        jsonlines.make_json_reader("x.toml", {"kind": "access", **data})


def test_cloudfront_encodes_once_more() -> None:
    record = {
        "date": "2026-03-01", "time": "23:59:56", "cs-method": "POST",
        "cs-uri-stem": "/api/v1/dags/caf%25C3%25A9/dagRuns",
        "cs-uri-query": "next=%2525", "sc-status": "403", "c-ip": "2001:0db8:0000::0017", "time-taken": "0.302",
        "cs(User-Agent)": "a%2520b", "x-edge-detailed-result-type": "ClientGeoBlocked",
    }  # fmt: skip
    access = read(json.dumps(record))
    assert access is not None
    assert (access.target, access.agent) == ("/api/v1/dags/caf%C3%A9/dagRuns?next=%25", "a b")
    assert (access.client, access.duration, access.proxy) == ("2001:db8::17", 302_000, "refused")
    assert timestamps.EPOCH + timedelta(microseconds=access.time or 0) == datetime(2026, 3, 1, 23, 59, 56, tzinfo=UTC)
