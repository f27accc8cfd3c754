"""The lines of a file to items: documents among them are found and taken apart, everything else stays a line.

Owns: how each kind of document is told by its first line, CSV, W3C and journal files. Must not know: what a record
means, line formats (it is told which lines are known).

A file may hold documents of several kinds, and lines between them.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final, Literal

from logparse.envelopes import jsontext, yamltext
from logparse.envelopes.items import Item, Record, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Columns that hold a line of a log, in any spelling.
_MESSAGES: Final = frozenset(
    {
        "@message", "_raw", "textpayload", "jsonpayload.message", "logmessage", "logentry", "message", "log", "line",
        "msg", "event.original",
    }
)  # fmt: skip
#: ... and columns of a table of requests.
_REQUESTS: Final = re.compile(
    r"(?i)(?:.*[._-])?(?:request_?method|http_?method|method|cs-method)$|(?:.*[._-])?(?:status(?:_?code)?|sc-status)$"
)
_CELL: Final = r"[@_A-Za-z][\w.@:/ ()\[\]-]{0,80}"
_HEADER: Final = re.compile(rf'(?:"{_CELL}"|{_CELL})(?:([,;\t])(?:"{_CELL}"|{_CELL}))*\r?')
#: A cell that goes on over more lines, or more characters, than this has lost its end.
_ROW_LINES: Final = 5_000
_ROW_SIZE: Final = 4 * 1024 * 1024
#: ... and a field of a journal's entry.
_FIELD_LINES: Final = 200
#: Rows of a table with unknown columns that are looked at for a column of lines.
_TRIED: Final = 20

#: How documents of other kinds begin; a row of a table does not.
_OTHERS: Final = ("{", "[{", "__CURSOR=", "#Fields:", "---")
_RETURN: Final = "\ue00d"

_VERBOSE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6})(?: (UTC|[A-Z]{2,5}))? "
    r"\[(s=[^\]]*)\]\r?"
)
_FIELD: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


class Layouts:
    """Iterate to get the items of a file, in its order.

    Args:
        lines: numbered, without their line ends.
        known: whether a line is one that a server writes. Such a line is of no document, whatever was begun before it:
            a stranger may have written that.
        holds: whether a known line is in a line or record.
        opens: whether an envelope is around a record.
        fields: names of columns or keys that hold the line, as the user says.
    """

    def __init__(
        self,
        lines: Iterator[tuple[int, str]],
        known: Callable[[str], bool],
        holds: Callable[[str | Record], bool],
        opens: Callable[[Record], bool],
        fields: frozenset[str] = frozenset(),
    ) -> None:
        self._lines = Source(lines)
        self._known = known
        self._holds = holds
        self._plain = False  # a known line was seen: the file is none whose header is lost
        self._opens = opens
        self._fields = fields
        self._messages = _MESSAGES | {name.lower() for name in fields}

    def __iter__(self) -> Iterator[Item]:
        first = True
        for number, line in self._lines:
            yield from self._items(number, line, first=first)
            first = first and not line.strip()

    def _items(self, number: int, line: str, *, first: bool) -> Iterator[Item]:
        sign = line[:1]
        if sign in "{[ \t":
            yield from self._json(number, line)
        elif sign == "_" and line.startswith("__CURSOR="):
            yield from self._export(number, line)
        elif sign == "#" and line.startswith("#Fields:"):
            yield from self._w3c(number, line)
        elif sign == "-" and line.rstrip() == "---":
            yield from yamltext.documents(number, line, self._lines, self._known)
        elif sign in "MTWFS" and (found := _VERBOSE.fullmatch(line)):
            yield from self._verbose(number, line, found)
        elif (header := _HEADER.fullmatch(line)) is not None and self._is_header(line, header[1], first=first):
            yield from self._csv(number, line, header[1] or ",", first=first)
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
        if (items := jsontext.of_line(number, line, self._opens)) is not None:
            yield from items
        elif jsontext.begins(line):
            yield from jsontext.document(number, line, self._lines, self._opens)
        else:
            yield Item(number, line)

    # -- CSV --------------------------------------------------------------------------------------------------------

    def _is_header(self, line: str, separator: str | None, *, first: bool) -> bool:
        return self._names_message(line, separator) or (first and separator is not None)

    def _names_message(self, line: str, separator: str | None) -> bool:
        names = _cells(line, separator or ",")
        if separator is None and len(names) == 1:
            return names[0].lower() in self._messages
        requests = {
            bool(found[0].lower().endswith(("status", "code"))) for name in names if (found := _REQUESTS.match(name))
        }
        return any(name.lower() in self._messages for name in names) or len(requests) > 1

    def _csv(self, number: int, line: str, separator: str, *, first: bool) -> Iterator[Item]:
        """A table, if one of its first rows holds a known line; else its lines.

        A cell may hold known lines behind a line break, but only in a file that begins with the table.
        """
        names, sure = _cells(line, separator), False
        held, raw = [Item(number, line, hollow=True)], [(number, line)]
        for at, begun in self._lines:
            row, lines = self._row(begun, whole=sure and first)
            cells = _cells(row, separator) if row is not None else []
            if begun == line:  # two exports, one behind the other
                held.append(Item(at, begun, hollow=True))
            elif len(cells) == len(names) and (told := self._is_row(begun, cells, names)) is not None:
                held.append(Item(at, "", dict(zip(names, cells, strict=True)), len(lines)))
                sure = sure or told
            elif row is not None and begun.startswith(_OTHERS):
                self._back(at, lines)
                break
            else:
                held.append(Item(at, begun))
                self._back(at + 1, lines[1:])
                lines = lines[:1]
            raw += enumerate(lines, at)
            if sure:
                yield from held
                held.clear()
            elif len(held) > _TRIED:
                break
        yield from held if sure else (Item(at, text) for at, text in raw)

    def _is_row(self, line: str, cells: list[str], names: list[str]) -> bool | None:
        """Whether a known line is in a row; None if it is no row, but a line that holds as many separators."""
        if len(names) == 1 and not line.startswith('"'):
            return None
        if self._holds(dict(zip(names, cells, strict=True))) or any(self._known(cell) for cell in cells):
            return True
        return None if self._known(line) else False

    def _row(self, line: str, *, whole: bool) -> tuple[str | None, list[str]]:
        """A row with all its lines; None for its text if a cell has no end."""
        lines, open_, size = [line], line.count('"') % 2, len(line)
        while open_:
            following = next(self._lines, None)
            lost = len(lines) >= _ROW_LINES or size > _ROW_SIZE
            if following is None or lost or (not whole and self._known(following[1])):
                if following is not None:
                    self._lines.put_back(*following)
                return None, lines
            lines.append(following[1])
            size += len(following[1])
            open_ ^= following[1].count('"') % 2
        return "\n".join(lines), lines

    def _back(self, number: int, lines: list[str]) -> None:
        for at in range(len(lines) - 1, -1, -1):
            self._lines.put_back(number + at, lines[at])

    # -- pieces of documents whose beginning is lost ----------------------------------------------------------------

    def _piece(self, number: int, line: str, *, first: bool) -> Iterator[Item]:
        """Records in the first line of a file, or a row of a table without its header, as long as no known line came.

        What a client sends may look like either, but not at the beginning of a file, and not like a whole row.
        """
        self._plain = self._known(line) or self._holds(line)
        found = jsontext.pieces(number, line, self._opens) if first and '{"' in line and not self._plain else []
        if not found and '""' in line and not self._plain:
            cells = _cells(line, ",")
            whole = line.removesuffix("\r") in (_row(cells, csv.QUOTE_MINIMAL), _row(cells, csv.QUOTE_ALL))
            lines = [cell for cell in cells if '"' in cell and self._known(cell)] if whole else []
            found = [Item(number, lines[0])] if len(lines) == 1 else []
        yield from found or [Item(number, line)]

    # -- W3C extended log files -------------------------------------------------------------------------------------

    def _w3c(self, number: int, line: str) -> Iterator[Item]:
        names = line.removeprefix("#Fields:").split()
        yield Item(number, line, hollow=True)
        for at, row in self._lines:
            text = row.removesuffix("\r")
            cells = text.split("\t") if "\t" in text else text.split()
            if text.startswith("#Fields:") or len(cells) != len(names) or self._known(text):
                if text.startswith("#") and not text.startswith("#Fields:"):
                    yield Item(at, row, hollow=True)
                    continue
                self._lines.put_back(at, row)
                return
            yield Item(at, "", dict(zip(names, cells, strict=True)))

    # -- journals ---------------------------------------------------------------------------------------------------

    def _export(self, number: int, line: str) -> Iterator[Item]:
        """One entry of the journal export format: fields up to an empty line, some with a length and raw bytes.

        Lines that turn out to be no entry stay lines.
        """
        record: Record = {}
        lines: list[str] = []
        self._lines.put_back(number, line)
        for at, field in self._lines:
            key, sign, value = field.removesuffix("\r").partition("=")
            if not field.strip():
                lines.append(field)
                break
            if not _FIELD.fullmatch(key) or (key == "__CURSOR" and lines):
                self._lines.put_back(at, field)
                break
            lines.append(field)
            if sign:
                record[key] = value
            else:
                value, raw = self._bytes(at + 1)
                lines += raw
                record[key] = value
        if {"MESSAGE", "__REALTIME_TIMESTAMP"} <= set(record):
            yield Item(number, "", record, len(lines))
        else:
            yield from (Item(number + at, text) for at, text in enumerate(lines))

    def _bytes(self, number: int) -> tuple[str, list[str]]:
        """The value of a field that comes as its length and its bytes, and the lines that it takes."""
        held, lines = b"", []
        for _, line in self._lines:
            lines.append(line)
            held += line.encode("utf-8", "surrogateescape") + b"\n"
            size = int.from_bytes(held[:8], "little")
            if self._known(line) or len(lines) > _FIELD_LINES:
                break
            if len(held) > 8 and (size > _ROW_SIZE or len(held) >= 9 + size):  # noqa: PLR2004 - the length comes first
                if len(held) == 9 + size:
                    return held[8 : 8 + size].decode("utf-8", "surrogateescape"), lines
                break
        # The length does not end at the end of a line: this is no such field.
        self._back(number, lines)
        return "", []

    def _verbose(self, number: int, line: str, found: re.Match[str]) -> Iterator[Item]:
        record: Record = {"__REALTIME_TIMESTAMP": f"{found[1]} {found[2] or ''}".rstrip(), "__CURSOR": found[3]}
        lines, key = [line], ""
        for at, field in self._lines:
            if not field.startswith("    "):
                self._lines.put_back(at, field)
                break
            lines.append(field)
            name, sign, value = field.strip(" ").removesuffix("\r").partition("=")
            if sign and not field.startswith("     ") and re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
                key, record[name] = name, value
            elif key:
                record[key] = f"{record[key]}\n{field.strip(' ')}"
        yield Item(number, "", record, len(lines))


def _row(cells: list[str], quoting: Literal[0, 1]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting, lineterminator="").writerow(cells)
    return stream.getvalue()


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a row; none if it cannot be parted."""
    # To the reader a carriage return is the end of a row, wherever it stands; exports do not always quote it.
    text = line.removesuffix("\r").replace("\r", _RETURN)
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:  # a cell of more than 128 KiB
        return []
    return [cell.replace(_RETURN, "\r") for cell in cells] if _RETURN in text else cells
