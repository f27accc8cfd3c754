"""Exports that come later, and other rules: what is stored decides anew."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq
import pytest
from archive_runs import call, held, report
from folders import record, rows, verified, visible
from places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")

DENIED: Final = ROOT / "tests/data/denied"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


def exported(folder: Path) -> list[str]:
    return [
        part
        for option, name in (("--audit-log", "audit_log.csv"), ("--dag-runs", "dag_run.csv"),
                             ("--users", "users.json"), ("--roles", "roles.json"))
        for part in (option, str(folder / f"{name}.gz"))
    ]  # fmt: skip


def test_exports_are_used_again_when_a_week_is_made_without_them(tmp_path: Path, out: Path) -> None:
    folder = DENIED / "airflow-3.2.2"
    lines = gzip.decompress((folder / "server.log.gz").read_bytes()).splitlines(keepends=True)
    half = next(n for n in range(len(lines) // 2, len(lines)) if b"POST" in lines[n]) + 1
    log = tmp_path / "server.log"
    log.write_bytes(b"".join(lines))
    assert report(log, "--out", tmp_path / "plain").exit_code == 0
    assert report(log, "--out", tmp_path / "whole", *exported(folder)).exit_code == 0
    whole = visible(tmp_path / "whole")
    assert whole != visible(tmp_path / "plain")  # else nothing would be shown here
    assert b"airflow roles" in whole[next(path for path in whole if path.endswith("findings.csv"))]
    # Made anew, from what is stored.
    assert report("--out", tmp_path / "whole", "--rebuild").exit_code == 0
    assert visible(tmp_path / "whole") == whole
    # The rest of the log comes later, without them.
    log.write_bytes(b"".join(lines[:half]))
    assert report(log, "--out", out, *exported(folder)).exit_code == 0
    log.write_bytes(b"".join(lines))
    assert report(log, "--out", out).exit_code == 0
    del whole["coverage.csv"]
    assert {path: data for path, data in visible(out).items() if path != "coverage.csv"} == whole


def test_changes_of_roles_in_an_audit_log_are_stored_too(log: Path, tmp_path: Path, out: Path) -> None:
    log.write_text("".join([call(1), *(call(minute, status=403) for minute in (9, 11, 13))]))
    (first, *_) = held_times(log)
    changed = first + timedelta(minutes=5)
    (tmp_path / "log.csv").write_text(
        "id,dttm,dag_id,event,owner,extra\n"
        f"1,{first - timedelta(hours=1)},,cli_webserver,root,\n2,{first},etl,api.post_dag_run,ann,\n"
        f"3,{changed},,cli_roles_del_perms,root,\n4,{first + timedelta(hours=1)},,cli_dag_list_dags,root,\n"
    )
    said = (
        f"users or roles were changed (cli_roles_del_perms in the audit log) at {changed:%Y-%m-%d %H:%M:%S} UTC, 3 min"
    )
    for asked in ([log, "--audit-log", tmp_path / "log.csv"], ["--rebuild"]):
        assert report(*asked, "--out", out).exit_code == 0
        (told,) = {row["likely_trigger"] for path in out.glob("2*/findings.csv") for row in rows(path)}
        assert told.startswith(said)


def held_times(log: Path) -> list[datetime]:
    stamps = re.findall(r"\[([^\]]+)\]", log.read_text())
    return [datetime.strptime(stamp, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC) for stamp in stamps]


def test_exports_that_come_later_decide_what_is_known(tmp_path: Path, out: Path) -> None:
    folder = DENIED / "airflow-3.2.2"
    log = folder / "server.log.gz"
    assert report(log, "--out", tmp_path / "once", *exported(folder)[:4]).exit_code == 0
    assert report(log, "--out", out).exit_code == 0
    assert report(log, "--out", out, *exported(folder)[:2]).exit_code == 0
    assert report(log, "--out", out, *exported(folder)[2:4]).exit_code == 0
    assert visible(out) == visible(tmp_path / "once")
    verified(out)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Rules by which a DAG that is not there is a matter of permission."""
    shipped = (ROOT / "rules/outcomes/dag-not-found.toml").read_text()
    told = shipped.replace('outcome = "other_failure"', 'outcome = "authorization_failure"')
    told = told.replace('reason = "dag_not_found"', 'reason = "permission_denied"')
    assert told != shipped
    path = tmp_path / "rules/outcomes/dag-not-found.toml"
    path.parent.mkdir(parents=True)
    path.write_text(told)
    return tmp_path / "rules"


def test_other_rules_decide_anew_without_the_logs(rules: Path, tmp_path: Path, out: Path) -> None:
    log = tmp_path / "web.log"
    lines = [call(1), call(2, status=404, dag="nope"), *(call(15 * 1440 + n) for n in range(4))]
    log.write_text("".join(lines))
    assert report(log, "--out", out).exit_code == 0
    assert report(log, "--out", tmp_path / "new", "--rules", rules).exit_code == 0
    before, wanted = visible(out), visible(tmp_path / "new")
    log.unlink()
    (tmp_path / "more.log").write_text(call(3 * 1440))
    # They are told, and decide nothing that was decided.
    done = report(tmp_path / "more.log", "--out", out, "--rules", rules, "--dry-run")
    assert done.exit_code == 0
    assert "1 of 2 weeks were decided by other rules (2026-W49); to see which would change" in done.stderr
    assert visible(out) == before
    done = report("--out", out, "--rules", rules, "--reclassify", "--dry-run")
    assert (done.exit_code, visible(out)) == (0, before)
    told = "".join(each for each in done.stderr.splitlines() if "chang" in each and "to see which" not in each)
    assert re.findall(r"2026-W\d\d", told) == ["2026-W47"], "which weeks would change is not said"
    done = report("--out", out, "--rules", rules, "--reclassify")
    assert done.exit_code == 0
    assert "other rules" not in done.stderr
    assert Counter(each.outcome for each in held(out)) == {"success": 5, "authorization_failure": 1}
    assert visible(out) == wanted
    verified(out)
    # And back.
    assert report("--out", out, "--reclassify").exit_code == 0
    assert visible(out) == before


def test_weeks_of_other_rules_are_named(rules: Path, tmp_path: Path, out: Path) -> None:
    (tmp_path / "a.log").write_text("".join(call(week * 7 * 1440, status=404) for week in range(-3, 1)))
    report(tmp_path / "a.log", "--out", out)
    (tmp_path / "b.log").write_text(call(3 * 1440))
    done = report(tmp_path / "b.log", "--out", out, "--rules", rules)
    assert done.exit_code == 0
    assert "3 of 4 weeks were decided by other rules (2026-W44 to 2026-W46)" in done.stderr
    assert "--reclassify" in done.stderr
    assert any("other rules" in each for each in record(out)["messages"])
    outcomes = {path.parent.name[-8:]: set(pq.read_table(path, partitioning=None)["outcome"].to_pylist())
                for path in out.glob("attempts/*/*.parquet")}  # fmt: skip
    assert outcomes == {
        **{week: {"other_failure"} for week in ("2026-W44", "2026-W45", "2026-W46")},
        "2026-W47": {"authorization_failure", "success"},
    }
