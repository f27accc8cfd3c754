"""Texts that are longer than any server writes are cut; what they ask for stays, and two of them stay different."""

from __future__ import annotations

import io
import json

import pytest

from logparse.common.memo import SHORT, Memo, remember_short
from logparse.lines.long_texts import LONGEST, cut_text
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

LINE = '192.0.2.7 - {} [01/Sep/2026:00:00:01 +0000] "POST {} HTTP/1.1" 401 3 "{}" "{}"'
LONG = "x" * 20_000
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/api/v1/dags/etl/dagRuns", "/api/v1/dags/etl/dagRuns"),
        ("x" * LONGEST, "x" * LONGEST),
        (f"/api/v1/dags/{LONG}/dagRuns", f"/api/v1/dags/{LONG[:250]}...(20000-characters-"),
        (f"/api/v1/dags/etl/dagRuns?a={LONG}&b=1", "/api/v1/dags/etl/dagRuns?a=x"),
        ("/api/v1/dags/etl/dagRuns?" + "a=1&" * 9000, "/api/v1/dags/etl/dagRuns?a=1&a=1&"),
    ],
)
def test_a_text_stays_as_far_as_it_tells_something(text: str, kept: str) -> None:
    cut = cut_text(text)
    assert cut.startswith(kept)
    assert len(cut) <= LONGEST
    assert cut == text or cut != cut_text(text.replace("x", "y", 300).replace("a=1", "a=2"))
    assert cut_text(cut) == cut


def test_no_part_of_a_secret_stays() -> None:
    for at in (100, 200, 240, 4000, 4080, 10_000, 19_000):
        for between in ("?", "x"):
            text = f"/{'a' * at}{between}password=hunter22{LONG}/{JWT}{LONG}"
            assert "hunter22" not in cut_text(text)
            assert JWT[:30] not in cut_text(text)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("place", range(4))
def test_an_attempt_holds_no_text_without_end(place: int, *, wrapped: bool) -> None:
    texts = ["ann", "/api/v1/dags/etl/dagRuns", "-", "curl"]
    texts[place] = texts[place].replace("etl", "x" * 900_000) if place == 1 else "x" * 900_000
    line = LINE.format(*texts)
    data = json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-09-01T00:00:01Z"}) if wrapped else line
    found = scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(f"{data}\n".encode() * 3)).whole()
    assert len(found.requests) == 3
    for request in found.requests:
        access = request.access
        assert all(len(text or "") <= LONGEST for text in (access.user, access.target, access.referer, access.agent))
        assert (
            request.tag.dag_id == "etl"
            if place != 1
            else (request.tag.dag_id or "").startswith("x" * 250 + "...(900000-")
        )


def test_only_short_questions_are_remembered() -> None:
    asked: list[str] = []

    @remember_short(2)
    def answer(text: str, *, number: int = 0) -> int:
        asked.append(text)
        return len(text) + number

    for text in ("a", "a", "x" * SHORT, "x" * SHORT, "y" * (SHORT + 1), "y" * (SHORT + 1)):
        assert answer(text, number=1) == len(text) + 1
    assert [text[0] for text in asked] == ["a", "x", "y", "y"]


def test_a_memo_forgets_once_its_questions_are_long() -> None:
    memo: Memo[tuple[str, int], int] = Memo()
    for number in range(300):
        memo.learn([(f"{number:03}" * 100_000, 0)], lambda keys: [0 for _ in keys])
        assert sum(len(text) for text, _ in memo) < 1 << 26
    memo.learn([("a", 1), ("a", 1)], lambda keys: [len(keys)])
    assert memo["a", 1] == 1
