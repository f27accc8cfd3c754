"""Which message the next page held; how long each message is.

Must not know: outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.rules.roles import TriggerPage

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def _messages(
    style: Style, dags: Dags, page: str, returns_to: str, redirect: str, named: int | None
) -> Iterator[tuple[float, str, int]]:
    """Messages that the page may hold, with what speaks against each, and their lengths: message, error, danger."""
    modern = page == TriggerPage.MODERN
    if page == TriggerPage.ADD_RECORD:
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
