"""Files that are no logs, recognised by their first bytes.

Owns: archives and other files, and what to do with them.
Must not know: compression, how anything is read.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from logparse.common.errors import InputError
from logparse.common.schema import ATTEMPTS

#: What is said of a table of attempts, and what is to be done.
OWN_TABLE: Final = ("is a table of attempts that logparse wrote, not a log", "name the logs themselves")
#: How zip archives begin, and what the first bytes of one hold if it is a spreadsheet or another such document.
_ZIP, _OFFICE = b"PK\x03\x04", b"[Content_Types].xml"
_UNREADABLE: Final = (
    (_ZIP, "is a zip archive", "unpack it if it is damaged, else give it a name that ends in .zip"),
    (b"PK\x05\x06", "is an empty zip archive", "leave it out"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", "unpack it and name the files inside"),
    (b"Rar!\x1a\x07", "is a RAR archive", "unpack it and name the files inside"),
    (b"PAR1", "is a Parquet file, not a log", "name the file itself, or write its column of log lines to a text file"),
    (b"LPKSHHRH", "is a systemd journal", "pipe it in: journalctl -o json --file FILE | logparse report - --out DIR"),
    (b"\x04\x22\x4d\x18", "is compressed with lz4, which is not read", "pipe it in: lz4 -dc FILE | logparse report -"),
    (b"<?xml", "is an XML document, which is not read", "export the log as CSV, JSON or raw text: each is read"),
    (b"ElfFile\0", "is an event log of Windows", "export its events as CSV or text"),
    (b"\xd0\xcf\x11\xe0", "is a document of an office program", "save its sheet as CSV and name that file"),
    (b"{\\rtf", "is a text with formats (RTF)", "save it as plain text and name that file"),
    (b"\xd4\xc3\xb2\xa1", "is a capture of network packets", "name the log of the server"),
    (b"\x0a\x0d\x0d\x0a", "is a capture of network packets", "name the log of the server"),
    (b"\x1f\x9d", "is compressed with compress (.Z), which is not read", "pipe it in: zcat FILE | logparse report -"),
)
_FROM_ELSEWHERE: Final = "save it as a file and name that, or pipe in what is inside: unzip -p FILE, or tar -xOf FILE"
_FROM_ARCHIVE: Final = (
    "an archive within an archive is read up to 64 MiB, and none within that: unpack the outer one, and name the folder"
)
#: What lies about in folders of logs. A line of text that begins so would have to be meant to.
_FOREIGN: Final = (
    (b"\x89PNG\r\n\x1a\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF87a", "an image"),
    (b"GIF89a", "an image"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\0", "an SQLite database"),
)
#: Text as servers begin lines with; colours and bytes of other alphabets are part of it.
_TEXT: Final = re.compile(rb"[\t\n\r\x1b\x20-\x7e\x80-\xff]*")
_BEGINNING: Final = 8
#: The first columns of the table of attempts, as far as their names stand together in no other table.
_OWN: Final = ",".join(column.name for column in ATTEMPTS[:8]).encode()
#: So many bytes show what a text is written in.
_TELLING: Final = 64
_SHORTEST: Final = 5  # of Java's and Python's compiled files, four bytes stand before the first NUL; `::1 - ` has six


def refuse_unreadable(head: bytes, name: str, *, local: bool = True, inner: bool = False) -> None:
    """Refuse what holds logs in a form that is not read.

    Args:
        head: its first bytes, a tar header's length of them.
        name: of the source, for the message.
        local: it is a file of its own. Members of archives are found only in these.
        inner: it is a member of an archive.

    Raises:
        InputError: it is such a file.
    """
    if head.startswith(_ZIP) and _OFFICE in head:
        raise InputError(name, "is a document of an office program", "save its sheet as CSV and name that file")
    elsewhere = _FROM_ARCHIVE if inner else _FROM_ELSEWHERE
    for mark, problem, remedy in _UNREADABLE:
        if head.startswith(mark):
            raise InputError(name, problem, remedy if local or mark != _ZIP else elsewhere)
    # The numbers of a tar header are NUL-terminated: a stranger cannot make a text log look like one.
    if head[257:262] == b"ustar" and b"\0" in head[100:257]:
        remedy = "unpack it if it is damaged, else give it a name that ends in .tar or .tar.gz"
        raise InputError(name, "is a tar archive", remedy if local else elsewhere)
    # Its rows hold a time, a client, a method, a path and a status, and would be read as the requests of a log.
    if head.removeprefix(codecs.BOM_UTF8).replace(b'"', b"").startswith(_OWN):
        raise InputError(name, *OWN_TABLE)


def detect_other_kind(head: bytes) -> str:
    """Return what a file is that holds no text, by its first bytes; empty for text.

    NULs alone prove nothing: a log that was truncated while a server went on writing begins with a hole, and a stranger
    may get one into a line. So the file must not begin with text either: the beginning of a line is the server's.
    """
    for mark, what in _FOREIGN:
        if head.startswith(mark):
            return what
    rest = head.lstrip(b"\0")
    if b"\0" not in rest or rest.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ""
    if unmarked_encoding(head):
        return ""
    hole = len(head) - len(rest)
    before = rest[: rest.index(b"\0")][:_BEGINNING]
    text = len(before) >= _SHORTEST and _TEXT.fullmatch(before) and not 0 < hole < _BEGINNING
    return "" if text else "a binary file"


def unmarked_encoding(head: bytes) -> str:
    """Return which kind of UTF-16 or UTF-32 a text is that has no mark of it, by its first bytes; empty for others."""
    counts = [head[at::4].count(b"\0") for at in range(4)]
    if len(head) >= _TELLING and sum(counts) > len(head) * 5 // 8:
        most = len(head) // 5
        if min(counts[1:]) > most and not counts[0]:
            return "utf-32-le"
        return "utf-32-be" if min(counts[:3]) > most and not counts[3] else ""
    even, odd = head[::2].count(b"\0"), head[1::2].count(b"\0")
    if len(head) < _TELLING or max(even, odd) <= len(head) // 4 or min(even, odd) > 0:
        return ""
    return "utf-16-be" if even else "utf-16-le"
