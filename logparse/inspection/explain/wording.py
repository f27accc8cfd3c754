"""Values in words.

Owns: how a value of a line or rule is written. Must not know: which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from logparse.common.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Label and text.
Row: TypeAlias = tuple[str, str]


def said(value: object) -> str:
    """A value of a log, fact or rule, safe to look at."""
    if isinstance(value, tuple):
        return one_of(value)
    if isinstance(value, bool):
        return str(value).lower()  # as in rule files
    return "none" if value is None else shown(str(value))


def one_of(values: Iterable[object]) -> str:
    """Alternatives."""
    return " or ".join(map(said, values))
