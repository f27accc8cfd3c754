"""The lines of a file to items: documents among them are found and taken apart, everything else stays a line.

Owns: how each kind of document is recognised by its first line.
Must not know: how any of them is read, what a record means, line formats (it is told which lines are known).

A file may hold documents of several kinds, and lines between them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents import journals, json_documents, yaml_documents
from logparse.envelopes.documents.items import AlikeLines, Item, LineQueue
from logparse.envelopes.documents.tables import Tables, find_separator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.block import Block
    from logparse.envelopes.documents.items import Line
    from logparse.formats.json_lines.objects import Record

#: What stands at the beginning of a document, or in one whose beginning is lost, but for the header of a table.
_SIGNS: Final = re.compile(r'[\s{\[_#-]|.*?(?:""|\[s=)', re.DOTALL)


def is_of_no_document(line: str, keys: frozenset[str]) -> bool:
    """Return whether a line that is not the first of its file surely is a line, if no document was begun before it.

    Args:
        line: without its line end.
        keys: names of columns or keys that hold a line of a log, as the user says.
    """
    return _SIGNS.match(line) is None and not find_separator(line, keys, first=False)


class Layouts:
    """Items and blocks of a file, in its order: iterate to get them.

    Args:
        lines: numbered, without their line ends, and blocks of lines in the main format.
        is_known: whether a line is one that a server writes. Such a line is of no document, whatever was begun before
            it: a stranger may have written that.
        holds_known_line: whether a known line is in a line or record.
        is_wrapped: whether an envelope is around a record.
        keys: names of columns or keys that hold the line, as the user says.
        resumed: the lines are not the first of their file; a known line was among those.
    """

    def __init__(
        self,
        lines: Iterator[Line],
        is_known: Callable[[str], bool],
        holds_known_line: Callable[[str | Record], bool],
        is_wrapped: Callable[[Record], bool],
        keys: frozenset[str],
        *,
        resumed: bool,
    ) -> None:
        self._lines = LineQueue(lines)
        self._is_known = is_known
        self._holds_known_line = holds_known_line
        self._resumed = resumed
        self._plain = resumed  # a known line was seen: the file is none whose header is lost
        self._is_wrapped = is_wrapped
        self._mappings = yaml_documents.MappingReader()
        self._tables = Tables(self._lines, is_known, holds_known_line, keys)

    def __iter__(self) -> Iterator[Item | Block]:
        first = not self._resumed
        while True:
            for number, line in self._lines:
                items = list(self._items(number, line, first=first))
                yield from items
                first = first and not line.strip()
                # A line that is of no document by itself, amid many that are equal: so are the others.
                if items == [Item(number, line)] and (alike := self._lines.take_alike()).texts:
                    yield Item(alike.line, alike.texts[0], alike=alike.texts)
            block = self._lines.take_block()
            if block is None:
                return
            if isinstance(block, AlikeLines):
                yield Item(block.line, block.texts[0], alike=block.texts)
                continue
            first, self._plain = False, True
            yield block

    def _items(self, number: int, line: str, *, first: bool) -> Iterator[Item]:
        sign = line[:1]
        if sign in "{[ \t":
            yield from self._json(number, line)
        elif sign == "_" and journals.begins_export(line):
            yield from journals.read_export(number, line, self._lines, self._is_known)
        elif sign == "#" and line.startswith("#Fields:"):
            yield from self._tables.read_w3c(number, line)
        elif sign == "-" and yaml_documents.begins(line):
            yield from self._mappings.read_document(number, line, self._lines, self._is_known)
        elif sign in "MTWFS" and journals.may_begin_verbose(line):
            yield from journals.read_verbose(number, line, self._lines)
        elif separator := self._tables.separator(line, first=first):
            yield from self._tables.read_csv(number, line, separator, first=first)
        elif not self._plain and '"' in line:
            yield from self._piece(number, line, first=first)
        else:
            yield Item(number, line)

    # -- JSON -------------------------------------------------------------------------------------------------------

    def _json(self, number: int, line: str) -> Iterator[Item]:
        stripped = line.lstrip()
        if not stripped.startswith(("{", "[{", "[[")) and stripped.rstrip() not in ("[", "{"):
            yield Item(number, line)
            return
        if (items := json_documents.read_line(number, line, self._is_wrapped)) is not None:
            yield from items
        elif json_documents.may_begin(line):
            yield from json_documents.read_document(number, line, self._lines, self._is_wrapped)
        else:
            yield Item(number, line)

    # -- pieces of documents whose beginning is lost ----------------------------------------------------------------

    def _piece(self, number: int, line: str, *, first: bool) -> Iterator[Item]:
        """Records in the first line of a file, or a row of a table without its header, as long as no known line came.

        What a client sends may look like either, but not at the beginning of a file, and not like a whole row.
        """
        self._plain = self._is_known(line) or self._holds_known_line(line)
        items: list[Item] = []
        if first and '{"' in line and not self._plain:
            items = json_documents.find_pieces(number, line, self._is_wrapped)
        if not items and '""' in line and not self._plain:
            row = self._tables.line_in_row(line)
            items = [] if row is None else [Item(number, row)]
        yield from items or [Item(number, line)]
