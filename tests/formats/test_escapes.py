"""logparse.formats.escapes: values come back as they were sent, and lines tell who can have written them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.formats.escapes import guess_dialect, shield, unescape, unshield

DIALECTS = ("gunicorn", "nginx", "nginx-json", "apache", "haproxy")


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
    ("values", "server"),
    [
        (r"/a\x22b?note=\x22x\x22", "nginx"),
        (r"/caf\xC3\xA9", "nginx"),
        (r"eve\x0A9.9.9.9 - admin", "nginx"),
        (r"\x16\xFC\x22", "nginx"),
        (r"/caf\xc3\xa9", "apache"),
        (r"ends with backslash\\", "apache"),
        (r"a\tb\nc", "apache"),
        (r"/a\cb", "gunicorn"),
        (r"\x41", "gunicorn"),  # nobody escapes an A
        (r"/cafÃ© \x22", "gunicorn"),  # the others escape what is not ASCII
        ("ends with backslash\\", "gunicorn"),
        (r"\xC3 \xc3", "gunicorn"),  # upper and lower case are of two servers
    ],
)
def test_values_tell_who_wrote_them(values: str, server: str) -> None:
    assert guess_dialect(values) == server


@given(agent=st.binary(max_size=30))
def test_what_nginx_wrote_is_told_and_comes_back(agent: bytes) -> None:
    written = "".join(chr(c) if 0x20 <= c < 0x7F and c not in b'"\\' else f"\\x{c:02X}" for c in agent)
    assert guess_dialect(written) == "nginx"
    assert unescape(written, "nginx").encode("utf-8", "surrogateescape") == agent
