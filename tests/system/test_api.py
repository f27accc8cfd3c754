"""The Python functions: the same rows as the commands, cheap to import, honest about what was not read."""

from __future__ import annotations

import doctest
import pickle
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from places import ROOT
from typer.testing import CliRunner

import logparse
from logparse import api
from logparse.cli import app
from logparse.common.schema import ATTEMPTS
from logparse.common.weeks import parse_zone
from logparse.pipeline.options import check_options
from logparse.reports import gaps

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    '10.0.0.7 - {} [{:02}/Nov/2026:12:35:08 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" {} 142 "-" "curl/8.5.0"\n'
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(LINE.format("eve", 22, 403) + LINE.format("ann", 15, 200))
    return path


def test_example_in_the_documentation_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.log").write_text(LINE.format("eve", 22, 403))
    assert CliRunner().invoke(app, ["report", "a.log", "--out", "reports", "--format", "parquet"]).exit_code == 0
    outcome = doctest.testmod(api)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_attempts(log: Path) -> None:
    found = logparse.attempts(log)
    assert list(found.columns) == [column.name for column in ATTEMPTS]
    assert found["user"].to_list() == ["eve", "ann"]
    assert found["time"].dtype == "datetime64[us, UTC]"


def test_all_tables_have_one_set_of_dtypes(log: Path, tmp_path: Path) -> None:
    place = tmp_path / "reports"
    assert CliRunner().invoke(app, ["report", str(log), "--out", str(place)]).exit_code == 0
    read = logparse.read_archive(place)
    pd.testing.assert_frame_equal(read.sort_values("line", ignore_index=True), logparse.attempts(log))
    for name, report in logparse.report(log)["2026-W47"].items():
        found = logparse.read_archive(place, name, weeks="2026-W47").drop(columns=["week", "deployment"])
        assert found.dtypes.equals(report.dtypes)
        if not name.startswith(("findings", "coverage")):
            pd.testing.assert_frame_equal(found, report)
    assert logparse.weeks(str(place)) == ["2026-W46", "2026-W47"]
    assert len(logparse.read_archive(place, since="2026-W47")) == 1
    assert len(logparse.read_archive(place, weeks=["2026-W46"])) == 1
    with pytest.raises(ValueError, match="no table 'by_x'; there are attempts, by_user"):
        logparse.read_archive(place, "by_x")
    with pytest.raises(logparse.OutputError, match="has no week 2026-W40"):
        logparse.read_archive(place, weeks="2026-W40")
    with pytest.raises(logparse.OutputError, match="is no archive"):
        logparse.weeks(tmp_path)


def test_attempts_of_some_weeks(log: Path) -> None:
    found = logparse.attempts(str(log), weeks=["2026-W46"], deployment="prod", timezone="Europe/Berlin")
    assert found["user"].to_list() == ["ann"]
    assert found.index.to_list() == [0]
    assert found["deployment"].to_list() == ["prod"]


def test_report(log: Path) -> None:
    found = logparse.report(log)
    assert list(found) == ["2026-W46", "2026-W47"]
    assert list(found["2026-W47"]) == ["by_user", "by_dag", "by_time", "by_reason", "user_dag", "findings", "coverage"]
    assert found["2026-W47"]["by_user"]["user"].to_list() == ["eve"]
    # Compared with the week before, though only one was asked for.
    (only,) = logparse.report(log, weeks=["2026-W47"]).values()
    pd.testing.assert_frame_equal(only["by_dag"], found["2026-W47"]["by_dag"])
    assert only["by_dag"]["attempts_change"].to_list() == [0]


def test_findings(log: Path) -> None:
    found = logparse.findings(log)
    assert found["week"].to_list() == ["2026-W47"]
    for week, tables in logparse.report(log).items():
        mine = found[found["week"] == week].drop(columns="week").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, tables["findings"])
    assert set(logparse.attempts(log)["finding"].dropna()) == set(found["key"])
    assert logparse.findings(log, weeks="2026-W46").empty


