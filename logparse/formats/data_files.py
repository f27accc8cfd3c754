"""Data files of line formats and envelopes: where they are, and what all of them hold.

Owns: reading the files, the form of their samples.
Must not know: the keys of either kind of file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logparse.common.errors import FormatError
from logparse.formats.file_keys import check_keys

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


@dataclass(frozen=True, slots=True)
class Sample:
    """A real line with what it holds, part of a data file.

    Attributes:
        line: the line without its line break; of an envelope around records, the record as JSON.
        expect: what must be read from it, by name of the field.
        why: what the sample shows.
    """

    line: str
    expect: Mapping[str, Any]
    why: str = ""


class ShippedSamples(Sequence[Sample]):
    """Samples of a shipped data file, read when somebody asks for them: reading logs takes none.

    Args:
        file: its path, as ``read_data_files`` returns it.
    """

    def __init__(self, file: str) -> None:
        package, _, name = file.rpartition("/shipped/")
        entry = resources.files(package.replace("/", ".")) / "shipped" / name
        self._read = cache(lambda: tuple(Sample(**sample) for sample in _read(entry, file)[1]["sample"]))

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, place: Any) -> Any:
        return self._read()[place]


def read_data_files(package: str, *, whole: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """Return path and contents of each data file in the folder ``shipped`` of a package.

    Paths start at the package, so that messages show which file is meant. Samples, which stand last, are left out
    unless the ``whole`` files are wanted; see ``ShippedSamples``.

    Raises:
        FormatError: a file is no TOML.
    """
    folder = resources.files(package) / "shipped"
    return [
        _read(entry, f"{package.replace('.', '/')}/shipped/{entry.name}", None if whole else b"\n[[sample]]")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]


def read_folder(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """Return path and contents of each data file in a folder of the user's own.

    Raises:
        FormatError: there is no such folder, no data file in it, or a file is no TOML.
    """
    try:
        entries = sorted(entry for entry in Path(folder).iterdir() if entry.name.endswith(".toml"))
    except OSError as error:
        raise FormatError(folder, f"is no folder of formats: {error.strerror}") from error
    if not entries:
        raise FormatError(folder, "no format files: there must be files whose names end in .toml")
    return [_read(entry, entry.as_posix()) for entry in entries]


def _read(entry: Traversable, file: str, end: bytes | None = None) -> tuple[str, dict[str, Any]]:
    try:
        text = entry.read_bytes()
        return file, tomllib.loads((text if end is None else text.partition(end)[0]).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(file, f"not valid TOML: {error}") from error
    except OSError as error:
        raise FormatError(file, f"cannot be read: {error.strerror}") from error


def to_own_id(file: str) -> str:
    """Return the id of what a data file of the user's own describes: its path, so that it is found again."""
    return file.removesuffix(".toml") if "/" in file else f"./{file.removesuffix('.toml')}"


def name_file(kind: str, data_id: str) -> str:
    """Return the file of an id, for messages: ``formats/gunicorn.toml``, or the path of one of the user's own."""
    return f"{data_id}.toml" if "/" in data_id else f"{kind}/{data_id}.toml"


def to_id(file: str) -> str:
    """Return the id that a data file must have: its name."""
    return file.rpartition("/")[2].removesuffix(".toml")


def check_data_file(file: str, data: Mapping[str, Any], keys: Mapping[str, str]) -> tuple[Sample, ...]:
    """Check the keys of a data file, and return its samples.

    Args:
        file: its path.
        data: its contents.
        keys: those that it may hold, see ``file_keys.check_keys``, besides ``id`` and ``sample``.

    Raises:
        FormatError: the file cannot be used.
    """
    check_keys(file, data, {"id": "text!", **keys, "sample": "tables"})
    if data["id"] != to_id(file):
        raise FormatError(file, f"`id` must be the name of the file, {to_id(file)!r}")
    if not data.get("sample"):
        raise FormatError(file, "there must be a [[sample]]: a real line, and what must be read from it")
    for number, sample in enumerate(data["sample"], 1):
        check_keys(file, sample, {"line": "text!", "expect": "table!", "why": "text"}, f"[[sample]] {number}")
        _check_time(file, sample["expect"], f"[[sample]] {number}")
    return tuple(Sample(**sample) for sample in data["sample"])


def _check_time(file: str, expect: Mapping[str, Any], where: str) -> None:
    if "time" in expect:
        try:
            datetime.fromisoformat(expect["time"])
        except (TypeError, ValueError):
            problem = f'`{where}`: `time` must be a text such as "2026-03-01T23:59:59Z", not {expect["time"]!r}'
            raise FormatError(file, problem) from None
