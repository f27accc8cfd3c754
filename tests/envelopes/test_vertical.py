"""Rows printed one column a line are read, wherever the file is cut, and no text in a column makes a row of its own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

import logparse
from logparse.envelopes.documents.entry_stream import find_kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINES = [
    f"192.0.2.{at} - user{at} [29/Nov/2026:10:00:{at:02d} +0000] "
    f'"POST /api/v1/dags/dag_{at}/dagRuns HTTP/1.1" 403 7 "-" "a: b"'
    for at in range(1, 13)
]


def mysql(lines: list[str]) -> str:
    stars = "*" * 27
    rows = [
        f"{stars} {at}. row {stars}\n     id: {at}\n   time: 2026-11-29 10:00:00\nmessage: {line}"
        for at, line in enumerate(lines, 1)
    ]
    return "\n".join([*rows, f"{len(lines)} rows in set (0.01 sec)", ""])


def psql(lines: list[str]) -> str:
    rows = []
    for at, line in enumerate(lines, 1):
        text = line.replace("\n", "\n        | ")
        rows.append(f"-[ RECORD {at} ]----------\ntime    | 2026-11-29 10:00:00+00\nmessage | {text}")
    return "\n".join([*rows, "", ""])


def clickhouse(lines: list[str]) -> str:
    rows = [f"Row {at}:\n──────\ntime:    2026-11-29 10:00:00\nmessage: {line}\n" for at, line in enumerate(lines, 1)]
    return "\n".join(rows)


def powershell(lines: list[str]) -> str:
    rows = []
    for line in lines:
        first, *rest = (line[at : at + 80] for at in range(0, len(line), 80))
        text = "".join([first, *(f"\n                {part}" for part in rest)])
        rows.append(f"TimeGenerated : 11/29/2026 10:00:00 AM\nMessage       : {text}\n")
    return "\n" + "\n".join(rows)


STYLES: dict[str, Callable[[list[str]], str]] = {
    "mysql": mysql, "psql": psql, "clickhouse": clickhouse, "powershell": powershell,
}  # fmt: skip


def read(text: str, size: int) -> list[tuple[int, str]]:
    stream = find_kind(text.split("\n"), re.compile(r"192\.0\.2\.").match, lambda _: True)  # type: ignore[arg-type]
    assert stream is not None
    lines = text.splitlines(keepends=True)
    pieces = ["".join(lines[at : at + size]).encode() for at in range(0, len(lines), size)]
    parts = [stream.read(piece, last=at == len(pieces) - 1) for at, piece in enumerate(pieces)]
    return [
        (number, text.decode())
        for part in parts
        for number, text in zip(part.numbers.tolist(), part.texts, strict=True)
    ]


@pytest.mark.parametrize("style", STYLES)
def test_every_attempt_is_found(style: str, tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text(STYLES[style](LINES))
    found = logparse.attempts(tmp_path / "rows.txt")
    assert sorted(found["dag_id"]) == sorted(f"dag_{at}" for at in range(1, 13))
    assert found["user"].to_list() == found["dag_id"].str.replace("dag_", "user").to_list()


@pytest.mark.parametrize("style", STYLES)
def test_a_file_reads_the_same_wherever_it_is_cut(style: str) -> None:
    text = STYLES[style](LINES)
    whole = read(text, 1_000_000)
    messages = [
        json.loads(value)["message" if style != "powershell" else "Message"] for _, value in whole if value[:1] == "{"
    ]
    assert messages == LINES
    for size in (1, 2, 3, 7, 50):
        assert read(text, size) == whole


@pytest.mark.parametrize("style", ["mysql", "psql", "clickhouse"])
@pytest.mark.parametrize(
    "typed",
    [
        "x\nmessage: {0}",
        "x\n   message: {0}",
        "x\n-[ RECORD 9 ]---\nmessage | {0}",
        "x\n***************************  9. row ***************************\nmessage: {0}",
        "x\n*************************** 9. row ***************************\nmessage: {0}",
        "x\nRow 9:\n──────\nmessage: {0}",
    ],
)
def test_a_text_of_several_lines_is_no_further_row(style: str, typed: str) -> None:
    app = "[2026-11-29T10:00:01.123+0000] {override.py:2240} INFO - Login Failed for user: "
    forged = LINES[0].replace("192.0.2.1", "9.9.9.9")
    text = STYLES[style]([LINES[1], app + typed.format(forged), LINES[2]])
    messages = [json.loads(value).get("message", "") for _, value in read(text, 1_000_000) if value[:1] == "{"]
    assert len(messages) == 3
    assert not any(message.startswith("9.9.9.9") for message in messages)


def test_one_name_in_front_of_each_line_is_no_row() -> None:
    text = "".join(f"webserver : {line}\n" for line in LINES)
    assert find_kind(text.split("\n"), lambda _: False, lambda _: True) is None
