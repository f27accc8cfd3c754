"""Attempts that were read one by one become columns, and nothing that counts is lost by that."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

import logparse
from logparse.envelopes.origin import Origin
from logparse.lines.access import Access
from logparse.rules.loader import load_rules
from logparse.scans.batched_requests import LEAST, put_together
from logparse.scans.request_store import RequestStore
from logparse.scans.scan import Request, Scan
from logparse.scans.tagging import Tagger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        {"user": "ann", "nameless": True},  # typed, and refused by a proxy that looks at names
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


def test_pieces_of_one_log_stay_pieces_of_it() -> None:
    given = [replace(request, log=1) for request in requests(replace(LINE, record="r-1"))]
    assert left(given, frozenset()) == 0
    store = RequestStore(UTC)
    rest = store.take(Scan(given), frozenset())
    store.settle()
    assert not rest.requests
    assert [each.place for page in store.pages for each in store.to_requests(page.read())] == [
        each.place for each in given
    ]


def test_app_lines_of_a_later_piece_are_about_its_requests(tmp_path: Path) -> None:
    """Records with ids are joined across pieces of one log; the lines of a log may begin to complain later."""
    for week, complains in enumerate((False, True)):
        lines = []
        for number in range(20):
            at = 1_772_409_600_000 + 1_200_000 * week + 60_000 * number
            stamp = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
            complaint = f"[{stamp}] {{base_auth_manager.py:130}} ERROR - JWT token is not valid: Signature has expired"
            said = [complaint] if complains else []
            status = "401 Unauthorized" if complains else "200 OK"
            said.append(f'INFO:     10.0.0.9:{number + 1} - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" {status}')
            lines += [
                {"logStreamName": "web", "timestamp": at, "message": text, "eventId": f"{at}{place}"}
                for place, text in enumerate(said)
            ]
        (tmp_path / str(week)).mkdir()
        (tmp_path / str(week) / "web.log").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    found = logparse.attempts(tmp_path / "0", tmp_path / "1", deployment="prod")
    assert found["reason"].fillna("").to_list() == [""] * 20 + ["token_expired"] * 20


def test_a_request_that_another_log_tells_of_is_decided_by_itself() -> None:
    assert left(requests(LINE, LEAST + 1), frozenset({(3, 2)})) == 1


def test_a_few_requests_of_one_process_are_not_worth_columns() -> None:
    assert left(requests(LINE, LEAST - 1)) == LEAST - 1
