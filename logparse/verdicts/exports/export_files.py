"""An exported table or API answer as records, whatever it was written with.

Owns: CSV and its relatives, JSON in pages, JSON lines, Parquet, compression. Must not know: what a record is about, how
many records there should be.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.discovery import find_sources
from logparse.sources.opening import open_source
from logparse.verdicts.exports.json_shapes import find_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.sources.source import Source
    from logparse.verdicts.exports.export_pages import Page

#: A row of the table ``log`` holds the whole body of a request in ``extra``.
_LONGEST_CELL: Final = 64 * 1024 * 1024
#: How databases write null: psql, MySQL's batch mode, the Airflow command line.
_NULLS: Final = frozenset({"", "NULL", "\\N", "None", "null"})
#: Where JSON begins; `[2026-11-22 ...` is a log line.
_JSON: Final = re.compile(r"""^[^\S\n]*(?:\[\s*(?:[\[{"\]]|\Z)|\{\s*["}])""", re.MULTILINE)
_BLANK: Final = re.compile(r"[\s,]*")
#: Airflow 1.10 drew tables with these (tabulate's `fancy_grid`).
_BOX: Final = str.maketrans({"│": "|", **dict.fromkeys("═─", "-"), **dict.fromkeys("╒╤╕╞╪╡├┼┤╘╧╛└┴┘┌┬┐", "+")})
#: The line between header and rows of a table that psql, mysql or Airflow's command line draw; how `-o yaml` begins.
_RULER: Final = re.compile(r"^[+| ]*+[-=]{2,}+[-=+| ]*+$", re.MULTILINE)
_YAML: Final = re.compile(r"\s*- [\"']?\w+[\"']?: ")
#: How pg_dump, mysqldump and programs with windows write tables, and what to do instead.
_SQL: Final = re.compile(
    r"^(?:COPY [\w.\"]+ \(|INSERT INTO |CREATE TABLE |-- (?:PostgreSQL|MySQL|MariaDB) )", re.MULTILINE
)
_AS_CSV: Final = "export the table as CSV with a header: psql -c '\\copy (select * from log) to log.csv csv header'"
_HEAD: Final = 4096  # in so many characters the header of a table ends
#: Records that are in memory at once.
_BATCH: Final = 20_000
Record = dict[str, Any]


class Written(NamedTuple):
    """A file of exported records.

    Attributes:
        name: as given.
        text: what it holds; empty for Parquet.
        records: of Parquet.
    """

    name: str
    text: str
    records: list[Record] | None = None


class Content(NamedTuple):
    """The content of one file.

    Attributes:
        records: all records, with keys in lower case, and None for null. Those of CSV are made as they are asked for.
        pages: the answers of the API among them.
    """

    records: Iterable[Record]
    pages: list[Page]

    def batches(self) -> Iterator[list[Record]]:
        """Yield the records in portions, so that few of them are in memory at once."""
        records = iter(self.records)
        while batch := list(islice(records, _BATCH)):
            yield batch


def open_file(path: str) -> Written:
    """Read a file, compressed or not; ``-`` is not taken, since it may be the log.

    Raises:
        InputError: the file cannot be read to its end.
    """
    sources = [] if path == "-" else find_sources([path])
    if len(sources) != 1 or (sources[0].path is not None and sources[0].path.is_dir()):
        raise InputError(path, "is not one file", "name a file; the option may be given several times")
    source = sources[0]
    if _head(source) == b"PAR1":
        return Written(path, "", _parquet(source))
    reading = ChunkReader(source)
    text = reading.read_whole().decode("utf-8-sig", "surrogateescape")
    if reading.problem:
        raise InputError(path, reading.problem, "export it again")
    return Written(path, text)


def records(written: Written, lists: Sequence[str], needed: Sequence[Sequence[str]], what: str) -> Content:
    """Return all records of one file.

    Args:
        written: the file.
        lists: keys under which an API puts its list of records.
        needed: of each of these groups of keys one must be there, or this is another kind of file.
        what: the export, for messages.

    Raises:
        InputError: the file holds no such records.
    """
    name, text, known = written
    found: Iterable[Record] | None = known
    pages: list[Page] = []
    names: list[str] | None = None  # of columns
    if found is None:
        # The command line writes log lines in front of what was asked for (3.2.2).
        if begin := _JSON.search(text):
            found = _json(text[begin.start() :], lists, name, pages)
        elif _YAML.match(text):
            found = _yaml(text, lists, name, pages)
        else:
            if _SQL.search(text[:_HEAD]):
                raise InputError(name, "is a dump in SQL, which is not read", _AS_CSV)
            names, found = _csv(text, name)
    rest = iter(found)
    head = list(islice(rest, 50))
    told: set[str] = set().union(*(record.keys() for record in head))
    missing = [" or ".join(group) for group in needed if not told & set(group)]
    if head and missing:
        columns = ", ".join(sorted(told)[:12])
        raise InputError(name, f"is no {what}: it has no {', no '.join(missing)} (found: {columns})")
    if names and not head and not set(names) & {key for group in needed for key in group}:
        raise InputError(name, f"is no {what}", "export it as CSV with a header, or as JSON")
    return Content(chain(head, rest), pages)


def _head(source: Source) -> bytes:
    if source.size is None:  # a pipe gives its bytes once
        return b""
    try:
        with open_source(source) as file:
            return file.read(4)
    except (InputError, OSError):
        return b""  # reading it says what is wrong


def _parquet(source: Source) -> list[Record]:
    import pyarrow as pa  # noqa: PLC0415 - 0.15 s
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with open_source(source) as file:
            table = pq.read_table(pa.BufferReader(file.read()))
    except (pa.ArrowException, OSError) as error:
        raise InputError(source.name, f"cannot be read: {error}") from error
    return [{str(key).lower(): value for key, value in record.items()} for record in table.to_pylist()]


def _json(text: str, lists: Sequence[str], name: str, pages: list[Page]) -> list[Record]:
    """Records of documents that follow one another: pages of an API, which are added to ``pages``, or JSON lines."""
    found: list[Record] = []
    decoder, at = json.JSONDecoder(), _BLANK.match(text).end()  # type: ignore[union-attr]
    try:
        while at < len(text):
            document, at = decoder.raw_decode(text, at)
            found += find_records(document, lists, pages)
            at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(name, f"is no valid JSON: {error}") from error
    except ValueError as error:  # `airflow roles export` of 2.3 to 2.8
        remedy = "export with permissions: airflow roles list -p -o json"
        raise InputError(name, "holds names only", remedy) from error
    return found


def _yaml(text: str, lists: Sequence[str], name: str, pages: list[Page]) -> list[Record]:
    import yaml  # noqa: PLC0415 - few exports need it

    try:
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - plain values only
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(name, f"is no valid YAML: {error}") from error
    return [*find_records(document, lists, pages)]


def _csv(text: str, name: str) -> tuple[list[str], Iterator[Record]]:
    """Return the names of columns, and the records.

    Raises:
        InputError: it is no CSV; also while records are asked for.
    """
    csv.field_size_limit(_LONGEST_CELL)
    text = text.translate(_BOX) if "│" in text[:_HEAD] else text
    if "|" in text[:_HEAD] and _RULER.search(text[:_HEAD]):
        return _drawn(text, name)
    head = text.partition("\n")[0]
    delimiter = max(",;\t|", key=head.count)
    rows = _rows(csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter), name)
    names = [name.strip().strip('"').lower() for name in next(rows, [])]
    return names, (
        {name: None if cell in _NULLS else cell for name, cell in zip(names, row, strict=False)} for row in rows
    )


def _drawn(text: str, name: str) -> tuple[list[str], Iterator[Record]]:
    """Return the names of columns of a table that was drawn with bars, and the records."""
    lines = (line.strip() for line in text.split("\n") if "|" in line and not _RULER.match(line))
    rows = ([cell.strip() for cell in re.split(r"(?:^|\s)\|(?:\s|$)", line)] for line in lines)
    names = [column.lower().replace(" ", "_") for column in next(rows, [])]
    first = next((at for at, column in enumerate(names) if column), 0)  # it is never empty: an id, or a name

    def read() -> Iterator[Record]:
        for row in rows:
            if len(row) != len(names) or not row[first]:
                raise InputError(name, "holds a value of several lines or with a bar in it", "export it as CSV")
            yield {key: None if cell in _NULLS else cell for key, cell in zip(names, row, strict=True) if key}

    return names, read()


def _rows(reader: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(name, f"is no valid CSV: {error}", "export it again as CSV, or as JSON") from error


def text(value: Any) -> str | None:
    """A cell as text; None stays None."""
    return None if value is None else str(value)


def word(value: Any) -> str | None:
    """A cell as text that stands in many records, and in memory once."""
    return None if value is None else sys.intern(str(value))
