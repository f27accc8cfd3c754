r"""Rows of a query that are printed one column a line, to records.

So print ``mysql`` with `\G`, ``psql`` with `\x`, ClickHouse in its format Vertical, and PowerShell's ``Format-List``.

Owns: where such a row begins and ends, and which of its lines begin a column. Must not know: what a column means.

All signs behind the names of a row's columns stand one below the other, and no name comes twice. So text of several
lines, which a stranger may have sent, is no further column. The rows are numbered, but for those of PowerShell: a line
that looks like the head of another row is one only if it has the next number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

_LINES: Final = 5_000
_SIZE: Final = 1024 * 1024
_NAME: Final = r"[@_A-Za-z][\w.@() $-]{0,63}?"


class _Style(NamedTuple):
    """How a program prints rows.

    Attributes:
        head: what stands above a row, with its number; None if nothing does.
        column: a line that begins a column: what stands in front of its value, with its name and the sign behind it.
        blank: an empty line ends a row.
        wraps: a value goes on in the next line, set in, since the terminal was too narrow.
    """

    head: re.Pattern[str] | None
    column: re.Pattern[str]
    blank: bool
    wraps: bool = False


_MYSQL: Final = _Style(
    re.compile(r"\*{5,} (\d{1,9})\. row \*{5,}"), re.compile(rf" *(?P<name>{_NAME})(?P<sign>: )"), blank=False
)
_PSQL: Final = _Style(
    re.compile(r"-\[ RECORD (\d{1,9}) \][-+]*"), re.compile(rf"(?P<name>{_NAME}) *(?P<sign>\| ?)"), blank=True
)
_CLICKHOUSE: Final = _Style(re.compile(r"Row (\d{1,9}):"), re.compile(rf"(?P<name>{_NAME}): *(?P<sign>)"), blank=True)
_POWERSHELL: Final = _Style(None, re.compile(rf"(?P<name>{_NAME}) +(?P<sign>: )"), blank=True, wraps=True)
_STYLES: Final = (_MYSQL, _PSQL, _CLICKHOUSE, _POWERSHELL)
#: What the programs print behind the last row, and ClickHouse between the head of a row and its columns.
_END: Final = re.compile(r"\d{1,9} rows? in set\b.*|\(\d{1,9} rows?\)|(?:mysql|MariaDB \[.*\])> ?.*")
_RULE: Final = re.compile("─+")


def begins(line: str) -> bool:
    """Return whether a row may begin with a line."""
    return _find_style(line.removesuffix("\r")) is not None


def _find_style(line: str) -> _Style | None:
    return next((style for style in _STYLES if (style.head or style.column).match(line)), None)


def read_row(number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
    """Yield the row that begins with a line, or else its lines.

    A known line is none of a row's, unless it is the value of a column.
    """
    style = _find_style(line.removesuffix("\r"))
    assert style is not None
    held = [line]
    row = _Row(style, line.removesuffix("\r"))
    size = 0
    for at, following in lines:
        text = following.removesuffix("\r")
        lost = len(held) > _LINES or size > _SIZE or is_known(text)
        if lost or not row.add(text):
            if lost or not style.blank or text:
                lines.put_back(at, following)
            else:
                held.append(following)
            break
        held.append(following)
        size += len(following)
    if len(row.record) > (style.head is None):  # a line of its own with a name in front is no row
        yield Item(number, "", row.record, len(held))
    else:
        yield Item(number, line)
        lines.put_all_back(number + 1, held[1:])


class _Row:
    """A row that is being read.

    Attributes:
        record: its columns and values so far.
    """

    def __init__(self, style: _Style, line: str) -> None:
        self.record: Record = {}
        self._style = style
        self._name = ""
        self._sign = (-1, -1)
        head = style.head.fullmatch(line) if style.head else None
        self._next = int(head[1]) + 1 if head else 0
        if style.head is None:
            self.add(line)

    def add(self, line: str) -> bool:
        """Add a line; return whether it is of this row."""
        style = self._style
        if (style.blank and not line.strip()) or _END.fullmatch(line):
            return False
        if style.head and (head := style.head.fullmatch(line)) and int(head[1]) == self._next:
            return False
        column = style.column.match(line)
        if column and self._sign in ((-1, -1), column.span("sign")) and column["name"] not in self.record:
            self._sign, self._name = column.span("sign"), column["name"]
            self.record[self._name] = line[column.end() :]
        elif not self._name:
            return _RULE.fullmatch(line) is not None
        elif style.wraps and line[: self._sign[1]].isspace():
            self.record[self._name] += line[self._sign[1] :]
        elif style.wraps:
            return False
        else:
            rest = line[self._sign[1] :] if line[: self._sign[0]].isspace() and style is _PSQL else line
            self.record[self._name] += f"\n{rest}"
        return True
