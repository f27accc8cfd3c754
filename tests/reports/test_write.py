"""Written tables: safe cells, whole files, the same bytes, a data set that readers open."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.common.errors import OutputError
from logparse.common.schema import Column
from logparse.reports import table_files
from logparse.reports.report import conform
from logparse.reports.table_files import check_output, encode_table, format_of, write_table
from logparse.reports.table_reading import decode_table

TEXT = (Column("text", "string", ""), Column("n", "int64", ""))
ALL = tuple(Column(kind, kind, "") for kind in ("string", "int64", "int16", "double", "bool", "timestamp"))
FORMATS: list[Literal["csv", "parquet"]] = ["csv", "parquet"]


def csv_of(frame: pd.DataFrame, columns: tuple[Column, ...], folder: Path) -> str:
    write_table(frame, columns, folder / "t.csv", "csv")
    return (folder / "t.csv").read_bytes().decode()


def cell(text: str, folder: Path) -> str:
    _, (shown, _) = csv.reader(io.StringIO(csv_of(texts([text]), TEXT, folder), newline=""))
    return shown


def texts(values: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"text": pd.Series(values, dtype=object), "n": range(len(values))})


def mixed() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "string": pd.Series(["a,b", 'say "hi"', None, "Zoë"], dtype=object),
            "int64": pd.Series([1, -2, None, 2**53 + 1], dtype="Int64"),
            "int16": pd.Series([200, None, 403, -1], dtype="Int16"),
            "double": [0.1, 1e22, None, 3.0],
            "bool": [True, False, True, False],
            "timestamp": pd.Series(
                ["2026-11-22T12:38:36.297316", "2026-11-22T12:38:36", None, "1969-12-31T23:59:59.5"],
                dtype="datetime64[us, UTC]",
            ),
        }
    )


def test_csv_of_every_type(tmp_path: Path) -> None:
    assert csv_of(mixed(), ALL, tmp_path) == (
        "string,int64,int16,double,bool,timestamp\n"
        '"a,b",1,200,0.1,true,2026-11-22T12:38:36.297316Z\n'
        '"say ""hi""",-2,,1e+22,false,2026-11-22T12:38:36Z\n'
        ",,403,,true,\n"
        "Zoë,9007199254740993,-1,3.0,false,1969-12-31T23:59:59.500000Z\n"
    )


def test_parquet_of_every_type(tmp_path: Path) -> None:
    write_table(mixed(), ALL, tmp_path / "t.parquet", "parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    assert [str(kind) for kind in table.schema.types] == [
        "string", "int64", "int16", "double", "bool", "timestamp[us, tz=UTC]",
    ]  # fmt: skip
    assert table.schema.metadata == {b"logparse.schema": b"1"}
    assert table.column("string").to_pylist() == ["a,b", 'say "hi"', None, "Zoë"]
    assert table.column("double").to_pylist() == [0.1, 1e22, None, 3.0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-", "-"),
        ("@x", "'@x"),
        ("\tx", "'\\tx"),
        ("\rx", "'\\rx"),
        ("\nx", "'\\nx"),
        (" \n =x", "' \\n =x"),
        ("\uff1dx", "'\uff1dx"),  # a full-width equals sign
        ("x;=cmd|' /c calc'!A0", "x;'=cmd|' /c calc'!A0"),
        ("a=b", "a=b"),
        ("a-b", "a-b"),
        ("DOMAIN\\ada", "DOMAIN\\ada"),
        ("a\nb,1", "a\\nb,1"),
        ("a\r\nb", "a\\r\\nb"),
        ("a\x00\x1b[31m\x7f\x85", "a\\x00\\x1b[31m\\x7f\\x85"),
        ("a\tb", "a\\tb"),
        ("\u200b=1+1", "'\\u200b=1+1"),
        ("\ufeff\u2060+1", "'\\ufeff\\u2060+1"),
        ("\xad@x", "'\\xad@x"),
        ("\U000e0020=1", "'\\U000e0020=1"),
        ("\x1f=1", "'\\x1f=1"),
        ("\u3164=1", "'\\u3164=1"),
        ("\ufe66x", "'\ufe66x"),
        ("x;\u200b=1", "x;'\\u200b=1"),
        ("\u0435tl", "\u0435tl"),  # what only looks like another letter is shown on terminals
        ("a\u2028b\u202e", "a\\u2028b\\u202e"),
        ("caf\udce9", "caf\\xe9"),
        ("\ud800", "\\ud800"),
    ],
)
def test_hostile_text_in_csv(text: str, shown: str, tmp_path: Path) -> None:
    assert cell(text, tmp_path) == shown
    (read,) = decode_table(encode_table(texts([text]), TEXT, "csv"), TEXT, "csv")["text"]
    assert read == shown.replace("x;'", "x;").removeprefix("'")


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_tables_are_read_as_they_were(file_format: Literal["csv", "parquet"]) -> None:
    written = conform(mixed(), ALL)
    read = decode_table(encode_table(written, ALL, file_format), ALL, file_format)
    pd.testing.assert_frame_equal(read, written)
    empty = decode_table(encode_table(written[:0], ALL, file_format), ALL, file_format)
    pd.testing.assert_frame_equal(empty, conform(written[:0], ALL))
    names = texts(["'tis", "=1;=2", "x;'y", "O'Neill; '"])
    read = decode_table(encode_table(names, TEXT, file_format), (*TEXT, ALL[1]), file_format)
    assert read["text"].to_list() == names["text"].to_list()
    assert read[ALL[1].name].isna().all()


