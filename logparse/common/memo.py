"""Answers that are remembered, so that the same question is not answered twice.

Owns: how many answers are kept. Must not know: what is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Key = TypeVar("Key")
Value = TypeVar("Value")
#: A memo that holds more answers than this forgets all of them.
_MOST: Final = 1 << 16


class Memo(dict[Key, Value]):
    """A dictionary of answers whose size is bounded."""

    def learn(self, keys: Iterable[Key], answer: Callable[[list[Key]], Iterable[Value]]) -> None:
        """Make sure that every key has a value.

        A memo that has become too large forgets all that it held, but never a key that it is asked for now.

        Args:
            keys: may repeat each other.
            answer: is called with the keys that have no value yet, each once, and returns their values in that order.
        """
        if len(self) > _MOST:
            self.clear()
        missing = [key for key in dict.fromkeys(keys) if key not in self]
        if missing:
            self.update(zip(missing, answer(missing), strict=True))
