"""Time whole processes of logparse and of what others would use, in turn, and write docs/performance.md.

python benchmarks/speed.py [--data DIR] [--rounds 5] [--large] [--peers PYTHON]

The data is generated once into DIR. ``--large`` adds 10 GB. PYTHON is an interpreter with polars, duckdb and pandas;
ripgrep, lnav and GoAccess are run if they are installed. All figures of a table are of one run: each round runs every
tool once, one after the other, on files that are in the page cache.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from generate import write
from measuring import MB, machine, measure, versions

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "performance.md"


@dataclass(frozen=True)
class Data:
    """A generated file: form of its lines, bytes, share of attempts."""

    form: str
    size: int
    share: float
    packed: bool = False

    @property
    def name(self) -> str:
        """Of the file."""
        size = f"{self.size // 1_000_000}MB"
        return f"{self.form}-{size}-{round(self.share * 100)}.log" + (".gz" if self.packed else "")

    @property
    def title(self) -> str:
        """For people."""
        size = f"{self.size / 1e9:g} GB" if self.size >= 1e9 else f"{self.size / 1e6:g} MB"  # noqa: PLR2004
        form = {
            "gunicorn": "gunicorn lines", "console": "Airflow 3 console lines", "json": "Airflow 3 JSON lines",
            "docker": "gunicorn lines in Docker's json-file",
        }[self.form]  # fmt: skip
        return f"{size} of {form}, {self.share:.0%} attempts" + (", gzip" if self.packed else "")


@dataclass
class Runs:
    """What the rounds of one tool took."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Of the wall time, seconds."""
        return statistics.median(self.wall)


def tools(peers: str, out: Path) -> dict[str, Any]:
    """How each tool is called with a log, by its name; those that are not installed are left out."""

    def own(log: Path, *more: str) -> list[str]:
        shutil.rmtree(out / "reports", ignore_errors=True)  # a log that an archive knows is not read again
        program = Path(sys.executable).with_name("logparse")
        return [str(program), "report", str(log), "--out", str(out / "reports"), *more]

    found: dict[str, Any] = {"logparse": own, "logparse --workers 1": lambda log: own(log, "--workers", "1")}
    for name in ("polars", "duckdb", "pandas"):
        if subprocess.run([peers, "-c", f"import {name}"], check=False, capture_output=True).returncode == 0:
            script = HERE / "peers" / f"by_{name}.py"
            found[name] = lambda log, script=script: [peers, str(script), str(log), str(out / "peer.csv")]
    for name, program in (("ripgrep + awk", "rg"), ("lnav", "lnav"), ("GoAccess", "goaccess")):
        if shutil.which(program):
            script = HERE / "peers" / f"by_{name.partition(' ')[0].lower()}.sh"
            found[name] = lambda log, script=script: ["sh", str(script), str(log), str(out / "peer.csv")]
    found["gzip -dc"] = lambda log: ["sh", "-c", f"gzip -dc {log} > /dev/null"]
    found["ISA-L alone"] = lambda log: [sys.executable, "-c", DECODE, str(log)]
    return found


DECODE: Final = """
import sys
from isal import isal_zlib
decoder = isal_zlib.decompressobj(wbits=31)
with open(sys.argv[1], "rb") as stream:
    while data := stream.read(1 << 16):
        decoder.decompress(data)
"""
#: Which tools are run on what; the peers read gunicorn lines only.
PEERS: Final = ("polars", "duckdb", "pandas", "ripgrep + awk")
PLAN: Final = (
    (Data("gunicorn", 1000 * MB, 0.02), ("logparse", "logparse --workers 1", *PEERS)),
    (Data("gunicorn", 300 * MB, 1.0), ("logparse", *PEERS)),
    (Data("json", 1000 * MB, 0.02), ("logparse",)),
    (Data("console", 1000 * MB, 0.02), ("logparse",)),
    (Data("docker", 1000 * MB, 0.02), ("logparse",)),
    (Data("gunicorn", 1000 * MB, 0.02, packed=True), ("logparse", "gzip -dc", "ISA-L alone")),
    (Data("gunicorn", 100 * MB, 0.02), ("logparse", "lnav", "GoAccess")),
)
LARGE: Final = ((Data("gunicorn", 10_000 * MB, 0.02), ("logparse", "logparse --workers 1", "polars")),)


