"""Exports: every form in which Airflow and databases write them, and what they add to the logs."""

from __future__ import annotations

import json
import shutil
import warnings
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import matching
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import recordings
import scoring
from typer.testing import CliRunner

import logparse
from logparse.cli import app
from logparse.common import timestamps
from logparse.common.errors import InputError
from logparse.pipeline import options as pipeline
from logparse.pipeline import run
from logparse.sources import discovery
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.exports.moments import read_moments

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from recordings import Sent
    from scoring import Score

    from logparse.verdicts.exports.audit_log import AuditRecord

CASES = {case.name: case for case in recordings.cases() if case.export("audit_log")}
each_case = pytest.mark.parametrize("case", CASES)

#: Before 2.5 the API leaves no row: calls with a cookie stay without a name.
COOKIES = ("airflow-2.0", "airflow-2.2", "airflow-2.3", "airflow-2.4")
#: Requests for which no version of Airflow writes a row.
NAMELESS = ("/dagrun/add", "/execution/dag-runs/")


@cache
def found(name: str, *, dag_runs: bool) -> list[matching.Got]:
    return matching.rows(recordings.run(CASES[name], audit_log=True, dag_runs=dag_runs).attempts)


def score(name: str, *, dag_runs: bool) -> Score:
    return scoring.score(found(name, dag_runs=dag_runs), recordings.truth(CASES[name]))


AUDIT = {
    "1.10.15, SQLite": (
        (
            "id,dttm,dag_id,task_id,event,execution_date,owner,extra\n"
            "2,2026-11-22 12:57:25.101473,etl_plain,,trigger,,olga.op,\"[('dag_id', 'etl_plain')]\"\n"
        ),
        ("trigger", "etl_plain", "olga.op", None, False, None),
    ),
    "2.4.3, form sent": (
        (
            "id,dttm,dag_id,task_id,map_index,event,execution_date,owner,extra\n"
            "5,2026-11-22 12:57:25.101473,etl,,,trigger,2026-11-22 12:49:23.545727,fin.kim,"
            "\"[('dag_id', 'etl'), ('origin', '/home'), ('run_id', 'mine'), ('conf', '{}')]\"\n"
        ),
        ("trigger", "etl", "fin.kim", "mine", True, "/home"),
    ),
    "2.10.5, MySQL batch mode": (
        (
            "id\tdttm\tdag_id\ttask_id\tevent\towner\trun_id\textra\n"
            '3\t2026-11-22 12:57:25.101473\tdagRuns\tNULL\tapi.post_dag_run\tuma\tNULL\t{"dag_run_id": "r1"}\n'
        ),
        ("api.post_dag_run", "dagRuns", "uma", "r1", False, None),
    ),
    "3.3.2, PostgreSQL in another zone": (
        (
            "id,dttm,dag_id,event,owner,run_id,extra\n"
            '3,2026-11-22 13:57:25.101473+01,ghost,trigger_dag_run,admin,lab-7,"{""method"": ""POST""}"\n'
        ),
        ("trigger_dag_run", "ghost", "admin", "lab-7", False, None),
    ),
    "2.11.0, REST API, two pages one after the other": (
        (
            '{"event_logs": [], "total_entries": 2}\n{"event_logs": [{"dag_id": "d", "event": "api.post_dag_run",'
            ' "event_log_id": 2, "extra": "{\\"dag_run_id\\": \\"x\\"}", "owner": "tom", "run_id": null,'
            ' "when": "2026-11-22T12:57:25.101473+00:00"}], "total_entries": 2}'
        ),
        ("api.post_dag_run", "d", "tom", "x", False, None),
    ),
    "drawn by psql": (
        (
            " id |            dttm            | dag_id |  event  |  owner  | extra \n----+-----+---\n"
            "  4 | 2026-11-22 12:57:25.101473 | d      | trigger | ann lee |       \n(1 row)\n"
        ),
        ("trigger", "d", "ann lee", None, False, None),
    ),
    "drawn by mysql": (
        (
            "+----+------+\n| id | dttm | dag_id | event | owner |\n+----+------+\n"
            "|  4 | 2026-11-22 12:57:25.101473 | NULL | trigger | ann |\n+----+------+\n1 row in set (0.00 sec)\n"
        ),
        ("trigger", None, "ann", None, False, None),
    ),
    "JSON of DBeaver": (
        (
            '{\n"select * from log": [\n{"id": 4, "dttm": "2026-11-22 12:57:25.101473 +0000", "dag_id": "d",'
            ' "event": "trigger", "owner": "ann"}\n]}\n'
        ),
        ("trigger", "d", "ann", None, False, None),
    ),
    "JSON of phpMyAdmin": (
        (
            '[\n{"type":"header","version":"5.2.1","comment":"Export to JSON plugin for PHPMyAdmin"},\n'
            '{"type":"database","name":"airflow"},\n{"type":"table","name":"log","database":"airflow","data":\n[\n'
            '{"id":"4","dttm":"2026-11-22 12:57:25.101473","dag_id":"d","event":"trigger","owner":"ann"}\n]\n}\n]\n'
        ),
        ("trigger", "d", "ann", None, False, None),
    ),
    "JSON of pandas, by column": (
        (
            '{"id":{"0":4},"dttm":{"0":"2026-11-22 12:57:25.101473"},"dag_id":{"0":"d"},"event":{"0":"trigger"},'
            '"owner":{"0":"ann"}}'
        ),
        ("trigger", "d", "ann", None, False, None),
    ),
    "JSON of pandas, split": (
        (
            '{"columns":["id","dttm","dag_id","event","owner"],"index":[0],"data":[[4,"2026-11-22 12:57:25.101473","d",'
            '"trigger","ann"]]}'
        ),
        ("trigger", "d", "ann", None, False, None),
    ),
    "extra cut off and hostile": (
        (
            "id,dttm,dag_id,event,owner,extra\n"
            "4,2026-11-22 12:57:25.101473,d,trigger,eve,\"[('dag_id', __import__('os').system('true'))]\"\n"
        ),
        ("trigger", "d", "eve", None, False, None),
    ),
}


