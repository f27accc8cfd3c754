"""Measure how time and memory grow with logs that are made to cost as much as possible.

python benchmarks/growth.py [CASE ...] [--size 1] [--times 4] [--markdown]

Each case of `benchmarks/hostile.py` is read once with n and once with 4 n of what there is much of. Time is the CPU
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
from typing import Final, NamedTuple

from hostile import CASES, Case, access, run

#: What the issue allows: times as much for four times the input, seconds a megabyte, megabytes of memory.
GROWTH: Final = 5.0
PER_MEGABYTE: Final = 1.0
MEMORY: Final = 600
ROOT: Final = Path(__file__).resolve().parent.parent


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


def measure(one: Case, number: int, limit: int = 60) -> Cost:
    """Run a case with so many of what there is much of."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("GROWTH_TMP")) as name:
        folder = Path(name)
        size = one.write(folder, number)
        out = () if "--out" in one.options else ("--out", "attempts.csv")
        command = [sys.executable, "-m", "logparse", one.command, "logs", "--workers", "1", *one.options, *out]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with (folder / "said.txt").open("wb") as said:
            process = subprocess.Popen(
                ["timeout", "-s", "KILL", str(limit), *command], cwd=folder, env=environment, stdout=said, stderr=said
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if os.environ.get("GROWTH_SAY"):
            print((folder / "said.txt").read_text())
    return Cost(size / 1e6, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3, process.returncode)


def main() -> int:
    """Measure the cases that are asked for, all without any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names of cases; all without any")
    parser.add_argument("--size", type=float, default=1, help="times as many as the case says")
    parser.add_argument("--times", type=int, default=4, help="how many times as many in the second run")
    parser.add_argument("--markdown", action="store_true", help="print a table for docs/reliability.md")
    asked = parser.parse_args()
    start = measure(Case("nothing", "", 1, lambda _: {"a.log": [access(0, run("etl"), 200)]}), 1)
    print(f"start: {start.seconds:.2f} s, {start.peak:.0f} MB", file=sys.stderr)
    print("| input | how many | MB | s | s/MB | growth | MB of memory |\n|---|---:|---:|---:|---:|---:|---:|")
    missed = 0
    for name in asked.cases or CASES:
        one = CASES[name]
        number = max(1, int(one.number * asked.size))
        small, large = measure(one, number), measure(one, number * asked.times)
        seconds = max(large.seconds - start.seconds, 0.0)
        growth = seconds / max(small.seconds - start.seconds, 0.05)
        rate = seconds / large.size
        bad = (
            growth > GROWTH * asked.times / 4 or rate > PER_MEGABYTE or large.peak > MEMORY
        ) and seconds > PER_MEGABYTE
        missed += bad
        mark = "" if asked.markdown else f" {'MISSED ' if bad else ''}{large.status or ''} {name} {small.peak:.0f}"
        print(
            f"| {one.hurts} | {number * asked.times:,} | {large.size:.1f} | {seconds:.1f} | {rate:.2f} | {growth:.1f} "
            f"| {large.peak:.0f} |{mark}",
            flush=True,
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
