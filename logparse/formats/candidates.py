"""Which of many things a text can be, such as formats and envelopes: those of which it has what they need.

Owns: choosing, and what of it is remembered. Must not know: how it is known what a thing needs.

A line of an unknown form is tried with all formats, in all envelopes. Most of them it cannot be in, as its characters
and its beginning show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from logparse.formats.required import Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: So many choices are remembered.
_REMEMBERED: Final = 1024
#: In a longer text, each sign is looked for.
_LONG: Final = 1024
Thing = TypeVar("Thing")


class Candidates(Generic[Thing]):
    """Chooses from many things those that a text can be.

    Args:
        needs: the things, each with what a text needs to be one: all of one of these needs.
    """

    def __init__(self, needs: Iterable[tuple[Thing, Sequence[Need]]]) -> None:
        self._needs = [(thing, list(ways) or [Need()]) for thing, ways in needs]
        self._signs = frozenset[str]().union(*(need.signs for _, ways in self._needs for need in ways))
        self._by_first: dict[str, list[tuple[int, list[frozenset[str]]]]] = {}
        # Most texts hold what others hold. No cache of functools: it would hold what it belongs to, so neither would
        # be gone once nobody needs them, which matters where there are ten thousand sources.
        self._chosen: dict[tuple[str, frozenset[str]], list[Thing]] = {}
        self._lists: dict[tuple[int, ...], list[Thing]] = {}

    def choose(self, text: str, keys: Iterable[str] = (), *, begins: bool = True) -> list[Thing]:
        """Return the things that a text, with the keys of the object that it is, can be; equal things are one list.

        The list may be put into another order, in which it is returned the next time.

        Args:
            text: the text.
            keys: of the object that it is.
            begins: False: something that begins in another way may be read in its place.
        """
        held = text if len(text) < _LONG else filter(text.__contains__, self._signs)
        signs = self._signs.intersection(held)
        if keys:
            signs = signs.union(self._signs.intersection(keys))
        first = text[:1] if begins and text[:1].isascii() else ""
        chosen = self._chosen.get((first, signs))
        if chosen is None:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
                self._lists.clear()
            places = tuple([at for at, ways in self._list_by_first(first) if any(way <= signs for way in ways)])
            chosen = self._lists.setdefault(places, [self._needs[at][0] for at in places])
            self._chosen[first, signs] = chosen
        return chosen

    def _list_by_first(self, first: str) -> list[tuple[int, list[frozenset[str]]]]:
        """Return which signs each thing needs of a text with this first character, if it can begin so at all."""
        listed = self._by_first.get(first)
        if listed is None:
            fitting = (
                [need.signs for need in ways if not first or need.first is None or first in need.first]
                for _, ways in self._needs
            )
            listed = self._by_first[first] = [(at, ways) for at, ways in enumerate(fitting) if ways]
        return listed
