"""Rows of the table in which the archive stores lines, as the lines that they were.

Owns: the way back from rows to requests and messages. Must not know: files, weeks, what a line means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from logparse.archive.stored_lines import SCHEMA, SEPARATOR, WORD, drop_unused_words
from logparse.common.columns import number_groups
from logparse.common.timestamps import Stamp
from logparse.envelopes.origin import NOWHERE, Origin
from logparse.lines.access import Access
from logparse.lines.batch import NUMBERS, TEXTS, Batch
from logparse.lines.result import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process


def read_requests(rows: pa.Table) -> list[Access]:
    """Return requests that were read by themselves, in the order of the rows."""
    values = _values(rows)
    count = range(len(rows))
    origins, processes = _origins(values, len(rows)), _processes(values["process"])
    return [
        Access(
            line=values["line"][n], order=values["order"][n], time=values["time"][n],
            time_source=values["time_source"][n], client=values["client"][n], user=values["name"][n],
            method=values["method"][n], target=values["target"][n], decoded=values["decoded"][n],
            status=values["status"][n], size=values["size"][n], referer=values["referer"][n],
            agent=values["agent"][n], duration=values["duration"][n], location=values["location"][n],
            shadowed=values["shadowed"][n], nameless=values["nameless"][n], vouched=values["vouched"][n],
            proxy=values["proxy"][n], peer=values["peer"][n], request_id=values["request_id"][n],
            origin=origins[n], process=processes[n], record=values["record"][n],
            time_within=values["time_within"][n] if values["time_source"][n] == "neighbour" else 0,
            total=values["total"][n],
        )
        for n in count
    ]  # fmt: skip


def read_messages(rows: pa.Table) -> list[Message]:
    """Return messages, in the order of the rows."""
    values = _values(rows)
    origins, processes = _origins(values, len(rows)), _processes(values["process"])
    parts = zip(values["time"], values["wall"], values["zoned"], strict=True)
    stamps = [None if time is None else Stamp(time, wall, zoned) for time, wall, zoned in parts]
    return [
        Message(
            line=values["line"][n], order=values["order"][n],
            stamp=stamps[n],
            text=values["text"][n], loc=values["loc"][n], continuation=values["continuation"][n],
            origin=origins[n], process=processes[n], record=values["record"][n],
        )
        for n in range(len(rows))
    ]  # fmt: skip


def read_batches(sources: NDArray[np.int64], rows: pa.Table) -> Iterator[tuple[int, Batch, bool]]:
    """Yield requests that were read in bulk, in as few batches as can hold them.

    Args:
        sources: of each row, the number of its source.
        rows: the requests.

    Returns:
        For each batch, the number of its source, the batch, and whether its requests are shadowed.
    """
    if not len(rows):
        return
    rows = rows.combine_chunks()
    words = ("process", *(name for name in Origin._fields if name != "stream"))
    texts = {name: rows[name].chunk(0) for name in words}
    known: dict[str, list[str | None]] = {
        name: [*(_text(word) for word in column.dictionary.to_pylist()), None] for name, column in texts.items()
    }
    codes = [column.indices.fill_null(len(column.dictionary)).to_numpy() for column in texts.values()]
    flags = [rows[name].to_numpy() for name in ("decoded", "shadowed", "nameless")]
    groups, firsts = number_groups([sources, *codes, *flags])
    if len(firsts) > 1:
        rows = rows.take(pa.array(np.argsort(groups, kind="stable")))
    ends = np.cumsum(np.bincount(groups)).tolist()
    for first, start, end in zip(firsts.tolist(), [0, *ends], ends, strict=False):
        some = rows.slice(start, end - start)
        decoded, shadowed, nameless = (bool(column[first]) for column in flags)
        said = {name: known[name][column[first]] for name, column in zip(words, codes, strict=True)}
        process = _process(said.pop("process"))
        columns = {name: some[name].combine_chunks() for name in NUMBERS}
        for name in TEXTS:
            if not (nameless and name == "name"):
                columns[name] = _as_texts(some[name].combine_chunks())
        origin = Origin(**{name: word or "" for name, word in said.items()})
        batch = Batch(pa.table(columns), decoded, process, NOWHERE if origin == NOWHERE else origin)
        yield int(sources[first]), batch, shadowed


def _as_texts(column: Any) -> pa.Array:
    words = drop_unused_words(column)
    texts = pa.array([_text(word) for word in words.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(words.indices, texts)


def _text(word: bytes | None) -> str | None:
    return None if word is None else word.decode("utf-8", "surrogateescape")


def _values(rows: pa.Table) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    for field in SCHEMA:
        column = rows[field.name]
        if field.type != WORD:
            values[field.name] = column.to_pylist()
            continue
        values[field.name] = []
        for chunk in column.chunks:
            used = drop_unused_words(chunk)
            words = [_text(word) for word in used.dictionary.to_pylist()]
            values[field.name] += [None if code is None else words[code] for code in used.indices.to_pylist()]
    return values


def _origins(values: dict[str, list[Any]], count: int) -> list[Origin]:
    known: dict[tuple[str, ...], Origin] = {("",) * len(Origin._fields): NOWHERE}
    keys = (tuple(values[name][n] or "" for name in Origin._fields) for n in range(count))
    return [known.setdefault(key, Origin(*key)) for key in keys]


def _processes(texts: Iterable[str | None]) -> list[Process]:
    known: dict[str | None, Process] = {}
    return [known.setdefault(text, _process(text)) for text in texts]


def _process(text: str | None) -> Process:
    return () if text is None else tuple(text.split(SEPARATOR))
