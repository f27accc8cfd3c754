"""Times that a format composes of several fields: how each is written, and one text for all of them.

Owns: the directives of strftime and of Apache's ``%{...}t``.
Must not know: zones of places, other fields, whole lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from logparse.common.errors import FormatError
from logparse.common.timestamps import EPOCH, MONTHS, SECOND

if TYPE_CHECKING:
    from logparse.formats.line_format import Fields

_TWO: Final = "[0-9]{2}"
_PADDED: Final = "[ 0-9][0-9]"
_WORD: Final = r"[^\W\d_]{3,12}"
_OFFSET: Final = "[+-][0-9]{2}:?[0-9]{2}"
#: strftime directives, their text in the C locale; those that say nothing of the moment are left out below.
_DIRECTIVES: Final = {
    "Y": "[0-9]{4}", "y": _TWO, "m": _TWO, "b": _WORD, "d": _TWO, "e": _PADDED, "H": _TWO, "k": _PADDED, "I": _TWO,
    "l": _PADDED, "M": _TWO, "S": _TWO, "p": "[AaPp][Mm]", "z": _OFFSET, "Z": "[A-Za-z0-9+-]{1,10}",
    "s": "[0-9]{1,11}", "a": _WORD, "A": _WORD, "j": "[0-9]{3}", "u": "[1-7]", "w": "[0-6]", "n": r"\n",
    "t": r"\t", "%": "%",
}  # fmt: skip
_TELLING: Final = frozenset("YymbdHIMSpzZs")
_ALIKE: Final = {"e": "d", "k": "H", "l": "I"}
_SAME: Final = {
    "B": "%b", "h": "%b", "F": "%Y-%m-%d", "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "x": "%m/%d/%y",
    "X": "%H:%M:%S", "r": "%I:%M:%S %p", "c": "%a %b %e %H:%M:%S %Y",
}  # fmt: skip
#: The request's time in other units than a calendar's (mod_log_config): seconds and parts of one since 1970, and parts
#: of the second alone.
_UNITS: Final = {
    "sec": ("s", "[0-9]{1,11}"),
    "msec": ("ms", "[0-9]{1,14}"),
    "usec": ("us", "[0-9]{1,17}"),
    "msec_frac": ("frac", "[0-9]{3}"),
    "usec_frac": ("frac", "[0-9]{6}"),
}
_CLF: Final = "[%d/%b/%Y:%H:%M:%S %z]"


@dataclass(slots=True)
class ComposedTime:
    """The fields of a format that hold parts of the time of a request, of its start or its end.

    Attributes:
        names: the groups that ``read_moment`` wants, as far as they were asked for.
    """

    names: set[str] = field(default_factory=set)
    _phase: str = ""

    def compile_directive(self, text: str, argument: str, at: int) -> str:
        """Return a regular expression for ``%{argument}t`` of the format string ``text``, at position ``at`` there.

        Raises:
            FormatError: strftime has no such directive.
        """
        phase, what = "start", argument
        for word in ("begin", "end"):
            if argument == word or argument.startswith(word + ":"):
                phase, what = "end" if word == "end" else "start", argument[len(word) + 1 :]
        if what in _UNITS:
            name, pattern = _UNITS[what]
            return self._group(phase, name, pattern)
        return self._strftime(phase, what or _CLF, text, at)

    def _strftime(self, phase: str, what: str, text: str, at: int) -> str:
        made = []
        for literal, flag, letter in re.findall(r"([^%]+)|%([-_0^#EO]?)(.?)", what, re.DOTALL):
            if literal:
                made.append(re.escape(literal))
            elif letter in _SAME:
                made.append(self._strftime(phase, _SAME[letter], text, at))
            elif letter not in _DIRECTIVES:
                raise FormatError(text, f"strftime has no %{letter}", at)
            else:
                name = _ALIKE.get(letter, letter)
                pattern = _DIRECTIVES[letter]
                if pattern in (_TWO, _PADDED) and flag in ("-", "_"):
                    pattern = "[0-9]{1,2}" if flag == "-" else _PADDED
                made.append(self._group(phase, name, pattern) if name in _TELLING else pattern)
        return "".join(made)

    def _group(self, phase: str, name: str, pattern: str) -> str:
        group = f"{phase}_{name}"
        if group in self.names:  # once is enough
            return f"(?:{pattern})"
        self.names.add(group)
        return f"(?P<{group}>{pattern})"

    def choose_phase(self, *, timed: bool) -> str:
        """Choose which moment of the request ``read_moment`` returns: ``start``, ``end``, or none (an empty text).

        Args:
            timed: lines also hold how long the request took, so that its end follows from its start.
        """
        phases = [phase for phase in (("start", "end") if timed else ("end", "start")) if self._is_whole(phase)]
        self._phase = phases[0] if phases else ""
        return self._phase

    def _is_whole(self, phase: str) -> bool:
        has = {name.partition("_")[2] for name in self.names if name.startswith(phase)}
        date = has & {"Y", "y"} and has & {"m", "b"} and "d" in has
        time = "M" in has and ("H" in has or {"I", "p"} <= has)
        return bool(has & {"s", "ms", "us"} or (date and time))

    def read_moment(self, values: dict[str, str]) -> str | None:
        """Return the moment in ISO 8601, from the groups of one line; None if they name none.

        The zone may be that of the other end of the request: the two are read from one clock.
        """
        got = {name.partition("_")[2]: values.get(name) for name in self.names if name.startswith(self._phase)}
        fraction = got.get("frac") or ""
        for unit, factor in (("us", 1), ("ms", 1000), ("s", SECOND)):
            count = got.get(unit)
            if count:
                part = int(fraction.ljust(6, "0")) if fraction and unit == "s" else 0
                return format_epoch(int(count) * factor + part)
        year, month = got.get("Y") or _century(got.get("y")), got.get("m") or _month(got.get("b"))
        day, minute, hour = _two(got.get("d")), _two(got.get("M")), _hour(got)
        if not (year and month and day and hour and minute):
            return None
        seconds = f"{_two(got.get('S')) or '00'}{'.' + fraction if fraction else ''}"
        return f"{year}-{_two(month)}-{day}T{hour}:{minute}:{seconds}{self._offset(values)}"

    def _offset(self, values: dict[str, str]) -> str:
        order = (self._phase, "start", "end")
        offset = next((values[name] for name in (f"{phase}_z" for phase in order) if values.get(name)), None)
        named = next((values[name] for name in (f"{phase}_Z" for phase in order) if values.get(name)), None)
        return offset or ("Z" if named in ("UTC", "GMT") else "")


def format_epoch(micros: int) -> str | None:
    """Return microseconds since 1970 as ISO 8601; None beyond the calendar."""
    try:
        return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return None


def _century(year: str | None) -> str:
    return "20" + year if year else ""


def _month(name: str | None) -> str:
    number = MONTHS.get((name or "").capitalize()[:3])
    return f"{number:02}" if number else ""


def _two(number: str | None) -> str:
    return number.strip().zfill(2) if number else ""


def _hour(got: Fields) -> str:
    if got.get("H") or not got.get("I"):
        return _two(got.get("H"))
    late = (got.get("p") or "").lower() == "pm"
    return f"{int(got['I'] or 0) % 12 + 12 * late:02}"
