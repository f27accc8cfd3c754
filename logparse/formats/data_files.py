"""Data files of line formats and envelopes: where they are, and what all of them hold.

Owns: reading the files, the form of their samples.
Must not know: the keys of either kind of file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from logparse.common.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


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


def read_data_files(package: str) -> list[tuple[str, dict[str, Any]]]:
    """Return name and contents of each data file in the folder ``shipped`` of a package."""
    folder = resources.files(package) / "shipped"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return [(file.name, tomllib.loads(file.read_text("utf-8"))) for file in files]


def check_data_file(name: str, data: Mapping[str, Any], keys: Collection[str]) -> tuple[Sample, ...]:
    """Check what is common to all data files, and return the samples.

    Args:
        name: of the file.
        data: its contents.
        keys: those that it may hold.

    Raises:
        FormatError: it holds another key or no sample, or its ``id`` is not its name.
    """
    if unknown := sorted(set(data) - set(keys)):
        raise FormatError(name, f"unknown key {', '.join(unknown)}")
    samples = tuple(Sample(**sample) for sample in data.get("sample", ()))
    if data.get("id") != name.removesuffix(".toml") or not samples:
        raise FormatError(name, "`id` must be the file's name, and there must be a [[sample]]")
    return samples
