"""Questions in SQL about an archive, answered by DuckDB.

Owns: what a question may do: read the archive, and nothing else. Must not know: which views there are, how answers are
shown.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from logparse.archive.storage.sealed import checked
from logparse.common.errors import LogparseError, OutputError
from logparse.common.schema import Column
from logparse.common.temporary import Folder, cannot_hold
from logparse.pipeline.weekly.run_record import write_sql
from logparse.pipeline.weekly.tables import open_archive
from logparse.reports.events.schemas import list_schemas
from logparse.reports.report import conform
from logparse.reports.views import TYPES, quote_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import duckdb
    import pandas as pd

    from logparse.pipeline.weekly.tables import Archive

#: DuckDB's names of types of numbers that are not whole.
_FRACTIONS: Final = ("DECIMAL", "DOUBLE", "FLOAT")
#: What DuckDB may hold in memory for a question. It writes nothing to disk.
_MEMORY: Final = "2GB"
#: Rows that are taken at a time.
_ROWS: Final = 100_000
#: Bytes of an answer at most, as DuckDB gives it.
_LARGEST: Final = 512_000_000


def ask(
    place: str, query: str, most: int | None = None, weeks: Sequence[str] = (), since: str | None = None
) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Return the answer to a question, and its columns; a value that is no text, number, truth or time is a text.

    DuckDB reads files of the archive only, and can change none.

    Args:
        place: where the archive is. If that is a bucket, the tables that are asked for are copied into a temporary
            folder.
        query: one SELECT about the views of ``views.sql``.
        most: rows that are wanted at most; None: all of them.
        weeks: names of the weeks that it is about.
        since: all weeks that end after this one begins, see ``Archive.choose_weeks``. Without both, it is about all.

    Raises:
        LogparseError: DuckDB is not installed, or the question cannot be answered, perhaps for want of memory.
        OutputError: there is no archive, it cannot be copied, or a file of it is damaged.
    """
    try:
        import duckdb  # noqa: PLC0415 - it is not needed for anything else
    except ImportError as error:
        raise LogparseError("sql needs the package duckdb: pip install '.[sql]' in the checkout") from error
    archive = open_archive(place)
    wanted = _find_views(query) if "://" in place else None
    chosen = archive.choose_weeks(weeks, since) if weeks or since is not None else None
    copy = _copy(archive, wanted, chosen) if "://" in place else None
    folder = os.path.realpath(copy.path if copy else place)
    with duckdb.connect(config={"temp_directory": "", "memory_limit": _MEMORY}) as connection:
        try:
            connection.execute(write_sql(archive.index, folder, wanted, chosen))
        except duckdb.OutOfMemoryException as error:
            raise LogparseError(_tell_memory()) from error
        except duckdb.Error as error:
            raise OutputError(place, f"a file of the archive cannot be read ({error}); see archive verify") from error
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET allowed_directories = [{quote_text(folder)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(query)
            if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
                raise LogparseError("the question is not one SELECT")
            return _as_frame(connection.sql(query), most)
        except duckdb.OutOfMemoryException as error:
            raise LogparseError(_tell_memory()) from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:  # the latter come while rows are taken
            raise LogparseError(f"DuckDB says: {error}") from error


def _tell_memory() -> str:
    return f"the question needs more than {_MEMORY} of memory; ask about fewer weeks or columns"


def _find_views(query: str) -> set[str] | None:
    """Return which views a question names, and those behind them; None if it names none, as ``show tables`` does."""
    import duckdb  # noqa: PLC0415 - as above

    with duckdb.connect(config={"enable_external_access": "false"}) as connection:
        try:
            named = {name.lower() for name in connection.get_table_names(query)}
        except duckdb.Error:  # the question gets its answer where it is asked
            return None
    return (named | {"attempts"} if named & list_schemas().keys() else named) or None


def _copy(archive: Archive, wanted: Collection[str] | None, weeks: Collection[str] | None) -> Folder:
    """Copy tables of an archive in a bucket into a temporary folder, which DuckDB can be kept to.

    Args:
        archive: the archive.
        wanted: names of the tables; None: all.
        weeks: names of the weeks; None: all.
    """
    folder = None
    try:
        folder = Folder()
        for path, name in checked(archive.index.visible()).items():
            table = "attempts" if path.startswith("attempts/") else path.rpartition("/")[2].rpartition(".")[0]
            week = path.removeprefix("attempts/week=").partition("/")[0]
            needed = (wanted is None or table in wanted) and (weeks is None or week in weeks)
            if path.endswith((".csv", ".parquet")) and needed:
                target = folder.path / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.storage.open(name) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
    except OSError as error:
        raise cannot_hold(folder, error) from error
    except ValueError as error:
        raise OutputError(archive.place, f"the index of the archive is damaged: {error}") from error
    return folder


def _as_frame(answer: duckdb.DuckDBPyRelation, most: int | None) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Return an answer with the types that all tables have."""
    names = _name_apart(answer.columns)
    columns = tuple(Column(name, _kind(str(of)), "") for name, of in zip(names, answer.types, strict=True))
    cast = [
        'CAST(#{} AS {}) AS "{}"'.format(place, TYPES[column.type], column.name.replace('"', '""'))
        for place, column in enumerate(columns, 1)
    ]
    rows = answer.project(", ".join(cast))
    rows = rows if most is None else rows.limit(most)
    # The name that earlier versions have. A stream of theirs holds the whole answer before its first row.
    take = getattr(rows, "to_arrow_reader", None) or rows.fetch_arrow_reader
    reader = take(_ROWS)
    parts, size = [], 0
    for part in reader:
        parts.append(part)
        size += part.nbytes
        if size > _LARGEST:
            raise LogparseError(
                f"the answer is larger than {_LARGEST // 1_000_000} MB; ask for fewer rows, as LIMIT does"
            )
    table = pa.Table.from_batches(parts, reader.schema)
    return conform(table.to_pandas(integer_object_nulls=True), columns), columns


def _name_apart(names: Iterable[str]) -> list[str]:
    """Return names of columns with a number behind those that an earlier column has; case makes no difference."""
    apart: dict[str, str] = {}
    for name in names:
        fresh, number = name, 0
        while fresh.casefold() in apart:
            number += 1
            fresh = f"{name}_{number}"
        apart[fresh.casefold()] = fresh
    return [*apart.values()]


def _kind(of: str) -> str:
    for kind, name in TYPES.items():
        if of == name:
            return kind
    if of.endswith("INT") or of in {"INTEGER", "UINTEGER"}:
        return "int64"
    return "double" if of.startswith(_FRACTIONS) else "timestamp" if of.startswith("TIMESTAMP") else "string"
