"""The schemas of other tools, as data files describe them, and attempts as events in them.

Owns: the keys of these files, and what each makes of a cell. Must not know: any particular schema.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from logparse.reports import json_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from logparse.common.schema import Column

_MICROSECONDS: Final = 1_000_000
#: Marks a list with one object in the name of a field.
_LIST: Final = "[]"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an event.

    Attributes:
        value: what it always holds; None: it holds what a column does.
        column: the column.
        values: what it holds for some values of the column; for others ``default``.
        default: what it holds where the column is empty, or ``values`` does not name its value; None: no such field.
        pattern: an expression that the whole text must fit, else there is no such field.
        factor: a number is multiplied by it and rounded, a time becomes so many parts of a second since 1970.
        text: a number becomes a text.
    """

    value: Any = None
    column: str = ""
    values: Mapping[str, Any] | None = None
    default: Any = None
    pattern: str = ""
    factor: int = 0
    text: bool = False

    def convert(self, cell: Any) -> Any:
        """Return what the field holds for a cell of its column; None: there is no such field."""
        if self.value is not None:
            return self.value
        if cell is None:
            return self.default
        if self.values is not None:
            return self.values.get(cell, self.default)
        if self.pattern and not re.fullmatch(self.pattern, cell):
            return None
        return str(cell) if self.text else int(cell * self.factor + 0.5) if self.factor else cell


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema.

    Attributes:
        title: what it is, with its version.
        reference: where it is documented.
        nested: dots in names of fields part objects; else they are parts of the names.
        fields: by name.
    """

    title: str
    reference: str
    nested: bool
    fields: Mapping[str, Field]


@cache
def list_schemas() -> dict[str, Schema]:
    """Return all schemas by their names, sorted."""
    found = {}
    for file in sorted(files("logparse.reports.events").joinpath("shipped").iterdir(), key=lambda file: file.name):
        told = tomllib.loads(file.read_text("utf-8"))
        fields = {name: Field(**keys) for name, keys in told.pop("fields").items()}
        found[file.name.removesuffix(".toml")] = Schema(**told, fields=fields)
    return found


def list_events(frame: pd.DataFrame, columns: tuple[Column, ...], schema: Schema) -> Iterator[dict[str, Any]]:
    """Yield an event for each attempt, as JSON can hold it. Fields of which nothing is known are left out.

    Args:
        frame: attempts.
        columns: their columns.
        schema: of the events.
    """
    seconds = frame["time"].astype("int64").to_numpy() / _MICROSECONDS
    for row, second in zip(json_lines.list_objects(frame, columns), seconds, strict=True):
        event: dict[str, Any] = {}
        for name, field in schema.fields.items():
            cell = row.get(field.column)
            is_time = field.factor and field.column == "time" and cell is not None
            held = field.convert(float(second) if is_time else cell)
            if held is not None:
                _put(event, name.split(".") if schema.nested else [name], held)
        yield event


def _put(event: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        if part.endswith(_LIST):
            (event,) = event.setdefault(part.removesuffix(_LIST), [{}])
        else:
            event = event.setdefault(part, {})
    event[path[-1]] = value
