"""What the list of DAGs said after a trigger: its messages are read from how much longer than usual the page was.

Owns: the messages of the web UI and their lengths. Must not know: outcomes.

A message adds its own text, the name of its category and a fixed frame to the page (measured: 148 bytes with 2.2.5 to
2.11, 215 with 2.0.2, 276 with 1.10.15; the texts are those of ``airflow/www/views.py``). So every message about a DAG
whose id is known has a length of its own.

What is left of a page without its message is its ground. One browser's ground is mostly the same from one view to the
next, now and then it moves by some bytes, rarely by many. So a message is the likelier, the nearer the ground that it
leaves is to the ground of other pages of that browser; and those may have held messages too, which are read together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from logparse.correlate.attempt import Attempt
    from logparse.found import Request

#: Pages of the same browser, before and behind, that one page is measured against.
AROUND: Final = 6
#: Lists of DAGs that differ by more bytes than this are those of different users.
APART: Final = 1500
#: Browsers that tell which version this is.
SAMPLE: Final = 50
#: How many readings of a page are followed up.
KEPT: Final = 24
PASSED: Final = 3
#: What makes a reading less likely: that the ground moved at all, by how many bytes, and what that is at most.
MOVED: Final = 1.3
PER_BYTE: Final = 0.025
#: It mostly moves by multiples of 8 bytes, give or take one (2.8.4 to 2.11.0).
STEP: Final = 8
STEPPED: Final = 0.8
PER_STEP: Final = 0.06
FAR: Final = 4.0
FURTHEST: Final = 600
#: ... or a ground that some page without a message had.
BACK: Final = 1.6
#: A page of which nothing is made, one without a message behind an attempt, one with a message of something else.
STRANGE: Final = 3.5
NONE: Final = 1.5
LEFT_OVER: Final = 2.5
#: Failures are rarer than successes; that somebody chose the id of a run fits many lengths.
FAILED: Final = 0.6
RARE: Final = 0.9
OWN: Final = 1.3
#: The request does not say which DAG: any that is known in the log.
ANY: Final = 0.3
#: The DAG was paused, so that a second message says so.
PAUSED_BEFORE: Final = 0.8
#: ... or one that is known from nowhere else, so that it hardly exists.
UNHEARD: Final = 1.0
PAUSED: Final = "DAG  is paused, unpause if you want to have the triggered run being executed."
#: Ids of runs that nobody named: ``manual__2026-11-22T12:38:54.123456+00:00``, and without microseconds.
RUN_IDS: Final = (40, 33)
#: Logical dates: ``2026-11-22 12:38:54.123456+00:00``, and without microseconds.
DATES: Final = (32, 25)
#: Lengths of ids that somebody chose.
OWN_RUN_IDS: Final = range(8, 65)
#: Lengths of ids of DAGs that do not exist.
UNKNOWN_DAGS: Final = range(1, 65)


class Style(NamedTuple):
    """How a version words its messages.

    Attributes:
        frame: bytes around a message and its category.
        names_run: the message of success names the run (2.9 on).
        denied: the refused are sent to the list of DAGs (2.8 on).
        conflict: the message about a run that exists is an error that names its id or date (2.4 on).
    """

    frame: int
    names_run: bool = False
    denied: bool = False
    conflict: bool = True


class Dags(NamedTuple):
    """Lengths of the ids of DAGs that the log names; of those that no API accepted a run of."""

    all: tuple[int, ...]
    unproven: frozenset[int]


NEW_STYLES: Final = (Style(148, names_run=True, denied=True), Style(148, denied=True))
OLD_STYLES: Final = (Style(148), Style(215, conflict=False), Style(276, conflict=False))


@dataclass(slots=True)
class _State:
    """One reading of a page.

    Attributes:
        cost: of the likeliest way to read all pages up to this one so.
        kind: the message; empty for none.
        ground: what is left of the page.
        rest: cost of the likeliest way to read all later pages, given this.
    """

    cost: float
    kind: str
    ground: int
    rest: float = 0.0


@dataclass(slots=True)
class _Page:
    """A list of DAGs as one browser got it, with the attempt that it followed, if any."""

    size: int
    attempt: Attempt | None


def read(requests: Sequence[Request], attempts: Sequence[Attempt]) -> None:
    """Tell of each attempt that was followed by the list of DAGs which message that page held.

    Args:
        requests: in order of time.
        attempts: with the requests that followed them.
    """
    followed = {id(each.followed_by): each for each in attempts if each.follow_up == "home:200"}
    views: defaultdict[tuple[str | None, str | None, str | None], list[Request]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.rule == "home" and access.status == 200 and access.size:  # noqa: PLR2004
            views[access.client, access.agent, access.user].append(request)
    chains = [chain for each in views.values() for chain in _chains(each, followed)]
    dags = _dags(attempts)
    for modern, styles in ((True, NEW_STYLES), (False, OLD_STYLES)):
        mine = [chain for chain in chains if any(page.attempt and _modern(page.attempt) == modern for page in chain)]
        if mine:
            best = min(styles, key=lambda style: sum(_read(chain, style, dags)[0] for chain in mine[:SAMPLE]))
            for chain in mine:
                _tell(chain, _read(chain, best, dags)[1])


def _dags(attempts: Sequence[Attempt]) -> Dags:
    named = {each.request.tag.dag_id for each in attempts} - {None}
    proven = {each.request.tag.dag_id for each in attempts if each.status in (200, 201, 409) and not _modern(each)}
    return Dags(
        tuple(sorted({len(escape(each)) for each in named if each})),
        frozenset(len(escape(each)) for each in named - proven if each),
    )


def _modern(attempt: Attempt) -> bool:
    """Of 2.7 on, by its path."""
    return attempt.request.tag.rule.startswith("ui-dag-trigger")


def _chains(views: Sequence[Request], followed: Mapping[int, Attempt]) -> list[list[_Page]]:
    """The views of one browser in order, those of users who see very different lists apart."""
    chains: list[list[_Page]] = []
    for view in views:
        page = _Page(view.access.size or 0, followed.get(id(view)))
        fitting = next((chain for chain in reversed(chains) if abs(chain[-1].size - page.size) <= APART), None)
        if fitting is None:
            chains.append([page])
        else:
            fitting.append(page)
            chains.remove(fitting)
            chains.append(fitting)
    return [near for chain in chains if (near := _near(chain))]


def _near(chain: Sequence[_Page]) -> list[_Page]:
    """Pages that followed attempts, and those that they are measured against."""
    wanted: set[int] = set()
    for at, page in enumerate(chain):
        if page.attempt is not None:
            wanted.update(range(at - AROUND, at + AROUND + 1))
    return [page for at, page in enumerate(chain) if at in wanted]


def _read(chain: Sequence[_Page], style: Style, dags: Dags) -> tuple[float, list[list[_State]]]:
    """The likeliest way to read all pages of one browser together, and the readings of each page."""
    plain = {page.size for page in chain if page.attempt is None} - {page.size for page in chain if page.attempt}
    moves = _moves(style)
    steps: list[list[_State]] = []
    for page in chain:
        before = steps[-1] if steps else []
        states = [
            _State(cost + _reached(page.size - length, before, plain, moves), kind, page.size - length)
            for kind, length, cost in _possible(page, style, dags)
        ]
        states += [_State(each.cost + STRANGE, "", each.ground) for each in before[:PASSED]]
        steps.append(sorted(states, key=lambda each: (each.cost, each.kind, each.ground))[:KEPT])
    for states, behind in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
        own = [each.cost - _reached(each.ground, states, plain, moves) + each.rest for each in behind]
        for state in states:
            state.rest = min(
                cost + _move(each.ground, state.ground, plain, moves) for cost, each in zip(own, behind, strict=True)
            )
    return steps[-1][0].cost, steps


def _reached(ground: int, before: Sequence[_State], plain: Collection[int], moves: Sequence[float]) -> float:
    """Cost of the likeliest way to a ground; ``before`` is in order of cost."""
    best = inf
    for each in before:
        if each.cost >= best:
            break
        best = min(best, each.cost + _move(ground, each.ground, plain, moves))
    return best if before else 0.0


def _possible(page: _Page, style: Style, dags: Dags) -> Iterator[tuple[str, int, float]]:
    """Messages that a page may hold, their lengths, and what speaks against each."""
    if page.attempt is not None:
        tag, kind = page.attempt.request.tag, page.attempt.redirect.kind
        key = (tag.rule, tag.returns_to, kind, None if tag.dag_id is None else len(escape(tag.dag_id)))
        yield from _behind_attempt(style, dags, *key)
        return
    yield "", 0, 0.0
    yield "denied", _denied(style), LEFT_OVER
    if not style.denied:
        for dag in sorted(dags.unproven):
            yield "dag_not_found", _missing(style, dag), LEFT_OVER


@lru_cache(maxsize=1 << 10)
def _behind_attempt(
    style: Style, dags: Dags, rule: str, returns_to: str, redirect: str, dag: int | None
) -> tuple[tuple[str, int, float], ...]:
    """The same for the page that followed an attempt, each message once."""
    least: dict[tuple[str, int], float] = {("", 0): NONE}
    for cost, kind, length in _messages(style, dags, rule, returns_to, redirect, dag):
        least[kind, length] = min(cost, least.get((kind, length), inf))
    return tuple((kind, length, cost) for (kind, length), cost in least.items())


@cache
def _moves(style: Style) -> tuple[float, ...]:
    """What speaks against a ground that moved, by bytes."""
    costs = [0.0]
    while (by := len(costs)) < FURTHEST:
        steps, rest = divmod(by + 1, STEP)
        stepped = style.denied and steps > 0 and rest <= 2  # noqa: PLR2004
        costs.append(min(STEPPED + PER_STEP * steps if stepped else MOVED + PER_BYTE * by, FAR))
    return tuple(costs)


def _move(ground: int, before: int, plain: Collection[int], moves: Sequence[float]) -> float:
    by = abs(ground - before)
    cost = moves[by] if by < FURTHEST else FAR
    return BACK if cost > BACK and ground in plain else cost


def _tell(chain: Sequence[_Page], steps: Sequence[Sequence[_State]]) -> None:
    """Hand the readings to the attempts."""
    for page, states in zip(chain, steps, strict=True):
        if page.attempt is not None and len(chain) > 1:
            best = min(states, key=lambda each: (each.cost + each.rest, each.kind))
            page.attempt.flash = best.kind
            page.attempt.home_growth = page.size - best.ground


def _messages(
    style: Style, dags: Dags, rule: str, returns_to: str, redirect: str, named: int | None
) -> Iterator[tuple[float, str, int]]:
    """Messages that the page may hold, with what speaks against each, and their lengths: message, error, danger."""
    modern = rule.startswith("ui-dag-trigger")
    if rule == "ui-add-dag-run":
        yield 0.0, "success", style.frame + len("message") + len("Added Row")
        return
    if style.denied and redirect in ("", "home"):
        yield 0.1, "denied", _denied(style)
        if returns_to == "origin" and redirect == "home":
            return  # all others are sent to the page that the form names
    known = [(0.0, named)] if named is not None else [(ANY, each) for each in dags.all]
    for cost, dag in known:
        yield from ((cost + more, kind, length) for more, kind, length in _about_dag(style, dag, modern))
    if not modern:  # from 2.7 on an unknown DAG is an error page
        if named is None:
            known = [(ANY if dag in dags.unproven else ANY + UNHEARD, dag) for dag in UNKNOWN_DAGS]
        for cost, dag in known:
            yield cost + FAILED, "dag_not_found", _missing(style, dag)
    if style.conflict:
        yield from _conflicts(style)


def _about_dag(style: Style, dag: int, modern: bool) -> Iterator[tuple[float, str, int]]:
    """Messages that name a DAG which exists."""
    frame = style.frame
    unpaused = frame + len("message") + len("Unpaused DAG .") + dag
    paused = frame + len("warning") + len(PAUSED) + dag
    for own, run in _runs(style):
        success = _success(style, dag, run)
        yield own, "success", success
        if modern:
            yield own + PAUSED_BEFORE, "success", success + unpaused
            yield own + PAUSED_BEFORE, "success", success + paused
    broken = len("Cannot create dagruns because the dag  has import errors")
    yield FAILED, "import_error", frame + len("error") + broken + dag


def _conflicts(style: Style) -> Iterator[tuple[float, str, int]]:
    for run in (*RUN_IDS, *OWN_RUN_IDS):
        own = 0.0 if run in RUN_IDS else OWN
        yield RARE + own, "conflict", style.frame + len("error") + len("The run ID  already exists") + run
    for date in DATES:
        yield RARE, "conflict", style.frame + len("error") + len("The logical date  already exists") + date


def _runs(style: Style) -> Iterator[tuple[float, int]]:
    if not style.names_run:
        yield 0.0, 0
        return
    for run in OWN_RUN_IDS:
        yield (0.0 if run in RUN_IDS else OWN / 2), run


def _success(style: Style, dag: int, run: int) -> int:
    text = "Triggered , it should start any moment now."
    if style.names_run:
        text = "Triggered  with new Run ID , it should start any moment now."
    return style.frame + len("message") + len(text) + dag + run


def _denied(style: Style) -> int:
    return style.frame + len("danger") + len("Access is Denied")


def _missing(style: Style, dag: int) -> int:
    return style.frame + len("message") + len("Cannot find dag ") + dag
