"""The message on a DAG's own page after a trigger; sizes as 2.7.1 and 2.4.3 gave them, unless a test says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: What a browser does: its number, the DAG, and the size of the page; None: it asks for a run, 0: for the list of DAGs.
Step = tuple[int, str, int | None]

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
SITE = "http://airflow.corp.example"
#: Somebody with another role, whose pages are shorter by 1067 bytes.
OTHER: list[Step] = [
    *((55, "ml-train", 30570), (55, "ml-train", None), (55, "ml-train", 30776), (55, "ml-train", 30570)),
    *((55, "hr_payroll", 30652), (55, "hr_payroll", None), (55, "hr_payroll", 30860)),
    *((55, "etl_daily", 30611), (55, "etl_daily", None), (55, "etl_daily", 30818)),
]
MADE = ["success"] * 3


def line(second: int, step: Step, *, classic: bool, query: str) -> str:
    browser, dag, size = step
    page = f"/dags/{dag}/grid"
    asked, answer = ("GET", page + query), f"200 {size}"
    if size is None:
        target = f"/trigger?dag_id={dag}&" if classic else f"/dags/{dag}/trigger?"
        asked = ("POST", f"{target}origin=%2Fdags%2F{dag}%2Fgrid")
        answer = f"302 {187 + 2 * len(SITE + page)}"
    elif not size:
        asked, answer = ("GET", "/home"), "200 85629"
    return (
        f"127.0.0.{browser} - - [30/Nov/2026:11:{second // 60:02}:{second % 60:02} +0000] "
        f'"{asked[0]} {asked[1]} HTTP/1.1" {answer} "{SITE}{page}" "{AGENT}"\n'
    )


def judged(steps: Sequence[Step], folder: Path, *, classic: bool = False, query: str = "") -> list[str]:
    text = "".join(line(second, step, classic=classic, query=query) for second, step in enumerate(steps))
    (folder / "server.log").write_text(text, "utf-8")
    found = run.run(discovery.find_sources([str(folder)]), options.Options()).attempts
    return [reason if isinstance(reason, str) else outcome for outcome, reason in found[["outcome", "reason"]].values]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (30570 + 206, "success"),
        (30570 + 185, "conflict"),  # `The run ID ABCDEF already exists`
        (30570 + 219, "conflict"),  # an id as Airflow makes them
        (30570 + 217, "dag_import_error"),  # a logical date that is taken adds as much, and is rarer
        (30570, "success"),  # no message: the redirect alone tells
        (30570 + 7, "success"),  # no message is as short
        (30570 - 185, "success"),  # another person's page, perhaps
    ],
)
def test_of_one_person(size: int, expected: str, tmp_path: Path) -> None:
    assert judged([*OTHER, (55, "ml-train", None), (55, "ml-train", size)], tmp_path) == [*MADE, expected]


def test_of_2_4(tmp_path: Path) -> None:
    steps: list[Step] = [
        *((5, "team_finance.close-month", 39510), (5, "team_finance.close-month", None)),
        *((5, "team_finance.close-month", 39732), (5, "team_finance.close-month", None)),
        *(
            (5, "team_finance.close-month", 39510 + 211),
            (5, "solo", 39510),
            (5, "solo", None),
            (5, "solo", 39510 + 213),
        ),
    ]
    assert judged(steps, tmp_path, classic=True) == ["success", "conflict", "dag_import_error"]


class TestAPageThatShowsThatTheFileIsBroken:
    """As 2.7.2 gave it: the message stands beside another one, and is shorter than alone by 8 bytes."""

    BROKEN: tuple[Step, ...] = ((41, "mainframe_import", 32395), (41, "mainframe_import", None))
    MADE: tuple[Step, ...] = ((41, "mainframe_import", 32395 + 214),)

    def test_the_import_error(self, tmp_path: Path) -> None:
        # A logical date that is taken adds as much, if it stands alone.
        assert judged([*OTHER, *self.BROKEN, (41, "mainframe_import", 32612)], tmp_path) == [*MADE, "dag_import_error"]

    def test_without_another_message(self, tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, *self.BROKEN, (41, "mainframe_import", 32395 + 225)]
        assert judged(steps, tmp_path) == [*MADE, "dag_import_error"]

    def test_a_dag_that_ran(self, tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, *self.BROKEN, *self.MADE, self.BROKEN[1], (41, "mainframe_import", 32612)]
        assert judged(steps, tmp_path) == [*MADE, "success", "conflict"]

    def test_a_dag_that_ran_before_it_broke(self, tmp_path: Path) -> None:
        made: list[Step] = [
            (55, "ml-train", None),
            (55, "ml-train", 30570 + 209),
        ]  # or the id of a run, of just 30 bytes
        assert judged([*OTHER, *made], tmp_path) == [*MADE, "dag_import_error"]


class TestOfSomebodyWhoSawNoPageWithoutMessage:
    """Their pages are longer than those of others by the same, whatever the DAG."""

    AGAIN: tuple[Step, ...] = ((58, "ml-train", None), (58, "ml-train", 31822))

    @pytest.mark.parametrize(
        "before",
        [
            [(58, "etl_daily", None), (58, "etl_daily", 31885), (58, "etl_daily", None), (58, "etl_daily", 31885)],
            [(58, "etl_daily", None), (58, "etl_daily", 31885), (58, "hr_payroll", None), (58, "hr_payroll", 31927)],
            [(58, "hr_payroll", 30652 + 1067)],
        ],
    )
    def test_known_by_other_dags(self, before: list[Step], tmp_path: Path) -> None:
        runs = sum(step[2] is None for step in before)
        assert judged([*OTHER, *before, *self.AGAIN], tmp_path) == [*MADE, *["success"] * runs, "conflict"]

    def test_known_by_others_of_that_role(self, tmp_path: Path) -> None:
        others: list[Step] = [
            *((57, "etl_daily", None), (57, "etl_daily", 31885), (57, "hr_payroll", None), (57, "hr_payroll", 31927)),
            *((58, "ml-train", None), (58, "ml-train", 31843)),
        ]
        assert judged([*OTHER, *others, *self.AGAIN], tmp_path) == [*MADE, *["success"] * 3, "conflict"]

    def test_not_known(self, tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, (58, "etl_daily", None), (58, "etl_daily", 31885), *self.AGAIN]
        assert judged(steps, tmp_path) == [*MADE, "success", "success"]


class TestNothingIsTold:
    """The redirect alone tells, which leads to where a success leads."""

    def test_pages_of_many_lengths(self, tmp_path: Path) -> None:
        steps: list[Step] = [
            (browser, dag, size + more)
            for browser in (55, 56)
            for dag, size in (("ml-train", 30570), ("hr_payroll", 30652))
            for more in (0, 3, 40)
        ]
        steps += [(57, "etl_daily", 30611), (57, "etl_daily", None), (57, "etl_daily", 30611 + 217)]
        assert judged(steps, tmp_path) == ["success"]

    def test_two_people_behind_one_address(self, tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, (55, "ml-train", 31637), (55, "ml-train", None), (55, "ml-train", 30570 + 185)]
        assert judged(steps, tmp_path) == [*MADE, "success"]

    def test_most_pages_hold_no_message(self, tmp_path: Path) -> None:
        steps: list[Step] = []
        for number in range(4):
            dag = f"odd{number}"
            steps += [(55, dag, 30500), (55, dag, None), (55, dag, 30500 + 90 + number)]
        steps += [(55, "ml-train", 30570), (55, "ml-train", None), (55, "ml-train", 30570 + 185)]
        assert judged(steps, tmp_path) == ["success"] * 5

    @pytest.mark.parametrize(
        "between",
        [
            [(55, "ml-train", 0)],  # the list of DAGs showed the message
            [(55, "hr_payroll", 30652)],  # another page did
            [(55, "ml-train", None)],  # two messages
        ],
    )
    def test_the_page_may_not_be_that_of_the_attempt(self, between: list[Step], tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, (55, "ml-train", None), *between, (55, "ml-train", 30570 + 185)]
        assert set(judged(steps, tmp_path)) == {"success"}

    def test_a_page_with_a_query(self, tmp_path: Path) -> None:
        steps: list[Step] = [*OTHER, (55, "ml-train", None), (55, "ml-train", 30570 + 185)]
        assert judged(steps, tmp_path, query="?tab=graph") == [*MADE, "success"]
