"""Logs of a few weeks for tests of the archive, runs that read them, and what these leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow.parquet as pq
from folders import invoke, rows

if TYPE_CHECKING:
    from typer.testing import Result

#: Lines without a time.
UNDATED: Final = 'INFO:     10.0.0.{n}:4711 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 403 Forbidden\n'
#: Wednesdays of 2026-W45 to 2026-W48.
W45, W46, W47, W48 = 4, 11, 18, 25
#: The Monday of 2026-W47.
MONDAY: Final = datetime(2026, 11, 16, tzinfo=UTC)
NEVER: Final = "no line of a log\n"


def line(day: int, *, user: str = "alice", client: str = "10.0.0.7", hour: int = 12, status: int = 200) -> str:
    """An attempt in November 2026."""
    request = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"
    when = f"{day:02}/Nov/2026:{hour:02}:35:08 +0000"
    size = 212 if status == 404 else 512
    return f'{client} - {user} [{when}] "{request}" {status} {size} "-" "curl/8.5.0"\n'


def many(weeks: int, *, hours: int = 6) -> str:
    """Attempts over some weeks from 2026-W45 on."""
    lines, now = [], datetime(2026, 11, 2, tzinfo=UTC)
    for n in range(weeks * 7 * 24 // hours):
        user, status = ("-", "ann", "bob")[n % 3], (200, 200, 401, 403, 404)[n % 5]
        lines.append(
            f"10.0.0.{n % 5} - {user} [{now:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"POST /api/v1/dags/dag_{n % 4}/dagRuns HTTP/1.1" {status} {180 + n % 9} "-" "curl/8.5.0"\n'
        )
        now += timedelta(hours=hours)
    return "".join(lines)


def report(*args: str | Path) -> Result:
    """Type `logparse report`, with one worker if no number is given."""
    return invoke("report", *args, *(() if "--workers" in args else ("--workers", "1")))


def stored(out: Path) -> dict[str, bytes]:
    """All that is in the folder, but for the lock."""
    paths = [each for each in out.rglob("*") if each.is_file() and each.name != "lock"]
    return {each.relative_to(out).as_posix(): each.read_bytes() for each in paths}


def counted(out: Path, week: str) -> int:
    """Attempts of a week, as its report by user counts them."""
    return sum(int(row["attempts"]) for row in rows(out / week / "by_user.csv"))


def suffixes(folder: Path) -> set[str]:
    """What the names of files in a folder end with."""
    return {path.suffix for path in folder.iterdir()}


class Attempt(NamedTuple):
    """A row of the data set; the source by the name of its file."""

    source: str
    line: int
    user: str | None
    outcome: str


def call(minute: float, user: str = "ann", status: int = 200, dag: str = "etl") -> str:
    """An attempt so many minutes after that Monday began."""
    when = f"{MONDAY + timedelta(minutes=minute):%d/%b/%Y:%H:%M:%S} +0000"
    size = 212 if status == 404 else 512
    return f'10.0.0.7 - {user} [{when}] "POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} {size} "-" "curl/8.5.0"\n'


def held(out: Path) -> list[Attempt]:
    """The attempts in an archive, in order."""
    rows = []
    for path in out.glob("attempts/week=*/*.parquet"):
        table = pq.read_table(path, columns=[*Attempt._fields], partitioning=None)
        values = zip(*(table.column(name).to_pylist() for name in Attempt._fields), strict=True)
        rows += [Attempt(Path(source).name, *others) for source, *others in values]
    return sorted(rows, key=str)
