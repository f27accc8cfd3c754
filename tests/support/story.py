"""The story that every sample of ``tests/data/formats`` tells: 13 requests, 11 of them trigger attempts.

Owns: what really happened. Must not know: in which format it is told.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000


def micros(stamp: str) -> int:
    """Microseconds since 1970 of an ISO stamp, in UTC if it names no zone; finer digits are cut off."""
    told = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stamp))
    return (told.replace(tzinfo=told.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


class Attempt(NamedTuple):
    """One trigger attempt of the story; times are those at which the client acted, in microseconds UTC."""

    start: int
    end: int
    client: str
    user: str | None
    dag_id: str
    status: int
    outcome: str
    agent: str


_REQUESTS: Final = "python-requests/2.31.0"
#: The agent of the second attempt asks for another DAG; it is quoted in the middle of what it says.
ODD_AGENT: Final = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'
_SUNDAY: Final = "2026-03-01T23:59:"
_MONDAY: Final = "2026-03-02T00:00:"
_UNKNOWN: Final = "authentication_failure"
_DENIED: Final = "authorization_failure"
_FAILED: Final = "other_failure"


def _told(  # noqa: PLR0913, PLR0917 - a row of the table below
    start: str, client: str, user: str | None, dag_id: str, status: int, outcome: str, agent: str, end: str = ""
) -> Attempt:
    return Attempt(micros(start), micros(end or start), client, user, dag_id, status, outcome, agent)


STORY: Final = (
    _told(_SUNDAY + "51", "203.0.113.10", "alice", "etl_daily", 200, "success", _REQUESTS),
    _told(_SUNDAY + "52", "192.0.2.44", "mallory", "etl_daily", 401, _UNKNOWN, ODD_AGENT),
    # Two real attempts, a millisecond apart: equal lines where seconds are logged.
    _told(_SUNDAY + "53", "198.51.100.23", "bob", "finance_report", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "53.001", "198.51.100.23", "bob", "finance_report", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "54", "203.0.113.10", "alice", "no_such_dag", 404, _FAILED, _REQUESTS),
    _told(_SUNDAY + "55", "203.0.113.10", "alice", "etl_daily", 409, _FAILED, _REQUESTS),
    _told(_SUNDAY + "56", "198.51.100.23", "bob", "café_load", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "57", "2001:db8::17", "svc-etl", "etl_daily", 200, "success", "OpenAPI-Generator/1.0.0/python"),
    _told(_SUNDAY + "58.5", "192.0.2.44", None, "finance_report", 401, _UNKNOWN, "curl/8.5.0"),
    # Begins on Sunday and ends on Monday: the week depends on which of the two a format logs.
    _told(_SUNDAY + "59.9", "192.0.2.44", None, "etl_daily", 401, _UNKNOWN, "curl/8.5.0", _MONDAY + "00.2"),
    _told(_MONDAY + "01.5", "203.0.113.10", "alice", "etl_daily", 200, "success", _REQUESTS),
)
#: Requests of the story that are no attempts: a page, and a list of runs.
READS: Final = 2


class Span(NamedTuple):
    """A time lies in here, both ends included; None: no time is known."""

    first: int
    last: int


def _exactly(time: int, *, give: int = 0) -> Span:
    return Span(time - give, time + give)
