"""detect: what a file is, level by level, for any bytes."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.common.errors import InputError
from logparse.formats import loader
from logparse.formats.capabilities import list_capabilities
from logparse.inspection.description import describe
from logparse.inspection.detect import SAMPLE_LINES, detect
from logparse.scans.settings import Setup

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.inspection.detect import Detection

GUNICORN = '127.0.0.2 - admin [22/Nov/2026:12:35:08 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 512 "-" "curl"\n'
WERKZEUG = '127.0.0.1 - - [01/Mar/2026 23:59:52] "POST /trigger?dag_id=x HTTP/1.1" 302 -\n'
UVICORN = 'INFO:     127.0.0.8:38735 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK\n'
CONSOLE = (
    "2026-11-22T12:36:29.340789Z [info     ] request finished               [http.access] client_addr=127.0.0.9:5 "
    "duration_us=2210 loc=http_access_log.py:130 method=GET path=/api/v2/version query= status_code=200\n"
)
APP = "[2026-11-22T12:38:54.123+0000] {override.py:2240} INFO - Login Failed for user: uma\n"
FORMS = {form.id: form for form in loader.shipped()}


def of(path: Path, data: bytes, setup: Setup | None = None) -> Detection:
    path = path / "x.log"
    path.write_bytes(data)
    return detect(str(path), setup or Setup())


@pytest.mark.parametrize(
    ("text", "form", "missing"),
    [
        (GUNICORN, "gunicorn", {"duration", "location", "forwarded"}),
        (WERKZEUG, "werkzeug", {"user", "size", "referer", "agent", "duration", "location", "forwarded"}),
        (UVICORN, "uvicorn", {"time", "zone", "user", "size", "referer", "agent", "duration", "location", "forwarded"}),
        (CONSOLE, "airflow3-console", {"user", "size", "referer", "agent", "location", "forwarded"}),
    ],
    ids=["gunicorn", "werkzeug", "uvicorn", "airflow3-console"],
)
def test_the_format_is_found_with_what_it_cannot_tell(text: str, form: str, missing: set[str], tmp_path: Path) -> None:
    found = of(tmp_path, text.encode() * 3)
    assert [(each.form.id, each.lines) for each in found.formats] == [(form, 3)]
    assert set(found.formats[0].missing) == missing
    assert found.known
    assert found.understood == 1
    assert FORMS[form].title in describe(found)


def test_all_is_described(tmp_path: Path) -> None:
    text = describe(of(tmp_path, gzip.compress(("?? token=hunter2\n" + GUNICORN * 6 + APP * 3).encode())))
    assert (
        text
        == f"""\
{tmp_path}/x.log
  compression  gzip
  encoding     ASCII
  envelope     none
  looked at    all 10 lines
  understood   90.0 % of them: access 6, app 3, unparsed 1
  confidence   medium: only these formats fit 9 lines of 10
  time         2026-11-22T12:35:08Z to 2026-11-22T12:38:54.123000Z
  format       gunicorn: 6 lines, 60.0 %, access
               {FORMS["gunicorn"].title}
               does not contain: forwarded, location, duration
  format       airflow-text: 3 lines, 30.0 %, app
               {FORMS["airflow-text"].title}
  unparsed     line 1: ?? token=*******
  try          {text.rpartition("  try          ")[2]}"""
    )
    assert "--log-format '%(h)s" in text


@pytest.mark.parametrize(
    ("data", "codec"),
    [
        (GUNICORN.encode(), "plain"),
        (bz2.compress(GUNICORN.encode()), "bzip2"),
        (gzip.compress(bz2.compress(GUNICORN.encode()), mtime=0), "gzip+bzip2"),
    ],
)
def test_compression_is_named(data: bytes, codec: str, tmp_path: Path) -> None:
    found = of(tmp_path, data)
    assert (found.codec, found.lines) == (codec, 1)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (GUNICORN.encode(), "ASCII"),
        (b"", "ASCII"),
        (GUNICORN.replace("curl", "cürl").encode(), "UTF-8"),
        (GUNICORN.encode("utf-8-sig"), "UTF-8 with byte-order mark"),
        (GUNICORN.encode("utf-16"), "UTF-16 (little-endian)"),
        (b"\xfe\xff" + GUNICORN.encode("utf-16-be"), "UTF-16 (big-endian)"),
        (GUNICORN.replace("curl", "cürl").encode("latin-1"), "UTF-8, except for bytes in 1 lines that are none"),
    ],
)
def test_encoding_is_named(data: bytes, encoding: str, tmp_path: Path) -> None:
    found = of(tmp_path, data)
    assert found.encoding == encoding
    assert found.kinds["access"] == (1 if data else 0)


def test_lines_of_which_only_the_end_is_read_are_said(tmp_path: Path) -> None:
    """Of two addresses either can be the client's; Apache's `%v %h` puts the name of the host before both."""
    rest = 'alice [01/Mar/2026:23:59:52 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 241 "-" "curl/8.5.0"\n'
    lines = [f"192.0.2.44 10.0.0.1 {rest}", f"airflow.example.com 192.0.2.44 - {rest}"]
    found = of(tmp_path, "".join(lines).encode())
    assert (found.kinds["access"], found.ends) == (2, 2)
    text = describe(found)
    assert "confidence   low: only these formats fit 0 lines of 2" in text
    assert "caution      of 2 lines only the end was read: client and user are lost; see CONTRIBUTING.md" in text
    assert "--log-format" in text
    half = describe(of(tmp_path, (lines[0] + GUNICORN).encode()))
    assert "confidence   medium: only these formats fit 1 line of 2" in half
    assert of(tmp_path, GUNICORN.encode()).ends == 0


def test_envelopes_are_named(tmp_path: Path) -> None:
    found = of(tmp_path, b"webserver  | " + GUNICORN.encode() + GUNICORN.encode())
    assert found.envelopes == {"standalone": 1}
    assert found.kinds["access"] == 2
    assert "envelope     standalone 1" in describe(found)


def test_an_unknown_file_is_said_to_be_unknown(tmp_path: Path) -> None:
    found = of(tmp_path, b"root:x:0\ndaemon:x:1\nbin:x:2\nsys:x:3\n")
    text = describe(found)
    assert not found.known
    assert found.understood == 0
    assert [number for number, _ in found.unparsed] == [1, 2, 3]
    assert "unknown" in text
    assert "line 3: bin:x:2" in text
    assert "--log-format" in text
    assert "no line carries one" in text


def test_an_empty_file_is_described(tmp_path: Path) -> None:
    text = describe(of(tmp_path, b""))
    assert "all 0 lines" in text
    assert "unknown" not in text


def test_a_long_file_is_judged_by_its_first_lines(tmp_path: Path) -> None:
    found = of(tmp_path, GUNICORN.encode() * SAMPLE_LINES + UVICORN.encode() * 9000)
    assert (found.lines, found.whole) == (SAMPLE_LINES, False)
    assert [each.form.id for each in found.formats] == ["gunicorn"]
    assert "the first 2,000 lines" in describe(found)


def test_a_time_without_a_zone_is_said(tmp_path: Path) -> None:
    found = of(tmp_path, WERKZEUG.encode())
    assert found.assumed == "UTC"
    assert "stamps without a zone were read as UTC" in describe(found)
    assert of(tmp_path, GUNICORN.encode()).assumed == ""


def test_damage_is_said(tmp_path: Path) -> None:
    assert "ends early" in describe(of(tmp_path, gzip.compress(GUNICORN.encode() * 100)[:-9]))


def test_a_format_of_the_users_own_tells_what_its_lines_tell(tmp_path: Path) -> None:
    setup = Setup(log_formats=('%(h)s %(t)s "%(r)s" %(s)s %(D)s',))
    found = of(tmp_path, b'10.0.0.1 [22/Nov/2026:12:35:08 +0000] "POST /x HTTP/1.1" 200 1500\n', setup)
    assert found.formats[0].form.id == "log-format-1"
    assert set(found.formats[0].missing) == {"forwarded", "user", "size", "referer", "agent", "location"}


def test_a_form_tells_what_its_samples_tell() -> None:
    told = {form.id: {name for name, here in list_capabilities(form).items() if here} for form in loader.shipped()}
    assert all({"method", "target", "status"} <= told[form.id] for form in loader.shipped() if form.kind == "access")
    assert told["uvicorn"] == {"client", "method", "target", "status"}
    assert told["airflow-text"] == {"time", "zone"}
    assert told["banner"] == set()


def test_no_single_readable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="stands for 0 files"):
        detect(str(tmp_path), Setup())
    with pytest.raises(InputError, match="is a zip archive"):
        of(tmp_path, b"PK\x03\x04")


def test_what_is_shown_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    text = describe(of(tmp_path, b"\x1b[31m red \x07 \xff\n\xe2\x80\xae\n" + b"x" * 5000))
    assert text.replace("\n", "").isprintable()
    assert max(map(len, text.splitlines())) < 400


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=60).map(lambda data: GUNICORN.encode() + data + APP.encode()))
def test_no_bytes_are_too_odd(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile"
    path.write_bytes(data)
    try:
        found = detect(str(path), Setup())
    except InputError:
        return
    assert sum(found.kinds.values()) == found.lines
    assert describe(found)
