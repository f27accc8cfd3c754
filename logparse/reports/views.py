"""The tables of an archive as views for DuckDB.

Owns: the text of these views. Must not know: which archive they are about, how a query is run.

The views find their files below the variable ``archive``, the folder of the archive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from logparse.common.schema import ATTEMPTS, SCHEMA_VERSION, Column
from logparse.reports import catalog
from logparse.reports.events.schemas import list_schemas
from logparse.reports.report import DEPLOYMENT, WEEK
from logparse.reports.table_reading import GUARDED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from logparse.reports.events.schemas import Field, Schema

#: The types of columns in SQL.
TYPES: Final = {
    "string": "VARCHAR", "int64": "BIGINT", "int16": "SMALLINT", "double": "DOUBLE", "bool": "BOOLEAN",
    "timestamp": "TIMESTAMPTZ",
}  # fmt: skip
_KINDS: Final = {column.name: column.type for column in ATTEMPTS}
_HEAD: Final = """\
-- The tables of an archive of logparse as views for DuckDB. Each run writes them anew. Version of the tables: {version}
-- In the folder of the archive: duckdb -init views.sql. Elsewhere, or in a bucket, name the place here:
SET VARIABLE archive = {folder};
"""
#: The name of a week in the name of a file of a report.
_WEEK_OF: Final = r"regexp_extract(filename, '(\d{4}-W\d{2})[/\\][^/\\]*$', 1)"


def write_views(
    forms: Collection[str],
    folder: str,
    *,
    attempts: bool,
    wanted: Collection[str] | None = None,
    weeks: Collection[str] | None = None,
) -> str:
    """Return statements that make the view ``attempts`` and one for each report, all with a column ``week``.

    For each schema of events there is a view, too: attempts, with the fields of the schema as columns.

    Reports have the column ``deployment``, too; it is empty where the archive has one deployment only. Values are
    those of the files, with the types that all tables have.

    Args:
        forms: ``csv`` and ``parquet``, as far as reports are written so.
        folder: where the archive is.
        attempts: whether there is any attempt.
        wanted: the views that are made; None: all.
        weeks: names of the weeks that they show; None: all.
    """
    files = [_from_parquet("attempts/week=*/*.parquet", hive=True)] if attempts else []
    parts = {"attempts": _view("attempts", ATTEMPTS, files, weeks)}
    for name, report in catalog.REPORTS.items():
        columns = (DEPLOYMENT, *report.columns)
        files = [_from_csv(f"*-W*/{name}.csv", columns)] if "csv" in forms else []
        files += [_from_parquet(f"*-W*/{name}.parquet")] if "parquet" in forms else []
        parts[name] = _view(name, (WEEK, *columns), files, weeks)
    parts |= {name: _event_view(name, schema) for name, schema in list_schemas().items()}
    made = [text for name, text in parts.items() if wanted is None or name in wanted]
    return "\n".join([_HEAD.format(version=SCHEMA_VERSION, folder=quote_text(folder)), *made])


def _event_view(name: str, schema: Schema) -> str:
    fields = ",\n  ".join(f'{_express(field)} AS "{path}"' for path, field in schema.fields.items())
    return f"-- {schema.title}\nCREATE OR REPLACE VIEW {name} AS SELECT\n  {fields}\nFROM attempts;\n"


def _express(field: Field) -> str:
    """Return what a field of an event holds as an expression about a row of ``attempts``, see ``Field.convert``."""
    if field.value is not None:
        return _literal(field.value)
    cell = f'"{field.column}"'
    if field.values is not None:
        cases = " ".join(f"WHEN {quote_text(key)} THEN {_literal(value)}" for key, value in field.values.items())
        return f"CASE {cell} {cases} ELSE {_literal(field.default)} END"
    if field.pattern:
        return f"CASE WHEN regexp_full_match({cell}, {quote_text(field.pattern)}) THEN {cell} END"
    if field.factor:
        number = f"(epoch_us({cell}) / 1e6)" if _KINDS[field.column] == "timestamp" else cell
        return f"CAST(floor({number} * {field.factor} + 0.5) AS BIGINT)"
    shown = f"CAST({cell} AS VARCHAR)" if field.text else cell
    return shown if field.default is None else f"coalesce({shown}, {_literal(field.default)})"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return quote_text(value) if isinstance(value, str) else str(value)


def quote_text(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'{}'".format(text.replace("'", "''"))


def _view(name: str, columns: tuple[Column, ...], files: list[str], weeks: Collection[str] | None) -> str:
    """A view of some columns. What files lack, since an earlier version wrote them, has no values."""
    empty = f"SELECT {', '.join(f'NULL::{TYPES[each.type]} AS {_name(each)}' for each in columns)} WHERE false"
    whole = "\n  UNION ALL BY NAME ".join([empty, *files])
    chosen = "" if weeks is None else f" WHERE week IN ({', '.join(map(quote_text, sorted(weeks)))})"
    return f"CREATE OR REPLACE VIEW {name} AS\nSELECT {', '.join(map(_name, columns))} FROM (\n  {whole}\n){chosen};\n"


def _from_parquet(pattern: str, *, hive: bool = False) -> str:
    what = "*" if hive else f"{_WEEK_OF} AS week, *"
    how = "hive_partitioning = true, hive_types = {'week': VARCHAR}" if hive else "filename = true"
    return f"SELECT {what} FROM read_parquet({_below(pattern)}, union_by_name = true, {how})"  # noqa: S608 - of names of columns alone


def _from_csv(pattern: str, columns: tuple[Column, ...]) -> str:
    texts = ", ".join(f"NULL::VARCHAR AS {_name(each)}" for each in columns)
    cells = f"SELECT {texts}, '' AS filename WHERE false"
    return (
        f"SELECT {_WEEK_OF} AS week, {', '.join(_values(columns))} FROM ({cells} "  # noqa: S608 - as above
        f"UNION ALL BY NAME SELECT * FROM read_csv({_below(pattern)}, header = true, "
        """delim = ',', quote = '"', escape = '"', all_varchar = true, union_by_name = true, filename = true))"""
    )


def _below(pattern: str) -> str:
    return f"getvariable('archive') || '/{pattern}'"


def _values(columns: tuple[Column, ...]) -> Iterator[str]:
    guarded = quote_text(f"(^|;)'({GUARDED})")
    for column in columns:
        name = _name(column)
        if column.type == "string":
            yield rf"regexp_replace({name}, {guarded}, '\1\2', 'g') AS {name}"
        else:
            yield f"CAST({name} AS {TYPES[column.type]}) AS {name}"


def _name(column: Column) -> str:
    return f'"{column.name}"'
