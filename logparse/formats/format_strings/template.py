"""The fields and literal text of a proxy's format string to a matcher of its lines.

Owns: what nginx and Apache have in common: fields that end at the text behind them, escapes that leave every quote to
the format itself, one request line, one time.
Must not know: how either writes its format strings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse.common.errors import FormatError
from logparse.formats import escapes
from logparse.formats.format_strings import apache_time, injection
from logparse.formats.format_strings.field_search import Field, Finder, Search, compile_fast, cut_parts, plan_search
from logparse.formats.format_strings.injection import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.format_strings.apache_time import ComposedTime
    from logparse.formats.line_format import Fields

#: A number, with ``-`` for none.
NUMBER: Final = r"-|[0-9]{1,18}"
DECIMAL: Final = r"-|[0-9]{1,15}(?:\.[0-9]{1,9})?+"
STATUS: Final = r"-|[0-9]{3}"
CLF: Final = r"[0-9]{2}/[^]/ ]{1,9}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
WORD: Final = ' "'
_REQUEST: Final = re.compile(r"([^ ]++) ([^ ]++) HTTP/[0-9]+(?:\.[0-9]+)?+")
_VERSION: Final = re.compile(r" HTTP/[0-9]")
#: Where the fields on the left are, those on the right add nothing to the request.
_BETTER: Final = {
    "request": ("verb", "target", "url_path", "path_query", "query"),
    "target": ("url_path", "path_query", "query"),
    "path_query": ("url_path", "query"),
}
_GIVES: Final = {"request": ("method", "target"), "path_query": ("url_path", "query"), "msec": ("time",)}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to take lines apart.

    Attributes:
        exact: every quote in a line is the format's own.
        once: a line with more than one request line proves nothing.
    """

    fast: re.Pattern[str]
    plan: tuple[Finder, ...]
    exact: bool
    once: bool

    def match(self, line: str) -> dict[str, str] | None:
        text = escapes.shield(line) if self.exact and "\\" in line else line
        hit = self.fast.match(text)
        values: dict[str, str] | None = hit.groupdict() if hit else Search(text, self.plan).find_fields()
        if values is None or (self.once and not _is_sure(values["request"], line)):
            return None
        return values


def _is_sure(request: str, line: str) -> bool:
    return len(_VERSION.findall(line)) == (1 if _REQUEST.fullmatch(request) else 0)


@dataclass(frozen=True, slots=True)
class Template:
    """A format of a proxy, ready to take lines apart.

    Attributes:
        text: the format string as it was given.
        names: the canonical names of its fields, the keys of what ``match`` gives.
        stamp: ``end`` or ``start``: which moment of the request the time is.
        raw: values are written as they came, line breaks and all.
    """

    text: str
    names: tuple[str, ...]
    stamp: str
    raw: bool
    _dialect: str
    _clock: ComposedTime | None = field(repr=False)
    _readings: tuple[_Reading, ...] = field(repr=False)

    @property
    def fast(self) -> re.Pattern[str] | None:
        """An expression for lines without a backslash, if they can be read in one way only."""
        return None if self._readings[0].once else self._readings[0].fast

    @property
    def ways(self) -> tuple[tuple[re.Pattern[str], ...], ...]:
        """How lines are taken apart: in one of these ways, each as expressions that parts of the line fit."""
        return tuple(tuple(part.chunk for part in reading.plan) for reading in self._readings)

    def match(self, line: str) -> Fields | None:
        """Take one line, without its line end, apart.

        Never raises. The time grows about in proportion to the length of the line, whatever the line holds.

        Returns:
            None if the line is not of this format. Else the value of every name in ``names``, as it was before the
            server escaped it; a missing one is ``-``. ``method`` and ``target`` are None if the request is not
            ``METHOD target HTTP/version``, ``time`` if it names no moment.
        """
        for reading in self._readings:
            values = reading.match(line)
            if values is not None:
                return self._finish(values, self._dialect_of(line) if reading.exact else "")
        return None

    def _dialect_of(self, line: str) -> str:
        if self._dialect != "auto":
            return self._dialect if "\\" in line else ""
        # nginx writes a backslash only to begin \x, unless the format says escape=json.
        return "nginx-json" if re.search(r"\\(?!x)", line) else "nginx" if "\\" in line else ""

    def _finish(self, values: dict[str, str], dialect: str) -> Fields:
        found: Fields = dict.fromkeys(self.names)
        for name, value in values.items():
            if name == "request":
                request = _REQUEST.fullmatch(value)
                if request:
                    found["method"], found["target"] = (_unescape(part, dialect) for part in request.groups())
            elif name == "path_query":
                path, _, query = value.partition("?")
                found["url_path"], found["query"] = _unescape(path, dialect), _unescape(query, dialect)
            elif name == "msec":
                found["time"] = apache_time.format_epoch(int(value.replace(".", "")) * 1000) if value != "-" else None
            elif name == "status":
                found[name] = value if value.isdecimal() else None
            elif name == "query":
                found[name] = _unescape(value.removeprefix("?"), dialect)
            elif name in found:
                found[name] = "" if value == '""' else _unescape(value, dialect)
        if self._clock is not None:
            found["time"] = self._clock.read_moment(values)
        return found


