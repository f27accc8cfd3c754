"""Which known id of a DAG a caller probably meant.

Owns: how far a misspelling may be from what was meant. Must not know: which ids are known, and why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Ids of so many characters may be two letters off, those of fewer one, the shortest none.
_LONG: Final = 9
_SHORT: Final = 4
_DIGITS: Final = re.compile(r"\d+")
_BETWEEN_WORDS: Final = re.compile(r"[_.]")


def fold_ids(dags: Iterable[str]) -> dict[str, str]:
    """Return, by id, the ids as they are compared: in small letters, with underscores for dashes."""
    return {dag: _fold(dag) for dag in dags}


def find_meant(dag: str, known: Mapping[str, str]) -> str:
    """Return the known id that is one or two letters off, the nearest; empty if there is none, or if the id is known.

    Ids that differ in digits only are different DAGs, and so are those with another word: who asks for
    ``hr_export`` does not mean ``crm_export``. Letters of the other case and dashes for underscores are no
    difference that counts as a letter.

    Args:
        dag: id of a DAG.
        known: what ``fold_ids`` makes of the ids that are known.
    """
    if dag in known:
        return ""
    from rapidfuzz import process  # noqa: PLC0415 - late: 47 modules, which few logs need
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    # Two neighbours that changed places are one letter off.
    limit = 2 if len(dag) >= _LONG else 1
    near = process.extract(_fold(dag), known, scorer=OSA.distance, score_cutoff=limit, limit=None)
    found = [
        (distance, other)
        for _, distance, other in near
        if min(len(dag), len(other)) >= _SHORT
        and _DIGITS.sub("0", other) != _DIGITS.sub("0", dag)
        and not _have_other_words(dag, other)
    ]
    return min(found, default=(0, ""))[1]


def _have_other_words(dag: str, other: str) -> bool:
    """Return whether ids of as many words differ in more than half of a word."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    words, others = (_BETWEEN_WORDS.split(_fold(name)) for name in (dag, other))
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and any(2 * OSA.distance(*pair) > max(map(len, pair)) for pair in pairs)


def _fold(dag: str) -> str:
    return dag.casefold().replace("-", "_")
