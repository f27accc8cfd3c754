"""Whose name a session has if the audit log is at hand, and whose it must not get: lines of 2.10.3, 2.7.1 and 3.3.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


def app(second: int, text: str) -> str:
    return f"[2026-11-30T11:43:{second:02}.044+0000] {{override.py:1678}} INFO - {text}\n"


def page(second: int, asked: str, answer: str, referer: str = "/home") -> str:
    return (
        f'127.0.0.40 - - [30/Nov/2026:11:43:{second:02} +0000] "{asked} HTTP/1.1" {answer} '
        f'"http://airflow.corp.example{referer}" "{AGENT}"\n'
    )


def login(second: int, person: str, before: str = "") -> str:
    return before + app(second, f"Updated user {person}") + page(second, "POST /login/", "302 197", "/login/")


def triggered(second: int) -> str:
    return page(
        second, "POST /dags/ml-train/trigger?origin=%2Fdags%2Fml-train%2Fgrid", "302 399", "/dags/ml-train/grid"
    )


def logout(second: int) -> str:
    return page(second, "GET /logout/", "302 189")


def refused(second: int) -> str:
    asked = page(second, "POST /dags/etl_daily/trigger?redirect_url=%2Fhome", "302 197")
    return page(second, "GET /home", "200 84043") + asked + page(second, "GET /home", "200 84213")


def audit(owner: str, *, display: bool) -> Written:
    heads = "id,dttm,dag_id,event,owner,extra" + (",owner_display_name" if display else "")
    extra = "\"[('origin', '/dags/ml-train/grid'), ('dag_id', 'ml-train')]\""
    row = f"1,2026-11-30 11:43:10.400000,ml-train,trigger,{owner},{extra}" + (",Uma Lee" if display else "")
    return Written("log.csv", f"{heads}\n{row}\n")


#: The complaint about another caller, who was answered before this login.
COMPLAINT = app(3, "Login Failed for user: ghost") + (
    '127.0.0.12 - ghost [30/Nov/2026:11:43:03 +0000] "GET /api/v1/dags HTTP/1.1" 401 188 "-" "curl/8.5.0"\n'
)


#: A call that was let in.
CALL = (
    '127.0.0.12 - vera [30/Nov/2026:11:43:03 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 200 512 "-" '
    '"curl/8.5.0"\n'
)


def names(text: str, exported: list[Written], folder: Path, channel: str) -> list[str | None]:
    (folder / "server.log").write_text(text, "utf-8")
    given = loader.of(exported)
    found = run.run(discovery.find_sources([str(folder)]), options.Options(exports=given)).attempts
    return [user if isinstance(user, str) else None for user in found[found.channel == channel]["user"]]


@pytest.mark.parametrize(
    ("logins", "users"),
    [
        (login(3, "Uma Lee", COMPLAINT), ["uma", "uma"]),
        # Two people: the complaint does not hide the first login.
        (login(3, "Uma Lee", COMPLAINT) + login(4, "Vera Lee"), ["uma", None]),
        (login(3, "Uma Lee") + login(4, "Vera Lee"), ["uma", None]),
        ("", ["uma", None]),  # both logged in before the log begins
        # A complaint about this very login: nobody was let in by it.
        (app(3, "Updated user Vera Lee") + app(3, "Login Failed for user: vera")
         + page(3, "POST /login/", "302 201", "/login/") + login(5, "Uma Lee"), ["uma", "uma"]),
        # Of two people one logged out, and one logs in again: the other one may still be there.
        (login(3, "Uma Lee") + login(4, "Vera Lee") + logout(5) + login(6, "Uma Lee"), ["uma", None]),
        # Both logged out.
        (login(3, "Vera Lee") + login(4, "Uma Lee") + logout(5) + logout(6) + login(7, "Uma Lee"), ["uma", "uma"]),
        # One after the other.
        (login(3, "Vera Lee") + logout(5) + login(6, "Uma Lee"), ["uma", "uma"]),
    ],
)  # fmt: skip
def test_two_people_behind_one_address(logins: str, users: list[str | None], tmp_path: Path) -> None:
    text = logins + triggered(10) + refused(20)
    assert names(text, [audit("uma", display=True)], tmp_path, "ui") == users


#: A form without a token: it is refused before anybody looks for a session.
FORGED = (
    "[2026-11-30T11:43:20.044+0000] {csrf.py:261} INFO - The CSRF token is missing.\n"
    + page(20, "POST /dags/ml-train/trigger?redirect_url=%2Fhome", "400 117")
)  # fmt: skip


@pytest.mark.parametrize(
    ("others", "user"),
    [
        ("", "uma"),
        (page(12, "GET /login/", "302 197"), "uma"),  # she is logged in, and led on
        (page(12, "GET /login/", "200 18637"), None),  # somebody with such a browser is not
        (page(2, "GET /login/", "200 18637"), "uma"),  # she was not yet
        (page(25, "GET /login/", "200 18637"), None),
    ],
)
def test_a_form_without_a_token_can_be_that_of_a_stranger(others: str, user: str | None, tmp_path: Path) -> None:
    text = "".join(
        sorted((login(3, "Uma Lee") + triggered(10) + others + FORGED).splitlines(keepends=True), key=_second)
    )
    assert names(text, [audit("uma", display=True)], tmp_path, "ui") == ["uma", user]


def _second(line: str) -> str:
    return line.partition("11:43:")[2][:2]


#: 2.7 leads back to the page of the DAG.
MADE = page(10, "POST /dags/ml-train/trigger?origin=%2Fdags%2Fml-train%2Fgrid", "302 279", "/dags/ml-train/grid")
FORM = page(20, "POST /dags/ml-train/trigger?redirect_url=%2Fhome", "200 22688", "/dags/ml-train/trigger")
#: These lines show which user she is.
FAILED = (
    app(1, "Updated user Uma Lee")
    + app(1, "Login Failed for user: uma")
    + page(1, "POST /login/", "302 201", "/login/")
)


@pytest.mark.parametrize(
    ("logins", "owner", "users"),
    [
        (login(3, "Uma Lee"), "Uma Lee", [None, None]),  # first and last name, as 2.7 writes, are no user name
        (FAILED + login(3, "Uma Lee"), "Uma Lee", ["uma", "uma"]),
        (FAILED + login(3, "Uma Lee"), "Vera Lee", [None, None]),  # somebody else at the same address
        ("", "uma", ["uma", None]),  # nobody was seen to log in: two people can have such a browser there
    ],
)
def test_a_display_name_is_no_user_name(logins: str, owner: str, users: list[str | None], tmp_path: Path) -> None:
    assert names(logins + MADE + FORM, [audit(owner, display=False)], tmp_path, "ui") == users


VERA = app(3, "Updated user Vera Lee")


@pytest.mark.parametrize(
    ("logins", "users"),
    [
        (login(3, "Uma Lee"), ["uma", "uma"]),
        # A call of somebody else at the same moment: whose name is whose?
        (VERA + login(3, "Uma Lee"), [None, None]),
        (app(3, "Updated user Uma Lee") + VERA + page(3, "POST /login/", "302 197", "/login/"), [None, None]),
        # The other name stands in front of a request of its own.
        (VERA + CALL + login(3, "Uma Lee"), ["uma", "uma"]),
        (app(3, "Updated user Uma Lee") + VERA + CALL + page(3, "POST /login/", "302 197", "/login/"), [None, None]),
    ],
)
def test_of_two_names_in_front_of_a_login_none_is_taken(logins: str, users: list[str | None], tmp_path: Path) -> None:
    assert names(FAILED + logins + MADE + FORM, [], tmp_path, "ui") == users


def told(second: int, client: str, asked: str, status: int) -> str:
    method, path = asked.split()
    return (
        f"2026-11-30T11:53:{second:02}.424377Z [info     ] request finished               [http.access] "
        f"client_addr={client}:0 duration_us=202226 loc=http_access_log.py:130 method={method} path={path} query= "
        f"status_code={status}\n"
    )


def token(second: int, client: str, person: str) -> str:
    logger = "[airflow.providers.fab.auth_manager.security_manager.override] loc=override.py:1541"
    line = f"2026-11-30T11:53:{second:02}.416095Z [info     ] Updated user {person}               {logger}\n"
    return line + told(second, client, "POST /auth/token", 201)


def asked(second: int, client: str, dag: str, status: int = 200) -> str:
    return told(second, client, f"POST /api/v2/dags/{dag}/dagRuns", status)


@pytest.mark.parametrize(
    ("others", "users"),
    [
        ("Otis Ops", ["kim", None, "kim"]),  # of the same name, as far as the log shows: one person
        ("Kim Lee", ["kim", "ci", None]),  # several users have this name: two of them may be at this address
    ],
)
def test_first_and_last_names_of_several_users_show_no_person(
    others: str, users: list[str | None], tmp_path: Path
) -> None:
    text = token(1, "192.0.2.65", "Kim Lee") + token(2, "192.0.2.65", "Kim Lee") + token(3, "192.0.2.11", others)
    text += asked(10, "192.0.2.65", "hr_payroll") + asked(20, "192.0.2.11", "etl_daily")
    text += asked(30, "192.0.2.65", "ml-train", 409)
    rows = (
        "id,dttm,dag_id,event,owner,owner_display_name,extra\n"
        "1,2026-11-30 11:53:10.400000,hr_payroll,trigger_dag_run,kim,kim,\n"
        "2,2026-11-30 11:53:20.400000,etl_daily,trigger_dag_run,ci,ci,\n"
    )
    if others == "Otis Ops":
        rows = rows.rsplit("2,2026", 1)[0]
    assert names(text, [Written("log.csv", rows)], tmp_path, "rest_api") == users
