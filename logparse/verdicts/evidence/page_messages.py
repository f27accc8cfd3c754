"""Which message the list of DAGs showed after a trigger, as the size of the page shows.

Owns: which pages are read together, and which version of Airflow this is. Must not know: how long a message is, what
speaks for a reading (``page_readings``), outcomes.

A message adds its own text, the name of its category and a fixed frame to the page (measured: 148 bytes with 2.2.5 to
2.11, 215 with 2.0.2, 276 with 1.10.15; the texts are those of ``airflow/www/views.py``). So every message about a DAG
whose id is known has a length of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from http import HTTPStatus
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.rules.roles import FollowUpRole, TriggerPage
from logparse.verdicts.evidence.message_lengths import (
    NEW_STYLES,
    OLD_STYLES,
    Dags,
    Style,
    beside_others,
    length_of_denied,
)
from logparse.verdicts.evidence.page_readings import FURTHEST, MESSAGES, Page, is_step, read_pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.page_readings import Readings

#: Pages of the same browser, before and behind, that one page is measured against.
AROUND: Final = 6
#: Lists of DAGs that differ by more bytes than this are those of different users.
APART: Final = 1500
#: Statuses that prove that a DAG exists.
_ACCEPTED_OR_CONFLICT: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT})
#: What speaks against import errors on the list of DAGs.
BESIDE: Final = 2.0
#: How many browsers are enough to find out which version this is.
SAMPLE: Final = 50
#: So many odd moves, and so large a part of all views (measured: up to 12 % of those of one server), show that sizes
#: are spread out.
SPREAD: Final = 5
SPREAD_PART: Final = 0.15


class Wording(NamedTuple):
    """How a server words its messages.

    Attributes:
        styles: for paths of 2.7 and later (True), and for those before; one that no list of DAGs shows is missing.
        dags: DAGs that the log names.
    """

    styles: Mapping[bool, Style]
    dags: Dags


def read_page_messages(requests: Sequence[Request], attempts: Sequence[Attempt]) -> Wording:
    """Note in each attempt that was followed by the list of DAGs which message that page held.

    Args:
        requests: in order of time.
        attempts: with the requests that followed them.

    Returns:
        How messages are worded, as far as lists of DAGs show that.
    """
    followed = {id(attempt.followed_by): attempt for attempt in attempts if attempt.followed_by is not None}
    views: defaultdict[tuple[str | None, ...], list[Request]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.role == FollowUpRole.DAG_LIST and access.status == HTTPStatus.OK and access.size:
            # A list that was asked for with filters is another one.
            views[access.client, access.agent, access.user, access.target.partition("?")[2]].append(request)
    chains = [chain for requests_of_browser in views.values() for chain in _chains(requests_of_browser, followed)]
    dags, worded = _dags(attempts), dict[bool, Style]()
    for modern, styles in ((True, NEW_STYLES), (False, OLD_STYLES)):
        mine = [chain for chain in chains if any(page.attempt and is_modern(page.attempt) == modern for page in chain)]
        if mine:
            best = min(styles, key=lambda style: sum(_read_chain(chain, style, dags)[0] for chain in mine[:SAMPLE]))
            moved: Counter[bool] = Counter()
            for chain in mine:
                moved += _tell(chain, _read_chain(chain, best, dags)[1], best)
            # Headers of many lengths spread sizes out: their ground moves as it is hardly ever seen to move.
            if moved[True] >= max(SPREAD, SPREAD_PART * moved.total()):
                _forget(mine)
            else:
                worded[modern] = best
    return Wording(worded, dags)


def _dags(attempts: Sequence[Attempt]) -> Dags:
    named = {attempt.request.tag.dag_id for attempt in attempts} - {None}
    accepted = [attempt for attempt in attempts if attempt.status in _ACCEPTED_OR_CONFLICT and not is_modern(attempt)]
    proven = {attempt.request.tag.dag_id for attempt in accepted}
    return Dags(
        tuple(sorted({len(escape(dag)) for dag in named if dag})),
        frozenset(len(escape(dag)) for dag in named - proven if dag),
    )


def is_modern(attempt: Attempt) -> bool:
    """Return whether the path is one of 2.7 and later."""
    return attempt.request.tag.endpoint.page == TriggerPage.MODERN


def _chains(views: Sequence[Request], followed: Mapping[int, Attempt]) -> list[list[Page]]:
    """The views of one browser in order; users who see very different lists get a chain each."""
    chains: list[tuple[int, list[Page]]] = []  # with the number of the last view
    near: defaultdict[int, set[int]] = defaultdict(set)  # by the size of the last page, numbers of chains
    for number, view in enumerate(views):
        page = Page(view.access.size or 0, followed.get(id(view)))
        about = page.size // (APART + 1)
        fitting = max(
            (
                (chains[at][0], at)
                for sizes in (about - 1, about, about + 1)
                for at in near.get(sizes, ())
                if abs(chains[at][1][-1].size - page.size) <= APART
            ),
            default=None,
        )
        at = len(chains) if fitting is None else fitting[1]
        if fitting is None:
            chains.append((number, [page]))
        else:
            near[chains[at][1][-1].size // (APART + 1)].discard(at)
            chains[at][1].append(page)
            chains[at] = number, chains[at][1]
        near[about].add(at)
    chains.sort(key=itemgetter(0))
    return [pages for _, chain in chains if (pages := _near(chain))]


def _near(chain: Sequence[Page]) -> list[Page]:
    """Pages that followed attempts, and those that they are measured against."""
    wanted: set[int] = set()
    for at, page in enumerate(chain):
        if page.attempt is not None:
            wanted.update(range(at - AROUND, at + AROUND + 1))
    return [page for at, page in enumerate(chain) if at in wanted]


def _read_chain(chain: Sequence[Page], style: Style, dags: Dags) -> tuple[float, list[Readings]]:
    """Read pages of one browser: with the messages alone on them, or beside import errors, whatever fits better."""
    cost, steps = read_pages(chain, style, dags)
    if style.first and cost > BESIDE:
        beside, others = read_pages(chain, beside_others(style), dags)
        if beside + BESIDE < cost:
            return beside + BESIDE, others
    return cost, steps


def _tell(chain: Sequence[Page], steps: Sequence[Readings], style: Style) -> Counter[bool]:
    """Note the likeliest reading of each page in the attempt that it followed.

    Returns:
        How often the ground stayed or moved by a usual step from one page to the next, and how often by another one.
    """
    best = [int(np.lexsort((readings.kind, readings.cost + readings.rest))[0]) for readings in steps]
    grounds = [int(readings.ground[at]) for readings, at in zip(steps, best, strict=True)]
    for page, readings, at, ground in zip(chain, steps, best, grounds, strict=True):
        if page.attempt is not None and len(chain) > 1:
            page.attempt.flash = MESSAGES[readings.kind[at]] or "unread"
            page.attempt.home_growth = page.size - ground
    told = {length_of_denied(each) for each in (style, beside_others(style))}
    return Counter(_is_odd(abs(after - before), told) for before, after in pairwise(grounds))


def _is_odd(move: int, told: Collection[int]) -> bool:
    """Return whether a ground hardly ever moves so: neither in steps, nor by a message that nothing explains."""
    return 0 < move < FURTHEST and not is_step(move) and move not in told


def _forget(chains: Iterable[Sequence[Page]]) -> None:
    """Take back what was noted in attempts."""
    for attempt in (page.attempt for chain in chains for page in chain if page.attempt is not None):
        attempt.flash, attempt.home_growth = "", None
