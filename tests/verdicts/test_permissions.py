"""What refused callers lacked, on recorded servers whose users each lack something else, and what grants it."""

from __future__ import annotations

import csv
import gzip
import re
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from places import DATA

from logparse.causes import remedies
from logparse.common.errors import InputError
from logparse.common.schema import Outcome
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup, ruleset
from logparse.sources import discovery
from logparse.verdicts import caller, permissions, resolution
from logparse.verdicts import verdict as decide
from logparse.verdicts.decision import Decision
from logparse.verdicts.evidence import gather
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.exports.people import People, User

if TYPE_CHECKING:
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.decision import Caller
    from logparse.verdicts.permissions import Lack

FOLDER = DATA / "denied"
#: What was exported with the commands of Airflow, where they exist, and what with its REST API.
FORMS = {"commands": ("users", "roles"), "REST API": ("rest_users", "rest_roles")}
SERVERS = [
    (path.name, form)
    for path in sorted(FOLDER.iterdir())
    for form, names in FORMS.items()
    if all((path / f"{name}.json.gz").exists() for name in names)
]
each_server = pytest.mark.parametrize(("name", "form"), SERVERS)


class Row(NamedTuple):
    """A refused or accepted attempt, as logparse sees it and as it was."""

    attempt: Attempt
    caller: Caller
    lack: Lack | None
    decided: str
    truth: dict[str, str]


@cache
def people(name: str, form: str) -> People:
    users, roles = (str(FOLDER / name / f"{each}.json.gz") for each in FORMS[form])
    return loader.load((), (), [users], [roles]).people


@cache
def rows(name: str, form: str) -> list[Row]:
    folder, rules = FOLDER / name, ruleset(())
    given = loader.load([str(folder / "audit_log.csv.gz")], [str(folder / "dag_run.csv.gz")])
    (source,) = discovery.find_sources([str(folder / "server.log.gz")])
    judge = decide.Judge(rules.outcomes)
    attempts = gather.gather_evidence(scan(source, 0, Setup()), rules, given, judge.decide)
    decisions = [Decision(attempt, judge.decide(attempt)) for attempt in attempts]
    caller.name_callers(decisions, people(name, form))
    resolution.add_missing_permissions(decisions, people(name, form))
    with gzip.open(folder / "truth.csv.gz", "rt", encoding="utf-8") as file:
        truth = {int(row["line"]): row for row in csv.DictReader(file) if row["line"]}
    return [
        Row(each.attempt, each.caller, each.lack, each.verdict.outcome, truth[each.attempt.request.access.line])
        for each in decisions
        if each.attempt.request.access.line in truth
    ]


def refused(name: str, form: str) -> list[Row]:
    return [row for row in rows(name, form) if row.truth["outcome"] == Outcome.AUTHORIZATION_FAILURE]


def detail(truth: dict[str, str]) -> str:
    """The truth names what the server looked for first; of two, what no DAG can grant is told."""
    if truth["detail"] in ("asset_create", "backfill_create"):
        return ""
    both = "can edit on" in truth["missing"] and "can create on DAG Runs" in truth["missing"]
    return "dag_run_create" if both and truth["detail"] == "dag_edit" else truth["detail"]


def test_there_are_recordings() -> None:
    assert {name for name, _ in SERVERS} >= {"airflow-2.2.5", "airflow-2.11.0", "airflow-3.1.5", "airflow-3.2.2"}
    assert sum(form == "commands" for _, form in SERVERS) >= 4


@each_server
def test_refused_callers_that_are_known_lack_what_they_really_lacked(name: str, form: str) -> None:
    told = [
        row
        for row in refused(name, form)
        if row.decided == Outcome.AUTHORIZATION_FAILURE and row.caller.user is not None and dag_told(row)
    ]
    assert [row.truth["user"] for row in told] == [row.caller.user for row in told]
    assert [row.lack and row.lack.missing for row in told] == [row.truth["missing"] for row in told]
    assert [row.lack and row.lack.detail for row in told] == [detail(row.truth) for row in told]
    if not name.startswith("airflow-3.1"):  # no line of 3.x and no row of 3.0 and 3.1 names who was refused
        assert told


def dag_told(row: Row) -> bool:
    """Whether logparse can know which DAG it was; the requests of assets name none."""
    return bool(row.attempt.dag_id) or row.attempt.request.tag.channel == "asset_event"


@each_server
def test_whoever_was_refused_lacked_what_is_said(name: str, form: str) -> None:
    """Even where the logs do not tell who it was, or which DAG."""
    for row in refused(name, form):
        named = re.search("can edit on DAG:([^;]+)", row.truth["missing"])
        dag = named[1] if named else row.truth["dag_id"]
        lack = permissions.lacking(row.attempt, row.truth["user"], people(name, form), dag)
        assert lack is not None, row.truth
        missing = row.truth["missing"]
        if row.attempt.request.tag.rule == "asset-materialize" and row.attempt.audit.record is None:
            missing = missing.partition(";")[0]  # only 3.2 on looks for more, and it had not come to that
        assert (lack.missing, lack.detail) == (missing, detail(row.truth)), row.truth


