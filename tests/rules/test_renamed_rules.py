"""No result depends on the ids of rules: the shipped rules under other ids, which sort the other way round too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
import recordings
from places import DATA, ROOT
from renamed_rules import SHIPPED, write_renamed

from logparse.pipeline import options, run
from logparse.reports import catalog
from logparse.reports.report import ReportInput
from logparse.rules import loader
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.verdicts.exports import loader as exports

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.thorough
RANKS = {family: {rule: rank for rank, rule in enumerate(sorted(ids, reverse=True))} for family, ids in SHIPPED.items()}
OLD = {f"r{RANKS[family][rule]:03}-{rule}": rule for family, ids in SHIPPED.items() for rule in ids}


def new_id(family: str, rule: str) -> str:
    return f"r{RANKS[family][rule]:03}-{rule}"


def rows(frame: Any) -> list[str]:
    """Rows as texts, with the old ids, in an order that depends on no id."""
    frame = frame.astype(object).where(frame.notna(), None)
    return sorted(str([old(cell) for cell in row]) for row in frame.itertuples(index=False, name=None))


def old(cell: Any) -> Any:
    """A cell with the old id; a finding's key begins with one."""
    rule, sign, rest = str(cell).partition("/")
    return f"{OLD[rule]}{sign}{rest}" if rule in OLD else cell


def tables(logs: list[Path], given: options.Options) -> dict[str, list[str]]:
    """All tables of a run as rows, by week and report."""
    result = run.run(discovery.find_sources([str(path) for path in logs]), given)
    found = {"attempts": rows(result.attempts)}
    for name, week, before in result.compared(result.decided.weeks):
        reports = catalog.build_reports(ReportInput(week.attempts, before, UTC, result.coverage, week.findings))
        found.update({f"{name} {report}": rows(frame) for report, frame in reports.items()})
    return found


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("renamed") / "rules"
    write_renamed(folder, new_id)
    return folder


def check(logs: list[Path], given: options.Options, renamed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = tables(logs, given)
    monkeypatch.setattr(loader, "shipped_folder", lambda: renamed)
    found = tables(logs, replace(given, setup=replace(given.setup, rule_folders=(str(renamed),))))
    assert any(rule in row for rule in OLD.values() for row in expected["attempts"])
    assert found == expected


@pytest.mark.sampled(16)
@pytest.mark.parametrize("case", recordings.cases(), ids=lambda case: case.name)
def test_recordings(case: recordings.Case, renamed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(case.logs, options.Options(setup=case.setup), renamed, monkeypatch)


@pytest.mark.parametrize("folder", sorted((DATA / "denied").iterdir()), ids=lambda folder: folder.name)
def test_with_exports(folder: Path, renamed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("audit_log.csv.gz", "dag_run.csv.gz", "rest_users.json.gz", "rest_roles.json.gz")
    given = exports.load(*([str(folder / name)] if (folder / name).exists() else [] for name in names))
    check([folder / "server.log.gz"], options.Options(exports=given), renamed, monkeypatch)


def test_samples(renamed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check([ROOT / "sample_logs"], options.Options(Setup()), renamed, monkeypatch)
