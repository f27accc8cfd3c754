"""``archive list``, ``verify``, ``prune`` and ``forget``: what an archive holds, whether it still does, and less."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import pytest
from folders import invoke, record, rows, verified, visible, weeks, write

from logparse.archive.storage.opening import open_storage
from logparse.reports import catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typer.testing import Result

#: The Monday of 2026-W44.
MONDAY: Final = datetime(2026, 10, 26, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and waiting for disks takes half the time; nor do we look at these reports."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    few = {name: each for name, each in catalog.REPORTS.items() if name not in {"by_time", "user_dag"}}
    monkeypatch.setattr(catalog, "REPORTS", few)


def call(week: int, hour: float, user: str = "ann", status: int = 200) -> str:
    """An attempt some hours into a week."""
    when = f"{MONDAY + timedelta(weeks=week - 44, hours=hour):%d/%b/%Y:%H:%M:%S} +0000"
    return f'10.0.0.7 - {user} [{when}] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" {status} 512 "-" "curl/8.5.0"\n'


def failed(week: int, hour: float, user: str) -> str:
    when = MONDAY + timedelta(weeks=week - 44, hours=hour)
    return f"[{when:%Y-%m-%dT%H:%M:%S}.000+0000] {{override.py:2240}} INFO - Login Failed for user: {user}\n"


def report(*args: str | Path) -> Result:
    done = invoke("report", *args, "--workers", "1")
    assert done.exit_code == 0, done.output
    return done


def archive(*args: str | Path) -> Result:
    return invoke("archive", *args)


def objects(out: Path) -> dict[str, int]:
    return open_storage(str(out)).objects()


@pytest.mark.parametrize("command", ["list", "verify", "prune", "forget"])
def test_a_folder_that_is_no_archive_is_said_to_be_none(command: str, tmp_path: Path) -> None:
    more = {"prune": ["--before", "2026-W46"], "forget": ["x"]}.get(command, [])
    done = archive(command, tmp_path / "none", *more)
    assert done.exit_code == 2
    assert "is no archive; logparse report --out makes one" in done.stderr
    assert not (tmp_path / "none").exists()


# -- list -------------------------------------------------------------------------------------------------------------


def test_what_an_archive_holds_is_listed(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = write(Path("a.log"), call(46, 0), call(46, 167), call(47, 100, "-", 401))
    other = write(Path("b.log"), call(46, 50, "-", 401))
    report(one, "--out", out)
    report(other, "--out", out, "--deployment", "prod")
    done = archive("list", out, "--sources")
    found = [re.split(r"  +", line.rstrip()) for line in done.stdout.splitlines()]
    size = one.stat().st_size + other.stat().st_size
    assert done.exit_code == 0
    assert found[:3] == [
        ["Week", "Attempts", "Sources", "In findings", "Version"],
        ["2026-W46", "3", "2", "1", "0.1.0"],
        ["2026-W47", "1", "1", "1", "0.1.0", "nothing from 2026-11-20 04:00 to 2026-11-23 00:00"],
    ]
    assert found[4:7] == [
        ["Source", "Deployment", "Lines", "First", "Last", "Attempts"],
        ["a.log", "3", "2026-11-09T00:00:00Z", "2026-11-20T04:00:00Z", "3"],
        ["b.log", "prod", "1", "2026-11-11T02:00:00Z", "2026-11-11T02:00:00Z", "1"],
    ]
    number, total = len(objects(out)), sum(objects(out).values())
    assert found[8] == [
        f"2 sources of {size:,} bytes; stored and reported in {number} objects of {total / 1000:.1f} kB"
    ]
    assert len(found) == 9
    assert "Source " not in archive("list", out).stdout


def test_names_are_listed_as_forget_takes_them(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / f"{'exports-of-a-server' * 4}/webserver.log", call(46, 1))
    report(log, "--out", out)
    assert str(log) in archive("list", out, "--sources").stdout


def test_a_file_that_has_grown_is_one_source(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [call(46, n / 100) for n in range(5)]
    for end in (2, 4, 5):
        report(write(Path("a.log"), *lines[:end]), "--out", out)
    (told,) = [line for line in archive("list", out, "--sources").stdout.splitlines() if "a.log" in line]
    assert told.split()[1:] == ["5", "2026-11-09T00:00:00Z", "2026-11-09T00:02:24Z", "5"]
    assert archive("list", out).stdout.splitlines()[-1].startswith("1 source of ")


# -- verify -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path, out: Path) -> Path:
    """An archive of two weeks."""
    report(write(tmp_path / "a.log", call(46, 1, "-", 401), call(47, 1)), "--out", out)
    return out


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_changed_byte_is_found_in_any_file_that_is_seen(filled: Path) -> None:
    names = [*sorted(visible(filled)), "run.json"]
    assert len(names) > 12
    for name in names:
        path = filled / name
        data = path.read_bytes()
        path.chmod(0o644)
        for at in (len(data) // 2, len(data) - 1):
            path.write_bytes(flipped(data, at))
            done = archive("verify", filled)
            assert done.exit_code == 1, name
            assert f"{name}: is damaged, its content is not what was written" in done.stdout
            assert f"to repair reports and tables of attempts: logparse report --out {filled} --rebuild" in done.stderr
        path.write_bytes(data[:-1])
        assert archive("verify", filled).exit_code == 1
        path.write_bytes(data)
    verified(filled)


def test_a_changed_byte_is_found_in_any_object(filled: Path) -> None:
    for name in objects(filled):
        path = filled / f".logparse/objects/{name[:2]}/{name}"
        data = path.read_bytes()
        path.unlink()
        assert f"object {name}" in archive("verify", filled).stdout
        path.write_bytes(flipped(data, len(data) // 3))  # which no visible file is any more
        done = archive("verify", filled)
        assert (done.exit_code, f"object {name}: is damaged" in done.stdout) == (1, True)
        path.write_bytes(data)
    verified(filled)


@pytest.mark.parametrize("name", ["index.json", "generation.json"])
def test_a_changed_byte_is_found_in_the_index(name: str, filled: Path) -> None:
    path = next(filled.glob(f".logparse/generations/*/{name}"))
    data = path.read_bytes()
    path.chmod(0o644)
    for at in [*range(0, len(data), 211), len(data) - 1]:
        path.write_bytes(flipped(data, at))
        done = archive("verify", filled)
        assert done.exit_code in (1, 2), at
        assert "damaged" in done.output
    path.write_bytes(data)
    verified(filled)


def test_a_missing_object_is_found(filled: Path) -> None:
    seen = {(filled / name).stat().st_ino for name in [*visible(filled), "run.json"]}
    hidden = []
    for name in objects(filled):
        path = filled / f".logparse/objects/{name[:2]}/{name}"
        hidden += [name] if path.stat().st_ino not in seen else []
        data = path.read_bytes()
        path.unlink()
        done = archive("verify", filled)
        assert done.exit_code == 1
        assert f"object {name}" in done.stdout
        assert "missing" in done.stdout
        path.write_bytes(data)
    assert hidden  # lines that are stored are none of the files that are seen
    verified(filled)


@pytest.mark.parametrize(
    ("harm", "said", "status"),
    [
        (lambda out: (out / "2026-W46/by_dag.csv").unlink(), "2026-W46/by_dag.csv: is missing", 1),
        (lambda out: (out / "2026-W46").unlink(), "2026-W46/by_dag.csv: is missing", 1),
        (lambda out: (out / "2026-W46/mine.csv").touch(), "2026-W46/mine.csv: is not the archive's own", 0),
        (lambda out: (out / ".logparse/objects/notes").touch(), "object notes: is not the archive's own", 0),
    ],
    ids=["file", "link", "file more", "object more"],
)
def test_what_is_missing_or_more_is_found(harm: Callable[[Path], None], said: str, status: int, filled: Path) -> None:
    before = visible(filled)
    harm(filled)
    done = archive("verify", filled)
    assert done.exit_code == status
    assert said in done.stdout
    report("--out", filled, "--rebuild")
    assert {name: visible(filled).get(name) for name in before} == before


# -- prune ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A file a week, from 2026-W44 to 2026-W47, each with an attempt more than the one before."""
    for week in range(44, 48):
        write(tmp_path / f"logs/{week}.log", *(call(week, 20 * n, "-" if n else "ann", 401) for n in range(week - 42)))
    return tmp_path / "logs"


