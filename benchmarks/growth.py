"""Measure how time and memory grow with logs that are made to cost as much as possible.

python benchmarks/growth.py [CASE ...] [--size 1] [--times 4 | --full] [--write]

Each case of `benchmarks/hostile` is read once with n and once with 4 n of what there is much of. Time is the CPU
time of the process and of all that it starts, less that of a log of one line; memory is the peak of the process.

Owns: the measurement. Must not know: what the cases are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from hostile import CASES
from hostile.cases import Case
from hostile.lines import access, run

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Cases that are measured once, with so many of what there is much of.
FULL: Final = {
    "blank-lines": 10_000_000, "one-line": 1_000_000_000, "bomb": 1_000_000_000, "pretty-json": 720_000,
    "distinct-dags": 40_000, "failed-form-logins": 80_000, "busy-files": 10_000,
}  # fmt: skip
#: What the issue allows: times as much for four times the input, seconds a megabyte, megabytes of memory.
GROWTH: Final = 5.0
PER_MEGABYTE: Final = 1.0
MEMORY: Final = 600
#: What takes less time than this misses no limit: it is mostly what any run takes.
LITTLE: Final = 1.0
#: So many runs of a log of one line show what any run takes.
STARTS: Final = 4
#: Seconds of CPU time that a run is given.
LIMIT: Final = 60
HEAD: Final = (
    "| what there is much of | how many | MB | s | s/MB | times as much for 4 times the input | MB of memory |",
    "|---|---:|---:|---:|---:|---:|---:|",
)
FULL_HEAD: Final = (
    "| what there is much of | how many | MB of text | s | s/MB | MB of memory |",
    "|---|---:|---:|---:|---:|---:|",
)
MARKS: Final = "<!-- made by benchmarks/growth.py -->", "<!-- end of what benchmarks/growth.py makes -->"
FULL_MARKS: Final = (
    "<!-- made by benchmarks/growth.py --full -->", "<!-- end of what benchmarks/growth.py --full makes -->",
)  # fmt: skip
ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reliability.md"


class Cost(NamedTuple):
    """What a run took.

    Attributes:
        size: of the input, in megabytes.
        seconds: of CPU time.
        peak: of memory, in megabytes.
        status: with which it ended.
    """

    size: float
    seconds: float
    peak: float
    status: int


def measure(one: Case, number: int, limit: int = LIMIT) -> Cost:
    """Run a case with so many of what there is much of, for so many seconds of CPU time at most."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("GROWTH_TMP")) as name:
        folder = Path(name)
        size = one.write(folder, number)
        out = () if "--out" in one.options else ("--out", "attempts.csv")
        command = [sys.executable, "-m", "logparse", one.command, "logs", "--workers", "1", *one.options, *out]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (folder / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                ["prlimit", f"--cpu={limit}", *command], cwd=folder, env=environment, stdout=said, stderr=said
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(size / 1e6, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3, process.returncode)


def main() -> int:
    """Measure the cases that are asked for, all without any; end with 1 if a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of cases; all without any")
    parser.add_argument("--size", type=float, default=1, help="times as many as the case says")
    parser.add_argument("--times", type=int, default=4, help="how many times as many in the second run")
    parser.add_argument("--full", action="store_true", help="measure each large case once, at its full size")
    parser.add_argument("--write", action="store_true", help="write the table into docs/reliability.md")
    asked = parser.parse_args()
    nothing = Case("nothing", "", 1, lambda _: {"a.log": [access(0, run("etl"), 200)]})
    # The first one compiles what was changed.
    start = min((measure(nothing, 1) for _ in range(STARTS)), key=lambda cost: cost.seconds)
    print(f"start: {start.seconds:.2f} s, {start.peak:.0f} MB", file=sys.stderr)
    rows: list[str] = []
    missed = 0
    head = FULL_HEAD if asked.full else HEAD
    print(*head, sep="\n")
    for name in asked.cases or (FULL if asked.full else CASES):
        one = CASES[name]
        number = FULL[name] if asked.full else max(1, int(one.number * asked.size)) * asked.times
        small = None if asked.full else measure(one, number // asked.times)
        large = measure(one, number, 10 * LIMIT if asked.full else LIMIT)
        seconds = max(large.seconds - start.seconds, 0.0)
        growth = None if small is None else seconds / max(small.seconds - start.seconds, 0.05)
        limits = GROWTH * asked.times / 4, PER_MEGABYTE, MEMORY
        values = growth or 0.0, seconds / large.size, large.peak
        over = any(value > limit for value, limit in zip(values, limits, strict=True))
        bad = large.status < 0 or (over and seconds > LITTLE)
        missed += bad
        took = f"over {LIMIT}" if large.status < 0 else f"{seconds:.1f}"
        grew = "" if growth is None else f" {growth:.1f} |"
        rows.append(
            f"| {one.hurts} | {number:,} | {large.size:.1f} | {took} | {seconds / large.size:.2f} |{grew} "
            f"{large.peak:.0f} |"
        )
        print(f"{rows[-1]}{' missed' if bad else ''} {name}", flush=True)
    if asked.write:
        write_table(rows, head, FULL_MARKS if asked.full else MARKS)
    return 1 if missed else 0


def write_table(rows: Sequence[str], head: Sequence[str], marks: tuple[str, str]) -> None:
    """Put rows in their places in a table of docs/reliability.md; those of other cases stay as they are."""
    text = PAGE.read_text(encoding="utf-8")
    begin, end = marks
    before, _, rest = text.partition(begin)
    table, _, behind = rest.partition(end)
    known = {_name(row): row for row in (*table.strip().splitlines(), *rows)}
    ordered = [*head, *(known[case.hurts] for case in CASES.values() if case.hurts in known)]
    PAGE.write_text("\n".join([f"{before}{begin}", "", *ordered, "", f"{end}{behind}"]), encoding="utf-8")


def _name(row: str) -> str:
    """Return what a row of the table is about."""
    return row.split(" | ", maxsplit=1)[0].removeprefix("| ")


if __name__ == "__main__":
    sys.exit(main())
