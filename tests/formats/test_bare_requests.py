"""Access lines whose request is in no quotes: what is read of them, and what nobody can forge in them."""

from __future__ import annotations

import time
from typing import Final

import pytest

from logparse.formats.bare_requests import read_bare_request
from logparse.formats.json_lines.objects import decode_pairs
from logparse.formats.loader import shipped
from logparse.formats.recognizer import Recognizer

RUN: Final = "/api/v1/dags/etl/dagRuns"
TIME: Final = "[01/Mar/2026:23:59:52 +0000]"
ISO: Final = "2026-03-01T23:59:52+00:00"


def told(line: str) -> tuple[str | None, ...] | None:
    fields = read_bare_request(line)
    return None if fields is None else tuple(fields.get(name) for name in ("target", "client", "user", "status"))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"POST {RUN} 403 0.087", (RUN, None, None, "403")),
        (f"POST {RUN}?a=b 403 186 0.087s", (RUN + "?a=b", None, None, "403")),
        (f"POST {RUN} HTTP/1.1 403 186 0.087s", (RUN, None, None, "403")),
        (f"POST {RUN} status=401 time=0s size=188b", (RUN, None, None, "401")),
        (f"{TIME} POST {RUN} 401 188 0s", (RUN, None, None, "401")),
        (f"{TIME} POST {RUN} 403 (186 bytes)", (RUN, None, None, "403")),
        (f"{TIME} 401 POST {RUN} 188", (RUN, None, None, "401")),
        (f"{TIME} {RUN} 403 POST 192.0.2.4", (RUN, None, None, "403")),
        (f"192.0.2.4 - alice {TIME} POST 403 {RUN} 0.02", (RUN, "192.0.2.4", "alice", "403")),
        (f"403 {RUN} POST", (RUN, None, None, "403")),
        (f"192.0.2.4 POST {RUN} 403 MISS 1", (RUN, "192.0.2.4", None, "403")),
        (f"192.0.2.4 - alice {TIME} POST {RUN} -> 403", (RUN, "192.0.2.4", "alice", "403")),
        (f"192.0.2.4, 10.0.0.9|10.0.0.8 POST {RUN} 403", None),  # which of two internal ones is the client?
        (f"192.0.2.4|10.0.0.8 POST {RUN} 403", (RUN, "10.0.0.8", None, "403")),
        (f"{ISO} airflow.example.com POST {RUN} 403 0.021 192.0.2.4 10.0.0.9:8080", (RUN, None, None, "403")),
        (f'192.0.2.4 "POST {RUN}" 403 186 21us', (RUN, "192.0.2.4", None, "403")),
        (f"{ISO}|192.0.2.4|POST|{RUN}|403|186|0.021|-|curl/8.5.0", (RUN, "192.0.2.4", None, "403")),
        (f"192.0.2.4;POST;{RUN};HTTP/1.1;403", (RUN, "192.0.2.4", None, "403")),
        (f"192.0.2.4\tPOST\t{RUN}\t403", (RUN, "192.0.2.4", None, "403")),
        (f"{TIME} | IP: 192.0.2.4 | POST {RUN} | Status: 403 | Size: 186 |", (RUN, "192.0.2.4", None, "403")),
    ],
)
def test_what_is_read(line: str, found: tuple[str | None, ...] | None) -> None:
    assert told(line) == found


@pytest.mark.parametrize(
    "line",
    [
        f"web-1 POST {RUN} 403",  # the word can be a user, or some tool's
        f"17 POST {RUN} 403",
        f"alice POST {RUN} 403",
        f"alice {RUN} 403 POST",
        f"{RUN} 186 403 POST",
        f"{TIME} INFO POST {RUN} 403",
        f"[2026-03-01 23:59:52,983] INFO - POST {RUN} 403",  # what an app writes
        f"POST {RUN}",
        f"POST {RUN} 286",  # nobody answers so
        f"POST {RUN} 186 403",  # a size in front of the status?
        f"POST {RUN} 403 404",
        f"403 POST {RUN} 404",
        f"POST {RUN} answered 403",
        f"curl -X POST {RUN} 403",
        f'192.0.2.4 "POST {RUN} HTTP/1.1" 403 186',  # other formats read it
        f'192.0.2.4 POST {RUN}" 403 186',
        f'192.0.2.4 "POST {RUN} 403 186',
        f"| POST | {RUN} | 403 |",  # a row of a table
        f"POST {RUN} 403$",
        "",
    ],
)
def test_what_can_be_two_things_is_not_read(line: str) -> None:
    assert told(line) is None


