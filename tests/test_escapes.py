"""logparse.formats.escapes: values come back as they were sent, and lines tell who can have written them."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.formats.escapes import DIALECTS, dialects, shield, unescape, unshield

HEAD = "203.0.113.200 - - [22/Nov/2026:12:47:46 +0000]"
ALL = {"gunicorn", "nginx", "apache"}


@pytest.mark.parametrize(
    ("dialect", "text", "value"),
    [
        ("gunicorn", r"a\"b \\ \n \x41 \\" + '"', 'a"b \\\\ \\n \\x41 \\"'),
        ("nginx", r"weird \x22quoted\x22 \x5Cback\x09tab \xC3\xA9", 'weird "quoted" \\back\ttab é'),
        ("nginx", r"\xc3\x5Cx22 \n \x4", r"\xc3\x22 \n \x4"),
        ("nginx", r"\xFC\x00", "\udcfc\0"),
        ("apache", r"weird \"quoted\" \\back\ttab \xc3\xa9 \\n \v\b\r\n", 'weird "quoted" \\back\ttab é \\n \v\b\r\n'),
        ("apache", r"\xC3 \f \x16", "\\xC3 \\f \x16"),
        ("nginx-json", r"\"q\" \\x22 \u0016\n\t\b\f\r \/ é", '"q" \\x22 \x16\n\t\b\f\r / é'),
        ("nginx-json", r"\ud83d \x22 \u12", "\ufffd \\x22 \\u12"),
        ("haproxy", "a#22b #C3#A9 #7B|#7D #23 #zz \\", 'a"b é {|} # #zz \\'),
    ],
)
def test_values_come_back(dialect: str, text: str, value: str) -> None:
    assert unescape(text, dialect) == value


@given(text=st.text(st.characters() | st.sampled_from('\\x"#u0CsqFn\ud800\udce9')), dialect=st.sampled_from(DIALECTS))
def test_unescaping_never_raises(text: str, dialect: str) -> None:
    assert isinstance(unescape(text, dialect), str)


@given(st.lists(st.sampled_from(['\\"', "\\\\", "\\n", "\\xc3", "x22", "q", "s", " "])).map("".join))
def test_behind_a_shield_no_value_holds_a_quote(text: str) -> None:
    assert '"' not in shield(text)
    assert len(shield(text)) == len(text)
    assert unshield(shield(text)) == text


@pytest.mark.parametrize(
    ("line", "writers"),
    [
        (f'{HEAD} "POST /x HTTP/1.1" 200 34 "-" "p1"', ALL),
        (rf'{HEAD} "POST /a\"b?note=\"x\" HTTP/1.1" 200 34 "-" "p1"', {"gunicorn", "apache"}),
        (rf'{HEAD} "POST /a\x22b?note=\x22x\x22 HTTP/1.1" 200 34 "-" "p1"', {"gunicorn", "nginx"}),
        (rf'{HEAD} "POST /caf\xC3\xA9 HTTP/1.1" 200 34 "-" "p2"', {"gunicorn", "nginx"}),
        (rf'{HEAD} "POST /caf\xc3\xa9 HTTP/1.1" 200 200 "-" "p2"', {"gunicorn", "apache"}),
        (rf'{HEAD} "POST /a\\b HTTP/1.1" 200 200 "-" "ends with backslash\\"', {"gunicorn", "apache"}),
        (rf'{HEAD} "POST /a\cb HTTP/1.1" 200 200 "-" "p3"', {"gunicorn"}),
        (f'{HEAD} "POST /cafÃ© HTTP/1.1" 200 34 "-" "p2"', {"gunicorn"}),
        (f'{HEAD} "POST /x HTTP/1.1" 200 34 "-" "a\tb"', {"gunicorn"}),
        (f'{HEAD} "GARBAGE" 400 157 "-" "-"', {"nginx", "apache"}),
        (rf'{HEAD} "\x16\x03\x01\x02" 400 448 "-" "-"', {"nginx", "apache"}),
        (rf'{HEAD} "\x16\xFC\x22" 400 157 "-" "-"', {"nginx"}),
        (rf'{HEAD} "POST /x HTTP/1.1" 200 34 "-" "\x41"', {"gunicorn"}),  # nobody escapes an A
        ("[2026-03-01 23:59:43 +0000] [3483] [INFO] Starting gunicorn 23.0.0", ALL),
        ("203.0.113.200 - eve", ALL),
        ("", ALL),
    ],
)
def test_a_line_tells_who_can_have_written_it(line: str, writers: set[str]) -> None:
    assert dialects(line) == writers


# Odd requests as gunicorn 23.0.0, nginx 1.22.1 and Apache 2.4.71 wrote them.
WRITTEN = {
    "gunicorn": [
        rf'{HEAD} "POST /api/v1/dags/a\"b/dagRuns?note=\"x\" HTTP/1.1" 200 34 "-" "p1"',
        f'{HEAD} "POST /api/v1/dags/cafÃ©/dagRuns HTTP/1.1" 200 34 "-" "p2"',
        rf'{HEAD} "POST /api/v1/dags/a\b/dagRuns HTTP/1.1" 200 34 "-" "ends with backslash\"',
        f'{HEAD} "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "" ""',
        rf'203.0.113.200 - ja\"ne [x] {HEAD[18:]} "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p9"',
        "203.0.113.200 - eve",
        f'9.9.9.9 - admin [01/Mar/2026 {HEAD[18:]} "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p11"',
        f'{HEAD} "POST http://airflow.example.com/api/v1/dags/x/dagRuns HTTP/1.1" 200 34 "-" "p12"',
    ],
    "nginx": [
        rf'{HEAD} "POST /api/v1/dags/a\x22b/dagRuns?note=\x22x\x22 HTTP/1.1" 200 34 "-" "p1"',
        rf'{HEAD} "POST /api/v1/dags/caf\xC3\xA9/dagRuns HTTP/1.1" 200 34 "-" "p2"',
        rf'{HEAD} "POST /api/v1/dags/a\x5Cb/dagRuns HTTP/1.1" 200 34 "-" "ends with backslash\x5C"',
        rf'203.0.113.200 - eve\x0A9.9.9.9 - admin [01/Mar/2026 {HEAD[18:]} "POST /x HTTP/1.1" 200 34 "-" "p11"',
        f'{HEAD} "GARBAGE" 400 157 "-" "-"',
    ],
    "apache": [
        rf'{HEAD} "POST /api/v1/dags/a\"b/dagRuns?note=\"x\" HTTP/1.1" 200 200 "-" "p1"',
        rf'{HEAD} "POST /api/v1/dags/caf\xc3\xa9/dagRuns HTTP/1.1" 200 200 "-" "p2"',
        rf'{HEAD} "POST /api/v1/dags/a\\b/dagRuns HTTP/1.1" 200 200 "-" "ends with backslash\\"',
        rf'{HEAD} "\x16\x03\x01\x02" 400 448 "-" "-"',
        f'{HEAD} "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 147 "-" "p19abort"',
    ],
}


@pytest.mark.parametrize("server", WRITTEN)
def test_the_lines_of_one_server_tell_which_it_is(server: str) -> None:
    assert reduce(frozenset.__and__, map(dialects, WRITTEN[server])) == {server}


@given(agent=st.binary(max_size=30))
def test_the_server_is_always_among_those_that_can_have_written_a_line(agent: bytes) -> None:
    text = agent.replace(b"\n", b"").decode("latin-1")
    assert "gunicorn" in dialects(f'{HEAD} "GET / HTTP/1.1" 200 1 "-" "{text.replace(chr(34), chr(92) + chr(34))}"')
    nginx = "".join(chr(c) if 0x20 <= c < 0x7F and c not in b'"\\' else f"\\x{c:02X}" for c in agent)
    assert "nginx" in dialects(f'{HEAD} "GET / HTTP/1.1" 200 1 "-" "{nginx}"')
