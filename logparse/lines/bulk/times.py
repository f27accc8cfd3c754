"""The time stamps of many lines, read all at once.

Owns: reading columns of bytes as times. Must not know: lines, other fields.

Only the two forms that nearly all lines are in can be read here. ``timestamps.parse_timestamp`` reads any form, one
stamp at a time; a stamp that both can read gives the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.timestamps import FARTHEST, MONTHS, SECOND, YEARS

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLF: Final = len("22/Nov/2026:12:35:08 +0000")
_ISO: Final = len("2026-11-22T12:58:56.498701Z")


def parse_times(texts: pa.Array | None) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read stamps in the common log format, or in ISO 8601 in UTC with six digits behind the point.

    Args:
        texts: stamps as bytes, nulls allowed; None: there is no such column.

    Returns:
        Microseconds UTC, and which stamps are in the form that most of them are in; the times of others mean nothing.
    """
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
    month = _MONTHS_BY_LETTERS[_letters(byte[:, 3:6])]
    wall, right = _moments(byte, month, right, (7, 11), (0, 2), (12, 15, 18))
    hours, minutes = _digits(byte, 22, 24, right), _digits(byte, 24, 26, right)
    right &= (hours <= FARTHEST) & (minutes <= 59)  # noqa: PLR2004
    offset = np.where(byte[:, 21] == ord("-"), -1, 1) * (hours * 3600 + minutes * 60)
    return wall - offset * SECOND, right


def _letters(byte: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Turn three letters into a number that no other letters have; 0 if a character is none of `@` to DEL."""
    number = np.zeros(len(byte), np.int64)
    letters = np.ones(len(byte), np.bool_)
    for at in range(byte.shape[1]):
        letters &= (byte[:, at] & 0xC0) == 0x40  # noqa: PLR2004 - @ to DEL
        number = number << 6 | byte[:, at] & 0x3F
    return np.where(letters, number, 0)


def _months_by_letters() -> NDArray[np.int64]:
    """Return the number of a month for the number of its letters, 0 for other letters."""
    names = "".join(MONTHS).encode()
    months = np.zeros(1 << 18, np.int64)
    months[_letters(np.frombuffer(names, np.uint8).reshape(-1, 3))] = np.arange(1, 13)
    return months


_MONTHS_BY_LETTERS: Final = _months_by_letters()


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
    return seconds * SECOND, right


def _held(byte: NDArray[np.uint8], signs: dict[int, str]) -> NDArray[np.bool_]:
    held = np.ones(len(byte), np.bool_)
    for at, sign in signs.items():
        held &= byte[:, at] == ord(sign)
    return held


def _digits(byte: NDArray[np.uint8], start: int, stop: int, right: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Read the number in some columns of bytes; ``right`` becomes false where there is none."""
    number = np.zeros(len(byte), np.int64)
    for at in range(start, stop):
        digit = byte[:, at] - np.uint8(ord("0"))  # what comes before it is above it
        right &= digit <= 9  # noqa: PLR2004
        number = number * 10 + digit
    return number
