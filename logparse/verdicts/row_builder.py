"""Attempts as a table, with the columns of ``schema``: one row an attempt.

Owns: what stands in each column. Must not know: reports, files.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from logparse.common.columns import TEXT
from logparse.common.text import encodable
from logparse.verdicts.frame import attempts
from logparse.verdicts.rows import _COLUMNS, of_some

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.caller import Person
    from logparse.verdicts.verdict import Verdict


def one_by_one(
    decided: Sequence[tuple[Attempt, Verdict]],
    people: Sequence[Person],
    sources: Sequence[str],
    deployment: str | None,
    told: Sequence[tuple[int, int, int]] = (),
) -> pa.Table:
    r"""Attempts with what they came to as a table, in the order given.

    Args:
        decided: attempts with what they came to.
        people: who made each of them.
        sources: names of the sources by number.
        deployment: which Airflow, if the user said so.
        told: of each, the places of its server, its traits, and what the caller lacked.

    Returns:
        The columns of ``schema.ATTEMPTS`` but the week, and ``_BESIDE``. Bytes that were no UTF-8 are written as
        ``\xff``.
    """
    rows = [
        (*_row(*each, person, sources, deployment), *_beside(each[0]), *more)
        for each, person, more in zip(decided, people, told or [(0, 0, -1)] * len(decided), strict=True)
    ]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    arrays = [_array(values, kind) for values, kind in zip(columns, _COLUMNS.values(), strict=True)]
    return pa.table(arrays, [*_COLUMNS])


def none() -> pd.DataFrame:
    """The table without any attempts."""
    return attempts(of_some(one_by_one([], [], [], None)), None, UTC)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind != TEXT:
        return pa.array(values, kind)
    written = {value: None if value is None else encodable(value) for value in set(values)}
    return pa.array([written[value] for value in values], pa.string()).dictionary_encode().cast(kind)


def _row(
    attempt: Attempt, verdict: Verdict, person: Person, sources: Sequence[str], deployment: str | None
) -> tuple[Any, ...]:
    request = attempt.request
    access, tag = request.access, request.tag
    return (
        access.time,
        access.time_source,
        deployment or access.origin.deployment or None,
        sources[request.source],
        access.line,
        access.client,
        *person,
        access.agent,
        tag.channel,
        access.method,
        tag.path,
        attempt.dag_id,
        access.status,
        access.size,
        None if access.duration is None else access.duration / 1000,
        verdict.outcome,
        verdict.reason,
        verdict.detail,
        verdict.confidence,
        verdict.evidence,
        verdict.rule.id if verdict.rule is not None else "",
        *(each or None for each in access.origin[1:]),
        access.record,
    )


def _beside(attempt: Attempt) -> tuple[Any, ...]:
    request = attempt.request
    return request.source, request.access.order, request.access.user, request.access.target
