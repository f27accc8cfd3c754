"""Where the answers to attempts of the web UI lead.

Owns: the host that the size of an answer is measured against. Must not know: follow-up requests, outcomes.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from logparse.common.columns import number_groups
from logparse.scans import redirects
from logparse.verdicts.evidence.distinction import Distinction
from logparse.verdicts.evidence.follow_ups import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known


def note_redirects(requests: Sequence[Request], attempts: Iterable[Attempt]) -> None:
    """Note in each attempt of the web UI where its answer leads.

    Args:
        requests: all requests of the deployment.
        attempts: those of them that are attempts.
    """
    host = _usual_host(requests)
    for attempt in attempts:
        if attempt.request.tag.channel == "ui":
            attempt.redirect = redirects.find_redirect(attempt.request.access, host)


class RedirectTargets(Distinction):
    """Attempts of the web UI differ in where their answers lead."""

    def __init__(self, known: Known) -> None:
        self._host = _usual_host(known.requests)
        self._numbers: dict[redirects.Redirect, int] = {}

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        found = np.zeros(len(columns), np.int64)
        redirected = np.isin(columns.numbers("status"), list(redirects.STATUSES))
        rows = np.flatnonzero(redirected & columns.of_tag([tag.channel == "ui" for tag in columns.tags]))
        decoded = columns.of_place([place.decoded for place in columns.places])[rows]
        size, target, referer = (
            columns.numbers("size")[rows],
            columns.codes["target"][rows],
            columns.codes["referer"][rows],
        )
        groups, firsts = number_groups([target, decoded, size + 1, referer + 1])
        targets, referers = columns.words["target"], [*columns.words["referer"], None]
        numbers = []
        for first in firsts.tolist():
            redirect = redirects.by_size(
                max(int(size[first]), 0),
                targets[target[first]],
                referers[referer[first]],
                self._host,
                decoded=bool(decoded[first]),
            )
            numbers.append(self._numbers.setdefault(redirect, len(self._numbers)))
        found[rows] = np.array(numbers, np.int64)[groups]
        return [found]


def _usual_host(requests: Iterable[Request]) -> str | None:
    """Scheme and host under which most pages were asked for; None if no line shows it."""
    referers = [request.access.referer for request in requests if request.tag.role in PAGES]
    hosts = Counter(filter(None, map(redirects.host_of, referers)))
    return max(sorted(hosts), key=hosts.__getitem__) if hosts else None
