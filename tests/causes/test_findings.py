"""Findings on recordings of real servers: they name the setting that the server had, and leave no failure without."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
import recordings
from folders import write

import logparse
from logparse.reports.finding_texts import describe_roles
from logparse.rules.loader import load_rules
from logparse.verdicts.permissions import Lack

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.pipeline import result as pipeline
    from logparse.rules.model import FindingRule, OutcomeRule

CASES = {case.name: case for case in recordings.cases()}

#: What each server was set to, by its ``case.toml``.
SETTINGS = {
    "airflow-1.10.15-rbac-open-experimental": "experimental-open",
    "airflow-2.0.2-deny-all": "deny-all-stable",
    "airflow-2.10.5-session-only": "basic-auth-not-enabled",
    "airflow-2.8.3-ldap-replicas-prefix": "identity-provider-down",
    "airflow-2.9.3-basic": "public-role-answers",
    "airflow-2.11.2-oauth": "public-role-answers",
    "airflow-2.10.5-forged-lines": "many-names-one-address",
}
#: Causes that lie in a setting of the whole server.
OF_SERVERS = {
    "basic-auth-not-enabled", "default-backend-403", "deny-all-experimental", "deny-all-replaced", "deny-all-stable",
    "experimental-open", "identity-provider-down", "jwt-key-changed", "jwt-secret-differs", "jwt-secret-generated",
    "public-role-answers", "secret-key-differs",
}  # fmt: skip

#: Reasons of refusals of the REST APIs of which the log does not show which one it is.
OPEN = {"bad_credentials|permission_denied", "token_invalid|permission_denied"}


@cache
def result(name: str) -> pipeline.Result:
    return recordings.run(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_a_finding_names_the_setting_of_the_server_and_no_other(name: str) -> None:
    found = set(result(name).findings["finding"])
    expected = SETTINGS.get(name)
    assert expected is None or expected in found
    assert found & OF_SERVERS <= {expected}


@pytest.mark.parametrize("name", CASES)
def test_every_failure_has_a_cause_and_none_has_two(name: str) -> None:
    attempts, found = result(name).attempts, result(name).findings
    timed = attempts[attempts["week"].notna()]
    failed = timed["outcome"].isin(["authentication_failure", "authorization_failure", "other_failure"]).sum()
    assert failed <= found["attempts"].sum() <= len(timed)
    assert (found["incidents"] <= found["attempts"]).all()


@pytest.mark.parametrize(
    "rule",
    [rule for rule in load_rules().outcomes if rule.outcome.endswith("failure") or rule.reason in OPEN],
    ids=lambda rule: rule.id,
)
def test_what_a_rule_refuses_is_in_a_finding(rule: OutcomeRule, tmp_path: Path) -> None:
    """No recording holds the answers of all rules; their examples do."""
    for example in rule.examples:
        if example.positive:
            data = example.data
            audit = [write(tmp_path / "audit.csv", data["audit_log"])] if "audit_log" in data else []
            runs = [write(tmp_path / "runs.csv", data["dag_runs"])] if "dag_runs" in data else []
            own = [data["log_format"]] if "log_format" in data else []
            log = write(tmp_path / "a.log", data["log"])
            found = logparse.attempts(log, log_formats=own, audit_logs=audit, dag_runs=runs, workers=1)
            mine = found[(found["rule"] == rule.id) & found["week"].notna()]
            assert mine["finding"].notna().all()


@pytest.mark.parametrize("name", CASES)
def test_attempts_name_the_finding_that_explains_them(name: str) -> None:
    found = result(name).findings
    counts = result(name).attempts.groupby(["week", "finding"]).size()
    assert counts.to_dict() == {(row.week, row.key): row.attempts for row in found.itertuples()}


@pytest.mark.parametrize("name", CASES)
def test_a_finding_is_told_in_full(name: str) -> None:
    found = result(name).findings
    told = found[["title", "explanation", "remedy", "versions", "reference", "example"]]
    assert not told.isna().any().any()
    assert not told.apply(lambda column: column.str.contains(r"\{[a-z]+\}", regex=True)).any().any()
    assert (found["first_seen"] <= found["last_seen"]).all()
    examples = found["example"].str.rpartition(":")[2].astype(int)
    assert examples.isin(result(name).attempts["line"]).all()


@pytest.mark.parametrize("rule", load_rules().findings, ids=lambda rule: rule.id)
def test_a_sentence_is_right_for_one_caller_and_for_many(rule: FindingRule) -> None:
    """A finding may be about several callers, which stand in place of one name."""
    subjects = re.findall(r"(?:^|[.:] )\{(?:user|caller|client)s?\} (?:\w+s)\b.{9}", " ".join(rule.explanation.split()))
    assert subjects == []


@pytest.mark.parametrize("rule", load_rules().findings, ids=lambda rule: rule.id)
def test_a_remedy_that_gives_access_asks_whether_it_is_intended(rule: FindingRule) -> None:
    gives = re.search(r"airflow (?:users (?:create|add-role)|roles (?:create|add-perms))", rule.remedy)
    assert not gives or rule.grants or "intended" in rule.remedy


def test_what_several_roles_lack_is_said_in_the_plural() -> None:
    said = [
        describe_roles([Lack("uma", roles, (), "op", "no_role")])[0] for roles in ((), ("Team",), ("Team", "Other"))
    ]
    assert [text.split(" role op")[0] for text in said] == [
        "uma has no role, and so lacks", "uma has Team, which lacks", "uma has Team, Other, which lack",
    ]  # fmt: skip