def test_weeks_are_removed_for_good(logs: Path, out: Path) -> None:
    report(logs, "--out", out)
    before, size = visible(out), sum(objects(out).values())
    done = archive("prune", out, "--before", "2026-W46")
    assert (done.exit_code, done.stdout) == (0, "Removed 2 weeks (2026-W44 to 2026-W45) and 2 sources\n")
    after = visible(out)
    assert weeks(out) == {"2026-W46": 4, "2026-W47": 5}
    assert {name for name in after if before[name] != after[name]} == {
        "coverage.csv", *(f"2026-W46/{name}.csv" for name in ("by_user", "by_dag", "by_reason")),
        "2026-W46/findings.csv", "2026-W47/findings.csv",  # no finding is older than what the archive holds
    }  # fmt: skip
    # Nothing is known any more of the week before.
    assert rows(out / "2026-W46/by_dag.csv")[0]["attempts_change"] == ""
    assert rows(out / "2026-W47/by_dag.csv")[0]["attempts_change"] == "1"
    assert [Path(row["source"]).name for row in rows(out / "coverage.csv")] == ["46.log", "47.log"]
    assert sum(objects(out).values()) < size * 0.7
    assert not [each for each in out.iterdir() if each.name in ("2026-W44", "2026-W45")]
    verified(out)
    # Their logs are not read again.
    report(logs, "--out", out)
    assert record(out)["read"] | {"bytes": 0} == {"sources": 0, "known": 4, "bytes": 0, "lines": 0, "unparsed": 0}
    assert visible(out) == after
    report("--out", out, "--rebuild")
    assert visible(out) == after


