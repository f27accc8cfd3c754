"""Lines of JSON in which a key stands twice.

Owns: how such lines are found among many. Must not know: what any key means.

Decoders do not say so: the last of two values counts for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import split_lines, truth_values

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

#: So many characters at the end of a key are compared at once.
_TAIL: Final = 8
_TAB, _BLANK, _QUOTE, _COLON = b'\t ":'


def find_repeated_keys(data: bytes, keys: Collection[str]) -> NDArray[np.bool_]:
    """Return which lines may hold one of some keys twice, also in objects of different depth.

    Args:
        data: the lines, each ended by a line break.
        keys: as they are written in JSON.
    """
    lines, bounds = split_lines(data)
    text = np.frombuffer(data, np.uint8)
    before = np.flatnonzero(text == _COLON) - 1
    signs = text[before]
    repeated = np.zeros(len(lines), np.bool_)
    repeated[np.searchsorted(bounds, before[(signs == _BLANK) | (signs == _TAB)], "right") - 1] = True
    closing = before[signs == _QUOTE]
    repeated[:1] |= (closing < _TAIL).any()
    closing = closing[closing >= _TAIL]
    line = np.repeat(np.arange(len(lines)), np.diff(np.searchsorted(closing, bounds.astype(np.int64))))
    tails = np.ndarray(max(len(data) - _TAIL + 1, 0), "<u8", data, strides=(1,))[closing - _TAIL]
    for key in keys:
        # Not every key ends in another way than all others: what is found here is looked at again.
        end = f'"{key}'.encode()[-_TAIL:]
        shift = np.uint64(8 * (_TAIL - len(end)))
        held = line[tails >> shift == np.uint64(int.from_bytes(end, "little"))]
        repeated[held[1:][held[1:] == held[:-1]]] = True
    places = np.flatnonzero(repeated)
    if len(places):
        twice = (rf'"{key}"[ \t]*:.*"{key}"[ \t]*:' for key in map(escape_key, sorted(keys)))
        repeated[places] = truth_values(pc.match_substring_regex(lines.take(pa.array(places)), "|".join(twice)))
    return repeated


def escape_key(key: str) -> str:
    """Write a key as an expression of RE2."""
    return "".join(sign if sign.isalnum() or sign in "_-@ " else f"\\{sign}" for sign in key)
