"""Distinct texts: what hurts whoever keeps a row for each user, DAG, client or target.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BROWSER, access, address, run

if TYPE_CHECKING:
    from collections.abc import Iterator


@case("DAG ids", 8_000)
def _distinct_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 404) for i in range(n))


@case("DAG ids, refused", 8_000)
def _refused_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 403, user="ann") for i in range(n))


@case("DAG ids and successes of one user", 8_000)
def _mixed_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 403 if i % 2 else 200, user="ann") for i in range(n))


@case("users", 8_000)
def _distinct_users(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 403, user=f"user{i}") for i in range(n))


@case("clients", 8_000)
def _distinct_clients(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 401, client=address(i)) for i in range(n))


@case("user agents", 8_000)
def _distinct_agents(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 401, agent=f"tool/{i}") for i in range(n))


@case("callers, DAGs and agents, all different", 8_000)
def _all_distinct(n: int) -> Iterator[str]:
    for i in range(n):
        status = (200, 401, 403, 404)[i % 4]
        yield access(i, run(f"d{i}"), status, user=f"u{i}", client=address(i), agent=f"tool/{i}", size=i)


@case("targets", 8_000)
def _distinct_targets(n: int) -> Iterator[str]:
    return (access(i, f"{run('etl')}?x={i}", 404) for i in range(n))


@case("passwords in targets, percent-encoded", 8_000)
def _encoded_passwords(n: int) -> Iterator[str]:
    return (access(i, f"{run('etl')}?%70assword%3Dhunter{i}", 401) for i in range(n))


@case("sizes of answers", 8_000)
def _distinct_sizes(n: int) -> Iterator[str]:
    return (access(i, run(f"d{i % 40}"), 404, size=i) for i in range(n))


@case("long DAG ids of all lengths", 2_000)
def _long_dags(n: int) -> Iterator[str]:
    return (access(i, f"POST /trigger?dag_id={'d' * (i % 2000)}", 302, size=i, agent=BROWSER) for i in range(n))
