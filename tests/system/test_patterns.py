"""No expression of the program takes more than linear time, whatever a stranger writes.

Each is tried with what its own parts match, repeated: so begins whatever makes it try again and again. Expressions of
rules run in RE2, which is linear by itself.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import time
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any, Final

import pytest

import logparse

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters of the texts, which grow so slowly that the first one that takes long still ends.
SIZES: Final = (10, 20, 40, 80, 160, 320, 640, 1280)
#: Linear time for the longest of these is less than an eighth of this.
SECONDS: Final = 0.0003
#: Four times the text takes 16 times as long if time is quadratic.
TIMES: Final = 8
#: A quarter more text takes many times as long if time is exponential.
EXPONENTIAL: Final = 4
#: What strangers repeat, besides what an expression itself names.
PIECES: Final = (*" \"'a0\\[{(/%.-_=:,\t\n<", "a ", " -", '" "', '\\"', "a=", "1.", "::", '"a":', "/a", "a1")
#: Expressions that read what an operator wrote, and the strings of other programs.
TRUSTED: Final = ("logparse.formats.format_strings.", "logparse.sources.object_stores.", "logparse.archive.storage.")
_METHODS: Final = "search|match|fullmatch|sub|split|findall|finditer"


def list_uses() -> Iterator[tuple[str, re.Pattern[Any], str]]:
    """Yield the expressions that modules hold, each with the methods that are called on it."""
    for info in pkgutil.walk_packages(logparse.__path__, "logparse."):
        if info.name.startswith(TRUSTED) or info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        source = inspect.getsource(module)
        for name, value in vars(module).items():
            for pattern in _patterns(value):
                # One in a list has no name to see its use by: it is tried in all ways of its module.
                by = rf"\b{name}" if isinstance(value, re.Pattern) else r"(?<!\bre)"
                used = set(re.findall(rf"{by}\.({_METHODS})\b", source))
                yield from ((f"{info.name}.{name}", pattern, method) for method in used)


def _patterns(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict | list | tuple | frozenset | set):
        for each in (*value.values(), *value) if isinstance(value, dict) else value:
            yield from _patterns(each)


def sample(parsed: Any, pieces: set[str], front: str = "") -> str:
    """Return a text that an expression about fits; add what its parts fit, with and without what is in front."""
    text = ""
    for code, argument in parsed:
        inner = ""
        if code is codes.LITERAL:
            inner = chr(argument)
        elif code in (codes.NOT_LITERAL, codes.ANY):
            inner = "a" if argument != ord("a") else "b"
        elif code is codes.IN:
            inner = next((sign for sign in " a0/-.\":'[,x=\\\t" if _fits(argument, sign)), "~")
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            inner = sample(argument[2], pieces, front + text) * max(1, min(argument[0], 40))
        elif code is codes.BRANCH:
            inner, *_ = [sample(branch, pieces, front + text) for branch in argument[1]]
        elif code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
            inner = sample(argument[3] if code is codes.SUBPATTERN else argument, pieces, front + text)
        elif code in (codes.ASSERT, codes.ASSERT_NOT):
            sample(argument[1], pieces, front + text)
        pieces.update((inner, text + inner))
        text += inner
    return text


def _fits(argument: Any, sign: str) -> bool:
    found = False
    for code, value in argument:
        if code is codes.LITERAL:
            found |= ord(sign) == value
        elif code is codes.RANGE:
            found |= value[0] <= ord(sign) <= value[1]
        elif code is codes.CATEGORY:
            kind = str(value).rsplit("_", 1)[1]
            fits = {"DIGIT": sign.isdigit(), "SPACE": sign.isspace(), "WORD": sign.isalnum() or sign == "_"}[kind]
            found |= fits is not ("NOT" in str(value))
    return found is not (argument[0][0] is codes.NEGATE)


def list_texts(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what to begin a text with, what to repeat in it, and what to end it with."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    pieces: set[str] = set()
    whole = sample(_parser.parse(text, pattern.flags & ~re.UNICODE), pieces)
    heads = {"", whole, whole[: len(whole) // 2], *sorted(pieces, key=len)[:3]}
    for piece in sorted({*PIECES, *(piece for piece in pieces if len(piece) < 40)} - {""}):
        for head in heads:
            yield head, piece, "\x01"


def measure(pattern: re.Pattern[Any], method: str, parts: tuple[str, str, str], size: int, tries: int = 1) -> float:
    head, piece, tail = parts
    text: Any = head + piece * (size // len(piece)) + tail
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    call = getattr(pattern, method)
    arguments = (text[:0], text) if method == "sub" else (text,)
    best = 1e9
    for _ in range(tries):
        start = time.process_time()
        result = call(*arguments)
        if method == "finditer":
            list(result)
        best = min(best, time.process_time() - start)
    return best


def is_slow(pattern: re.Pattern[Any], method: str, parts: tuple[str, str, str]) -> bool:
    """Whether time grows faster than a text; it ends whatever the expression."""
    size = next((size for size in SIZES if measure(pattern, method, parts, size) > SECONDS), 0)
    short = measure(pattern, method, parts, size, 3) if size else 0.0
    return short > SECONDS and (
        short > 0.05
        or measure(pattern, method, parts, size * 5 // 4) > EXPONENTIAL * short
        or measure(pattern, method, parts, 4 * size, 3) > TIMES * short
    )


def test_no_expression_takes_more_than_linear_time() -> None:
    uses = [(name, method, pattern) for name, pattern, method in list_uses()]
    assert not [use for use in uses if any(is_slow(use[2], use[1], parts) for parts in list_texts(use[2]))]


@pytest.mark.parametrize("text", ["^(?:a+)+$", "(?:a|aa)+b", "a+b", r"^\s*x?\s*$", "(.*)=(.*);"])
def test_an_expression_that_takes_longer_is_found(text: str) -> None:
    pattern = re.compile(text)
    assert any(is_slow(pattern, "search", parts) for parts in list_texts(pattern))
