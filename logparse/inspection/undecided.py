"""Answers of an endpoint that no outcome rule knows: attempts with them would be undetermined, without a reason.

Owns: which answers are tried. Must not know: what any rule means.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from logparse.scans.scanner import scan_opened
from logparse.scans.settings import Setup
from logparse.scans.tagging import Tagger
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.source import Source
from logparse.verdicts.evidence.gather import gather_evidence
from logparse.verdicts.exports.loader import NONE
from logparse.verdicts.verdict import Judge

if TYPE_CHECKING:
    from logparse.rules.model import RequestRule, RuleSet

#: Answers that an endpoint which makes runs is likely to give.
_STATUSES: Final = (200, 201, 202, 400, 401, 403, 404, 409, 422, 429, 500)


def list_undecided(rules: RuleSet, rule: RequestRule) -> list[int]:
    """Return with which statuses an attempt is decided by no rule, as far as its access line alone shows.

    Args:
        rules: all rules.
        rule: an attempt rule, the first of whose examples is tried.
    """
    request = next(each.data["request"] for each in rule.examples if each.positive)
    start = f'192.0.2.1 - uma [02/Mar/2026:00:00:00 +0000] "{request} HTTP/1.1"'
    logs = [BytesIO(f'{start} {status} 34 "-" "curl/8.5.0"\n'.encode()) for status in _STATUSES]
    scans = scan_opened([ChunkReader(Source("-", None, None), stdin=log) for log in logs], Setup(), Tagger(rules))
    judge = Judge(rules.outcomes)
    undecided = []
    for status, scan in zip(_STATUSES, scans, strict=True):
        attempts = gather_evidence(scan, rules, NONE, judge.decide)
        if not all(judge.decide(attempt).rule for attempt in attempts):
            undecided.append(status)
    return undecided
