"""Rows of the audit log that must not name a request; lines of 2.0.2, 1.10.15 and 2.4.3 whose pages behind are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:78.0) Gecko/20100101 Firefox/78.0"
HEADS = "id,dttm,dag_id,task_id,event,execution_date,owner,extra"


def asked(client: int, second: int, target: str, answer: str, page: str) -> str:
    return (
        f'127.0.0.{client} - - [22/Nov/2026:12:41:{second:02} +0000] "POST {target} HTTP/1.1" {answer} '
        f'"http://127.0.0.1:18101{page}" "{AGENT}"\n'
    )


def row(number: int, moment: str, dag: str, owner: str) -> str:
    return f"{number},2026-11-22 12:41:{moment},{dag},,trigger,,{owner},\"[('dag_id', '{dag}'), ('conf', '{{}}')]\""


def judged(text: str, rows: list[str], folder: Path) -> list[tuple[str, str | None]]:
    """Outcomes and users, in order; rows about another DAG before and behind show what the export spans."""
    (folder / "server.log").write_text(text, "utf-8")
    around = [row(1, "01.000000", "other", "zoe"), *rows, row(99, "59.000000", "other", "zoe")]
    exported = loader.of([Written("log.csv", "\n".join([HEADS, *around]) + "\n")])
    found = run.run(discovery.find_sources([str(folder)]), options.Options(exports=exported)).attempts
    users = [user if isinstance(user, str) else None for user in found["user"]]
    return list(zip(found["outcome"].to_list(), users, strict=True))


FORM = "/trigger?dag_id=etl_plain"
MADE = asked(2, 47, FORM, "302 217", FORM)
#: Where the answer leads is not in the line.
OF_NO_SIZE = asked(2, 47, FORM, "302 -", FORM)
SENT_TO_LOGIN = asked(3, 47, FORM, "302 355", FORM)


@pytest.mark.parametrize(
    "text", [MADE + SENT_TO_LOGIN, SENT_TO_LOGIN + MADE, OF_NO_SIZE + SENT_TO_LOGIN, SENT_TO_LOGIN + OF_NO_SIZE]
)
def test_who_was_sent_to_the_login_page_takes_no_row_of_another(text: str, tmp_path: Path) -> None:
    found = dict(judged(text, [row(2, "47.352330", "etl_plain", "admin")], tmp_path))
    assert found == {"success": "admin", "undetermined": None}


def test_a_row_that_is_left_over_does_not_move_names(tmp_path: Path) -> None:
    """A row of somebody whose request is not in the log: each of the two requests would get a row, but wrong ones."""
    rows = [row(2, "45.700000", "etl_plain", "uma"), row(3, "47.352330", "etl_plain", "admin")]
    assert judged(MADE + SENT_TO_LOGIN, rows, tmp_path)[0] == ("success", "admin")


#: Quick buttons, whose form holds the id of the DAG.
GRID = asked(2, 27, "/trigger", "302 283", "/dags/sales.report.v2/grid")


@pytest.mark.parametrize(
    ("text", "dag", "user"),
    [
        (GRID, "sales.report.v2", "olga.op"),
        (GRID, "etl_daily", None),  # another DAG than the one on whose page the button is
        # A button elsewhere on that page.
        (asked(2, 27, "/trigger", "302 197", "/dags/sales.report.v2/grid"), "etl_daily", "olga.op"),
        (asked(2, 27, "/trigger", "302 197", "/home"), "etl_daily", "olga.op"),
    ],
)
def test_a_row_about_another_dag_names_nobody(text: str, dag: str, user: str | None, tmp_path: Path) -> None:
    assert [name for _, name in judged(text, [row(2, "27.500000", dag, "olga.op")], tmp_path)] == [user]
