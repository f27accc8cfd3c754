"""Rows are made some thousand at a time; the table is the same as if all were made at once."""

from __future__ import annotations

import pytest
from places import DATA

import logparse
from logparse.verdicts import row_builder

LOG = DATA / "formats" / "gunicorn_default.log"


@pytest.mark.parametrize("many", [1, 2, 5])
def test_rows_in_parts_make_the_same_table(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, causes = logparse.attempts(LOG), logparse.findings(LOG)
    made: list[int] = []
    table_of = row_builder.table_of

    def counted(*given: object) -> object:
        table = table_of(*given)  # type: ignore[arg-type]
        made.append(len(table))
        texts = [table[name].chunk(0).dictionary for name in ("dag_id", "outcome", "client")]
        assert all(len(each.unique()) == len(each) for each in texts)
        return table

    monkeypatch.setattr(row_builder, "_PART", many)
    monkeypatch.setattr(row_builder, "table_of", counted)
    assert logparse.attempts(LOG).equals(whole)
    assert logparse.findings(LOG).equals(causes)
    assert max(made) > 5
