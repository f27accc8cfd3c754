"""Processes that tests start: functions of a test module, and the command line of logparse."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from places import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def apart(script: str, *args: str) -> list[str]:
    """Command that runs a test module as a script, which finds whatever this process finds."""
    return ["env", f"PYTHONPATH={os.pathsep.join(sys.path)}", sys.executable, script, *args]


def environment() -> dict[str, str]:
    """That of a command of logparse in another folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def process(*args: str | Path, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command of logparse in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "logparse", *map(str, args)],
        cwd=cwd, input=stdin, capture_output=True, check=False, env=environment(),
    )  # fmt: skip
