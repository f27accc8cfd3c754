"""Taking a person out of an archive: all lines and records that name the person, and all attempts of theirs.

Owns: which lines and records are about a person. Must not know: how lines are stored, how weeks are made.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from logparse.archive import days
from logparse.common.errors import InputError
from logparse.pipeline.weekly.removal import change_archive
from logparse.pipeline.weekly.week_reports import read_attempts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.archive.index import Index
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.weekly.update import Run

#: Columns of stored lines that hold a name as a whole, and those that may hold one among other words.
_WHOLE: Final = "name"
_AMONG: Final = ("text", "target", "referer", "location")
#: Lists of records in objects of exports, and fields of a record that hold names.
_RECORDS: Final = ("audit", "runs", "users")
_NAMES: Final = ("user", "display", "name")


@dataclass(slots=True)
class Forgotten:
    """What is, or would be, taken out.

    Attributes:
        lines: stored lines: requests and messages.
        records: rows of exports: audit log, DAG runs, users.
        examples: lines in no known form that were kept to be shown.
        days: days of the lines.
    """

    lines: int = 0
    records: int = 0
    examples: int = 0
    days: set[str] = field(default_factory=set)


def forget_people(
    place: str,
    names: Sequence[str],
    rules: Sequence[str] = (),
    *,
    wait: float = 0.0,
    key: str | None = None,
    dry_run: bool = False,
) -> Forgotten:
    """Take people out of an archive, and make the weeks again that they are in.

    Args:
        place: folder or URL.
        names: names of users, as Airflow knows them or as they were typed; upper and lower case are the same.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.
        key: of the pseudonyms that the archive shows.
        dry_run: count only.

    Raises:
        InputError: the archive holds nothing of them.
        OutputError: the archive cannot be read or written; it is as it was before.
    """
    with change_archive(place, rules, wait, key, dry_run=dry_run) as run:
        person = _Person(names)
        done = Forgotten()
        _forget_lines(run, person, _find_attempts(run, _find_shown(run, person, names)), done)
        _forget_records(run, person, done)
        _forget_examples(run.index, person, done)
        _clean_record(run, person)
        if not (done.lines or done.records or done.examples):
            raise InputError(names[0], "the archive holds nothing of a user of this name", "see its reports by_user")
        run.addition.touched |= done.days
        if done.records:
            run.index.stale = sorted({*run.index.stale, *run.index.weeks})
    return done


class _Person:
    """Tells texts that name somebody."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {name.casefold() for name in names}
        any_of = "|".join(re.escape(name) for name in names)
        self._among = re.compile(rf"(?<![\w.@-])(?:{any_of})(?![\w@-]|\.\w)", re.IGNORECASE)

    def is_named(self, text: str | None) -> bool:
        """Whether a text is the name; 2.6 adds the display name in brackets."""
        return text is not None and (
            text.casefold() in self._names or text.partition(" (")[0].casefold() in self._names
        )

    def list_spellings(self, text: str) -> list[str]:
        """Return the names as a text writes them."""
        return self._among.findall(text)

    def is_among(self, text: str) -> bool:
        """Whether a text holds the name as a word of its own."""
        return self._among.search(text) is not None


def _find_shown(run: Run, person: _Person, names: Sequence[str]) -> set[str]:
    """Return how tables show the people: a pseudonym is made of a name as it is written in a line or a record."""
    spelt = set(names)
    for day in run.index.days:
        for rows in days.read_day(run.storage, run.index, day):
            for column in (_WHOLE, *_AMONG):
                spelt.update(*map(person.list_spellings, _list_words(rows[column].combine_chunks())))
    for name in {export.object for export in run.index.exports} | {
        name for week in run.index.weeks.values() for name in week.people.values()
    }:
        for record in (record for kind in _RECORDS for record in _read_json(run.storage, name).get(kind) or ()):
            spelt.update(*(person.list_spellings(record.get(key) or "") for key in _NAMES))
    privacy = run.job.options.privacy
    return {shown for name in spelt if (shown := privacy.show("user", name)) is not None}


