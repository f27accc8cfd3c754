"""What users see of an archive."""

from __future__ import annotations

import os
from pathlib import Path


def visible(folder: Path) -> dict[str, bytes]:
    """The files below a folder as readers find them, without the record of the last run, which tells when that was."""
    found = {}
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name != ".logparse"]
        for name in names:
            if name != "run.json":
                path = Path(place, name)
                found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found
