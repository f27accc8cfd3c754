"""Where a 302 leads, from its Location or from its size: figures of real servers."""

from __future__ import annotations

import pytest

from logparse.lines.access import Access
from logparse.scans import redirects, site

HOST = "http://127.0.0.1:18210"


def answer(
    target: str, size: int | None, *, referer: str | None = None, location: str | None = None, status: int = 302
) -> Access:
    return Access(
        1, 1, 0, "line", "127.0.0.1", None, "POST", target, False, status, size, referer, None, None, location, False
    )


@pytest.mark.parametrize(
    ("target", "size", "referer", "kind"),
    [
        # 2.10.5
        ("/dags/etl_daily/trigger?redirect_url=/home", 197, HOST + "/home", "home"),
        ("/dags/etl_daily/trigger?origin=/home", 373, HOST + "/home", "login_next"),
        ("/dags/etl_daily/trigger?redirect_url=/home", 385, HOST + "/home", "login_next"),
        ("/dags/ml-train-model/trigger?origin=/home", 241, HOST + "/home", "origin"),
        ("/dags/etl_daily/trigger?origin=/dags/etl_daily/grid", 359, HOST + "/dags/etl_daily/grid", "origin_run"),
        # a run id of just the length that makes it as long as the login page with the way back
        ("/dags/etl_daily/trigger?origin=/dags/etl_daily/grid", 419, HOST + "/dags/etl_daily/grid", "login_or_origin"),
        # 2.9.1: a form on the page of the DAG names that page in its body, and so is no way to the list of DAGs
        ("/dags/etl_daily/trigger", 187 + 2 * len(HOST + "/dags/etl_daily/grid"), HOST + "/home", "origin_grid"),
        ("/dags/etl_daily/trigger", 187 + 2 * len(HOST + "/dags/etl_weekly/grid"), HOST + "/home", "origin"),
        # 2.11.2: the page of the DAG without the host, which no version sends to, is as long as the list with it
        ("/dags/sales_daily_load/trigger", 187 + 2 * len("/dags/sales_daily_load/grid"), HOST + "/home", "origin"),
        # 2.7: the bare login page
        ("/dags/etl_daily/trigger", 201, HOST + "/home", "login"),
        # 2.4.3
        ("/trigger?dag_id=etl_daily&origin=/home", 377, HOST + "/home", "login_next"),
        ("/trigger", 293, HOST + "/home", "login_next"),
        ("/trigger?dag_id=ml-train-model&origin=/home", 241, HOST + "/home", "origin"),
        ("/trigger", 271, HOST + "/dags/x/grid", "origin"),
        # 2.0.2 and 1.10.15
        ("/trigger?dag_id=etl_plain", 217, HOST + "/trigger?dag_id=etl_plain", "home"),
        ("/trigger?dag_id=etl_plain", 221, HOST + "/trigger?dag_id=etl_plain", "login"),
        ("/trigger?dag_id=etl_plain", 355, HOST + "/trigger?dag_id=etl_plain", "login_next"),
        ("/dagrun/add", 209, HOST + "/dagrun/add", "root"),
        ("/dagrun/add", 323, HOST + "/dagrun/add", "login_next"),
        # under a base path
        ("/airflow/dags/etl_daily/trigger", 213, HOST + "/airflow/home", "home"),
        # 1.10 without RBAC: its list of DAGs has a path as long as the login page of the others
        ("/admin/airflow/trigger?dag_id=x", 221, HOST + "/admin/", "home"),
        # no host known: only what cannot be anything else
        ("/dags/etl_daily/trigger?redirect_url=/home", 385, None, "login_next"),
        ("/dags/etl_daily/trigger?origin=/home", 241, None, ""),
        ("/trigger?dag_id=etl_plain", 355, None, ""),
        # HEAD, compressed or rewritten answers
        ("/dags/etl_daily/trigger", 0, HOST + "/home", ""),
        ("/dags/etl_daily/trigger", None, HOST + "/home", ""),
        ("/dags/etl_daily/trigger", 198, HOST + "/home", ""),
    ],
)
def test_by_size(target: str, size: int | None, referer: str | None, kind: str) -> None:
    found = redirects.find_redirect(answer(target, size, referer=referer))
    assert found.kind == kind
    assert found.evidence == ("response_size" if kind else "")


