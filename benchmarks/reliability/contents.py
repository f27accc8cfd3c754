"""What an archive holds for those who read it, what is true of its logs, and what dead runs have left.

Owns: both ways to look at a folder. Must not know: which runs there were.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulation import Line


def visible(out: Path) -> dict[str, bytes]:
    """What a reader finds, without the record of the last run, which tells when that was."""
    found = {}
    for place, folders, names in os.walk(out, followlinks=True):
        folders[:] = [name for name in folders if name != ".logparse"]
        paths = [Path(place, name) for name in names if name != "run.json"]
        # A run that dies just before its commit leaves links that lead nowhere yet.
        found.update({path.relative_to(out).as_posix(): path.read_bytes() for path in paths if path.is_file()})
    return found


def totals(out: Path) -> Counter[tuple[Any, ...]]:
    """The attempts of an archive, as pyarrow reads them, by what a line itself says."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - not needed by the server's clients

    if not (out / "attempts").exists():
        return Counter()
    columns = ["time", "method", "path", "status", "user"]
    table = pq.read_table(out / "attempts", columns=columns)
    rows = zip(*(table.column(name).to_pylist() for name in columns), strict=True)
    return Counter((int(when.timestamp()), *others) for when, *others in rows)


def true_of(lines: Iterable[Line]) -> Counter[tuple[Any, ...]]:
    """The same of what is true."""
    return Counter(line.attempt[:5] for line in lines if line.attempt)


def differing(now: Mapping[str, bytes], before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    """Which files are those of which state."""
    told = []
    for path in sorted({*now, *before, *after}):
        found = now.get(path), before.get(path), after.get(path)
        if len({*found}) > 1:
            told.append(
                f"{path} of {'before' if found[0] == found[1] else 'after' if found[0] == found[2] else 'neither'}"
            )
    return ", ".join(told[:8])


def left(out: Path, temporary: Path) -> list[str]:
    """What dead runs have left."""
    found = [
        *temporary.glob("logparse-*"),
        *(out / ".logparse" / "tmp").glob("*"),
        *(out / ".logparse" / "incoming").glob("*"),
    ]
    found += sorted((out / ".logparse" / "generations").glob("*"))[:-1]
    for folder in temporary.glob("logparse-*"):  # the next trial is another one
        shutil.rmtree(folder)
    return [str(each) for each in found]