def test_old_logs_are_not_read_again_under_other_names(logs: Path, tmp_path: Path, out: Path) -> None:
    report(logs, "--out", out)
    archive("prune", out, "--before", "2026-W46")
    after = visible(out)
    (logs / "44.log").rename(tmp_path / "renamed.log")
    report(tmp_path / "renamed.log", "--out", out)
    assert (record(out)["read"]["known"], visible(out)) == (1, after)


def test_other_logs_of_removed_weeks_bring_none_of_them_back(logs: Path, tmp_path: Path, out: Path) -> None:
    report(logs, "--out", out)
    archive("prune", out, "--before", "2026-W46")
    late = write(tmp_path / "late.log", call(44, 7, "late"), call(45, 100, "late"), call(46, 100, "late"))
    report(late, "--out", out)
    assert weeks(out) == {"2026-W46": 5, "2026-W47": 5}
    assert "2026-W45" not in archive("list", out).stdout
    assert not (out / "2026-W44").exists()
    report("--out", out, "--rebuild")
    assert weeks(out) == {"2026-W46": 5, "2026-W47": 5}


def test_lines_of_removed_weeks_are_said_to_be_left_out(logs: Path, tmp_path: Path, out: Path) -> None:
    report(logs, "--out", out)
    archive("prune", out, "--before", "2026-W46")
    late = write(tmp_path / "late.log", call(44, 7, "late"), call(45, 100, "late"))
    done = invoke("report", late, "--out", out, "--workers", "1")
    said = [each for each in done.stderr.splitlines() if "2026-W4" in each and not each.startswith("Reports are in")]
    assert said, "2 attempts were left out, unsaid"


