r"""From the fields and literal text of a proxy's format string to a matcher of its lines.

Owns: what nginx and Apache have in common: fields that end at the text behind them, escapes that leave every quote to
the format itself, one request line, one time. Must not know: how either writes its format strings.

Where a format puts what a client sends before the request or the status, with nothing between them that the server
escapes, a client can write what looks like both, and have the true ones taken for a part of another field. Such a
format is refused; if the line has a whole request line in it, only the lines are that hold two of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.errors import FormatError
from logparse.formats import clock, escapes
from logparse.formats.matching import Field, Finder, Search, cut, fast, plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.clock import Clock

#: A number, with ``-`` for none.
NUMBER: Final = r"-|[0-9]{1,18}"
DECIMAL: Final = r"-|[0-9]{1,15}(?:\.[0-9]{1,9})?+"
STATUS: Final = r"-|[0-9]{3}"
CLF: Final = r"[0-9]{2}/[^]/ ]{1,9}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2} [+-][0-9]{4}"
WORD: Final = ' "'

_REQUEST: Final = re.compile(r"([^ ]++) ([^ ]++) HTTP/[0-9]+(?:\.[0-9]+)?+")
_VERSION: Final = re.compile(r" HTTP/[0-9]")
_KEYS: Final = frozenset(("request", "verb", "target", "url_path", "path_query", "status"))
#: Where the fields on the left are, those on the right tell nothing more of the request.
_BETTER: Final = {
    "request": ("verb", "target", "url_path", "path_query", "query"),
    "target": ("url_path", "path_query", "query"),
    "path_query": ("url_path", "query"),
}
_GIVES: Final = {"request": ("method", "target"), "path_query": ("url_path", "query"), "msec": ("time",)}


class Slot(NamedTuple):
    """A variable or directive of a format string.

    Attributes:
        name: of the field; empty if it is of no use.
        pattern: regular expression of a field that shows by itself where it ends.
        barred: what a field without pattern cannot hold.
        wild: a client writes it, blanks and all.
        colonless: what a client can have written there holds no colon: a name in a Basic header ends at its first.
        dated: it always holds a colon.
        rank: of several slots with one name the lowest counts, then the first.
        grouped: the groups in ``pattern`` are named already.
        blank: how an empty value is written, if not as an empty text.
        at: where it stands in the format string.
    """

    name: str
    pattern: str = ""
    barred: str = '"'
    wild: bool = False
    colonless: bool = False
    dated: bool = False
    rank: int = 0
    grouped: bool = False
    blank: str = ""
    at: int = 0


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
        values: dict[str, str] | None = hit.groupdict() if hit else Search(text, self.plan).fields()
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
    _clock: Clock | None = field(repr=False)
    _readings: tuple[_Reading, ...] = field(repr=False)

    def match(self, line: str) -> dict[str, str | None] | None:
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

    def _finish(self, values: dict[str, str], dialect: str) -> dict[str, str | None]:
        found: dict[str, str | None] = dict.fromkeys(self.names)
        for name, value in values.items():
            if name == "request":
                request = _REQUEST.fullmatch(value)
                if request:
                    found["method"], found["target"] = (_plain(each, dialect) for each in request.groups())
            elif name == "path_query":
                path, _, query = value.partition("?")
                found["url_path"], found["query"] = _plain(path, dialect), _plain(query, dialect)
            elif name == "msec":
                found["time"] = clock.from_epoch(int(value.replace(".", "")) * 1000) if value != "-" else None
            elif name == "status":
                found[name] = value if value.isdecimal() else None
            elif name == "query":
                found[name] = _plain(value.removeprefix("?"), dialect)
            elif name in found:
                found[name] = "" if value == '""' else _plain(value, dialect)
        if self._clock is not None:
            found["time"] = self._clock.read(values)
        return found


def _plain(value: str, dialect: str) -> str:
    return escapes.unescape(escapes.unshield(value), dialect) if dialect and "\\" in value else value


def build(
    text: str,
    tokens: Sequence[str | Slot],
    dialect: str,
    *,
    moment: Clock | None = None,
    stamp: str = "end",
    extra: bool = False,
) -> Template:
    """The matcher of a format.

    Args:
        text: the format string, for messages.
        tokens: its literals and slots.
        dialect: of ``escapes``; ``none`` if nothing is escaped; ``auto`` if only the lines tell, by nginx.
        moment: where slots tell the time in several fields.
        stamp: what a time in one field is of the request.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: the request or the status is missing, or no line can be trusted to hold the true ones.
    """
    chosen = _chosen(_joined(text, tokens))
    names = [each.name for each in chosen if isinstance(each, Slot)]
    phase = moment.settle(timed=any(each.startswith("duration_") for each in names)) if moment else ""
    if phase:
        chosen = [each._replace(name="") if isinstance(each, Slot) and each.name == "time" else each for each in chosen]
    outputs = [out for name in names for out in _GIVES.get(name, (name,)) if name]
    tail = r"(?: (?s:.*))?\Z" if extra else r" ?\Z"
    readings = [] if dialect == "none" else [_reading(text, chosen, tail, exact=True)]
    if any(isinstance(each, Slot) and each.blank for each in chosen):
        blank = [each._replace(pattern=each.blank) if isinstance(each, Slot) else each for each in chosen]
        readings.append(_reading(text, blank, tail, exact=True))
    if dialect in ("none", "auto"):
        try:
            readings.append(_reading(text, chosen, tail, exact=False))
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


def _joined(text: str, tokens: Sequence[str | Slot]) -> list[str | Slot]:
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


def _chosen(tokens: list[str | Slot]) -> list[str | Slot]:
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


def _reading(text: str, tokens: list[str | Slot], tail: str, *, exact: bool) -> _Reading:
    fields: list[str | Field] = []
    for token in tokens:
        if isinstance(token, str):
            fields.append(escapes.shield(token) if exact else token)
        elif token.pattern:
            group = f"(?P<{token.name}>{token.pattern})" if token.name else f"(?:{token.pattern})"
            fields.append(Field("", fixed=token.pattern if token.grouped else group))
        else:
            fields.append(Field(token.name, barred=token.barred if exact else token.barred.replace('"', "")))
    parts = cut(fields, "", tail)
    return _Reading(fast(parts), plan(parts), exact=exact, once=_once(text, tokens, exact=exact))


def _once(text: str, tokens: list[str | Slot], *, exact: bool) -> bool:
    """Whether a client may write what looks like the request, so that a line must hold no second one."""
    keys = [index for index, each in enumerate(tokens) if isinstance(each, Slot) and each.name in _KEYS]
    once = False
    for index, slot in enumerate(tokens):
        if not isinstance(slot, Slot) or not slot.wild or slot.pattern:
            continue
        following = next((key for key in keys if key > index), None)
        if following is None or _is_sealed(slot, tokens[index + 1 : following], exact=exact):
            continue
        if not any(_takes_anything(tokens, later, exact=exact) for later in range(following, len(tokens))):
            continue  # nothing behind could hold the true request
        key = tokens[following]
        if not isinstance(key, Slot) or key.name != "request":
            problem = "a client may write here what looks like the request or status behind it; put quotes around it"
            raise FormatError(text, problem, slot.at)
        once = True
    return once


def _is_sealed(slot: Slot, between: Sequence[str | Slot], *, exact: bool) -> bool:
    """Whether something stands between a field and the request that the field cannot hold."""
    return any(
        (exact and '"' in each) or (slot.colonless and ":" in each)
        if isinstance(each, str)
        else slot.colonless and each.dated
        for each in between
    )


def _takes_anything(tokens: list[str | Slot], at: int, *, exact: bool) -> bool:
    """Whether a field could also hold what stands before and behind it."""
    slot = tokens[at]
    if not isinstance(slot, Slot) or slot.pattern:
        return False
    barred = slot.barred if exact else slot.barred.replace('"', "")
    before, behind = tokens[at - 1 : at], tokens[at + 1 : at + 2]
    begins = bool(before) and isinstance(before[0], str) and before[0][-1] in barred
    ends = not behind or (isinstance(behind[0], str) and behind[0][0] in barred)
    return not (begins and ends)
