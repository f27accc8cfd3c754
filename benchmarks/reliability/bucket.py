"""Logs and archive in a bucket: a store that fails, runs that are killed, two at once.

Owns: these trials, and what is expected of them. Must not know: how an archive lies in a bucket, but for ``.logparse``.
"""

from __future__ import annotations

import itertools
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failing_store import Proxy, proxy
from simulation import DAY, plain

from reliability.contents import differing, totals, true_of
from reliability.trials import is_clear

if TYPE_CHECKING:
    import random
    from collections import Counter

    from simulation import Log

    from reliability.running import Runner, Running
    from reliability.trials import Row, Trials


def bucket(trials: Trials) -> None:
    """Logs and archive in a bucket, behind a network that fails."""
    from emulators import amazon, amazon_files  # noqa: PLC0415 - no other part needs a server

    with amazon() as server:
        amazon_files(server).create_dir("some-bucket")
        made = BucketScene(trials.runner, server, trials.log())
        row = trials.row("a store that fails, cuts or slows one request in five")
        for _ in trials.times(20):
            made.disturbed(row, trials.chance)
        row = trials.row("SIGKILL at a random time, logs and archive in a bucket")
        whole = made.duration()
        for _ in trials.times(30):
            made.killed(row, trials.chance.random() * whole * 1.05)
        for what, several in (("the same logs", False), ("different logs", True)):
            row = trials.row(f"two runs at once into one prefix, {what}")
            for _ in trials.times(5):
                made.raced(row, several=several)


class BucketScene:
    """An archive of some weeks in a bucket, and logs there that a run is to add to it.

    Args:
        runner: of commands.
        server: its address.
        log: what is in the logs.
    """

    def __init__(self, runner: Runner, server: str, log: Log) -> None:
        from emulators import amazon_files  # noqa: PLC0415 - as above

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
