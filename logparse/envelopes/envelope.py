"""``Envelope`` and ``Opened``: what a platform wraps around a line, and what one such envelope holds.

Owns: the form of both, and how a value of a record is found and written as text.
Must not know: envelope files, how a single envelope is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from logparse.envelopes.origin import Origin
    from logparse.formats.data_files import Sample
    from logparse.formats.json_lines.objects import Record


#: The key of a list of tags.
TAGS: Final = "tags"


class Opened(NamedTuple):
    """What one envelope holds.

    Attributes:
        payload: the line inside, or the record inside.
        time: when the line was written or taken in, as it stands in the envelope; empty if it does not stand there.
        origin: which process wrote the line.
        record: the id of the record, which no other has; empty if it has none.
        more: the line goes on in the next envelope of the same stream.
        skip: the envelope holds nothing that a server wrote.
    """

    payload: str | Record
    time: str
    origin: Origin
    record: str = ""
    more: bool = False
    skip: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a platform wraps around a line.

    Attributes:
        id: name of the envelope; that of its file.
        title: one line for people.
        reference: where the form is documented.
        rank: lower is tried first.
        layouts: in which files its records come, the usual first; ``text`` for what stands in front of a line.
        open: what a line or a record holds; None if it is not in this envelope.
        limit: how many records such an export holds at most; 0 for any number.
        sure: nothing else looks like it, so a line that is not known is taken out of it, too.
        outline: how its usual lines begin (``logparse.formats.outline``), up to the line inside, which comes last;
            empty if that is not known. What stands there is read alike whatever line follows, and whatever digits
            stand in parts that name no process.
        rest: what follows the line inside.
        ends: the last character of its lines, if it is always the same one; empty: it is that of the line inside.
        escaped: it writes the line as a JSON string.
        stand_in: a line under a key that the user names is read as if it stood under this one; empty: it is not read.
        octal: it writes a line break inside the line as an escape (``#012``), so the line inside is always one line.
        repeats: its writer puts a line that comes several times in a row down once, with a count.
        ways: expressions of what stands in front of a line, as for line formats; empty: it is opened by keys.
        tells: what it can hold besides the line: ``time``, ``record`` and the fields of ``Origin``.
        samples: real lines or records in this envelope.
        needed: a record has a key of each of these sets if it is in this envelope.
        keys: what its file says.
    """

    id: str
    title: str
    layouts: tuple[str, ...]
    open: Callable[[Any], Opened | None]
    sure: bool
    tells: tuple[str, ...]
    samples: Sequence[Sample]
    keys: Mapping[str, Any] = field(repr=False)
    needed: tuple[frozenset[str], ...] = ()
    ways: tuple[tuple[re.Pattern[str], ...], ...] = field(default=(), repr=False)
    reference: str = ""
    rank: int = 50
    limit: int = 0
    outline: str = ""
    rest: str = ""
    ends: str = ""
    escaped: bool = False
    stand_in: str = ""
    octal: bool = False
    repeats: bool = False

    @property
    def of_records(self) -> bool:
        """Whether it is opened by the keys of a record, not by the text in front of a line."""
        return "text" not in self.layouts


def alternatives(paths: Any) -> tuple[str, ...]:
    """Return paths of which the first that holds something counts, whether a file names one or several."""
    return (paths,) if isinstance(paths, str) else tuple(paths)


def first_value(record: Record, paths: tuple[str, ...]) -> Any:
    """Return the value at the first of the paths that is there and not null; None if none is."""
    for path in paths:
        value = look_up(record, path)
        if value is not None:
            return value
    return None


def look_up(record: Record, path: str) -> Any:
    """Return the value at a path of keys; keys may hold dots themselves, as in a CSV file made of objects.

    A list of tags, ``key:value``, under the key ``tags`` is read as an object.
    """
    if path in record:
        return record[path]
    for head, rest in _split_path(path):
        inner = record.get(head)
        value = look_up(inner, rest) if isinstance(inner, dict) else find_tag(inner, rest) if head == TAGS else None
        if value is not None:
            return value
    return None


def list_beginnings(path: str) -> list[str]:
    """Return keys of which a record has one if anything is at a path: the path itself, and its beginnings."""
    return [path, *(head for head, _ in _split_path(path))]


def narrow_paths(by_name: Mapping[str, tuple[str, ...]]) -> Callable[[Record], Mapping[str, tuple[str, ...]]]:
    """Return what tells the paths at which a record can hold something, by name; names without any are left out.

    Most of many paths begin with a key that a record does not have. Records with the same of these keys have the same.
    """
    beginnings = frozenset(key for paths in by_name.values() for path in paths for key in list_beginnings(path))

    @lru_cache(maxsize=1 << 8)
    def narrow(keys: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
        held = {
            name: tuple(path for path in paths if not keys.isdisjoint(list_beginnings(path)))
            for name, paths in by_name.items()
        }
        return {name: paths for name, paths in held.items() if paths}

    return lambda record: narrow(beginnings.intersection(record))


def find_tag(tags: Any, key: str) -> str | None:
    """Return the value of the first tag of a list that has a key; None if there is none, or if it is no list."""
    values = (
        tag.partition(":")[2]
        for tag in (tags if isinstance(tags, list) else ())
        if isinstance(tag, str) and tag.startswith(f"{key}:")
    )
    return next(values, None)


@lru_cache(maxsize=1 << 10)
def _split_path(path: str) -> tuple[tuple[str, str], ...]:
    """Return all ways to cut a path in two at a dot, the shortest head first."""
    keys = path.split(".")
    return tuple((".".join(keys[:at]), ".".join(keys[at:])) for at in range(1, len(keys)))


def to_text(value: Any) -> str:
    """Return a value of a record as text; empty for null, lists and objects."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return value if isinstance(value, str) else f"{value:.6f}" if isinstance(value, float) else str(value)