@pytest.mark.parametrize(
    "line",
    [
        # gunicorn decodes %(U)s: the path holds what looks like an answer, and the real one stands behind it.
        f"POST {RUN} 200 5 404 233 0.02",
        f"POST {RUN} 200 404 233 0.02",
        f"POST {RUN} status=200 status=404",
        f"POST {RUN} status=200 size= 404",
        f"POST {RUN} 404 404",
        f"403 POST {RUN} foo",
        f"{RUN} 200 POST 404 GET",  # the path first
        f"404 {RUN} POST GET",
        f"POST 404 {RUN} foo",
        f"POST 404 / {RUN}",
        f"192.0.2.4 - x POST 200 {RUN} 404 GET /",
        f"POST {RUN} foo 404",
        f"GET / POST {RUN} 200 5 404 233",
        f"GET /|POST|{RUN}|200|404|233",
        f"POST|{RUN}|200|5|x|404|233",
        f"POST|{RUN}|200|5|\x07404 404|233",
        # The name of a Basic header, or a header in front of the request.
        f"192.0.2.4 - x POST {RUN} 200 [01/Mar/2026:23:59:52 +0000] GET / 401 40",
        f"9.9.9.9 POST {RUN} 200 192.0.2.4 GET / 401 40",
        f"9.9.9.9 200 192.0.2.4 POST {RUN} 401 40",
        f"192.0.2.4 - admin - alice {TIME} POST {RUN} 401 40",
        # A referer or an agent behind the status of another request.
        f"192.0.2.4 GET /x 200 POST {RUN} 200 5",
        f'192.0.2.4 "GET /x" 404 5 "POST {RUN} 200"',
        f'192.0.2.4 - - {TIME} "\\x16\\x03" 400 157 "-" "POST {RUN} 200 5"',
        f"192.0.2.4 - - {TIME} \"GET /x HTTP/1.1\" 404 5 'POST {RUN} 200 5'",
    ],
)
def test_what_a_caller_wrote_makes_the_line_no_request(line: str) -> None:
    assert told(line) is None


def test_size_and_agent_are_read_where_they_are_certain() -> None:
    def more(line: str) -> tuple[str | None, ...]:
        fields = read_bare_request(line) or {}
        return fields.get("bytes"), fields.get("agent")

    assert more(f'POST {RUN} 403 186 0.02 "curl/8.5.0"') == ("186", "curl/8.5.0")
    assert more(f'POST {RUN} 403 186 0.02 "curl/8.5.0" "evil/1"') == ("186", None)
    assert more(f"POST {RUN} 403 0.02 186") == (None, None)
    assert told(f'POST {RUN} 403 186 "curl/8.5.0') is None


@pytest.mark.parametrize("text", ["ip=9.9.9.9", "user=admin", "9.9.9.9", "client: 9.9.9.9", "ru:admin"])
def test_what_stands_behind_the_request_names_nobody(text: str) -> None:
    assert told(f"192.0.2.4 - alice {TIME} POST {RUN} 403 186 {text}") == (RUN, "192.0.2.4", "alice", "403")
    assert told(f"{TIME} POST {RUN} 403 186 {text}") == (RUN, None, None, "403")