def test_parquet_keeps_text_but_for_lone_surrogates(tmp_path: Path) -> None:
    values = ["=1+1", "a\nb", "caf\udce9", None]
    write_table(texts(values), TEXT, tmp_path / "t.parquet", "parquet")
    found = pq.read_table(tmp_path / "t.parquet").column("text").to_pylist()
    assert found == ["=1+1", "a\nb", "caf\\xe9", None]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\x1b[31m", "a\nb\tc\x1b[31m"),
        ("\u200b=1+1", "'\u200b=1+1"),
        ("a\x00\x85\u202e", "a\\x00\\x85\\u202e"),
        ("\nx", "'\nx"),
    ],
)
def test_raw_text_in_csv(text: str, shown: str, tmp_path: Path) -> None:
    write_table(texts([text]), TEXT, tmp_path / "t.csv", "csv", raw=True)
    _, (found, _) = csv.reader(io.StringIO((tmp_path / "t.csv").read_bytes().decode(), newline=""))
    assert found == shown


UNSAFE = st.sampled_from(
    [*"a ;=+-@\t\n\r\x00\x1b\x85\xa0\u2028\u202a\u2066\uff1d\uff20\u200b\u2060\ufeff\xad\u3164\ufe66\u2212\u0435"]
)
TEXTS = st.text(UNSAFE | st.characters(exclude_categories=()))


@pytest.mark.thorough
@given(st.lists(st.none() | TEXTS, max_size=20))
@settings(deadline=None)
def test_no_text_makes_another_row_or_a_formula(values: list[str | None]) -> None:
    text = on_standard_output(values)
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [row[1] for row in rows] == [str(i) for i in range(len(values))]
    parts = [part for row in rows for part in row[0].split(";") if part != "-"]
    assert not any(part.lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\u2212")) for part in parts)
    assert len(text.splitlines()) == len(values) + 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]", text)


@given(st.lists(st.none() | TEXTS, max_size=20))
@settings(deadline=None)
def test_on_a_terminal_a_row_is_one_line_that_does_nothing(values: list[str | None]) -> None:
    text = on_standard_output(values, terminal=True)
    assert len(text.splitlines()) == len(values) + 1
    assert all(character == "\n" or character.isprintable() or character >= "\xa0" for character in text)


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


def on_standard_output(values: list[str | None], *, terminal: bool = False) -> str:
    out = Terminal() if terminal else io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8"))
        write_table(texts(values), TEXT, "-", "csv")
        return out.getvalue().decode()


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_same_rows_give_the_same_bytes(file_format: Literal["csv", "parquet"], tmp_path: Path) -> None:
    halves = pd.concat([mixed().iloc[:2], mixed().iloc[2:]])
    write_table(mixed(), ALL, tmp_path / "a", file_format)
    write_table(halves.assign(extra=1)[["extra", *mixed().columns[::-1]]], ALL, tmp_path / "b", file_format)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_empty_table_has_its_columns(file_format: Literal["csv", "parquet"], tmp_path: Path) -> None:
    write_table(pd.DataFrame(columns=[column.name for column in ALL]), ALL, tmp_path / "t", file_format)
    if file_format == "csv":
        assert (tmp_path / "t").read_text() == "string,int64,int16,double,bool,timestamp\n"
    else:
        assert pq.read_table(tmp_path / "t").column_names == [column.name for column in ALL]


