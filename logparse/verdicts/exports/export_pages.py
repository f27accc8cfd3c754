"""Pages of an API that lists only a part of its records in one answer.

Owns: how many records the pages of an API announced, and which are missing. Must not know: what a record is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Pages of one query may announce totals that differ by so much, since Airflow adds rows while they are fetched.
_GROWTH: Final = 0.01


class Page(NamedTuple):
    """One answer of Airflow's API, which lists only a part of the records that it knows.

    Attributes:
        total: ``total_entries``: how many records the query has on all its pages.
        records: a hash of each record on this page, so that a page that was fetched twice counts once.
    """

    total: int
    records: frozenset[int]


class Gap(NamedTuple):
    """Pages of the API that were not exported.

    Attributes:
        export: which export it is, such as ``audit log``.
        present: how many records the pages hold that were exported.
        total: how many records there are on all pages.
    """

    export: str
    present: int
    total: int


def find_gaps(export: str, pages: Sequence[Page]) -> tuple[Gap, ...]:
    """Compare what the pages of an API hold with what they announce; return one ``Gap`` for each incomplete query.

    Pages that announce nearly the same total belong to one query.
    """
    gaps = []
    rest = sorted(pages, key=lambda page: page.total)
    while rest:
        total = rest[-1].total
        query = [page for page in rest if page.total >= total * (1 - _GROWTH)]
        present = len(frozenset().union(*(page.records for page in query)))
        if present < total:
            gaps.append(Gap(export, present, total))
        rest = rest[: -len(query)]
    return tuple(gaps)