def test_a_file_that_reaches_from_removed_weeks_into_others_may_grow(tmp_path: Path, out: Path) -> None:
    lines = [call(week, 20 * n) for week in range(44, 48) for n in range(4)]
    log = write(tmp_path / "a.log", *lines[:-2])
    report(log, "--out", out)
    assert archive("prune", out, "--before", "2026-W46").stdout == (
        "Removed 2 weeks (2026-W44 to 2026-W45) and 0 sources\n"
    )
    assert weeks(out) == {"2026-W46": 4, "2026-W47": 2}
    write(log, *lines)
    report(log, "--out", out)
    assert weeks(out) == {"2026-W46": 4, "2026-W47": 4}
    verified(out)


def test_evidence_of_the_day_before_stays(tmp_path: Path, out: Path) -> None:
    """What tells of the first attempt of the week that stays was logged in the last hour of the week before."""
    log = write(tmp_path / "a.log", call(45, 3), failed(46, -0.0002, "bob"), call(46, 0.0002, "bob", 401))
    report(log, "--out", out)
    before = rows(out / "2026-W46/by_reason.csv")
    archive("prune", out, "--before", "2026-W46")
    report("--out", out, "--rebuild")
    after = rows(out / "2026-W46/by_reason.csv")
    assert [row["reason"] for row in after] == [row["reason"] for row in before]
    assert weeks(out) == {"2026-W46": 1}


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("2026-W44", {"2026-W44": 2, "2026-W45": 3, "2026-W46": 4, "2026-W47": 5}),
        ("2020-W01", {"2026-W44": 2, "2026-W45": 3, "2026-W46": 4, "2026-W47": 5}),
        ("2026-W47", {"2026-W47": 5}),
        ("2026-W48", {}),
        ("2027-W10", {}),
    ],
)
def test_which_weeks_stay(before: str, left: dict[str, int], logs: Path, out: Path) -> None:
    report(logs, "--out", out)
    seen = visible(out)
    assert archive("prune", out, "--before", before).exit_code == 0
    assert weeks(out) == left
    assert {name.partition("/")[0] for name in visible(out)} - {"attempts", "coverage.csv", "views.sql"} == {*left}
    if len(left) == 4:
        assert visible(out) == seen
    verified(out)


@pytest.mark.parametrize("week", ["2026-W54", "last year", "2026-46"])
def test_a_week_that_there_is_not_is_a_wrong_option(week: str, filled: Path) -> None:
    before = visible(filled)
    done = archive("prune", filled, "--before", week)
    assert done.exit_code == 2
    assert "--before" in done.stderr
    assert visible(filled) == before


# -- forget -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*/44.log"], [45, 46, 47]),
        (["*/4[4-6].log"], [47]),
    ],
)
def test_forgetting_leaves_what_was_never_seen(
    patterns: Sequence[str], left: Sequence[int], logs: Path, tmp_path: Path, out: Path
) -> None:
    report(logs, "--out", out)
    done = archive("forget", out, *patterns)
    gone = [week for week in range(44, 48) if week not in left]
    assert (done.exit_code, done.stdout) == (0, "".join(f"Removed {logs}/{week}.log\n" for week in gone))
    report(*(logs / f"{week}.log" for week in left), "--out", tmp_path / "never")
    assert visible(out) == visible(tmp_path / "never")
    verified(out)
    # It is read again if it is given again.
    report(logs, "--out", out)
    assert sum(weeks(out).values()) == 14


def test_lines_that_others_hold_too_stay(tmp_path: Path, out: Path) -> None:
    lines = [call(46, n / 10) for n in range(40)]
    one, other = write(tmp_path / "a.log", *lines[:30]), write(tmp_path / "b.log", *lines[10:])
    report(one, other, "--out", out)
    assert weeks(out) == {"2026-W46": 40}
    assert archive("forget", out, one).exit_code == 0
    assert weeks(out) == {"2026-W46": 30}
    report(other, "--out", tmp_path / "never")
    assert visible(out) == visible(tmp_path / "never")


