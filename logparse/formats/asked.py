"""What many access lines ask for, told without reading them in full.

Owns: for each kind of reader, the values of a line on which method, target and status depend. Must not know: which
requests matter.

Lines of a busy server ask for the same again and again. Two lines with the same values here are of the same format and
ask for the same, so one of them is read in full, and the others are known. What could be meant in another way is left
out, to be read by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import pyarrow as pa

from logparse.common.records import Records, decoded, repeated

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Hashable, Sequence

#: Fields on which it depends whether a request matters.
FIELDS: Final = frozenset({"method", "verb", "request", "target", "url_path", "status"})


#: Types of values that are equal only if they are written alike: true and 1.0 are equal to 1.
_PLAIN: Final[frozenset[Any]] = frozenset({str, int, type(None)})
#: Sets of keys of objects that are remembered.
_SHAPES: Final = 16


class Asked(Protocol):
    """What tells lines apart that ask for different things."""

    def __call__(self, texts: Sequence[str | None]) -> Sequence[Hashable | None]:
        """The values of each line; None for one that must be read by itself."""


def of_pattern(pattern: re.Pattern[str], *, whole: bool) -> Asked:
    """What lines without a backslash ask for that are of a format if an expression matches them, ``whole`` or not."""
    read, groups = pattern.fullmatch if whole else pattern.match, sorted(FIELDS.intersection(pattern.groupindex))

    def asked(texts: Sequence[str | None]) -> list[Hashable | None]:
        found = [None if text is None or "\\" in text else read(text) for text in texts]
        return [None if each is None else each.group(*groups) for each in found]

    return asked


def of_records(told: Collection[str], watched: Collection[str]) -> Asked:
    """What lines ask for that are JSON objects.

    Args:
        told: paths of the values on which it depends.
        watched: further paths at which no two different values may stand.
    """
    records: list[Records] = []

    def asked(texts: Sequence[str | None]) -> list[Hashable | None]:
        if not records:  # made when it is needed: few formats are in a file
            records.append(Records(told, watched))
        lines, data, written = _objects(texts)
        columns, whole = records[0].columns(data, len(lines))
        whole &= ~repeated(written, records[0].keys)
        plain = [fits and line is text for fits, line, text in zip(whole.tolist(), lines, texts, strict=True)]
        for values in columns.values():
            if not _PLAIN.issuperset(map(type, values)):
                plain = [fits and type(value) in _PLAIN for fits, value in zip(plain, values, strict=True)]
        return [key if fits else None for key, fits in zip(zip(*columns.values(), strict=True), plain, strict=True)]

    return asked


def of_any_records(telling: Callable[[tuple[str, ...]], tuple[str, ...] | None]) -> Asked:
    """What lines ask for that are JSON objects of any keys.

    Args:
        telling: of the keys of an object that holds no other, those on whose values it depends; None: that cannot be
            told.
    """
    known: dict[tuple[str, ...], tuple[str, ...] | None] = {}

    def asked(texts: Sequence[str | None]) -> list[Hashable | None]:
        lines, data, written = _objects(texts)
        keys: list[Hashable | None] = []
        for record, line, text in zip(decoded(data, len(lines)), lines, texts, strict=True):
            shape = tuple(record) if line is text and type(record) is dict else ()
            if shape not in known:
                if len(known) >= _SHAPES:
                    known.clear()
                known[shape] = telling(shape)
            some = known[shape]
            values = () if some is None else tuple([record[key] for key in some])
            fits = values and _PLAIN.issuperset(map(type, values)) and dict not in map(type, record.values())
            keys.append((shape, values) if fits else None)
        twice = repeated(written, {key for shape in known for key in shape})
        return [None if more else key for key, more in zip(keys, twice.tolist(), strict=True)] if twice.any() else keys

    return asked


def _objects(texts: Sequence[str | None]) -> tuple[list[str], bytes, pa.Array]:
    """The texts, an empty object in place of what is none in a line of its own; as bytes, and each as bytes."""
    lines = [text if text is not None and text.startswith("{") and "\n" not in text else "{}" for text in texts]
    data = "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")
    return lines, data, pa.array(data.split(b"\n")[:-1], pa.binary())
