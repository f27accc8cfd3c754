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
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np

from logparse.rules import targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from logparse.scans.scan import Request
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt

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
#: More than there are things that a problem can say.
_SAID: Final = 5
#: How long the 401 of a source is; lengths that its answers tell.
Links: TypeAlias = "Mapping[int, Collection[int]]"
#: Forms that were refused: `The CSRF token is missing.` or `is invalid.`; `The CSRF session token is missing.` or
#: `The CSRF tokens do not match.`: 25 bytes more with the versions that 1.10.15 to 2.2.5 use.
FORMS: Final = {"csrf_token": (117, 118, 142, 143), "csrf_session": (120, 125, 145, 150)}
_NOT_AUTHENTICATED: Final = 401
_FORBIDDEN: Final = 403
_MISSING: Final = 404
_BAD: Final = 400


def read(attempts: Iterable[Attempt], others: Links) -> None:
    """Tell of each attempt what the body of the answer said, where its length tells.

    Args:
        attempts: of one server.
        others: what further requests tell.
    """
    old: list[Attempt] = []
    for each in attempts:
        access, tag = each.request.access, each.request.tag
        if is_problem(tag):
            old.append(each)
        elif tag.channel == "ui" and access.status == _BAD:
            each.body = next((said for said, sizes in FORMS.items() if access.size in sizes), "")
        elif tag.rule == "rest-v2-dag-run" and access.status == _BAD and access.size and tag.dag_id:
            each.body = "import_error" if access.size == IMPORT_ERRORS_3 + length(tag.dag_id) else ""
    known = links((each.request for each in old), others)
    for each in old:
        if each.request.access.size:
            each.body = _problem(each, known.get(each.request.place[0], ()))


def links(requests: Iterable[Request], others: Links) -> dict[int, set[int]]:
    """How long the 401 of each log is, as its answers tell it; more than one length if they disagree.

    Args:
        requests: of one server.
        others: what further requests tell.
    """
    found: defaultdict[int, set[int]] = defaultdict(set, {source: set(told) for source, told in others.items()})
    for each in requests:
        access = each.access
        more = {_NOT_AUTHENTICATED: 0, _FORBIDDEN: FORBIDDEN}.get(access.status)
        if access.status == _MISSING and access.size != PATH_UNKNOWN and each.tag.dag_id:
            more = DAG_UNKNOWN + length(each.tag.dag_id)
        if is_problem(each.tag) and more is not None and access.size and access.size - more in UNAUTHORIZED:
            found[each.place[0]].add(access.size - more)
    return found


def is_problem(tag: Tag) -> bool:
    """Whether a request is answered with a problem where it is refused."""
    return tag.rule == "rest-v1-dag-run" and not tag.trailing and not tag.doubled


class Answers(NamedTuple):
    """Answers as columns.

    Attributes:
        source: number of the log of each.
        old: which requests are answered with problems, see ``is_problem``.
        rule: of the attempts.
        status: of each.
        size: of each, -1 where it is not known.
        dag: length of the id of the DAG; -1 without one.
        asks: which requests have a query string.
    """

    source: NDArray[np.int64]
    old: NDArray[np.bool_]
    rule: NDArray[Any]
    status: NDArray[np.int16]
    size: NDArray[np.int64]
    dag: NDArray[np.int64]
    asks: NDArray[np.bool_]

    def links(self) -> dict[int, set[int]]:
        """As the function ``links``."""
        missing = (self.status == _MISSING) & (self.size != PATH_UNKNOWN) & (self.dag > 0)
        more = np.select(
            [self.status == _NOT_AUTHENTICATED, self.status == _FORBIDDEN, missing],
            [np.zeros(len(self.size), np.int64), np.full(len(self.size), FORBIDDEN), DAG_UNKNOWN + self.dag],
            default=1 << 40,
        )
        tells = self.old & np.isin(self.size - more, np.array(UNAUTHORIZED))
        pairs = np.unique(np.stack([self.source[tells], (self.size - more)[tells]]), axis=1)
        found: defaultdict[int, set[int]] = defaultdict(set)
        for source, told in pairs.T.tolist():
            found[source].add(told)
        return found

    def kinds(self, known: Links) -> NDArray[np.int64]:
        """A number for each, the same only for answers whose bodies say the same.

        Args:
            known: how long the 401 of each source is.
        """
        found = np.zeros(len(self.size), np.int64)
        told = self.size - np.maximum(self.dag, 0)
        forms = (self.status == _BAD) & np.isin(self.size, sum(FORMS.values(), ()))
        forms |= (self.rule == "rest-v2-dag-run") & (self.status == _BAD) & (told == IMPORT_ERRORS_3) & (self.dag > 0)
        found[forms & ~self.old] = self.size[forms & ~self.old] + _SAID
        asked = self.old & (self.size > 0) & np.isin(self.status, [_BAD, _MISSING])
        alike: defaultdict[frozenset[int], list[int]] = defaultdict(list)
        for source in np.unique(self.source[asked]).tolist():
            alike[frozenset(known.get(source, ()))].append(source)
        for link, sources in alike.items():
            mine = asked & np.isin(self.source, sources)
            lengths, other = np.array(sorted(link) or USUAL), 4 if len(link) == 1 else 0
            bad = np.where(np.isin(told - IMPORT_ERRORS, lengths) & ~self.asks, 1, other)
            path = np.where(self.size == PATH_UNKNOWN, 3, other)
            missing = np.where(np.isin(told - DAG_UNKNOWN, lengths), 2, path)
            found[mine] = np.where(self.status == _BAD, bad, missing)[mine]
        return found


def _problem(attempt: Attempt, unauthorized: Collection[int]) -> str:
    access, tag = attempt.request.access, attempt.request.tag
    lengths, told = unauthorized or USUAL, (access.size or 0) - length(tag.dag_id or "")
    other = "other" if len(unauthorized) == 1 else ""
    if access.status == _BAD:
        # A query string alone is refused before anybody looks for the DAG.
        plain = not targets.split(access.target, decoded=access.decoded).query
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