def test_nothing_at_all(tmp_path: Path) -> None:
    assert logparse.findings(tmp_path).empty
    assert logparse.attempts(tmp_path).empty
    assert logparse.report(tmp_path) == {}
    assert logparse.report(tmp_path, weeks=["2026-W47"])["2026-W47"]["by_user"].empty


def test_paths_must_be_given(log: Path) -> None:
    with pytest.raises(TypeError, match="nothing to read: name a file or folder"):
        logparse.attempts()
    with pytest.raises(TypeError, match="nothing to read"):
        logparse.report(weeks=["2026-W47"])
    with pytest.raises(TypeError, match="is no path; give each as an argument of its own"):
        logparse.attempts([log])  # type: ignore[arg-type]


def test_one_of_a_kind_needs_no_list(log: Path, tmp_path: Path) -> None:
    assert logparse.attempts(log, weeks="2026-W46")["user"].to_list() == ["ann"]
    assert list(logparse.report(log, weeks="2026-W46")) == ["2026-W46"]
    assert len(logparse.attempts(log, log_formats="%(h)s %(t)s %(r)s %(s)s")) == 2
    for folder in (tmp_path / "none", str(tmp_path / "none")):
        with pytest.raises(logparse.RuleError, match=f"{tmp_path / 'none'}: no rule files"):
            logparse.attempts(log, rules=folder)


def test_bytes_that_are_no_text_are_written_out_as_in_the_files(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b"eve", b"caf\xe9").replace(b"etl", b"d%FF"))
    found = logparse.attempts(log)
    assert found["user"].to_list() == ["caf\\xe9", "ann"]
    assert found.to_csv().encode()
    tables = logparse.report(log)["2026-W47"]
    assert tables["by_user"]["user"].dtype == logparse.report(log)["2026-W46"]["by_user"]["user"].dtype
    assert tables["by_user"]["user"].to_list() == ["caf\\xe9"]
    for table in tables.values():
        assert table.to_csv().encode()


@pytest.mark.parametrize("zone", [ZoneInfo("Europe/Berlin"), timezone(timedelta(hours=1))])
def test_zones_may_be_objects(zone: tzinfo, log: Path) -> None:
    log.write_text(LINE.format("eve", 22, 403).replace("12:35:08", "23:35:08"))
    found = logparse.attempts(log, timezone=zone)
    assert found["week"].to_list() == ["2026-W48"]
    pd.testing.assert_frame_equal(found, logparse.attempts(log, timezone="Europe/Berlin"))
    assert list(logparse.report(log, timezone=zone, assume_timezone=zone)) == ["2026-W48"]


def test_zones_of_pytz_are_taken_by_their_names() -> None:
    class Berlin(tzinfo):
        def utcoffset(self, _: datetime | None) -> timedelta:
            return timedelta(minutes=53)  # as of all zones of pytz that are not told the time

        def dst(self, _: datetime | None) -> timedelta:
            return timedelta(0)

        def tzname(self, _: datetime | None) -> str:
            return "LMT"

        def __str__(self) -> str:
            return "Europe/Berlin"

    assert check_options({"timezone": Berlin()}).zone == ZoneInfo("Europe/Berlin")


def test_options_that_there_are_not(log: Path) -> None:
    with pytest.raises(TypeError, match="there is no option 'tz'; there are timezone, "):
        logparse.attempts(log, tz="UTC")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="'twice' is not a valid Overlap"):
        logparse.attempts(log, overlap="twice")  # type: ignore[arg-type]


def test_none_is_the_default(log: Path) -> None:
    asked: logparse.RunOptions = {"timezone": None, "rules": None, "workers": None, "overlap": None, "weeks": None}
    pd.testing.assert_frame_equal(logparse.attempts(log, **asked), logparse.attempts(log))


def test_what_was_not_understood_is_a_warning(log: Path) -> None:
    with log.open("a") as more:
        more.write("what is this\n")
    with pytest.warns(logparse.IncompleteInputWarning, match=r"1 of 3 lines not understood") as caught:
        assert len(logparse.attempts(log)) == 2
    assert caught[0].filename == __file__