@pytest.mark.parametrize("form", AUDIT)
def test_an_audit_log_is_read_however_it_was_exported(form: str) -> None:
    text, expected = AUDIT[form]
    read = loader.of([Written("log.csv", text)])
    assert read.audit is not None
    assert [(r.event, r.dag_id, r.user, r.run_id, r.posted, r.back) for r in read.audit] == [expected]
    assert read.audit[0].time == 1_795_352_245_101_473


RUNS = {
    "2.10.5, SQLite": (
        (
            "id,dag_id,run_id,execution_date,queued_at,run_type,state,external_trigger\n"
            "1,etl,mine,2026-11-22 12:38:37.371213,2026-11-22 12:57:25.101473,manual,queued,1\n"
            "2,etl,scheduled__2026-11-22T00:00:00+00:00,2026-11-22 00:00:00,2026-11-22 12:57:26,scheduled,success,0\n"
        ),
        ("etl", "mine", None, 1_795_352_245_101_473),
    ),
    "2.11.0, cleared since: its id tells when it was made": (
        (
            "dag_id,run_id,queued_at,run_type,clear_number\n"
            "etl,manual__2026-11-22T12:57:25.101473+00:00,2026-11-23 08:00:00,manual,1\n"
        ),
        ("etl", "manual__2026-11-22T12:57:25.101473+00:00", None, 1_795_352_245_101_473),
    ),
    "1.10.15, of a date that the caller chose": (
        (
            "dag_id,execution_date,run_id,start_date\n"
            "etl,2021-03-03 10:00:00,manual__2021-03-03T10:00:00+00:00,2026-11-22 12:57:25.101473\n"
        ),
        ("etl", "manual__2021-03-03T10:00:00+00:00", None, 1_795_352_245_101_473),
    ),
    "2.11.0, REST API, that waited for its start": (
        (
            '{"dag_runs": [{"dag_id": "etl", "dag_run_id": "manual__2026-11-22T12:57:25.101473+00:00",'
            ' "start_date": "2026-11-22T14:00:00Z"}], "total_entries": 1}'
        ),
        ("etl", "manual__2026-11-22T12:57:25.101473+00:00", None, 1_795_352_245_101_473),
    ),
    "3.1.8, REST API": (
        (
            '{"dag_runs": [{"dag_id": "d", "dag_run_id": "r", "run_type": "manual", "triggered_by": "rest_api",'
            ' "triggering_user_name": "uma", "queued_at": "2026-11-22T12:57:25.101473Z"}], "total_entries": 1}'
        ),
        ("d", "r", "uma", 1_795_352_245_101_473),
    ),
    "2.11.0, airflow dags list-runs -o json": (
        (
            '[{"dag_id": "d", "run_id": "manual__2026-11-22T12:57:25.101473+00:00", "state": "queued",'
            ' "execution_date": "2026-11-22T12:57:25.101473+00:00", "start_date": "", "end_date": ""}]'
        ),
        ("d", "manual__2026-11-22T12:57:25.101473+00:00", None, 1_795_352_245_101_473),
    ),
    "2.11.0, airflow dags list-runs -o yaml": (
        (
            "- dag_id: d\n  execution_date: '2026-11-22T12:57:25.101473+00:00'\n"
            "  run_id: manual__2026-11-22T12:57:25.101473+00:00\n  start_date: ''\n  state: queued\n"
        ),
        ("d", "manual__2026-11-22T12:57:25.101473+00:00", None, 1_795_352_245_101_473),
    ),
    "3.3.2, made by another DAG": (
        (
            '{"dag_runs": [{"dag_id": "d", "dag_run_id": "r", "run_type": "manual", "triggered_by": "operator",'
            ' "queued_at": "2026-11-22T12:57:25.101473Z"}], "total_entries": 1}'
        ),
        None,
    ),
}


