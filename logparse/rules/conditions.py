"""Whether a fact meets a condition of a rule.

Owns: what the values of conditions mean: one of several, or a range of numbers. Must not know: which facts there are.
"""

from __future__ import annotations

from typing import Any


def values_of(written: Any) -> tuple[Any, ...]:
    """Return the values that a condition asks for. A file holds a list of them, or one alone."""
    return tuple(written) if isinstance(written, list) else (written,)


def number_range(value: int | str) -> range:
    """Return the numbers that a condition such as ``400`` or ``500-599`` asks for."""
    low, _, high = str(value).partition("-")
    return range(int(low), int(high or low) + 1)


def meets(fact: Any, wanted: tuple[Any, ...]) -> bool:
    """Return whether a fact is one of the wanted values. A number may be in a range; of several facts one is enough."""
    if isinstance(fact, tuple):
        return any(each in wanted for each in fact)
    if isinstance(fact, int) and not isinstance(fact, bool):
        return any(fact in number_range(each) for each in wanted)
    return fact in wanted
