"""Recorded logs whose sizes hold headers: of one length, or of many, which leaves pages without a readable message."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import matching
import pytest
import recordings
import scoring

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

CASES = {case.name: case for case in recordings.cases()}
#: Status and size in a combined line.
SIZE = re.compile(rb'(" [1-5]\d\d )(\d+)(?= |$)', re.MULTILINE)
HEADERS = 211


def result(name: str, spread: int, folder: Path) -> tuple[scoring.Score, list[str]]:
    """Score a recording whose sizes hold headers, and up to ``spread`` bytes more of them in each answer."""
    case, chosen = CASES[name], random.Random(5)
    for file, content in case.content().items():
        longer = SIZE.sub(lambda m: b"%b%d" % (m[1], int(m[2]) + HEADERS + chosen.randrange(spread + 1)), content)
        (folder / file).write_bytes(longer)
    found = run.run(discovery.find_sources([str(folder)]), options.Options(setup=case.setup)).attempts
    return scoring.score(matching.rows(found), recordings.truth(case)), found["rule"].to_list()


@pytest.mark.parametrize("name", ["airflow-2.4.3-basic", "airflow-2.10.5-basic"])
def test_no_message_is_read_where_headers_are_of_many_lengths(name: str, tmp_path: Path) -> None:
    score, rules = result(name, 5, tmp_path)
    assert [rule for rule in rules if "flash" in rule] == []
    assert score.undetermined == len(score.wrong) > 0  # open, and not wrong


@pytest.mark.parametrize("name", ["airflow-2.4.3-basic", "airflow-2.10.5-basic"])
def test_messages_are_read_where_headers_are_of_one_length(name: str, tmp_path: Path) -> None:
    score, rules = result(name, 0, tmp_path)
    assert sum("flash" in rule for rule in rules) > 10
    assert score.outcome.part >= 0.95 * score.outcome.whole
