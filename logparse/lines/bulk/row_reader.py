"""Lines that may matter, taken apart one by one, and kept as columns like those that ``batch_reader`` reads together.

Owns: which lines columns can hold. Must not know: which lines these are, what a request means.

What a field means is found out once for all lines in which it is equal. A line that columns cannot hold is left to be
made an object (``access.make_access``); all others would be equal objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa

from logparse.lines import request_values as values
from logparse.lines.batch import NUMBERS, can_hold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from logparse.common.timestamps import Stamp
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.clock import Clock
    from logparse.lines.proxies import Trusted

_Read = TypeVar("_Read")
#: Stands for a field that a line has no place for.
_NOWHERE: Final = object()


class _Line(NamedTuple):
    fields: Fields
    stamp: Stamp
    answer: values.Answer


class RowReader:
    """Reads lines of one format.

    Args:
        form: the format.
        read: reads a line into its fields; None if it is in another format.
        clock: reads the stamps of the source.
        trusted: proxies whose word on the client's address is taken.

    Attributes:
        left: what those lines hold that were read last and that columns cannot hold.
        worth: columns held some of the lines so far, so that it is worth to go on.
    """

    def __init__(self, form: LineFormat, read: Callable[[str], Fields | None], clock: Clock, trusted: Trusted) -> None:
        self._form, self._read, self._clock, self._trusted = form, read, clock, trusted
        self._of_answer = ("status", "user", *(name for sign in form.signs for name, _ in sign.when))
        self.left: dict[str, Fields] = {}
        self.worth = True

    def read(self, texts: Sequence[str | None], places: NDArray[np.int64]) -> tuple[pa.Table, NDArray[np.int64]]:
        """Read lines as columns.

        Args:
            texts: the lines.
            places: a number for each, which the column ``at`` holds.

        Returns:
            The columns, as ``Batch`` describes them, of those lines that columns can hold, and their numbers.
        """
        read = [(None if text is None else self._read(text)) or {} for text in texts]
        named = any(not values.is_nameless(self._form, fields) for fields in read)
        answers = _each(read, self._of_answer, lambda fields: values.read_answer(self._form, fields))
        lines = [self._begin(*each, named=named) for each in zip(read, answers, strict=True)]
        columns, fits = self._make_columns([line for line in lines if line is not None], named=named)
        kept = np.array([line is not None for line in lines], np.bool_)
        kept[kept] = fits
        self.worth = bool(kept.any())
        others = [(text, fields) for text, fields, keeps in zip(texts, read, kept.tolist(), strict=True) if not keeps]
        self.left = {text: fields for text, fields in others if text and fields}
        table: dict[str, Any] = {"at": pa.array(places[kept])}
        for name, column in columns.items():
            some = [value for value, fit in zip(column, fits, strict=True) if fit]
            is_text = name not in NUMBERS
            table[name] = pa.array(some, pa.string()).dictionary_encode() if is_text else pa.array(some, NUMBERS[name])
        return pa.table(table), places[kept]

    def _begin(self, fields: Fields, answer: values.Answer, *, named: bool) -> _Line | None:
        """Read the time of a line; None if columns cannot hold the line."""
        location, nameless = values.read_header(fields.get("location")), values.is_nameless(self._form, fields)
        held = can_hold(
            nameless=nameless, user=answer.user, vouched=answer.vouched, proxy=answer.proxy, location=location
        )
        if not held or nameless == named:
            return None
        stamp = self._clock.read_own(fields)
        return None if stamp is None else _Line(fields, stamp, answer)

    def _make_columns(self, lines: Sequence[_Line], *, named: bool) -> tuple[dict[str, list[Any]], list[bool]]:
        """Return what the fields of lines mean, and which of these lines columns can hold after all."""
        form, read = self._form, [line.fields for line in lines]
        targets = _each(read, ("target", "url_path", "query"), lambda fields: values.read_target(form, fields))
        clients = _each(
            read, ("client", "forwarded", "real_ip"), lambda fields: values.read_client(form, fields, self._trusted)
        )
        methods = _each(read, ("method", "verb"), values.read_method)
        durations = [values.read_duration(fields) for fields in read]
        sizes = [
            values.read_sizes(line.fields, method, line.answer.status)
            for line, method in zip(lines, methods, strict=True)
        ]
        texts: dict[str, list[str | None]] = {
            "client": [client for client, _ in clients],
            "method": methods,
            "target": [target for target, _ in targets],
            "referer": _each(read, ("referer",), lambda fields: values.read_header(fields.get("referer"))),
            "agent": _each(read, ("agent",), lambda fields: values.read_header(fields.get("agent"))),
            "peer": [peer for _, peer in clients],
            "request_id": [values.read_text(fields.get("request_id")) for fields in read],
        }
        if named:
            texts["name"] = [line.answer.user for line in lines]
        fits = [decoded == form.decoded for _, decoded in targets]
        for column in texts.values():
            odd = {text for text in column if text is not None and not text.isascii()}  # it may be no UTF-8
            fits = [fit and text not in odd for fit, text in zip(fits, column, strict=True)] if odd else fits
        spans = zip(lines, durations, strict=True)
        numbers: dict[str, list[int | None]] = {
            "time": [values.find_end(form, line.stamp, duration) for line, duration in spans],
            "status": [line.answer.status for line in lines],
            "size": [size for size, _ in sizes],
            "duration": durations,
            "total": [total for _, total in sizes],
        }
        return {**numbers, **texts}, fits


def _each(lines: Sequence[Fields], names: Sequence[str], read: Callable[[Fields], _Read]) -> list[_Read]:
    """Read something of each line, once for all lines in which the fields of these names are equal."""
    keys = [tuple([fields.get(name, _NOWHERE) for name in names]) for fields in lines]
    known = {key: read(fields) for key, fields in dict(zip(keys, lines, strict=True)).items()}
    return [known[key] for key in keys]


def make_row_reader(form: LineFormat, recognizer: Recognizer, clock: Clock, trusted: Trusted) -> RowReader:
    """Make what reads the lines of one format, among others of its source."""

    def read(text: str) -> Fields | None:
        found, fields = recognizer.recognize(text)
        return fields if found is form else None

    return RowReader(form, make_own_reader(form) or read, clock, trusted)


def make_own_reader(form: LineFormat) -> Callable[[str], Fields | None] | None:
    """Return what reads lines of a format without asking other formats, if all lines that it reads are its own."""
    # A line that has the values on which it depends what it asks for is in no other format.
    return None if form.asked is None else form.read_own or form.read
