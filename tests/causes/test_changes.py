"""Who goes back to one change, and when several findings of a rule are one row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from probes import probe_findings, write_rule

from logparse.verdicts.exports.loader import NONE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOON: Final = datetime(2026, 11, 17, 12, tzinfo=UTC)


def line(hour: float, status: int, user: str) -> str:
    now = NOON + timedelta(hours=hour)
    return (
        f"127.0.0.1 - {user} [{now:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"POST /api/v1/dags/a/dagRuns HTTP/1.1" {status} 186 "-" "curl/8.5.0"\n'
    )


def log(calls: Mapping[str, str]) -> str:
    """Lines of callers, ``uma`` -> ``0+ 1- 2-``: accepted at noon, refused one hour and two hours later."""
    told = [
        (float(call[:-1]), 200 if call[-1] == "+" else 403, user)
        for user, text in calls.items()
        for call in text.split()
    ]
    return "".join(line(*each) for each in sorted(told))


LOST: Final = 'success = "interrupted"\nsuccess_of = ["user"]\nat_once = true'


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param({"a": "0+ 1- 2- 3+"}, [3 - 1], id="one for two hours"),
        pytest.param({"a": "0+ 1- 3+"}, [], id="one refusal of one caller is no change"),
        pytest.param({"a": "0+ 1- 2- 3+", "b": "0+ 1.5- 3+"}, [3], id="who was refused once meanwhile belongs to it"),
        pytest.param({"a": "0+ 1- 2- 9+", "b": "0+ 3- 5+"}, [2], id="who was refused later does not"),
        pytest.param({"a": "0+ 1- 2- 9+", "b": "0+ 1.2+ 1.5- 5+"}, [2], id="nor who was let in meanwhile"),
        pytest.param({"a": "0+ 1- 3+", "b": "0+ 1.5- 4+", "c": "0.5+ 2- 5+"}, [3], id="three for the same time"),
        pytest.param({"a": "0+ 1- 3+", "b": "0+ 1.5- 4+"}, [], id="two are too few"),
        pytest.param({"a": "0+ 1- 1.4+", "b": "0+ 1.5- 4+", "c": "0.5+ 2- 5+"}, [], id="three for different times"),
        pytest.param({"a": "0+ 1- 3+", "b": "0+ 1.01- 4+", "c": "0+ 1.02- 5+"}, [], id="a restart is no change"),
        pytest.param({"a": "1- 3+", "b": "1.5- 4+", "c": "2- 5+"}, [], id="never let in before"),
        pytest.param({"a": "0+ 1- 2- 3+", "b": "20+ 21- 22- 23+"}, [2, 2], id="two changes"),
    ],
)
def test_who_was_shut_out_by_one_change(calls: Mapping[str, str], expected: list[int], tmp_path: Path) -> None:
    write_rule(tmp_path, over="[]", when="status = [403]", need=LOST, order=1)
    found = probe_findings(tmp_path, log(calls), NONE)
    assert [row.attempts for row in found.itertuples()] == expected


@pytest.mark.parametrize(("one_row", "rows"), [(False, [("a", 2), ("b", 2)]), (True, [("a, b", 4)])])
def test_one_setting_is_one_row(one_row: bool, rows: list[tuple[str, int]], tmp_path: Path) -> None:
    write_rule(tmp_path, over='["user"]', when="status = [403]", need="attempts = 2", order=1)
    (rule,) = tmp_path.rglob("probe.toml")
    rule.write_text(f"one_row = {str(one_row).lower()}\n" + rule.read_text("utf-8"), "utf-8")
    found = probe_findings(tmp_path, log({"a": "0- 1-", "b": "2- 3-", "c": "4-"}), NONE)
    told = [(row.users, row.attempts) for row in found.itertuples()]
    assert told == rows
    assert ("probe" in set(found["key"])) is one_row


@pytest.mark.parametrize(("meanwhile", "attempts"), [(False, []), (True, [2])])
def test_a_share_of_the_same_time(meanwhile: bool, attempts: list[int], tmp_path: Path) -> None:
    need = (
        f'share = 0.5\nmeanwhile = {str(meanwhile).lower()}\nof = {{ outcome = ["success", "authorization_failure"] }}'
    )
    write_rule(tmp_path, over='["user"]', when="status = [403]", need=need, order=1)
    found = probe_findings(tmp_path, log({"a": "0+ 1+ 2+ 10- 11- 20+"}), NONE)
    assert [row.attempts for row in found.itertuples()] == attempts