@each_server
def test_whoever_was_accepted_lacked_nothing(name: str, form: str) -> None:
    for row in rows(name, form):
        if row.truth["outcome"] == Outcome.SUCCESS and row.attempt.request.tag.channel in ("rest_api", "asset_event"):
            lack = permissions.lacking(row.attempt, row.truth["user"], people(name, form), row.truth["dag_id"])
            assert lack is None, row.truth


def attempt(rule: str, channel: str, generation: str = "2") -> Any:
    endpoint = next(each.endpoint for each in ruleset(()).attempts if each.id == rule)
    tag = SimpleNamespace(endpoint=endpoint, channel=channel)
    return SimpleNamespace(request=SimpleNamespace(tag=tag), generation=generation, audit=SimpleNamespace(record=None))


def given(*held: tuple[str, str], name: str = "Team", other: frozenset[tuple[str, str]] = frozenset()) -> People:
    return People({"kim": User("kim", "Kim Lab", (name,), active=True)}, {name: frozenset(held), "Other": other})


API = attempt("rest-v1-dag-run", "rest_api")


def lack(people: People, request: Any = API, dag: str | None = "etl daily") -> Lack:
    found = permissions.lacking(request, "kim", people, dag)
    assert found is not None
    return found


class TestRemedy:
    """The commands as they were tried on 2.11.0, 3.1.5 and 3.2.2."""

    def test_one_dag(self) -> None:
        told = remedies.remedy([lack(given(("can_create", "DAG Runs")))], ["etl daily"])
        assert told.startswith("airflow roles add-perms Team -r 'DAG:etl daily' -a can_edit (before 2.5")
        assert "access_control={'Team': {'can_read', 'can_edit'}}" in told
        assert "takes other grants on it away at its next sync" in told

    def test_several_dags(self) -> None:
        held = given(("can_create", "DAG Runs"))
        told = remedies.remedy([lack(held, dag="a.b"), lack(held, dag="etl daily")], ["a.b", "etl daily"])
        assert told.startswith("airflow roles add-perms Team -r DAG:a.b 'DAG:etl daily' -a can_edit (before 2.5")
        assert "Or in the DAG files of a.b, etl daily: access_control=" in told

    def test_both(self) -> None:
        told = remedies.remedy([lack(given(("can_read", "DAGs")), dag="x")], ["x"])
        assert "-r DAG:x -a can_edit && airflow roles add-perms Team -r 'DAG Runs' -a can_create" in told

    def test_runs_are_not_for_one_dag_to_grant(self) -> None:
        found = lack(given(("can_edit", "DAGs")))
        told = remedies.remedy([found], ["etl daily"])
        assert not found.by_access_control
        assert told.startswith("airflow roles add-perms Team -r 'DAG Runs' -a can_create")
        assert "access_control" not in told

    def test_runs_are_where_roles_name_runs_of_a_dag(self) -> None:
        found = lack(given(("can_read", "DAGs"), other=frozenset({("can_create", "DAG Run:x")})))
        assert found.by_access_control
        assert "access_control={'Team': {'DAGs': {'can_edit'}, 'DAG Runs': {'can_create'}}}" in remedies.remedy(
            [found], ["x"]
        )

    def test_a_standard_role_is_left_as_it_is(self) -> None:
        told = remedies.remedy([lack(given(name="Viewer"))], ["x"])
        assert told.startswith("airflow roles create Trigger && airflow users add-role -u kim -r Trigger && ")
        assert "Or for all DAGs: airflow users add-role -u kim -r User." in told

    def test_a_role_of_1_10_has_no_command(self) -> None:
        request = attempt("ui-trigger", "ui", "unknown")
        found = lack(given(("can_dag_edit", "all_dags"), ("can_index", "Airflow")), request)
        assert remedies.remedy([found], ["x"]) == "Security > List Roles > Team > Edit: add can trigger on Airflow."

    def test_a_dag_that_the_log_does_not_name(self) -> None:
        told = remedies.remedy([lack(given(("can_create", "DAG Runs")), dag=None)], [])
        assert "-r DAGs -a can_edit" in told
        assert "-r DAG:DAG_ID" in told

    def test_roles_of_the_simple_auth_manager(self) -> None:
        people = loader.of((), (), [Written("users", "kim:viewer")]).people
        told = remedies.remedy([lack(people, attempt("backfill", "backfill", "3"))], [])
        assert "(kim:op)" in told
        assert "new token" in told


def test_an_export_of_roles_that_holds_none_leaves_those_that_airflow_brings_along() -> None:
    """As ``airflow roles export`` writes where nobody made a role: 2.11.0 and 3.3.2."""
    users = '[{"username": "kim", "roles": ["Viewer"]}]'
    people = loader.of((), (), [Written("users", users)], [Written("roles", "[]")]).people
    assert lack(people).missing
    with pytest.raises(InputError, match="says of no role what it permits"):
        loader.of((), (), (), [Written("roles", '[{"name": "Admin"}]')])


@pytest.mark.parametrize("people", [People(), People({"kim": User("kim", "", None, active=None)}), given(name="User")])
def test_nothing_is_said_of_those_of_whom_nothing_is_known(people: People) -> None:
    assert permissions.lacking(API, "kim", people, "x") is None


def test_nothing_that_nobody_sees_is_in_a_command() -> None:
    assert remedies.quoted("a\u3164b\u200bc\x1bd") == "'a?b?c?d'"
