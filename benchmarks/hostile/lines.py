"""Lines that servers write, of which cases are made.

Owns: the form of an access line and of an app line. Must not know: the cases.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

BEGIN: Final = datetime(2026, 9, 1, tzinfo=UTC)
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0"
HOST: Final = "http://airflow.example.com"


def access(  # noqa: PLR0913 - the fields of a line
    second: float,
    request: str,
    status: int,
    *,
    client: str = "192.0.2.1",
    user: str = "-",
    size: int = 3,
    referer: str = "-",
    agent: str = "curl/8.4.0",
) -> str:
    """Return a line of gunicorn."""
    time = BEGIN + timedelta(seconds=int(second))
    stamp = f"[{time:%d/%b/%Y:%H:%M:%S} +0000]"
    return f'{client} - {user} {stamp} "{request} HTTP/1.1" {status} {size} "{referer}" "{agent}"\n'


def app(second: float, text: str, level: str = "INFO", loc: str = "override.py:1697") -> str:
    """Return an app line of Airflow 2."""
    time = BEGIN + timedelta(seconds=second)
    return f"[{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000] {{{loc}}} {level} - {text}\n"


def run(dag: object, version: int = 1) -> str:
    """Return the request for a run of a DAG."""
    return f"POST /api/v{version}/dags/{dag}/dagRuns"


def address(number: int) -> str:
    """Return one of 16 million addresses."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
