"""Large logs of usual lines with lines of strangers between, in an envelope or in none."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import recordings
from envelope_wrapping import wrapper

from logparse.envelopes import loader

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = {case.name: case for case in recordings.cases()}


#: Lines of proxies and load balancers, by format.
OF_PROXIES = {
    "ingress-nginx": (
        '{client} - - [22/Nov/2026:{time} +0000] "{method} {path} HTTP/1.1" {status} {size} "http://a/" "curl/8.4.0" '
        "307 0.005 [airflow-web-8080] [] 203.0.113.200:9000 34 0.005 200 93226a4799899ac36a8fd1f35acd6462"
    ),
    "haproxy": (
        "{client}:58161 [22/Nov/2026:{time}.002] http-in airflow-web/web1 0/0/0/3/4 {status} {size} - - ---- "
        '3/1/2/2/0 0/0 {{curl/8.4.0|}} "{method} {path} HTTP/1.1"'
    ),
    "envoy": (
        '[2026-11-22T{time}.901Z] "{method} {path} HTTP/1.1" {status} - 12 {size} 301 301 "{client}" "curl/8.4.0" '
        '"0d0055dc-01ee-49b3-a931-27cec156ff14" "airflow.example.com" "203.0.113.200:9000"'
    ),
    "istio": (
        '[2026-11-22T{time}.901Z] "{method} {path} HTTP/1.1" {status} - via_upstream - "-" 12 {size} 306 306 '
        '"{client}" "curl/8.4.0" "6e99e264-88c5-4574-8147-e127fb4cad78" "airflow.example.com" "203.0.113.200:9000" '
        "airflow 203.0.113.200:58338 203.0.113.200:8061 {client}:50171 - -"
    ),
    "alb": (
        "https 2026-11-22T{time}.202000Z app/airflow-alb/50dc6c495c0c9188 {client}:40012 10.0.1.11:8080 0.000 0.301 "
        '0.000 {status} {status} 512 {size} "{method} https://airflow.example.com:443{path} HTTP/1.1" "curl/8.4.0" '
        "ECDHE TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 "
        '"Root=1-65e26fcc" "a" "b" 0 2026-11-22T{time}.202000Z "forward" "-" "-" "10.0.1.11:8080" "200" "-" "-" TID_1'
    ),
    "elb": (
        "2026-11-22T{time}.900000Z airflow-elb {client}:40012 10.0.1.11:8080 0.000073 0.301048 0.000057 {status} "
        '{status} 12 {size} "{method} https://airflow.example.com:443{path} HTTP/1.1" "curl/8.4.0" '
        "ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"
    ),
    "traefik": (
        '{client} - - [22/Nov/2026:{time} +0000] "{method} {path} HTTP/1.1" {status} {size} "-" "curl/8.4.0" 12 '
        '"airflow@file" "http://203.0.113.200:9000" 310ms'
    ),
}


def usual(form: str, number: int, path: str = "/api/v1/dags", method: str = "GET", status: int = 200) -> str:
    """A line of a native format."""
    hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
    client = f"10.0.{number % 7}.{number % 250}"
    if form == "gunicorn":
        time = f"22/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000"
        return f'{client} - - [{time}] "{method} {path} HTTP/1.1" {status} {number % 999} "http://a/home" "curl/8.4.0"'
    if form in OF_PROXIES:
        return OF_PROXIES[form].format(
            client=client,
            method=method,
            path=path,
            status=status,
            size=number % 999,
            time=f"{hour:02}:{minute:02}:{second:02}",
        )
    if form == "uvicorn":
        return f'INFO:     {client}:{1024 + number % 9999} - "{method} {path} HTTP/1.1" {status} OK'
    time = f"2026-11-22T{hour:02}:{minute:02}:{second:02}.{number % 1000000:06}Z"
    plain, _, query = path.partition("?")
    if form == "airflow3-console":
        query = f"'{query}'" if "=" in query else query
        return (
            f"{time} [info     ] request finished               [http.access] client_addr={client}:4711 "
            f"duration_us=117 loc=http_access_log.py:130 method={method} path={plain} query={query} "
            f"status_code={status}"
        )
    record = {
        "timestamp": time, "level": "info", "event": "request finished", "method": method, "path": plain,
        "query": query, "status_code": status, "duration_us": 117, "client_addr": f"{client}:4711",
        "logger": "http.access", "filename": "http_access_log.py", "lineno": 130,
    }  # fmt: skip
    return json.dumps(record, separators=(",", ":"))


def wrapped(name: str) -> Callable[[str], str]:
    """Puts a line into an envelope."""
    if all(envelope.id != name for envelope in loader.shipped()):
        return lambda line: line

    def wrap(line: str) -> str:
        inside = wrapper(name)(line)
        return inside if isinstance(inside, str) else json.dumps(inside, separators=(",", ":"), ensure_ascii=False)

    return wrap


def mixed(form: str, envelope: str, seed: int) -> bytes:
    """A log of usual lines with real lines of all recordings between, and with runs of them behind one another."""
    chance = random.Random(seed)
    wrap = wrapped(envelope)
    real = [
        line.decode("utf-8", "surrogateescape")
        for case in CASES.values()
        for content in case.content().values()
        for line in content.split(b"\n")
        if len(line) < 2000
    ]
    lines = [usual(form, number) for number in range(700)]
    for number in range(700, 2200):
        paths = [
            "/health",
            "/api/v1/dags/a/dagRuns",
            "/home",
            "/dags/a/trigger",
            "/login/?next=x",
            "/dags/a%2F/trigger",
        ]
        method, status = chance.choice(["GET", "POST"]), chance.choice([200, 200, 302, 401, 403])
        path = chance.choice(paths) if chance.random() < 0.1 else "/health"
        lines.append(usual(form, number, path, method, status if path != "/health" else 200))
        if chance.random() < 0.01:
            at = chance.randrange(len(real))
            lines += real[at : at + chance.choice([1, 1, 2, 30])]
    cut = [line[: chance.randrange(len(line) + 1)] if chance.random() < 0.002 else line for line in lines]
    return "".join(f"{wrap(line)}\n" for line in cut).encode("utf-8", "surrogateescape")