def run(data: Data, names: tuple[str, ...], known: dict[str, Any], folder: Path, rounds: int) -> dict[str, Runs]:
    """All rounds of some tools on one file."""
    log = folder / data.name
    if not log.exists():
        print(f"generating {log}", flush=True)
        write(data.form, log, data.size, data.share)
    used = {name: known[name] for name in names if name in known}
    found = {name: Runs() for name in used}
    for number in range(rounds + 1):  # the first one fills the cache
        for name, command in used.items():
            wall, cpu, peak = measure(command(log))
            if number:
                found[name].wall.append(wall)
                found[name].cpu.append(cpu)
                found[name].peak.append(peak)
            print(f"{data.name}  {name:<22} {wall:8.2f} s {cpu:8.2f} s CPU {peak:8.0f} MB", flush=True)
    return found


def table(data: Data, found: dict[str, Runs]) -> str:
    """The rounds as a table."""
    rows = [
        f"### {data.title}", "",
        "| | median | range | logparse takes | CPU time | peak memory |", "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    own = found["logparse"].median
    for name, runs in found.items():
        ratio = "" if name == "logparse" else f"{own / runs.median:.2f} of it"
        rows.append(
            f"| {name} | {runs.median:.2f} s | {min(runs.wall):.2f} to {max(runs.wall):.2f} | {ratio} "
            f"| {statistics.median(runs.cpu):.1f} s | {max(runs.peak):.0f} MB |"
        )
    return "\n".join(rows)


def profile(log: Path) -> str:
    """Where the time of one process goes, by module."""
    from logparse.pipeline.job import prepare  # noqa: PLC0415
    from logparse.pipeline.options import Options  # noqa: PLC0415
    from logparse.pipeline.weekly.transaction import run_weekly  # noqa: PLC0415 - imports are no part of it
    from logparse.pipeline.weekly.update import Wanted  # noqa: PLC0415

    profiler = cProfile.Profile()
    begun = time.perf_counter()
    profiler.enable()
    with tempfile.TemporaryDirectory() as folder:
        run_weekly(prepare([str(log)], Options()), Wanted(folder))
    profiler.disable()
    wall = time.perf_counter() - begun
    rooms: dict[str, float] = {}
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        parts = Path(file).parts
        if "logparse" in parts:
            rest = parts[len(parts) - 1 - parts[::-1].index("logparse") + 1 :]
            room = "/".join(rest).removesuffix(".py").removesuffix("/__init__")
        elif "site-packages" in parts:
            room = parts[parts.index("site-packages") + 1] + " (library)"
        else:
            room = name.strip("<>").partition(" of ")[2].split("'")[0] or "Python and its library"
        rooms[room] = rooms.get(room, 0) + own
    rows = ["| where | share |", "|---|---:|"]
    total = sum(rooms.values())
    rows += [f"| {room} | {own / total:.0%} |" for room, own in sorted(rooms.items(), key=lambda each: -each[1])[:16]]
    said = f"{log.name}, one process, {wall:.1f} s under cProfile (which makes Python look slower than C):"
    return "\n".join([said, "", *rows])


def main() -> None:
    """Run everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "logparse-benchmark")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--peers", default=sys.executable)
    asked = parser.parse_args()
    asked.data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as out:
        known = tools(asked.peers, Path(out))
        tables = [
            table(data, run(data, names, known, asked.data, asked.rounds))
            for data, names in (*PLAN, *(LARGE if asked.large else ()))
        ]
    page = (HERE / "performance.md.in").read_text()
    filled = {
        "machine": machine(),
        "versions": versions(asked.peers),
        "rounds": str(asked.rounds),
        "tables": "\n\n".join(tables),
        "profile": profile(asked.data / PLAN[-1][0].name),
    }
    for name, text in filled.items():
        page = page.replace(f"{{{{ {name} }}}}", text)
    PAGE.write_text(page)
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
