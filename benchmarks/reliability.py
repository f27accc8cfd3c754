"""Kill, fill, race and cut real runs of ``logparse report``, and say in a table what became of the archive each time.

python benchmarks/reliability.py [PART ...] [--share 1.0] [--seed 1] [--data DIR]

PART is one or more of ``kills``, ``steps``, ``disk``, ``races``, ``logs`` and ``bucket``; without one, it is all. With
``--share 0.1`` it is a tenth of all. A disk that is full is a small tmpfs, for which one must be root; for others it is
a limit on the size of files.

After each trial the archive must hold what it held before, or what it is to hold after; the next run must make the
latter of it, to the byte as an undisturbed run does, ``archive verify`` must find nothing, and nothing may be left of
the run that died. Ends with 1 if anything was otherwise.

Owns: the trials, and what is expected of them. Must not know: what an archive is made of, but for its public folders,
``.logparse/tmp`` and ``.logparse/objects``.
"""

from __future__ import annotations

import argparse
import builtins
import fcntl
import io
import itertools
import json
import os
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from simulation import Line, Log

#: Tells a command at which step to die, see ``die_at``.
DIE_AT: Final = "LOGPARSE_TEST_DIE_AT"
#: Names a file that gets a line for each step.
COUNT_IN: Final = "LOGPARSE_TEST_COUNT_IN"
#: Whether what is usually held in memory goes to the temporary folder, as it does with large logs.
SPILL: Final = "LOGPARSE_TEST_SPILL"
#: The status of a process that died at a step.
DIED: Final = 77
#: Is no step.
LIVES: Final = "0"
NOTHING: Final[dict[str, str]] = {}
STEPS: Final = (
    "fsync", "replace", "rename", "link", "symlink", "unlink", "remove", "mkdir", "rmdir", "open", "ftruncate", "chmod",
)  # fmt: skip
SIGNALLED: Final = 128
#: Nothing here takes so long, however busy the machine is.
PATIENCE: Final = 300.0
LOGPARSE: Final = (sys.executable, "-m", "logparse")
MB: Final = 1_000_000


# -- processes --------------------------------------------------------------------------------------------------------