@pytest.mark.parametrize("form", RUNS)
def test_dag_runs_are_read_however_they_were_exported(form: str) -> None:
    text, expected = RUNS[form]
    read = loader.of((), [Written("runs", text)])
    assert read.runs is not None
    assert [(r.dag_id, r.run_id, r.user, r.time) for r in read.runs] == ([expected] if expected else [])


USERS = {
    "airflow users export": '[{"username": "uma", "firstname": "Uma", "lastname": "Lab", "roles": ["User", "Ops"]}]',
    "airflow users list -o json": '[{"username": "uma", "first_name": "Uma", "last_name": "Lab", "roles": "User,Ops"}]',
    "airflow users list -o json of 3.2.2": "2026-11-22T18:45:49.39Z [info     ] setup plugin [alembic] loc=plugins.py\n"
    '[{"username": "uma", "first_name": "Uma", "last_name": "Lab", "roles": ["User", "Ops"]}]',
    "airflow list_users of 1.10": (
        "╒══════╤════════════╤══════════════╤═════════════╤═════════════╕\n"
        "│   Id │ Username   │ First name   │ Last name   │ Roles       │\n"
        "╞══════╪════════════╪══════════════╪═════════════╪═════════════╡\n"
        "│    2 │ uma        │ Uma          │ Lab         │ [User, Ops] │\n"
        "╘══════╧════════════╧══════════════╧═════════════╧═════════════╛\n"
    ),
    "REST API": '{"users": [{"username": "uma", "first_name": "Uma", "last_name": "Lab", "active": true,'
    ' "roles": [{"name": "User"}, {"name": "Ops"}]}], "total_entries": 1}',
}


@pytest.mark.parametrize("form", USERS)
def test_users_are_read_however_they_were_exported(form: str) -> None:
    people = loader.of((), (), [Written("users", USERS[form])]).people
    user = people.user("UMA")
    assert user is not None
    assert (user.name, user.display, user.roles) == ("uma", "Uma Lab", ("User", "Ops"))
    assert people.name_of("uma lab") == "uma"


