"""Tables to records: CSV in any of its forms, and logs in the W3C's extended format.

Owns: what the header of a table is, what a row is, where a table ends.
Must not know: documents of other kinds, what a record means, line formats (it is told which lines are known).
"""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from logparse.envelopes.documents.items import Item, LineQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.formats.json_lines.objects import Record

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
#: pandas writes the numbers of its rows below a name that is empty.
#: A quoted one may hold quotes, as Google writes ``labels."k8s-pod/app"``.
_QUOTED: Final = r'"[@_A-Za-z](?:[\w.@:/ ()\[\]-]|""){0,80}"'
_HEADER: Final = re.compile(rf"(?:{_QUOTED}|{_CELL}|(?=[,;\t]))(?:([,;\t])(?:{_QUOTED}|{_CELL}))*\r?")
#: Bars with blanks around them stand behind the names of programs, too, and between the columns that a terminal shows.
_BARRED: Final = re.compile(r'(?:"[\w.@ -]{1,80}"|[\w.@-]{1,80})(?:\|(?:"[\w.@ -]{1,80}"|[\w.@-]{1,80}))+\r?')
#: A cell that goes on over more lines, or more characters, than this has lost its end.
ROW_LINES: Final = 5_000
ROW_SIZE: Final = 4 * 1024 * 1024
#: Rows of a table with unknown columns that are looked at for a column of lines.
TRIED: Final = 20
#: How documents of other kinds begin; a row of a table does not.
OTHERS: Final = ("{", "[{", "__CURSOR=", "#Fields:", "---")
_RETURN: Final = "\ue00d"


class Tables:
    """Reads the tables of a file.

    Args:
        lines: of the file, behind the header that was just read.
        is_known: whether a line is one that a server writes.
        holds_known_line: whether a known line is in a line or record.
        keys: names of columns that hold the line, as the user says.
    """

    def __init__(
        self,
        lines: LineQueue,
        is_known: Callable[[str], bool],
        holds_known_line: Callable[[str | Record], bool],
        keys: frozenset[str],
    ) -> None:
        self._lines = lines
        self._is_known = is_known
        self._holds_known_line = holds_known_line
        self._keys = keys

    def separator(self, line: str, *, first: bool) -> str:
        """Return what separates the columns of the table whose header a line is; empty if it is no header."""
        return find_separator(line, self._keys, first=first)

    def read_csv(self, number: int, line: str, separator: str, *, first: bool) -> Iterator[Item]:
        """Yield the rows of a table, if one of its first rows holds a known line; else its lines.

        A cell may hold known lines behind a line break, but only in a file that begins with the table.
        """
        names, sure = split_row(line, separator), False
        held, raw = [Item(number, line, hollow=True)], [(number, line)]
        for at, begun in self._lines:
            row, lines = self._row(begun, whole=sure and first)
            cells = split_row(row, separator) if row is not None else []
            if begun == line:  # two exports, one behind the other
                held.append(Item(at, begun, hollow=True))
            elif len(cells) == len(names) and (proves := self._is_row(begun, cells, names)) is not None:
                held.append(Item(at, "", dict(zip(names, cells, strict=True)), len(lines)))
                sure = sure or proves
            elif row is not None and begun.startswith(OTHERS):
                self._lines.put_all_back(at, lines)
                break
            else:
                held.append(Item(at, begun))
                self._lines.put_all_back(at + 1, lines[1:])
                lines = lines[:1]
            raw += enumerate(lines, at)
            if sure:
                yield from held
                held.clear()
            elif len(held) > TRIED:
                break
        yield from held if sure else (Item(at, text) for at, text in raw)

    def _is_row(self, line: str, cells: list[str], names: list[str]) -> bool | None:
        """Whether a known line is in a row; None if it is no row, but a line that holds as many separators."""
        if len(names) == 1 and not line.startswith('"'):
            return None
        if self._holds_known_line(dict(zip(names, cells, strict=True))) or any(self._is_known(cell) for cell in cells):
            return True
        return None if self._is_known(line) else False

    def _row(self, line: str, *, whole: bool) -> tuple[str | None, list[str]]:
        """A row with all its lines; None for its text if a cell has no end."""
        lines, open_, size = [line], line.count('"') % 2, len(line)
        while open_:
            following = next(self._lines, None)
            lost = len(lines) >= ROW_LINES or size > ROW_SIZE
            if following is None or lost or (not whole and self._is_known(following[1])):
                if following is not None:
                    self._lines.put_back(*following)
                return None, lines
            lines.append(following[1])
            size += len(following[1])
            open_ ^= following[1].count('"') % 2
        return "\n".join(lines), lines

    def read_w3c(self, number: int, line: str) -> Iterator[Item]:
        """Yield the rows whose columns a line ``#Fields:`` names."""
        names = line.removeprefix("#Fields:").split()
        yield Item(number, line, hollow=True)
        for at, row in self._lines:
            text = row.removesuffix("\r")
            cells = text.split("\t") if "\t" in text else text.split()
            if text.startswith("#Fields:") or len(cells) != len(names) or self._is_known(text):
                if text.startswith("#") and not text.startswith("#Fields:"):
                    yield Item(at, row, hollow=True)
                    continue
                self._lines.put_back(at, row)
                return
            yield Item(at, "", dict(zip(names, cells, strict=True)))

    def line_in_row(self, line: str) -> str | None:
        """Return the known line in a row of a table whose header is lost; None if this is not a whole row."""
        cells = split_row(line, ",")
        if line.removesuffix("\r") not in (_written(cells, csv.QUOTE_MINIMAL), _written(cells, csv.QUOTE_ALL)):
            return None
        lines = [cell for cell in cells if '"' in cell and self._is_known(cell)]
        return lines[0] if len(lines) == 1 else None


def _written(cells: list[str], quoting: Literal[0, 1]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=quoting, lineterminator="").writerow(cells)
    return stream.getvalue()


def find_separator(line: str, keys: frozenset[str], *, first: bool) -> str:
    """Return what separates the columns of the table whose header a line is; empty if it is no header.

    Args:
        line: without its line break.
        keys: names of columns that hold the line, as the user says.
        first: it is the first line of a file. Then it may be a header whatever its columns are called.
    """
    header = _HEADER.fullmatch(line)
    if header is None:
        named = _BARRED.fullmatch(line) and not names_of_lines(keys).isdisjoint(map(str.lower, split_row(line, "|")))
        return "|" if named else ""
    if header[1] is None:
        return "," if line.removesuffix("\r").strip('"').lower() in names_of_lines(keys) else ""
    separator = header[1]
    names = [name.lower() for name in split_row(line, separator)]
    messages = not names_of_lines(keys).isdisjoint(names)
    requests = {bool(hit[0].endswith(("status", "code"))) for name in names if (hit := _REQUESTS.match(name))}
    return separator if first or messages or len(requests) > 1 else ""


@lru_cache(maxsize=4)
def names_of_lines(keys: frozenset[str]) -> frozenset[str]:
    """Return the names of columns that hold lines, in small letters."""
    return _MESSAGES | {key.lower() for key in keys}


def split_row(line: str, separator: str) -> list[str]:
    """Return the cells of a row; none if it cannot be split."""
    # To the reader a carriage return is the end of a row, wherever it stands; exports do not always quote it.
    text = line.removesuffix("\r").replace("\r", _RETURN)
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:  # a cell of more than 128 KiB
        return []
    return [cell.replace(_RETURN, "\r") for cell in cells] if _RETURN in text else cells
