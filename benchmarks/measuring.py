"""Whole processes, measured: time on the wall, time of all cores, memory; and on what machine that was.

Owns: how a run is measured. Must not know: what is run.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import Final

MB: Final = 1_000_000


def measure(command: list[str]) -> tuple[float, float, float]:
    """Run a command: seconds on the wall, seconds of all cores, peak memory of all its processes in MB (PSS)."""
    begun = time.perf_counter()
    # Bytecode is written once and kept, as pip does when it installs.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, env=environment
    )
    peak, over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.02):
            peak = max(peak, memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    over.set()
    watcher.join()
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}\n{said.decode(errors='replace')}")
    return wall, used.ru_utime + used.ru_stime, peak


def memory(session: int) -> float:
    """Memory of all processes of a session, what they share counted once, MB."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                found = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.MULTILINE)
                total += int(found[1]) if found else 0
        except (OSError, IndexError):
            continue
    return total * 1024 / MB


def machine() -> str:
    """What the figures were measured on."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(":")[2].strip() for line in told if "model name" in line]
    model = models[0] if models else platform.machine()
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) // 1024 // 1024  # type: ignore[index]
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory} GiB, Linux {platform.release().partition('-')[0]}"


def versions(peers: str) -> str:
    """Of logparse, of what it uses, and of the others."""
    own = [f"{name} {metadata.version(name)}" for name in ("logparse", "pandas", "pyarrow", "numpy", "isal")]
    code = "import importlib.metadata as m\nfor n in ('polars','duckdb','pandas'):\n  print(n, m.version(n))"
    theirs = subprocess.run([peers, "-c", code], check=False, capture_output=True, text=True).stdout.split("\n")[:-1]
    for program in ("rg", "lnav", "goaccess"):
        if shutil.which(program):
            said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
            theirs.append(said.split("\n")[0].strip(" ."))
    return f"Python {platform.python_version()}, {', '.join(own)}; {', '.join(theirs)}"
