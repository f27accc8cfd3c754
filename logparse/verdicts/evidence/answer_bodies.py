"""What the body of an answer says, as its length shows.

The stable REST API of 2.x answers with a problem: title, status, detail and a link into the documentation that holds
the version (``airflow/api_connexion/exceptions.py``). So each problem of a server is longer than its 401 by a number of
bytes that depends on title and detail only, and the 401, 403 and 404 of a server show how long its link is. Airflow 3
answers with ``{"detail":"..."}``; only a proxy in front of it logs the size, some with the headers
(``headed_bodies``, ``headed_forms``), some of what they compressed (``compressed_bodies``).

Owns: the bodies of answers and their lengths. Must not know: outcomes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.memo import remember_short
from logparse.rules.roles import ErrorBody
from logparse.rules.targets import split_target
from logparse.verdicts.evidence import compressed_bodies, headed_bodies, headed_forms
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt

#: By how many bytes a problem is longer than ``401 Unauthorized`` of the same server, the id of the DAG left out
#: (measured with 2.0.2 to 2.11.0).
FORBIDDEN: Final = -2
DAG_UNKNOWN: Final = 21
IMPORT_ERRORS: Final = 41
#: Lengths that a 401 may have: 172 with 2.0, 187 with 2.2 to 2.9, 188 from 2.10 on; others with links of others.
LENGTHS_OF_401: Final = range(165, 215)
#: Lengths to assume where no answer of the server shows it: those of versions that report import errors.
USUAL: Final = (187, 188)
#: ``404 Not Found`` of a path that is none, with any version.
PATH_UNKNOWN: Final = 205
#: Lengths of answers of Airflow 3 to a bad request that are about the DAG, without its id. The second is of 3.2 on.
DETAILS: Final = {
    len('{"detail":"DAG with dag_id: \'\' has import errors and cannot be triggered"}'): "import_error",
    len('{"detail":"Dag with dag_id: \'\' does not allow manual runs"}'): "runs_not_allowed",
}
#: Forms that were refused: `The CSRF token is missing.` or `is invalid.`; `The CSRF session token is missing.` or
#: `The CSRF tokens do not match.`: 25 bytes more with the versions that 1.10.15 to 2.2.5 use.
FORMS: Final = {"csrf_token": (117, 118, 142, 143), "csrf_session": (120, 125, 145, 150)}
#: By how many bytes a problem with each status is longer than the 401 of its server, if the DAG is to blame for it.
_LONGER: Final[Mapping[int, int]] = {
    HTTPStatus.UNAUTHORIZED: 0, HTTPStatus.FORBIDDEN: FORBIDDEN, HTTPStatus.NOT_FOUND: DAG_UNKNOWN,
    HTTPStatus.BAD_REQUEST: IMPORT_ERRORS,
}  # fmt: skip
#: Statuses of problems that hold the id of the DAG.
_NAME_DAG: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST})
_LENGTHS: Final = np.array(LENGTHS_OF_401)
#: An answer about a DAG is no longer than this, without the length of its id, even if its headers are counted.
_LONGEST: Final = LENGTHS_OF_401.stop + headed_bodies.LENGTHS.stop


def read_bodies(attempts: Iterable[Attempt]) -> None:
    """Note what the body of the answer to each attempt of one deployment said, where its length shows it."""
    problems: list[Attempt] = []
    forms: list[Attempt] = []
    attempts = list(attempts)
    refused = [attempt for attempt in attempts if is_detail(attempt.request.tag)]
    headers = headed_bodies.headers_of(attempt.request for attempt in refused)
    added = compressed_bodies.find_added(attempt.request for attempt in refused)
    for attempt in refused:
        request, log = attempt.request, attempt.request.place[0]
        attempt.body = headed_bodies.said_by(request, headers.get(log, ()))
        attempt.body = attempt.body or compressed_bodies.said_by(request, added.get(log, ()))
    for attempt in attempts:
        access, tag = attempt.request.access, attempt.request.tag
        if is_problem(tag):
            problems.append(attempt)
        elif tag.channel == "ui" and access.status == HTTPStatus.BAD_REQUEST:
            attempt.body = next((said for said, sizes in FORMS.items() if access.size in sizes), "")
            forms += [] if attempt.body else [attempt]
        elif is_detail(tag) and access.status == HTTPStatus.BAD_REQUEST and access.size and tag.dag_id:
            attempt.body = DETAILS.get(access.size - length(tag.dag_id), "")
    headed_forms.read_forms(forms, attempts)
    known = _lengths_of_401(attempt.request for attempt in problems)
    for attempt in problems:
        if attempt.request.access.size:
            attempt.body = _problem(attempt, known.get(attempt.request.place[0], ()))


def _lengths_of_401(requests: Iterable[Request]) -> dict[int, set[int]]:
    """How long the 401 of each log is, as its answers show it; more than one length if they disagree."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for request in requests:
        access = request.access
        more = _LONGER.get(access.status)
        if access.status == HTTPStatus.NOT_FOUND:
            names_dag = request.tag.dag_id and access.size != PATH_UNKNOWN
            more = DAG_UNKNOWN + length(request.tag.dag_id or "") if names_dag else None
        elif access.status == HTTPStatus.BAD_REQUEST:
            more = None  # there are many reasons for one
        if more is not None and access.size and access.size - more in LENGTHS_OF_401:
            found[request.place[0]].add(access.size - more)
    return found


