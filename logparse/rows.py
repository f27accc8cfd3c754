"""Usual lines that may matter, read many at a time: columns in place of objects.

Owns: reading whole columns of fields, and the requests that come of them. Must not know: which lines these are, what a
request means.

Only values are read here that need no decoding and can be meant in one way. All other lines are left to whoever reads
them one by one (``access.access_line``), and what both make of a line is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.access import LEFT, UNANSWERED, Access
from logparse.addresses import USUAL, address
from logparse.envelopes.origin import NOWHERE
from logparse.timestamps import FARTHEST, YEARS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process
    from logparse.fields import Fields
    from logparse.formats import LineFormat
    from logparse.outline import Outline

_CLF: Final = len("22/Nov/2026:12:35:08 +0000")
_ISO: Final = len("2026-11-22T12:58:56.498701Z")
_LONGEST_SIZE: Final = 15
#: An address with a port; IPv6 is left to ``address``.
_PORT: Final = r"^([0-9.]+):[0-9]+$"


class Batch(NamedTuple):
    """Requests as columns.

    Attributes:
        rows: the columns ``line``, ``order``, ``time``, ``client``, ``name``, ``method``, ``target``, ``status``,
            ``size``, ``referer``, ``agent``, ``duration`` and ``stream``, as far as their lines tell them; texts as
            dictionaries.
        decoded: the server wrote paths percent-decoded.
        process: which wrote the lines.
    """

    rows: pa.Table
    decoded: bool
    process: Process

    def texts(self, name: str) -> list[str | None]:
        """A column of texts."""
        if name not in self.rows.column_names:
            return [None] * len(self.rows)
        found: list[str | None] = []
        for chunk in self.rows[name].chunks:
            words = chunk.dictionary.to_pylist()
            found += [None if at is None else words[at] for at in chunk.indices.to_pylist()]
        return found

    def numbers(self, name: str) -> list[Any]:
        """A column of numbers."""
        found: list[Any] = self.rows[name].to_pylist()
        return found

    def accesses(self) -> list[Access]:
        """The same as objects."""
        streams = self.texts("stream")
        origins = {stream: NOWHERE._replace(stream=stream or "") for stream in {*streams}}
        nameless = "name" not in self.rows.column_names
        columns = zip(
            *(self.numbers(name) for name in ("line", "order", "time", "status", "size", "duration")),
            *(self.texts(name) for name in ("client", "name", "method", "target", "referer", "agent")),
            streams,
            strict=True,
        )
        # By place, since by name it takes twice as long.
        return [
            Access(line, order, time, "line", client, user, method, target, self.decoded, status, size, referer, agent,
                   duration, None, False, nameless, False, None, None, None, origins[stream], self.process, None)
            for line, order, time, status, size, duration, client, user, method, target, referer, agent, stream
            in columns
        ]  # fmt: skip


def can_read(form: LineFormat, outline: Outline) -> bool:
    """Whether lines of a format can be read so."""
    plain = all(name == "status" for sign in form.signs for name, _ in sign.when)
    return form.id == outline.form and form.stamp == "end" and not form.vouches and plain and outline.rest is not None


def read(
    fields: Fields, chosen: NDArray[np.int64], places: NDArray[np.int64], form: LineFormat
) -> tuple[pa.Table, NDArray[np.bool_]]:
    """What lines hold, ``at`` among it, and which of the lines could be read so.

    Args:
        fields: of lines that are in an outline.
        chosen: which of them.
        places: what tells each of these.
        form: their line format.
    """
    columns, whole = fields.whole(chosen)
    time, timed = _times(columns.get("clf", columns.get("stamp")))
    target = _target(columns)
    status = columns["status"].cast(pa.string()).cast(pa.int16())
    size, sized = _numbers(columns.get("size"), len(places))
    duration, lasting = _numbers(columns.get("duration"), len(places))
    whole &= timed & sized & lasting & _plain(target) & ~np.isin(status.to_numpy(), [*LEFT, *UNANSWERED])
    for each in status.unique().to_pylist():
        if any(sign.shows({"status": f"{each:03}"}) for sign in form.signs):
            whole &= status.to_numpy() != each
    kept = pa.array(whole)
    table = {
        "at": pa.array(places[whole]),
        "time": pa.array(time[whole]),
        "client": _clients(_some(columns["client"], whole), port=form.port),
        "method": _texts(_some(columns["method"], whole)),
        "target": _texts(_some(target, whole)),
        "status": status.filter(kept),
        "size": size.filter(kept),
        "duration": duration.filter(kept),
    }
    for name in ("name", "referer", "agent", "stream"):
        if name in columns:
            table[name] = _texts(_some(columns[name], whole), none=b"-")
    return pa.table(table), whole


def _some(column: pa.DictionaryArray, wanted: NDArray[np.bool_]) -> pa.DictionaryArray:
    """Some rows of a column, with no other words than theirs."""
    return column if wanted.all() else column.filter(pa.array(wanted)).dictionary_decode().dictionary_encode()


def _bools(values: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = values.to_numpy(zero_copy_only=False)
    return found


def _texts(column: pa.DictionaryArray, none: bytes | None = None) -> pa.DictionaryArray:
    """The same as texts; where it says ``none``, there is no text."""
    at = column.dictionary.index(none).as_py() if none is not None else -1
    indices = column.indices if at < 0 else pc.if_else(pc.equal(column.indices, at), None, column.indices)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary.cast(pa.string()))


def _clients(column: pa.DictionaryArray, *, port: bool) -> pa.DictionaryArray:
    """Addresses in their usual spelling, which nearly all have; ports, of which each request has another, go first."""
    peers = _texts(column)
    if port:
        hosts = pc.replace_substring_regex(peers.dictionary, _PORT, r"\1").dictionary_encode()
        peers = pa.DictionaryArray.from_arrays(hosts.indices.take(peers.indices), hosts.dictionary)
    usual = _bools(pc.match_substring_regex(peers.dictionary, USUAL))
    if usual.all():
        return peers
    known = np.array(peers.dictionary.to_pylist(), object)
    known[~usual] = [address(peer, port=port) for peer in known[~usual]]
    return pa.DictionaryArray.from_arrays(peers.indices, pa.array(known, pa.string()))


def _target(columns: dict[str, pa.Array]) -> pa.DictionaryArray:
    """The target with the query string that stands by itself."""
    target, query = columns["target"], columns.get("query")
    if query is None:
        return target
    target, query = target.dictionary_decode(), query.dictionary_decode()
    longer = pc.binary_join_element_wise(target, query, b"?")
    bare = pc.or_(pc.is_in(query, pa.array([b"", b"-"], pa.binary())), pc.match_substring(target, b"?"))
    return pc.if_else(bare, target, longer).dictionary_encode()


def _plain(target: pa.DictionaryArray) -> NDArray[np.bool_]:
    """Which targets are written without escapes and quotes, in ASCII."""
    escaped = _bools(pc.match_substring_regex(target.dictionary, r"[\\'\x80-\xff]"))
    found: NDArray[np.bool_] = ~escaped[target.indices.to_numpy()]
    return found


def _numbers(texts: pa.Array | None, count: int) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Whole numbers, none for `-` or where there is no such field; and which could be read."""
    if texts is None:
        return pa.nulls(count, pa.int64()), np.ones(count, np.bool_)
    dash = pc.equal(texts, b"-").fill_null(False)
    good = pc.match_substring_regex(texts, rf"^[0-9]{{1,{_LONGEST_SIZE}}}$").fill_null(False)
    return pc.if_else(good, texts, None).cast(pa.string()).cast(pa.int64()), _bools(pc.or_(dash, good))


