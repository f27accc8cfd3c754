"""Lines that came in parts, several lines in one payload, and lines written once for many: one payload for each line.

Owns: which parts belong together, how long they are waited for, how a payload is split into lines.
Must not know: how envelopes are opened, any single envelope.
"""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Final

from logparse.envelopes.loader import find_envelope
from logparse.envelopes.payload import BARE, Payload

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Behind so many other lines, a line that was begun does not go on any more.
FAR: Final = 1000
#: Parts of one line that are joined, and characters of it.
_PARTS: Final = 1000
_LONGEST: Final = 4 * 1024 * 1024
#: rsyslog and journald write a line that comes again and again once (``$RepeatedMsgReduction``).
_REPEATED: Final = re.compile(r"message repeated (\d{1,4}) times: \[ ?(.*)\]", re.DOTALL)
#: A stranger may have typed this, into a form whose text goes to the journal line by line. So it stands for so many
#: lines at most, fewer than those behind a typed name that are looked at, ...
_TIMES: Final = 200
#: ... and all of them in a file for so many more than there are others.
_SPARE: Final = 10_000


class LineAssembler:
    """Makes one payload of each line: joins the parts of a line, and splits a payload that holds several lines.

    Parts are joined only with parts of the same stream.
    """

    def __init__(self) -> None:
        self._begun: dict[tuple[str, ...], list[Payload]] = {}
        self._sizes: dict[tuple[str, ...], int] = {}  # how many characters these have
        self._spare = _SPARE

    @property
    def waiting(self) -> bool:
        """Whether a line was begun that is not whole yet."""
        return bool(self._begun)

    def take(self, payload: Payload, lines: int, *, more: bool) -> Iterator[Payload]:
        """Return the lines that are whole with this payload.

        Args:
            payload: what was in one item.
            lines: how many lines of the file that takes.
            more: it goes on in the next payload of its stream.
        """
        stream = (*payload.wrap.path, *payload.wrap.origin)
        begun = self._begun.get(stream)
        if more and (begun is None or (len(begun) < _PARTS and self._sizes[stream] < _LONGEST)):
            self._begun.setdefault(stream, []).append(payload)
            self._sizes[stream] = len(payload.text) + (self._sizes[stream] if begun else 0)
            return
        if begun is not None:
            del self._begun[stream]
            yield from self._join([*begun, payload])
            return
        yield from self._split(payload, lines)

    def rest(self, main_path: tuple[str, ...], before: float = inf) -> Iterator[Payload]:
        """Return what is left at the end of a file, or of lines begun before one of it.

        Args:
            main_path: the envelopes that most lines of the file are in. In others a line without its end may be a
                stranger's, kept back on purpose, so its text is dropped.
            before: the number of a line.
        """
        streams = {stream: parts for stream, parts in self._begun.items() if parts[-1].line < before}
        for stream, parts in streams.items():
            del self._begun[stream]
            if parts[0].wrap.path == main_path:
                yield from self._join(parts)
            else:
                yield from (part._replace(text="", kind="part") for part in parts)

    def _join(self, parts: list[Payload]) -> Iterator[Payload]:
        """One line put together from its parts; the first of them shows when it was begun."""
        yield from self._split(parts[0]._replace(text="".join(part.text for part in parts)), 1)
        yield from (Payload(part.line, "", part.wrap, "part") for part in parts[1:])

    def _may_repeat(self, times: int) -> bool:
        """Return whether a line that says so counts that often; one that does not is a line in no known form."""
        if times > _TIMES or times > self._spare:
            return False
        self._spare -= times
        return True

    def _split(self, payload: Payload, lines: int) -> Iterator[Payload]:
        """A payload of several lines, or of one that is there several times, as that many."""
        text, path = payload.text, payload.wrap.path
        texts = [text]
        self._spare += 1
        if not path:
            yield payload
        else:
            if not find_envelope(path[-1]).octal:
                texts = text.removesuffix("\n").split("\n")
            repeated = _REPEATED.fullmatch(text) if text.startswith("message repeated ") else None
            if repeated and any(find_envelope(name).repeats for name in path) and self._may_repeat(int(repeated[1])):
                texts = [repeated[2]] * int(repeated[1])
            for at, line in enumerate(texts):
                wrap = payload.wrap
                if wrap.record and len(texts) > 1:
                    wrap = wrap._replace(record=f"{wrap.record}#{at}")
                yield Payload(payload.line, line, wrap, process=payload.process)
        yield from (Payload(payload.line + at, "", BARE, "hollow") for at in range(len(texts), lines))
