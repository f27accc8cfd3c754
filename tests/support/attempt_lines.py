"""Lines of trigger attempts."""

from __future__ import annotations


def line(day: int = 22, *, user: str = "alice", dag: str = "etl", status: int = 200, month: str = "Nov") -> str:
    """An attempt by the REST API."""
    request = f"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1"
    return f'10.0.0.7 - {user} [{day:02}/{month}/2026:12:35:08 +0000] "{request}" {status} 512 "-" "curl/8.5.0"\n'


#: Thirty that were refused, as a file holds them.
LINES = "".join(line(user="eve", dag=str(number), status=403) for number in range(30)).encode()
