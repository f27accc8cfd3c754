"""Questions in SQL about an archive, answered by DuckDB.

Owns: what a question may do: read the archive, and nothing else. Must not know: which views there are, how answers are
shown.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from logparse.common.errors import LogparseError, OutputError
from logparse.common.schema import Column
from logparse.pipeline.weekly.run_record import write_sql
from logparse.pipeline.weekly.tables import open_archive
from logparse.reports.report import conform
from logparse.reports.views import TYPES, quote_text

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

#: DuckDB's names of types of numbers that are not whole.
_FRACTIONS: Final = ("DECIMAL", "DOUBLE", "FLOAT")


def ask(place: str, query: str) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Return the answer to a question, and its columns; a value that is no text, number, truth or time is a text.

    DuckDB reads files of the archive only, and can change none.

    Args:
        place: the folder of the archive.
        query: one SELECT about the views of ``views.sql``.

    Raises:
        LogparseError: DuckDB is not installed, or the question cannot be answered.
        OutputError: there is no archive, or it is in a bucket.
    """
    try:
        import duckdb  # noqa: PLC0415 - it is not needed for anything else
    except ImportError as error:
        raise LogparseError("sql needs the package duckdb: pip install 'logparse[sql]'") from error
    archive = open_archive(place)
    if "://" in place:
        raise OutputError(place, "is in a bucket; copy it into a folder to ask in SQL")
    folder = os.path.realpath(place)
    with duckdb.connect(config={"temp_directory": ""}) as connection:
        connection.execute(write_sql(archive.index, folder))
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET allowed_directories = [{quote_text(folder)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(query)
            if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
                raise LogparseError("the question is not one SELECT")
            return _as_frame(connection.sql(query))
        except duckdb.Error as error:
            raise LogparseError(f"DuckDB says: {error}") from error


def _as_frame(answer: duckdb.DuckDBPyRelation) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Return an answer with the types that all tables have."""
    columns = tuple(Column(name, _kind(str(of)), "") for name, of in zip(answer.columns, answer.types, strict=True))
    names = ['"{}"'.format(column.name.replace('"', '""')) for column in columns]
    cast = [f"CAST({name} AS {TYPES[column.type]}) AS {name}" for name, column in zip(names, columns, strict=True)]
    rows = answer.project(", ".join(cast)).to_arrow_table()
    return conform(rows.to_pandas(integer_object_nulls=True), columns), columns


def _kind(of: str) -> str:
    for kind, name in TYPES.items():
        if of == name:
            return kind
    if of.endswith("INT") or of in {"INTEGER", "UINTEGER"}:
        return "int64"
    return "double" if of.startswith(_FRACTIONS) else "timestamp" if of.startswith("TIMESTAMP") else "string"
