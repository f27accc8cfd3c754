r"""Nineteen odd requests, as each server logged them: ``tests/data/formats/escapes_*``.

Owns: what the requests were, and which of them each log holds. Must not know: how logparse reads anything.

Quotes, backslashes, raw UTF-8 and line breaks in paths and names, empty headers, an absolute-form target, doubled
slashes, several ``X-Forwarded-For``, no HTTP at all (15, 16), a long header, HTTP/1.0, a client that left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CLIENT: Final = "203.0.113.200"
_DAGS: Final = {1: 'a"b', 2: "café", 3: "a\\b", 6: "x\n1.2.3.4 - admin", 7: 'team/etl"q'}
_SLASHES: Final = 13
_ABORTED: Final = 19
#: All but the two that were no HTTP.
ASKED: Final = (*range(1, 15), 17, 18, _ABORTED)
#: Names of Basic headers. The last one holds a line break, and what could be the beginning of an access line.
NAMES: Final = {8: "jane doe", 9: 'ja"ne [x]', 10: "zoë@ex.com", 11: "eve\n9.9.9.9 - admin [01/Mar/2026"}


def dag(number: int) -> str:
    """The DAG that a request asked for."""
    return _DAGS.get(number, "x")


def path(number: int) -> str:
    """Its path, decoded, where the server logs it as sent."""
    return "//api/v1/dags//x/dagRuns/" if number == _SLASHES else f"/api/v1/dags/{dag(number)}/dagRuns"


@dataclass(frozen=True, slots=True)
class Log:
    """One file.

    Attributes:
        name: of the file.
        numbers: of the requests that are attempts in it, in its order.
        lines: how many lines it has, and how many of them are requests.
        aborted: the status that was logged where the client left.
        slashes: the path that was logged for that with doubled slashes.
        names: names of Basic headers are in it.
        client: addresses are in it.
        log_formats: without which it cannot be read.
        broken: requests that line breaks parted in two lines of which neither is one of a request by itself: they may
            be read, or counted as lines that are not understood.
    """

    name: str
    numbers: tuple[int, ...] = ASKED
    lines: tuple[int, int] = (19, 19)
    aborted: int = 499
    slashes: str = path(_SLASHES)
    names: bool = False
    client: bool = True
    log_formats: tuple[str, ...] = ()
    broken: tuple[int, ...] = ()

    def rows(self, *left_out: int) -> list[tuple[str, str, int, str | None, str | None]]:
        """Path, DAG, status, client and user of each attempt but some."""
        return [
            (
                self.slashes if number == _SLASHES else path(number),
                dag(number),
                self.aborted if number == _ABORTED else 200,
                CLIENT if self.client else None,
                NAMES.get(number) if self.names else None,
            )
            for number in self.numbers
            if number not in left_out
        ]


def _but(*left_out: int) -> tuple[int, ...]:
    return tuple(number for number in ASKED if number not in left_out)


ATOMS: Final = 'U=%(U)s q=%(q)s u=%(u)s xff=%({x-forwarded-for}i)s "%(r)s" %(s)s'

LOGS: Final = (
    # The name with a line break makes two lines of one request.
    Log("escapes_gunicorn.log", lines=(18, 17), aborted=200, names=True),
    # So does %(U)s, which holds the path decoded.
    Log(
        "escapes_gunicorn_atoms.log",
        lines=(19, 17),
        aborted=200,
        names=True,
        client=False,
        log_formats=(ATOMS,),
        broken=(6, 11),
    ),
    Log("escapes_gunicorn_error.log", (), (9, 0)),
    # Raw UTF-8 in a target is an invalid request to uvicorn. Airflow and uvicorn log paths decoded (uvicorn quotes them
    # anew), so that an encoded slash parts two segments: no such endpoint. uvicorn logs nothing where the client left.
    Log("escapes_uvicorn.log", _but(2, 7, 19), (22, 15)),
    Log("escapes_airflow3.jsonl", _but(2, 7), (23, 16), aborted=200),
    Log("escapes_airflow3_console.log", _but(2, 7), (23, 16), aborted=200),
    Log("escapes_nginx_combined.log", names=True),
    Log("escapes_nginx_xff.log", names=True),
    Log("escapes_nginx_json.log", names=True),
    Log("escapes_apache_combined.log", aborted=200),
    # Raw UTF-8 is a bad request here as well.
    Log("escapes_haproxy.log", _but(2), aborted=200),
    # Envoy refuses HTTP/1.0 too. Its status is 0 where the client left.
    Log("escapes_envoy_default.log", _but(2, 18), aborted=0),
    Log("escapes_envoy_json.log", (), (0, 0)),
    Log("escapes_istio.log", (), (0, 0)),
    # Traefik cleans paths before it logs them, and logs nothing of what is no HTTP.
    Log("escapes_traefik_clf.log", lines=(17, 17), slashes="/api/v1/dags/x/dagRuns/"),
    Log("escapes_caddy_json.log", lines=(17, 17)),
)
#: Coloured lines of uvicorn behind syslog, which wrote ESC as ``#033``.
SYSLOG: Final = (
    "escapes_syslog_rfc5424.log",
    "escapes_syslog_rsyslog_fileformat.log",
    "escapes_syslog_rsyslog_traditional.log",
)
