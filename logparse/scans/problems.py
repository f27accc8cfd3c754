"""What is said of a source that was not read as a whole, or in part only.

Owns: these texts. Must not know: how a source is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.common.text import count, size
from logparse.envelopes import loader as envelopes
from logparse.sources.chunks import MAX_LINE_BYTES

if TYPE_CHECKING:
    from logparse.lines.result import SourceLines
    from logparse.sources.chunk_reader import ChunkReader


def describe_cut(reading: ChunkReader, lines: SourceLines) -> str:
    """Describe what was cut off from lines that were too long, or that there is no text at all; empty: neither."""
    if 0 < reading.bytes_read == reading.dropped:
        return "holds nothing but NULs; get the log anew"
    cut, left_out = reading.cut_lines + lines.cut_lines, size(reading.cut_bytes + lines.cut_bytes)
    if not cut:
        return ""
    return f"{count(cut, 'line')} longer than {MAX_LINE_BYTES:,} bytes: {left_out} at the end were not read"


def describe_limit(lines: SourceLines) -> str:
    """Describe the problem of an export that holds as many records as one can; empty: there is none."""
    for path, number in lines.envelopes.items():
        if envelopes.find_envelope(path[0]).limit == number:
            return (
                f"holds {number:,} records, as many as such an export ({path[0]}) holds at most: ask for a shorter time"
            )
    return ""


def describe_ends(lines: SourceLines) -> str:
    """Describe that of most requests only the end was read; empty: of most of them all was, or a file begins so."""
    if lines.ends == 1 or lines.ends * 2 <= lines.kinds["access"]:
        return ""
    return f"client and user of {count(lines.ends, 'request')} are not known: give the server's --log-format"