@pytest.mark.parametrize(
    "text",
    [
        "uma:user,vic:VIEWER",
        "[core]\nsimple_auth_manager_users = uma:user, vic:viewer\nsimple_auth_manager_all_admins = False\n",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS=uma:user,vic:viewer",
    ],
)
def test_users_of_the_simple_auth_manager(text: str) -> None:
    people = loader.of((), (), [Written("users", text)]).people
    assert people.simple
    assert people.users is not None
    assert {user.name: user.roles for user in people.users.values()} == {"uma": ("user",), "vic": ("viewer",)}


ROLES = {
    "airflow roles export": '[{"name": "Run", "resource": "DAG Runs", "action": "can_create,can_read"}]',
    "REST API": '{"roles": [{"name": "Run", "actions": [{"action": {"name": "can_create"}, "resource": {"name": "DAG '
    'Runs"}}, {"action": {"name": "can_read"}, "resource": {"name": "DAG Runs"}}]}], "total_entries": 1}',
}


@pytest.mark.parametrize("form", ROLES)
def test_roles_are_read_however_they_were_exported(form: str) -> None:
    roles = loader.of((), (), (), [Written("roles", ROLES[form])]).people.roles
    assert roles == {"Run": frozenset({("can_create", "DAG Runs"), ("can_read", "DAG Runs")})}


def test_times_are_read_by_column_as_one_by_one() -> None:
    texts = [
        "2026-11-22 12:57:25.101473", "2026-11-22T12:57:25Z", "2026-11-22 12:57:25.1+00", "2026-11-22 12:57:25+00:00",
        "2026-11-22 13:57:25.101473+01", "1795352245", "22/Nov/2026:12:35:08 +0000", "never", "", "1789-11-22 12:57:25",
    ]  # fmt: skip
    stamps = [timestamps.parse_timestamp(text) for text in texts]
    expected = [None if stamp is None else stamp.utc for stamp in stamps]
    assert sum(moment is not None for moment in expected) == 7
    for odd in ([], [None], ["2026-02-31 12:57:25"], ["\udcff"]):  # no time, in no calendar, no text
        assert read_moments([*texts, *odd]) == [*expected, *(None for _ in odd)]


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"dttm": ["2026-11-22 12:57:25"], "event": ["trigger"], "owner": ["uma"], "dag_id": ["d"]})
    pq.write_table(table, tmp_path / "log.parquet")
    read = loader.load([str(tmp_path / "log.parquet")])
    assert read.audit is not None
    assert [record.user for record in read.audit] == ["uma"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dag_id,run_id,state\nd,r,queued\n", "is no audit log: it has no dttm or when"),
        ('{"event_logs": [{"when": "2026', "is no valid JSON"),
        ("dttm,event,owner\nyesterday,trigger,uma\n", "holds no time that can be read"),
        ("127.0.0.1 - - [22/Nov/2026:12:35:08 +0000] GET\n", "is no audit log"),
        ("dttm | event | owner\n---+---+---\n2026-11-22 12:57:25 | trigger | a | b\n", "with a bar in it"),
        ("id | dttm | event | owner\n===+===\n1 | 2026-11-22 12:57:25 | trig | a\n | | ger |\n", "several lines"),
        ("- dttm: [\n", "is no valid YAML"),
    ],
)
def test_what_is_no_such_export_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        loader.of([Written("log.csv", text)])


def test_a_cell_without_an_end_is_said() -> None:
    with pytest.raises(InputError, match="is no valid CSV"):
        loader.of([Written("log.csv", "dttm,event,owner\n" + "x" * (64 * 1024 * 1024 + 1))])


def test_an_empty_export_says_nothing() -> None:
    header = "id,dttm,event,owner\n"
    for text in (
        "",
        header,
        header.replace(",", ";"),
        header.replace(",", "\t"),
        json.dumps({"event_logs": [], "total_entries": 0}),
    ):
        assert loader.of([Written("log", text)]).audit_spans == ()