def _times(texts: pa.Array | None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Stamps of the common log format, and of ISO 8601 in UTC with six digits, as microseconds UTC; and which are."""
    if texts is None:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    lengths = pc.binary_length(texts).fill_null(0).to_numpy()
    width = _CLF if np.count_nonzero(lengths == _CLF) >= np.count_nonzero(lengths == _ISO) else _ISO
    right = lengths == width
    data = pc.if_else(pa.array(right), texts, b"0" * width).cast(pa.binary(width))
    byte = np.frombuffer(data.buffers()[1], np.uint8)[data.offset * width :][: len(data) * width].reshape(-1, width)
    return _clf(byte, right) if width == _CLF else _iso(byte, right)


def _clf(byte: NDArray[np.uint8], right: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    right = right & _held(byte, {2: "/", 6: "/", 11: ":", 14: ":", 17: ":", 20: " "})
    right &= (byte[:, 21] == ord("+")) | (byte[:, 21] == ord("-"))
    month = _MONTHS[_letters(byte[:, 3:6])]
    wall, right = _moments(byte, month, right, (7, 11), (0, 2), (12, 15, 18))
    hours, minutes = _digits(byte, 22, 24, right), _digits(byte, 24, 26, right)
    right &= (hours <= FARTHEST) & (minutes <= 59)  # noqa: PLR2004
    offset = np.where(byte[:, 21] == ord("-"), -1, 1) * (hours * 3600 + minutes * 60)
    return wall - offset * 1_000_000, right


def _letters(byte: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Three letters as a number that no others have, 0 for what is none of `@` to DEL."""
    number = np.zeros(len(byte), np.int64)
    letters = np.ones(len(byte), np.bool_)
    for at in range(byte.shape[1]):
        letters &= (byte[:, at] & 0xC0) == 0x40  # noqa: PLR2004 - @ to DEL
        number = number << 6 | byte[:, at] & 0x3F
    return np.where(letters, number, 0)


def _months() -> NDArray[np.int64]:
    """By its letters, the number of each month; 0 for others."""
    names = b"JanFebMarAprMayJunJulAugSepOctNovDec"
    months = np.zeros(1 << 18, np.int64)
    months[_letters(np.frombuffer(names, np.uint8).reshape(-1, 3))] = np.arange(1, 13)
    return months


_MONTHS: Final = _months()


def _iso(byte: NDArray[np.uint8], right: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    right = right & _held(byte, {4: "-", 7: "-", 10: "T", 13: ":", 16: ":", 19: ".", 26: "Z"})
    month = _digits(byte, 5, 7, right)
    wall, right = _moments(byte, month, right, (0, 4), (8, 10), (11, 14, 17))
    return wall + _digits(byte, 20, 26, right), right


def _moments(
    byte: NDArray[np.uint8],
    month: NDArray[np.int64],
    right: NDArray[np.bool_],
    year: tuple[int, int],
    day: tuple[int, int],
    clock: tuple[int, int, int],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    years, days = _digits(byte, *year, right), _digits(byte, *day, right)
    hour, minute, second = (_digits(byte, at, at + 2, right) for at in clock)
    right = right & (month >= 1) & (month <= 12) & (years >= YEARS.start) & (years < YEARS.stop) & (days >= 1)  # noqa: PLR2004
    right &= (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004
    months = ((years - 1970) * 12 + month - 1).astype("datetime64[M]")
    date = months.astype("datetime64[D]") + (days - 1)
    right &= date.astype("datetime64[M]") == months  # no 31st of February
    seconds = date.astype(np.int64) * 86_400 + hour * 3600 + minute * 60 + second
    return seconds * 1_000_000, right


def _held(byte: NDArray[np.uint8], signs: dict[int, str]) -> NDArray[np.bool_]:
    found = np.ones(len(byte), np.bool_)
    for at, sign in signs.items():
        found &= byte[:, at] == ord(sign)
    return found


def _digits(byte: NDArray[np.uint8], start: int, stop: int, right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The number in some columns; where there is none, ``right`` becomes false."""
    found = np.zeros(len(byte), np.int64)
    for at in range(start, stop):
        digit = byte[:, at] - np.uint8(ord("0"))  # what comes before it is above it
        right &= digit <= 9  # noqa: PLR2004
        found = found * 10 + digit
    return found
