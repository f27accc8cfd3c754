"""The main format of a file: the outline that most of its first lines share, and which further lines are in it.

Owns: the outlines of all line formats in all envelopes, matching lines with an outline.
Must not know: what becomes of lines in the main format.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import split_lines, truth_values
from logparse.envelopes import loader as envelopes
from logparse.envelopes.block import MainFormat
from logparse.envelopes.many import ManyOpener
from logparse.envelopes.origin import Origin
from logparse.formats import loader
from logparse.formats.outline import compile_outline
from logparse.formats.outline_tokens import END

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.payload import Payload
    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline import Outline

#: So many lines at the beginning of a file show its main format; they are read one by one,
HEAD: Final = 600
#: Where these are longer, no main format is looked for: they would all be in memory.
HEAD_SIZE: Final = 8 * 1024 * 1024
#: and at least this share of them must be in it.
SHARE: Final = 0.2
#: What names the process of a line; both of its standard streams are one.
_NAMES: Final = frozenset({*Origin._fields} - {"stream"})
#: Longer lines are read one by one: Docker cuts lines at 16 KiB, and no outline shows that a line is cut.
LONGEST: Final = 1 << 13


@cache
def compile_outlines() -> tuple[Outline, ...]:
    """Compile the outlines of all line formats, bare and in those envelopes whose outline tells all but the time."""
    outlines = []
    for form in loader.shipped():
        for text in form.outlines:
            outlines.append(compile_outline(form.id, text, form.ends, rest=form.rest))
            outlines += [
                compile_outline(
                    f"{envelope.id} > {form.id}",
                    text,
                    envelope.ends or form.ends,
                    around=envelope.outline,
                    escaped=envelope.escaped,
                    rest=form.rest,
                    behind=envelope.rest,
                )
                for envelope in envelopes.shipped()
                if envelope.outline and envelope.sure and not _NAMES.intersection(envelope.tells)
                if not text.endswith(END)
            ]
    return tuple(outlines)


def choose_main_format(
    head: Sequence[str],
    lines: Mapping[int, Payload],
    form: LineFormat,
    path: tuple[str, ...],
    *,
    backwards: bool,
    independent: bool,
) -> MainFormat | None:
    """Choose how many lines of a file are recognised at once; None if they cannot be.

    Args:
        head: the first lines of the file.
        lines: by their place among these, from 0, the access lines of one line format in one way of envelopes.
        form: this line format.
        path: the ids of these envelopes, the outermost first.
        backwards: see ``MainFormat``.
        independent: see ``MainFormat``.
    """
    outermost = envelopes.find_envelope(path[0]) if path else None
    first = next(iter(lines.values()))
    of_records = first.text.startswith("{") if outermost is None else outermost.of_records
    process = first.process
    if all(line.process == process for line in lines.values()):
        outline = _find_outline(ByteLines(encode_lines(head)), lines.keys(), path, form)
        if outline is not None:
            return MainFormat(outline, form.id, path, process, False, of_records, backwards, independent)
    texts = make_opener(path).open(encode_lines(head)).texts
    if any(texts[at] not in (None, line.text.removesuffix("\r")) for at, line in lines.items()):
        return None
    texts = [text if at in lines else None for at, text in enumerate(texts)]
    outline = _find_outline(ByteLines(encode_lines(texts)), lines.keys(), (), form)
    if outline is None and (form.asked is None or sum(key is not None for key in form.asked(texts)) * 2 <= len(lines)):
        return None
    return MainFormat(outline, form.id, path, process, True, of_records, backwards, independent)


def _find_outline(
    written: ByteLines, places: Collection[int], path: tuple[str, ...], form: LineFormat
) -> Outline | None:
    """Find the outline that most of the lines at some places are in, and no other lines.

    If their format has outlines, it is one of these.
    """
    best, most = None, len(places) // 2
    for outline in compile_outlines():
        if outline.path == path and (outline.form == form.id or not form.outlines):
            inside = np.flatnonzero(~written.differ_from(outline)).tolist()
            if len(inside) > most and set(places).issuperset(inside):
                best, most = outline, len(inside)
    return best


def make_opener(path: Sequence[str]) -> ManyOpener:
    """Make what takes lines out of some envelopes, named by their ids."""
    return ManyOpener([envelopes.find_envelope(name) for name in path])


def encode_lines(lines: Iterable[str | None]) -> bytes:
    """Encode lines as they stand in a file; an empty line stands in place of None."""
    return "".join([f"{line or ''}\n" for line in lines]).encode("utf-8", "surrogateescape")


class ByteLines:
    """Whole lines, as they stand in a file; no byte of them is copied.

    Args:
        data: the lines, each ended by a line break, and what stands behind them.

    Attributes:
        texts: the lines, as an Arrow array of bytes.
        bounds: where each line begins, and where the last one ends.
    """

    def __init__(self, data: bytes) -> None:
        self._bytes = np.frombuffer(data, np.uint8)
        self.texts, self.bounds = split_lines(data)

    def out_of_bounds(self, outline: Outline) -> NDArray[np.bool_]:
        """Return which lines are too long, or do not end as lines in the outline do."""
        wrong: NDArray[np.bool_] = np.diff(self.bounds) > LONGEST
        if outline.ends:
            wrong |= self._bytes[np.maximum(self.bounds[1:] - 2, 0)] != outline.ends[0]
        return wrong

    def differ_from(self, outline: Outline) -> NDArray[np.bool_]:
        """Return which lines are not in the outline."""
        return match_lines(self.texts, outline.differs()) | self.out_of_bounds(outline)


def match_lines(lines: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Return which lines an RE2 pattern matches."""
    return truth_values(pc.match_substring_regex(lines, pattern))