@pytest.mark.parametrize("part", ["POST ", "POST /", "a ", "403 ", "-> ", "[", "| ", "GET|/x|", "1.", "::", "x=", '"'])
def test_time_grows_with_the_length_alone(part: str) -> None:
    for line in (part * 200_000, f"192.0.2.4 {part * 100}POST {RUN} 403", f"POST {RUN} 403 {part * 200_000}"):
        start = time.perf_counter()
        read_bare_request(line)
        assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"[2026-03-01T23:59:52.004+0000] {{middleware.py:12}} INFO - POST {RUN} 403 12ms", (RUN, None, "403")),
        (f"2026-03-01 23:59:52,004 INFO 192.0.2.4 POST {RUN} 403 12ms", (RUN, "192.0.2.4", "403")),
        (
            f"2026-03-01 23:59:52,004 INFO [pid=7] [a.access] ip=192.0.2.4 method=POST path={RUN} query= status=403",
            (RUN, "192.0.2.4", "403"),
        ),
        (
            f"2026-03-01 23:59:43.123 | INFO     | middleware:dispatch:31 - POST {RUN} 403 12.1ms",
            (RUN, None, "403"),
        ),
    ],
)
def test_a_request_behind_the_head_of_a_logger_is_no_message(line: str, found: tuple[str | None, ...]) -> None:
    form, fields = Recognizer(shipped()).recognize(line)
    assert form is not None
    assert fields is not None
    assert Recognizer(shipped()).kind(line) == form.kind == "access"
    assert tuple(fields.get(name) for name in ("target", "client", "status")) == found
    assert fields["time"]


@pytest.mark.parametrize(
    "line",
    [
        f"{TIME} 192.0.2.4 POST {RUN} 200 612 404 233",
        f"{TIME} 192.0.2.4 POST {RUN} 200 404 0.021",
        f"192.0.2.4 - alice {TIME} POST {RUN} HTTP/1.1 200 612 HTTP/1.1 404 233",
    ],
)
def test_no_other_format_reads_what_a_caller_wrote_into_a_path_either(line: str) -> None:
    assert Recognizer(shipped()).recognize(line) == (None, None)


def test_a_message_with_an_answered_request_that_is_not_read_is_not_understood() -> None:
    line = f"INFO:     [nginx] [web] 192.0.2.4 | alice | POST {RUN} 403 | 186"
    assert Recognizer(shipped()).recognize(line) == (None, None)


@pytest.mark.parametrize("name", [f"POST {RUN} 200 5", f"9.9.9.9 POST {RUN} 200 5", f"[x] 9.9.9.9 POST {RUN} 200 5"])
def test_a_request_in_a_name_that_was_typed_is_part_of_the_message(name: str) -> None:
    message = f"Login Failed for user: {name}"
    form, fields = Recognizer(shipped()).recognize(
        f"[2026-03-01T23:59:52.004+0000] {{override.py:2240}} INFO - {message}"
    )
    assert form is not None
    assert fields is not None
    assert (form.kind, fields["message"]) == ("app", message)


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        ("status=403 user_agent=Mozilla/5.0 (X11) a", "Mozilla/5.0 (X11) a"),
        ("path=/x status=200 ua=y ( status=404 user_agent=real", None),  # a path with blanks
        ("user_agent=x status=200 ua=y ( b", None),
        ("status=403 path=/x (b", None),
        ('user_agent="x" (b', None),
    ],
)
def test_the_last_value_of_pairs_may_be_the_name_of_a_browser(line: str, agent: str | None) -> None:
    record = decode_pairs(line)
    assert (record and record["user_agent"]) == agent


@pytest.mark.parametrize("header", ["user_agent=x", "referer=x", "http_referer=x y=z", "ua=x/1"])
def test_pairs_behind_a_header_without_quotes_name_nobody(header: str) -> None:
    line = f"remote=192.0.2.4 method=POST path={RUN} status=401 {header} user=admin xff=9.9.9.9 time=5"
    form, fields = Recognizer(shipped()).recognize(line)
    assert form is not None
    assert fields is not None
    assert (fields["client"], fields["user"], fields["forwarded"]) == ("192.0.2.4", None, None)