def test_errors(log: Path, tmp_path: Path) -> None:
    with pytest.raises(logparse.InputError, match="no such file"):
        logparse.attempts(tmp_path / "nowhere.log")
    with pytest.raises(logparse.FormatError):
        logparse.attempts(log, log_formats=["%(h"])
    with pytest.raises(logparse.RuleError, match="no rule files"):
        logparse.attempts(log, rules=[tmp_path / "none"])
    with pytest.raises(ValueError, match="Europe/Berlin"):
        logparse.attempts(log, timezone="Mars/Phobos")
    with pytest.raises(ValueError, match="2026-W47"):
        logparse.report(log, weeks=["47"])
    assert issubclass(logparse.OutputError, logparse.LogparseError)


def test_public_names_exist_and_importing_loads_nothing() -> None:
    assert all(getattr(logparse, name) for name in logparse.__all__)
    assert set(logparse.__all__) <= set(dir(logparse))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        logparse.nothing  # noqa: B018 - looking it up is the test
    code = "import sys, logparse; print(sorted({'pandas', 'pyarrow', 'typer', 'logparse.api'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version_is_that_of_the_package() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared is None or declared[1] == logparse.__version__


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "+02:00"])
def test_setup_can_be_sent_to_another_process(zone: str) -> None:
    how = check_options({"log_formats": "%(h)s %(t)s %(r)s %(s)s", "assume_timezone": zone}).setup
    assert pickle.loads(pickle.dumps(how)) == how


def hours(*pairs: tuple[float, float]) -> list[tuple[int, int]]:
    start = datetime(2026, 11, 16, tzinfo=UTC).timestamp()
    return [(int((start + since * 3600) * 1e6), int((start + until * 3600) * 1e6)) for since, until in pairs]


@pytest.mark.parametrize(
    ("logged", "missing"),
    [
        ([(0, 168)], 0),
        ([(-500, 500)], 0),
        ([(0.9, 167.1)], 0),
        ([(1.1, 168)], 1),
        ([(0, 166.9)], 1),
        ([(0, 48), (71, 168)], 0),
        ([(0, 48), (73, 168)], 1),
        ([(73, 168), (0, 48), (20, 30)], 1),
        ([(50, 51)], 2),
        ([(-9, -1), (169, 170)], 1),
        ([], 1),
    ],
)
def test_whole_weeks(logged: list[tuple[float, float]], missing: int) -> None:
    assert len(gaps.find_gaps("2026-W47", UTC, hours(*logged))) == missing


def test_weeks_are_whole_in_the_zone_of_the_report() -> None:
    berlin = parse_zone("Europe/Berlin")
    assert gaps.find_gaps("2026-W47", berlin, hours((-1, 167))) == []
    ((since, until),) = gaps.find_gaps("2026-W47", berlin, hours((-1, 100)))
    assert (since.isoformat(), until.isoformat()) == ("2026-11-20T05:00:00+01:00", "2026-11-23T00:00:00+01:00")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("id,dttm,dag_id,event,owner\n1,2026-11-22 12:57:12,a,trigger,x\n", "--audit-log"),
        ('{"event_logs":[{"event_log_id":1,"event":"trigger"}],"total_entries":1}\n', "--audit-log"),
        ("id,dag_id,run_id,execution_date,state\n1,a,manual__x,2026-11-22,success\n", "--dag-runs"),
        ("ID,DAG_ID,EXECUTION_DATE,STATE,RUN_ID\n1,a,2026-11-22,success,manual__x\n", "--dag-runs"),
        ('{"dag_runs":[{"dag_run_id":"x","dag_id":"a"}],"total_entries":1}\n', "--dag-runs"),
        ('[{"username":"a","roles":["Op"]}]\n', "--users"),
        ('{"roles":[{"name":"Op","actions":[]}],"total_entries":1}\n', "--roles"),
        ('[{"name": "Op", "resource": "DAGs", "action": "can_edit"}]\n', "--roles"),
    ],
)
def test_an_export_among_logs_is_said_to_be_one(text: str, option: str, log: Path) -> None:
    export = log.with_name("export.txt")
    export.write_text(text)
    with pytest.warns(logparse.IncompleteInputWarning, match=rf"looks like an export .* {option} "):
        assert len(logparse.attempts(log, export)) == 2
