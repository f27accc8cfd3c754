"""The messages of the web UI after a trigger: how long each is, and how much speaks against it.

Lengths are those of the texts in ``airflow/www/views.py``, with the measured frame around them. Costs have no unit;
they are only compared with each other.

Owns: which messages a version of Airflow shows. Must not know: which page held which message, outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.rules.roles import TriggerPage

if TYPE_CHECKING:
    from collections.abc import Iterator


#: Costs of messages: failures are rarer than successes, and the id of a run that somebody chose fits many lengths.
FAILED: Final = 0.6
RARE: Final = 0.9
OWN: Final = 1.3
#: The request does not name the DAG: it can be any that is known from the log.
ANY: Final = 0.3
#: ... or a DAG that is known from nowhere else, so that it hardly exists.
UNHEARD: Final = 1.0
#: What answers of APIs to the same DAG contradict: that there is no such DAG, or that there is one.
CONTRADICTED: Final = 2.0
#: The caller was refused who sent a form, though it is shown only to those who may send it.
SHOWN: Final = 1.0
#: Somebody pressed the button of a DAG's page, which asks to return there, and was sent elsewhere. Scripts may leave
#: out what the button sends.
ELSEWHERE: Final = 0.8
#: Another request of the same browser was refused before, and no page has shown that yet.
REFUSED_BEFORE: Final = 0.6
#: The DAG was paused, which a second message states.
PAUSED_BEFORE: Final = 1.0
PAUSED: Final = "DAG  is paused, unpause if you want to have the triggered run being executed."
#: Ids of runs that nobody named: ``manual__2026-11-22T12:38:54.123456+00:00``, and without microseconds.
RUN_IDS: Final = (40, 33)
#: Logical dates: ``2026-11-22 12:38:54.123456+00:00``, and without microseconds.
DATES: Final = (32, 25)
#: Lengths of ids that somebody chose: in a message about that id alone, and beside the id of a DAG, where still shorter
#: ones would fit the lengths of other messages, and short ones often do.
OWN_RUN_IDS: Final = range(3, 65)
OWN_BESIDE_DAG: Final = range(4, 65)
SHORT: Final = 8
#: Lengths of ids of DAGs that do not exist.
UNKNOWN_DAGS: Final = range(1, 65)


class Style(NamedTuple):
    """How a version of Airflow words its messages.

    Attributes:
        frame: bytes around a message and its category.
        first: further bytes around all messages of a page. A list of DAGs that shows import errors has them anyway.
        names_run: the message of success names the run (2.9 on).
        denied: refused callers are sent to the list of DAGs (2.8 on).
        conflict: the message about a run that exists is an error that names its id or date (2.4 on).
    """

    frame: int
    first: int = 0
    names_run: bool = False
    denied: bool = False
    conflict: bool = True


class Dags(NamedTuple):
    """Lengths of the ids of DAGs.

    Attributes:
        all: of all DAGs that the log names.
        unproven: of DAGs for which no API accepted a run.
    """

    all: tuple[int, ...]
    unproven: frozenset[int]


class Named(NamedTuple):
    """The DAG that a request names.

    Attributes:
        length: of its id.
        exists: whether there is such a DAG, as answers of APIs show; None if they do not.
        broken: its file cannot be loaded, as answers of the REST API show, and nothing ever ran it.
    """

    length: int
    exists: bool | None
    broken: bool = False


NEW_STYLES: Final = (Style(140, 8, names_run=True, denied=True), Style(140, 8, denied=True))
#: The last one is the UI of 1.10 without roles.
OLD_STYLES: Final = (Style(140, 8), Style(215, conflict=False), Style(276, conflict=False), Style(178, conflict=False))


def possible_messages(
    style: Style, dags: Dags, page: str, returns_to: str, redirect: str, named: Named | None
) -> Iterator[tuple[float, str, int]]:
    """Yield the cost, kind and length of each message that the page after an attempt may hold.

    Args:
        style: how the version words its messages.
        dags: DAGs that the log names.
        page: which page of the web UI was asked, see ``TriggerPage``.
        returns_to: parameter that names the page to return to; ``dag_page`` if the button of that page was pressed.
        redirect: where the answer leads, see ``Redirect.kind``.
        named: the DAG that the request names, if any.
    """
    modern = page == TriggerPage.MODERN
    if page == TriggerPage.ADD_RECORD:
        yield 0.0, "success", style.first + style.frame + len("message") + len("Added Row")
        return
    if style.denied and redirect in ("", "home"):
        cost = SHOWN if returns_to == "origin" and not redirect else 0.1
        yield cost, "denied", length_of_denied(style)
        yield cost + REFUSED_BEFORE, "denied", 2 * length_of_denied(style) - style.first
        if returns_to == "origin" and redirect == "home":
            return  # all others are sent to the page that the form names
    back = style.denied and returns_to == "dag_page" and redirect == "home"
    for cost, kind, length in _let_in(style, dags, named, modern=modern):
        yield cost + ELSEWHERE * back, kind, length


def _let_in(style: Style, dags: Dags, named: Named | None, *, modern: bool) -> Iterator[tuple[float, str, int]]:
    """Messages for callers who are not refused, and what speaks against each."""
    known = [(ANY, dag) for dag in dags.all]
    if named is not None:
        known = [(CONTRADICTED if named.exists is False else 0.0, named.length)]
    for cost, dag in known:
        about = _about_dag(style, dag, modern=modern, broken=named is not None and named.broken)
        yield from ((cost + more, kind, length) for more, kind, length in about)
    if not modern:  # from 2.7 on an unknown DAG is an error page
        known = [(ANY if dag in dags.unproven else ANY + UNHEARD, dag) for dag in UNKNOWN_DAGS]
        if named is not None:
            known = [(CONTRADICTED if named.exists else 0.0, named.length)]
        for cost, dag in known:
            yield cost + FAILED, "dag_not_found", length_of_unknown_dag(style, dag)
    if style.conflict:
        yield from _conflicts(style)


def _about_dag(style: Style, dag: int, *, modern: bool, broken: bool) -> Iterator[tuple[float, str, int]]:
    """Messages that name an existing DAG, and what speaks against each; see ``Named``."""
    frame, mended = style.frame, CONTRADICTED if broken else 0.0
    unpaused = frame + len("message") + len("Unpaused DAG .") + dag
    paused = frame + len("warning") + len(PAUSED) + dag
    for own, run in _runs(style):
        success = _success(style, dag, run)
        yield own + mended, "success", success
        if modern:
            yield own + mended + PAUSED_BEFORE, "success", success + unpaused
            yield own + mended + PAUSED_BEFORE, "success", success + paused
    yield FAILED, "import_error", length_of_import_error(style, dag)


def _conflicts(style: Style) -> Iterator[tuple[float, str, int]]:
    frame = style.first + style.frame
    for run in (*RUN_IDS, *OWN_RUN_IDS):
        own = 0.0 if run in RUN_IDS else OWN
        yield RARE + own, "conflict", frame + len("error") + len("The run ID  already exists") + run
    for date in DATES:
        yield RARE, "conflict", frame + len("error") + len("The logical date  already exists") + date


def _runs(style: Style) -> Iterator[tuple[float, int]]:
    if not style.names_run:
        yield 0.0, 0
        return
    for run in OWN_BESIDE_DAG:
        yield (0.0 if run in RUN_IDS else OWN if run < SHORT else OWN / 2), run


def _success(style: Style, dag: int, run: int) -> int:
    text = "Triggered , it should start any moment now."
    if style.names_run:
        text = "Triggered  with new Run ID , it should start any moment now."
    return style.first + style.frame + len("message") + len(text) + dag + run


def length_of_denied(style: Style) -> int:
    """Return the length of the message that the caller has no permission."""
    return style.first + style.frame + len("danger") + len("Access is Denied")


def length_of_unknown_dag(style: Style, dag: int) -> int:
    """Return the length of the message that there is no such DAG, whose id has the given length."""
    return style.first + style.frame + len("message") + len("Cannot find dag ") + dag


def length_of_missing_dag(style: Style, dag: int) -> int:
    """Return the length of the message behind a page of a DAG that is not loaded, whose id has the given length."""
    text = "DAG &#34;&#34; seems to be missing from DagBag."
    return style.first + style.frame + len("error") + len(text) + dag


def length_of_import_error(style: Style, dag: int) -> int:
    """Return the length of the message that a DAG, whose id has the given length, has import errors."""
    text = "Cannot create dagruns because the dag  has import errors"
    return style.first + style.frame + len("error") + len(text) + dag


def beside_others(style: Style) -> Style:
    """Return how messages are worded on pages that show others, too, whoever asks for them."""
    return style._replace(first=0)
