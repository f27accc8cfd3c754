"""Envelopes taken off many lines at once.

Owns: the payloads of lines that are in the same envelopes, and the processes that wrote them.
Must not know: which lines these are, what a payload is.

A line that could be read in another way too is left out and must be opened by itself (``Envelope.open``). Both ways
give the same payload and the same process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.envelopes.origin import NOWHERE, Origin
from logparse.envelopes.steps import RECORD, RecordStep, Texts, TextStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.envelope import Envelope
    from logparse.envelopes.origin import Process

_ELSEWHERE: Final = -1


class Opened(NamedTuple):
    """Lines out of their envelopes.

    Attributes:
        texts: the payloads.
        writers: the process that wrote each, by its place in ``ManyOpener.origins``.
        told: of the fields ``stream`` and ``record``, those that envelopes tell: the text of each line, empty for none.
    """

    texts: Texts
    writers: NDArray[np.int64]
    told: dict[str, list[str]]


class ManyOpener:
    """Takes the same envelopes off many lines.

    Args:
        path: the envelopes, the outermost first.

    Attributes:
        bare: there are none.
        processes: those that wrote the lines so far.
        origins: of each of these, where it wrote them, but for the stream.
        steps: what takes off each of the envelopes, the outermost first.
    """

    def __init__(self, path: Sequence[Envelope]) -> None:
        self.steps: list[RecordStep | TextStep] = [
            RecordStep(each.keys, outermost=not nth and not each.sure) if each.of_records else TextStep(each.keys)
            for nth, each in enumerate(path)
        ]
        self.bare = not path
        self._codes: dict[tuple[str, ...], int] = {}
        self._places: dict[Process, int] = {}
        self.processes: list[Process] = []
        self.origins: list[Origin] = []

    def open(self, data: bytes) -> Opened:
        """Take lines out of their envelopes, each ended by a line break."""
        first = self.steps[0] if self.steps else None
        if isinstance(first, RecordStep):
            texts, origins = first.open_bytes(data, data.count(b"\n"))
        else:
            texts, origins = _split_lines(data), {}
        for step in self.steps[isinstance(first, RecordStep) :]:
            texts, found = step.open(texts)
            for name, values in found.items():
                outer = origins.get(name)
                origins[name] = values if outer is None else _choose(name, values, outer)
        told = {name: values for name, values in origins.items() if name in ("stream", RECORD)}
        for values in told.values():
            if not "".join(values).isascii():  # it may be no UTF-8
                texts = [text if value.isascii() else None for text, value in zip(texts, values, strict=True)]
        writers, elsewhere = self._find_writers(origins, len(texts))
        if elsewhere.any():
            texts = [None if away else text for away, text in zip(elsewhere.tolist(), texts, strict=True)]
        return Opened(texts, writers, told)

    def _find_writers(
        self, origins: Mapping[str, list[str]], count: int
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return who wrote each line, and which lines have another origin than others of their process."""
        columns = [origins.get(name) for name in Origin._fields]
        if all(column is None or column.count(column[0]) == len(column) for column in columns if column != []):
            code = self._code(tuple(column[0] if column else "" for column in columns))
            codes = np.full(count, code)
        else:
            rows = zip(*(column or [""] * count for column in columns), strict=True)
            codes = np.array([self._codes[row] if row in self._codes else self._code(row) for row in rows], np.int64)
        elsewhere = codes == _ELSEWHERE
        return np.where(elsewhere, 0, codes), elsewhere

    def _code(self, fields: tuple[str, ...]) -> int:
        """The place of a process among ``processes``; -1 for one that says of itself to be elsewhere than before."""
        if fields not in self._codes:
            origin = Origin(*fields)
            process = () if origin == NOWHERE else origin.process
            place = self._places.setdefault(process, len(self.processes))
            if place == len(self.processes):
                self.processes.append(process)
                self.origins.append(origin._replace(stream=""))
            self._codes[fields] = place if self.origins[place] == origin._replace(stream="") else _ELSEWHERE
        return self._codes[fields]


def _choose(name: str, inner: list[str], outer: list[str]) -> list[str]:
    """Return what counts: the outermost id of a record, but what the innermost envelope says of the process."""
    first, second = (outer, inner) if name == RECORD else (inner, outer)
    return [one or other for one, other in zip(first, second, strict=True)]


def _split_lines(data: bytes) -> Texts:
    """Return lines without their line breaks."""
    texts: Texts = [*data.decode("utf-8", "surrogateescape").split("\n")]
    texts.pop()
    # Looking for both characters at once takes fifty times as long.
    return texts if b"\r" not in data else [text and text.removesuffix("\r") for text in texts]
