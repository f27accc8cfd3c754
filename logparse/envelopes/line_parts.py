"""Lines that came in parts, or several in one payload, or one for many: as one payload a line.

Owns: which parts belong together, how long they are waited for, how a payload is parted. Must not know: how envelopes
are opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.envelopes.payload import BARE, Payload

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Parts of one line that are joined, and characters of it.
_PARTS: Final = 1000
_LONGEST: Final = 4 * 1024 * 1024
#: rsyslog and journald write a line that comes again and again once (``$RepeatedMsgReduction``).
_REPEATED: Final = re.compile(r"message repeated (\d{1,4}) times: \[ ?(.*)\]", re.DOTALL)
#: A line break that syslog wrote as ``#012`` was no end of a line to it.
_SYSLOG: Final = frozenset({"rfc3164", "rfc5424", "rsyslog-iso"})
_REPEATS: Final = _SYSLOG | {"journald", "journald-full"}


class Parts:
    """Puts the parts of lines together, those of each stream by themselves."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, ...], list[Payload]] = {}

    def take(self, payload: Payload, lines: int, *, more: bool) -> Iterator[Payload]:
        """The lines that are whole with this payload.

        Args:
            payload: what was in one item.
            lines: how many lines of the file that takes.
            more: it goes on in the next one of its stream.
        """
        key = (*payload.wrap.path, *payload.wrap.origin)
        begun = self._begun.get(key)
        if more and (begun is None or (len(begun) < _PARTS and sum(len(each.text) for each in begun) < _LONGEST)):
            self._begun.setdefault(key, []).append(payload)
            return
        if begun is not None:
            del self._begun[key]
            yield from _whole([*begun, payload])
            return
        yield from _lines(payload, lines)

    def rest(self, usual: tuple[str, ...]) -> Iterator[Payload]:
        """What is left at the end of a file, or of its other lines, where its lines are in the ``usual`` envelopes."""
        begun, self._begun = self._begun, {}
        for parts in begun.values():
            # In others than those, a line without its end may be a stranger's, kept back on purpose.
            own = parts[0].wrap.path == usual
            yield from _whole(parts) if own else (each._replace(text="", kind="part") for each in parts)


def _whole(parts: list[Payload]) -> Iterator[Payload]:
    """One line put together from its parts; the first of them tells when it was begun."""
    yield from _lines(parts[0]._replace(text="".join(each.text for each in parts)), 1)
    yield from (Payload(each.line, "", each.wrap, "part") for each in parts[1:])


def _lines(payload: Payload, lines: int) -> Iterator[Payload]:
    """A payload of several lines, or of one that is there several times, as that many."""
    text = payload.text
    if not payload.wrap.path:
        yield payload
        texts = [text]
    else:
        texts = text.removesuffix("\n").split("\n") if payload.wrap.path[-1] not in _SYSLOG else [text]
        repeated = _REPEATED.fullmatch(text) if text.startswith("message repeated ") else None
        if repeated and _REPEATS.intersection(payload.wrap.path):
            texts = [repeated[2]] * int(repeated[1])
        for at, each in enumerate(texts):
            wrap = payload.wrap
            if wrap.record and len(texts) > 1:
                wrap = wrap._replace(record=f"{wrap.record}#{at}")
            yield Payload(payload.line, each, wrap, process=payload.process)
    yield from (Payload(payload.line + at, "", BARE, "hollow") for at in range(len(texts), lines))
