"""Lines that show in which second a request began, and an audit log; as 3.0.4 behind Traefik writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery
from logparse.verdicts.evidence.whole_seconds import are_whole
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from pathlib import Path


def line(client: int, second: int, took: int) -> str:
    return (
        f"127.0.0.{client} - - [01/Dec/2026:01:02:{second:02} +0000] "
        '"POST /api/v2/dags/vault_payout/dagRuns HTTP/1.1" 200 746 '
        f'"-" "-" 7 "airflow@docker" "http://10.0.3.7:8080" {took}ms\n'
    )


def names(lines: list[str], rows: list[tuple[str, str]], folder: Path) -> list[str | None]:
    log, audit = folder / "access.log", folder / "audit_log.csv"
    log.write_text("".join(lines), "utf-8")
    texts = [
        f"{number},2026-12-01 {time}+00,vault_payout,trigger_dag_run,{user}" for number, (time, user) in enumerate(rows)
    ]
    audit.write_text("\n".join(["id,dttm,dag_id,event,owner", *texts, ""]), "utf-8")
    given = options.Options(exports=loader.load((str(audit),), ()))
    found = run.run(discovery.find_sources([str(log)]), given).attempts["user"]
    return [user if isinstance(user, str) else None for user in found]


@pytest.mark.parametrize(
    ("lines", "rows", "told"),
    [
        # The row was written later in that second than the request took.
        ([line(51, 16, 62)], [("01:02:16.679", "bot-vault")], ["bot-vault"]),
        # Lines stand in the order in which requests ended, though the later one took less time.
        (
            [line(51, 16, 62), line(77, 16, 17)],
            [("01:02:16.279", "bot-vault"), ("01:02:16.603", "vault.kim")],
            ["bot-vault", "vault.kim"],
        ),
        # One of them may have begun first and ended last.
        (
            [line(51, 16, 62), line(77, 16, 17)],
            [("01:02:16.279", "bot-vault"), ("01:02:16.303", "vault.kim")],
            [None, None],
        ),
        ([line(51, 16, 62)], [("01:02:19.279", "bot-vault")], [None]),
    ],
)
def test_a_row_of_that_second_is_of_the_request(
    lines: list[str], rows: list[tuple[str, str]], told: list[str | None], tmp_path: Path
) -> None:
    assert names(lines, rows, tmp_path) == told


def test_a_time_is_whole_if_the_begin_or_the_end_is() -> None:
    times, durations = np.array([7_000_000, 7_128_000, 7_128_000, 7_128_000]), np.array([-1, 128_000, 127_000, -1])
    assert are_whole(times, durations).tolist() == [True, True, False, False]