def is_problem(tag: Tag) -> bool:
    """Return whether a refusal of the request is a problem."""
    return tag.endpoint.error_body == ErrorBody.PROBLEM and not tag.trailing and not tag.doubled


def is_detail(tag: Tag) -> bool:
    """Return whether a refusal of the request holds nothing but a detail."""
    return tag.endpoint.error_body == ErrorBody.DETAIL


class AnswerBodies(Distinction):
    """Answers differ in what their bodies say, and in what their lengths show about the other answers of the log."""

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        status, size = columns.numbers("status"), columns.numbers("size")
        plain = size - columns.of_tag([length(tag.dag_id or "") for tag in columns.tags])
        problem = columns.of_tag([is_problem(tag) for tag in columns.tags])
        forms = columns.of_tag([tag.channel == "ui" for tag in columns.tags]) & (size <= headed_forms.LONGEST)
        details = columns.of_tag([is_detail(tag) for tag in columns.tags]) & np.isin(plain, list(DETAILS))
        shown = np.where(
            ~problem & (status == HTTPStatus.BAD_REQUEST) & (forms | details), np.where(forms, size, plain), 0
        )
        for answered, more in _LONGER.items():
            of_401 = (plain if answered in _NAME_DAG else size) - more
            shown = np.where(problem & (status == answered) & np.isin(of_401, _LENGTHS), of_401, shown)
        problem &= np.isin(status, list(_NAME_DAG))
        known = (size > 0).astype(np.int64) + (size == PATH_UNKNOWN) + 2 * (plain - DAG_UNKNOWN >= _LONGEST)
        headed = columns.of_tag([is_detail(tag) for tag in columns.tags]) & np.isin(
            status, list(headed_bodies.REFUSALS)
        )
        total = np.where(headed, columns.numbers("total"), 0)
        total = np.where(total <= headed_bodies.LENGTHS.stop, np.maximum(total, 0), 0)
        bodies = np.where(headed & (size <= compressed_bodies.LONGEST), np.maximum(size, 0), 0)
        return [
            shown,
            np.where(problem, known, 0),
            total,
            bodies,
            columns.have_query(problem & (status == HTTPStatus.BAD_REQUEST)),
        ]


def _problem(attempt: Attempt, unauthorized: Collection[int]) -> str:
    access, tag = attempt.request.access, attempt.request.tag
    lengths, told = unauthorized or USUAL, (access.size or 0) - length(tag.dag_id or "")
    other = "other" if len(unauthorized) == 1 else ""
    if access.status == HTTPStatus.BAD_REQUEST:
        # A query string alone is refused before anybody looks for the DAG.
        plain = not split_target(access.target, decoded=access.decoded).query
        return "import_error" if told - IMPORT_ERRORS in lengths and plain else other
    if access.status == HTTPStatus.NOT_FOUND:
        if told - DAG_UNKNOWN in lengths:
            return "dag_unknown"
        if access.size == PATH_UNKNOWN:
            return "path_unknown"
        return "other" if told - DAG_UNKNOWN >= _LONGEST else other
    return ""


@remember_short(1 << 14)
def length(dag_id: str) -> int:
    """Return the length of the id of a DAG in a JSON text."""
    return len(json.dumps(dag_id)) - 2
