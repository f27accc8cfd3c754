"""Which envelopes are around one item of a file, and what is left when they are taken off.

Owns: the search for the envelopes of an item, and which envelopes the lines of this file are in.
Must not know: the order of items, lines that came in parts, line formats (it is told which lines are known).

What stands in front of a line fits several envelopes, and lines of Airflow begin with a time themselves. So an envelope
is taken off only if a known line comes out in the end. A line that is not known is in the envelopes of those around it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from logparse.envelopes.contents import Contents, decode_value, is_behind_request, to_line
from logparse.envelopes.counted_paths import CountedPaths
from logparse.envelopes.envelope import first_value
from logparse.envelopes.fronts.finder import begins_with_times, find_shared_front
from logparse.envelopes.fronts.template import is_front
from logparse.envelopes.loader import choose_among, find_envelope, sort_known_envelopes
from logparse.envelopes.origin import NOWHERE
from logparse.envelopes.payload import BARE, Payload, Wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.envelopes.documents.items import Item
    from logparse.envelopes.envelope import Envelope, Opened
    from logparse.envelopes.payload import Steps
    from logparse.formats.json_lines.objects import Record

#: So many envelopes may be around a line.
DEEPEST: Final = 4
#: So many readings of one line are tried at most.
_TRIES: Final = 60
#: Keys whose values are a client's to choose: a line of a log in one of them was written by a stranger.
_CLIENTS: Final = re.compile(r"(?i)agent|refer|path|ur[il]|quer|user|header|cookie|host|request|arg|param")


class Opener:
    """Takes the envelopes of one file off, item by item.

    Args:
        kind: what a line is by itself: ``access`` or ``app``, which a server writes and nobody else; ``other`` for a
            line that tells nothing, ``placeless`` for one that may have lost its client; else empty.
        keys: names of keys or columns that hold the line, as the user says.
        folders: of envelopes of the user's own.

    Attributes:
        main_path: ids of the envelopes that most lines of the file are in, the outermost first.
        paths: those that known lines of the file are in, those of most lines first; see ``CountedPaths``.
    """

    def __init__(self, kind: Callable[[str], str], keys: frozenset[str], folders: tuple[str, ...]) -> None:
        self._kind = kind
        self._keys = keys
        self._of_records, self._of_texts, self._tried = sort_known_envelopes(folders)
        self._front: Envelope | None = None
        self._counted = CountedPaths()
        self.paths = self._counted.paths
        self.main_path: tuple[str, ...] = ()

    def is_known(self, text: str) -> bool:
        """Return whether a line is one that a server writes and nobody else."""
        return self._kind(text) in ("access", "app")

    def is_wrapped(self, record: Record) -> bool:
        """Return whether a record is in an envelope that nothing else looks like, or has a key that the user names."""
        likely = [envelope for name in self.main_path[:1] if (envelope := find_envelope(name)).of_records]
        sure = any(each.open(record) is not None for each in (*likely, *self._possible(record)) if each.sure)
        return sure or first_value(record, tuple(self._keys)) is not None

    def may_be_wrapped(self, text: str) -> bool:
        """Return whether an envelope may be around a line."""
        return bool(self._possible(decode_value(text)))

    def holds_known_line(self, value: str | Record) -> bool:
        """Return whether a known line is in a line or record, in any envelopes."""
        main = self._follow(value, self.main_path, "") if self.main_path else None
        contents = main if main is not None and self.is_known(main.payload.text) else self.search(value)
        return contents is not None and self.is_known(contents.payload.text)

    def learn_keys(self, items: Sequence[Item]) -> None:
        """Learn under which keys the line stands in records that are in no known envelope.

        Args:
            items: the first ones of the file. A key counts if most of their records hold a known line there.
        """
        records = [item.record for item in items if item.record is not None and not self.is_wrapped(item.record)]
        counts: Counter[str] = Counter()
        for record in records:
            cells = record.items() if self.search(record) is None else ()
            counts.update(key for key, cell in cells if isinstance(cell, str) and self.holds_known_line(cell))
        self._keys |= {key for key, count in counts.items() if count * 2 > len(records) and not _CLIENTS.search(key)}

    def learn_paths(self, paths: Sequence[tuple[str, ...]]) -> None:
        """Learn in which envelopes known lines of the file are; the first of them counts as that of most lines."""
        self.main_path = paths[0] if self._front is None else Counter(paths).most_common(1)[0][0]
        for path in paths:
            self._counted.add(path)
        self._try_first([*map(find_envelope, sorted({name for path in paths for name in path if is_front(name)}))])

    def learn_front(self, items: Sequence[Item], *, most: bool) -> bool:
        """Learn which text is in front of most lines of the file, if most are in no known envelope; True: some is.

        Args:
            items: the first ones of the file.
            most: most are not known without it. Else only app lines behind a stamp tell, which begin with two times.
        """
        texts = [item.text for item in items if not item.hollow and item.record is None and item.text.strip()]
        records = (self.open_once(item.value) for item in items if item.record is not None)
        texts += [record.payload.text for record in records if record is not None]
        texts = [text for text in texts if self._kind(text) != "other"]
        unknown = [text for text in texts if (most or begins_with_times(text)) and self.search(text) is None]
        if front := find_shared_front(texts, unknown, self.holds_known_line, self.is_known, most=most):
            self._front = find_envelope(front)
            self._try_first([self._front])
        return self._front is not None

    def _try_first(self, envelopes: Sequence[Envelope]) -> None:
        """Put envelopes in front of those that are tried on texts."""
        self._of_texts = (*envelopes, *(known for known in self._of_texts if known not in envelopes))
        self._tried = choose_among(self._of_texts)

    def known_line(self, item: Item) -> Payload | None:
        """Return the known line in an item, in any envelopes; None if there is none."""
        if item.hollow:
            return None
        contents = self._search_behind_front(item.text) if item.record is None else None
        contents = contents or self.search(item.value, item.text)
        if contents is None or not self.is_known(contents.payload.text):
            return None
        return contents.payload._replace(line=item.line)

    def _search_behind_front(self, text: str) -> Contents | None:
        """What is in a line behind the text in front of most lines; None if that is not there."""
        if self._front is None or (opened := self._open_one(self._front, text)) is None:
            return None
        return self.search(opened.payload, within=BARE.with_envelope(self._front.id, opened))

    def open(self, item: Item) -> Contents:
        """Take the envelopes off an item."""
        payload, more, skip = self._open_item(item)
        return Contents(payload._replace(line=item.line), more, skip)

    def open_text(self, text: str, path: tuple[str, ...]) -> Payload | None:
        """Return what is in just these envelopes, if it is one whole line."""
        if not path:
            return Payload(0, text)
        contents = self._follow(text, path, text)
        if contents is None or contents.more or contents.skip or "\n" in contents.payload.text:
            return None
        return contents.payload

    def _open_item(self, item: Item) -> Contents:
        if item.record is None and not self.main_path and self.is_known(item.text):
            return Contents(Payload(0, item.text))
        if item.record is None and self.paths == [()] and not self.may_be_wrapped(item.text):
            return Contents(Payload(0, item.text))
        value = item.value
        # A line in the envelopes of most lines is in no others instead: a stranger may have tried to look so.
        main = self._follow(value, self.main_path, item.text) if self.main_path else None
        for path in (self.main_path,) if main is not None else self.paths:
            followed = main or self._follow(value, path, item.text)
            if followed is not None and (followed.more or followed.skip or self.is_known(followed.payload.text)):
                self._counted.add(path)
                return followed
        if main is None:
            searched = self.search(value, item.text)
        elif (searched := self.search(main.payload.text, within=main.payload.wrap)) is not None:
            searched = searched._replace(payload=searched.payload._replace(process=main.payload.process))
        if searched is not None and (searched.skip or self.is_known(searched.payload.text)):
            self._counted.add(searched.payload.wrap.path)
            return searched
        likely = (self._follow(value, path, item.text) for path in self.paths if path)
        best = main or next((contents for contents in likely if contents is not None), None) or searched
        return best or self.open_once(value) or Contents(Payload(0, to_line(value, item.text)))

    def open_once(self, value: str | Record) -> Contents | None:
        """Return what is in an envelope that nothing else looks like, around a line that is not known."""
        for envelope in self._possible(value):
            opened = envelope.open(value) if envelope.sure else None
            if opened is not None:
                payload = Payload(0, to_line(opened.payload, ""), BARE.with_envelope(envelope.id, opened))
                return Contents(payload, opened.more, opened.skip)
        return None

    def _follow(self, value: str | Record, path: tuple[str, ...], text: str) -> Contents | None:
        """What is in just these envelopes; None if the item is not in them."""
        wrap, more = BARE, False
        for name in path:
            envelope = find_envelope(name)
            opened = self._open_one(envelope, value)
            if opened is None:
                return None
            wrap, value, text = wrap.with_envelope(envelope.id, opened), opened.payload, ""
            more = more or opened.more
            if opened.skip:
                return Contents(Payload(0, "", wrap), skip=True)
        process = wrap.origin.process if path == self.main_path and wrap.origin != NOWHERE else ()
        return Contents(Payload(0, to_line(value, text), wrap, process=process), more)

    def _open_one(self, envelope: Envelope, value: str | Record) -> Opened | None:
        if not envelope.of_records:
            opened = envelope.open(value) if isinstance(value, str) else None
            return None if opened is not None and is_behind_request(str(value), opened.payload) else opened
        record = decode_value(value)
        if isinstance(record, dict) and envelope.stand_in and self._keys:
            line = first_value(record, tuple(sorted(self._keys)))
            record = {**record, envelope.stand_in: line} if line is not None else record
        return envelope.open(record) if isinstance(record, dict) else None

    def _possible(self, value: str | Record | None) -> Sequence[Envelope]:
        """Envelopes that may be around a value, in their order."""
        if isinstance(value, str):
            return self._tried.choose(value)
        return self._of_records.choose(value or (), named=bool(self._keys))

    def search(self, value: str | Record, text: str = "", within: Wrap = BARE) -> Contents | None:
        """Return the reading with the fewest envelopes in which a line of some kind comes out; None: there is none."""
        tries = _TRIES
        seen: set[str] = set()  # in some envelopes, so whatever they hold comes out of others no sooner
        level: list[tuple[str | Record, Steps, str, bool]] = [(value, (), text, False)]
        for depth in range(DEEPEST + 1):
            following: list[tuple[str | Record, Steps, str, bool]] = []
            for inner, steps, plain, more in level:
                if isinstance(inner, str):
                    if inner in seen:
                        continue
                    seen.add(inner)
                tries -= 1
                line = to_line(inner, plain)
                kind = self._kind(line)
                # A record holds a line as a whole, so nothing can stand in front of it.
                if kind and (kind != "placeless" or (steps and find_envelope(steps[-1][0]).of_records)):
                    return Contents(Payload(0, line, within.with_envelopes(steps)), more)
                if tries <= 0 or depth == DEEPEST:
                    continue
                for envelope in self._possible(record := decode_value(inner)):
                    opened = self._open_one(envelope, record)  # type: ignore[arg-type]
                    if opened is not None and opened.skip:
                        around = within.with_envelopes((*steps, (envelope.id, opened)))
                        return Contents(Payload(0, "", around), skip=True)
                    if opened is not None and opened.payload != inner:
                        following.append((opened.payload, (*steps, (envelope.id, opened)), "", more or opened.more))
            level = following
        return None