#: Redirects to the login that are as long as redirects to the list of DAGs.
OPEN = {"airflow-2.11.2-oauth": 4}


@each_case
def test_with_exports_all_but_a_few_outcomes_are_right(case: str) -> None:
    both = score(case, dag_runs=True)
    assert both.confident_wrong == 0
    assert len(both.wrong) <= OPEN.get(case, 2)


@pytest.mark.sampled(12)
@each_case
def test_the_audit_log_alone_makes_no_confirmed_outcome_wrong(case: str) -> None:
    assert score(case, dag_runs=False).confident_wrong == 0


#: 2.7 writes display names, and no request of a person sent a user name that could stand for one.
DISPLAY_ONLY = {"airflow-2.7.1-session-forms", "airflow-2.7.2-restart-backends", "airflow-2.7.3-debug-werkzeug"}


#: The audit log does not say which of two replicas left a row: where it may be of either's caller, nobody is named.
REPLICAS = {"airflow-3.1.7-fab-replicas"}
#: Two people with the same browser at one address: where a row can be either's, nobody is named.
ALIKE = {"airflow-2.8.2-basic-dag-access", "airflow-2.6.2-basic-httpd-combined"}


@each_case
def test_with_exports_every_success_has_its_user_and_no_other(case: str) -> None:
    got, sent = found(case, dag_runs=True), recordings.truth(CASES[case])
    pairs = [(sent[i], got[j]) for i, j in matching.match(got, sent).items()]
    successes = [(one, other) for one, other in pairs if one.outcome == "success" and one.user]
    nameless = [one for one, other in successes if not other.user and not one.path.startswith(NAMELESS)]
    records = loader.load(CASES[case].export("audit_log")).audit or ()
    alone = [one.path for one in nameless if len(_owners(one, records)) < 2]
    assert case in DISPLAY_ONLY | REPLICAS | ALIKE or case.startswith(COOKIES) or alone == []
    assert [(one.user, other.user) for one, other in pairs if one.user and other.user not in ("", one.user)] == []


def _owners(sent: Sent, records: Iterable[AuditRecord]) -> set[str | None]:
    """Those who may have left the row of a request: rows of others were written at the same moment."""
    near = timedelta(milliseconds=150)
    since, until = ((moment.timestamp()) * 1e6 for moment in (sent.sent - near, sent.received + near))
    return {record.user for record in records if since <= record.time <= until}


def test_the_audit_log_tells_the_dag_that_only_the_body_of_a_request_names() -> None:
    got = [row for row in found("airflow-2.4.3-basic", dag_runs=True) if row.line == 415]
    assert [(row.user, row.dag_id) for row in got] == [("uma", "etl_daily")]