def _unescape(value: str, dialect: str) -> str:
    return escapes.unescape(escapes.unshield(value), dialect) if dialect and "\\" in value else value


def build_template(
    text: str,
    tokens: Sequence[str | Slot],
    dialect: str,
    *,
    moment: ComposedTime | None = None,
    stamp: str = "end",
    extra: bool = False,
) -> Template:
    """Return the matcher of a format.

    Args:
        text: the format string, for messages.
        tokens: its literals and slots.
        dialect: of ``escapes``; ``none`` if nothing is escaped; ``auto`` if only the lines show it, by nginx.
        moment: the time, where it is written in several fields.
        stamp: what a time in one field is of the request.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: the request or the status is missing, or no line can be trusted to hold the true ones.
    """
    chosen = _choose_slots(_merge_neighbours(text, tokens))
    names = [token.name for token in chosen if isinstance(token, Slot)]
    phase = moment.choose_phase(timed=any(name.startswith("duration_") for name in names)) if moment else ""
    if phase:
        chosen = [
            token._replace(name="") if isinstance(token, Slot) and token.name == "time" else token for token in chosen
        ]
    outputs = [out for name in names for out in _GIVES.get(name, (name,)) if name]
    tail = r"(?: (?s:.*))?\Z" if extra else r" ?\Z"
    readings = [] if dialect == "none" else [_compile_reading(text, chosen, tail, exact=True)]
    if any(isinstance(token, Slot) and token.blank for token in chosen):
        blank = [token._replace(pattern=token.blank) if isinstance(token, Slot) else token for token in chosen]
        readings.append(_compile_reading(text, blank, tail, exact=True))
    if dialect in ("none", "auto"):
        try:
            readings.append(_compile_reading(text, chosen, tail, exact=False))
        except FormatError:
            if dialect == "none":
                raise
    return Template(
        text=text,
        names=tuple(dict.fromkeys([*outputs, *(["time"] if phase else [])])),
        stamp=phase or stamp,
        raw=dialect == "none",
        _dialect=dialect,
        _clock=moment if phase else None,
        _readings=tuple(readings),
    )


def _merge_neighbours(text: str, tokens: Sequence[str | Slot]) -> list[str | Slot]:
    """Neighbouring literals put together, neighbouring fields that are of no use too."""
    joined: list[str | Slot] = []
    for token in tokens:
        last = joined[-1] if joined else ""
        if isinstance(token, str):
            joined[-1:] = [last + token] if isinstance(last, str) and joined else [*joined[-1:], token]
        elif isinstance(last, Slot) and not last.pattern and not token.pattern:
            if last.name or token.name:
                problem = "nothing between two fields, so no line can be split: put a blank there"
                raise FormatError(text, problem, token.at)
            joined[-1] = last._replace(wild=last.wild or token.wild)
        else:
            joined.append(token)
    return [token for token in joined if token]


def _choose_slots(tokens: list[str | Slot]) -> list[str | Slot]:
    """The tokens with one slot a name, and only as many names for the request as are of use."""
    best: dict[str, tuple[int, int]] = {}
    for index, token in enumerate(tokens):
        if isinstance(token, Slot) and token.name:
            best[token.name] = min(best.get(token.name, (99, 0)), (token.rank, index))
    dropped = {name for better, worse in _BETTER.items() if better in best for name in worse}
    if "msec" in best:
        dropped.add("time")
    return [
        token._replace(name="")
        if isinstance(token, Slot) and token.name and (token.name in dropped or best[token.name][1] != index)
        else token
        for index, token in enumerate(tokens)
    ]


def _compile_reading(text: str, tokens: list[str | Slot], tail: str, *, exact: bool) -> _Reading:
    fields: list[str | Field] = []
    for token in tokens:
        if isinstance(token, str):
            fields.append(escapes.shield(token) if exact else token)
        elif token.pattern:
            group = f"(?P<{token.name}>{token.pattern})" if token.name else f"(?:{token.pattern})"
            fields.append(Field("", fixed=token.pattern if token.grouped else group))
        else:
            fields.append(Field(token.name, barred=token.barred if exact else token.barred.replace('"', "")))
    parts = cut_parts(fields, "", tail)
    return _Reading(
        compile_fast(parts),
        plan_search(parts),
        exact=exact,
        once=injection.allows_only_one_request(text, tokens, exact=exact),
    )
