"""Exports straight from a database or an API are what the loader of exports reads; nothing else is read or made."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from typer.testing import CliRunner, Result

from logparse.cli import app
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from pathlib import Path

#: Columns as in databases of Airflow 2.3 and 3.1, without those that nobody reads.
LOG = {
    "2.3": "id INTEGER PRIMARY KEY, dttm DATETIME, dag_id VARCHAR, event VARCHAR, execution_date DATETIME, "
    "owner VARCHAR, extra TEXT",
    "3.1": "id INTEGER PRIMARY KEY, dttm DATETIME, dag_id VARCHAR, event VARCHAR, logical_date DATETIME, "
    "owner VARCHAR, extra TEXT, run_id VARCHAR",
}
RUN = {
    "2.3": "id INTEGER PRIMARY KEY, dag_id VARCHAR, execution_date DATETIME, run_id VARCHAR, external_trigger BOOLEAN, "
    "conf BLOB, queued_at TIMESTAMP, run_type VARCHAR",
    "3.1": "id INTEGER PRIMARY KEY, dag_id VARCHAR, logical_date DATETIME, run_id VARCHAR, conf BLOB, "
    "queued_at TIMESTAMP, run_type VARCHAR, triggering_user_name VARCHAR",
}
PEOPLE = """
CREATE TABLE ab_user (id INTEGER, username VARCHAR, first_name VARCHAR, last_name VARCHAR, active BOOLEAN,
    password VARCHAR, created_on DATETIME, changed_on DATETIME);
CREATE TABLE ab_role (id INTEGER, name VARCHAR);
CREATE TABLE ab_user_role (user_id INTEGER, role_id INTEGER);
CREATE TABLE ab_permission (id INTEGER, name VARCHAR);
CREATE TABLE ab_view_menu (id INTEGER, name VARCHAR);
CREATE TABLE ab_permission_view (id INTEGER, permission_id INTEGER, view_menu_id INTEGER);
CREATE TABLE ab_permission_view_role (permission_view_id INTEGER, role_id INTEGER);
INSERT INTO ab_user VALUES
    (1, 'olga', 'Olga', 'O', 1, 'pbkdf2', '2026-01-01 10:00:00.000000', '2026-03-01 10:00:00.000000'),
    (2, 'vic', 'Vic', 'V', 0, 'pbkdf2', NULL, NULL);
