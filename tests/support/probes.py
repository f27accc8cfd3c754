"""A finding of a test's own among the shipped ones: what it claims of a log."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from logparse.pipeline import options, result_builder
from logparse.rules import loader
from logparse.scans.scanner import scan_opened
from logparse.scans.settings import Setup
from logparse.scans.tagging import Tagger
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from logparse.rules.model import RuleSet
    from logparse.verdicts.exports.loader import Exports

RULE = """
id = "probe"
title = "Probe"
order = {order}
severity = "{severity}"
over = {over}
confidence = "likely"
explanation = "{{caller}}"
remedy = "{remedy}"
asks_for = "{asks_for}"
versions = "2"
reference = "https://example.org"
[when]
{when}
[need]
{need}
[[match]]
log = "x"
[[ignore]]
log = "x"
"""


def write_rule(  # noqa: PLR0913 - the keys of a rule
    folder: Path,
    *,
    over: str,
    when: str,
    need: str,
    order: int = 0,
    remedy: str = "x",
    severity: str = "medium",
    asks_for: str = "",
) -> None:
    (folder / "findings").mkdir(parents=True)
    text = RULE.format(
        order=order, over=over, when=when, need=need, remedy=remedy, severity=severity, asks_for=asks_for
    )
    (folder / "findings" / "probe.toml").write_text(text, encoding="utf-8")


def probe_findings(folder: Path, log: str, exports: Exports, *, every: bool = False) -> pd.DataFrame:
    """Findings of that rule in a log, or of every rule, with the rules in a folder beside the shipped ones."""
    found = find_in(log, Setup(rule_folders=(str(folder),)), loader.load_rules((str(folder),)), exports)
    return found if every else found[found["finding"] == "probe"]


def find_in(log: str, setup: Setup, rules: RuleSet, exports: Exports) -> pd.DataFrame:
    """Findings of every rule in a log."""
    reader = ChunkReader(Source("-", None, None), stdin=BytesIO(log.encode()))
    (scan,), asked = scan_opened([reader], setup, Tagger(rules)), options.Options(setup, exports=exports)
    return result_builder.conclude(scan, [reader.source], asked, rules).findings
