"""Times that are equal, go back or span years: what hurts whoever sorts by time and makes weeks.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BROWSER, access, address, app, run

if TYPE_CHECKING:
    from collections.abc import Iterator


@case("requests of one second", 10_000)
def _equal_times(n: int) -> Iterator[str]:
    return (access(0, run(f"d{i % 40}"), (200, 401, 403)[i % 3], user=f"u{i % 9}") for i in range(n))


@case("times that go back", 10_000)
def _backwards(n: int) -> Iterator[str]:
    return (access(n - i, run(f"d{i % 40}"), 401, agent=BROWSER) for i in range(n))


@case("times in any order, with app lines", 5_000)
def _unsorted(n: int) -> Iterator[str]:
    for i in range(n):
        second = i * 7919 % n * 60
        yield app(second, f"Login Failed for user: u{i}")
        yield access(second, run(f"d{i % 40}"), 401)


@case("weeks", 400)
def _weeks(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(20):
            yield access((i - n) * 7 * 86_400 + j, run(f"d{j}"), 403, user="ann")


@case("weeks of 400 attempts, as reports", 20, "--out", "reports", command="report")
def _weekly(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(400):
            yield access((i - n) * 7 * 86_400 + j, run(f"d{j}"), 403, user="ann")


@case("DAG ids, users and clients, as reports", 8_000, "--out", "reports", command="report")
def _reported(n: int) -> Iterator[str]:
    for i in range(n):
        status = (200, 401, 403, 404)[i % 4]
        yield access(i, run(f"d{i}"), status, user=f"u{i}", client=address(i), agent=f"tool/{i}", size=i)


@case("form logins and refusals, as reports", 4_000, "--out", "reports", command="report")
def _logins_reported(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, run(f"d{i % 40}"), 401)
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)
