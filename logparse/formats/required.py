"""What a text needs to fit an expression: which characters it holds, and how it begins.

Owns: reading this out of an expression. Must not know: what the expression is for, who chooses by it.

Python tells how it reads an expression in modules that are its own and may change; there is no public way. So
nothing but time depends on them: if they are not as they are known here, all lines are tried with everything.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

try:
    from re import _constants as codes  # type: ignore[attr-defined]
    from re import _parser as parser  # type: ignore[attr-defined]

    _KNOWN = [
        codes.ASSERT, codes.ASSERT_NOT, codes.AT, codes.AT_BEGINNING, codes.ATOMIC_GROUP, codes.BRANCH,
        codes.CATEGORY, codes.IN, codes.LITERAL, codes.MAX_REPEAT, codes.MAXREPEAT,
        codes.MIN_REPEAT, codes.NEGATE, codes.POSSESSIVE_REPEAT, codes.RANGE, codes.SUBPATTERN,
    ]  # fmt: skip
except (ImportError, AttributeError):  # pragma: no cover
    parser = codes = None

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Steps of an expression that take one character.
_CHARACTERS: Final = () if codes is None else (codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY)
_NOTHING: Final[frozenset[str]] = frozenset()
_ASCII: Final = frozenset(map(chr, range(128)))


class Uncompiled(NamedTuple):
    """An expression that need not be compiled to know what a text needs, with flags of the module ``re``."""

    pattern: str
    flags: int


Expression: TypeAlias = re.Pattern[str] | Uncompiled


class Need(NamedTuple):
    """What a text must have to be written in one way.

    Attributes:
        signs: characters that it holds, or keys of the object that it is.
        first: ASCII characters of which it begins with one if its first character is ASCII; None: it may be any.
    """

    signs: frozenset[str] = _NOTHING
    first: frozenset[str] | None = None


@cache
def list_needs(
    ways: tuple[tuple[Expression, ...], ...], keys: frozenset[str] = _NOTHING, *, begins: bool = False
) -> tuple[Need, ...]:
    """Return what a text needs to be written in one of some ways; it needs all of one of these.

    Args:
        ways: expressions that parts of a text fit, all those of one way; empty if the ways are not known.
        keys: of the object that it is.
        begins: each way is one expression, which fits from the beginning of the text on.
    """
    if parser is None or not ways:
        return (Need(keys),)
    common = required_characters(ways) | keys
    if not begins:
        return tuple(Need(common.union(*map(_of_expression, way))) for way in ways)
    alternatives = (need for way in ways for expression in way for need in _list_alternatives(expression))
    return tuple(need._replace(signs=need.signs | common) for need in alternatives)


def _list_alternatives(expression: Expression) -> list[Need]:
    """Return what each of the alternatives needs that an expression has from its beginning on."""
    parsed = _parse(expression)
    if parsed.state.flags & re.IGNORECASE:
        return [Need()]
    steps = list(parsed)
    while len(steps) == 1 and steps[0][0] is codes.SUBPATTERN and not steps[0][1][1]:
        steps = list(steps[0][1][3])
    alternatives = steps[0][1][1] if len(steps) == 1 and steps[0][0] is codes.BRANCH else [steps]
    # Letters and digits would make nearly every text different from all others, and few could be remembered.
    return [
        Need(frozenset(sign for sign in _of(each) if not sign.isalnum()), _first_of(each)[0]) for each in alternatives
    ]


def _first_of(steps: Iterable[tuple[Any, Any]]) -> tuple[frozenset[str] | None, bool]:
    """Return with which ASCII characters a text begins that fits these steps, and whether an empty one does.

    None in place of the characters: that is not known.
    """
    found = _NOTHING
    for code, value in steps:
        if code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            continue
        first, empty = _first_of_step(code, value)
        if first is None:
            return None, True
        found |= first
        if not empty:
            return found, False
    return found, True


def _first_of_step(code: Any, value: Any) -> tuple[frozenset[str] | None, bool]:
    if code is codes.LITERAL:
        return _ASCII & {chr(value)}, False
    if code is codes.IN:
        return _ascii_in(value), False
    if code is codes.ATOMIC_GROUP or (code is codes.SUBPATTERN and not value[1] & re.IGNORECASE):
        return _first_of(value if code is codes.ATOMIC_GROUP else value[3])
    if code is codes.BRANCH:
        firsts = [_first_of(each) for each in value[1]]
        known = [first for first, _ in firsts if first is not None]
        return _NOTHING.union(*known) if len(known) == len(firsts) else None, any(empty for _, empty in firsts)
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        first, empty = _first_of(value[2])
        return first, empty or value[0] == 0
    return None, True


@cache
def _ascii_of_category(category: str) -> frozenset[str]:
    sign = {"digit": "d", "space": "s", "word": "w"}[category.rpartition("_")[2].lower()]
    return frozenset(re.findall(rf"\{sign.upper() if '_not_' in category.lower() else sign}", "".join(sorted(_ASCII))))


def _ascii_in(items: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    found: set[str] = set()
    negated = False
    for code, value in items:
        if code is codes.NEGATE:
            negated = True
        elif code is codes.LITERAL:
            found.add(chr(value))
        elif code is codes.RANGE:
            found.update(map(chr, range(value[0], min(value[1], 127) + 1)))
        elif code is codes.CATEGORY:
            found |= _ascii_of_category(str(value))
        else:
            return None
    return _ASCII - found if negated else _ASCII & found


@cache
def required_characters(ways: tuple[tuple[Expression, ...], ...]) -> frozenset[str]:
    """Return characters that stand in every text that is written in one of some ways; perhaps not all of these.

    Args:
        ways: expressions that parts of a text fit, all those of one way; empty if the ways are not known.
    """
    if parser is None or not ways:
        return _NOTHING
    return frozenset.intersection(*(_NOTHING.union(*map(_of_expression, way)) for way in ways))


def _of_expression(expression: Expression) -> frozenset[str]:
    parsed = _parse(expression)
    return _NOTHING if parsed.state.flags & re.IGNORECASE else _of(parsed)


@cache
def _parse(expression: Expression) -> Any:
    """Return the steps of an expression, and all its flags; many are asked for twice."""
    return parser.parse(expression.pattern, expression.flags)


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
