"""Access lines in an order of the operator's own: what is read of them, and what nobody can forge in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import pytest

import logparse
from logparse.formats.any_order import read_in_any_order
from logparse.formats.loader import shipped

if TYPE_CHECKING:
    from pathlib import Path

RUN: Final = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"
TIME: Final = "[01/Mar/2026:23:59:52 +0000]"
NAMES: Final = ("client", "forwarded", "user", "status", "bytes", "agent")


def told(line: str) -> tuple[str | None, ...] | None:
    fields = read_in_any_order(line)
    return None if fields is None else tuple(fields.get(name) for name in NAMES)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f'192.0.2.4 "{RUN}" 403 186 21ms', ("192.0.2.4", None, None, "403", "186", None)),
        (f'[{TIME}] "{RUN}" 403 186 "-" "curl/8.5.0"', (None, None, None, "403", "186", "curl/8.5.0")),
        (f'- - - {TIME} "{RUN}" 403 186 21 "-" "curl/8.5.0"', (None, None, None, "403", "186", "curl/8.5.0")),
        (f'[{TIME}] "{RUN}" 403 -', (None, None, None, "403", None, None)),
        (f'192.0.2.4 - {TIME} "{RUN}" 403 186', ("192.0.2.4", None, None, "403", "186", None)),
        (f'192.0.2.4 - alice {TIME} 0.02 "{RUN}" 403 18', ("192.0.2.4", None, "alice", "403", "18", None)),
        (f'192.0.2.4 - - alice {TIME} "{RUN}" 403 186', ("192.0.2.4", None, "alice", "403", "186", None)),
        (f'10.0.0.9 192.0.2.4 - - {TIME} "{RUN}" 403 1', ("10.0.0.9", "192.0.2.4", None, "403", "1", None)),
        (f'192.0.2.4 10.0.0.9 - - {TIME} "{RUN}" 403 1', ("10.0.0.9", "192.0.2.4", None, "403", "1", None)),
        (f'{TIME} [403] 192.0.2.4 "{RUN}" 18 "curl/8.5.0"', ("192.0.2.4", None, None, "403", "18", "curl/8.5.0")),
        (f'1772409592.123 192.0.2.4 "{RUN}" 403 186', ("192.0.2.4", None, None, "403", "186", None)),
        (f'ip=192.0.2.4 user=alice req="{RUN}" status=403', ("192.0.2.4", None, "alice", "403", None, None)),
        (f'{TIME} "{RUN}" 403 18 ip=192.0.2.4', ("192.0.2.4", None, None, "403", "18", None)),
        (f'RA: 2001:db8::17 R: "{RUN}" S: 401 RS: 40', ("2001:db8::17", None, None, "401", "40", None)),
        (f'192.0.2.4 - - {TIME} <17> "{RUN}" 403 1', ("192.0.2.4", None, None, "403", "1", None)),
        (f'192.0.2.4 - - {TIME} pid <17> "{RUN}" 403 1', ("192.0.2.4", None, None, "403", "1", None)),
        (f'[{TIME}] "{RUN}" airflow.example.com 403 186', (None, None, None, "403", "186", None)),
    ],
)
def test_what_is_read(line: str, found: tuple[str | None, ...]) -> None:
    assert told(line) == found


@pytest.mark.parametrize(
    "line",
    [
        f'web-1 192.0.2.4 "{RUN}" 403 186',  # a tool may have written the word
        f'17 192.0.2.4 "{RUN}" 403 186',  # ... or the number
        f'192.0.2.4 alice {TIME} "{RUN}" 403 186',  # a user or a host
        f'192.0.2.4 - airflow.example.com {TIME} "{RUN}" 403 186',
        f'192.0.2.4 - pid <17> "{RUN}" 403 186',  # a name
        f'192.0.2.4 - alice smith {TIME} "{RUN}" 403 186',
        f'192.0.2.4 198.51.100.9 - - {TIME} "{RUN}" 403 186',  # which of two clients?
        f'10.0.0.4 10.0.0.9 - - {TIME} "{RUN}" 403 186',
        f'{TIME} 403 192.0.2.4 "{RUN}" 386 12',  # which of two statuses?
        f'2026-03-01T23:59:52Z INFO: 192.0.2.4:5123 "{RUN}" 401',  # whose address?
        f'{TIME} srv=192.0.2.4 "{RUN}" 401',
        f'{TIME} 192.0.2.4 "{RUN}" curl',
        f'{TIME} 192.0.2.4 "{RUN}" 186213 403',
        f'{TIME} "{RUN}" 403 186',  # the end of a line, whose beginning a line break in a name cut off
        f'textPayload: \'192.0.2.4 - - {TIME} "{RUN}" 403 186',
        f'{TIME} 192.0.2.4 "{RUN}" 403 186 "Mozilla/5.0 (KHTML',  # a cell, behind which a comma stood
        f'"{RUN}" 403 186',  # neither time nor client
        f'{TIME} 192.0.2.4 "GET /x" 200 5',
        f'{TIME} 192.0.2.4 "{RUN}" 286',  # a size: nobody answers so
        f'{TIME} 192.0.2.4 "{RUN}" 186 403',
        f'{TIME} 192.0.2.4 TLSv1.3 TLS_AES_256_GCM_SHA384 "{RUN}" 403',  # Apache's ssl_request_log ends in the size
    ],
)
def test_what_can_be_two_things_is_not_read(line: str) -> None:
    assert told(line) is None


@pytest.mark.parametrize(
    "line",
    [
        # nginx with escape=none: the caller wrote quotes into a header, the user's name or a request that is none.
        f'RA:192.0.2.4 UA:"x" RA:9.9.9.9 S:200 R:"{RUN}" S:403',
        f'RA:192.0.2.4 R:"GET /x HTTP/1.1" S:404 UA:"x" R:"{RUN}" S:200 "y"',
        f'RA:192.0.2.4 R:"{RUN}" S:200 RS:5 UA:"y" S:400',
        f'192.0.2.4 {TIME} "{RUN}" 200 5 "y" 400 40 "-"',
        f'192.0.2.4 - x {TIME} "{RUN}" 200 5 "z {TIME} "GET / HTTP/1.1" 401 40',
        f'"x" 192.0.2.4 "{RUN}" 200 "z" 9.9.9.9 "GET / HTTP/1.1" 401',
        f'"x" 192.0.2.4 "{RUN}" 200 5 " 9.9.9.9 GET / 401 40',
        # Headers without quotes.
        f'192.0.2.4 - admin - alice {TIME} "{RUN}" 403 186',
        f'192.0.2.4 curl/8.5.0 S:200 {TIME} "{RUN}" 403 186',
    ],
)
def test_what_a_caller_wrote_makes_the_line_no_request(line: str) -> None:
    assert told(line) is None


@pytest.mark.parametrize("label", ["RA", "S", "user", "status", "client_ip", "xff"])
def test_labels_in_what_a_caller_sent_are_no_fields(label: str) -> None:
    """A header without its quotes escaped can end them and go on; only the agent stands behind the request."""
    line = f'192.0.2.4 - alice {TIME} "{RUN}" 403 186 "x" {label}:9.9.9.9 "curl/8.5.0"'
    assert told(line) == ("192.0.2.4", None, "alice", "403", "186", "curl/8.5.0")


def test_two_agents_are_none() -> None:
    assert told(f'192.0.2.4 "{RUN}" 403 186 "evil/1" "curl/8.5.0"') == ("192.0.2.4", None, None, "403", "186", None)


@pytest.mark.parametrize(
    "part", ["192.0.2.4 ", "a:", '"', "\\", "- ", "1.", "[", '"GET /', "HTTP/1.1 ", "S: 403 ", "x ", "::"]
)
def test_time_grows_with_the_length_alone(part: str) -> None:
    for line in (
        part * 200_000,
        f'192.0.2.4 {part * 100_000}"{RUN}" 403 186',
        f'192.0.2.4 "{RUN}" 403 186 {part * 100_000}',
    ):
        start = time.perf_counter()
        read_in_any_order(line)
        assert time.perf_counter() - start < 5


def test_lines_of_other_formats_are_theirs() -> None:
    (form,) = [form for form in shipped() if form.id == "any-order"]
    assert form.read(f'192.0.2.4 - alice {TIME} "{RUN}" 403 186 "-" "curl/8.5.0"') is None


@pytest.mark.parametrize("word", ["ner", "airflow-1", "alice"])
def test_words_in_front_of_a_line_without_a_client_are_not_taken_away(word: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f'{word} {TIME} "{RUN}" 403 186 "-" "curl/8.5.0"\n' * 4)
    with pytest.warns(logparse.IncompleteInputWarning, match="client and user of 4 requests are not known"):
        found = logparse.attempts(tmp_path / "a.log")
    assert found["container"].isna().all()
