"""Many files, and many servers in one: what hurts whoever opens files and tells their requests apart.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import access, address, app, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile.cases import Files


@case("files", 300)
def _many_files(n: int) -> Files:
    return {
        f"web-{i}.log": [access(i * 20 + j, run(f"d{j}"), 401, client=address(i)) for j in range(20)] for i in range(n)
    }


@case("files of ten kilobytes", 200)
def _busy_files(n: int) -> Files:
    def lines(number: int) -> Iterator[str]:
        for i in range(number * 90, number * 90 + 90):
            yield access(i, "GET /health", 200) if i % 50 else access(i, run(f"d{i % 40}"), 401)

    return {f"web-{number:05}.log": lines(number) for number in range(n)}


@case("files in folders of their own", 300)
def _many_folders(n: int) -> Files:
    return {f"pod-{i}/web.log": [access(j, run(f"d{i}"), 401, client=address(i)) for j in range(20)] for i in range(n)}


@case("files with the same attempts", 600)
def _overlapping_files(n: int) -> Files:
    return {
        f"web-{i}.log": [access(j, run(f"d{j}"), 401, client=address(i)) for j in range(10)]
        + [access(j, run("own"), 401, user=f"u{i}") for j in range(10)]
        for i in range(n)
    }


@case("files with the same lines, some of each", 150)
def _rolling_files(n: int) -> Files:
    return {
        f"web.log.{i}": [access(i * 10 + j, run(f"d{j}"), 401, client=address(i * 10 + j)) for j in range(30)]
        for i in range(n)
    }


@case("files with app lines and with requests", 300)
def _app_and_access_files(n: int) -> Files:
    return {
        **{f"app-{i}.log": [app(j, f"Login Failed for user: u{j}") for j in range(20)] for i in range(n)},
        **{f"access-{i}.log": [access(j, run(f"d{j}"), 401) for j in range(20)] for i in range(n)},
    }


@case("pods in one file", 1_500)
def _many_pods(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(4):
            yield f"airflow-web-{i} web " + app(i, f"Login Failed for user: u{j}")
            yield f"airflow-web-{i} web " + access(i, run(f"d{j}"), 401)


@case("containers in one file, in JSON", 1_500)
def _many_containers(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(4):
            text = access(i, run(f"d{j}"), 401).rstrip("\n").replace('"', '\\"')
            yield f'{{"kubernetes":{{"pod_name":"web-{i}","namespace_name":"airflow"}},"log":"{text}\\n"}}\n'


@case("requests in two logs, one of which leads", 4_000, "--leading", "server.log")
def _leading(n: int) -> Files:
    return {
        "server.log": (access(i, run(f"d{i % 40}"), 401) for i in range(n)),
        "proxy.log": (access(i, run(f"d{i % 40}"), 401, client="198.51.100.7") for i in range(n)),
    }


@case("equal requests of one second in two logs, one of which leads", 4_000, "--leading", "server.log")
def _leading_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, run("etl"), 401) for _ in range(n)),
        "proxy.log": (access(0, run("etl"), 401, client="198.51.100.7") for _ in range(n)),
    }
