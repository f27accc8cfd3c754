"""Which characters every text holds that an expression fits, and which expressions a text can fit therefore.

Owns: reading them out of an expression. Must not know: what the expression is for.

A line of an unknown form is tried with all formats, in all envelopes. Most of them it cannot be in, as its characters
show. Python tells how it reads an expression in modules that are its own and may change; there is no public way. So
nothing but time depends on them: if they are not as they are known here, all lines are tried with everything.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

try:
    from re import _constants as codes  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]

    _KNOWN = [
        codes.ASSERT, codes.AT, codes.AT_BEGINNING, codes.ATOMIC_GROUP, codes.BRANCH, codes.MAX_REPEAT,
        codes.MAXREPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT, codes.SUBPATTERN,
    ]  # fmt: skip
except (ImportError, AttributeError):  # pragma: no cover
    parser = codes = None

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Steps of an expression that take one character.
_CHARACTERS: Final = () if codes is None else (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)
_NOTHING: Final[frozenset[str]] = frozenset()
#: So many choices are remembered.
_REMEMBERED: Final = 256
#: In a longer text, each sign is looked for.
_LONG: Final = 1024
Thing = TypeVar("Thing")


class Candidates(Generic[Thing]):
    """Chooses from many things those that a text can be.

    Args:
        required: the things, each with the signs that every text holds which is one: characters, or keys of an object.
    """

    def __init__(self, required: Iterable[tuple[Thing, frozenset[str]]]) -> None:
        self._required = list(required)
        self._signs = _NOTHING.union(*(signs for _, signs in self._required))
        # Most texts hold what others hold. No cache of functools: it would hold what it belongs to, so neither would
        # be gone once nobody needs them, which matters where there are ten thousand sources.
        self._chosen: dict[frozenset[str], list[Thing]] = {}
        self._lists: dict[tuple[int, ...], list[Thing]] = {}

    def choose(self, text: str, keys: Iterable[str] = ()) -> list[Thing]:
        """Return the things that a text, with the keys of the object that it is, can be; equal things are one list.

        The list may be put into another order, in which it is returned the next time.
        """
        held = text if len(text) < _LONG else filter(text.__contains__, self._signs)
        signs = self._signs.intersection(held).union(self._signs.intersection(keys))
        chosen = self._chosen.get(signs)
        if chosen is None:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
                self._lists.clear()
            places = tuple([at for at, (_, needed) in enumerate(self._required) if needed <= signs])
            chosen = self._chosen[signs] = self._lists.setdefault(places, [self._required[at][0] for at in places])
        return chosen


@cache
def required_characters(ways: tuple[tuple[re.Pattern[str], ...], ...]) -> frozenset[str]:
    """Return characters that stand in every text that is written in one of some ways; perhaps not all of these.

    Args:
        ways: expressions that parts of a text fit, all those of one way; empty if the ways are not known.
    """
    if parser is None or not ways:
        return _NOTHING
    return frozenset.intersection(*(_NOTHING.union(*map(_of_expression, way)) for way in ways))


def _of_expression(expression: re.Pattern[str]) -> frozenset[str]:
    if expression.flags & re.IGNORECASE:
        return _NOTHING
    return _of(parser.parse(expression.pattern, expression.flags))


def _of(steps: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    found: set[str] = set()
    for code, value in steps:
        if code is codes.LITERAL:
            found.add(chr(value))
        elif code is codes.SUBPATTERN:
            found |= _NOTHING if value[1] & re.IGNORECASE else _of(value[3])
        elif code is codes.ATOMIC_GROUP:
            found |= _of(value)
        elif code is codes.ASSERT:
            found |= _of(value[1])
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and value[0] > 0:
            found |= _of(value[2])
        elif code is codes.BRANCH:
            found |= frozenset.intersection(*map(_of, value[1]))
    return frozenset(found)


@cache
def takes_one_pass(expression: re.Pattern[str]) -> bool:
    """Return whether Python surely goes through a text once or twice only to see whether an expression is found in it.

    It does so if the expression begins at the beginning of the text, and only one thing in it can come several times.
    """
    if parser is None:
        return False
    steps = list(parser.parse(expression.pattern, expression.flags))
    return bool(steps) and steps[0] == (codes.AT, codes.AT_BEGINNING) and _repeats(steps) <= 1


def _repeats(steps: Iterable[tuple[Any, Any]]) -> int:
    """Count what can come several times; everything that is not a simple step counts as several."""
    count = 0
    for code, value in steps:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT):
            _, most, inner = value
            plain = all(step in _CHARACTERS for step, _ in inner)
            count += (most is codes.MAXREPEAT) if plain and (most is codes.MAXREPEAT or most <= 1) else 2
        elif code is codes.SUBPATTERN:
            count += _repeats(value[3])
        elif code not in (*_CHARACTERS, codes.AT):
            count += 2
    return count
