"""What a run is asked for, besides its sources.

Owns: its form. Must not know: how any of it is done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from logparse.scans.pieces.comparison import Overlap
from logparse.scans.settings import Setup
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from logparse.verdicts.exports.loader import Exports


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
    exports: Exports = loader.NONE
    leading: tuple[str, ...] = ()
    overlap: Overlap = Overlap.AUTO
