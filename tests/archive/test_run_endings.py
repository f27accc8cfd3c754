"""How a run into an archive ends: its status, what `--strict`, `--dry-run` and `--fail-on` do, and its record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from archive_runs import NEVER, W46, W47, line, report, stored
from folders import files, record, verified, visible, weeks, write

import logparse
from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


#: What a run is given, and what it says is missing; then --strict writes nothing.
UNFULFILLED: Final = {
    "healthy": ("HEALTHY", [], ""),
    "nothing in a folder": ("", [], "1 file found, and nothing in any of them"),
    "no requests": ("TASK", [], "no line is about a request: webservers"),
    "an empty file": ("", ["x.log"], "x.log: is empty"),
    "some without time": ("LATER", [], "1 trigger attempt without a known time, in no week: give logs whose lines"),
    "no such week": ("LINE", ["--week", "2026-W20"], "2026-W20: nothing was logged in this week"),
    "hardly a week": ("LINE", ["--week", "2026-W10"], "2026-W10: nothing was logged in most of this week"),
    "another format": ("LINE", ["--log-format", "%(h)s@%(r)s@%(s)s"], "--log-format %(h)s@%(r)s@%(s)s: no line is"),
    "its format": ("OWN", ["--log-format", "%(h)s@%(t)s@%(r)s@%(s)s"], ""),
    "another app format": (
        "LINE",
        ["--app-format", "%(levelname)s~%(message)s"],
        "levelname)s~%(message)s: no line is",
    ),
    "no records": ("LINE", ["--field", "user=who"], "no key or column 'who' anywhere"),
}
TEXTS: Final = {
    "": "",
    "HEALTHY": '192.0.2.9 - - [02/Mar/2026:00:00:03 +0000] "GET /health HTTP/1.1" 200 188 "-" "curl"\n',
    "TASK": "[2026-03-02T00:00:03.000+0000] {taskinstance.py:2076} INFO - Dependencies all met\n",
    "LINE": '192.0.2.9 - svc [02/Mar/2026:00:00:03 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 188 "-" "curl"\n',
    "LATER": f'{line(W47)}INFO:     192.0.2.9:1 - "POST /api/v2/dags/x/dagRuns HTTP/1.1" 403 Forbidden\n',
    "OWN": "192.0.2.9@[02/Mar/2026:00:00:03 +0000]@POST /api/v1/dags/x/dagRuns HTTP/1.1@200\n",
}


@pytest.mark.parametrize(("text", "options", "said"), UNFULFILLED.values(), ids=UNFULFILLED)
def test_what_is_expected_and_missing_is_said_and_is_a_matter_of_strict(
    text: str, options: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "x.log").write_text(TEXTS[text])
    path = tmp_path / "logs" / "x.log" if options == ["x.log"] else tmp_path / "logs"
    for strict in ((), ("--strict",)):
        done = report(path, "--out", tmp_path / f"out{len(strict)}", *options[options == ["x.log"] :], *strict)
        assert done.exit_code == (2 if strict and said else 0), done.stderr
        assert said in done.stderr
        assert ("nothing was written" in done.stderr) == bool(strict and said)
        assert said or "logparse: " not in done.stderr


def test_strict_writes_nothing(log: Path, tmp_path: Path, out: Path) -> None:
    odd = write(tmp_path / "odd.log", *[line(W47 + 2)] * 3, NEVER)
    done = report(odd, "--out", out, "--strict")
    assert done.exit_code == 2
    assert "nothing was written, since --strict was given" in done.stderr
    assert f"Nothing was written to {out}" in done.stderr
    assert visible(out) == {}
    assert report(log, "--out", out, "--strict").exit_code == 0
    before = files(out)
    assert report(odd, "--out", out, "--strict").exit_code == 2
    assert files(out) == before
    verified(out)
    assert report(odd, "--out", out).exit_code == 1
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 5}


def test_a_dry_run_writes_nothing(log: Path, tmp_path: Path, out: Path) -> None:
    done = report(log, "--out", out, "--dry-run")
    assert done.exit_code == 0
    assert f"Nothing was written to {out}" in done.stderr
    assert "2026-W47         2" in done.stderr
    assert not out.exists()
    report(log, "--out", out)
    before = stored(out)
    done = report(write(tmp_path / "b.log", line(W47 + 2)), "--out", out, "--dry-run")
    assert done.exit_code == 0
    assert "2026-W47         3   +1" in done.stderr
    assert stored(out) == before


#: Callers without credentials, in the week before and in this one.
REFUSED: Final = [line(day, user="-", status=401) for day in (W46, W47)]
MISSING: Final = [line(day, status=404).replace("/etl/", "/nope/") for day in (W47, W47 + 1)]


@pytest.mark.parametrize(
    ("fail_on", "lines", "status", "said"),
    [
        (["any"], [line(W47)], 0, ""),
        (["any"], REFUSED, 3, "2026-W47: no-credentials-v1, 1 attempt\n"),
        (["new"], REFUSED, 3, "2026-W46: no-credentials-v1, 1 attempt, new\n"),
        (["no-credentials-v1"], REFUSED, 3, "2026-W47: no-credentials-v1, 1 attempt\n"),
        (["dag-not-found"], REFUSED, 0, ""),
        (["dag-not-found", "new"], [*REFUSED, *MISSING], 3, "2026-W47: dag-not-found, 2 attempts, new\n"),
    ],
)
def test_findings_may_end_a_run_with_3(
    fail_on: list[str], lines: list[str], status: int, said: str, tmp_path: Path, out: Path
) -> None:
    args = [part for each in fail_on for part in ("--fail-on", each)]
    done = report(write(tmp_path / "a.log", line(W46 - 1), *lines), "--out", out, *args)
    assert done.exit_code == status, done.stderr
    assert said in done.stderr
    assert sum(weeks(out).values()) == 1 + len(lines)  # it is written all the same


def test_a_finding_is_new_if_the_week_before_has_none(tmp_path: Path, out: Path) -> None:
    assert report(write(tmp_path / "a.log", REFUSED[0]), "--out", out).exit_code == 0
    done = report(write(tmp_path / "b.log", REFUSED[1]), "--out", out, "--fail-on", "new", "--week", "2026-W47")
    assert done.exit_code == 0
    assert report(write(tmp_path / "c.log", *MISSING), "--out", out, "--fail-on", "new").exit_code == 3


def test_a_finding_that_there_is_not_is_a_wrong_option(log: Path, out: Path) -> None:
    done = report(log, "--out", out, "--fail-on", "no-such-finding")
    assert done.exit_code == 2
    assert "--fail-on" in done.stderr
    assert "no-such-finding" in done.stderr
    assert not out.exists()


def test_a_log_of_whose_attempts_no_time_is_known_is_a_problem_of_the_run_that_reads_it(
    tmp_path: Path, out: Path
) -> None:
    log = write(
        tmp_path / "a.jsonl",
        '{"when":"2026-11-20T08:00:00Z","method":"POST","path":"/api/v1/dags/x/dagRuns","status":403}',
    )
    done = report(log, "--out", out, "--quiet")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "a.jsonl: none of its trigger attempts (1) has a known time" in done.stderr
    assert report(log, "--out", out, "--quiet").exit_code == 0
    assert report(log, "--out", tmp_path / "named", "--field", "time=when").exit_code == 0


def test_what_was_lost_outranks_no_finding(tmp_path: Path, out: Path) -> None:
    odd = write(tmp_path / "odd.log", *[line(W47)] * 3, NEVER)
    assert report(odd, "--out", out, "--fail-on", "any").exit_code == 1


def test_the_record_of_a_run(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", *REFUSED, line(W47 + 1), NEVER)
    began = datetime.now(UTC).replace(microsecond=0)
    assert report(log, "--out", out).exit_code == 1
    told = record(out)
    assert began <= datetime.fromisoformat(told["began"]) <= datetime.fromisoformat(told["ended"])
    assert told["version"] == logparse.__version__
    assert all(value >= 0 for value in told["seconds"].values())
    assert set(told["seconds"]) >= {"read", "weeks"}
    assert told["archive"] == {"place": str(out), "timezone": "UTC", "weeks": 2, "attempts": 3, "sources": 1}
    size = log.stat().st_size
    assert told["read"] == {"sources": 1, "known": 0, "bytes": size, "lines": 4, "unparsed": 1}
    none = dict.fromkeys(map(str, Outcome), 0)
    assert told["weeks"] == {
        "2026-W46": {"attempts": 1, "added": 1, "outcomes": {**none, "authentication_failure": 1},
                     "findings": {"no-credentials-v1": 1}},
        "2026-W47": {"attempts": 2, "added": 2, "outcomes": {**none, "authentication_failure": 1, "success": 1},
                     "findings": {"no-credentials-v1": 1}},
    }  # fmt: skip
    (problem,) = told["problems"]
    assert "1 of 4 lines not understood" in problem
    assert (told["messages"], told["mended"], told["left"]) == ([], [], [])
    report(log, write(tmp_path / "b.log", line(W47 + 2)), "--out", out)
    told = record(out)
    assert (told["read"]["sources"], told["read"]["known"], told["archive"]["attempts"]) == (1, 1, 4)
    assert {name: (week["attempts"], week["added"]) for name, week in told["weeks"].items()} == {"2026-W47": (3, 1)}