def test_evidence_goes_with_its_source(tmp_path: Path, out: Path) -> None:
    one = write(tmp_path / "web.1.log", call(46, 1), failed(46, 2, "bob"))
    other = write(tmp_path / "web.2.log", call(46, 2.0002, "bob", 401), call(46, 3))
    report(other, "--out", tmp_path / "never")
    report(one, other, "--out", out)
    assert visible(out)["2026-W46/by_reason.csv"] != visible(tmp_path / "never")["2026-W46/by_reason.csv"]
    archive("forget", out, one)
    assert visible(out) == visible(tmp_path / "never")


def test_all_that_came_to_a_file_is_forgotten(tmp_path: Path, out: Path) -> None:
    log = tmp_path / "a.log"
    lines = [call(46, n / 100, f"u{n % 3}") for n in range(1200)]
    for end in (50, 1100, 1200):
        report(write(log, *lines[:end]), "--out", out)
    other = write(tmp_path / "b.log", call(46, 50))
    report(other, "--out", out)
    assert weeks(out) == {"2026-W46": 1201}
    done = archive("forget", out, log)
    assert done.stdout == f"Removed {log}\n"
    report(other, "--out", tmp_path / "never")
    assert visible(out) == visible(tmp_path / "never")
    report(log, "--out", out)
    assert weeks(out) == {"2026-W46": 1201}
    verified(out)


def test_the_only_source_may_be_forgotten(filled: Path) -> None:
    assert archive("forget", filled, "*").exit_code == 0
    assert (weeks(filled), rows(filled / "coverage.csv")) == ({}, [])
    assert "0 sources" in archive("list", filled).stdout
    verified(filled)


def test_a_source_that_could_not_be_read_may_be_forgotten(tmp_path: Path, out: Path) -> None:
    write(tmp_path / "logs/a.log", call(46, 1))
    bad = tmp_path / "logs/b.log"
    bad.symlink_to("b.log")
    assert invoke("report", tmp_path / "logs", "--out", out, "--workers", "1").exit_code == 1
    assert len(rows(out / "coverage.csv")) == 2
    bad.unlink()
    assert archive("forget", out, bad).exit_code == 0
    assert [row["source"] for row in rows(out / "coverage.csv")] == [str(tmp_path / "logs/a.log")]


def test_what_is_called_otherwise_is_not_forgotten(filled: Path) -> None:
    before = visible(filled)
    done = archive("forget", filled, "a.lo")
    assert done.exit_code == 2
    assert "the archive holds no source of this name" in done.stderr
    assert visible(filled) == before


# -- one at a time ----------------------------------------------------------------------------------------------------

CHANGES: Final = {"prune": ("--before", "2026-W47"), "forget": ("*",)}


@pytest.mark.parametrize("command", CHANGES)
@pytest.mark.parametrize(("wait", "status"), [(None, 2), ("15", 2), ("60", 0)])
def test_nothing_is_taken_out_while_a_run_writes(
    command: str, wait: str | None, status: int, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = visible(filled)
    other = open_storage(str(filled)).lock()
    other.__enter__()
    clock, held = iter(range(0, 1000, 10)), [True]

    def sleep(_: float) -> None:
        if next(clock) >= 30 and held.pop():
            other.__exit__(None, None, None)

    fake = SimpleNamespace(sleep=sleep, monotonic=lambda: float(next(clock)))
    monkeypatch.setattr("logparse.archive.storage.locks.time", fake)
    done = archive(command, filled, *CHANGES[command], *(("--wait", wait) if wait else ()))
    assert done.exit_code == status
    assert ("is being written to by process" in done.stderr) == (status == 2)
    assert (visible(filled) == before) == (status == 2)
    if held:
        other.__exit__(None, None, None)


def test_an_archive_may_be_listed_and_verified_while_a_run_writes(filled: Path) -> None:
    with open_storage(str(filled)).lock():
        assert archive("list", filled).exit_code == 0
        verified(filled)