def test_more_rows_than_a_page_are_all_written(tmp_path: Path) -> None:
    lines = csv_of(texts(["x"] * 150_000), TEXT, tmp_path).splitlines()
    assert len(lines) == 150_001
    assert lines[-1] == "x,149999"


def test_words_are_the_same_however_many_rows_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [None if number % 7 == 0 else f"w{number % 11}" for number in range(50)]
    frame = pd.DataFrame({"t": pd.Categorical(words, categories=["unused", *(f"w{at}" for at in range(11))])})
    columns = (Column("t", "string", ""),)
    whole = csv_of(frame, columns, tmp_path)
    assert whole.split("\n") == ["t", *(word or '""' for word in words), ""]
    converted: list[int] = []
    make = table_files._array  # noqa: SLF001 - what it is given shows how much is converted

    def watched(series: pd.Series, kind: str) -> pa.Array:
        converted.append(len(series))
        return make(series, kind)

    monkeypatch.setattr(table_files, "_ROWS_AT_ONCE", 4)
    monkeypatch.setattr(table_files, "_array", watched)
    assert csv_of(frame, columns, tmp_path) == whole
    assert max(converted) <= 4  # words of other rows are left alone: with many of both, it took quadratic time


def test_categories_are_text(tmp_path: Path) -> None:
    assert csv_of(texts(["a", None]).astype({"text": "category"}), TEXT, tmp_path) == "text,n\na,0\n,1\n"


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("logparse.reports.table_files._write_csv", full)
    with pytest.raises(OutputError, match=r"t\.csv: cannot be written: No space left on device"):
        write_table(texts([]), TEXT, path, "csv")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("t.csv", "old")]


def test_folders_are_made_and_permissions_are_the_usual(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "t.csv"
    write_table(texts([]), TEXT, path, "csv")
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_table(texts([]), TEXT, tmp_path / "link.csv", "csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "text,n\n"


def test_a_pipe_is_written_in_place(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_table(texts(["x"]), TEXT, pipe, "csv")
    reader.join()
    assert got == ["text,n\nx,0\n"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("file_format", FORMATS)
def test_standard_output(file_format: Literal["csv", "parquet"], capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_table(texts(["x"]), TEXT, "-", file_format)
    sys.stdout.write("still open\n")
    out = capfdbinary.readouterr().out
    assert out.startswith(b"text,n\nx,0\n" if file_format == "csv" else b"PAR1")
    assert out.endswith(b"still open\n")


def test_a_broken_pipe_is_left_to_the_caller() -> None:
    code = (
        "import sys, pandas as pd\n"
        "from logparse.common.schema import Column\n"
        "from logparse.reports.table_files import write_table\n"
        "try:\n"
        "    write_table(pd.DataFrame({'n': range(200_000)}), (Column('n', 'int64', ''),), '-', 'csv')\n"
        "except BrokenPipeError:\n"
        "    print('broken pipe', end='', file=sys.stderr, flush=True)\n"
        "import os; os._exit(0)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process.stderr as stream:
        assert stream.read() == b"broken pipe"
    process.wait()


def test_check_output_passes_what_can_be_written_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    for path in (tmp_path / "there.csv", tmp_path / "new.csv", tmp_path / "a" / "b" / "new.csv", Path(os.devnull)):
        check_output(path)
    check_output(tmp_path, folder=True)
    check_output(tmp_path / "a" / "b", folder=True)
    check_output("-")
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]


def test_check_output_refuses_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="is a folder; give the name of a file"):
        check_output(tmp_path)
    with pytest.raises(OutputError, match="is a file; give the name of a folder"):
        check_output(tmp_path / "file", folder=True)
    with pytest.raises(OutputError, match="file is not a folder"):
        check_output(tmp_path / "file" / "t.csv")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OutputError, match="no permission to write in"):
        check_output(tmp_path / "a" / "t.csv")


def test_check_output_takes_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_output(Path("t.csv"))
    check_output(Path("out"), folder=True)


def test_a_folder_in_place_of_the_file_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        write_table(texts([]), TEXT, tmp_path, "csv")


def test_format_of() -> None:
    assert [format_of(Path("a.CSV")), format_of(Path("a.b.parquet")), format_of("-")] == ["csv", "parquet", "csv"]
    with pytest.raises(OutputError, match=r"a\.xlsx: the suffix names no format; use \.csv or \.parquet"):
        format_of(Path("a.xlsx"))
