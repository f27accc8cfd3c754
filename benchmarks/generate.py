"""Write a large log as a busy webserver or API server of Airflow does, the same for the same arguments.

python benchmarks/generate.py FORM OUT BYTES SHARE [SEED]

FORM is ``gunicorn`` (Airflow 2), ``console`` or ``json`` (Airflow 3), or ``docker`` (gunicorn lines inside Docker's
json-file); SHARE is the share of lines that are trigger attempts. OUT is compressed if it ends in ``.gz``.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

AREAS: Final = ("etl", "ml", "dbt", "sync", "export")
THINGS: Final = ("orders", "users", "billing", "clicks", "stock", "risk", "geo", "ads")
DAGS: Final = [f"{area}_{thing}_{n}" for n, (area, thing) in enumerate((a, t) for a in AREAS for t in THINGS)]
USERS: Final = ["-"] * 6 + [f"svc_{n}" for n in range(20)] + ["alice", "bob", "carol@example.com"]
BROWSER: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
    "Safari/537.36"
)
AGENTS: Final = (
    BROWSER,
    "python-requests/2.31.0",
    "curl/8.4.0",
    "kube-probe/1.27",
    "Apache-Airflow-Client/2.8.0 (python)",
)
NOISE: Final = {
    "2": (
        "GET /health", "GET /static/dist/main.7f2d.js", "GET /object/grid_data?dag_id={}&num_runs=25",
        "GET /api/v1/dags/{}/dagRuns?limit=5&order_by=-execution_date", "POST /blocked", "POST /last_dagruns",
        "POST /dag_stats", "POST /task_stats", "GET /api/v1/dags/{}", "GET /dags/{}/grid?tab=graph",
        "GET /get_logs_with_metadata?dag_id={}&task_id=load&try_number=1", "PATCH /api/v1/dags/{}",
    ),
    "3": (
        "GET /api/v2/monitor/health", "GET /static/assets/index-7f2d.js", "GET /ui/grid/runs/{}?limit=25",
        "GET /api/v2/dags/{}/dagRuns?limit=5&order_by=-run_after", "GET /ui/dags?limit=50", "GET /api/v2/dagStats",
        "GET /api/v2/dags/{}", "GET /ui/structure/structure_data?dag_id={}", "GET /api/v2/version",
        "GET /api/v2/dags/{}/tasks", "PATCH /api/v2/dags/{}?update_mask=is_paused", "GET /ui/config",
    ),
}  # fmt: skip
BATCH: Final = 20_000


def write(form: str, out: Path, size: int, share: float, seed: int = 1) -> int:
    """Write ``size`` bytes of text, or a little more.

    Args:
        form: of the lines.
        out: where to.
        size: bytes before compression.
        share: of the lines that are trigger attempts.
        seed: of the random numbers.

    Returns:
        How many trigger attempts there are.
    """
    chance = random.Random(seed)
    line = {"gunicorn": gunicorn, "console": console, "json": structured, "docker": docker}[form]
    version = "2" if form in ("gunicorn", "docker") else "3"
    now = datetime(2026, 10, 5, tzinfo=UTC)
    written = attempts = 0
    stream: Any
    with gzip.open(out, "wb", 6) if out.suffix == ".gz" else out.open("wb") as stream:
        while written < size:
            lines = []
            for _ in range(BATCH):
                now += timedelta(milliseconds=chance.randrange(0, 400))
                asks = chance.random() < share
                attempts += asks
                dag = chance.choice(DAGS)
                request = attempt(chance, version, dag) if asks else (*noise(chance, version, dag), 200, "-")
                lines.append(line(chance, now, *request))
            data = "".join(lines).encode()
            written += stream.write(data)
    return attempts


def noise(chance: random.Random, version: str, dag: str) -> tuple[str, str]:
    """A request that triggers nothing: method and target."""
    method, target = chance.choice(NOISE[version]).split(" ")
    return method, target.format(dag)


def attempt(chance: random.Random, version: str, dag: str) -> tuple[str, str, int, str]:
    """A trigger attempt: method, target, status, and the user that it names."""
    luck = chance.random()
    status = 200 if luck < 0.7 else 401 if luck < 0.8 else 403 if luck < 0.95 else 404  # noqa: PLR2004
    user = chance.choice(USERS)
    if version == "3":
        return "POST", f"/api/v2/dags/{dag}/dagRuns", status, user
    if chance.random() < 0.7:  # noqa: PLR2004
        return "POST", f"/api/v1/dags/{dag}/dagRuns", status, user
    return "POST", f"/dags/{dag}/trigger?origin=%2Fhome", 302, user


def client(chance: random.Random) -> str:
    """One of 65,536 addresses."""
    return f"10.{chance.randrange(4)}.{chance.randrange(64)}.{chance.randrange(256)}"


def gunicorn(chance: random.Random, now: datetime, method: str, target: str, status: int, user: str) -> str:
    """As gunicorn writes it unless told otherwise."""
    asks = user != "-" or status != 200  # noqa: PLR2004
    size, referer = chance.randrange(60, 900 if asks else 90_000), "-" if asks else "http://airflow.example.com/home"
    return (
        f'{client(chance)} - {user} [{now:%d/%b/%Y:%H:%M:%S} +0000] "{method} {target} HTTP/1.1" {status} {size} '
        f'"{referer}" "{chance.choice(AGENTS)}"\n'
    )


def docker(chance: random.Random, now: datetime, method: str, target: str, status: int, user: str) -> str:
    """The same as Docker writes it to a file: Go escapes ``&`` in JSON."""
    line = json.dumps(gunicorn(chance, now, method, target, status, user)).replace("&", "\\u0026")
    return f'{{"log":{line},"stream":"stdout","time":"{now:%Y-%m-%dT%H:%M:%S.%f}123Z"}}\n'


def console(chance: random.Random, now: datetime, method: str, target: str, status: int, _user: str) -> str:
    """As Airflow 3.2 and later write it: structlog's console form."""
    path, _, query = target.partition("?")
    query = f"'{query}'" if "=" in query else query
    return (
        f"{now:%Y-%m-%dT%H:%M:%S.%f}Z [info     ] request finished               [http.access] "
        f"client_addr={client(chance)}:{chance.randrange(1024, 65536)} duration_us={chance.randrange(100, 900_000)} "
        f"loc=http_access_log.py:130 method={method} path={path} query={query} status_code={status}\n"
    )


def structured(chance: random.Random, now: datetime, method: str, target: str, status: int, _user: str) -> str:
    """As they write it with ``json_logs = True``."""
    path, _, query = target.partition("?")
    return (
        f'{{"timestamp":"{now:%Y-%m-%dT%H:%M:%S.%f}Z","level":"info","event":"request finished","method":"{method}",'
        f'"path":"{path}","query":"{query}","status_code":{status},"duration_us":{chance.randrange(100, 900_000)},'
        f'"client_addr":"{client(chance)}:{chance.randrange(1024, 65536)}","logger":"http.access",'
        f'"filename":"http_access_log.py","lineno":130}}\n'
    )


if __name__ == "__main__":
    form, out, size, share, *seed = sys.argv[1:]
    made = write(form, Path(out), int(float(size)), float(share), *map(int, seed))
    print(f"{out}: {made:,} trigger attempts")
