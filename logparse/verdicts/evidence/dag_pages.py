"""Which message a page of one DAG showed after a trigger, as the size of the page shows.

Owns: which page followed which attempt, and how long it is without a message. Must not know: how long a message is,
outcomes.

The trigger button of a DAG's page leads back there. Without a message that page is of one length for a person and a DAG
(measured with 2.4.3, 2.7.1 and 2.9.3: to the byte), which pages that no attempt led to show. Where one person has no
such page, those of others help: from one person to the next, the pages of all DAGs are longer by the same (menus,
buttons and the name of the person).
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.rules.roles import FollowUpRole
from logparse.rules.targets import split_target
from logparse.scans import redirects
from logparse.verdicts.evidence.dag_page_messages import Fits, Told, tell_messages
from logparse.verdicts.evidence.message_lengths import NEW_STYLES, OLD_STYLES
from logparse.verdicts.evidence.page_messages import is_modern
from logparse.verdicts.evidence.page_readings import MESSAGES, Page, possible_readings
from logparse.verdicts.evidence.waiting_attempts import FOLLOW_WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logparse.scans.scan import Browser, Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.message_lengths import Dags, Style
    from logparse.verdicts.evidence.page_messages import Wording

    _Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

#: Where an answer that leads back to a page of a DAG leads.
_BACK: Final = frozenset({"origin", "origin_grid"})
#: So many signs that a person's pages are longer than another's by just that much suffice.
SIGNS: Final = 2
#: Messages against which so much speaks hold the id of a run that somebody chose, or tell of more than one thing.
UNUSUAL: Final = 1.0
_SUCCESS: Final = MESSAGES.index("success")

#: A browser with the name that its lines hold; a page.
_Viewer = tuple[str | None, str | None, str | None]
_Place = tuple[_Viewer, str]


class _View(NamedTuple):
    """A page of a DAG that an attempt led to."""

    viewer: _Viewer
    path: str
    size: int
    attempt: Attempt


class _Length(NamedTuple):
    """How much a person or a DAG adds to a page; lengths of the same group can be added."""

    group: int
    bytes: int


def read_dag_pages(requests: Iterable[Request], attempts: Iterable[Attempt], wording: Wording) -> None:
    """Note in each attempt that was followed by a page of its DAG which message that page held.

    Args:
        requests: in order of time.
        attempts: with the requests that followed them.
        wording: how messages are worded, as far as lists of DAGs show.
    """
    attempted = {id(attempt.request): attempt for attempt in attempts}
    plain, views = _views(requests, attempted)
    known = {place: next(iter(sizes)) for place, sizes in plain.items() if len(sizes) == 1}
    if 2 * len(known) < len(plain):
        return  # pages without a message are of many lengths
    for modern, styles in ((True, NEW_STYLES), (False, OLD_STYLES)):
        mine = [view for view in views if is_modern(view.attempt) == modern]
        found = {style: _read(mine, style, wording.dags, plain, known) for style in styles if mine}
        usual = {style: sum(told.cost < UNUSUAL for told in read if told) for style, read in found.items()}
        best = [style for style, count in usual.items() if count == max(usual.values())]
        style = best[0] if len(best) == 1 else wording.styles.get(modern)
        if style not in best or 2 * usual[style] < sum(told is not None for told in found[style]):
            continue
        for view, told in zip(mine, found[style], strict=True):
            if told:
                view.attempt.flash = told.message


def _read(
    views: Sequence[_View], style: Style, dags: Dags, plain: Mapping[_Place, set[int]], known: Mapping[_Place, int]
) -> list[Told | None]:
    """What each page tells if messages are worded in that style; None: nobody knows its length without a message."""
    messages = [possible_readings(Page(view.size, view.attempt), style, dags) for view in views]
    people, pages = _lengths(known)
    _place_others(people, pages, views, messages)
    fits: list[Fits | None] = []
    for view, (kinds, lengths, costs) in zip(views, messages, strict=True):
        place = view.viewer, view.path
        person, page = people.get(view.viewer), pages.get(view.path)
        ground = known.get(place)
        if ground is None and place not in plain and person and page and person.group == page.group:
            ground = person.bytes + page.bytes
        if ground is None:
            fits.append(None)
        else:
            fitting = lengths == view.size - ground
            fits.append(Fits(view.size - ground, kinds[fitting].tolist(), costs[fitting].tolist()))
    return tell_messages([view.attempt for view in views], fits, style)


def _views(
    requests: Iterable[Request], attempted: Mapping[int, Attempt]
) -> tuple[defaultdict[_Place, set[int]], list[_View]]:
    """Sizes of pages of DAGs that no attempt led to, and the pages that attempts led to."""
    plain: defaultdict[_Place, set[int]] = defaultdict(set)
    views: list[_View] = []
    waiting: dict[Browser, list[Attempt]] = {}
    for request in requests:
        access, browser = request.access, request.browser
        attempt = attempted.get(id(request))
        if attempt is not None and request.tag.channel == "ui" and access.status in redirects.STATUSES:
            waiting.setdefault(browser, []).append(attempt)
        elif request.tag.role == FollowUpRole.DAG_LIST and access.status == HTTPStatus.OK:
            waiting.pop(browser, None)  # it shows all messages that nothing has shown yet
        elif request.tag.role == FollowUpRole.DAG_PAGE and access.status == HTTPStatus.OK:
            before = waiting.pop(browser, [])
            target = split_target(access.target, decoded=access.decoded)
            if not access.size:
                continue
            viewer = (*browser, access.user)
            if not before:
                plain[viewer, target.path].add(access.size)
            elif len(before) == 1 and _led_to(before[0], request):
                views.append(_View(viewer, target.path, access.size, before[0]))
    return plain, views


def _led_to(attempt: Attempt, page: Request) -> bool:
    before, after = attempt.request.access.time, page.access.time
    if attempt.redirect.kind not in _BACK or attempt.followed_by is not None:
        return False
    at_once = before is None or after is None or 0 <= after - before <= FOLLOW_WINDOW
    return at_once and attempt.request.tag.dag_id == page.tag.dag_id


def _lengths(known: Mapping[_Place, int]) -> tuple[dict[_Viewer, _Length], dict[str, _Length]]:
    """What each person and each DAG adds to a page; groups whose pages do not agree are left out."""
    of_person: defaultdict[_Viewer, list[str]] = defaultdict(list)
    of_dag: defaultdict[str, list[_Viewer]] = defaultdict(list)
    for viewer, path in known:
        of_person[viewer].append(path)
        of_dag[path].append(viewer)
    people: dict[_Viewer, _Length] = {}
    dags: dict[str, _Length] = {}
    for first in of_person:
        if first in people:
            continue
        people[first] = _Length(len(people), 0)
        left = deque([first])
        while left:
            viewer = left.popleft()
            person = people[viewer]
            for path in of_person[viewer]:
                if path in dags:
                    continue
                dags[path] = person._replace(bytes=known[viewer, path] - person.bytes)
                for other in of_dag[path]:
                    if other not in people:
                        people[other] = person._replace(bytes=known[other, path] - dags[path].bytes)
                        left.append(other)
    odd = {
        people[viewer].group
        for (viewer, path), size in known.items()
        if people[viewer].bytes + dags[path].bytes != size
    }
    return (
        {viewer: length for viewer, length in people.items() if length.group not in odd},
        {path: length for path, length in dags.items() if length.group not in odd},
    )


def _place_others(
    people: dict[_Viewer, _Length], pages: Mapping[str, _Length], views: Sequence[_View], messages: Sequence[_Columns]
) -> None:
    """Add people who only saw pages behind attempts: most of these tell of a success.

    How much a person adds depends on the role, so what others add counts as a sign, too.
    """
    signs: defaultdict[_Viewer, Counter[_Length]] = defaultdict(Counter)
    for view, (kinds, lengths, costs) in zip(views, messages, strict=True):
        page = pages.get(view.path)
        if view.viewer in people or page is None:
            continue
        for length in lengths[(kinds == _SUCCESS) & (costs <= 0)].tolist():
            signs[view.viewer][page._replace(bytes=view.size - length - page.bytes)] += 1
    usual = set(people.values()) | {
        length for votes in signs.values() if len(votes) == 1 for length, count in votes.items() if count >= SIGNS
    }
    for viewer, votes in signs.items():
        ranked = Counter({length: count + (length in usual) for length, count in votes.items()}).most_common(2)
        (best, most), *others = ranked
        if most >= SIGNS and all(count < most for _, count in others):
            people[viewer] = best
