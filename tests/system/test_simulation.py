"""An archive that grows by whatever is handed over, in any pieces: after every run it holds each attempt once.

A scenario is a way to hand a log over, in a zone. After each run the archive's attempts, and the sums of its reports,
are those of all lines that were handed over so far. In the end they are those of one run over the whole log; made anew
from what is stored they are the same to the byte, and ``verify`` finds nothing.
"""

from __future__ import annotations

import csv
import re
import shlex
from collections import Counter
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from places import ROOT
from simulation import (
    DAY,
    FORMS,
    ZONES,
    Attempt,
    Log,
    Run,
    Way,
    again,
    batches,
    exports,
    files,
    growing,
    late,
    mondays,
    piled,
    rotated,
    shuffled,
    simulate,
    told,
)
from typer.testing import CliRunner, Result

from logparse.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = pytest.mark.thorough

GUIDE: Final = ROOT / "docs" / "reports.md"
BERLIN: Final = "Europe/Berlin"
NEW_YORK: Final = "America/New_York"
KOLKATA: Final = "Asia/Kolkata"
#: Columns of reports by what they count.
COLUMNS: Final = {
    "successes": "success",
    "authentication_failures": "authentication_failure",
    "authorization_failures": "authorization_failure",
    "other_failures": "other_failure",
    "undetermined": "undetermined",
}


class Scenario(NamedTuple):
    """A way to hand a log over.

    Attributes:
        way: makes it.
        zone: in which weeks begin.
        log: which one.
        statuses: with which a run may end.
        missing: why it does not hold.
    """

    way: Callable[[Log], Way]
    zone: str = "UTC"
    log: str = "a fortnight"
    statuses: tuple[int, ...] = (0,)
    missing: str = ""


LOGS: Final[dict[str, Callable[[], Log]]] = {
    "a fortnight": simulate,
    "a week": lambda: simulate(8, 300, 200),
    "four weeks": lambda: simulate(28, 500, 300),
    "two replicas": lambda: simulate(8, 300, 150, replicas="ab"),
    "three replicas": lambda: simulate(replicas="abc", noise=150),
    "a quarter": lambda: simulate(91, 300, 200, every=14),
    "half a year": lambda: simulate(182, 400, 300, every=14),
}

SCENARIOS: Final[dict[str, Scenario]] = {
    # A file a week.
    "weeks of UTC, Berlin": Scenario(exports, BERLIN),
    "weeks of UTC, New York": Scenario(exports, NEW_YORK),
    "weeks of UTC, Kolkata": Scenario(exports, KOLKATA),
    "a quarter, Kolkata, four weeks a run": Scenario(lambda log: batches(exports(log), 4), KOLKATA, "a quarter"),
    "half a year, Berlin, 13 weeks a run": Scenario(lambda log: batches(exports(log), 13), BERLIN, "half a year"),
    # Seven days, cut anywhere: between app line and answer, between trigger and page, between equal attempts.
    "seven days to Monday 06:00": Scenario(lambda log: exports(log, at=(0, 6)), BERLIN),
    "seven days to Wednesday 17:00": Scenario(lambda log: exports(log, at=(2, 17)), NEW_YORK),
    "seven days to Sunday 11:00": Scenario(lambda log: exports(log, at=(6, 11)), KOLKATA),
    # A file a day.
    "days": Scenario(lambda log: exports(log, days=1), log="a week"),
    # The end of one is the beginning of the next: hours, a second, a single attempt, three equal ones.
    "26 hours a day and a second": Scenario(lambda log: exports(log, days=1, more=7_201), NEW_YORK, "a week"),
    "days with their last second": Scenario(lambda log: exports(log, days=1, more=1), KOLKATA, "a week"),
    "weeks with their last second": Scenario(lambda log: exports(log, more=1)),
    "one attempt in common": Scenario(lambda log: exports(log, days=1, at=(0, 11), more=1), log="a week"),
    "three equal attempts in common": Scenario(lambda log: exports(log, at=(2, 17), more=1), BERLIN),
    # What only the user can know, told.
    "equal attempts in common, told": Scenario(lambda log: told(exports(log, at=(2, 17), more=1), "--overlap", "once")),
    "equal attempts cut apart, told": Scenario(
        lambda log: told(exports(log, at=(2, 17), shift=0.3), "--overlap", "apart")
    ),
    # A log that stays where it is.
    "a file that grows": Scenario(growing, BERLIN),
    "a file that grows, in mid line": Scenario(lambda log: growing(log, at=(2, 11), torn=True), statuses=(0, 1)),
    "rotated on Mondays": Scenario(lambda log: rotated(log, (0, 0))),
    "rotated on Thursdays": Scenario(lambda log: rotated(log, (3, 0)), BERLIN, "four weeks"),
    "rotated on Sundays at 17:00": Scenario(lambda log: rotated(log, (6, 17)), KOLKATA),
    "a file a day, all read each week": Scenario(piled, BERLIN),
    # In any order.
    "a late Wednesday": Scenario(late, BERLIN, "four weeks"),
    "newest week first": Scenario(lambda log: exports(log, at=(0, 6))[::-1], NEW_YORK),
    "26 hours in any order": Scenario(lambda log: shuffled(exports(log, days=1, more=7_200), 2), log="a week"),
    # Replicas: a request of both in one second is two.
    "replicas, newest first": Scenario(lambda log: exports(log)[::-1], NEW_YORK, "two replicas"),
    "replicas, 26 hours": Scenario(lambda log: exports(log, days=1, more=7_200), log="two replicas"),
    "replicas, days, in one file": Scenario(lambda log: exports(log, days=1, joined=True), log="two replicas"),
    "replicas, one attempt in common": Scenario(
        lambda log: exports(log, days=1, at=(0, 11), more=1), log="two replicas"
    ),
    "three replicas, in one file": Scenario(
        lambda log: exports(log, at=(2, 11), joined=True), KOLKATA, "three replicas"
    ),
    "three replicas, short logs in one file": Scenario(
        lambda log: exports(log, at=(0, 6), joined=True),
        log="three replicas",
        missing="few lines of another log, behind a name that was typed, look like lines that a stranger forged",
    ),
    "three replicas that grow": Scenario(growing, BERLIN, "three replicas"),
    # The same in another form, and with other boundaries.
    **{f"again: {form}": Scenario(partial(again, form=form), BERLIN, "a week") for form in FORMS},
    "again: replicas in one file": Scenario(partial(again, form="plain", joined=True), BERLIN, "two replicas"),
    "again: replicas in docker": Scenario(partial(again, form="docker"), NEW_YORK, "two replicas"),
}


