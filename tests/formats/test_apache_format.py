"""logparse.formats.format_strings.apache: what Apache prints with a LogFormat comes back out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common import timestamps
from logparse.common.errors import FormatError
from logparse.formats.format_strings.apache import compile_apache
from logparse.formats.given import from_string

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = '%h %l %u %t "%r" %>s %b'
COMBINED = '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'  # as Debian has it
VHOST = "%v:%p " + COMBINED
CUSTOM = (
    '%{%Y-%m-%dT%T}t.%{msec_frac}t %{%z}t %h %u %a "%r" %>s %D %{X-Forwarded-For}i "%{User-Agent}i"'
    " end=%{end:%Y-%m-%dT%T}t.%{end:msec_frac}t"
)
JSON = '{"time":"%{%FT%T%z}t","client":"%a","req":"%r","status":"%>s","us":%D,"ua":"%{User-Agent}i"}'

EVENING = "01/Mar/2026:23:59:52 +0000"
POST = "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1"
WEIRD = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'
WEIRD_C = (
    r"weird \"quoted\" \\back\\slash\ttab \xc3\xa9 "
    r"\"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200"
)
LINE = f'192.0.2.44 - - [{EVENING}] "{POST}" 401 241 "-" "{WEIRD_C}"'
FIELDS: dict[str, str | None] = {"client": "192.0.2.44", "user": "-", "time": EVENING, "method": "POST"}
FIELDS |= {"target": "/api/v1/dags/etl_daily/dagRuns", "status": "401", "total_bytes": "241", "referer": "-"}
FIELDS |= {"agent": WEIRD}

# Lines of Apache 2.4.71 and what was sent to it.
RECORDED: list[tuple[str, str, Mapping[str, str | None]]] = [
    (COMBINED, LINE, FIELDS),
    (VHOST, f"airflow.example.com:80 {LINE}", {"host": "airflow.example.com", **FIELDS}),
    (
        COMMON,
        f'2001:db8::17 - - [{EVENING}] "{POST}" 401 40',
        {"client": "2001:db8::17", "user": "-", "time": EVENING, "method": "POST", "status": "401", "bytes": "40"}
        | {"target": "/api/v1/dags/etl_daily/dagRuns"},
    ),
    (
        CUSTOM,
        (
            r'2026-03-01T23:59:56.007 +0000 198.51.100.23 - 198.51.100.23 "POST /api/v1/dags/caf\xc3\xa9_load/dagRuns '
            'HTTP/1.1" 403 7191 - "python-requests/2.31.0" end=2026-03-01T23:59:56.014'
        ),
        {"user": "-", "client": "198.51.100.23", "method": "POST", "target": "/api/v1/dags/café_load/dagRuns"}
        | {"status": "403", "duration_us": "7191", "forwarded": "-", "agent": "python-requests/2.31.0"}
        | {"time": "2026-03-01T23:59:56.007+0000"},
    ),
    (
        JSON,
        f'{{"time":"2026-03-01T18:59:52-0500","client":"::1","req":"{POST}","status":"401","us":12,"ua":"{WEIRD_C}"}}',
        {"time": "2026-03-01T18:59:52-0500", "client": "::1", "method": "POST", "status": "401", "duration_us": "12"}
        | {"target": "/api/v1/dags/etl_daily/dagRuns", "agent": WEIRD},
    ),
    (
        COMBINED,
        rf'203.0.113.200 - - [{EVENING}] "POST /a\"b\\c?note=\"x\" HTTP/1.1" 200 200 "" "ends with backslash\\"',
        {**FIELDS, "client": "203.0.113.200", "target": '/a"b\\c?note="x"', "status": "200", "total_bytes": "200"}
        | {"referer": "", "agent": "ends with backslash\\"},
    ),
    (
        COMBINED,
        f'host.example.com - "" [{EVENING}] "{POST}" 401 241 "-" "{WEIRD_C}"',
        {**FIELDS, "client": "host.example.com", "user": ""},
    ),
    (
        COMBINED,
        rf'192.0.2.44 - ja\"ne d [x] https://idp [{EVENING}] "{POST}" 401 241 "-" "{WEIRD_C}"',
        {**FIELDS, "user": 'ja"ne d [x] https://idp'},
    ),
    *(
        (
            COMBINED,
            f'192.0.2.44 - - [{EVENING}] "{request}" 400 448 "-" "-"',
            {**FIELDS, "method": None, "target": None, "status": "400", "total_bytes": "448", "agent": "-"},
        )
        for request in ("", "-", "GARBAGE", r"\x16\x03\x01\x02", r"\"", "GET /a b HTTP/1.1")
    ),
]


@pytest.mark.parametrize(("text", "line", "expected"), RECORDED)
def test_recorded_lines_come_apart(text: str, line: str, expected: Mapping[str, str | None]) -> None:
    compiled = compile_apache(text)
    assert compiled.match(line) == expected
    assert set(compiled.names) == set(expected)
    assert compiled.stamp == "start"


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE[:-1],
        LINE + " 0.25",
        LINE[:-1] + '\\"',
        f"Nov 22 12:47:45 host {LINE}",
        LINE.replace("401", "4011"),
        "[Sun Mar 01 23:59:52.123456 2026] [proxy:error] [pid 17:tid 1] AH00957: http: attempt to connect failed",
    ],
)
def test_other_lines_do_not_match(line: str) -> None:
    assert compile_apache(COMBINED).match(line) is None


def test_lines_may_go_on_if_that_is_asked_for() -> None:
    found = compile_apache(COMBINED, extra=True).match(f'{LINE} "-" 0.25')
    assert found == FIELDS


QUOTED = '"' + COMBINED.replace('"', '\\"') + '"'


@pytest.mark.parametrize(
    "text",
    [
        f"LogFormat {QUOTED} combined",
        f"  logformat {QUOTED}\n",
        f"CustomLog ${{APACHE_LOG_DIR}}/access.log {QUOTED} env=!dontlog",
        f'CustomLog "|/usr/bin/rotatelogs /var/log/a 86400" {QUOTED}',
        QUOTED,
        COMBINED.replace('"', '\\"'),
        f"'{COMBINED}'",
        f" {COMBINED} ",
        COMBINED.replace("%>s", "%>!200,304s").replace("%h", "%<h").replace("%{Referer}i", "%400,501{Referer}i"),
    ],
)
def test_the_line_of_the_configuration_means_the_same(text: str) -> None:
    assert compile_apache(text).match(LINE) == FIELDS


# The moment in each form that mod_log_config can give it, and how far it is told.
MOMENTS = [
    ("%t", "[01/Mar/2026:18:59:52 -0500]", "start", "2026-03-01T23:59:52Z"),
    ("%{}t", "[01/Mar/2026:18:59:52 -0500]", "start", "2026-03-01T23:59:52Z"),
    ("%{end:}t", "[01/Mar/2026:18:59:52 -0500]", "end", "2026-03-01T23:59:52Z"),
    ("%t.%{msec_frac}t", "[01/Mar/2026:18:59:52 -0500].004", "start", "2026-03-01T23:59:52.004000Z"),
    (
        "[%{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t]",
        "[01/Mar/2026:23:59:52.123 +0000]",
        "start",
        "2026-03-01T23:59:52.123000Z",
    ),
    ("%{begin:%F %T}t.%{begin:usec_frac}t", "2026-03-01 23:59:52.000468", "start", "2026-03-01T23:59:52.000468Z"),
    ("%{%a %b %e %I:%M:%S %p %Y %Z}t", "Sun Mar  1 11:59:52 PM 2026 UTC", "start", "2026-03-01T23:59:52Z"),
    ("%{%c}t", "Sun Mar  1 23:59:52 2026", "start", "2026-03-01T23:59:52Z"),
    ("%{%D %R}t", "03/01/26 23:59", "start", "2026-03-01T23:59:00Z"),
    ("%{%-d.%-m.%Y %-H:%M}t", "1.3.2026 9:05", "start", "2026-03-01T09:05:00Z"),
    ("%{sec}t", "1772409592", "start", "2026-03-01T23:59:52Z"),
    ("%{sec}t.%{msec_frac}t", "1772409592.004", "start", "2026-03-01T23:59:52.004000Z"),
    ("%{msec}t", "1772409592004", "start", "2026-03-01T23:59:52.004000Z"),
    ("%{end:usec}t", "1772409592004001", "end", "2026-03-01T23:59:52.004001Z"),
    ("%{%FT%T%z}t %{end:%FT%T%z}t", "2026-03-01T23:59:50+0000 2026-03-01T23:59:52+0000", "end", "2026-03-01T23:59:52Z"),
    ("%{%FT%T}t %{end:%FT%T}t %{%z}t", "2026-03-01T18:59:50 2026-03-01T18:59:52 -0500", "end", "2026-03-01T23:59:52Z"),
    ("%{%FT%T}t %D %{end:sec}t", "2026-03-01T23:59:52 1851 1772409599", "start", "2026-03-01T23:59:52Z"),
]


@pytest.mark.parametrize(("text", "written", "stamp", "expected"), MOMENTS)
def test_a_moment_in_several_fields_is_one_time(text: str, written: str, stamp: str, expected: str) -> None:
    compiled = compile_apache(f'%h {text} "%r" %>s')
    found = compiled.match(f'10.0.0.1 {written} "GET /x HTTP/1.1" 200')
    assert found is not None
    assert (compiled.stamp, found["client"], found["target"]) == (stamp, "10.0.0.1", "/x")
    read = timestamps.parse_timestamp(found["time"] or "")
    assert read is not None
    assert timestamps.format_time(read.utc) == expected


def test_a_time_of_day_alone_is_no_time() -> None:
    compiled = compile_apache('%{%T}t "%r" %>s')
    assert compiled.match('23:59:52 "GET /x HTTP/1.1" 200') == {"method": "GET", "target": "/x", "status": "200"}
    odd = compile_apache('%{%d/%b/%Y:%T}t %{msec}t "%r" %>s').match('01/März/2026:1 12 "GET /x HTTP/1.1" 200')
    assert odd is None


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (
            '%a "%m %U%q %H" %s',
            '10.0.0.1 "POST /api/v1/dags/a b/dagRuns?a=b HTTP/1.1" 200',
            {"client": "10.0.0.1", "verb": "POST", "url_path": "/api/v1/dags/a b/dagRuns", "query": "a=b"},
        ),
        ("%m %U%q %>s", "POST /x 200", {"verb": "POST", "url_path": "/x", "query": ""}),
        ('%m %U "%q" %>s', 'POST /x "?a=b" 200', {"url_path": "/x", "query": "a=b"}),
        (
            '%h %a %{c}a "%r" %s %>s',
            'proxy 10.0.0.1 10.0.0.7 "GET /x HTTP/1.1" 200 302',
            {"client": "10.0.0.1", "status": "302"},
        ),
        ('"%r" %>s %b %{ms}T', '"GET /x HTTP/1.1" 304 - 12', {"status": "304", "bytes": "-", "duration_ms": "12"}),
        ('"%r" %>s %T %I %S %X %k %P', '"GET /x HTTP/1.1" 200 3 10 20 + 0 17', {"duration_s": "3"}),
        (
            '"%r" %>s "%{Location}o" %{X-REQUEST-ID}i %{UNIQUE_ID}e %{sid}C %{note}n %L %R %f %^FB',
            '"GET /x HTTP/1.1" 302 "/login/" 4711 Zm9v - - - proxy:http://10.0.0.1/ proxy:x 12',
            {"location": "/login/", "request_id": "4711"},
        ),
        ('100%% "%r" %>s', '100% "GET /x HTTP/1.1" 200', {"target": "/x"}),
        ('"%r" %>s\t%{Host}i', '"GET /x HTTP/1.1" -\tairflow', {"status": None, "host": "airflow"}),
    ],
)
def test_other_templates(text: str, line: str, expected: dict[str, str]) -> None:
    found = compile_apache(text).match(line)
    assert found is not None
    assert found.items() >= expected.items()


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ('%h "%r" %b', None, "status"),
        ("%h %>s %m", None, "request"),
        ('%h "%r" %>s %y', 12, "unknown directive"),
        ('%h "%r" %>s %{x}q', 12, "unknown directive"),
        ('%h "%r" %>s %i', 12, "unknown directive"),
        ('%h "%r" %>s 100%', 15, "write %%"),
        ('LogFormat "%h \\"%r\\" %>s % " x', 25, "write %%"),
        ("LogFormat combined", 10, "in double quotes"),
        ('%h "%r" %>s %{%Q}t', 12, "strftime has no %Q"),
        ('"%r" %>s %{Referer}i%{User-Agent}i', 20, "nothing between"),
        ("%{User-Agent}i %m %U %>s", 0, "put quotes around it"),
        ('"%r" %{Referer}i %>s %{User-Agent}i', 5, "put quotes around it"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(text: str, position: int | None, hint: str) -> None:
    with pytest.raises(FormatError, match=hint) as caught:
        compile_apache(text)
    assert (caught.value.text, caught.value.position) == (text, position)


@pytest.mark.parametrize("text", [COMBINED, VHOST, COMMON, CUSTOM, JSON])
@pytest.mark.parametrize(
    "filler",
    [" ", '" "', r"\" ", r"\\", '\\\\" ', '"', " - [", f" [{EVENING}] ", "2026-03-01T23:59:56.007 ", "1", "\\"],
)
def test_hostile_lines_are_answered(text: str, filler: str) -> None:
    # With a regular expression that goes back to earlier fields this takes minutes to years.
    compiled = compile_apache(text)
    hostile = (filler * 65536)[:65536]
    for head in ("", LINE[:-1], f"a:80 {LINE[:-1]}", "192.0.2.44 - ", "2026-03-01T23:59:56.007 +0000 a ", '{"time":"'):
        assert compiled.match(head + hostile + "\n") is None


def escaped(value: bytes) -> str:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 13: "\\r", 0x22: '\\"', 0x5C: "\\\\"}
    return "".join(short.get(c) or (chr(c) if 0x20 <= c < 0x7F else f"\\x{c:02x}") for c in value)


headers = st.binary(max_size=40) | st.lists(
    st.sampled_from([b'"', b"\\", b" ", b'" "', b'","', b"\\x22", b" 200 ", b"[", b"\xc3\xa9", b"\n", POST.encode()]),
    max_size=8,
).map(b"".join)
targets = headers.map(lambda value: b"/" + value.replace(b" ", b""))


@given(agent=headers, referer=headers, user=headers, target=targets)
@pytest.mark.parametrize("text", [VHOST, JSON], ids=["vhost", "json"])
def test_what_apache_prints_comes_back(text: str, agent: bytes, referer: bytes, user: bytes, target: bytes) -> None:
    line = text
    for directive, value in {
        "%{%FT%T%z}t": "2026-03-01T23:59:52+0000", "%{User-Agent}i": escaped(agent), "%{Referer}i": escaped(referer),
        "%v": "airflow", "%p": "80", "%h": "10.0.0.1", "%a": "10.0.0.1", "%l": "-", "%u": escaped(user) or '""',
        "%t": f"[{EVENING}]", "%r": escaped(b"POST " + target + b" HTTP/1.1"), "%>s": "403", "%O": "1", "%D": "17",
    }.items():  # fmt: skip
        line = line.replace(directive, f"\0{value.replace('%', chr(1))}\0")
    found = compile_apache(text).match(line.replace("\0", "").replace("\1", "%"))
    assert found is not None
    sent = {"method": b"POST", "target": target, "agent": agent} | (
        {"referer": referer, "user": user} if text == VHOST else {}
    )
    assert found.items() >= {name: value.decode("utf-8", "surrogateescape") for name, value in sent.items()}.items()
    assert (found["status"], found["client"]) == ("403", "10.0.0.1")


def test_a_line_format_of_apache() -> None:
    form = from_string(COMBINED, 2)
    assert (form.id, form.rank, form.stamp, form.vouches, form.names_users) == (
        "log-format-2",
        -2,
        "start",
        True,
        False,
    )
    assert form.read(LINE) == FIELDS
    assert from_string('%{end:%FT%T%z}t "%r" %>s').stamp == "end"
