"""App lines after a ``log_format`` of the operator's own: found by their parts, as JSON, or as the user gives it."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Final

import pytest

import logparse
from logparse.common.errors import FormatError
from logparse.formats.format_strings.app_lines import compile_app_format
from logparse.formats.given import airflow_formats, compile_formats
from logparse.formats.recognizer import Recognizer
from logparse.inspection.detect import detect
from logparse.scans.settings import Setup

if TYPE_CHECKING:
    from pathlib import Path

TEXT: Final = "Login Failed for user: ghost"
STAMP: Final = "2026-11-22 12:42:02,983"
DEFAULT: Final = "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"
PLACE: Final = {"level": "INFO", "loc": "override.py:2240", "time": STAMP, "message": TEXT}
REQUEST: Final = (
    '192.0.2.9 - svc [02/Mar/2026:00:00:03 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 188 "-" "curl"'
)

#: Format string, a line of it, and what is read from that.
STRINGS: Final = [
    (DEFAULT, f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}", PLACE),
    (DEFAULT.replace("%", "%%"), f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}", PLACE),
    (DEFAULT.replace("{", "{{").replace("}", "}}"), f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}", PLACE),
    (DEFAULT.replace("{", "{{").replace("}", "}}"), f"[{STAMP}] {{{{override.py:2240}}}} INFO - {TEXT}", PLACE),
    (f"'{DEFAULT}'", f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}", PLACE),
    (
        "[%%(blue)s%%(asctime)s%%(reset)s] {%%(filename)s:%%(lineno)d} %%(log_color)s%%(levelname)s - %%(message)s",
        f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}",
        PLACE,
    ),
    ("%(levelname)s - %(message)s", f"INFO - {TEXT}", {"level": "INFO", "message": TEXT}),
    ("%(levelname)s - %(message)s", f"INFO - {TEXT}\nINFO - x", {"message": f"{TEXT}\nINFO - x"}),
    (
        "%(asctime)s.%(msecs)03d %(levelname)-8s %(name)-12s %(message)s (%(filename)s:%(lineno)d)",
        f"2026-11-22 12:42:02.983 INFO     airflow.x    {TEXT} (override.py:2240)",
        {**PLACE, "time": "2026-11-22 12:42:02.983", "logger": "airflow.x"},
    ),
    (  # the first of several lines
        "%(asctime)s %(levelname)s %(message)s (%(filename)s:%(lineno)d)",
        f"{STAMP} ERROR a - b (",
        {"time": STAMP, "level": "ERROR", "message": "a - b ("},
    ),
    (
        '{"t": "%(asctime)s", "lvl": "%(levelname)s", "m": "%(message)s", "l": %(lineno)d}',
        f'{{"t": "{STAMP}", "lvl": "INFO", "m": "the "x" is \\d", "l": 12}}',
        {"time": STAMP, "level": "INFO", "message": 'the "x" is \\d', "lineno": "12"},
    ),
    ("%(asctime)s %(message)s", f"{STAMP} a b", {"time": STAMP, "message": "a b"}),
    ("%(created)f|%(process)d|%(custom)s|%(message)s", "1795351322.983|17|a b|x|y", {"time": "1795351322.983"}),
]


@pytest.mark.parametrize(("text", "line", "expected"), STRINGS)
def test_lines_of_a_format_string_are_read(text: str, line: str, expected: dict[str, str]) -> None:
    read = compile_app_format(text)
    fields = read(line)
    assert fields is not None
    assert {name: fields.get(name) for name in expected} == expected
    assert read(REQUEST) is None
    assert read("  File x, line 3") is None
    assert read(line.replace(fields["message"] or "", REQUEST)) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("%(asctime)s %(levelname)s", r"there is no %\(message\)s in it"),
        ("%(message)s", r"needs %\(levelname\)s or %\(asctime\)s"),
        ("%(asctime)s%(name)s %(message)s", r"nothing between two attributes.*%\(name\)s"),
        ("%(asctime)s%(message)s", "nothing between two attributes"),
    ],
)
def test_what_no_line_can_be_read_with_is_said(text: str, problem: str) -> None:
    with pytest.raises(FormatError, match=problem):
        compile_app_format(text)


def test_such_a_line_is_evidence_and_its_option_is_proposed(tmp_path: Path) -> None:
    log = tmp_path / "webserver.log"
    log.write_text(f"INFO    Login Failed for user: svc\n{REQUEST}\nWARNING x\n")
    with pytest.warns(logparse.IncompleteInputWarning):
        assert logparse.attempts(log)["evidence"].to_list() == ["status"]
    _, proposed = shlex.split(detect(str(log), Setup()).option)
    found = logparse.attempts(log, app_formats=proposed)
    assert found[["evidence", "confidence"]].to_numpy().tolist() == [["app_log+status", "confirmed"]]
    own = detect(str(log), Setup(app_formats=(proposed,))).formats[0].form
    assert [form.airflow for form in airflow_formats([own.id])] == [True]


BARE: Final = '192.0.2.9:4123 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 403'
WERKZEUG: Final = '192.0.2.9 - - [02/Mar/2026 00:00:03] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 -'
#: Access lines as loggers of servers write them, behind the head of app lines or in JSON; and whether they have a time.
LOGGED: Final = {
    "gunicorn's logger": (f"[2026-03-02 00:00:03 +0000] [17] [INFO] {REQUEST}", True),
    "Airflow's format": (f"[2026-03-02 00:00:03,123] {{glogging.py:349}} INFO - {REQUEST}", True),
    "time and level": (f"2026-03-02T00:00:03.123Z INFO {REQUEST}", True),
    "logfmt": (f"ts=2026-03-02T00:00:03Z level=info msg={json.dumps(REQUEST)}", True),
    "logger in brackets": (f"2026-03-02 00:00:03,123 INFO [uvicorn.access] {BARE}", True),
    "Flask's format": (f"[2026-03-02 00:00:03] INFO in access: {BARE}", True),
    "structlog": (f"2026-03-02T00:00:03.1Z [info     ] {BARE} [uvicorn.access] loc=h11_impl.py:473", True),
    "structlog in JSON": (json.dumps({"timestamp": "2026-03-02T00:00:03Z", "level": "info", "event": BARE}), True),
    "python-json-logger": (json.dumps({"asctime": STAMP, "levelname": "INFO", "message": BARE}), True),
    "logging.BASIC_FORMAT": (f"INFO:uvicorn.access:{BARE}", False),
    "werkzeug": (f"2026-03-02 00:00:03,123 - werkzeug - INFO - {WERKZEUG}", True),
    "file, function and number": (f"2026-03-02 00:00:03,123 INFO glogging.py log_request 93 {REQUEST}", True),
    "thread in parentheses": (f"2026-03-02 00:00:03,123 INFO [gunicorn.access] (MainThread) {REQUEST}", True),
    "Django's format": (f"INFO 2026-03-02 00:00:03,123 glogging 12 140 {REQUEST}", True),
    "tabs": (f"2026-03-02T00:00:03.123Z\tINFO\taccess/log.go:12\t{REQUEST}", True),
    "a level alone": (f"INFO   {BARE}", False),
    "bare": (BARE, False),
}


@pytest.mark.parametrize(("line", "timed"), LOGGED.values(), ids=LOGGED)
def test_an_access_line_of_a_logger_is_no_app_line(line: str, timed: bool, tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    app = f"[{STAMP}] {{override.py:2240}} INFO - Login Failed for user: {BARE}"
    log.write_text(f"{line}\n{app}\n{app}\n{app}\n")
    (row,) = logparse.attempts(log).to_dict("records")
    assert (row["client"], row["dag_id"], row["line"]) == ("192.0.2.9", "etl", 1)
    assert (row["time_source"] != "neighbour") == timed


#: What JSON formatters make of one message, and what stands around a line of a server instead.
OBJECTS: Final = {
    "python-json-logger": {"asctime": STAMP, "levelname": "INFO", "name": "airflow.x", "message": TEXT},
    "zerolog-like": {"time": "2026-11-22T12:42:02Z", "level": "info", "msg": TEXT},
    "fields renamed": {"timestamp": "2026-11-22T12:42:02Z", "severity": "INFO", "logger": "airflow.x", "message": TEXT},
}


@pytest.mark.parametrize("record", OBJECTS.values(), ids=OBJECTS)
def test_json_formatters_are_known_and_envelopes_are_none(record: dict[str, str]) -> None:
    recognizer = Recognizer(compile_formats())
    form, fields = recognizer.recognize(json.dumps(record))
    assert form is not None
    assert fields is not None
    assert (form.kind, fields["message"]) == ("app", TEXT)
    message = "msg" if "msg" in record else "message"
    for inner in (REQUEST, f"[{STAMP}] {{override.py:2240}} INFO - {TEXT}"):
        assert recognizer.recognize(json.dumps({**record, message: inner})) == (None, None)
    asked = {**record, "method": "POST", "path": "/api/v1/dags/etl/dagRuns", "status": 401}
    form, _ = recognizer.recognize(json.dumps(asked))
    assert form is not None
    assert form.kind == "access"
    for level in ("Informational", 30, None):
        name = next(key for key in ("levelname", "level", "severity") if key in record)
        assert recognizer.recognize(json.dumps({**record, name: level})) == (None, None)


@pytest.mark.parametrize(
    "head",
    [
        f"{STAMP} [INFO] http.access: ",
        f"[{STAMP}: INFO/MainProcess] ",
        f"{STAMP} | INFO     | http.access | ",
        f"[{STAMP}] INFO [http.access.log_request:130] ",
        f"{STAMP} INFO http_access_log.py log_request 130 ",
        f"[{STAMP}] {{http_access_log.py:130}} INFO - ",
    ],
)
def test_requests_of_airflow_3_behind_any_head_are_read_and_names_are_none(head: str) -> None:
    """Whoever logs in chooses a name, which Airflow writes into a message."""
    request = "request finished method=POST path=/api/v2/dags/x/dagRuns query= status_code=200 client_addr=192.0.2.9:5"
    recognizer = Recognizer(compile_formats())
    for text, kind in ((TEXT, "app"), (request, "access"), (f"{TEXT} {request}", "app"), (request, "access")):
        form, fields = recognizer.recognize(head + text)
        assert form is not None, text
        assert fields is not None
        assert (form.kind, fields["time"]) == (kind, STAMP), text
