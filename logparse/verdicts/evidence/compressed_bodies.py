"""What Airflow 3 refused a request for, as the size of a compressed answer shows.

A proxy may compress answers for those who take them so, as browsers do. A refusal is so short that it only gets longer,
each by the same number of bytes: 20 by gzip of Caddy. So the sizes of a log differ as the texts do, and show what the
compression adds.

Owns: finding out how much is added in a log. Must not know: answers with headers (``headed_bodies``), outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.verdicts.evidence import headed_bodies

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.scans.scan import Request

#: What compression may add: zstd 9 to 13 bytes, and nginx, which sends gzip in chunks, 37 or 42. With fewer than 9, as
#: brotli adds, one text would be as long as another one that is not compressed.
ADDED: Final = range(9, 60)
#: Longer answers are no compressed refusals.
LONGEST: Final = max(len(text) for said in headed_bodies.TEXTS.values() for text in said.values()) + ADDED.stop
#: So many kinds of answers (a status and a size) must agree. One of them may be an answer that is not compressed: it
#: shows that this server has these texts.
_LEAST_KINDS: Final = 3
_PLAIN: Final = {status: {len(text) for text in said.values()} for status, said in headed_bodies.TEXTS.items()}


def find_added(requests: Iterable[Request]) -> dict[int, tuple[int, ...]]:
    """Return by how much the compressed refusals of each log are longer than their texts, where their sizes show it.

    Args:
        requests: to endpoints of Airflow 3.
    """
    plain: set[int] = set()
    kinds: defaultdict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    for request in requests:
        status, size = request.access.status, _size(request)
        if not size:
            continue
        if size in _PLAIN[status]:
            plain.add(request.place[0])
        else:
            kinds[request.place[0]][status, size + _words(status)] += request.times
    return {
        log: headed_bodies.find_headers(counts, ADDED)
        for log, counts in kinds.items()
        if len(counts) + (log in plain) >= _LEAST_KINDS
    }


def said_by(request: Request, added: Iterable[int]) -> str:
    """Return what a refusal says, a key of ``headed_bodies.TEXTS``; empty if that is not known.

    Args:
        request: the request that was refused.
        added: by how much refusals can be longer than their texts in its log.
    """
    size = _size(request)
    if not size or size in _PLAIN[request.access.status]:
        return ""
    return headed_bodies.said_in(request.access.status, size + _words(request.access.status), added)


def _size(request: Request) -> int:
    """Return the size of the body of a refusal; 0 if it is none, or if the line holds no such size."""
    access = request.access
    if access.status not in headed_bodies.TEXTS or access.total or not access.size or access.size > LONGEST:
        return 0
    return access.size


def _words(status: int) -> int:
    """Return the length of the words behind a status, which sizes with headers hold."""
    return len(HTTPStatus(status).phrase)
