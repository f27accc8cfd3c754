"""What else the log shows around a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from probes import find_in

from logparse.causes.misspellings import find_meant, fold_ids
from logparse.rules.loader import load_rules
from logparse.scans.settings import Setup
from logparse.verdicts.exports.loader import NONE, Exports
from logparse.verdicts.exports.people import People

if TYPE_CHECKING:
    import pandas as pd

    from logparse.rules.model import RuleSet


def line(second: int, status: int, user: str = "uma", dag: str = "etl_daily", client: str = "10.0.0.1") -> str:
    hour, (minute, second) = 12 + second // 3600, divmod(second % 3600, 60)
    return (
        f'{client} - {user} [22/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] "POST /api/v1/dags/{dag}/dagRuns '
        'HTTP/1.1" '
        f'{status} 186 "-" "python-requests/2.32"\n'
    )


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules()


def find(log: str, rules: RuleSet, exports: Exports = NONE) -> dict[str, pd.Series]:
    found = find_in(log, Setup(), rules, exports)
    return {str(row["finding"]): row for _, row in found.iterrows()}


@pytest.mark.parametrize(
    ("dag", "meant"),
    [
        ("sales_dialy", "sales_daily"),
        ("Sales-Daily", "sales_daily"),
        ("sales_dayil", "sales_daily"),  # two letters
        ("hrr1", "hrr1x"),
        ("sales_daily", ""),  # it is known
        ("sales_2", ""),  # another number is another DAG
        ("hr2x", ""),  # too short for two letters
        ("abc", ""),
        ("billing", ""),
        ("hr_export", ""),  # another word is another DAG
        ("crm_exprot", "crm_export"),
    ],
)
def test_a_known_dag_a_letter_or_two_off_is_meant(dag: str, meant: str) -> None:
    assert find_meant(dag, fold_ids(["sales_daily", "sales_1", "hrr1x", "ab", "crm_export"])) == meant


def test_a_mistyped_dag_is_told_with_what_was_meant(rules: RuleSet) -> None:
    """Ids that somebody triggered and ids that roles name are known; the remedy says it first."""
    roles = {"Sales": frozenset({("can_edit", "DAG:sales_daily"), ("can_create", "DAG Run:hr_weekly")})}
    log = line(0, 200) + line(60, 404, dag="etl_dialy") + line(90, 404, dag="sales_dayly") + line(99, 404, dag="gone")
    missing = find(log, rules, Exports(people=People(roles=roles)))["dag-not-found"]
    assert missing["meant"] == "etl_daily (for etl_dialy), sales_daily (for sales_dayly)"
    assert missing["remedy"].startswith("Probably a DAG id is mistyped, and meant is etl_daily (for etl_dialy), sales_")


def test_who_succeeded_in_the_same_time_is_told(rules: RuleSet) -> None:
    """An hour before and behind the attempts counts, another channel does not."""
    log = line(0, 200, "old") + line(3000, 200, "vic") + line(3700, 403) + line(3800, 403) + line(3900, 200, "wim")
    log += line(3950, 200, "wim") + line(8000, 200, "late")
    log += (
        '10.0.0.2 - x [22/Nov/2026:13:02:00 +0000] "POST /api/experimental/dags/a/dag_runs HTTP/1.1" 200 99 "-" "-"\n'
    )
    (row,) = (row for row in find(log, rules).values() if row["users"] == "uma")
    assert row["succeeded"] == "wim, vic"


@pytest.mark.parametrize(
    ("pause", "times", "success", "told"),
    [
        (
            30,
            20,
            None,
            "uma was refused 20 times in a row for etl_daily, about every 30 seconds, until 2026-11-22 12:09:30",
        ),
        (
            300,
            25,
            None,
            "uma was refused 25 times in a row for etl_daily, about every 5 minutes, until 2026-11-22 14:00:00",
        ),
        (30, 19, None, ""),
        (601, 25, None, ""),
        (30, 30, 15, ""),  # it was let in between
    ],
)
def test_a_program_that_does_not_give_up_is_told(
    pause: int, times: int, success: int | None, told: str, rules: RuleSet
) -> None:
    log = "".join(line(at * pause, 200 if at == success else 403) for at in range(times))
    rows = [*find(log, rules).values()]
    assert {row["retries"] for row in rows} == {told and f"{told} UTC"}
    assert all(("give up" in row["remedy"]) is bool(told) for row in rows)


def test_what_an_intruder_did_is_told(rules: RuleSet) -> None:
    log = line(0, 200) + "".join(line(60 + at, 401, client="10.9.9.9") for at in range(30))
    failed = "[2026-11-22T12:0{}:{:02}.000+0000] {{override.py:2240}} INFO - Login Failed for user: uma\n"
    logins = "".join(failed.format(*divmod(60 + at, 60)) + text + "\n" for at, text in enumerate(log.splitlines()[1:]))
    log = line(0, 200) + logins + line(95, 200, client="10.9.9.9") + line(99, 200, dag="pay", client="10.9.9.9")
    guessed = find(log + line(120, 200), rules)["password-guessed"]
    assert guessed["intruder_runs"] == (
        "etl_daily by uma at 2026-11-22 12:01:35 UTC (-:62); pay by uma at 2026-11-22 12:01:39 UTC (-:63)"
    )
    assert guessed["retries"] == ""