def test_an_export_that_lies_among_the_logs_is_read_as_an_export_only(tmp_path: Path) -> None:
    shutil.copy(CASES["airflow-2.4.3-basic"].logs[0], tmp_path)
    export = tmp_path / "audit.csv"
    export.write_text("id,dttm,dag_id,event,owner,extra\n1,2026-01-01 00:00:00,etl_daily,trigger,eve,\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(logparse.attempts(tmp_path, audit_logs=export))


def test_an_export_of_another_time_changes_nothing() -> None:
    case = CASES["airflow-2.10.5-basic"]
    text = "id,dttm,dag_id,event,owner,extra\n1,2026-01-01 00:00:00,etl_daily,trigger,eve,\n"
    given = loader.of([Written("log.csv", text)])
    plain = run.run(discovery.find_sources([str(path) for path in case.logs]), pipeline.Options(setup=case.setup))
    options = pipeline.Options(setup=case.setup, exports=given)
    pd.testing.assert_frame_equal(
        run.run(discovery.find_sources([str(path) for path in case.logs]), options).attempts, plain.attempts
    )


@pytest.mark.parametrize(("text", "said"), [('["Op", "Run"]', "names only"), ('[{"name": "Op"}]', "what it permits")])
def test_roles_without_permissions_are_of_no_use(text: str, said: str) -> None:
    with pytest.raises(InputError, match=f"{said}.*airflow roles list -p -o json"):
        loader.of((), (), (), [Written("roles.json", text)])


def test_what_exports_came_to_is_told() -> None:
    case = CASES["airflow-2.10.5-basic"]
    other = CASES["airflow-3.3.2-fab"]
    logs = discovery.find_sources([str(path) for path in case.logs])
    for paths, told in ((case.export("audit_log"), "joined"), (other.export("audit_log"), "none fits")):
        given = loader.load(paths)
        (line,) = run.run(logs, pipeline.Options(setup=case.setup, exports=given)).exported
        assert line.startswith("audit log: ")
        assert told in line


def api_page(name: str, key: str, numbers: range, total: int) -> Written:
    """One page of the API's answer, with a record for each number."""
    fields = {"when": "2026-11-22T12:57:25+00:00", "event": "cli", "owner": "tom", "dag_id": "d", "actions": [
        {"action": {"name": "can_read"}, "resource": {"name": "DAGs"}}
    ]}  # fmt: skip
    records = [
        {**fields, "event_log_id": number, "dag_run_id": f"r{number}", "username": f"u{number}", "name": f"n{number}"}
        for number in numbers
    ]
    if key == "dag_runs":
        records = [{name: value for name, value in record.items() if name != "event"} for record in records]
    return Written(name, json.dumps({key: records, "total_entries": total}))


@pytest.mark.parametrize(
    ("pages", "gaps"),
    [
        ([(range(100), 250), (range(100, 200), 250), (range(200, 250), 250)], []),
        ([(range(100), 250), (range(200, 250), 250)], [(150, 250)]),  # the page in the middle
        ([(range(100), 250), (range(100), 250), (range(100), 250)], [(100, 250)]),  # `offset` was forgotten
        ([(range(100), 250), (range(100, 200), 251), (range(200, 252), 252)], []),  # rows came meanwhile
        ([(range(100), 250), (range(1000, 1100), 3000)], [(100, 3000), (100, 250)]),  # the first pages of two weeks
        ([(range(0), 0)], []),
    ],
)
def test_pages_of_the_api_that_are_missing_are_counted(
    pages: list[tuple[range, int]], gaps: list[tuple[int, int]]
) -> None:
    for position, (key, name) in enumerate(
        {"event_logs": "audit log", "dag_runs": "DAG runs", "users": "users", "roles": "roles"}.items()
    ):
        if position > 1 and not pages[0][0]:
            continue  # a list of nobody is refused
        files = [api_page(f"{number}.json", key, *page) for number, page in enumerate(pages)]
        for given in (files, [Written("all.json", "\n".join(file.text for file in files))]):
            exports = loader.of(*([given if index == position else [] for index in range(4)]))
            assert [(gap.export, gap.present, gap.total) for gap in exports.gaps] == [(name, *gap) for gap in gaps]


@pytest.mark.parametrize("command", ["attempts", "report"])
def test_missing_pages_are_told(command: str, tmp_path: Path) -> None:
    (tmp_path / "page.json").write_text(api_page("", "event_logs", range(100), 3000).text)
    log = str(CASES["airflow-2.10.5-basic"].logs[0])
    arguments = [command, log, "--audit-log", str(tmp_path / "page.json"), "--out", str(tmp_path / "out.csv")]
    result = CliRunner().invoke(app, arguments)
    assert "audit log: 2,900 of 3,000 rows are missing from the export: get the other pages" in result.stderr.replace(
        "Audit", "audit"
    )


@pytest.mark.parametrize(
    ("exports", "said"),
    [
        ({"dag_runs": [Written("log.csv", AUDIT["2.10.5, MySQL batch mode"][0])]}, "give it as --audit-log"),
        ({"users": [Written("users.json", "[]")]}, "names no user"),
    ],
    ids=["an audit log is no list of runs", "a list of nobody is no list of users"],
)
def test_what_is_another_export_is_said(exports: dict[str, list[Written]], said: str) -> None:
    with pytest.raises(InputError, match=said):
        loader.of(**exports)