def _find_attempts(run: Run, shown: Collection[str]) -> Mapping[bytes, set[int]]:
    """Return the lines of attempts that are those of the people, by key of the source: evidence may have shown that."""
    found: dict[bytes, set[int]] = defaultdict(set)
    entries = defaultdict(list)
    for entry in run.index.sources.values():
        entries[entry.name].append(entry)
    for name, week in run.index.weeks.items():
        attempts = read_attempts(run.storage, week.part, name)
        mine = attempts[attempts["user"].isin(shown)]
        for source, line in zip(mine["source"], mine["line"], strict=True):
            for entry in entries[source]:
                if entry.since < line and (entry.until is None or line <= entry.until):
                    found[entry.key.encode()].add(int(line))
    return found


def _forget_lines(run: Run, person: _Person, attempts: Mapping[bytes, set[int]], done: Forgotten) -> None:
    for day in sorted(run.index.days):
        kept, gone = [], 0
        for rows in days.read_day(run.storage, run.index, day):
            named = _are_about(rows, person, attempts)
            gone += int(named.sum())
            kept.append(rows.filter(pa.array(~named)))
        if gone:
            done.lines += gone
            done.days.add(day)
            days.replace_day(run.storage, run.index, day, kept)


def _are_about(rows: pa.Table, person: _Person, attempts: Mapping[bytes, set[int]]) -> NDArray[np.bool_]:
    """Return which stored lines are about the people."""
    named = _fitting(rows[_WHOLE], person.is_named)
    for column in _AMONG:
        named |= _fitting(rows[column], person.is_among)
    sources = rows["source"].combine_chunks()
    keys, codes, lines = sources.dictionary.to_pylist(), sources.indices.to_numpy(), rows["line"].to_numpy()
    for code, key in enumerate(keys):
        if key in attempts:
            named |= (codes == code) & np.isin(lines, sorted(attempts[key]))
    return named


def _list_words(words: pa.DictionaryArray) -> list[str]:
    return [word.decode("utf-8", "surrogateescape") for word in words.dictionary.to_pylist()]


def _fitting(column: pa.ChunkedArray, test: Callable[[str], bool]) -> NDArray[np.bool_]:
    words = column.combine_chunks()
    fits = [*map(test, _list_words(words))]
    known = np.array([*fits, False], np.bool_)
    found: NDArray[np.bool_] = known[words.indices.fill_null(len(fits)).to_numpy()]
    return found


def _forget_records(run: Run, person: _Person, done: Forgotten) -> None:
    """Take rows of exports out: of the audit log, of DAG runs, and of users."""
    index, storage = run.index, run.storage
    written: dict[str, str] = {}
    for export in index.exports:
        export.object = _rewrite(storage, export.object, person, written, done)
    for week in index.weeks.values():
        week.people = {label: _rewrite(storage, name, person, written, done) for label, name in week.people.items()}


def _rewrite(storage: Storage, name: str, person: _Person, written: dict[str, str], done: Forgotten) -> str:
    """Return the name of an object without the records of the people; the same one if it holds none."""
    if name not in written:
        held = _read_json(storage, name)
        before = sum(len(held.get(kind) or ()) for kind in _RECORDS)
        for kind in _RECORDS:
            if held.get(kind):
                held[kind] = [record for record in held[kind] if not _is_about(record, person)]
        gone = before - sum(len(held.get(kind) or ()) for kind in _RECORDS)
        done.records += gone
        text = json.dumps(held, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
        written[name] = storage.put(text) if gone else name
    return written[name]


def _read_json(storage: Storage, name: str) -> dict[str, Any]:
    with storage.open(name) as stream:
        held: dict[str, Any] = json.loads(stream.read())
    return held


def _is_about(record: Mapping[str, Any], person: _Person) -> bool:
    return any(person.is_named(record.get(key)) for key in _NAMES)


def _forget_examples(index: Index, person: _Person, done: Forgotten) -> None:
    for told in (*(entry.told for entry in index.sources.values()), *index.failed.values()):
        kept = [[line, text] for line, text in told["unparsed"] if not person.is_among(text)]
        done.examples += len(told["unparsed"]) - len(kept)
        told["unparsed"] = kept


def _clean_record(run: Run, person: _Person) -> None:
    """Take lines of messages that name the people out of the record of the last run."""
    if not run.index.record:
        return
    told = _read_json(run.storage, run.index.record)
    for kind in ("messages", "problems"):
        told[kind] = [
            "\n".join(line for line in message.split("\n") if not person.is_among(line)) for message in told[kind]
        ]
    run.index.record = run.storage.put((json.dumps(told, indent=1, sort_keys=True) + "\n").encode())
