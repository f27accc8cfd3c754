"""What Airflow 3 refused a request for, as the size of the whole answer shows, headers among it.

HAProxy and the load balancers of clouds log no other size. Each refusal is a short text of known length, and all have
the same headers. So the sizes of a log differ as the texts do, and show how long its headers are.

Owns: finding out how long the headers of a log are. Must not know: other answers, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from logparse.scans.scan import Request

#: Refusals of Airflow 3 by status: what each says, and its text.
TEXTS: Final[Mapping[int, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {
        "token_expired": '{"detail":"Token Expired"}',
        "not_authenticated": '{"detail":"Not authenticated"}',
    },
    HTTPStatus.FORBIDDEN: {
        "forbidden": '{"detail":"Forbidden"}',
        "token_refused": '{"detail":"Invalid JWT token"}',
    },
}
#: How long each text is with the words behind the status in HTTP/1.1.
REFUSALS: Final[Mapping[int, Mapping[str, int]]] = {
    status: {said: len(HTTPStatus(status).phrase + text) for said, text in texts.items()}
    for status, texts in TEXTS.items()
}
#: What headers may come to; those of Airflow 3.1 behind HAProxy are 141 bytes, without the words behind the status.
LENGTHS: Final = range(60, 2000)
#: So many kinds of answers (a status and a size) must agree on a length of headers.
_LEAST_KINDS: Final = 2
#: So large a part of the refusals of a log must be explained by such lengths.
_LEAST_PART: Final = 0.75
#: So many lengths a log has at most: an answer that takes a cookie away has one header more.
_MOST_LENGTHS: Final = 2


def headers_of(requests: Iterable[Request]) -> dict[int, tuple[int, ...]]:
    """Return how long the headers of refusals are in each log, where their sizes show it.

    Args:
        requests: to endpoints of Airflow 3.
    """
    kinds: defaultdict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    for request in requests:
        access = request.access
        if access.total and access.status in REFUSALS:
            kinds[request.place[0]][access.status, access.total] += request.times
    return {log: find_headers(counts) for log, counts in kinds.items()}


def find_headers(counts: Mapping[tuple[int, int], int], lengths: Collection[int] = LENGTHS) -> tuple[int, ...]:
    """Return how long the headers are; empty if the sizes do not show it.

    Args:
        counts: how many refusals there are of each status and size.
        lengths: how long they may be.
    """
    rest, found = dict(counts), list[int]()
    while len(found) < _MOST_LENGTHS and (headers := _agreed(rest, lengths)) is not None:
        found.append(headers)
        rest = {(status, total): times for (status, total), times in rest.items() if not _said(status, total - headers)}
    return tuple(found) if sum(rest.values()) <= (1 - _LEAST_PART) * sum(counts.values()) else ()


def _agreed(kinds: Iterable[tuple[int, int]], lengths: Collection[int]) -> int | None:
    """Return the length that most kinds of refusals agree on; None if it is too few, or if there are several."""
    shown = Counter(total - text for status, total in kinds for text in REFUSALS[status].values())
    ranked = [(headers, times) for headers, times in shown.most_common(2) if headers in lengths]
    # Sizes that are spread out, since headers are of many lengths, fit everything.
    if not ranked or ranked[0][1] < _LEAST_KINDS or [times for _, times in ranked[1:]] == [ranked[0][1]]:
        return None
    return ranked[0][0]


def said_by(request: Request, headers: Iterable[int]) -> str:
    """Return what a refusal says, a key of ``REFUSALS``; empty if that is not known.

    Args:
        request: the request that was refused.
        headers: how long the headers of refusals can be in its log.
    """
    return said_in(request.access.status, request.access.total or 0, headers)


def said_in(status: int, total: int, headers: Iterable[int]) -> str:
    """Return what a refusal of a status and a size says, see ``said_by``."""
    return next((said for each in headers if (said := _said(status, total - each))), "")


def _said(status: int, text: int) -> str:
    return next((said for said, length in REFUSALS.get(status, {}).items() if length == text), "")
