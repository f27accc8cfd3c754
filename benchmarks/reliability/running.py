"""Commands of logparse in processes of their own: they are started, watched, sent signals, and awaited.

Owns: the processes, and what they have said. Must not know: what the commands do, and what is expected of them.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING: Final[dict[str, str]] = {}
#: Nothing here takes so long, however busy the machine is.
PATIENCE: Final = 300.0
LOGPARSE: Final = (sys.executable, "-m", "logparse")


class Running:
    """A command in a process of its own, which leads a session of its own.

    Attributes:
        pid: of the process.
    """

    def __init__(self, said: Path) -> None:
        self.pid = 0
        self.status: int | None = None
        self._said = said
        self._begun = threading.Event()
        self._over = threading.Event()

    def note(self, told: Mapping[str, int]) -> None:
        """Take what is known of it."""
        self.pid = told.get("pid", self.pid)
        self.status = told.get("status")
        self._begun.set()
        if self.status is not None:
            self._over.set()

    def begun(self) -> int:
        """Its process."""
        self._begun.wait(PATIENCE)
        return self.pid

    def over(self, patience: float) -> bool:
        """Whether it has ended by then."""
        return self._over.wait(patience)

    def wait(self) -> int:
        """Its status, once it has ended; that of one that hangs is -9."""
        if not self.over(PATIENCE):
            os.killpg(self.begun(), signal.SIGKILL)
            self._over.wait()
        assert self.status is not None
        return self.status

    def send(self, number: int) -> None:
        """Send a signal, if it is still there."""
        if not self._over.is_set():
            with suppress(ProcessLookupError):
                os.kill(self.begun(), number)

    @property
    def said(self) -> str:
        """What it has said."""
        return self._said.read_text(errors="replace") if self._said.exists() else ""


class Runner:
    """Starts commands: forked from a server, which is fast, or in full as users do.

    Args:
        folder: for what it needs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        self._numbers = itertools.count()
        self._running: dict[int, Running] = {}
        self._lock = threading.Lock()
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent), "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=self.environment({}),
        )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(PATIENCE)
        self._listener.join()
        self._server.stdout.close()

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """That of a command."""
        return {**os.environ, "TMPDIR": str(self.temporary), "PYTHONWARNINGS": "default", **more}

    def start(
        self, *args: str | Path, full: bool = False, limit: int = 0, more: Mapping[str, str] = NOTHING
    ) -> Running:
        """Start a command.

        Args:
            args: of the command line.
            full: whether to start it as users do.
            limit: bytes that a file may have at most; 0: any.
            more: variables of its environment.
        """
        number = next(self._numbers)
        said = self.folder / f"said-{number}"
        running, environment = Running(said), self.environment(more)
        if full:
            with said.open("wb") as stream:
                process = subprocess.Popen(
                    [*LOGPARSE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                    env=environment, start_new_session=True,
                )  # fmt: skip
            running.note({"pid": process.pid})
            threading.Thread(target=lambda: running.note({"status": process.wait()}), daemon=True).start()
            return running
        told = {"number": number, "args": [*map(str, args)], "environment": environment, "said": str(said),
                "limit": limit}  # fmt: skip
        self._running[number] = running
        assert self._server.stdin is not None
        with self._lock:
            self._server.stdin.write(json.dumps(told).encode() + b"\n")
            self._server.stdin.flush()
        return running

    def run(
        self, *args: str | Path, full: bool = False, limit: int = 0, more: Mapping[str, str] = NOTHING
    ) -> tuple[int, str]:
        """Status of a command, and what it said."""
        running = self.start(*args, full=full, limit=limit, more=more)
        status, said = running.wait(), running.said
        running._said.unlink(missing_ok=True)  # noqa: SLF001 - its own
        return status, said

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            told = json.loads(line)
            self._running[told["number"]].note(told)


def stopped(running: Running) -> bool:
    """Whether a command is held by SIGSTOP."""
    with suppress(OSError):
        return Path(f"/proc/{running.begun()}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    return False


def session_of(leader: int) -> list[int]:
    """The processes of a session that live."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(folder.name))
    return found


def outlived(leader: int) -> bool:
    """Whether processes of a session are still there a while after its leader has ended; they are ended then."""
    until = time.monotonic() + 30
    while left := session_of(leader):
        if time.monotonic() > until:
            for each in left:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False
