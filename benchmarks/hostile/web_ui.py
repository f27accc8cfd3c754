"""Attempts in the web UI: what hurts whoever follows a browser to its next page.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BROWSER, HOST, access, address, app

if TYPE_CHECKING:
    from collections.abc import Iterator


@case("attempts in the web UI that no page follows", 8_000)
def _unfollowed(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("attempts in the web UI, each followed by a page", 5_000)
def _followed(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(2 * i, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, referer=f"{HOST}/home")
        yield access(2 * i + 1, "GET /home", 200, size=50_000 + i * 7 % 900, agent=BROWSER, referer=f"{HOST}/home")


@case("pages of one browser, of all sizes", 8_000)
def _pages(n: int) -> Iterator[str]:
    yield access(0, "POST /dags/etl/trigger", 302, size=208, agent=BROWSER)
    for i in range(n):
        yield access(i, "GET /home", 200, size=10_000 + i * 2000, agent=BROWSER)


@case("attempts and pages of one second", 4_000)
def _followed_at_once(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(0, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, referer=f"{HOST}/home")
    for _ in range(n):
        yield access(0, "GET /home", 200, size=50_000, agent=BROWSER, referer=f"{HOST}/home")


@case("browsers, each with a login, an attempt and a page", 3_000)
def _sessions(n: int) -> Iterator[str]:
    for i in range(n):
        client = address(i)
        yield app(i, f"Updated user Ann{i} Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER, client=client)
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, client=client)
        yield access(i, "GET /home", 200, size=50_000, agent=BROWSER, client=client)


@case("logouts", 8_000)
def _logouts(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(i, "GET /logout/", 302, size=200, agent=BROWSER)
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("redirects to the login page", 5_000)
def _redirects(n: int) -> Iterator[str]:
    for i in range(n):
        target = f"/dags/d{i}/trigger"
        yield access(i, f"POST {target}", 302, size=300 + i % 100, agent=BROWSER)
        yield access(i, f"GET /login/?next={HOST}{target}", 200, size=18_000, agent=BROWSER)
