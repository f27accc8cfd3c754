"""How bad a finding is, how many rows one cause has, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from probes import probe_findings, write_rule

import logparse
from logparse.common.schema import SEVERITIES
from logparse.rules.loader import load_rules
from logparse.verdicts.exports.audit_log import ChangeRecord
from logparse.verdicts.exports.loader import NONE, Exports
from logparse.verdicts.exports.people import People

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def line(at: int, status: int = 403, *, user: str = "uma", dag: str = "a") -> str:
    day, hour = divmod(12 + at // 60, 24)
    return (
        f"127.0.0.1 - {user} [{16 + day:02}/Nov/2026:{hour:02}:{at % 60:02}:00 +0000] "
        f'"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} 186 "-" "curl/8.5.0"\n'
    )


def probe(folder: Path, log: str, severity: str = "medium", over: str = '["user"]') -> pd.DataFrame:
    write_rule(folder, over=over, when="status = [403]", need="", severity=severity)
    return probe_findings(folder, log, NONE)


@pytest.mark.parametrize(
    ("base", "callers", "others", "times", "severity", "reach"),
    [
        ("medium", 1, 0, 3, "medium", "one"),
        ("medium", 2, 0, 3, "medium", "some"),  # of two callers nobody can say that they are everybody
        ("medium", 3, 0, 3, "high", "everybody"),
        ("low", 3, 0, 3, "medium", "everybody"),
        ("high", 3, 0, 3, "high", "everybody"),
        ("medium", 3, 1, 3, "medium", "some"),  # somebody else was let in at that time
        ("medium", 1, 0, 1, "low", "one"),
        ("high", 1, 0, 1, "medium", "one"),
        ("low", 1, 0, 1, "low", "one"),
        ("critical", 1, 0, 1, "critical", "one"),
        ("info", 3, 0, 3, "info", "everybody"),
    ],
)
def test_severity_depends_on_what_is_concerned(
    base: str, callers: int, others: int, times: int, severity: str, reach: str, tmp_path: Path
) -> None:
    log = "".join(line(2 * at, user=f"u{caller}") for at in range(times) for caller in range(callers))
    log += "".join(line(3, 200, user=f"v{other}") for other in range(others))
    (row,) = probe(tmp_path, log, base, over="[]").itertuples()
    assert (row.severity, row.reach) == (severity, reach)


@pytest.mark.parametrize(
    ("steps", "severity", "reach"),
    [
        pytest.param([(1, "u", 200), (3, "u", 403), (63, "u", 403)], "high", "one", id="what worked does not any more"),
        pytest.param([(1, "u", 200), (3, "u", 403), (62, "u", 403)], "medium", "one", id="for a short time"),
        pytest.param([(1, "u", 200), (3, "u", 403), (63, "u", 403), (64, "u", 200)], "medium", "one", id="it is over"),
        pytest.param([(1, "v", 200), (3, "u", 403), (63, "u", 403)], "medium", "one", id="somebody else's worked"),
        pytest.param(
            [(1, "v", 200), (3, "u", 403), (5, "w", 403), (7, "x", 403), (9, "v", 200)], "high", "everybody",
            id="all who called in that time",
        ),
    ],
)  # fmt: skip
def test_severity_depends_on_what_else_happened(
    steps: list[tuple[int, str, int]], severity: str, reach: str, tmp_path: Path
) -> None:
    log = "".join(line(at, status, user=user) for at, user, status in steps)
    (row,) = probe(tmp_path, log, over="[]").itertuples()
    assert (row.severity, row.reach) == (severity, reach)


def test_one_cause_has_few_rows(tmp_path: Path) -> None:
    """Those with most attempts, and one row for all others; no attempt is lost."""
    log = "".join(line(2 * at, user=f"u{user}") for user in range(6) for at in range(user + 1))
    found = probe(tmp_path, log)
    assert found["attempts"].tolist() == [10, 6, 5]
    assert found["users"].tolist() == ["u3, u2, u1, u0", "u5", "u4"]
    assert found["explanation"].tolist() == ["u3, u2, u1, u0", "u5", "u4"]
    assert found["key"].tolist()[0] == "probe/others"


def test_what_happened_once_is_told_of_together(tmp_path: Path) -> None:
    found = probe(
        tmp_path, "".join(line(at, user=f"u{at}") for at in range(4)) + line(9, user="v") + line(11, user="v")
    )
    assert found["attempts"].tolist() == [2, 4]
    assert found["incidents"].tolist() == [2, 4]
    assert found["severity"].tolist() == ["medium", "low"]  # once for each of four is as mild as once


def test_a_key_is_the_same_in_every_week(tmp_path: Path) -> None:
    once = probe(tmp_path / "a", line(1) + line(5) + line(7, user="v") + line(9, user="v") + line(12, user="v"))
    later = probe(tmp_path / "b", line(30, dag="b") + line(40, dag="b"))
    assert set(later["key"]) < set(once["key"])
    assert len(set(once["key"])) == 2


def test_the_worst_comes_first(tmp_path: Path) -> None:
    log = "".join(line(at, user="-") for at in range(3)) + line(9, 404) + line(20, 404, dag="b") + line(30)
    write_rule(tmp_path, over="[]", when="status = [403]", need="", severity="critical")
    found = probe_findings(tmp_path, log, NONE, every=True)
    ranks = [SEVERITIES.index(each) for each in found["severity"]]
    assert ranks == sorted(ranks)
    assert len(ranks) > 1


def test_a_remedy_that_grants_says_only_if_it_is_intended(tmp_path: Path) -> None:
    log = line(1, user="uma") + line(3, 200, user="uma", dag="b") + line(5, user="uma")
    write_rule(tmp_path, over="[]", when="status = [999]", need="")
    found = probe_findings(tmp_path, log, NONE, every=True)
    assert found["remedy"].str.startswith("Only if this access is intended: airflow roles").all()
    grants = [rule for rule in load_rules(()).findings if rule.grants]
    assert len(grants) > 5
    assert all("Only if" not in rule.remedy for rule in grants)


def test_a_remedy_does_not_ask_for_what_was_given(tmp_path: Path) -> None:
    write_rule(tmp_path, over="[]", when="status = [403]", need="", asks_for="With --users and --roles more is known.")
    given = [NONE, Exports(people=People(users={})), Exports(people=People(users={}, roles={}))]
    said = [probe_findings(tmp_path, line(1), exports)["remedy"].to_list() for exports in given]
    assert said == [["x With --users and --roles more is known."]] * 2 + [["x"]]


@pytest.mark.parametrize(
    ("before", "hours", "known"),
    [
        pytest.param([line(1, 200)], 0.5, True, id="accepted before, refused since"),
        pytest.param([line(1, 200)], 30, False, id="a day later"),
        pytest.param([line(1, 200, user="bob")], 0.5, False, id="somebody else was accepted before"),
    ],
)
def test_a_start_of_the_server_may_have_set_it_off(
    before: list[str], hours: float, *, known: bool, tmp_path: Path
) -> None:
    write_rule(tmp_path, over="[]", when="status = [403]", need="")
    started = "[2026-11-16 12:05:00 +0000] [7] [INFO] Listening at: http://127.0.0.1:8080 (7)\n"
    log = "".join([*before, started, line(5 + int(60 * hours))])
    (row,) = probe_findings(tmp_path, log, NONE).itertuples()
    minutes = int(60 * hours)
    told = f"the server was started at 2026-11-16 12:05:00 UTC, {minutes} minutes before the first attempt"
    assert row.likely_trigger == (told if known else "")


@pytest.mark.parametrize(
    ("at", "status", "told"),
    [
        pytest.param(3, 403, "users or roles were changed (cli_roles_del_perms in the audit log) at", id="between"),
        pytest.param(0, 403, "the server was started at", id="before the last success"),
        pytest.param(3, 401, "the server was started at", id="nobody was refused for a role"),
    ],
)
def test_a_change_of_roles_in_the_audit_log_may_have_set_it_off(
    at: int, status: int, told: str, tmp_path: Path
) -> None:
    write_rule(tmp_path, over="[]", when="status = [401, 403]", need="")
    started = "[2026-11-16 12:05:00 +0000] [7] [INFO] Listening at: http://127.0.0.1:8080 (7)\n"
    changes = (ChangeRecord(1_794_830_400_000_000 + at * 60_000_000, "cli_roles_del_perms"),)
    found = probe_findings(tmp_path, line(1, 200) + started + line(9, status), Exports(changes=changes))
    (row,) = found.itertuples()
    minutes = 9 - (at if told.startswith("users") else 5)
    assert str(row.likely_trigger).startswith(told)
    assert str(row.likely_trigger).endswith(f", {minutes} minutes before the first attempt")


@pytest.mark.parametrize(
    ("times", "rows"),
    [
        ([2], [("info", 2)]),
        ([3], [("medium", 3)]),
        ([2, 1], [("info", 3)]),  # what is harmless is told of together
        ([4, 3, 2, 1], [("medium", 4), ("medium", 3), ("info", 3)]),
    ],
)
def test_what_happens_seldom_is_harmless(times: list[int], rows: list[tuple[str, int]], tmp_path: Path) -> None:
    write_rule(tmp_path, over='["user"]', when="status = [403]", need="", severity="medium")
    (rule,) = tmp_path.rglob("probe.toml")
    rule.write_text("harmless_up_to = 2\n" + rule.read_text("utf-8"), "utf-8")
    log = "".join(line(5 * at, user=f"u{user}") for user, number in enumerate(times) for at in range(number))
    found = probe_findings(tmp_path, log, NONE)
    assert [(row.severity, row.attempts) for row in found.itertuples()] == rows


def test_only_those_who_were_let_in_before_lost_access(tmp_path: Path) -> None:
    """Two callers are accepted in the end: one lost access in the week before, the other never had it."""
    before = "".join(line(at - 10_080, status) for at, status in ((0, 200), (60, 403), (120, 403)))
    log = before + "".join(line(at, 403) + line(at, 403, user="bob") for at in (0, 60))
    log += line(300, 200) + line(300, 200, user="bob")
    (tmp_path / "a.log").write_text(log, "utf-8")
    found = logparse.report(tmp_path / "a.log")["2026-W47"]["findings"]
    assert dict(zip(found["users"], found["finding"], strict=True)) == {
        "uma": "access-lost",
        "bob": "access-came-later",
    }