def die_at(what: str, count_in: str = "") -> None:  # noqa: C901 - a call that stands in for others
    """Have this process end at a step, or get a signal there.

    Args:
        what: the number of the step, calls that change something on a disk, or the path of a file that is opened to be
            read; then a colon and the name of a signal, if it is to get one.
        count_in: file that gets a line for each step; empty: none does.
    """
    at, _, name_of_signal = what.partition(":")
    calls = itertools.count(1)
    log = os.open(count_in, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if count_in else -1

    def end() -> None:
        if not name_of_signal:
            os._exit(DIED)
        os.kill(os.getpid(), signal.Signals[name_of_signal])

    def stepping(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            how = args[1] if len(args) > 1 else kwargs.get("mode", kwargs.get("flags", "r"))
            if name == "open" and (
                not how & (os.O_WRONLY | os.O_RDWR) if isinstance(how, int) else not set(str(how)) & set("wxa+")
            ):
                found = real(*args, **kwargs)
                if str(args[0]) == at:
                    end()
                return found
            if log >= 0:
                os.write(log, f"{name} {args[0] if args else ''}\n".encode(errors="replace"))
            if str(next(calls)) == at:
                end()
            return real(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, stepping(name, getattr(os, name)))
    fcntl.flock = stepping("flock", fcntl.flock)
    opening = stepping("open", io.open)
    for module in (io, builtins):
        vars(module)["open"] = opening


def serve() -> None:
    """Be the process that others are forked from: what a command takes to import is imported once.

    A line of standard input asks for a command, one of standard output tells which process that is, and how it ended.
    """
    numbers: dict[int, int] = {}
    asked = b""
    while True:
        if select.select([0], [], [], 0.005 if numbers else None)[0]:
            data = os.read(0, 1 << 16)
            if not data:
                return
            *lines, asked = (asked + data).split(b"\n")
            for line in lines:
                told = json.loads(line)
                pid = os.fork()
                if not pid:
                    _become(told)
                    return
                numbers[pid] = told["number"]
                _answer(number=told["number"], pid=pid)
        with suppress(ChildProcessError):
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                _answer(number=numbers.pop(pid), status=os.waitstatus_to_exitcode(status))


def _answer(**told: int) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _become(told: Mapping[str, Any]) -> None:
    """Be a command, in a process that was forked for it."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(told["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(told["environment"])
    tempfile.tempdir = None
    if told["limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (told["limit"], told["limit"]))
    sys.argv = ["logparse", *told["args"]]
    from logparse.archive import collector  # noqa: PLC0415
    from logparse.cli import main  # noqa: PLC0415
    from logparse.scans import request_store  # noqa: PLC0415 - only the server needs any of it

    if SPILL in os.environ:
        for limit, made in (
            (request_store.LIMIT, request_store.RequestStore.__init__),
            (collector.LIMIT, collector.LineCollector.__init__),
        ):
            made.__defaults__ = tuple(0 if each == limit else each for each in made.__defaults__ or ())

    if DIE_AT in os.environ:
        die_at(os.environ[DIE_AT], os.environ.get(COUNT_IN, ""))
    main()


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
            [sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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


# -- the archive and what is expected of it ---------------------------------------------------------------------------


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


@dataclass
class Scene:
    """An archive of some weeks, and logs that a run is to add to it.

    Attributes:
        runner: of commands.
        folder: where all is.
        log: what is in the logs.
        workers: how many read.
    """

    runner: Runner
    folder: Path
    log: Log
    workers: int = 1
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    true_before: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    true_after: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    @property
    def logs(self) -> Path:
        """The logs, all of them."""
        return self.folder / "logs"

    @property
    def out(self) -> Path:
        """The archive of the trial."""
        return self.folder / "out"

    def args(self, out: Path | str | None = None, *more: str) -> tuple[str, ...]:
        """The command."""
        place = str(self.out if out is None else out)
        return ("report", str(self.logs), "--out", place, "--workers", str(self.workers), *more)

    def fresh(self) -> Path:
        """The archive as it was before."""
        shutil.rmtree(self.out, ignore_errors=True)
        if (self.folder / "kept").exists():
            subprocess.run(["cp", "-a", str(self.folder / "kept"), str(self.out)], check=True)
        return self.out

    def told(self) -> str:
        """Whether the archive is as before or as after; anything else is a sentence."""
        now = visible(self.out)
        if now == self.before:
            state, true = "before", self.true_before
        elif now == self.after:
            state, true = "after", self.true_after
        else:
            return f"neither before nor after: {differing(now, self.before, self.after)}"
        return state if totals(self.out) == true else f"attempts are not those of {state}"

    def completed(self, *, room: bool = True) -> list[str]:
        """What is wrong once the next run has been; the archive is then as an undisturbed run leaves it."""
        wrong = []
        status, said = self.runner.run(*self.args())
        if status:
            wrong.append(f"the next run ended with {status}: {said[-600:]}")
        if (state := self.told()) != "after" and self.before != self.after:
            wrong.append(f"the next run: {state}")
        wrong += self.verified()
        if room:
            wrong += [f"left: {each}" for each in left(self.out, self.runner.temporary)]
        return wrong

    def verified(self) -> list[str]:
        """What ``archive verify`` finds."""
        status, said = self.runner.run("archive", "verify", str(self.out))
        return [] if not status and said.endswith("nothing is missing or damaged\n") else [f"verify, {status}: {said}"]


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


def scene(
    runner: Runner, folder: Path, log: Log, *, workers: int = 1, megabytes: float = 0, first: bool = False
) -> Scene:
    """Write logs, and make the archive that is there before, and the one that is to be.

    Args:
        runner: of commands.
        folder: where to.
        log: of some weeks and three days; the last Sunday is what comes new, and half of the last day.
        workers: how many read.
        megabytes: of requests that trigger nothing in what comes new; so that there are slices.
        first: whether there is no archive before.
    """
    from simulation import DAY, HOUR, plain  # noqa: PLC0415 - of the tests

    made = Scene(runner, folder, log, workers)
    made.logs.mkdir(parents=True)
    days = {day: log.between(day, day + DAY) for day in range(log.begin, log.end, DAY)}
    *_, new, _, _, last = days
    half = log.between(last, last + 12 * HOUR)
    old = {day: lines for day, lines in days.items() if day not in (new, last)}
    for day, lines in old.items():
        (made.logs / f"webserver-{day}.log").write_bytes(plain(lines))
    if not first:
        (made.logs / f"webserver-{last}.log").write_bytes(plain(half))
        status, said = runner.run("report", made.logs, "--out", folder / "kept", "--workers", "1")
        if status:
            raise SystemExit(f"the archive cannot be made: {said}")
        made.true_before = true_of([*itertools.chain.from_iterable(old.values()), *half])
    text = plain(days[new])
    if megabytes:
        text = text + filler(new, int(megabytes * MB))
    (made.logs / f"webserver-{new}.log").write_bytes(text)
    (made.logs / f"webserver-{last}.log").write_bytes(plain(days[last]))
    made.true_after = true_of(log.lines)
    made.fresh()
    made.before = visible(made.out)
    status, said = runner.run(*made.args(), full=True)
    if status or totals(made.out) != made.true_after:
        raise SystemExit(f"an undisturbed run ends with {status}: {said}")
    made.after = visible(made.out)
    return made


def filler(day: float, size: int) -> bytes:
    """Requests of one day that trigger nothing."""
    lines, number = [], 0
    while size > 0:
        at = time.gmtime(day + number % 86_400)
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", at)
        lines.append(
            f'10.2.0.{number % 200} - - [{stamp}] "GET /static/{number}.css HTTP/1.1" 200 1441 "-" "curl/8.5.0"\n'
        )
        size -= len(lines[-1])
        number += 1
    return "".join(lines).encode()


# -- trials -----------------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """A line of the table.

    Attributes:
        what: was tried.
        times: how often.
        ends: what happened, and how often.
        wrong: what should not have happened.
    """

    what: str
    times: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, end: str, wrong: Sequence[str] = (), about: str = "") -> None:
        """Take note of a trial."""
        self.times += 1
        self.ends[end] += 1
        if wrong:
            self.wrong.append(f"{about}: {'; '.join(wrong)}")
            print(f"WRONG {self.what}: {self.wrong[-1]}", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        ends = ", ".join(f"{number:,} {end}" for end, number in sorted(self.ends.items()))
        return f"| {self.what} | {self.times:,} | {ends} | {len(self.wrong):,} |"


@dataclass
class Trials:
    """All that is tried.

    Attributes:
        runner: of commands.
        folder: where all is.
        share: of the trials.
        chance: of all that is random.
        rows: what came of it.
    """

    runner: Runner
    folder: Path
    share: float
    chance: random.Random
    rows: list[Row] = field(default_factory=list)

    def row(self, what: str) -> Row:
        """A new one."""
        if self.rows:
            print(self.rows[-1], file=sys.stderr, flush=True)
        self.rows.append(Row(what))
        return self.rows[-1]

    def times(self, number: int) -> range:
        """So often, or as much of it as is wanted."""
        return range(max(1, round(number * self.share)))

    def log(self) -> Log:
        """Three weeks and two days, which reach into a fourth."""
        from simulation import simulate  # noqa: PLC0415 - of the tests

        return simulate(24, 700, 400)

    # -- ends at random times -----------------------------------------------------------------------------------------

    def kills(self) -> None:
        """SIGKILL and signals at random times."""
        for workers in (1, 2):
            made = scene(self.runner, self.folder / f"kills-{workers}", self.log(), workers=workers,
                         megabytes=40 if workers > 1 else 0)  # fmt: skip
            took = []
            for _ in range(3):
                made.fresh()
                begun = time.monotonic()
                self.runner.run(*made.args(), full=True)
                took.append(time.monotonic() - begun)
            whole = sorted(took)[1]
            for name, number in (("SIGKILL", 100), ("SIGTERM", 20), ("SIGINT", 20), ("SIGHUP", 20)):
                row = self.row(f"{name} at a random time, `--workers {workers}`")
                for _ in self.times(number):
                    self._kill(row, made, signal.Signals[name], self.chance.random() * whole * 1.05)

    def _kill(self, row: Row, made: Scene, number: signal.Signals, after: float) -> None:
        made.fresh()
        running = self.runner.start(*made.args(), full=True)
        wrong = []
        if not running.over(after):
            running.send(number)
        status, said = running.wait(), running.said
        if outlived(running.pid):
            wrong.append("processes were left")
        wanted = {0, -number} if number == signal.SIGKILL else {0, SIGNALLED + number, -number}
        if status not in wanted:
            wrong.append(f"ended with {status}: {said[-400:]}")
        if number != signal.SIGKILL:
            wrong += [f"left at once: {each}" for each in self.runner.temporary.glob("logparse-*")]
        if "Traceback" in said and ("in main\n" in said or "ignored" in said):  # not while Python itself starts
            wrong.append(f"a traceback: {said[-600:]}")
        state = made.told()
        if state not in {"before", "after"}:
            wrong.append(state)
        if status == 0 and state != "after":
            wrong.append("ended with 0, and nothing is written")
        row.add(f"as {state.partition(':')[0]}", [*wrong, *made.completed()], f"after {after:.3f} s")

    # -- ends at each step --------------------------------------------------------------------------------------------

    def steps(self) -> None:
        """Death at each step that changes something on the disk."""
        from simulation import simulate  # noqa: PLC0415 - of the tests

        small = simulate(10, 150, 100)
        for what, first, number in (
            ("death at each write step", False, ""),
            ("death at each write step of the first run", True, ""),
            ("SIGTERM at each fifth write step", False, "SIGTERM"),
            ("SIGINT at each fifth write step", False, "SIGINT"),
        ):
            folder = self.folder / f"steps-{first}-{number}"
            made = scene(self.runner, folder, small, first=first)
            row = self.row(what)
            at = 2 if number else 1  # at the first, it does not listen yet
            while step(made, at, row, number):
                at += max(1, round(1 / self.share)) * (5 if number else 1)
            shutil.rmtree(folder)

    # -- a full disk --------------------------------------------------------------------------------------------------

    def disk(self) -> None:
        """No room for the archive, or for what is temporary."""
        for what, first in (("the archive", False), ("a new archive", True)):
            row = self.row(f"a disk too small for {what}")
            made = scene(self.runner, self.folder / f"disk-{first}", self.log(), first=first)
            if os.geteuid():
                made.fresh()
                made.runner.run(*made.args())
                high = max(path.stat().st_size for path in made.out.rglob("*") if path.is_file())
                for size in spread(500, high, len(self.times(20))):
                    made.fresh()
                    full(row, made, size, lambda: None, limit=size)
                continue
            low, high = room(made, made.out)
            for size in spread(low, high, len(self.times(20))):
                with small_disk(made.out, size, made.fresh) as grow:
                    full(row, made, size, grow)
        if os.geteuid():
            return
        row = self.row("a disk too small for what is temporary")
        made = scene(self.runner, self.folder / "disk-temporary", self.log())
        _, high = room(made, self.runner.temporary)
        for size in spread(4096 * 2, high, len(self.times(20))):
            made.fresh()
            with small_disk(self.runner.temporary, size, lambda: None) as grow:
                full(row, made, size, grow)

    # -- several at once ----------------------------------------------------------------------------------------------

    def races(self) -> None:
        """Two and five runs at once into one archive."""
        for first in (False, True):
            made = scene(self.runner, self.folder / f"races-{first}", self.log(), first=first)
            days = sorted(made.logs.iterdir())
            for count, same, wait in itertools.product((2, 5), (True, False), (True, False)):
                logs = "the same logs" if same else "different logs"
                to = "a new archive" if first else "one archive"
                row = self.row(f"{count} runs at once into {to}, {logs}{', `--wait`' if wait else ''}")
                for _ in self.times(50 // 16 + 1):
                    paths = [days] * count if same else [[*days[number::count]] for number in range(count)]
                    race(row, made, paths, wait=wait)

    # -- logs that change ---------------------------------------------------------------------------------------------

    def logs(self) -> None:
        """Logs that somebody changes while they are read."""
        log = self.log()
        for workers, (name, change) in itertools.product((1, 2), CHANGES.items()):
            row = self.row(f"a log is {name} while it is read, `--workers {workers}`")
            for number in self.times(5):
                folder = self.folder / f"logs-{workers}-{name.replace(' ', '-')}-{number}"
                after = self.chance.random() * 0.3
                changed(row, self.runner, folder, log, change, after=after, workers=workers)
                shutil.rmtree(folder)

    # -- buckets ------------------------------------------------------------------------------------------------------

    def bucket(self) -> None:
        """Logs and archive in a bucket, behind a network that fails."""
        from emulators import amazon, amazon_files  # noqa: PLC0415 - not needed otherwise

        with amazon() as server:
            amazon_files(server).create_dir("some-bucket")
            made = BucketScene(self.runner, server, self.log())
            row = self.row("a store that fails, cuts or slows one request in five")
            for _ in self.times(20):
                made.disturbed(row, self.chance)
            row = self.row("SIGKILL at a random time, logs and archive in a bucket")
            whole = made.duration()
            for _ in self.times(30):
                made.killed(row, self.chance.random() * whole * 1.05)
            for what, several in (("the same logs", False), ("different logs", True)):
                row = self.row(f"two runs at once into one prefix, {what}")
                for _ in self.times(5):
                    made.raced(row, several=several)


def step(made: Scene, at: int, row: Row, name_of_signal: str = "") -> bool:
    """Have the run die at a step, or end by a signal; whether there is such a step.

    Args:
        made: the archive.
        at: which step.
        row: for what becomes of it.
        name_of_signal: which signal it gets; empty: it dies.
    """
    made.fresh()
    counted = made.folder / "steps"
    counted.unlink(missing_ok=True)
    what = f"{at}" + (f":{name_of_signal}" if name_of_signal else "")
    status, said = made.runner.run(*made.args(), more={DIE_AT: what, COUNT_IN: str(counted), SPILL: "1"})
    steps = counted.read_text(errors="replace").splitlines() if counted.exists() else []
    if len(steps) < at:
        return False
    wrong, state = [], made.told()
    number = signal.Signals[name_of_signal] if name_of_signal else 0
    wanted = {0, SIGNALLED + number} if number else {DIED}
    if status not in wanted or state not in {"before", "after"} or (status == 0 and state != "after"):
        wrong.append(f"ended with {status}, {state}: {said[-400:]}")
    if number:
        wrong += [f"left at once: {each}" for each in made.runner.temporary.glob("logparse-*")]
        if "Traceback" in said or "Exception ignored" in said:
            wrong.append(f"a traceback: {said[-600:]}")
    row.add(f"as {state.partition(':')[0]}", [*wrong, *made.completed()], f"step {at}, {steps[at - 1]}")
    return True


# -- a full disk ------------------------------------------------------------------------------------------------------


def _resized(place: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


@contextmanager
def small_disk(place: Path, size: int, fill: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """A disk of some bytes at a place, and a function that makes it large.

    Args:
        place: where.
        size: bytes.
        fill: puts at the place what is to be on the disk; it may be more than the disk can hold.
    """
    shutil.rmtree(place, ignore_errors=True)
    fill()
    place.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f"{place.name}-aside")
    place.rename(aside)
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(place)], check=True)
        _resized(place, size)
        yield partial(_resized, place, 64 * MB)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(place)
        shutil.rmtree(aside, ignore_errors=True)
        place.mkdir()


def room(made: Scene, place: Path) -> tuple[int, int]:
    """Bytes of a disk at a place before a run, and at most while it runs."""

    def used() -> int:
        found = os.statvfs(place)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    made.fresh()
    with small_disk(place, 64 * MB, made.fresh if place == made.out else lambda: None):
        before = most = used()
        running = made.runner.start(*made.args(), more={SPILL: "1"})
        while not running.over(0.002):
            most = max(most, used())
        return before, most


def spread(low: int, high: int, count: int) -> list[int]:
    """Sizes of disks, in whole pages, from the first to a quarter more than what is known to be enough."""
    steps = max(1, count - 1)
    return [4096 * max(1, round((low + (high - low) * 1.25 * each / steps) / 4096)) for each in range(count)]


def full(row: Row, made: Scene, size: int, grow: Callable[[], None], limit: int = 0) -> None:
    """Run on a disk that is too small, or with a limit on the size of files, and again without."""
    status, said = made.runner.run(*made.args(), limit=limit, more={SPILL: "1"})
    state, wrong = made.told(), []
    if (status, state) not in {(0, "after"), (2, "before")}:
        wrong.append(f"ended with {status}, {state}: {said[-400:]}")
    if status and not is_clear(said):
        wrong.append(f"not a clear message: {said[-400:]}")
    if made.before or state == "after":
        wrong += made.verified()
    grow()
    row.add(f"ended with {status}, as {state.partition(':')[0]}", [*wrong, *made.completed()], f"{size:,} bytes")


def is_clear(said: str) -> bool:
    """Whether the last line of what was said tells a person what is wrong, and nothing but such lines were said."""
    return said.rpartition("\nlogparse: ")[2].count("\n") <= 1 and "logparse: " in said and "Traceback" not in said


# -- several at once --------------------------------------------------------------------------------------------------


def race(row: Row, made: Scene, paths: Sequence[Sequence[Path]], *, wait: bool) -> None:
    """Start runs at once, each with some logs, and see who has won."""
    made.fresh()
    more = ("--wait", "200") if wait else ()
    runs = [
        made.runner.start("report", *some, "--out", made.out, "--workers", "1", *more, full=row.times % 2 == 0)
        for some in paths
    ]
    statuses = [each.wait() for each in runs]
    wrong = []
    for each, status in zip(runs, statuses, strict=True):
        if status not in ({0} if wait else {0, 2}):
            wrong.append(f"one ended with {status}: {each.said[-400:]}")
        if status and not ("is being written to by " in each.said and is_clear(each.said)):
            wrong.append(f"not a clear message: {each.said[-400:]}")
    won = statuses.count(0)
    if not won:
        wrong.append("nobody has won")
    state = made.told()
    if (wait or all(some == paths[0] for some in paths)) and state != "after":
        wrong.append(state)
    wrong += made.verified()
    row.add(f"with {won} of {len(paths)} complete", [*wrong, *made.completed()], f"statuses {statuses}")


# -- logs that change -------------------------------------------------------------------------------------------------


class Changing:
    """A log of a day and its successor, which somebody changes.

    Args:
        folder: that is read.
        now: the text that is there at first.
        later: the text that comes.
    """

    def __init__(self, folder: Path, now: bytes, later: bytes) -> None:
        self.log, self.rotated = folder / "app.log", folder / "app.log.1"
        self.now, self.later = now, later
        self.log.write_bytes(now)
        old = time.time() - 3600
        os.utime(self.log, (old, old))
        self.aside = folder.parent / "later"
        self.aside.write_bytes(later)
        os.utime(self.aside, (old, old))

    def truncated(self) -> None:
        """Half of it goes."""
        os.truncate(self.log, len(self.now) // 2)

    def appended(self) -> None:
        """More comes."""
        with self.log.open("ab") as stream:
            stream.write(self.later)

    def rotated_away(self) -> None:
        """It gets another name, and a new one begins."""
        self.log.rename(self.rotated)
        self.log.write_bytes(self.later)

    def copied_and_truncated(self) -> None:
        """It is copied, emptied and goes on."""
        shutil.copyfile(self.log, self.rotated)
        os.truncate(self.log, 0)
        self.appended()

    def replaced(self) -> None:
        """Another one gets its name; the text that was there is there no more."""
        self.aside.replace(self.log)

    def exchanged(self) -> None:
        """Another one, written long before, gets its name, and it gets another name."""
        self.log.rename(self.rotated)
        self.aside.replace(self.log)


CHANGES: Final[dict[str, Callable[[Changing], None]]] = {
    "cut": Changing.truncated,
    "appended to": Changing.appended,
    "rotated": Changing.rotated_away,
    "copied and truncated": Changing.copied_and_truncated,
    "replaced": Changing.replaced,
    "exchanged for an older file": Changing.exchanged,
}


def reads(running: Running, path: Path) -> None:
    """Wait until a run has opened a file; it has looked at its size before."""
    leader = running.begun()
    while not running.over(0.001):
        for process in session_of(leader):
            with suppress(OSError):
                if any(each.readlink() == path for each in Path(f"/proc/{process}/fd").iterdir()):
                    return


def changed(
    row: Row, runner: Runner, folder: Path, log: Log, change: Callable[[Changing], None], *, after: float, workers: int
) -> None:
    """Change a log while it is read, and see what is said, and what the next run makes of it.

    Args:
        row: for what becomes of it.
        runner: of commands.
        folder: where to.
        log: of which two days are used.
        change: what is done.
        after: seconds after the run has begun to read.
        workers: how many read.
    """
    from simulation import DAY, plain  # noqa: PLC0415 - of the tests

    logs, out = folder / "logs", folder / "out"
    logs.mkdir(parents=True)
    first, second = (log.between(day, day + DAY) for day in (log.begin, log.begin + DAY))
    noise = filler(log.begin, 30 * MB)
    half = len(noise) // 2 + noise[len(noise) // 2 :].index(b"\n") + 1
    middle = len(first) // 2
    text = plain(first[:middle]) + noise[:half] + plain(first[middle:]) + noise[half:]
    changing = Changing(logs, text, plain(second))
    args = ("report", str(logs), "--out", str(out), "--workers", str(workers))
    running = runner.start(*args)
    reads(running, changing.log)
    running.over(after)
    change(changing)
    status, said = running.wait(), running.said
    wrong: list[str] = []
    got, true = totals(out), true_of([*first, *second])
    if status not in {0, 1} or got - true:
        wrong.append(f"ended with {status}, {(got - true).total()} too many: {said[-300:]}")
    lost = (true_of(first) - got).total()
    gone = text not in {path.read_bytes()[: len(text)] for path in logs.iterdir()}
    if gone and lost and not status and got & true_of(first):
        wrong.append(f"{lost} attempts were lost, unsaid: {said[-300:]}")
    status, said = runner.run(*args)
    got = totals(out)
    there = Counter[tuple[Any, ...]]()
    for path in logs.iterdir():
        data = path.read_bytes()
        there |= true_of(each for each in [*first, *second] if each.text.encode() + b"\n" in data)
    if status not in {0, 1} or there - got or got - true:
        wrong.append(f"the next run ended with {status}: {(there - got).total()} are missing, "
                     f"{(got - true).total()} too many: {said[-300:]}")  # fmt: skip
    code, told = runner.run("archive", "verify", out)
    if code:
        wrong.append(f"verify: {told}")
    row.add("complete" if not lost else "in part, and the rest was there for the next" if not gone
            else "with what was still there", wrong, f"after {after:.3f} s")  # fmt: skip


# -- buckets ----------------------------------------------------------------------------------------------------------


class BucketScene:
    """An archive of some weeks in a bucket, and logs there that a run is to add to it.

    Args:
        runner: of commands.
        server: its address.
        log: what is in the logs.
    """

    def __init__(self, runner: Runner, server: str, log: Log) -> None:
        from emulators import amazon_files  # noqa: PLC0415 - not needed otherwise
        from simulation import DAY, plain  # noqa: PLC0415 - of the tests

        self.runner, self.server = runner, server
        self.store = amazon_files(server)
        days = [log.between(day, day + DAY) for day in range(log.begin, log.end, DAY)]
        self.old, self.new = days[::2], days[1::2]
        for group, some in (("a", self.old), ("b", self.new[::2]), ("c", self.new[1::2])):
            for number, lines in enumerate(some):
                self.write(f"some-bucket/logs/{group}/webserver-{group}{number}.log", plain(lines))
        self.numbers = itertools.count()
        self.place = ""
        self.true_after = true_of(log.lines)
        self.kept = self._kept()
        self.fresh()
        self.before = self.visible()
        status, said = self.run("s3://some-bucket/logs/")
        self.after = self.visible()
        if status or self.totals() != self.true_after:
            raise SystemExit(f"an undisturbed run ends with {status}: {said}")

    def _kept(self) -> str:
        self.place = "some-bucket/kept"
        status, said = self.run("s3://some-bucket/logs/a/")
        if status:
            raise SystemExit(f"the archive cannot be made: {said}")
        return self.place

    def fresh(self) -> None:
        """The archive as it was before, in another place."""
        self.place = f"some-bucket/{next(self.numbers)}"
        for path, data in self.below(self.kept).items():
            self.write(f"{self.place}/{path}", data)

    def write(self, path: str, data: bytes) -> None:
        """Put an object."""
        with self.store.open_output_stream(path) as stream:
            stream.write(data)

    def below(self, place: str) -> dict[str, bytes]:
        """All objects of a prefix."""
        from pyarrow import fs  # noqa: PLC0415 - not needed otherwise

        found = {}
        for each in self.store.get_file_info(fs.FileSelector(place, recursive=True, allow_not_found=True)):
            if each.type == fs.FileType.File:
                with self.store.open_input_stream(each.path) as stream:
                    found[each.path.removeprefix(f"{place}/")] = stream.read()
        return found

    def visible(self) -> dict[str, bytes]:
        """What a reader finds."""
        found = self.below(self.place)
        return {path: data for path, data in found.items() if not path.startswith(".logparse/") and path != "run.json"}

    def totals(self) -> Counter[tuple[Any, ...]]:
        """The attempts."""
        with tempfile.TemporaryDirectory() as folder:
            for path, data in self.visible().items():
                if path.startswith("attempts/"):
                    (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                    (Path(folder) / path).write_bytes(data)
            return totals(Path(folder))

    def start(self, *paths: str, address: str = "", full: bool = False) -> Running:
        """Start a run."""
        return self.runner.start(
            "report", *paths, "--out", f"s3://{self.place}", "--workers", "1", full=full, more=self.variables(address)
        )

    def variables(self, address: str = "") -> dict[str, str]:
        """Where the bucket is, as commands are told."""
        return {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{address or self.server}", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        }  # fmt: skip

    def run(self, *paths: str, address: str = "") -> tuple[int, str]:
        """Status of a run, and what it said."""
        running = self.start(*paths, address=address)
        return running.wait(), running.said

    def told(self) -> tuple[str, list[str]]:
        """How the archive is, and what is wrong with that."""
        now = self.visible()
        if now == self.before:
            return "as before", []
        if now == self.after:
            return "as after", []
        odd = [path for path in {*now, *self.before, *self.after}
               if now.get(path) not in (self.before.get(path), self.after.get(path))]  # fmt: skip
        return "on the way from before to after", [f"{path} is of neither" for path in odd]

    def completed(self) -> list[str]:
        """What is wrong once the next run has been."""
        wrong = []
        status, said = self.run("s3://some-bucket/logs/")
        if status:
            wrong.append(f"the next run ended with {status}: {said[-400:]}")
        if (now := self.visible()) != self.after:
            wrong.append(f"the next run: {differing(now, self.before, self.after)}")
        if self.totals() != self.true_after:
            wrong.append("the next run: attempts are not right")
        status, said = self.runner.run("archive", "verify", f"s3://{self.place}", more=self.variables())
        if status or not said.endswith("nothing is missing or damaged\n"):
            wrong.append(f"verify, {status}: {said}")
        self.store.delete_dir(self.place)
        return wrong

    def disturbed(self, row: Row, chance: random.Random) -> None:
        """A run through a network that fails."""
        from test_storage_bucket import Proxy, proxy  # noqa: PLC0415 - of the tests

        kinds = ["unavailable", "dropped", "lost", "cut", "slow"]

        def fault(_: Proxy) -> str:
            return chance.choice(kinds) if chance.random() < 0.2 else ""  # noqa: PLR2004 - one in five

        self.fresh()
        with proxy(self.server, fault) as (address, way):
            status, said = self.run("s3://some-bucket/logs/", address=address)
        faults = sum(way.faults[kind] for kind in kinds)
        state, wrong = self.told()
        if (status, state) not in {(0, "as after"), (2, "as before")} or (status and not is_clear(said)):
            wrong.append(f"ended with {status}, {state}: {said[-400:]}")
        row.add(f"ended with {status}, {state}", [*wrong, *self.completed()], f"{faults} of {len(way.asked)} failed")

    def duration(self) -> float:
        """Of an undisturbed run, seconds."""
        self.fresh()
        begun = time.monotonic()
        self.start("s3://some-bucket/logs/", full=True).wait()
        return time.monotonic() - begun

    def killed(self, row: Row, after: float) -> None:
        """A run that is killed."""
        self.fresh()
        running = self.start("s3://some-bucket/logs/", full=True)
        if not running.over(after):
            running.send(signal.SIGKILL)
        running.wait()
        state, wrong = self.told()
        row.add(state, [*wrong, *self.completed()], f"after {after:.3f} s")

    def raced(self, row: Row, *, several: bool) -> None:
        """Two runs at once."""
        self.fresh()
        logs = "s3://some-bucket/logs/"
        paths = [f"{logs}b/", f"{logs}c/"] if several else [logs, logs]
        runs = [self.start(path) for path in paths]
        statuses = [each.wait() for each in runs]
        state, wrong = self.told()
        if statuses != [0, 0] or state != "as after":
            wrong.append(f"ended with {statuses}, {state}: {[each.said[-300:] for each in runs]}")
        row.add(state, [*wrong, *self.completed()], f"{statuses}")


def main() -> int:
    """Try all of it, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parts = ["kills", "steps", "disk", "races", "logs", "bucket"]
    parser.add_argument("parts", metavar="PART", nargs="*", help=f"what to try: {', '.join(parts)}; all")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials")
    parser.add_argument("--seed", type=int, default=1, help="of random numbers")
    parser.add_argument("--data", type=Path, help="where logs and archives are kept; else they are removed")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve()
        return 0
    with ExitStack() as stack:
        folder = args.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reliability-")))
        runner = stack.enter_context(Runner(folder / f"runner-{os.getpid()}"))
        trials = Trials(runner, folder / f"trials-{os.getpid()}", args.share, random.Random(args.seed))
        for part in args.parts or parts:
            getattr(trials, part)()
    print("| tried | times | what happened | not as it should be |\n|---|---|---|---|", *trials.rows, sep="\n")
    for row in trials.rows:
        for each in row.wrong:
            print(f"\n{row.what}: {each}")
    return 1 if any(row.wrong for row in trials.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
