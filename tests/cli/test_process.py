"""The command line as a process: signals, broken pipes, closed streams, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from attempt_lines import line
from folders import visible
from processes import environment, process


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(line() + line(user="bob", status=403) + line(user="bob", dag="ml", status=404))
    return path


class TestProcess:
    def test_broken_pipe_is_no_error(self, log: Path, tmp_path: Path) -> None:
        for args in (["attempts", str(log)], ["rules", "list"], ["formats", "detect", str(log)]):
            with subprocess.Popen(
                [sys.executable, "-m", "logparse", *args],
                cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
            ) as running:  # fmt: skip
                assert running.stdout is not None
                assert running.stderr is not None
                running.stdout.close()
                messages = running.stderr.read()
            assert (running.returncode, messages) == (0, b"")

    def test_interrupt_ends_without_a_traceback(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        # In the background of a shell Ctrl-C is ignored, and whatever is started there inherits that.
        heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        with subprocess.Popen(
            [sys.executable, "-c", f"{heed}\nfrom logparse.cli import main; main()", "attempts", "pipe"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        ) as running:  # fmt: skip
            writer = -1
            while writer < 0 and running.poll() is None:
                time.sleep(0.05)
                with suppress(OSError):  # as long as nobody reads
                    writer = os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)
            running.send_signal(signal.SIGINT)
            try:
                out, messages = running.communicate(timeout=60)
            finally:
                running.kill()  # so that nobody waits for it where the signal was lost
                os.close(writer)
        assert (running.returncode, out) == (130, b"")
        assert b"Traceback" not in messages

    def test_a_signal_is_not_lost_where_python_only_prints_what_it_raises(self, tmp_path: Path) -> None:
        script = tmp_path / "lost.py"
        script.write_text(
            "import os, signal, sys, time, weakref\nfrom logparse.common import temporary\n"
            "from logparse.cli import main\n"
            "class Thing: pass\n"
            "def lose():\n    thing = Thing()\n"
            "    kept = weakref.ref(thing, lambda _: os.kill(os.getpid(), getattr(signal, os.environ['LOSE'])))\n"
            "    del thing\n    time.sleep(30)\n"
            "temporary.sweep = lose\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nmain()\n"
        )
        (tmp_path / "a.log").write_text(line())
        for name in ("SIGINT", "SIGTERM"):
            done = subprocess.run(
                [sys.executable, str(script), "report", "a.log", "--out", "out"],
                cwd=tmp_path, capture_output=True, check=False, env=environment() | {"LOSE": name}, timeout=60,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (128 + getattr(signal, name), b"")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_termination_leaves_nothing(self, number: int, tmp_path: Path) -> None:
        (tmp_path / "temporary").mkdir()
        script = tmp_path / "slow.py"
        script.write_text(
            "import time\nfrom functools import partial\n"
            "from logparse.scans import request_store\nfrom logparse.pipeline import run\n"
            "from logparse.pipeline.weekly import derivation\nfrom logparse.cli import main\n"
            "def stop(found, held, *_):\n    held.settle()\n    print('held', flush=True)\n    time.sleep(60)\n"
            "derivation.RequestStore, run.decide_sources = partial(request_store.RequestStore, limit=0), stop\n"
            "if __name__ == '__main__':\n    main()\n"
        )
        (tmp_path / "a.log").write_text(line() * 900)
        with subprocess.Popen(
            [sys.executable, str(script), "report", "a.log", "--out", "out"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment() | {"TMPDIR": str(tmp_path / "temporary")},
        ) as running:  # fmt: skip
            assert running.stdout is not None
            assert running.stdout.readline() == b"held\n"
            assert list((tmp_path / "temporary").iterdir())
            running.send_signal(number)
            _, messages = running.communicate(timeout=30)
        assert (running.returncode, messages) == (128 + number, b"")
        assert not list((tmp_path / "temporary").iterdir())
        assert visible(tmp_path / "out") == {}

    def test_ends_as_soon_as_all_is_said(self, log: Path, tmp_path: Path) -> None:
        code = "import atexit, threading, time\nfrom logparse.cli import main\natexit.register(print, 'swept')\n"
        code += "threading.Thread(target=time.sleep, args=(300,)).start()\nmain()"
        done = subprocess.run(
            [sys.executable, "-c", code, "explain", f"{log}:1"],
            cwd=tmp_path, capture_output=True, check=True, timeout=120, text=True,
            env=environment() | {"PYTHONUNBUFFERED": ""},
        )  # fmt: skip
        assert "outcome" in done.stdout
        assert done.stdout.endswith("\nswept\n")

    def test_full_disk_is_one_message(self, log: Path, tmp_path: Path) -> None:
        full = Path("/dev/full")
        if not full.exists():
            pytest.skip("needs /dev/full")
        with full.open("wb") as sink:
            done = subprocess.run(
                [sys.executable, "-m", "logparse", "attempts", log],
                cwd=tmp_path, stdout=sink, stderr=subprocess.PIPE, check=False, env=environment(),
            )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith(b"logparse: ")
        assert done.stderr.count(b"\n") == 1
        with full.open("wb") as sink:
            done = subprocess.run(
                [sys.executable, "-m", "logparse", "report", log, "--out", "out", "--json", "--quiet"],
                cwd=tmp_path, stdout=sink, stderr=subprocess.PIPE, check=False, env=environment(),
            )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.endswith(b"out was written all the same\n")

    @pytest.mark.sampled(12)
    @pytest.mark.parametrize(
        ("command", "status", "said"),
        [
            ("attempts webserver.log >&-", 2, "standard output: "),
            ("rules list >&-", 2, "standard output: "),
            ("formats detect webserver.log >&-", 2, "standard output: "),
            ("report webserver.log --out out >&-", 0, ""),
            ("report webserver.log --out out 2>&-", 0, ""),
            ("report webserver.log --out out <&- >&- 2>&-", 0, ""),
            ("attempts nowhere.log 2>&-", 2, ""),
            ("attempts webserver.log --out out.csv <&-", 0, ""),
            ("attempts - --out out.csv <&-", 1, "-: standard input is closed; name a file"),
            ("explain <&-", 2, "-: standard input is closed; name a file"),
            ("explain webserver.log:1 --rules rules <&- >&-", 2, "rules: no rule files"),
        ],
    )
    def test_closed_streams(self, command: str, status: int, said: str, log: Path, tmp_path: Path) -> None:
        before = log.read_bytes()
        done = subprocess.run(
            f"exec {sys.executable} -m logparse {command}",
            shell=True, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env=environment(),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (status, "")
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith(f"logparse: {said}" if said else "")
        assert log.read_bytes() == before
        assert (tmp_path / "out").exists() == command.startswith("report")

    def test_module_and_standard_input(self, tmp_path: Path) -> None:
        done = process("attempts", "-", cwd=tmp_path, stdin=line().encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout.splitlines()) == 2
