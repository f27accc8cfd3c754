"""The identity of a line: a number that is equal for lines that say the same, whatever file they stand in.

Owns: how the number is made of what a line says. Must not know: which sources are pieces of one log.

An identity is made of what was read from a line, not of its text: neither an envelope nor the end of a line counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.common.text import encodable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.lines.result import Message

#: Odd numbers, so that two steps give equal numbers only if their 64 bits are equal (the finaliser of MurmurHash3).
_ONE: Final = np.uint64(0xFF51AFD7ED558CCD)
_TWO: Final = np.uint64(0xC4CEB9FE1A85EC53)
_HALF: Final = np.uint64(33)
_TEXTS: Final = ("client", "name", "method", "target", "referer", "agent")
_NUMBERS: Final = ("time", "status", "size", "duration")
#: Columns of a page of requests that are read: the batch and order of each request, and what its identity is made of.
PAGE_COLUMNS: Final = ("place", "order", *_NUMBERS, *_TEXTS)


def of_accesses(accesses: Sequence[Access]) -> NDArray[np.uint64]:
    """Return the identities of access lines; those of equal lines differ if their request ids do.

    Lines as columns have no request ids, and neither do those of most servers.
    """
    numbers = [to_numbers([getattr(access, name) for access in accesses]) for name in _NUMBERS]
    fields = ["user" if name == "name" else name for name in _TEXTS]
    texts = [of_texts([getattr(access, field) for access in accesses]) for field in fields]
    return of_texts([access.request_id for access in accesses]) ^ _of_columns(numbers, texts)


def of_rows(rows: pa.Table) -> NDArray[np.uint64]:
    """Return the identities of requests that are rows of a page."""
    numbers = [rows[name].fill_null(-1).to_numpy().astype(np.int64) for name in _NUMBERS]
    return _of_columns(numbers, [_of_dictionary(rows[name].combine_chunks()) for name in _TEXTS])


def of_messages(messages: Sequence[Message]) -> NDArray[np.uint64]:
    """Return the identities of app lines, which no access line has."""
    stamps = to_numbers([None if message.stamp is None else message.stamp.utc for message in messages])
    texts = mix(of_texts([message.text for message in messages]), stamps.view(np.uint64))
    return mix(texts, np.ones(len(texts), np.uint64))


def mix(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Make one number of two, for each line."""
    mixed = (one ^ other) * _ONE
    mixed ^= mixed >> _HALF
    mixed *= _TWO
    mixed ^= mixed >> _HALF
    return mixed


def to_numbers(values: Iterable[int | None]) -> NDArray[np.int64]:
    """Make a column of numbers, -1 for None."""
    return np.array([-1 if value is None else value for value in values], np.int64)


def of_texts(texts: Sequence[str | None]) -> NDArray[np.uint64]:
    """Return a number for each text; 0 for None."""
    if not len(texts):
        return np.zeros(0, np.uint64)
    codes, words = pd.factorize(np.array([text and _without_nul(text) for text in texts], object))
    numbers: NDArray[np.uint64] = _hash_words([str(word) for word in words])[codes]
    return numbers


def _of_columns(numbers: Sequence[NDArray[np.int64]], texts: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    identity = np.zeros(len(numbers[0]), np.uint64)
    for column in (*(number.view(np.uint64) for number in numbers), *texts):
        identity = mix(identity, column)
    return identity


def _of_dictionary(column: Any) -> NDArray[np.uint64]:
    """Return a number for each text of a column of dictionaries; 0 for null."""
    codes = column.indices.fill_null(-1).to_numpy()
    numbers: NDArray[np.uint64] = _hash_words([_without_nul(word) for word in column.dictionary.to_pylist()])[codes]
    return numbers


def _hash_words(words: Sequence[str]) -> NDArray[np.uint64]:
    """Return a number for each word, and 0 behind the last one; they hold no NUL."""
    written = np.array([encodable(word) for word in words], object)
    numbers: NDArray[np.uint64] = np.zeros(len(written) + 1, np.uint64)
    if len(written):
        numbers[:-1] = pd.util.hash_array(written, categorize=False)
    return numbers


def _without_nul(word: str) -> str:
    """Return a word that is different for different words, and has no NUL, at which pandas before 3 ends a text."""
    return word.replace("\1", "\1\1").replace("\0", "\1\2")
