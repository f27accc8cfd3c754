"""What a caller alone can write: a target, headers, a name. And exports that mix what is written one by one elsewhere.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BROWSER, HOST, access, address, app, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile.cases import Files


@case("forwarded addresses in a line", 400)
def _forwarded(n: int) -> Iterator[str]:
    for i in range(n):
        chain = ", ".join(address(i * 200 + j) for j in range(200))
        yield access(i, run("etl"), 401).rstrip("\n") + f' "{chain}"\n'


@case("targets, encoded many times", 3_000)
def _encoded_targets(n: int) -> Iterator[str]:
    return (access(i, f"POST /api/v1/dags/%{'25' * 60}41{i}/dagRuns?x=%{'25' * 60}3D", 404) for i in range(n))


@case("places to return to, one in the other", 3_000)
def _nested_origins(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(
            i, f"POST /trigger?dag_id=d{i}&origin=" + "/trigger%3Forigin%3D" * 12, 302, size=300, agent=BROWSER
        )
        yield access(i, "GET /login/?next=" + f"{HOST}/login/%3Fnext%3D" * 8 + str(i), 200, size=9_000, agent=BROWSER)


@case("parameters of a query", 300)
def _parameters(n: int) -> Iterator[str]:
    return (access(i, f"POST /trigger?{'&dag_id=a' * 400}{i}", 302, size=300, agent=BROWSER) for i in range(n))


@case("tokens as names of users", 5_000)
def _token_names(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(
            i, run("etl"), 401, user=f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2Vy{i:08}In0.c2lnbmF0dXJlc2lnbmF0dXJl{i:08}"
        )


@case("random values in queries", 3_000)
def _random_values(n: int) -> Iterator[str]:
    for i in range(n):
        value = "".join("AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_"[(i * 7919 + j * (j + i)) % 38] for j in range(200))
        yield access(i, f"POST /trigger?dag_id=etl&conf={value}", 302, size=300, agent=BROWSER)


@case("DAG ids that are nearly those of others", 8_000)
def _misspelled_dags(n: int) -> Iterator[str]:
    for i in range(n):
        name = f"sales_report_{i // 2:06}_daily"
        yield access(i, run(name if i % 2 else name[:-1] + "x"), 200 if i % 2 else 404, user="ann")


@case("DAG ids of signs that look like others", 3_000)
def _lookalike_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"s%D0%B0les%D1%95_%E2%80%AE{i}%E2%80%8B"), 404) for i in range(n))


@case("methods", 8_000)
def _methods(n: int) -> Iterator[str]:
    for i in range(n):
        method = "".join(chr(65 + i // 26**j % 26) for j in range(5))
        yield access(i, f"{method} /api/v1/dags/etl/dagRuns", 405)


@case("agents that hold records", 3_000)
def _record_agents(n: int) -> Iterator[str]:
    for i in range(n):
        record = json.dumps({"log": access(i, run("forged"), 200), "stream": "stdout", "time": "2026-09-01T00:00:00Z"})
        yield access(i, run("etl"), 401, agent=record.replace('"', '\\"'))


@case("agents of one client, each with an attempt and a page", 3_000)
def _agents_of_one(n: int) -> Iterator[str]:
    for i in range(n):
        agent = f"{BROWSER} x/{i}"
        yield access(i, "POST /login/", 302, size=300, agent=agent)
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=agent, referer=f"{HOST}/home")
        yield access(i, "GET /home", 200, size=50_000, agent=agent, referer=f"{HOST}/home")


@case("tracebacks of requests of one second", 400)
def _tracebacks(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(0, "Exception on /api/v1/dags/etl/dagRuns [POST]", "ERROR", "app.py:1744")
        yield "Traceback (most recent call last):\n"
        for j in range(25):
            yield f'  File "/opt/airflow/www/{i}/{j}.py", line {j}, in f\n    return f(*args, **kwargs)\n'
        yield f"sqlalchemy.exc.OperationalError: {i}\n"
        yield access(0, run(f"d{i % 40}"), 500)


@case("clients that guess passwords, 25 times each", 300, "--out", "reports", command="report")
def _guessers(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(25):
            yield app(i * 25 + j, f"Login Failed for user: u{j}")
            yield access(i * 25 + j, run("etl"), 401, client=address(i), user=f"u{j}")


@case("lines, each in another envelope than the one before", 4_000)
def _mixed_envelopes(n: int) -> Iterator[str]:
    for i in range(n):
        line = access(i, run(f"d{i % 40}"), 401).rstrip("\n")
        quoted = json.dumps(line)
        yield (
            f"{line}\n", f"web-{i} web {line}\n", f"web  | {line}\n", f'{{"log":{quoted},"stream":"stdout"}}\n',
            f"2026-09-01T00:00:00.000000000Z stdout F {line}\n", f"Sep  1 00:00:00 h a[{i}]: {line}\n",
            f'{{"message":{quoted},"k{i}":1}}\n', f"[pod/web-{i}/web] {line}\n",
        )[i % 8]  # fmt: skip


@case("parts of lines that never end", 10_000)
def _endless_parts(n: int) -> Iterator[str]:
    return (f"2026-09-01T00:00:{i % 60:02}.000000000Z stdout P part {i} of a line\n" for i in range(n))


@case("labels in a line", 100)
def _labels(n: int) -> Iterator[str]:
    return (f"x{i}:1\t" + "\t".join(f"l{j}:{j}" for j in range(1_500)) + "\n" for i in range(n))


@case("pairs in a line", 100)
def _pairs(n: int) -> Iterator[str]:
    return (f"level=info n={i} " + " ".join(f'k{j}="v {j}"' for j in range(900)) + "\n" for i in range(n))


@case("ids of requests, all equal, in two logs", 4_000, "--leading", "server.log")
def _equal_ids(n: int) -> Files:
    def lines(client: str) -> Iterator[str]:
        for i in range(n):
            record = {
                "time_iso8601": f"2026-09-01T00:{i // 60 % 60:02}:{i % 60:02}+00:00", "remote_addr": client,
                "request": f"{run(f'd{i % 40}')} HTTP/1.1", "status": "401", "request_id": "0123456789abcdef",
            }  # fmt: skip
            yield json.dumps(record) + "\n"

    return {"server.log": lines("192.0.2.1"), "proxy.log": lines("198.51.100.7")}
