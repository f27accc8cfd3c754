"""App lines and logins: what hurts whoever looks for the lines that belong to a request.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BROWSER, access, app, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile.cases import Files


@case("refused API calls, each with its app line", 5_000)
def _failed_logins(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, run(f"d{i % 40}"), 401)


@case("refused API calls in one second, each with its app line", 5_000)
def _failed_at_once(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(0, f"Login Failed for user: u{i}")
        yield access(0, run(f"d{i % 40}"), 401)


@case("app lines in one file and requests in another, in one second", 5_000)
def _apart_at_once(n: int) -> Files:
    return {
        "app.log": (app(0, f"Login Failed for user: u{i}") for i in range(n)),
        "access.log": (access(0, run(f"d{i % 40}"), 401) for i in range(n)),
    }


@case("form logins, each with its app line", 5_000)
def _updated_user(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, "Updated user Ann Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)


@case("form logins alone", 10_000)
def _logins_alone(n: int) -> Iterator[str]:
    return (access(i, "POST /login/", 302, size=300, agent=BROWSER) for i in range(n))


@case("form logins that fail", 5_000)
def _failed_form_logins(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, "POST /login/", 302, size=227, agent=BROWSER)


@case("form logins and attempts of one browser", 5_000)
def _logins_and_attempts(n: int) -> Iterator[str]:
    for i in range(n // 2):
        yield app(i, f"Updated user Ann{i} Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)
    for i in range(n // 2, n):
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("app lines with no request", 10_000)
def _app_lines_alone(n: int) -> Iterator[str]:
    yield access(0, run("etl"), 200)
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")


@case("app lines without a time", 10_000)
def _timeless_app_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"Login Failed for user: u{i}\n"
        yield access(i, run(f"d{i % 40}"), 401)


@case("access lines without a time", 10_000)
def _timeless_lines(n: int) -> Iterator[str]:
    return (f'INFO:     192.0.2.1:0 - "{run(i % 40, 2)} HTTP/1.1" 401 Unauthorized\n' for i in range(n))


@case("pairs of app lines that one request leaves", 4_000)
def _paired_app_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, "JWT token is not valid: Signature verification failed", "ERROR")
        yield app(i, "JWT token is not valid: Signature verification failed", "ERROR")
        yield access(i, run(f"d{i % 40}", 2), 401)
