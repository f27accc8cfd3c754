"""Sentences of findings: texts of rules with what is known filled in.

Owns: what stands for what is not known. Must not know: which columns the report has.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from logparse.verdicts.permissions import Lack

#: Number of grants in one remedy, and of callers whose roles are described, at most.
GRANTS: Final = 3
#: What stands in sentences for what is not known, and in commands if it is not the name in capitals.
_UNKNOWN: Final = {
    "user": "a caller without a known name", "users": "no known name", "caller": "an unknown caller",
    "client": "an unknown address", "clients": "unknown addresses", "dag": "a DAG", "dags": "DAGs that are not known",
}  # fmt: skip
_IN_COMMANDS: Final = {"dag": "DAG_ID", "dags": "DAG_IDS"}
_REST: Final = re.compile(r" and \d+ more$")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def fill_in(text: str, values: Mapping[str, str], written: Callable[[str], str] | None = None) -> str:
    """Return a text with values in place of ``{names}``.

    Args:
        text: of a rule.
        values: by name; a value may be empty.
        written: how a value stands in a command. There, what is not known is written as its name.
    """

    def value(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        known = values.get(name)
        if known:
            return known if written is None else written(known)
        return _UNKNOWN[name] if written is None and name in _UNKNOWN else _IN_COMMANDS.get(name, name.upper())

    return _PLACEHOLDER.sub(value, _join_lines(text))


@cache
def _join_lines(text: str) -> str:
    return " ".join(text.split())


def describe_roles(lacking: Sequence[Lack]) -> list[str]:
    """Return a sentence for each caller: its roles, what they lack, and whether the DAG could grant that."""
    lacks = {(lack.user, lack.roles): lack for lack in lacking}
    sentences = []
    for lack in list(lacks.values())[:GRANTS]:
        roles = ", ".join(lack.roles) or "no role"
        may = (
            "access_control of the DAG could grant it"
            if lack.by_access_control
            else "no DAG's access_control can grant it"
        )
        none = "and so lacks" if not lack.roles else "which lacks" if len(lack.roles) == 1 else "which lack"
        sentences.append(f"{lack.user} has {roles}, {none} {lack.missing}; {may}.")
    return sentences


def split_names(cell: str) -> list[str]:
    """Return the texts that ``list_names`` has put into a cell."""
    return [name for name in _REST.sub("", cell).split(", ") if name]


def list_names(values: Sequence[str], most: int) -> str:
    """Return the first texts, and how many more there are."""
    rest = f" and {len(values) - most} more" if len(values) > most > 1 else ""
    return ", ".join(values[:most]) + rest
