"""Requests that were read in bulk are stored with all that is known of where they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from logparse.archive import line_restoring, line_storing, stored_lines
from logparse.envelopes.origin import NOWHERE, Origin
from logparse.lines.batch import Batch
from logparse.scans.scan import Scan, Tagged

if TYPE_CHECKING:
    from logparse.envelopes.origin import Process

WORDS: Final = {
    "client": "10.0.0.1", "name": "svc", "method": "POST", "target": "/api/v1/dags/etl/dagRuns", "referer": None,
    "agent": "curl",
}  # fmt: skip


def batch(origin: Origin, process: Process, **told: list[str | None]) -> Batch:
    numbers = {name: pa.array([7, 9], pa.int64()) for name in ("line", "order", "time", "size", "duration", "total")}
    texts = {name: pa.array([word, word], pa.string()) for name, word in WORDS.items()}
    texts |= {name: pa.array(values, pa.string()) for name, values in told.items()}
    columns = numbers | {"status": pa.array([200, 403], pa.int16())}
    columns |= {name: column.dictionary_encode() for name, column in texts.items()}
    return Batch(pa.table(columns), False, process, origin)


@pytest.mark.parametrize(
    "batches",
    [
        [batch(NOWHERE, ())],
        [batch(NOWHERE, (), stream=["stdout", None])],
        [batch(Origin("", "node", "pod", "web"), ("node", "pod", "web", ""), stream=["stdout", "stderr"])],
        [batch(Origin("prod"), ("", "", "", "web/1"), stream=["web/1", "web/1"], record=["a/1", None])],
        [batch(Origin("prod"), ("", "", "", "")), batch(Origin("test"), ("", "", "", "")), batch(NOWHERE, ())],
    ],
)
def test_what_is_stored_of_many_requests_is_what_was_read(batches: list[Batch]) -> None:
    rows = pa.concat_tables(
        table
        for each in batches
        for table in line_storing.make_rows(
            Scan(tagged=[Tagged(0, each._replace(rows=each.rows.append_column("tag", pa.array([0, 0]))), [None])])
        )
    )
    assert pc.all(pc.equal(rows["kind"], stored_lines.BULK_REQUEST)).as_py()
    restored = [
        access
        for _, each, _ in line_restoring.read_batches(np.zeros(len(rows), np.int64), rows.unify_dictionaries())
        for access in each.to_accesses()
    ]
    assert restored == [access for each in batches for access in each.to_accesses()]
