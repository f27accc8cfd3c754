"""``Sample``: a real line with what it holds, by which the data files of formats and envelopes are checked.

Owns: the form of a sample.
Must not know: what is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


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
