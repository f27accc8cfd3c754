"""Records in the shapes in which programs write tables as JSON.

Owns: lists and pages of the API, tables of phpMyAdmin, DBeaver and pandas. Must not know: what a record is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logparse.verdicts.exports.export_pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Record = dict[str, Any]


def find_records(document: Any, lists: Sequence[str], pages: list[Page]) -> Iterator[Record]:
    """Yield the records of a document, with keys in lower case.

    Args:
        document: what JSON or YAML holds.
        lists: keys under which an API puts its list of records.
        pages: what the API says about how many there are is added to these.

    Raises:
        ValueError: it holds names only.
    """
    if isinstance(document, list):
        if document and all(isinstance(each, str) for each in document):
            raise ValueError
        for each in document:
            yield from find_records(each, lists, pages)
    elif isinstance(document, dict):
        if (tables := _find_tables(document, lists)) is not None:
            records = [record for table in tables for record in find_records(table, lists, pages)]
            if isinstance(total := document.get("total_entries"), int):
                pages.append(Page(total, frozenset(hash(repr(record)) for record in records)))
            yield from records
        elif "total_entries" not in document:
            yield {str(key).lower(): value for key, value in document.items()}


def _find_tables(document: Record, lists: Sequence[str]) -> list[Any] | None:
    """Return the lists of records in an object; None if it is a record itself."""
    tables = [document[key] for key in lists if isinstance(document.get(key), list)]
    values = list(document.values())
    if len(values) == 1 and not tables:  # DBeaver names the only list by its query
        tables = [table for table in values if isinstance(table, list)]
    if tables:
        return tables
    if document.get("type") in ("header", "database", "table") and {"name", "version"} & document.keys():  # phpMyAdmin
        return [document["data"]] if isinstance(document.get("data"), list) else []
    if {"columns", "data"} <= document.keys() and isinstance(document["columns"], list):  # pandas, orient="split"
        rows = document["data"] if isinstance(document["data"], list) else []
        return [[dict(zip(document["columns"], row, strict=False)) for row in rows if isinstance(row, list)]]
    # pandas, as it writes unless it is told otherwise: by column, then by the number of the row
    if len(values) > 1 and all(isinstance(each, dict) and each.keys() == values[0].keys() for each in values):
        numbers = values[0].keys()
        if numbers and all(str(number).isdecimal() for number in numbers):
            return [[{name: column[number] for name, column in document.items()} for number in numbers]]
    return None
