"""Decisions to table rows, one row for each decision.

Owns: what stands in each column. Must not know: reports, files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from logparse.common.columns import TEXT, deduplicate_dictionaries
from logparse.common.secrets import name_tokens
from logparse.common.text import encodable
from logparse.verdicts.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.verdicts.decision import Decision

#: Rows that are made together. A row as values of Python takes 800 bytes, ten times what it takes in columns.
_PART: Final = 1 << 13


def table_of(
    decisions: Sequence[Decision], sources: Sequence[str], deployment: str | None, traits: Sequence[int] = ()
) -> pa.Table:
    r"""Return a table with one row for each decision, in the order given.

    Args:
        decisions: what became of attempts, or of groups of them.
        sources: names of the sources by number.
        deployment: which Airflow, if the user said so.
        traits: index of the traits of each attempt, see ``findings.traits``; empty if nobody will look for findings.

    Returns:
        The columns ``rows.COLUMNS``. Bytes that were no UTF-8 are written as ``\xff``.
    """
    parts = []
    for start in range(0, len(decisions) or 1, _PART):
        rows = [
            (
                *_public(decision, sources, deployment),
                *_internal(decision),
                traits[number] if traits else 0,
                -1 if decision.lack is None else number,
            )
            for number, decision in enumerate(decisions[start : start + _PART], start)
        ]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
        arrays = [_array(values, kind) for values, kind in zip(columns, COLUMNS.values(), strict=True)]
        parts.append(pa.table(arrays, [*COLUMNS]))
    if len(parts) == 1:
        return parts[0]
    return deduplicate_dictionaries(pa.concat_tables(parts).unify_dictionaries().combine_chunks())


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind != TEXT:
        return pa.array(values, kind)
    written = {value: None if value is None else name_tokens(encodable(value)) for value in set(values)}
    return pa.array([written[value] for value in values], pa.string()).dictionary_encode().cast(kind)


def _public(decision: Decision, sources: Sequence[str], deployment: str | None) -> tuple[Any, ...]:
    """Values of the columns that users see, but the week."""
    attempt, verdict = decision.attempt, decision.verdict
    request = attempt.request
    access, tag = request.access, request.tag
    return (
        access.time,
        access.time_source,
        None if access.time_within is None else access.time_within / 1_000_000,
        deployment or access.origin.deployment or None,
        sources[request.source],
        access.line,
        access.client,
        *decision.caller,
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
        "typed_name" if access.shadowed else None,
        *(part or None for part in access.origin[1:]),
        access.record,
    )


def _internal(decision: Decision) -> tuple[Any, ...]:
    """Values of the columns that only the program uses, but the last two."""
    request = decision.attempt.request
    return request.source, request.access.order, request.access.user, request.access.target, decision.deployment
