"""Attempts that were read one by one become columns, and nothing that counts is lost by that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from logparse.envelopes.origin import Origin
from logparse.lines.access import Access
from logparse.rules.loader import load_rules
from logparse.scans.batched_requests import LEAST, put_together
from logparse.scans.scan import Request
from logparse.scans.tagging import Tagger

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE = Access(
    line=1, order=1, time=1_772_406_005_000_000, time_source="envelope", client="10.0.0.1", user=None, method="POST",
    target="/api/v2/dags/etl/dagRuns", decoded=False, status=403, size=None, referer=None, agent="curl/8", duration=7,
    location=None, nameless=True, origin=Origin("", "node", "pod-1", "web", "stdout"),
    process=("node", "pod-1", "web", ""),
)  # fmt: skip


def requests(access: Access, count: int = LEAST) -> list[Request]:
    lines = [replace(access, line=number, order=number) for number in range(1, count + 1)]
    tags = Tagger(load_rules()).tag_requests(lines)
    return [Request(3, line, tag) for line, tag in zip(lines, tags, strict=True) if tag is not None]


def left(given: Sequence[Request], single: frozenset[tuple[int, int]] | None = None) -> int:
    """How many stay objects; what becomes columns is what it was."""
    batches, rest = put_together(given, single)
    again = [each for batch in batches for each in batch.to_requests()]
    without = [replace(each, access=replace(each.access, request_id=None, peer=None)) for each in given]
    assert again == [told for told, each in zip(without, given, strict=True) if each not in rest]
    return len(rest)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"user": "svc", "nameless": False},
        {"user": None, "nameless": False},
        {"shadowed": True, "decoded": True, "time_source": "line", "size": 12, "duration": None},
        {"origin": Origin("prod", stream="web/1"), "process": ("", "", "", "web/1"), "peer": "10.0.0.9"},
    ],
)
def test_what_columns_can_hold_becomes_columns(change: dict[str, object]) -> None:
    assert left(requests(replace(LINE, **change))) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"time": None, "time_source": None},
        {"time_source": "neighbour", "time_within": None},
        {"proxy": "refused"},
        {"vouched": True, "user": "ann", "nameless": False},
        {"location": "/login/"},
        {"agent": "caf\udce9"},
        {"target": "/home"},  # shows what became of an attempt, and is none
    ],
)
def test_all_others_stay_objects(change: dict[str, object]) -> None:
    assert left(requests(replace(LINE, **change)), frozenset()) == LEAST  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"record": "r-1"}, {"request_id": "0123456789abcdef"}])
def test_a_line_with_an_id_becomes_columns_once_it_is_known_to_count(change: dict[str, str]) -> None:
    given = requests(replace(LINE, **change))  # type: ignore[arg-type]
    assert left(given) == LEAST
    assert left(given, frozenset()) == 0


def test_a_request_that_another_log_tells_of_is_decided_by_itself() -> None:
    assert left(requests(LINE, LEAST + 1), frozenset({(3, 2)})) == 1


def test_a_few_requests_of_one_process_are_not_worth_columns() -> None:
    assert left(requests(LINE, LEAST - 1)) == LEAST - 1
