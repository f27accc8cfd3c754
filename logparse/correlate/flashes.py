"""What the list of DAGs said after a trigger: its messages are read from how much longer than usual the page was.

Owns: the messages of the web UI and their lengths. Must not know: outcomes.

A message adds its own text, the name of its category and a fixed frame to the page (measured: 148 bytes with 2.3.4 to
2.11, 215 with 2.0.2; the texts are those of ``airflow/www/views.py``). So every message about a DAG whose id is known
has a length of its own, give or take some bytes by which the page differs from one view to the next.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.correlate.attempt import Attempt
    from logparse.scan import Request

#: Pages that one page is measured against.
MEASURES: Final = 8
#: The page differs from one view to the next, by multiples of 8 bytes and now and then by one (2.4.3 to 2.10.5).
STEP: Final = 8
STEPS: Final = 5
#: What makes a reading less likely, in such steps: a page further away, a run id of somebody's own.
FURTHER: Final = 1.5
OWN: Final = 2.5
#: A run whose id Airflow made is there already only if a form was sent twice.
RARE: Final = 0.5
#: Ids of runs that nobody named: ``manual__2026-11-22T12:38:54.123456+00:00``, and without microseconds.
RUN_IDS: Final = (40, 33)
#: Lengths of ids that somebody chose.
OWN_RUN_IDS: Final = range(8, 65)


class Style(NamedTuple):
    """How a version words its messages.

    Attributes:
        frame: bytes around a message and its category.
        names_run: the message of success names the run (2.9 on).
    """

    frame: int
    names_run: bool


NEW_STYLES: Final = (Style(148, names_run=True), Style(148, names_run=False))
OLD_STYLES: Final = (Style(148, names_run=False), Style(215, names_run=False))


def read(requests: Sequence[Request], attempts: Iterable[Attempt]) -> None:
    """Tell of each attempt that was followed by the list of DAGs which message that page held."""
    pages: defaultdict[tuple[str | None, str | None], list[Request]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.rule == "home" and access.status == 200 and access.size:  # noqa: PLR2004
            pages[access.client, access.agent].append(request)
    groups: defaultdict[tuple[Style, ...], list[tuple[Attempt, list[int]]]] = defaultdict(list)
    for attempt in attempts:
        page = attempt.followed_by
        if page is not None and attempt.follow_up == "home:200" and page.access.size:
            grown = list(_grown(page, pages[page.access.client, page.access.agent]))
            modern = attempt.request.tag.rule.startswith("ui-dag-trigger")
            groups[NEW_STYLES if modern else OLD_STYLES].append((attempt, grown))
    for styles, found in groups.items():
        style = max(styles, key=lambda each: sum(_weight(*one, each) for one in found))
        for attempt, grown in found:
            attempt.flash = _message(attempt, grown, style)[1]
            attempt.home_growth = grown[0] if grown else None


def _grown(page: Request, pages: Sequence[Request]) -> Iterator[int]:
    """By how much a page is longer than the others of that browser: earlier ones first, the nearest first of all."""
    others = sorted((other for other in pages if other is not page), key=lambda other: _distance(other, page))
    for other in others[:MEASURES]:
        yield (page.access.size or 0) - (other.access.size or 0)


def _distance(other: Request, page: Request) -> tuple[bool, int]:
    gap = (page.access.time or 0) - (other.access.time or 0)
    behind = gap < 0 or (gap == 0 and other.source == page.source and other.access.line > page.access.line)
    return (behind, abs(gap))


def _weight(attempt: Attempt, grown: Sequence[int], style: Style) -> float:
    """How far one page speaks for a style: most pages that follow a trigger say that it was a success."""
    cost, kind = _message(attempt, grown, style)
    return 1 / (1 + cost) if kind == "success" else 0


def _message(attempt: Attempt, grown: Sequence[int], style: Style) -> tuple[float, str]:
    """The message that fits best: the nearer the page it is measured against and the less that page had changed."""
    tag = attempt.request.tag
    if tag.dag_id is None:
        return (0, "")
    dag = len(escape(tag.dag_id))
    known = _lengths(dag, style, modern=tag.rule.startswith("ui-dag-trigger"))
    fits = [
        (cost + FURTHER * nth, kind)
        for nth, size in enumerate(grown)
        for cost, kind in (*_known(size, known), *_own_run_id(size, dag, style))
    ]
    return min(fits, default=(0, ""))


def _known(size: int, known: Sequence[tuple[str, int]]) -> Iterator[tuple[float, str]]:
    for kind, length in known:
        steps, rest = divmod(abs(size - length) + 1, STEP)
        if (steps < 2 and rest <= 2) or (steps <= STEPS and rest == 1 and kind in ("success", "denied")):  # noqa: PLR2004
            yield steps + (RARE if kind == "conflict" else 0), kind


def _own_run_id(size: int, dag: int, style: Style) -> Iterator[tuple[float, str]]:
    """Messages that name a run whose id somebody chose, so that any length may be theirs."""
    if not style.names_run:
        return
    success = _success(dag, style, 0)
    if size - success in OWN_RUN_IDS or size - success - _unpaused(dag, style) in OWN_RUN_IDS:
        yield OWN, "success"
    # `The run ID ... already exists` is shorter than the message of success with the same id.
    if size - _conflict(style, 0) in OWN_RUN_IDS:
        yield OWN + 1, "conflict"


def _lengths(dag: int, style: Style, *, modern: bool) -> list[tuple[str, int]]:
    """Messages of known length, with their categories: message, danger, error."""
    frame = style.frame
    successes = [_success(dag, style, run) for run in (RUN_IDS if style.names_run else (0,))]
    unpaused = _unpaused(dag, style)
    import_error = frame + len("error") + len("Cannot create dagruns because the dag  has import errors") + dag
    found = [("success", length) for length in successes]
    found += [("success", length + unpaused) for length in successes]
    found.append(("import_error", import_error))
    if modern:  # before 2.8 the refused are sent to the login page; from 2.7 on an unknown DAG is an error page
        found.append(("denied", frame + len("danger") + len("Access is Denied")))
        found += [("conflict", _conflict(style, run)) for run in RUN_IDS if style.names_run]
    else:
        found.append(("dag_not_found", frame + len("message") + len("Cannot find dag ") + dag))
    return found


def _success(dag: int, style: Style, run: int) -> int:
    text = "Triggered  with new Run ID , it should start any moment now."
    if not style.names_run:
        text = "Triggered , it should start any moment now."
    return style.frame + len("message") + len(text) + dag + run


def _unpaused(dag: int, style: Style) -> int:
    return style.frame + len("message") + len("Unpaused DAG .") + dag


def _conflict(style: Style, run: int) -> int:
    return style.frame + len("error") + len("The run ID  already exists") + run
