"""Answers that are remembered, so that the same question is not answered twice; functions that are made when needed.

Owns: how many answers are kept, and that they take little memory whatever strangers write. Must not know: what is
asked.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Key = TypeVar("Key")
Value = TypeVar("Value")
Asked = ParamSpec("Asked")
#: A memo that holds more answers than this forgets all of them.
_MOST: Final = 1 << 16
#: ... and so does one whose questions have more characters.
_MOST_CHARACTERS: Final = 1 << 25
#: Questions with a longer text are not remembered by functions.
SHORT: Final = 512


def make_later(make: Callable[[], Callable[Asked, Value]]) -> Callable[Asked, Value]:
    """Return a function that is made when it is called for the first time.

    Args:
        make: makes the function.
    """
    made: Callable[Asked, Value] | None = None

    def call(*args: Asked.args, **named: Asked.kwargs) -> Value:
        nonlocal made
        if made is None:
            made = make()
        return made(*args, **named)

    return call


def remember_short(most: int) -> Callable[[Callable[Asked, Value]], Callable[Asked, Value]]:
    """Return a decorator of functions that remember their last answers, but for questions with a long text.

    Args:
        most: so many answers are remembered.
    """

    def decorate(function: Callable[Asked, Value]) -> Callable[Asked, Value]:
        remembering = lru_cache(most)(function)

        @wraps(function)
        def answer(*args: Asked.args, **named: Asked.kwargs) -> Value:
            for each in args:
                if isinstance(each, str) and len(each) > SHORT:
                    return function(*args, **named)
            return remembering(*args, **named)  # type: ignore[arg-type]

        return answer

    return decorate


class Memo(dict[Key, Value]):
    """A dictionary of answers whose size is bounded."""

    def __init__(self) -> None:
        super().__init__()
        self._characters = 0

    def learn(self, keys: Iterable[Key], answer: Callable[[list[Key]], Iterable[Value]]) -> None:
        """Make sure that every key has a value.

        A memo that has become too large forgets all that it held, but never a key that it is asked for now.

        Args:
            keys: may repeat each other.
            answer: is called with the keys that have no value yet, each once, and returns their values in that order.
        """
        if len(self) > _MOST or self._characters > _MOST_CHARACTERS:
            self.clear()
            self._characters = 0
        missing = [key for key in dict.fromkeys(keys) if key not in self]
        if missing:
            self.update(zip(missing, answer(missing), strict=True))
            self._characters += sum(map(_count_characters, missing))


def _count_characters(key: object) -> int:
    if isinstance(key, tuple):
        return sum(len(part) for part in key if isinstance(part, (str, bytes)))
    return len(key) if isinstance(key, (str, bytes)) else 0
