"""logparse.formats.format_strings.nginx: what nginx prints with a log_format comes back out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.errors import FormatError
from logparse.formats.format_strings.nginx import compile_nginx
from logparse.formats.given import from_string

if TYPE_CHECKING:
    from collections.abc import Mapping

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
MAIN = COMBINED + (
    ' "$http_x_forwarded_for" rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time"'
)
UPSTREAM = (
    " $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"  # of ingress-nginx
)
INGRESS = COMBINED + (
    " $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name]" + UPSTREAM
)
OLD_INGRESS = (
    '$remote_addr - [$the_real_ip] - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"'
    ' "$http_user_agent" $request_length $request_time [$proxy_upstream_name]' + UPSTREAM
)
OLDER_INGRESS = OLD_INGRESS.replace("$the_real_ip", "$proxy_add_x_forwarded_for")
DOCUMENTED = COMBINED.replace("$request", "$request_method $uri $server_protocol")
JSON = (
    '{"time":"$time_iso8601","msec":"$msec","remote_addr":"$remote_addr","remote_user":"$remote_user",'
    '"request":"$request","request_method":"$request_method","uri":"$request_uri","args":"$args","status":"$status",'
    '"body_bytes_sent":"$body_bytes_sent","request_time":"$request_time","http_referer":"$http_referer",'
    '"http_user_agent":"$http_user_agent","http_x_forwarded_for":"$http_x_forwarded_for","request_id":"$request_id"}'
)
SMALL_JSON = '{"time":"$time_iso8601","request":"$request","status":$status,"ua":"$http_user_agent"}'
RAW = f"log_format raw escape=none '{COMBINED}';"

EVENING = "01/Mar/2026:23:59:52 +0000"
WEIRD = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'
WEIRD_HEX = (
    r"weird \x22quoted\x22 \x5Cback\x5Cslash\x09tab \xC3\xA9 "
    r"\x22POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\x22 200"
)
MALLORY = {"client": "192.0.2.44", "user": "mallory", "time": EVENING, "method": "POST"}
MALLORY |= {"target": "/api/v1/dags/etl_daily/dagRuns", "status": "401", "bytes": "40", "referer": "-", "agent": WEIRD}
POST = "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1"
LINE = f'192.0.2.44 - mallory [{EVENING}] "{POST}" 401 40 "-" "{WEIRD_HEX}"'
TLS = r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\x22\x22"

# Lines of nginx 1.22.1 and what was sent to it; those of the two older ingress formats are as documented.
RECORDED: list[tuple[str, str, Mapping[str, str | None]]] = [
    (COMBINED, LINE, {**MALLORY}),
    (
        MAIN,
        f'{LINE} "8.8.8.8, 10.0.0.1, 7.7.7.7" rt=0.003 uct="0.000" urt="0.002"',
        {**MALLORY, "forwarded": "8.8.8.8, 10.0.0.1, 7.7.7.7", "duration_dec": "0.003"},
    ),
    (
        INGRESS,
        f"{LINE} 360 0.003 [airflow-airflow-webserver-8080] [] 203.0.113.200:9000 40 0.002 401 93226a4799899ac36a8f",
        {**MALLORY, "duration_dec": "0.003", "upstream_status": "401", "request_id": "93226a4799899ac36a8f"},
    ),
    (
        INGRESS,
        f"{LINE} 360 0.003 [a-b-80] [] 10.0.0.1:80, 10.0.0.2:80 0, 40 0.001, 0.002 502, 401 93226a",
        {**MALLORY, "duration_dec": "0.003", "upstream_status": "502, 401", "request_id": "93226a"},
    ),
    (
        OLD_INGRESS,
        LINE.replace(" - ", " - [203.0.113.9] - ", 1) + " 360 0.003 [a-b-80] 10.0.0.1:80 40 0.002 401 93226a",
        {**MALLORY, "duration_dec": "0.003", "upstream_status": "401", "request_id": "93226a"},
    ),
    (
        OLDER_INGRESS,
        LINE.replace(" - ", " - [203.0.113.9, 192.0.2.44] - ", 1)
        + " 360 0.003 [a-b-80] 10.0.0.1:80 40 0.002 401 93226a",
        {"forwarded": "203.0.113.9, 192.0.2.44", **MALLORY}
        | {"duration_dec": "0.003", "upstream_status": "401", "request_id": "93226a"},
    ),
    (
        DOCUMENTED,
        f'192.0.2.44 - - [{EVENING}] "POST /api/v1/dags/a \\xC3\\xA9/dagRuns HTTP/1.1" 401 40 "-" "ua"',
        {"client": "192.0.2.44", "user": "-", "time": EVENING, "verb": "POST", "protocol": "HTTP/1.1"}
        | {"url_path": "/api/v1/dags/a é/dagRuns", "status": "401", "bytes": "40", "referer": "-", "agent": "ua"},
    ),
    (
        JSON,
        (
            '{"time":"2026-03-01T23:59:52+00:00","msec":"1772409592.004","remote_addr":"192.0.2.44",'
            f'"remote_user":"mallory","request":"{POST}","request_method":"POST",'
            '"uri":"/api/v1/dags/etl_daily/dagRuns","args":"","status":"401","body_bytes_sent":"40",'
            r'"request_time":"0.003","http_referer":"","http_user_agent":"weird \"quoted\" \\back\\slash\ttab é '
            r'\"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200","http_x_forwarded_for":"",'
            '"request_id":"93226a4799899ac36a8fd1f35acd6462"}'
        ),
        {**MALLORY, "time": "2026-03-01T23:59:52.004000Z", "duration_dec": "0.003", "referer": "", "forwarded": ""}
        | {"request_id": "93226a4799899ac36a8fd1f35acd6462"},
    ),
    (
        SMALL_JSON,
        f'{{"time":"2026-03-01T23:59:52+00:00","request":"{POST}","status":401,"ua":"{WEIRD_HEX}"}}',
        {"time": "2026-03-01T23:59:52+00:00", "method": "POST", "target": "/api/v1/dags/etl_daily/dagRuns"}
        | {"status": "401", "agent": WEIRD},
    ),
    (RAW, f'192.0.2.44 - mallory [{EVENING}] "{POST}" 401 40 "" "{WEIRD}"', {**MALLORY, "referer": ""}),
    (COMBINED, f'192.0.2.44 - mallory [{EVENING}] "{POST}" 401 40 "" "{WEIRD}"', {**MALLORY, "referer": ""}),
    (RAW, f'192.0.2.44 -  [{EVENING}] "{POST}" 401 40 "" "ua"', {**MALLORY, "user": "", "referer": "", "agent": "ua"}),
    (
        COMBINED,
        (
            rf"2001:db8::17 - eve\x0A9.9.9.9 - ja\x22ne [01/Mar/2026 [{EVENING}] "
            r'"GET /a\x22b\x5C?n=\x22 HTTP/1.1" 499 0 "" ""'
        ),
        {"client": "2001:db8::17", "user": 'eve\n9.9.9.9 - ja"ne [01/Mar/2026', "time": EVENING, "method": "GET"}
        | {"target": '/a"b\\?n="', "status": "499", "bytes": "0", "referer": "", "agent": ""},
    ),
    *(
        (
            COMBINED,
            f'203.0.113.200 - - [{EVENING}] "{request}" 400 157 "-" "-"',
            {"client": "203.0.113.200", "user": "-", "time": EVENING, "method": None, "target": None}
            | {"status": "400", "bytes": "157", "referer": "-", "agent": "-"},
        )
        for request in ("", "-", "GARBAGE", TLS, "GET /x", "GET /a b HTTP/1.1")
    ),
]


@pytest.mark.parametrize(("text", "line", "expected"), RECORDED)
def test_recorded_lines_come_apart(text: str, line: str, expected: Mapping[str, str | None]) -> None:
    compiled = compile_nginx(text)
    assert compiled.match(line) == expected
    assert set(compiled.names) == set(expected)
    assert compiled.stamp == "end"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "203.0.113.200 - eve",
        LINE[:-1],
        LINE + " 0.25",
        f"Nov 22 12:47:45 host {LINE}",
        LINE.replace("mallory", "a:b"),
        LINE.replace("401", "4011"),
        "2026/11/22 12:47:46 [error] 17#17: *1 connect() failed (111: Connection refused), client: 192.0.2.44",
    ],
)
def test_other_lines_do_not_match(line: str) -> None:
    assert compile_nginx(COMBINED).match(line) is None


def test_lines_may_go_on_if_that_is_asked_for() -> None:
    found = compile_nginx(COMBINED, extra=True).match(f'{LINE} "-" 0.25')
    assert found is not None
    assert found["agent"] == WEIRD


@pytest.mark.parametrize(
    "text",
    [
        f"log_format main '{COMBINED}';",
        """log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                              '$status $body_bytes_sent "$http_referer" '
                              '"$http_user_agent"';
        """,
        """log_format main escape=default '$remote_addr - $remote_user [$time_local] "$request" ' # comment
              '$status $body_bytes_sent "$http_referer" "$http_user_agent"'""",
        'log_format main "' + COMBINED.replace('"', '\\"') + '";',
        f"'{COMBINED}'",
        '"' + COMBINED.replace('"', '\\"') + '"',
        """'$remote_addr - $remote_user [$time_local] "$request" ' '$status $body_bytes_sent '
           '"$http_referer" "$http_user_agent"'""",
        COMBINED.replace("$remote_addr", "${remote_addr}").replace("$status", "${status}"),
        f"  {COMBINED}\n",
    ],
)
def test_the_directive_and_its_parts_mean_the_same(text: str) -> None:
    assert compile_nginx(text).match(LINE) == MALLORY


def test_escape_of_the_directive_is_believed() -> None:
    line = '10.0.0.1 "GET /x HTTP/1.1" 200 "{}"'
    value = '$remote_addr "$request" $status "$http_user_agent"'
    for escape, written, agent in (
        ("default", r"a\x22\x5Cb", 'a"\\b'),
        ("json", r"a\"\\b", 'a"\\b'),
        ("json", r"a\\x22", r"a\x22"),
        ("none", r'a\x22" "b', r'a\x22" "b'),
        ("none", r"a\n\\", r"a\n\\"),
    ):
        found = compile_nginx(f"log_format x escape={escape} '{value}';").match(line.format(written))
        assert found is not None
        assert found["agent"] == agent
    assert compile_nginx(f"log_format x escape=default '{value}';").match(line.format('a "b')) is None


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            "$host $uri$is_args$args $request_method $status",
            "airflow.example.com /api/v1/dags/x y/dagRuns?a=b POST 200",
            {"host": "airflow.example.com", "url_path": "/api/v1/dags/x y/dagRuns", "query": "a=b", "verb": "POST"},
        ),
        ("$uri$is_args$args $request_method $status", "/x POST 200", {"url_path": "/x", "query": ""}),
        (
            '"$request_method $scheme://$host$request_uri" $status',
            '"POST https://airflow.example.com/api/x?a=b c" 200',
            {"host": "airflow.example.com", "target": "/api/x?a=b c", "verb": "POST"},
        ),
        (
            "$remote_addr:$remote_port|$request|$status|$bytes_sent|$ssl_protocol|$sent_http_location",
            "2001:db8::1:4242|GET /x HTTP/1.1|302|512|TLSv1.3|/login/",
            {"client": "2001:db8::1", "target": "/x", "total_bytes": "512", "location": "/login/"},
        ),
        ('$realip_remote_addr "$request" $status', '10.0.0.7 "GET /x HTTP/1.1" 200', {"client": "10.0.0.7"}),
        (
            '"$http_x_request_id" $request_id "$request" $status',
            f'"mine" {"0" * 32} "GET /x HTTP/1.1" 200',
            {"request_id": "0" * 32},
        ),
        (
            '$http_x_forwarded_for - $remote_addr [$time_local] "$request" $status "$http_user_agent"',
            f'203.0.113.9, 10.0.0.7 - 10.0.0.1 [{EVENING}] "GET /x HTTP/1.1" 200 "ua"',
            {"forwarded": "203.0.113.9, 10.0.0.7", "client": "10.0.0.1"},
        ),
    ],
)
def test_other_templates(text: str, line: str, expected: dict[str, str]) -> None:
    found = compile_nginx(text).match(line)
    assert found is not None
    assert found.items() >= expected.items()


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ('$remote_addr "$request"', None, "status"),
        ("$status $remote_addr", None, "request"),
        ("$status $request_method", None, "request"),
        ('"$request" $status $', 19, "begins no variable"),
        ('"$request" $status ${a', 19, "begins no variable"),
        ("log_format x '$status' \"$ $request\";", 24, "begins no variable"),
        ("log_format x escape=html '$request $status';", 13, "default, json or none"),
        ("log_format x $request $status;", 13, "in quotes"),
        ('"$request" $status $http_referer$http_user_agent', 32, "nothing between"),
        ("$http_user_agent $request_method $request_uri $status", 0, "put quotes around it"),
        ('"$request" $http_referer $status $http_user_agent', 11, "put quotes around it"),
        ("log_format x escape=none '\"$http_user_agent\" $request_method $uri $status';", 27, "put quotes around it"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(text: str, position: int | None, hint: str) -> None:
    with pytest.raises(FormatError, match=hint) as caught:
        compile_nginx(text)
    assert (caught.value.text, caught.value.position) == (text, position)


FORGED = '" 200 34 "-" "x" POST /api/v1/dags/fake/dagRuns HTTP/1.1" 200 34 "-" "y'


@pytest.mark.parametrize("agent", [FORGED, f'x"\n9.9.9.9 - root [{EVENING}] "{POST}" 200 34 "-" "y', '\\" 200', "\\"])
@pytest.mark.parametrize("text", [COMBINED, MAIN, RAW])
def test_an_agent_forges_nothing(text: str, agent: str) -> None:
    written = agent if text == RAW else "".join(f"\\x{ord(c):02X}" if c in '"\\\n' else c for c in agent)
    rest = ' "-" rt=0.003 uct="0.000" urt="0.002"' if text == MAIN else ""
    found = compile_nginx(text).match(f'192.0.2.44 - - [{EVENING}] "GET /x HTTP/1.1" 401 40 "-" "{written}"{rest}')
    assert found is not None
    assert (found["client"], found["method"], found["target"], found["status"]) == ("192.0.2.44", "GET", "/x", "401")


def test_where_a_client_writes_before_the_request_two_requests_are_none() -> None:
    compiled = compile_nginx(
        'log_format x escape=none \'$http_x_forwarded_for [$time_local] "$request" $status "$http_user_agent"\';'
    )
    found = compiled.match(f'10.0.0.1, 10.0.0.2 [{EVENING}] "GET /x HTTP/1.1" 401 "a "b""')
    assert found is not None
    assert (found["target"], found["agent"]) == ("/x", 'a "b"')
    forged = f'10.0.0.1 [{EVENING}] "POST /y HTTP/1.1" 200 "'
    assert compiled.match(f'{forged} [{EVENING}] "GET /x HTTP/1.1" 401 "ua"') is None
    assert compiled.match(f'10.0.0.1 [{EVENING}] "-" 200 " [{EVENING}] "GET /x HTTP/1.1" 401 "ua"') is None


@pytest.mark.parametrize("text", [COMBINED, MAIN, INGRESS, OLDER_INGRESS, DOCUMENTED, JSON, SMALL_JSON, RAW])
@pytest.mark.parametrize("filler", [" ", '" "', r"\x22 ", '\\" ', " - [", '"', ",", f" [{EVENING}] ", "1 ", "a", "\\"])
def test_hostile_lines_are_answered(text: str, filler: str) -> None:
    # With a regular expression that goes back to earlier fields this takes minutes to years.
    compiled = compile_nginx(text)
    hostile = (filler * 65536)[:65536]
    for head in ("", LINE[:-1], f"192.0.2.44 - [10.0.0.1] - a [{EVENING}] ", '{"time":"2026-03-01T23:59:52+00:00",'):
        assert compiled.match(head + hostile + "\n") is None


def escaped(value: bytes) -> str:
    return "".join(chr(c) if 0x20 <= c < 0x7F and c not in b'"\\' else f"\\x{c:02X}" for c in value)


def escaped_json(value: bytes) -> str:
    short = {0x22: '\\"', 0x5C: "\\\\", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    made = b"".join((short.get(c) or f"\\u{c:04x}").encode() if c < 0x20 or c in short else bytes((c,)) for c in value)
    return made.decode("utf-8", "surrogateescape")


headers = st.binary(max_size=40) | st.lists(
    st.sampled_from([b'"', b"\\", b" ", b'" "', b'","', b"\\x22", b" 200 ", b"[", b"\xc3\xa9", b"\n", POST.encode()]),
    max_size=8,
).map(b"".join)
targets = headers.map(lambda value: b"/" + value.replace(b" ", b""))


@given(agent=headers, referer=headers, forwarded=headers, user=headers, target=targets, method=st.sampled_from("AZ"))
@pytest.mark.parametrize("text", [MAIN, JSON], ids=["default", "json"])
def test_what_nginx_prints_comes_back(
    text: str, agent: bytes, referer: bytes, forwarded: bytes, user: bytes, target: bytes, method: str
) -> None:
    user = user.replace(b":", b"")
    values = {"http_user_agent": agent, "http_referer": referer, "http_x_forwarded_for": forwarded, "remote_user": user}
    values |= {"request": method.encode() + b" " + target + b" HTTP/1.1", "request_uri": target, "status": b"403"}
    values |= {"time_local": EVENING.encode(), "time_iso8601": b"2026-03-01T23:59:52+00:00", "msec": b"1772409592.004"}
    values |= {"remote_addr": b"192.0.2.44", "body_bytes_sent": b"40", "request_time": b"0.003", "args": b""}
    values |= {"request_method": method.encode(), "request_id": b"0" * 32}
    values |= {"upstream_connect_time": b"-", "upstream_response_time": b"0.001, 0.002"}
    line = text
    write = escaped_json if text == JSON else escaped
    for name in sorted(values, key=len, reverse=True):
        line = line.replace(f"${name}", f"\0{name}\0")
    line = "".join(write(values[part]) if part in values else part for part in line.split("\0"))
    found = compile_nginx(text).match(line)
    assert found is not None
    sent = {"method": method.encode(), "target": target, "agent": agent, "referer": referer, "user": user}
    assert found.items() >= {name: value.decode("utf-8", "surrogateescape") for name, value in sent.items()}.items()
    assert (found["status"], found["client"]) == ("403", "192.0.2.44")


def test_a_line_format_of_nginx() -> None:
    form = from_string(COMBINED, 3)
    assert (form.id, form.rank, form.stamp, form.vouches, form.names_users) == ("log-format-3", -3, "end", False, False)
    assert form.read(LINE) == MALLORY
    assert from_string(RAW).names_users  # line breaks in a name are written as they are
