"""User names of people who logged in, from logs alone: lines of Airflow 3.2.1 and 2.10.5, and what they do not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

_LOGGER = "[airflow.providers.fab.auth_manager.security_manager.override] loc=override.py:1501"


def said(second: int, text: str, micro: int = 416095) -> str:
    return f"2026-11-29T18:55:{second:02}.{micro:06}Z [info     ] {text:<30} {_LOGGER}\n"


def request(second: int, method: str, path: str, status: int, client: str = "192.0.2.18") -> str:
    return (
        f"2026-11-29T18:55:{second:02}.424377Z [info     ] request finished               [http.access] "
        f"client_addr={client}:0 duration_us=202226 loc=http_access_log.py:98 method={method} path={path} query= "
        f"status_code={status}\n"
    )


def failed(second: int, person: str, user: str, micro: int = 416291) -> str:
    lines = said(second, f"Updated user {person}"), said(second, f"Login Failed for user: {user}", micro)
    answer = request(second, "POST", "/auth/token", 401, "198.51.100.7")
    return "".join(lines) + answer + request(second, "GET", "/api/v2/version", 200) * 2


def login(second: int, person: str) -> str:
    return said(second, f"Updated user {person}") + request(second, "POST", "/auth/token", 201)


OTIS = failed(20, "Otis Ops", "otis")
RUN = request(29, "POST", "/api/v2/dags/etl/dagRuns", 200)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        (OTIS + login(21, "Otis Ops") + RUN, "otis"),
        (login(19, "Otis Ops") + OTIS + RUN, "otis"),
        (login(21, "Otis Ops") + RUN, None),  # no line holds a user name
        (OTIS + login(21, "Ana Lang") + RUN, None),
        (OTIS + login(21, "Otis Ops") + login(22, "Ana Lang") + RUN, None),  # two people at one address
        (OTIS + login(21, "Ana Lang") + request(22, "GET", "/auth/logout", 307) + login(23, "Otis Ops") + RUN, None),
        (OTIS + failed(22, "Otis Ops", "o.ops") + login(23, "Otis Ops") + RUN, None),  # two of that name
        (OTIS + failed(22, "Olga Ops", "otis") + login(23, "Otis Ops") + RUN, None),
        (failed(20, "Otis Ops", "ghost", 466291) + login(21, "Otis Ops") + RUN, None),  # of another request
        (OTIS.replace("Otis Ops", "%s") + login(21, "%s") + RUN, None),  # as 2.7 writes
    ],
)
def test_a_failed_login_shows_which_user_a_person_is(text: str, user: str | None, tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(text, "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options())
    (row,) = found.attempts.astype(object).where(found.attempts.notna(), None).to_dict("records")
    assert (row["user"], row["user_source"], row["user_verified"]) == (user, "session" if user else None, False)
    assert sum(entry.kinds["unparsed"] for entry in found.entries) == 0


def checked(second: int, person: str) -> str:
    return f"[2026-11-22T12:38:{second:02}.{107 + second}+0000] {{override.py:1697}} INFO - Updated user {person}\n"


def gunicorn(second: int, asked: str, answer: str, name: str = "-", client: str = "127.0.0.3") -> str:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0" if name == "-" else "curl/8.5.0"
    return f'{client} - {name} [22/Nov/2026:12:38:{second:02} +0000] "{asked} HTTP/1.1" {answer} "-" "{agent}"\n'


def call(second: int, name: str, answer: str = "200 503", dag: str = "etl_daily") -> str:
    return gunicorn(second, f"POST /api/v1/dags/{dag}/dagRuns", answer, name, "127.0.0.9")


PAGES = checked(20, "Uma Lab") + gunicorn(20, "POST /login/", "302 197") + gunicorn(20, "GET /home", "200 118345")
UI = gunicorn(21, "POST /dags/billing/trigger?redirect_url=/home", "302 197") + gunicorn(21, "GET /home", "200 118605")
ONCE, AGAIN = checked(10, "Uma Lab") + call(10, "uma"), checked(12, "Uma Lab") + call(12, "uma", "403 186")
#: Somebody typed two calls, line breaks and all, as the name in the login form.
TYPED = (
    checked(9, "x").replace("Updated user", "Login Failed for user:").replace(":09.", ":10.")
    + ONCE * 2
    + gunicorn(10, "POST /login/", "302 227", client="192.0.2.66")
)


@pytest.mark.parametrize(
    ("text", "user"),
    [
        (ONCE + AGAIN + PAGES + UI, "uma"),
        (PAGES + UI + ONCE.replace(":10", ":30") + AGAIN.replace(":12", ":32"), "uma"),
        (ONCE + PAGES + UI, None),  # it can have been another's line
        (ONCE + AGAIN.replace("403 186", "401 188") + PAGES + UI, None),
        (ONCE + AGAIN.replace("403 186", "400 240") + PAGES + UI, None),  # refused before anybody looks at a password
        (ONCE + AGAIN + checked(14, "Uma Lab") + call(14, "olga") + PAGES + UI, None),  # lines of two callers
        (ONCE + AGAIN + checked(14, "Olga Lab") + call(14, "uma") + PAGES + UI, None),
        (ONCE + checked(12, "Olga Lab") + AGAIN + PAGES + UI, None),  # two callers at once
        (ONCE + checked(12, "Uma Lab") + gunicorn(12, "GET /health", "200 300") + call(12, "uma") + PAGES + UI, None),
        (TYPED + PAGES + UI, None),  # both calls are part of a name that somebody typed
        (TYPED + AGAIN + PAGES + UI, "uma"),
        ((ONCE + AGAIN).replace("Uma Lab", "%s") + PAGES.replace("Uma Lab", "%s") + UI, None),  # as 2.7 writes
    ],
)
def test_calls_with_a_name_show_which_user_a_person_is(text: str, user: str | None, tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(text, "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts
    (row,) = found[found.channel == "ui"].astype(object).where(found.notna(), None).to_dict("records")
    assert (row["user"], row["user_source"], row["user_verified"]) == (user, "session" if user else None, False)
