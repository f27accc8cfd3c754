"""Lines that may matter, read many at a time: their fields as columns, in the form that ``Batch`` describes.

Owns: reading whole columns of fields. Must not know: which lines these are, what a request means.

Only values that need no decoding and can mean one thing only are read here. Other lines are read one by one
(``access.make_access``); a line that both can read gives equal requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import truth_values
from logparse.lines.addresses import USUAL, normalise
from logparse.lines.bulk import times
from logparse.lines.request_values import LEFT, UNANSWERED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline import Outline
    from logparse.lines.bulk.fields import Fields

_LONGEST_SIZE: Final = 15
#: An address with a port; IPv6 is left to ``normalise``.
_PORT: Final = r"^([0-9.]+):[0-9]+$"


def can_read(form: LineFormat, outline: Outline) -> bool:
    """Whether lines of a format can be read as columns."""
    plain = all(name == "status" for sign in form.signs for name, _ in sign.when)
    return form.id == outline.form and form.stamp == "end" and not form.vouches and plain and outline.rest is not None


def read_batch(
    fields: Fields, chosen: NDArray[np.int64], places: NDArray[np.int64], form: LineFormat
) -> tuple[pa.Table, NDArray[np.bool_]]:
    """Read lines as columns.

    Args:
        fields: of lines that are in an outline.
        chosen: which of them are read.
        places: a number for each line that is read, which the column ``at`` holds.
        form: their line format.

    Returns:
        The columns of the lines that could be read, and which lines these are.
    """
    columns, whole = fields.whole(chosen)
    time, timed = times.parse_times(columns.get("clf", columns.get("stamp")))
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
        "total": pa.nulls(int(whole.sum()), pa.int64()),  # no format that is read as columns counts headers
    }
    for name in ("name", "referer", "agent", "stream"):
        if name in columns:
            table[name] = _texts(_some(columns[name], whole), none=b"-")
    return pa.table(table), whole


def _some(column: pa.DictionaryArray, wanted: NDArray[np.bool_]) -> pa.DictionaryArray:
    """Return some rows of a column, with no other words in its dictionary than theirs."""
    return column if wanted.all() else column.filter(pa.array(wanted)).dictionary_decode().dictionary_encode()


def _texts(column: pa.DictionaryArray, none: bytes | None = None) -> pa.DictionaryArray:
    """Decode a column of bytes as texts; a row that holds ``none`` has no text."""
    at = column.dictionary.index(none).as_py() if none is not None else -1
    indices = column.indices if at < 0 else pc.if_else(pc.equal(column.indices, at), None, column.indices)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary.cast(pa.string()))


def _clients(column: pa.DictionaryArray, *, port: bool) -> pa.DictionaryArray:
    """Return addresses in their usual spelling; ports are removed first, since each request has another one."""
    peers = _texts(column)
    if port:
        hosts = pc.replace_substring_regex(peers.dictionary, _PORT, r"\1").dictionary_encode()
        peers = pa.DictionaryArray.from_arrays(hosts.indices.take(peers.indices), hosts.dictionary)
    usual = truth_values(pc.match_substring_regex(peers.dictionary, USUAL))
    if usual.all():
        return peers
    known = np.array(peers.dictionary.to_pylist(), object)
    known[~usual] = [normalise(peer, port=port) for peer in known[~usual]]
    return pa.DictionaryArray.from_arrays(peers.indices, pa.array(known, pa.string()))


def _target(columns: dict[str, pa.Array]) -> pa.DictionaryArray:
    """Join the target with a query string that is in a field of its own."""
    target, query = columns["target"], columns.get("query")
    if query is None:
        return target
    target, query = target.dictionary_decode(), query.dictionary_decode()
    longer = pc.binary_join_element_wise(target, query, b"?")
    bare = pc.or_(pc.is_in(query, pa.array([b"", b"-"], pa.binary())), pc.match_substring(target, b"?"))
    return pc.if_else(bare, target, longer).dictionary_encode()


def _plain(target: pa.DictionaryArray) -> NDArray[np.bool_]:
    """Return which targets are written without escapes and quotes, in ASCII."""
    escaped = truth_values(pc.match_substring_regex(target.dictionary, r"[\\'\x80-\xff]"))
    plain: NDArray[np.bool_] = ~escaped[target.indices.to_numpy()]
    return plain


def _numbers(texts: pa.Array | None, count: int) -> tuple[pa.Array, NDArray[np.bool_]]:
    """Read whole numbers, null for `-` or where there is no such field; also return which could be read."""
    if texts is None:
        return pa.nulls(count, pa.int64()), np.ones(count, np.bool_)
    dash = pc.equal(texts, b"-").fill_null(False)
    good = pc.match_substring_regex(texts, rf"^[0-9]{{1,{_LONGEST_SIZE}}}$").fill_null(False)
    return pc.if_else(good, texts, None).cast(pa.string()).cast(pa.int64()), truth_values(pc.or_(dash, good))
