"""Which envelopes a record can be in, by its keys; this is found out once for all records with the same known keys.

Owns: choosing, and what of it is remembered. Must not know: what an envelope holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.envelopes.envelope import Envelope

#: So many choices are remembered.
_REMEMBERED: Final = 1024


class RecordCandidates:
    """Chooses the envelopes of which a record has all keys that they need.

    Args:
        envelopes: those of records, in the order in which they are tried.
    """

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self._envelopes = tuple(envelopes)
        self._keys = frozenset[str]().union(*(keys for each in self._envelopes for keys in each.needed))
        self._chosen: dict[tuple[bool, frozenset[str]], Sequence[Envelope]] = {}

    def choose(self, keys: Iterable[str], *, named: bool) -> Sequence[Envelope]:
        """Return the envelopes that a record can be in, in their order.

        Args:
            keys: of the record.
            named: the user names keys of lines, so that an envelope with a stand-in may be around any record.
        """
        known = self._keys.intersection(keys)
        chosen = self._chosen.get((named, known))
        if chosen is None:
            if len(self._chosen) >= _REMEMBERED:
                self._chosen.clear()
            chosen = self._chosen[named, known] = tuple(
                envelope
                for envelope in self._envelopes
                if (named and envelope.stand_in) or not any(keys.isdisjoint(known) for keys in envelope.needed)
            )
        return chosen
