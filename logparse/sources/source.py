"""``Source``: one file, object or stream to read.

Owns: what is known of it before it is read: name, size, times, folder.
Must not know: how sources are found, how they are read.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.sources.members import Member
    from logparse.sources.object_stores import urls


_WHOLE_DAY: Final = timedelta(seconds=86_399)
#: A day in the name of a file, ``20260301`` or ``2026-03-01``.
_DAY: Final = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?([0-3]\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Source:
    r"""One file, object or stream to read; small enough to be sent to another process.

    Attributes:
        name: as given or found, valid Unicode (bytes of a file name that are none are written ``\xff``); the URL of an
            object, without its query; ``-`` for standard input.
        path: of a file; None for anything else.
        size: bytes on disk, so compressed ones; None where that is not known before reading (pipes, devices).
        modified: when it was written last, microseconds UTC; None for streams, and where a store does not say.
        remote: an object in a store; None for anything else.
        found: in a folder or by a pattern, not named by anybody: it may be no log at all.
        lies_in: the folder, where the path does not tell it.
        member: a log in an archive, or a Parquet file; None for anything else.
    """

    name: str
    path: Path | None
    size: int | None
    modified: int | None = None
    remote: urls.Remote | None = None
    found: bool = False
    lies_in: str = ""
    member: Member | None = None

    @property
    def written(self) -> int | None:
        """When its last line was written, as far as can be told: the day in its name, else when it was modified.

        Copying a file loses the latter. A name such as ``messages-20250104`` is of the day on which it was rotated.
        """
        named = _DAY.search(self.name.rpartition("/")[2])
        try:
            day = datetime.strptime("".join(named.groups()), "%Y%m%d").replace(tzinfo=UTC) if named else None
        except ValueError:  # some other number
            day = None
        return self.modified if day is None else round((day + _WHOLE_DAY).timestamp()) * SECOND

    @property
    def piped(self) -> bool:
        """Whether this is standard input, which is there only once, and in this process only."""
        return self.path is None and self.remote is None and self.member is None

    @property
    def folder(self) -> str:
        """Name of the folder that it lies in; logs of one folder are taken to be of one Airflow."""
        if self.lies_in:
            return self.lies_in
        if self.remote is not None:
            return self.name.rpartition("/")[0]
        return "-" if self.path is None else str(self.path.parent)

    @property
    def identity(self) -> str:
        """A text that is equal for two names of one file."""
        if self.remote is not None:
            return self.remote.identity
        if self.member is not None:
            outer = "" if self.member.outer is None else f"{self.member.outer.name}\0"
            return f"{os.path.realpath(self.member.file)}\0{outer}{self.member.name}"
        return "" if self.path is None else os.path.realpath(self.path)
