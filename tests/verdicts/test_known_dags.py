"""What messages on the list of DAGs tell of other triggers of the same DAG."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from logparse.verdicts.evidence.known_dags import note_dags_shown


def attempt(dag: str | None, flash: str = "none", *, accepted: bool = False) -> Any:
    tag = SimpleNamespace(dag_id=dag)
    return SimpleNamespace(request=SimpleNamespace(tag=tag), flash=flash, dag_accepted=accepted, dag_broken=False)


@pytest.mark.parametrize(
    ("attempts", "broken"),
    [
        ([attempt("a"), attempt("a", "import_error"), attempt("b")], [True, True, False]),
        # A run of it was made: it was broken for a while, or the message was another one.
        ([attempt("a"), attempt("a", "import_error"), attempt("a", "success")], [False, False, False]),
        ([attempt("a", accepted=True), attempt("a", "import_error", accepted=True)], [False, False]),
        ([attempt(None), attempt(None, "import_error")], [False, False]),
    ],
)
def test_a_dag_that_cannot_be_loaded_takes_no_run(attempts: list[Any], broken: list[bool]) -> None:
    note_dags_shown(attempts)
    assert [each.dag_broken for each in attempts] == broken
