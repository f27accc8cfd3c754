"""YAML to records: what ``gcloud logging read`` prints unless it is told otherwise, and lists such as those of ``aws``.

Owns: where a document, or an item of a list, begins and ends.
Must not know: what a record means, how plain YAML is read (``yaml_text``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from logparse.envelopes.documents import yaml_text
from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue

_KEY: Final = re.compile(r"""(["']?[A-Za-z_@][\w.@/-]*["']?):(?: .*)?\r?""")
#: What goes on from the line before stands further in, or is an item of a list.
_GOES_ON: Final = re.compile(r"[ \t].*|- .*|-|\r?", re.DOTALL)
_ITEM: Final = re.compile(r"( {0,8})- (?=[A-Za-z_@][\w.@/-]*:(?: |\r?\Z))")
#: What stands around the items of a list.
_AROUND: Final = re.compile(r"(?:- )?[A-Za-z_]\w{0,60}:(?: (?:\[\]|[\w./+=-]{1,400}))?\r?")
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DOCUMENT: Final = 1024 * 1024
#: So many keys of records are remembered.
_KEYS: Final = 1_000


def begins(line: str) -> bool:
    """Return whether a document begins behind a line."""
    return line.startswith("---") and line.rstrip() == "---"


def begins_list(line: str) -> bool:
    """Return whether a line is the first of an item of a list of mappings, or stands around such a list."""
    return _ITEM.match(line) is not None or _AROUND.fullmatch(line) is not None


class MappingReader:
    """Reads the documents and lists of one file: a key that one of its records has is surely one in the next."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def read_document(
        self, number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]
    ) -> Iterator[Item]:
        """Yield the record of the document that begins behind the given separator, or else its lines.

        A known line, such as ``INFO: ...`` of uvicorn, is none of a document's, though it looks like one.
        """
        yield Item(number, line, hollow=True)
        held: list[str] = []
        start, size = number + 1, 0
        for at, following in lines:
            key = _KEY.fullmatch(following)
            goes_on = key or (held and _GOES_ON.fullmatch(following))
            sure = goes_on and (key[1] in self._keys if key else following[:1] in " \t")
            if not goes_on or size > _DOCUMENT or (not sure and is_known(following)):
                lines.put_back(at, following)
                break
            held.append(following)
            size += len(following)
        record = self._read(held)
        if record is not None:
            yield Item(start, "", record, len(held))
        else:
            yield from (Item(start + at, text) for at, text in enumerate(held))

    def read_list(self, number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
        """Yield the record of the item that begins with a line, or else its lines."""
        begun = _ITEM.match(line)
        if begun is None or line.rstrip("\r").endswith(":"):
            yield Item(number, line, hollow=not is_known(line))
            return
        margin = begun.end()
        held, size, blanks = [line[margin:]], 0, " " * margin
        for at, following in lines:
            if not following.startswith(blanks) or size > _DOCUMENT:
                lines.put_back(at, following)
                break
            held.append(following[margin:])
            size += len(following)
        record = self._read(held)
        if record is not None:
            yield Item(number, "", record, len(held))
        else:
            yield from (Item(number + at, blanks * bool(at) + text) for at, text in enumerate(held))

    def _read(self, lines: list[str]) -> dict[str, Any] | None:
        text = "\n".join(lines)
        # YAML holds no control characters and no bytes that are no UTF-8; whoever logs them hides nothing so.
        if not text.isascii() or _UNPRINTABLE.search(text):
            text = _UNPRINTABLE.sub(lambda hit: f"\\u{ord(hit[0]):04x}" if hit[0] < "\ud800" else "\ufffd", text)
            lines = text.split("\n")
        record: dict[str, Any] | None
        try:
            record = yaml_text.read_mapping([line.removesuffix("\r") for line in lines] if "\r" in text else lines)
        except yaml_text.NotPlain:
            record = _load(text)
        if record is not None and len(self._keys) < _KEYS:
            self._keys.update(record)
        return record


def _load(text: str) -> dict[str, Any] | None:
    import yaml  # noqa: PLC0415 - only such files need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both build plain values only
    try:
        # No export repeats a part by its name: eight lines of such names can stand for a million parts.
        if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, loader)):
            return None
        value = yaml.load(text, loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    # A stamp without quotes becomes a datetime.
    return {str(key): part.isoformat() if hasattr(part, "isoformat") else part for key, part in value.items()}