@pytest.mark.parametrize(
    ("target", "location", "kind"),
    [
        ("/dags/x/trigger", "/login/?next=http%3A%2F%2Fh%2Fdags%2Fx%2Ftrigger", "login_next"),
        ("/dags/x/trigger", "/login/", "login"),
        ("/dags/x/trigger", "/home", "home"),
        ("/airflow/dags/x/trigger", "/airflow/home", "home"),
        ("/dags/x/trigger", "http://h/home", "origin"),
        ("/dags/x/trigger", "http://h/dags/x/grid?dag_run_id=manual__1", "origin_run"),
        ("/admin/airflow/trigger?dag_id=x", "/admin/airflow/login?next=%2Fadmin%2F", "login_next"),
        ("/admin/airflow/trigger?dag_id=x", "/admin/", "home"),
        ("/dagrun/add", "/", "root"),
    ],
)
def test_by_location(target: str, location: str, kind: str) -> None:
    assert redirects.find_redirect(answer(target, 197, location=location)) == redirects.Redirect(kind, "location")


def test_only_redirects_lead_anywhere() -> None:
    assert redirects.find_redirect(answer("/dags/x/trigger", 197, status=200)) == redirects.NOWHERE


def test_colons_and_slashes_may_be_bare() -> None:
    """Airflow 2.11.2 with Werkzeug 3, and a DAG of such a name that both readings have the same length."""
    line = answer("/dags/sales_daily_load/trigger?redirect_url=%2Fhome", 359, referer="http://localhost:18501/home")
    assert redirects.find_redirect(line, site.Site(bare=True)).kind == "login_next"
    assert redirects.find_redirect(line).kind == "origin"
    other = answer("/dags/dagRuns/trigger?origin=/dags/dagRuns/grid", 355, referer=f"{HOST}/dags/dagRuns/grid")
    assert redirects.find_redirect(other).kind == "origin_run"


@pytest.mark.parametrize(("origin", "kind"), [("http://flow.corp.example:8080", "origin"), ("", "")])
def test_the_page_to_return_to_names_the_host(origin: str, kind: str) -> None:
    """Airflow 1.10.15 in the common format, which has no referring page."""
    line = answer(f"/admin/airflow/trigger?dag_id=etl&origin={origin}/admin/", 279)
    assert redirects.find_redirect(line).kind == kind


def test_the_frame_that_logins_show_decides_between_two_targets_of_one_size() -> None:
    """Airflow 2.3.4: a page of 17 letters, or with the frame of 2.2 the login page."""
    page = "/trigger?dag_id=parked&origin=%2Fdags%2Fparked%2Fgrid"
    line = answer(page, 221, referer=f"http://airflow.corp.example{page}")
    assert redirects.find_redirect(line).kind == "login"
    assert redirects.find_redirect(line, site.Site(frame=187)).kind == "origin_grid"
    assert redirects.find_redirect(line, site.Site(frame=207)).kind == "login"


@pytest.mark.parametrize(
    ("size", "base", "frame"),
    [(197, "", 187), (189, "", 187), (221, "", 207), (217, "", 207), (205, "/air", 187), (307, "", 0), (None, "", 0)],
)
def test_the_answer_to_a_login_shows_the_frame(size: int | None, base: str, frame: int) -> None:
    assert redirects.frame_of_login(answer(f"{base}/login/", size), base) == frame


SITE = site.Site("http://airflow.example.com", "/airflow")


@pytest.mark.parametrize(
    ("target", "size", "kind"),
    [
        # the log format `%(U)s` leaves out the base path that browsers send, and that answers hold
        ("/dags/etl_daily/trigger?redirect_url=%2Fairflow%2Fhome", 213, "home"),
        ("/dags/etl_daily/trigger", 217, "login"),
        ("/airflow/dags/etl_daily/trigger", 213, "home"),
        ("/dags/etl_daily/trigger", 197, "origin"),
    ],
)
def test_a_base_path_that_other_lines_show_counts(target: str, size: int, kind: str) -> None:
    assert redirects.find_redirect(answer(target, size), SITE).kind == kind


@pytest.mark.parametrize(
    ("page", "base"),
    [
        ("http://h/home", ""), ("http://h/airflow/home", "/airflow"), ("http://h/a/b/dags/x/grid?tab=graph", "/a/b"),
        ("http://h/login/?next=x", ""), ("http://h/dags/x/trigger", ""), ("http://h/static/x.css", None), (None, None),
        ("http://idp.example.com/", None),
    ],
)  # fmt: skip
def test_a_page_shows_the_base_path(page: str | None, base: str | None) -> None:
    assert site.base_of(page) == base
