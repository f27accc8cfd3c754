"""Generations in a bucket: which holds, how one comes to hold, and how its files come to be seen.

Owns: the records, the marks of what is going on, the order in which files are copied and deleted. Must not know: when
any of this is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.archive.storage.asking import ask_all
from logparse.archive.storage.sealed import OWN_FOLDER, Generation, number_of, numbered, unsealed
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logparse.archive.storage.prefix import Prefix

#: One object for each publisher that has not ended.
MARKS: Final = f"{OWN_FOLDER}/publishing/"
_RECORDS: Final = f"{OWN_FOLDER}/generations/"
_OBJECTS: Final = f"{OWN_FOLDER}/objects/"
_PUBLISHED: Final = f"{OWN_FOLDER}/published"
_TRIES: Final = 5


def newest(prefix: Prefix) -> Generation | None:
    """The generation that holds; None: none does.

    Raises:
        OutputError: it is damaged.
    """
    for _ in range(_TRIES):
        if not (numbers := _numbers(prefix)):
            return None
        try:
            return _read(prefix, numbers[-1])
        except FileNotFoundError:  # it made way for later ones in the meantime
            continue
    raise _damaged(prefix)


def create(prefix: Prefix, new: Generation) -> int | None:
    """Let a generation hold, which is the commit; returns None, or the number of another one that came first."""
    key, record = _record(new.number), new.sealed(whole=True)
    while True:
        try:
            prefix.create(key, record)
            break
        except FileExistsError:
            try:
                if prefix.get(key) == record:  # it is this one: the answer was lost, not the request
                    break
            except FileNotFoundError:  # another writer was at it, and did not succeed
                continue
            return new.number
    later = [number for number in _numbers(prefix) if number > new.number]
    if not later or _follows(prefix, later[0], new):
        return None
    # Others were first by so much that the record of that number was removed in the meantime.
    prefix.delete([key])
    return later[-1]


def publish(prefix: Prefix, head: Generation, before: Generation | None, mark: str) -> None:
    """Bring what is visible in line with a generation, and with later ones if there are such by then.

    Args:
        prefix: where.
        head: the generation.
        before: what is visible now; None: that is not known.
        mark: name for the mark that this is going on.
    """
    prefix.put(f"{MARKS}{mark}", b"")
    while True:
        known = before.visible if before else {}
        changed = [(name, path) for path, name in head.visible.items() if known.get(path) != name]
        ask_all(lambda each: prefix.copy(f"{_OBJECTS}{each[0][:2]}/{each[0]}", each[1]), changed)
        earlier = [known] if before else _others(prefix, head)
        prefix.delete(sorted({path for each in earlier for path in each} - set(head.visible)))
        prefix.put(_PUBLISHED, str(head.number).encode())
        latest = newest(prefix)
        if latest is None or latest.number <= head.number:
            break
        head, before = latest, None
    prefix.delete([f"{MARKS}{mark}"])


def published(prefix: Prefix) -> int:
    """The generation whose files were all published; 0: none, or it is not known."""
    try:
        return number_of(bytes(prefix.get(_PUBLISHED)).decode("ascii", "replace").zfill(8)) or 0
    except FileNotFoundError:
        return 0


def forget(prefix: Prefix, kept: int) -> None:
    """Remove the records of all generations but the last."""
    prefix.delete([_record(number) for number in _numbers(prefix)[:-kept]])


def _follows(prefix: Prefix, number: int, new: Generation) -> bool:
    try:
        return _read(prefix, number).follows == new.token
    except FileNotFoundError:
        return False


def _others(prefix: Prefix, head: Generation) -> list[Mapping[str, str]]:
    found = []
    for number in _numbers(prefix):
        if number < head.number:
            try:
                found.append(_read(prefix, number).visible)
            except (FileNotFoundError, OutputError):  # what it had is not known any more
                continue
    return found


def _read(prefix: Prefix, number: int) -> Generation:
    try:
        return unsealed(bytes(prefix.get(_record(number))))
    except ValueError as error:
        raise _damaged(prefix) from error


def _numbers(prefix: Prefix) -> list[int]:
    names = (key.removeprefix(_RECORDS).removesuffix(".json") for key in prefix.below(_RECORDS))
    return sorted(number for name in names if (number := number_of(name)) is not None)


def _record(number: int) -> str:
    return f"{_RECORDS}{numbered(number)}.json"


def _damaged(prefix: Prefix) -> OutputError:
    where = prefix.remote().name
    return OutputError(where, f"is damaged: the index is damaged; logparse archive verify {where} says more")
