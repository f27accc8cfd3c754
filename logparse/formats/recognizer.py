"""Which line format a line is written in.

Owns: the order in which formats are tried, and that a line asked about twice is read once. Must not know: what a line
means, where it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.formats.line_format import strip_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.line_format import Fields, LineFormat

#: So many lines are remembered at least: more than are held back before they are read (``process``).
_REMEMBERED: Final = 4096
Fit = tuple["LineFormat | None", "Fields | None"]


class Fitting:
    """Tells the format of lines.

    Args:
        formats: in the order in which they are tried; those of the user's own (rank below 0) stay in front.

    Attributes:
        known: the formats.
        named: formats in which access lines carry a user name, line breaks and all.
    """

    def __init__(self, formats: Sequence[LineFormat]) -> None:
        self._formats = list(formats)
        self.known = tuple(formats)
        self._given = sum(each.rank < 0 for each in formats)
        self._recent: dict[str, Fit] = {}
        self._before: dict[str, Fit] = {}
        self.named = [each for each in formats if each.kind == "access" and each.names_users]

    def fit(self, line: str) -> Fit:
        """The format of a line and its fields, which the caller may change; None twice if it is in none."""
        found = self._recent.get(line) or self._before.get(line)
        if found is None:
            if len(self._recent) >= _REMEMBERED:
                self._before, self._recent = self._recent, {}
            found = self._recent[line] = self._fit(line)
        form, fields = found
        return form, None if fields is None else dict(fields)

    def kind(self, line: str) -> str:
        """What a line is by itself: ``access``, ``app`` or ``other``; empty for any other.

        An access line without a proper request is none here: with anything in its place, a row of a table would be one.
        """
        form, fields = self.fit(line.removesuffix("\r"))
        if form is None or fields is None or form.kind == "continuation":
            return ""
        whole = form.kind != "access" or fields.get("method") or fields.get("verb")
        return form.kind if whole else ""

    def _fit(self, line: str) -> Fit:
        plain = strip_colour(line)
        for position, form in enumerate(self._formats):
            fields = form.read(line)
            if fields is None and plain is not line:
                fields = form.read(plain)
            if fields is not None:
                if position > self._given and form.kind in ("access", "app"):
                    # No line fits two formats, so their order is a matter of speed alone.
                    self._formats.insert(self._given, self._formats.pop(position))
                return form, fields
        return None, None
