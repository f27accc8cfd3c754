"""logparse.formats.format_strings.gunicorn: what gunicorn prints with a format comes back out of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.errors import FormatError
from logparse.formats.escapes import repair_latin1, unescape
from logparse.formats.format_strings.gunicorn import DEFAULT, GunicornFormat, compile_gunicorn

ATOMS = (
    '%({X-Forwarded-For}i)s %(h)s %(l)s %(u)s %(t)s "%(m)s %(U)s?%(q)s %(H)s" "%(r)s" %(s)s %(B)s %(D)s %(M)s %(L)s'
    ' %(T)s %(p)s "%(f)s" "%(a)s" %({x-request-id}o)s %({server_name}e)s'
)
JSON = (
    '{"time":"%(t)s","remote":"%(h)s","user":"%(u)s","req":"%(r)s","status":%(s)s,"us":%(D)s,"ua":"%(a)s"}'  # as logged
)
PROBE = 'U=%(U)s q=%(q)s u=%(u)s xff=%({x-forwarded-for}i)s "%(r)s" %(s)s'
PROXY = DEFAULT + ' %(L)s xff="%({x-forwarded-for}i)s" loc="%({location}o)s" pid=%(p)s'
NOON = "22/Nov/2026:12:47:45 +0000"
EVENING = "01/Mar/2026:23:59:52 +0000"

# Lines of gunicorn 23.0.0 and what was sent to it.
RECORDED = [
    (
        DEFAULT,
        f'203.0.113.10 - alice [{EVENING}] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 34 "-" "requests/2.31"',
        {
            "client": "203.0.113.10",
            "user": "alice",
            "time": EVENING,
            "method": "POST",
            "target": "/api/v1/dags/etl_daily/dagRuns",
            "status": "200",
            "bytes": "34",
            "referer": "-",
            "agent": "requests/2.31",
        },
    ),
    (
        DEFAULT,
        (
            f'192.0.2.44 - mallory [{EVENING}] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 40 "-" '
            r'"weird \"quoted\" \back\slash'
            "\t"
            r'tab Ã© \"POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1\" 200"'
        ),
        {
            "target": "/api/v1/dags/etl_daily/dagRuns",
            "status": "401",
            "agent": 'weird "quoted" \\back\\slash\ttab Ã© "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200',
        },
    ),
    (
        DEFAULT,
        '2001:db8::17 - svc-etl [01/Mar/2026:18:59:57 -0500] "POST /x/dagRuns HTTP/1.1" 200 34 "-" "ua"',
        {"client": "2001:db8::17", "time": "01/Mar/2026:18:59:57 -0500", "user": "svc-etl"},
    ),
    (
        DEFAULT,
        rf'203.0.113.200 - - [{NOON}] "POST /api/v1/dags/a\"b/dagRuns?note=\"x\" HTTP/1.1" 200 34 "-" "p1"',
        {"target": '/api/v1/dags/a"b/dagRuns?note="x"', "status": "200"},
    ),
    (
        DEFAULT,
        rf'203.0.113.200 - - [{NOON}] "POST /api/v1/dags/a\b/dagRuns HTTP/1.1" 200 34 "-" "ends with backslash\"',
        {"target": "/api/v1/dags/a\\b/dagRuns", "agent": "ends with backslash\\"},
    ),
    (
        DEFAULT,
        f'203.0.113.200 - - [{NOON}] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "" ""',
        {"referer": "", "agent": ""},
    ),
    (
        DEFAULT,
        rf'203.0.113.200 - ja\"ne [x] [{NOON}] "POST //api/v1/dags//x/dagRuns/ HTTP/1.0" 200 34 "-" "p9"',
        {"user": 'ja"ne [x]', "target": "//api/v1/dags//x/dagRuns/"},
    ),
    (
        DEFAULT,
        f'203.0.113.200 - eve\n9.9.9.9 - admin [01/Mar/2026 [{NOON}] "POST /x HTTP/1.1" 200 34 "-" "p11"',
        {"client": "203.0.113.200", "user": "eve\n9.9.9.9 - admin [01/Mar/2026", "time": NOON},
    ),
    (
        DEFAULT,
        f' - zoë@ex.com [{NOON}] "POST http://airflow.example.com/dagRuns HTTP/1.1" 200 - "-" "unix socket"',
        {"client": "", "user": "zoë@ex.com", "target": "http://airflow.example.com/dagRuns", "bytes": "-"},
    ),
    (
        ATOMS,
        (
            f"- 198.51.100.23 - bob [{EVENING}] "
            '"POST /api/v1/dags/cafÃ©_load/dagRuns? HTTP/1.1" "POST /api/v1/dags/caf%C3%A9_load/dagRuns HTTP/1.1" '
            '403 37 468 0 0.000468 0 <3506> "-" "python-requests/2.31.0" req-9 0.0.0.0'
        ),
        {
            "forwarded": "-",
            "client": "198.51.100.23",
            "user": "bob",
            "time": EVENING,
            "verb": "POST",
            "url_path": "/api/v1/dags/cafÃ©_load/dagRuns",
            "query": "",
            "protocol": "HTTP/1.1",
            "method": "POST",
            "target": "/api/v1/dags/caf%C3%A9_load/dagRuns",
            "status": "403",
            "bytes": "37",
            "duration_us": "468",
            "duration_ms": "0",
            "duration_dec": "0.000468",
            "duration_s": "0",
            "pid": "3506",
            "referer": "-",
            "agent": "python-requests/2.31.0",
            "request_id": "req-9",
        },
    ),
    (
        ATOMS,
        (
            f'203.0.113.9, 10.0.0.7 10.0.0.1 - a b [{EVENING}] "GET /x y?a=b HTTP/1.1" "GET /x%20y?a=b HTTP/1.1" 200 34'
            r' 351 0 0.000351 0 <3506> "http://airflow/home" "x\" req-0 " req-1 0.0.0.0'
        ),
        {"forwarded": "203.0.113.9, 10.0.0.7", "client": "10.0.0.1", "user": "a b", "url_path": "/x y", "query": "a=b"}
        | {"target": "/x%20y?a=b", "agent": 'x" req-0 ', "request_id": "req-1"},
    ),
    (
        JSON,
        (
            f'{{"time":"[{EVENING}]","remote":"::ffff:192.0.2.44","user":"mallory","req":"POST /api/v1/dags/x/dagRuns '
            r'HTTP/1.1","status":401,"us":214,"ua":"weird \"quoted\" \back\slash Ã© \",\"ua\":\"\"}"}'
        ),
        {"time": EVENING, "client": "::ffff:192.0.2.44", "user": "mallory", "method": "POST", "status": "401"}
        | {"target": "/api/v1/dags/x/dagRuns", "duration_us": "214"}
        | {"agent": 'weird "quoted" \\back\\slash Ã© ","ua":""}'},
    ),
    (
        PROBE,
        r'U=/api/v1/dags/team/etl\"q/dagRuns q= u=- xff=- "POST /api/v1/dags/team%2Fetl%22q/dagRuns HTTP/1.1" 200',
        {"url_path": '/api/v1/dags/team/etl"q/dagRuns', "target": "/api/v1/dags/team%2Fetl%22q/dagRuns"},
    ),
    (
        PROBE,
        'U=/api/v1/dags/x\n1.2.3.4 - admin/dagRuns q= u=jane doe xff=7.7.7.7 "POST /x%0A1.2.3.4 HTTP/1.0" 200',
        {"url_path": "/api/v1/dags/x\n1.2.3.4 - admin/dagRuns", "user": "jane doe", "forwarded": "7.7.7.7"},
    ),
    (
        PROXY,
        (
            rf'10.1.2.3 - admin [{NOON}] "GET /api/v1/pools HTTP/1.1" 200 604 "-" "tail\" 0.277632 '
            'xff="203.0.113.7, 10.1.2.3" loc="-" pid=<1620>'
        ),
        {"agent": "tail\\", "duration_dec": "0.277632", "forwarded": "203.0.113.7, 10.1.2.3", "pid": "1620"},
    ),
    (
        PROXY,
        (
            f'198.51.100.99 - - [{NOON}] "GET /dags/ml-train-model/trigger?origin=/home HTTP/1.1" 302 383 "-" '
            '"Mozilla/5.0 (X11)" 0.150929 xff="198.51.100.99" loc="/login/?next=http%3A%2F%2F127.0.0.1" pid=<1619>'
        ),
        {"location": "/login/?next=http%3A%2F%2F127.0.0.1", "status": "302"},
    ),
]


@pytest.mark.parametrize(("text", "line", "expected"), RECORDED)
def test_recorded_lines_come_apart(text: str, line: str, expected: dict[str, str]) -> None:
    compiled = compile_gunicorn(text)
    found = compiled.match(line)
    assert found is not None
    assert tuple(found) == compiled.names
    assert found.items() >= expected.items()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[2026-03-01 23:59:43 +0000] [3485] [INFO] Starting gunicorn 23.0.0",
        "203.0.113.200 - eve",
        f'203.0.113.200 - - [{NOON}] "POST /x HTTP/1.1" 200 34 "-" "cut',
        f'203.0.113.200 - - [{NOON}] "POST /x HTTP/1.1" 200 34 "-" "ua" 0.25',
        f'Nov 22 12:47:45 host 203.0.113.200 - - [{NOON}] "POST /x HTTP/1.1" 200 34 "-" "ua"',
        f'203.0.113.200 - a:b [{NOON}] "POST /x HTTP/1.1" 200 34 "-" "ua"',
    ],
)
def test_other_lines_do_not_match(line: str) -> None:
    assert compile_gunicorn(DEFAULT).match(line) is None


@pytest.mark.parametrize("request_line", ["", "-", "GET /a b HTTP/1.1", r"\x16\x03\"", "- - -"])
def test_a_malformed_request_line_leaves_method_and_target_empty(request_line: str) -> None:
    found = compile_gunicorn(DEFAULT).match(f'10.0.0.1 - bob [{NOON}] "{request_line}" 400 0 "-" "ua"')
    assert found is not None
    assert (found["method"], found["target"]) == (None, None)
    assert (found["client"], found["user"], found["status"], found["agent"]) == ("10.0.0.1", "bob", "400", "ua")


@pytest.mark.parametrize("user", ['a"b', '"eve"', 'a"b c" [x]', '"', 'a" "b', 'a\\"b"', 'x\ny"z'])
@pytest.mark.parametrize("rest", ["", ' 0.15 xff="-"'])
def test_quotes_in_a_name_that_were_not_escaped(user: str, rest: str) -> None:
    line = f'127.0.0.9 - {user} [{NOON}] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 401 188 "-" "a \\"b"{rest}'
    found = compile_gunicorn(DEFAULT, extra=bool(rest)).match(line)
    assert found is not None
    name = "eve" if user == '"eve"' else unescape(user, "gunicorn")  # quotes of the format string
    assert (found["user"], found["client"], found["status"]) == (name, "127.0.0.9", "401")
    assert (found["target"], found["agent"]) == ("/api/v1/dags/x/dagRuns", 'a "b')


@pytest.mark.parametrize(
    "line",
    [
        f'127.0.0.9 - a"b:c [{NOON}] "POST /x HTTP/1.1" 401 188 "-" "-"',  # no name holds a colon
        f'127.0.0.9 - a [{NOON}] "POST /x HTTP/1.1" 401 188 "-" "-" - "b [{NOON}] "POST /y HTTP/1.1" 200 1 "-" "-',
        f'"127.0.0.9 - a [{NOON}] "POST /x HTTP/1.1" 401 188 "-" "-"',
    ],
)
def test_quotes_elsewhere_are_not_forgiven(line: str) -> None:
    assert compile_gunicorn(DEFAULT).match(line) is None


def test_a_quoted_name_ends_at_its_quote() -> None:
    assert compile_gunicorn('"%(u)s" %(t)s "%(r)s" %(s)s').match(f'"a"b" [{NOON}] "GET / HTTP/1.1" 200') is None


def test_an_unquoted_field_cannot_hide_the_line_by_naming_the_next_field() -> None:
    line = 'U=/x q= u=1:2 u=- xff=- u=eve xff=7 "POST /x?%20u=1:2 HTTP/1.1" 403'
    found = compile_gunicorn(PROBE).match(line)
    assert found is not None
    assert (found["target"], found["status"]) == ("/x?%20u=1:2", "403")


text_values = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\x00"), max_size=30) | st.lists(
    st.sampled_from(['"', "\\", " ", '" "', '","', "-", " 200 ", "[", "] ", '"}', "é", f" [{NOON}] "]), max_size=8
).map("".join)
users = text_values.map(lambda value: value.replace(":", "")) | st.just("eve\n9.9.9.9 - admin")
targets = text_values.map(lambda value: "/" + value.replace(" ", ""))
atoms = st.fixed_dictionaries(
    {
        "h": st.ip_addresses().map(str) | st.just(""),
        "l": st.just("-"),
        "u": users,
        "t": st.sampled_from([f"[{NOON}]", "[01/März/2026:18:59:57 -0500]"]),
        "m": st.sampled_from(["GET", "POST", "M-SEARCH"]),
        "target": targets,
        "s": st.integers(100, 599).map(str),
        "b": st.integers(0, 10**9).map(str) | st.just("-"),
        "D": st.integers(0, 10**9),
        "L": st.just("0.000468"),
        "p": st.just("<17>"),
        "f": text_values,
        "a": text_values,
        "{x-forwarded-for}i": text_values,
        "{location}o": text_values,
    }
)
CANONICAL = {"h": "client", "u": "user", "m": "method", "target": "target", "s": "status", "b": "bytes"} | {
    "f": "referer",
    "a": "agent",
    "{x-forwarded-for}i": "forwarded",
    "{location}o": "location",
}


@pytest.mark.parametrize("text", [DEFAULT, JSON, PROXY], ids=["default", "json", "proxy"])
@given(values=atoms)
def test_what_gunicorn_prints_comes_back_exactly(text: str, values: dict[str, str | int]) -> None:
    values = values | {"r": f"{values['m']} {values['target']} HTTP/1.1"}
    safe = {key: value.replace('"', '\\"') if isinstance(value, str) else value for key, value in values.items()}
    found = compile_gunicorn(text).match(text % safe)
    assert found is not None
    assert found["time"] == str(values["t"])[1:-1]
    expected = {name: values[atom] for atom, name in CANONICAL.items() if name in found}
    assert {name: found[name] for name in expected} == expected


@given(agent=text_values, rest=text_values)
def test_extra_fields_are_taken_only_when_asked_for(agent: str, rest: str) -> None:
    line = f'10.0.0.1 - - [{NOON}] "GET /x HTTP/1.1" 200 5 "-" "{agent.replace(chr(34), "")}x"'
    plain, extra = compile_gunicorn(DEFAULT), compile_gunicorn(DEFAULT, extra=True)
    assert extra.match(line) == plain.match(line) is not None
    longer = extra.match(f'{line} "1" {rest}')
    assert longer is not None
    assert (longer["target"], longer["status"]) == ("/x", "200")
    assert plain.match(f"{line} 0.25") is None


def same(one: GunicornFormat, other: GunicornFormat, line: str) -> bool:
    return one.match(line) == other.match(line) is not None


def test_doubled_percent_signs_mean_the_same() -> None:
    line = RECORDED[0][1]
    assert same(compile_gunicorn(DEFAULT), compile_gunicorn(DEFAULT.replace("%", "%%")), line)
    assert same(compile_gunicorn(DEFAULT), compile_gunicorn(f"  {DEFAULT}\n"), line)


def test_a_percent_sign_of_its_own_is_text() -> None:
    for text in ('100%% "%(r)s" %(s)s', '100%%%% "%%(r)s" %%(s)s'):
        found = compile_gunicorn(text).match('100% "GET /x HTTP/1.1" 200')
        assert found == {"method": "GET", "target": "/x", "status": "200"}


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_around_the_value_may_or_may_not_be_in_the_lines(quote: str) -> None:
    line = RECORDED[0][1]
    text = DEFAULT.replace('"', '\\"') if quote == '"' else DEFAULT
    for value in (f"{quote}{text}{quote}", f"{quote}{DEFAULT}{quote}"):
        compiled = compile_gunicorn(value)
        assert same(compile_gunicorn(DEFAULT), compiled, line)
        assert compiled.match(f"{quote}{line}{quote}") == compiled.match(line)


def test_quotes_of_the_first_and_last_field_are_not_taken_for_quotes_around_the_value() -> None:
    compiled = compile_gunicorn('"%(h)s" "%(r)s" %(s)s "%(a)s"')
    assert compiled.match('"10.0.0.1" "GET /x HTTP/1.1" 200 "ua"') == {
        "client": "10.0.0.1",
        "method": "GET",
        "target": "/x",
        "status": "200",
        "agent": "ua",
    }
    assert compiled.match('10.0.0.1" "GET /x HTTP/1.1" 200 "ua') is None


def test_header_names_are_case_insensitive_and_first_atoms_win() -> None:
    compiled = compile_gunicorn("%({User-Agent}i)s|%(a)s|%({X-REAL-IP}i)s|%({Cookie}i)s|%(r)s|%(r)s|%(s)s")
    found = compiled.match("one|two|10.0.0.1|c|GET /x HTTP/1.1|GET /y HTTP/1.1|404")
    assert found == {"agent": "one", "real_ip": "10.0.0.1", "method": "GET", "target": "/x", "status": "404"}


def test_method_and_path_are_enough() -> None:
    found = compile_gunicorn("%(m)s %(U)s %(s)s").match("POST /a b 409")
    assert found == {"verb": "POST", "url_path": "/a b", "status": "409"}


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ('%(x)s "%(r)s" %(s)s', 0, "unknown atom"),
        ('%(h)s "%(r)s" %(status)s', 14, "unknown atom"),
        ('"%(r)s" %(s)s %({accept}x)s', 14, "unknown atom"),
        ('"%(r)s" %(s)s 100%', 17, "write %%"),
        ('"%%(r)s" %%(s)s %(h)s %', 22, "write %%"),
        ('"%%(r)s" %%(s)s 100% ', 19, "write %%"),
        ("%(f)s%(a)s %(r)s %(s)s", 5, "put a blank there"),
        ('%(h)s "%(r)s"', None, "status"),
        ("%(m)s %(s)s", None, "request"),
        ("$remote_addr - $remote_user", None, "status"),
        ("", None, "status"),
        ("'", None, "status"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused(text: str, position: int | None, hint: str) -> None:
    with pytest.raises(FormatError, match=hint) as caught:
        compile_gunicorn(text)
    assert (caught.value.text, caught.value.position) == (text, position)


@pytest.mark.parametrize(
    "text", [DEFAULT, ATOMS, JSON, PROBE, PROXY], ids=["default", "atoms", "json", "probe", "proxy"]
)
@pytest.mark.parametrize(
    "filler", [" ", '" "', r"\" ", r"\" \" ", " u=a:", " q= u= xff=", f" [{NOON}]", " - [", "1", "/"]
)
def test_hostile_lines_are_answered(text: str, filler: str) -> None:
    # With a regular expression that goes back to earlier fields this takes minutes to years.
    compiled = compile_gunicorn(text)
    hostile = (filler * 65536)[:65536]
    for head in ("", f'10.0.0.1 - - [{NOON}] "GET /x HTTP/1.1" 200 5 "', "U=/x q= u= xff="):
        assert compiled.match(head + hostile) is None
    values = dict.fromkeys(("h", "l", "q", "{server_name}e", "{location}o", "f", "u"), "-") | {
        "t": f"[{NOON}]",
        "r": "GET /x HTTP/1.1",
        "m": "GET",
        "U": "/x",
        "H": "HTTP/1.1",
        "L": "0.000001",
        "p": "<1>",
        "a": hostile.replace('\\"', '"').replace('"', '\\"'),
    }
    values |= dict.fromkeys(("s", "b", "B", "D", "M", "T"), "200") | {"{x-request-id}o": "r", "{x-forwarded-for}i": "-"}
    values |= {"{X-Forwarded-For}i": "-"}
    found = compiled.match(text % values)
    assert found is not None
    assert found["target"] == "/x"


def test_unescape_undoes_only_the_quotes() -> None:
    assert unescape(r"a\"b \\ \n \x41 \\" + '"', "gunicorn") == 'a"b \\\\ \\n \\x41 \\"'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cafÃ©", "café"),
        ("plain", "plain"),
        ("é", "é"),
        ("日本", "日本"),
        ("\udce9", "\udce9"),
        ("Ã\xa0", "à"),
        ("", ""),
    ],
)
def test_repair_reads_latin_1_as_utf_8_where_it_is(value: str, expected: str) -> None:
    assert repair_latin1(value) == expected
