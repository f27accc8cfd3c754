"""What a run is asked for, besides its sources.

Owns: its form. Must not know: how any of it is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING

from logparse import exports
from logparse.scan import Setup

if TYPE_CHECKING:
    from logparse.exports import Exports


class Overlap(StrEnum):
    """What becomes of equal lines in two sources."""

    AUTO = "auto"
    ONCE = "once"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for, besides its sources.

    Attributes:
        setup: how to read.
        zone: in which weeks begin.
        deployment: which Airflow the logs are of, if the user said so.
        exports: of the database of that Airflow.
        leading: names of the sources that count where others hold the same requests, as globs.
        overlap: what becomes of equal lines in two sources.
    """

    setup: Setup = field(default_factory=Setup)
    zone: tzinfo = UTC
    deployment: str | None = None
    exports: Exports = exports.NONE
    leading: tuple[str, ...] = ()
    overlap: Overlap = Overlap.AUTO
