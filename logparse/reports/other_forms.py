"""Files that are no logs of a server, known by lines of them of which nothing was understood.

Owns: which forms are told apart, and what is to be given instead. Must not know: how anything is read.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: What exports of Airflow hold, with the options that take them: headers of tables, and keys of pages of the API. All
#: signs of one row must be there. Each is searched for by itself, since a stranger can repeat the first of two.
_EXPORTS: Final = tuple(
    (what, option, [re.compile(sign, re.IGNORECASE) for sign in signs])
    for what, option, *signs in (
        ("audit log", "--audit-log", r"\bdttm\b", r"\bevent\b"),
        ("audit log", "--audit-log", r'"event_logs"'),
        ("DAG runs", "--dag-runs", r"\bdag_id\b", r"\bstate\b", r"\brun_id\b"),
        ("DAG runs", "--dag-runs", r'"dag_runs": ?\['),
        ("users", "--users", r'"users": ?\['),
        ("users", "--users", r'"roles": ?', r'"username": ?"'),
        ("roles", "--roles", r'"roles": ?\[', r'"actions": ?\['),
        ("roles", "--roles", r'"resource": ?"', r'"action": ?"'),
    )
)


class OtherForm(NamedTuple):
    """A form in which no log of a server is written.

    Attributes:
        what: it is.
        instead: what to give.
        signs: expressions that are all found in one line of it.
        samples: such lines.
        among: it is what was done to lines, so that it is named beside lines that were understood, too.
    """

    what: str
    instead: str
    signs: tuple[re.Pattern[str], ...]
    samples: tuple[str, ...]
    among: bool = False


@cache
def other_forms() -> tuple[OtherForm, ...]:
    """Return all forms, in the order in which they are looked for."""
    data = tomllib.loads((resources.files("logparse.reports") / "shipped" / "other_forms.toml").read_text("utf-8"))
    forms: list[dict[str, Any]] = data["form"]
    return tuple(
        OtherForm(
            each["what"],
            each["instead"],
            tuple(map(re.compile, each["signs"])),
            tuple(each["samples"]),
            each.get("among", False),
        )
        for each in forms
    )


def find_other_form(unparsed: Iterable[tuple[int, str]], *, among: bool = False) -> OtherForm | None:
    """Return the form of lines that were not understood; None if it is none of those that are known.

    Args:
        unparsed: numbers and texts of lines of the file.
        among: others of its lines were understood. Then most of these must show the form, not any one of them.
    """
    lines = [line for _, line in unparsed]
    forms = (form for form in other_forms() if form.among or not among)
    return next((form for form in forms if _shows(form, lines) > (len(lines) // 2 if among else 0)), None)


def _shows(form: OtherForm, lines: Sequence[str]) -> int:
    """Return how many of some lines show a form."""
    return sum(all(sign.search(line) for sign in form.signs) for line in lines)


def find_export(unparsed: Iterable[tuple[int, str]]) -> tuple[str, str] | None:
    """Return which export of Airflow a file is of which nothing was understood, and the option that takes it.

    Args:
        unparsed: numbers and texts of lines of the file.

    Returns:
        For example ``audit log`` and ``--audit-log``; None if it looks like none.
    """
    lines = [line for _, line in unparsed]
    return next(
        (
            (what, option)
            for what, option, signs in _EXPORTS
            if any(all(sign.search(line) for sign in signs) for line in lines)
        ),
        None,
    )
