"""What the body of an answer says, told by its length.

Owns: the bodies of answers and their lengths. Must not know: outcomes.

The stable REST API of 2.x answers with a problem: title, status, detail and a link into the documentation that holds
the version (``airflow/api_connexion/exceptions.py``). So all problems of one server are longer than its 401 by a sum
that the title and the detail tell, and a server's 401, 403 and 404 tell how long its link is. Airflow 3 answers with
``{"detail":"..."}``, which only a proxy in front of it logs the size of.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse import paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.correlate.attempt import Attempt
    from logparse.tag import Tag

#: By how many bytes a problem is longer than ``401 Unauthorized`` of the same server, the id of the DAG left out
#: (measured with 2.0.2 to 2.11.0).
FORBIDDEN: Final = -2
DAG_UNKNOWN: Final = 21
IMPORT_ERRORS: Final = 41
#: Lengths that a 401 may have: 172 with 2.0, 187 with 2.2 to 2.9, 188 from 2.10 on; others with links of others.
UNAUTHORIZED: Final = range(165, 215)
#: The same where no answer of the server tells it: those of versions that know of import errors.
USUAL: Final = (187, 188)
#: ``404 Not Found`` of a path that is none, with any version.
PATH_UNKNOWN: Final = 205
#: Airflow 3, the id of the DAG left out.
IMPORT_ERRORS_3: Final = len('{"detail":"DAG with dag_id: \'\' has import errors and cannot be triggered"}')
#: Forms that were refused: `The CSRF token is missing.` or `is invalid.`; `The CSRF session token is missing.` or
#: `The CSRF tokens do not match.`: 25 bytes more with the versions that 1.10.15 to 2.2.5 use.
FORMS: Final = {"csrf_token": (117, 118, 142, 143), "csrf_session": (120, 125, 145, 150)}

_NOT_AUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403
_MISSING: Final = 404
_BAD: Final = 400


def read(attempts: Iterable[Attempt]) -> None:
    """Tell of each attempt what the body of the answer said, where its length tells."""
    old: list[Attempt] = []
    for each in attempts:
        access, tag = each.request.access, each.request.tag
        if is_problem(tag):
            old.append(each)
        elif tag.channel == "ui" and access.status == _BAD:
            each.body = next((said for said, sizes in FORMS.items() if access.size in sizes), "")
        elif tag.rule == "rest-v2-dag-run" and access.status == _BAD and access.size and tag.dag_id:
            each.body = "import_error" if access.size == IMPORT_ERRORS_3 + length(tag.dag_id) else ""
    links = _unauthorized(old)
    for each in old:
        if each.request.access.size:
            each.body = _problem(each, links.get(each.request.source, ()))


def is_problem(tag: Tag) -> bool:
    """Whether a request is answered with a problem where it is refused."""
    return tag.rule == "rest-v1-dag-run" and not tag.trailing and not tag.doubled


def telling(
    old: NDArray[np.bool_], rules: NDArray[Any], status: NDArray[Any], size: NDArray[np.int64], dags: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Sizes of answers of which something may be told; 0 for all others that have a size, -1 without one.

    Args:
        old: which requests are answered with problems, see ``is_problem``.
        rules: of attempts.
        status: of the answers.
        size: of the answers; -1 where it is not known.
        dags: lengths of the ids of DAGs.
    """
    plain, told = np.isin(size, [PATH_UNKNOWN]), size - dags
    lengths = np.array(UNAUTHORIZED)
    means = {
        _NOT_AUTHENTICATED: old & np.isin(size, lengths),
        _FORBIDDEN: old & np.isin(size, lengths + FORBIDDEN),
        _MISSING: old & (plain | np.isin(told, lengths + DAG_UNKNOWN)),
        _BAD: (old & np.isin(told, lengths + IMPORT_ERRORS))
        | (~old & np.isin(size, sum(FORMS.values(), ())))
        | ((rules == "rest-v2-dag-run") & (told == IMPORT_ERRORS_3)),
    }
    found = np.where(size > 0, 0, -1)
    for code, tells in means.items():
        mask = tells & (status == code)
        found[mask] = size[mask]
    return found


def _unauthorized(attempts: Sequence[Attempt]) -> dict[int, set[int]]:
    """How long the 401 of each source is, as its answers tell it; more than one length if they disagree."""
    told: defaultdict[int, set[int]] = defaultdict(set)
    for each in attempts:
        access = each.request.access
        more = {_NOT_AUTHENTICATED: 0, _FORBIDDEN: FORBIDDEN}.get(access.status)
        if access.status == _MISSING and access.size != PATH_UNKNOWN and each.request.tag.dag_id:
            more = DAG_UNKNOWN + length(each.request.tag.dag_id)
        if more is not None and access.size and access.size - more in UNAUTHORIZED:
            told[each.request.source].add(access.size - more)
    return told


def _problem(attempt: Attempt, unauthorized: Collection[int]) -> str:
    access, tag = attempt.request.access, attempt.request.tag
    lengths, told = unauthorized or USUAL, (access.size or 0) - length(tag.dag_id or "")
    other = "other" if len(unauthorized) == 1 else ""
    if access.status == _BAD:
        # A query string alone is refused before anybody looks for the DAG.
        plain = not paths.split(access.target, decoded=access.decoded).query
        return "import_error" if told - IMPORT_ERRORS in lengths and plain else other
    if access.status == _MISSING:
        if told - DAG_UNKNOWN in lengths:
            return "dag_unknown"
        return "path_unknown" if access.size == PATH_UNKNOWN else other
    return ""


@lru_cache(maxsize=1 << 14)
def length(dag_id: str) -> int:
    """Of the id of a DAG in a JSON text."""
    return len(json.dumps(dag_id)) - 2
