"""Who is concerned by a finding, for a cell of a table.

Owns: how several callers are told in few characters. Must not know: which findings there are, other columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from logparse.common.text import shorten
from logparse.reports.finding_texts import split_names

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = "(unknown)"
#: Characters of a name of a caller, at most, and at least where there is no room.
_NAME: Final = 24
_LEAST: Final = 6


@dataclass(slots=True)
class FindingCallers:
    """Who is concerned by a finding: users, or addresses where no log names anybody.

    Attributes:
        names: users, those with most attempts first, as reports name them.
        addresses: of callers whose name no log holds, likewise.
        number: how many they are, at least.
        more: they may be more, since several rows count callers that they do not name.
    """

    names: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    number: int = 0
    more: bool = False

    def add_row(self, row: Mapping[Any, Any]) -> None:
        """Add those of a row of the report ``findings``."""
        if row["user_count"]:
            self += FindingCallers(dict.fromkeys(split_names(row["users"] or "")), number=row["user_count"])
        else:
            listed = split_names(row["clients"] or "")
            self += FindingCallers(addresses=dict.fromkeys(listed), number=row["client_count"])

    def __iadd__(self, other: FindingCallers) -> FindingCallers:  # noqa: PYI034
        mine, others = len(self.told), len(other.told)
        unnamed = self.number > mine or other.number > others
        self.more |= other.more or (unnamed and mine > 0 and others > 0)
        self.names |= other.names
        self.addresses |= other.addresses
        self.number = max(self.number, other.number, len(self.told))
        return self

    @property
    def told(self) -> list[str]:
        """All that are known, those with a name first."""
        return [*self.names, *self.addresses]

    def tell(self, room: int) -> str:
        """Return the first of them, and how many others there are, in so many characters if a few letters are room."""
        if not self.told:
            return UNKNOWN
        name, number = shorten(self.told[0], _NAME), f"{self.number - 1:,}{'+' * self.more}"
        if self.number == 1:
            return shorten(name, max(room, _LEAST))
        whole = f"{name} and {number} more"
        return whole if len(whole) <= room else f"{shorten(name, max(room - len(number) - 2, _LEAST))} +{number}"
