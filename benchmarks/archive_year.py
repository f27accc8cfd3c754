"""What one more day costs an archive of a year, and how small the archive is against the logs that it was made of.

python benchmarks/archive_year.py [--days 364] [--lines 1600] [--attempts 40] [--rounds 5] [--data DIR]

Writes a file of gunicorn lines a day, and makes an archive of them, a week a run. Then, for each of some further days:
``logparse attempts`` reads it alone, and ``logparse report`` adds it to the archive, to one that holds nothing yet, and
once more. With the defaults the year has 100 MB. Figures of one table are of one run of this script; each command is a
process of its own.

Owns: the days and the stopwatch. Must not know: what an archive is made of, but for its two public folders.
"""

from __future__ import annotations

import argparse
import gzip
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from generate import DAGS, attempt, gunicorn, noise

BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)
LOGPARSE: Final = [sys.executable, "-m", "logparse"]
MB: Final = 1_000_000


def write(path: Path, day: int, lines: int, attempts: int) -> None:
    """Write the log of one day, the same for the same arguments."""
    chance = random.Random(day)
    asking = set(chance.sample(range(lines), attempts))
    text = []
    for number, second in enumerate(sorted(chance.randrange(86_400) for _ in range(lines))):
        dag = chance.choice(DAGS)
        request = attempt(chance, "2", dag) if number in asking else (*noise(chance, "2", dag), 200, "-")
        text.append(gunicorn(chance, BEGIN + timedelta(days=day, seconds=second), *request))
    path.write_text("".join(text))


class Took(NamedTuple):
    """Seconds on the wall, and seconds of all cores."""

    wall: float
    cpu: float


def logparse(*args: str | Path) -> Took:
    """How long a command takes; that it ends with 1 is fine, since it only says that something is to be looked at."""
    begun, before = time.perf_counter(), cpu()
    done = subprocess.run([*LOGPARSE, *map(str, args)], check=False, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    return Took(time.perf_counter() - begun, cpu() - before)


def cpu() -> float:
    """Seconds that all commands so far took of all cores."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size(folder: Path) -> int:
    """Bytes of all files below a folder, each once."""
    told = (path.lstat() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum({(each.st_dev, each.st_ino): each.st_size for each in told}.values())


def public(archive: Path, pattern: str) -> int:
    """Bytes of files as readers find them."""
    return sum(path.stat().st_size for path in archive.glob(pattern))


def build(archive: Path, days: list[Path]) -> list[Took]:
    """Hand over the days, a week a run; how long each run took."""
    times: list[Took] = []
    for first in range(0, len(days), 7):
        times.append(logparse("report", *days[first : first + 7], "--out", archive))
        print(f"\rweek {len(times)}: {times[-1].wall:.2f} s ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return times


def seconds(times: list[Took]) -> str:
    """Median and range on the wall, and median of all cores."""
    walls = [each.wall for each in times]
    used = statistics.median(each.cpu for each in times)
    return f"{statistics.median(walls):.2f} s ({min(walls):.2f} to {max(walls):.2f}), {used:.2f} s CPU"


def measure(folder: Path, args: argparse.Namespace) -> list[tuple[str, str]]:
    """The rows of the table."""
    logs, archive, nothing = folder / "logs", folder / "archive", folder / "nothing"
    logs.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(archive, ignore_errors=True)
    days = [logs / f"webserver-{BEGIN + timedelta(days=day):%Y-%m-%d}.log" for day in range(args.days + args.rounds)]
    for day, path in enumerate(days):
        write(path, day, args.lines, args.attempts)
    year, further = days[: args.days], days[args.days :]
    weeks = build(archive, year)
    logged, packed = size_of(year), sum(len(gzip.compress(path.read_bytes(), 6)) for path in year)
    whole = size(archive)
    found: dict[str, list[Took]] = {"start": [], "alone": [], "new": [], "added": [], "again": []}
    for path in further:
        shutil.rmtree(nothing, ignore_errors=True)
        found["start"].append(logparse("--help"))
        found["alone"].append(logparse("attempts", path, "--out", folder / "day.parquet"))
        found["new"].append(logparse("report", path, "--out", nothing))
        found["added"].append(logparse("report", path, "--out", archive))
        found["again"].append(logparse("report", path, "--out", archive))
    return [
        ("logs of the year", f"{logged / MB:.1f} MB, {len(year)} files; {packed / MB:.1f} MB with gzip"),
        ("archive", f"{whole / MB:.1f} MB, {whole / logged:.1%} of the logs, {whole / packed:.1%} of those with gzip"),
        ("... attempts", f"{public(archive, 'attempts/*/*.parquet') / MB:.1f} MB"),
        ("... reports", f"{public(archive, '*-W*/*') / MB:.1f} MB"),
        ("a week into the archive, first ten", seconds(weeks[:10])),
        ("... last ten", seconds(weeks[-10:])),
        ("`--help`", seconds(found["start"])),
        ("`attempts` of a day", seconds(found["alone"])),
        ("`report` of a day into a new folder", seconds(found["new"])),
        ("`report` of a day into the archive", seconds(found["added"])),
        ("... once more, nothing new", seconds(found["again"])),
    ]


def size_of(paths: list[Path]) -> int:
    """Bytes of some files."""
    return sum(path.stat().st_size for path in paths)


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=364, help="days of the archive")
    parser.add_argument("--lines", type=int, default=1_600, help="lines a day")
    parser.add_argument("--attempts", type=int, default=40, help="trigger attempts among them")
    parser.add_argument("--rounds", type=int, default=5, help="days that are added one by one")
    parser.add_argument("--data", type=Path, help="where logs and archive are kept; else they are removed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="archive-year-") as folder:
        rows = measure(args.data or Path(folder), args)
    wide = max(len(name) for name, _ in rows)
    print(
        f"| {'':{wide}} | |",
        f"|{'-' * (wide + 2)}|---|",
        *(f"| {name:{wide}} | {told} |" for name, told in rows),
        sep="\n",
    )


if __name__ == "__main__":
    main()