INSERT INTO ab_role VALUES (1, 'Ops'), (2, 'Empty');
INSERT INTO ab_user_role VALUES (1, 1);
INSERT INTO ab_permission VALUES (1, 'can_create');
INSERT INTO ab_view_menu VALUES (1, 'DAG Runs');
INSERT INTO ab_permission_view VALUES (1, 1, 1);
INSERT INTO ab_permission_view_role VALUES (1, 1);
"""
GROUPS = """
CREATE TABLE ab_user_group (user_id INTEGER, group_id INTEGER);
CREATE TABLE ab_group_role (group_id INTEGER, role_id INTEGER);
INSERT INTO ab_user_group VALUES (2, 7);
INSERT INTO ab_group_role VALUES (7, 1);
"""
EXTRA = {
    "2.3": '[("origin", "/home,\\n\'=x\'"), ("run_id", "r"), ("conf", "{\'x\': \'secret\'}"), ("password", "secret")]',
    "3.1": '{"origin": "/home,\\n\'=x\'", "dag_run_id": "r", "conf": {"x": "secret"}, "note": "secret"}',
}


def make(path: Path, version: str, people: str = PEOPLE) -> str:
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"CREATE TABLE log ({LOG[version]}); CREATE TABLE dag_run ({RUN[version]}); {people}")
        date = "execution_date" if version == "2.3" else "logical_date"
        for day in (20, 22):
            stamp = f"2026-11-{day} 12:00:00.250000"
            database.execute(
                "INSERT INTO log (dttm, dag_id, event, owner, extra) VALUES (?, 'etl', 'trigger', 'olga', ?)",
                (stamp, EXTRA[version]),
            )
            database.execute(
                f"INSERT INTO dag_run (dag_id, run_type, {date}, run_id, conf, queued_at) "
                "VALUES ('etl', 'manual', ?, ?, ?, ?)",
                (stamp, f"manual__2026-11-{day}T12:00:00+00:00", b"\x80secret", stamp),
            )
        database.commit()
    return f"sqlite:///{path}"


def fetch(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(app, ["fetch", *arguments])
    assert done.exit_code == status, done.output
    return done


@pytest.mark.parametrize("version", ["2.3", "3.1"])
def test_what_is_fetched_is_what_is_loaded(version: str, tmp_path: Path) -> None:
    url, out = make(tmp_path / "airflow.db", version, PEOPLE + (GROUPS if version == "3.1" else "")), tmp_path / "out"
    said = fetch("--db", url, "--out", str(out)).stderr
    assert f"{out / 'log.csv'}: 2 rows" in said
    assert said.splitlines()[-1].endswith(f"--users {out / 'users.json'} --roles {out / 'roles.json'}")
    files = [[str(out / name)] for name in ("log.csv", "dag_run.csv", "users.json", "roles.json")]
    found = loader.load(*files)
    assert [(record.time, record.dag_id) for record in found.audit or ()] == [
        (1_795_176_000_250_000, "etl"), (1_795_348_800_250_000, "etl"),
    ]  # fmt: skip
    assert [record.run_id for record in found.runs or ()][1] == "manual__2026-11-22T12:00:00+00:00"
    assert found.people.users is not None
    assert found.people.roles is not None
    assert {name: (user.roles, user.active) for name, user in found.people.users.items()} == {
        "olga": (("Ops",), True), "vic": (("Ops",) if version == "3.1" else (), False),
    }  # fmt: skip
    assert found.people.changes == {"olga": 1_772_359_200_000_000}
    assert ("can_create", "DAG Runs") in found.people.roles["Ops"]
    assert [(each.run_id, each.posted, each.back) for each in found.audit or ()] == [("r", True, "/home,\n'=x'")] * 2
    assert {file.stat().st_mode & 0o777 for file in out.iterdir()} == {0o600}
    assert not any(word in file.read_bytes() for file in out.iterdir() for word in (b"secret", b"pbkdf2"))
    fetch("--db", url, "--out", str(out), "--since", "2026-11-22")
    assert len(loader.load(files[0]).audit or ()) == len(loader.load((), files[1]).runs or ()) == 1


def test_a_database_without_people_gives_records_alone(tmp_path: Path) -> None:
    fetch("--db", make(tmp_path / "airflow.db", "2.3", ""), "--out", str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dag_run.csv", "log.csv"]


def test_what_cannot_be_read_is_said_without_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.db").touch()
    for url, said in (
        (f"sqlite:///{tmp_path}/none.db", "none.db: no such file"),
        (f"sqlite:///{tmp_path}/other.db", "has no table dag_run, so it is no database of Airflow"),
        ("nonsense", "cannot be read: Could not parse"),
        ("oracle://user:geheim@db.example.com/x", "oracle://user:***@db.example.com/x: needs the package "),
    ):
        done = fetch("--db", url, "--out", str(tmp_path / "out"), status=2)
        assert said in done.stderr
        assert "geheim" not in done.stderr
    assert not (tmp_path / "none.db").exists()
    assert fetch("--db", "x", "--out", "o", "--since", "x", status=2).stderr
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    assert "pip install '.[fetch]' in the checkout" in fetch("--db", "x", "--out", str(tmp_path / "o"), status=2).stderr


class PagedApi(BaseHTTPRequestHandler):
    """An API of Airflow that lists 250 rows, of which it gives 100 at a time at most, to one caller alone."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = dict(parse_qsl(url.query))
        self.asked.append(self.path)
        status = 200 if self.headers["Authorization"] == "Bearer abc" else 302 if "away" in url.path else 401
        status = 404 if url.path.endswith("v1/roles") and "fab" not in url.path else status
        # Airflow 2 checks parameters: of lists that have none, and of versions before the filters of events.
        status = 400 if "after" in asked and not url.path.endswith("v2/eventLogs") else status
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/api/v2/elsewhere")
        self.end_headers()
        if url.path.endswith("fab/v1/roles"):  # not there, so the web UI of Airflow 3 answers
            self.wfile.write(b"<!doctype html>")
            return
        numbers = range(250)[int(asked["offset"]) :][: min(int(asked["limit"]), 100)]
        row = {"when": "2026-11-22T12:57:25Z", "queued_at": "2026-11-22T12:57:25Z", "dag_id": "d", "run_type": "manual"}
        key = {"eventLogs": "event_logs", "dagRuns": "dag_runs"}.get(url.path.rpartition("/")[2], "users")
        event = {"event": "trigger", "owner": "tom", "extra": EXTRA["3.1"]}
        more = event if key == "event_logs" else {"username": "u", "conf": {"a": "secret"}}
        rows = [{**row, **more, "event_log_id": number, "dag_run_id": f"r{number}"} for number in numbers]
        self.wfile.write(json.dumps({key: rows, "total_entries": 250}).encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_all_pages_of_an_api_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    with ThreadingHTTPServer(("127.0.0.1", 0), PagedApi) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("LOGPARSE_API_TOKEN", "abc")
        fetch("--api", f"{base}/api/v2", "--out", str(out), "--since", "2026-11-22")
        asked, PagedApi.asked[:] = [*PagedApi.asked], []
        fetch("--api", f"{base}/api/v1", "--out", str(tmp_path / "v1"), "--since", "2026-11-22")
        monkeypatch.setenv("LOGPARSE_API_TOKEN", "")
        monkeypatch.setenv("LOGPARSE_API_LOGIN", "tom:geheim")
        for place, said in (("/api/v1", "/api/v1/eventLogs: answers 401"), ("/away", "/away/eventLogs: answers 302")):
            done = fetch("--api", f"{base}{place}", "--out", str(tmp_path / "none"), status=2)
            assert said in done.stderr
            assert "geheim" not in done.stderr
        server.shutdown()
    assert not any("elsewhere" in path for path in PagedApi.asked)
    assert (tmp_path / "v1" / "audit_log.json").read_bytes() == (out / "audit_log.json").read_bytes()
    assert sorted(path.name for path in out.iterdir()) == ["audit_log.json", "dag_runs.json", "users.json"]
    assert len(asked) == 10
    assert asked[0].endswith("/api/v2/eventLogs?limit=100&offset=0&after=2026-11-22T00%3A00%3A00%2B00%3A00")
    assert asked[6] == "/auth/fab/v1/users?limit=100&offset=0"
    found = loader.load([str(out / "audit_log.json")], [str(out / "dag_runs.json")])
    assert not any(b"secret" in file.read_bytes() for file in out.iterdir())
    assert (found.audit or ())[0].run_id == "r"
    assert (len(found.audit or ()), len(found.runs or ()), found.gaps) == (250, 250, ())


@pytest.mark.parametrize("refused", ["users", "roles", "eventLogs"])
def test_people_that_the_caller_may_not_read_are_left_out(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OneListRefused(PagedApi):
        def send_response(self, code: int, message: str | None = None) -> None:
            super().send_response(403 if urlsplit(self.path).path.endswith(refused) else code, message)

    out = tmp_path / "out"
    with ThreadingHTTPServer(("127.0.0.1", 0), OneListRefused) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LOGPARSE_API_TOKEN", "abc")
        needed = refused == "eventLogs"
        url = f"http://127.0.0.1:{server.server_port}/api/v2"
        said = fetch("--api", url, "--out", str(out), status=2 if needed else 0).stderr
        server.shutdown()
    PagedApi.asked.clear()
    if needed:
        assert "eventLogs: answers 403" in said
        assert not list(out.glob("*"))
        return
    lacking = "No users and no roles: " if refused == "users" else "No roles: "
    assert f"{lacking}Airflow keeps none here, or this caller may not read them" in said
    assert "--users" in said.splitlines()[-1] or refused == "users"
    assert (out / "dag_runs.json").exists()


def test_an_api_that_is_none_is_said(tmp_path: Path) -> None:
    for url, said in (("ftp://x/api/v1", "is no URL of an API"), ("http://127.0.0.1:1/api/v1", "cannot be read: ")):
        assert said in fetch("--api", url, "--out", str(tmp_path / "o"), status=2).stderr
    assert "--db or an API" in " ".join(fetch("--out", str(tmp_path / "o"), status=2).stderr.split())
