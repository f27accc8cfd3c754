"""Texts whose lines no line feed parts are read line by line, wherever their bytes are cut; others stay as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.sources.decoding import as_utf8

LINES = ['192.0.2.4 - a\\b "c" é', "{override.py:1} INFO - \\n is no line break", "three"]


def frame(text: str) -> str:
    message = f"<134>1 2026-11-30T10:00:00Z web airflow 1 - - {text}"
    return f"{len(message.encode())} {message}"


def framed(lines: list[str]) -> str:
    return "".join(map(frame, lines))


FORMS = {
    "old Macs": lambda lines: "\r".join([*lines, ""]),
    "a string of JSON": lambda lines: json.dumps("\n".join([*lines, ""])),
    "a string of JSON, not in ASCII": lambda lines: json.dumps("\n".join(lines), ensure_ascii=False) + "\n",
    "lengths in front": framed,
}


def read(data: bytes, size: int = 1 << 20) -> bytes:
    return b"".join(as_utf8(iter([data[at : at + size] for at in range(0, len(data), size)])))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 3, 50, 1 << 20])
def test_each_line_ends_in_a_line_feed(form: str, size: int) -> None:
    lines = LINES * 20
    found = read(FORMS[form](lines).encode(), size).decode().rstrip("\n").split("\n")
    assert len(found) == len(lines)
    assert all(text.endswith(line) for text, line in zip(found, lines, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "one line\rand no other\n",
        "one line that ends so\r",
        '"GET / HTTP/1.1" \\n 200\n',
        '"a\\nb"\n"c\\nd"\n',
        '"no line break in it"',
        '{"log": "a\\nb"}',
        "12 <13>1 a b c\n",
        f"{frame('a')} and something else that is not framed",
        "5 apples and 3 pears",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert read(text.encode()) == text.encode()


def test_a_message_of_several_lines_stays_one() -> None:
    text = framed(["typed\n9 <1>1 x\n<13>forged", "next"])
    assert read(text.encode()).decode().count("\n") == 2
    assert b"typed#0129 <1>1 x#012<13>forged\n" in read(text.encode())


def test_what_follows_messages_is_passed_on() -> None:
    assert read(framed(LINES).encode() + b"a line\nanother\n", 7).endswith(b"\na line\nanother\n")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1), min_size=2))
def test_a_string_of_json_holds_the_lines_that_were_put_in(lines: list[str]) -> None:
    text = json.dumps("\n".join(lines))
    if "\\" + "n" in text.replace("\\\\", "") and not lines[0].startswith("\ufeff"):
        assert read(text.encode()).decode().removesuffix("\n").split("\n") == [*lines]


@given(st.binary(max_size=300), st.integers(1, 40))
def test_the_result_does_not_depend_on_where_bytes_are_cut(data: bytes, size: int) -> None:
    for text in (data, b'"' + data, b"20 <1>1 aaaaaaaaaaaaaaa" + data):
        assert read(text, size) == read(text)


ACCESS = '192.0.2.4 - bob [22/Nov/2026:12:00:00 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 40 '


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'{ACCESS}"-" "a\rb"\rc', [f'{ACCESS}"-" "a\\rb"', "c"]),
        (f'{ACCESS}"a\rb" "c\\"\rd\\\\"\rc', [f'{ACCESS}"a\\rb" "c\\"\\rd\\\\"', "c"]),
        (f'{ACCESS}"-" "a\r\rb"', [f'{ACCESS}"-" "a\\r\\rb"']),
        # Cut off within its agent: what follows is a line of its own.
        (f'{ACCESS}"-" "a\r{ACCESS}"-" "b"', [f'{ACCESS}"-" "a', f'{ACCESS}"-" "b"']),
        (f'{ACCESS}"-" "a\rsaid "so" twice', [f'{ACCESS}"-" "a', 'said "so" twice']),
        ('cannot open "a\rb"', ['cannot open "a', 'b"']),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_carriage_return_that_a_client_sent_ends_no_line(text: str, lines: list[str], size: int) -> None:
    text, lines = f"first\r{text}\r" * 3, ["first", *lines] * 3
    assert read(text.encode(), size).decode().split("\n") == [*lines, ""]


def test_headers_of_a_client_are_whole_wherever_a_block_ends() -> None:
    long = "x\r" * 8000
    text = f'{ACCESS}"-" "{long}"\r' * 40
    expected = text.replace("\r", "\\r").replace('"\\r', '"\n')
    assert all(read(text.encode(), size).decode() == expected for size in (1000, 65_537, 1 << 20))
