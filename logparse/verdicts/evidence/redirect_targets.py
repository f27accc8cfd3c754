"""Where the answers to attempts of the web UI lead.

Owns: how browsers reach the server, which the size of an answer is measured against. Must not know: follow-up requests,
outcomes.
"""

from __future__ import annotations

import re
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.rules.roles import FollowUpRole, TriggerPage
from logparse.rules.targets import page_to_return_to, split_target
from logparse.scans import redirects
from logparse.scans.site import Site, base_of, host_of
from logparse.verdicts.evidence.distinction import Distinction
from logparse.verdicts.evidence.follow_ups import PAGES
from logparse.verdicts.evidence.headed_redirects import find_frame, holds_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known

#: How a page to return to is written after a login.
_BARE: Final = re.compile(r"(?:^|&)next(?:_url)?=https?://")
_ESCAPED: Final = re.compile(r"(?i)(?:^|&)next(?:_url)?=https?%3A%2F%2F")
#: The trigger form to 2.6, whose query names the DAG.
_FORM: Final = re.compile(r"(?!.*/dags/).*/trigger/?\Z", re.DOTALL)
#: So many requests for runs without a query show that the log has none.
UNQUERIED: Final = 5


def note_redirects(requests: Sequence[Request], attempts: Iterable[Attempt]) -> Site:
    """Note in each attempt of the web UI where its answer leads, and return how browsers reach the server.

    Args:
        requests: all requests of the deployment.
        attempts: those of them that are attempts.
    """
    site = _usual_site(requests)
    for attempt in attempts:
        if attempt.request.tag.channel == "ui":
            attempt.redirect = redirects.find_redirect(attempt.request.access, site)
            attempt.queries_cut = site.cut
    return site


class RedirectTargets(Distinction):
    """Attempts of the web UI differ in where their answers lead."""

    def __init__(self, known: Known) -> None:
        self._site = _usual_site(known.requests)
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
                self._site,
                decoded=bool(decoded[first]),
            )
            numbers.append(self._numbers.setdefault(redirect, len(self._numbers)))
        found[rows] = np.array(numbers, np.int64)[groups]
        return [found]


def _usual_site(requests: Iterable[Request]) -> Site:
    """How browsers reach the server: what most pages were asked from, or are to return to after a login.

    A frame counts if all logins show the same: another version can have written the other ones. Forms that name no DAG
    show that queries are not logged; from 2.7 on, where the path names it, requests for runs none of which has a query,
    though browsers send one with nearly each, if no other page has one either.
    """
    hosts: Counter[str] = Counter()
    bases: Counter[str] = Counter()
    logins, sent_away, login_pages = [], [], []
    queried = False
    bare = cut = unqueried = 0
    for request in requests:
        access, role = request.access, request.tag.role
        queried |= "?" in access.target
        unqueried += request.tag.endpoint.page == TriggerPage.MODERN
        if role == FollowUpRole.LOGIN:
            logins.append(access)
        elif role == FollowUpRole.DAG_LIST and access.status in redirects.STATUSES and access.size:
            sent_away.append(access)
        if access.method == "GET" and access.status == HTTPStatus.OK and _FORM.match(request.tag.path):
            cut += 1 if request.tag.dag_id is None else -1
        if role not in PAGES:
            continue
        pages = [access.referer]
        if role == FollowUpRole.LOGIN_PAGE_WITH_RETURN:
            login_pages.append(access)
            query = split_target(access.target, decoded=access.decoded).query
            pages.append(page_to_return_to(query))
            bare += _BARE.search(query) is not None
            bare -= _ESCAPED.search(query) is not None
        for page in pages:
            host, base = host_of(page), base_of(page)
            if host is not None:
                hosts[host] += 1
            if host is not None and base is not None:
                bases[base] += 1
    base = _most(bases) or ""
    frames = {redirects.frame_of_login(login, base) for login in logins} - {0}
    sent = [login for login in logins if login.method == "POST" and login.size]
    forms = sent + sent_away
    headed = 2 * sum(map(holds_headers, forms)) > len(forms)
    lost = cut > 0 or (unqueried >= UNQUERIED and not queried)
    site = Site(_most(hosts), base, bare > 0, frames.pop() if len(frames) == 1 else 0, headed, lost)
    return site._replace(frame=find_frame(sent_away, sent, login_pages, site)) if headed else site


def _most(votes: Counter[str]) -> str | None:
    return max(sorted(votes), key=votes.__getitem__) if votes else None