@cache
def log_of(name: str) -> Log:
    return LOGS[name]()


def invoke(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, args)])


def fill(folder: Path, run: Run) -> None:
    """Let a folder hold the files of a run and no others."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in run.files.items():
        (folder / name).write_bytes(content)


def hand_over(run: Run, folder: Path, out: Path, zone: str) -> Result:
    fill(folder, run)
    return invoke("report", folder, "--out", out, "--timezone", zone, "--workers", "1", *run.options)


@cache
def week_of(time: int, zone: str) -> str:
    year, week, _ = datetime.fromtimestamp(time, UTC).astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02}"


def held(out: Path) -> dict[str, list[Attempt]]:
    """The attempts in an archive, by week."""
    found: dict[str, list[Attempt]] = {}
    for path in out.glob("attempts/week=*/*.parquet"):
        table = pq.read_table(path, columns=list(Attempt._fields), partitioning=None)
        found.setdefault(path.parent.name.removeprefix("week="), []).extend(rows(table))
    return found


def reported(out: Path) -> Counter[tuple[str, str]]:
    """How many attempts of each week and outcome the reports of an archive count."""
    found: Counter[tuple[str, str]] = Counter()
    for path in out.glob("*-W*/by_user.csv"):
        for row in csv.DictReader(path.read_text().splitlines()):
            assert int(row["attempts"]) == sum(int(row[column]) for column in COLUMNS)
            found.update({(path.parent.name, outcome): int(row[column]) for column, outcome in COLUMNS.items()})
    return +found


def assert_holds(out: Path, log: Log, numbers: Iterable[int], zone: str) -> None:
    """What an archive holds is what is true of the lines that were handed over.

    What became of an attempt may be another as long as some line that tells of it was not.
    """
    lines = [log.lines[number] for number in numbers]
    known = Counter(line.story for line in lines)
    settled: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    for line in lines:
        if line.attempt is not None:
            week = week_of(line.attempt.time, zone)
            total[week] += 1
            settled[week, line.attempt.outcome] += known[line.story] == log.stories[line.story]
    weeks = held(out)
    found = Counter((week, each.outcome) for week, some in weeks.items() for each in some)
    assert {week: len(some) for week, some in weeks.items() if some} == dict(total)
    assert reported(out) == found
    assert settled <= found


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)


def attempts(files: dict[str, bytes], folder: Path) -> Any:
    """The table that ``logparse attempts``, which knows no archive, makes of some files."""
    fill(folder / "logs", Run(files, ()))
    done = invoke("attempts", folder / "logs", "--out", folder / "attempts.parquet", "--workers", "1")
    assert (done.exit_code, done.output) == (0, "")
    return pq.read_table(folder / "attempts.parquet")


def rows(table: Any) -> list[Attempt]:
    columns = (table.column(name).to_pylist() for name in Attempt._fields)
    return [Attempt(int(time.timestamp()), *others) for time, *others in zip(*columns, strict=True)]


@pytest.fixture(scope="module")
def of_one_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """The attempts that one run over the whole of a log finds, by its name."""
    return cache(lambda name: attempts(files(log_of(name).lines, "webserver"), tmp_path_factory.mktemp("whole")))


def snapshot(out: Path) -> dict[str, bytes]:
    """Reports and attempts as readers find them."""
    paths = [*out.glob("*-W*/*"), *out.glob("attempts/*/*")]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


# -- the log itself ---------------------------------------------------------------------------------------------------


@pytest.mark.sampled(3)
@pytest.mark.parametrize("name", LOGS)
def test_whole_logs_come_to_what_is_true(name: str, of_one_run: Callable[[str], Any]) -> None:
    table = of_one_run(name)
    assert Counter(rows(table)) == Counter(line.attempt for line in log_of(name).lines if line.attempt is not None)
    # ... for the right reasons: what a cut may part from an attempt is what decides it.
    rules = set(zip(table.column("path").to_pylist(), table.column("status").to_pylist(),
                    table.column("user").to_pylist(), table.column("rule").to_pylist(), strict=True))  # fmt: skip
    assert rules >= {
        ("/api/v1/dags/etl_daily/dagRuns", 401, "uma", "v1-login-failed"),
        ("/api/v1/dags/etl_daily/dagRuns", 400, "admin", "v1-body-invalid"),
        ("/dags/etl_daily/trigger", 302, None, "ui-denied-flash"),
        ("/dags/etl_daily/trigger", 302, None, "ui-success-flash"),
        ("/dags/no_such_dag/trigger", 500, None, "ui-dag-missing"),
    }
    assert not {rule for _, _, _, rule in rules} & {
        "ui-sent-home-undecided",
        "v1-nothing-usable-401",
        "ui-dag-missing-silent",
    }


def test_pieces_alone_come_to_something_else(tmp_path: Path) -> None:
    """Else no scenario would prove that evidence counts across a cut."""
    log = log_of("a fortnight")
    for before, behind in pairwise(exports(log, days=1, at=(0, 6))):
        assert {line.story for line in before.lines} & {line.story for line in behind.lines}
    table = attempts(exports(log, at=(0, 6))[1].files, tmp_path)
    assert {"v1-nothing-usable-401", "ui-sent-home-undecided", "ui-dag-missing-silent"} <= set(
        table.column("rule").to_pylist()
    )


def test_logs_hold_what_is_hard() -> None:
    log = log_of("two replicas")
    equal = Counter((line.replica, line.text) for line in log.lines if line.attempt)
    assert {2, 3} <= set(equal.values())
    replicas: dict[str, set[str]] = {}
    for line in log.lines:
        if line.attempt:
            replicas.setdefault(line.text, set()).add(line.replica)
    assert sum(len(some) > 1 for some in replicas.values()) > 20
    long = log_of("a fortnight")
    for zone in ZONES:
        starts = [at for at in mondays(long.begin, long.end, zone) if long.begin + DAY < at < long.end]
        times = {line.attempt.time for line in long.lines if line.attempt}
        assert {at + late for at in starts for late in (-1, 0)} <= times
    single = [run.lines for run in exports(long, days=1, at=(0, 11), more=1)]
    for one, other in pairwise(single):
        (common,) = set(one) & set(other)
        assert common.attempt is not None
    seven = exports(long, at=(6, 11))
    assert all(run.lines[-1].attempt for run in seven[:-1])
    assert all(run.lines[0].attempt for run in seven[1:])


# -- scenarios --------------------------------------------------------------------------------------------------------


@pytest.mark.sampled(48)
@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(each, id=name, marks=[pytest.mark.xfail(reason=each.missing)] if each.missing else [])
        for name, each in SCENARIOS.items()
    ],
)
def test_every_attempt_once(scenario: Scenario, of_one_run: Callable[[str], Any], tmp_path: Path) -> None:
    log, out, handed = log_of(scenario.log), tmp_path / "archive", set[int]()
    for run in scenario.way(log):
        done = hand_over(run, tmp_path / "logs", out, scenario.zone)
        assert done.exit_code in (scenario.statuses if run.lines or handed else (1,)), done.output  # 1: no log yet
        handed.update(line.number for line in run.lines)
        assert_holds(out, log, handed, scenario.zone)
    assert len(handed) == len(log.lines)
    assert Counter(chain.from_iterable(held(out).values())) == Counter(rows(of_one_run(scenario.log)))
    before = snapshot(out)
    done = invoke("report", "--out", out, "--timezone", scenario.zone, "--rebuild", "--workers", "1")
    assert done.exit_code == 0, done.output
    assert snapshot(out) == before
    done = invoke("archive", "verify", out)
    assert done.exit_code == 0, done.output


def test_the_line_that_the_guide_gives_to_cron(tmp_path: Path) -> None:
    found = re.search(r"cron.*\n(logparse report .*)", GUIDE.read_text("utf-8"))
    assert found is not None
    log, out, logs, handed = log_of("a fortnight"), tmp_path / "archive", tmp_path / "logs", set[int]()
    _, *args = shlex.split(found[1].replace("/exports/airflow/", f"{logs}/").replace("/reports/airflow", str(out)))
    assert {f"{logs}/", str(out)} <= set(args)
    zone = args[args.index("--timezone") + 1]
    for run in piled(log):
        fill(logs, run)
        done = invoke(*args, "--workers", "1")
        assert done.exit_code == (0 if run.lines or handed else 1), done.output  # 1: there is no log yet
        handed.update(line.number for line in run.lines)
        assert_holds(out, log, handed, zone)
    assert len(handed) == len(log.lines)
