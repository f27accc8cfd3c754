"""Passing over the lines of a file that are like others which cannot matter, before anything in them is decoded.

Owns: which lines are examples, and the lines that are like them. Must not know: how a line is opened or read.

An example is a line that was opened, read, and found to be one that cannot matter. What is like it, see ``likeness``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa

from logparse.envelopes.steps import RecordStep
from logparse.formats.asked import AskedOfRecords
from logparse.formats.outline import Outline
from logparse.formats.outline_tokens import make_literals
from logparse.lines.bulk.likeness import outline_of_envelope, outline_of_payload, outline_of_record
from logparse.lines.bulk.main_format import LONGEST, match_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.many import ManyOpener
    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline_tokens import Token
    from logparse.lines.bulk.sorted_lines import SortedLines
    from logparse.rules.prefilter import Prefilter

#: Of so many lines, examples are taken.
SHOWN: Final = 300
#: In a chunk with fewer lines, examples take longer to make than they save.
WORTH: Final = 5000
#: So many examples are kept: one for each process and method, and for objects with other keys.
_MOST: Final = 6
#: An example is kept if so many of the lines that are like none so far are like it.
_LEAST: Final = 0.03
#: An outline may have so many tokens: each is a level in the expression for lines that differ, and RE2 takes 1000.
_LONGEST: Final = 900
#: So many lines are tried as examples at once.
_TRIED: Final = 8
_NOBODY: Final = -1


class _Example(NamedTuple):
    other: str  # expression of RE2 for lines that are not like it, or may matter
    writer: int


class Sieve:
    """Tells which lines of a file are like lines that cannot matter.

    Args:
        opener: takes the lines out of their envelopes.
        outline: of the lines in them; None: they have none.
        form: their line format.
        prefilter: says which requests a rule may be about.
    """

    def __init__(self, opener: ManyOpener, outline: Outline | None, form: LineFormat, prefilter: Prefilter) -> None:
        self._opener, self._outline, self._form, self._prefilter = opener, outline, form, prefilter
        self._examples: list[_Example] = []
        self._learns = all(isinstance(step, RecordStep) or step.front is not None for step in opener.steps)

    @property
    def empty(self) -> bool:
        """Whether there may be examples, but there are none so far."""
        return self._learns and not self._examples

    def sift(self, lines: pa.Array) -> NDArray[np.int64]:
        """Return for each line that is like an example the process that wrote it; -1 for others.

        Args:
            lines: whole ones, as they stand in the file, as bytes.
        """
        writers = np.full(len(lines), _NOBODY)
        left = np.arange(len(lines))
        for example in self._examples:
            if len(left):
                texts = lines if len(left) == len(lines) else lines.take(pa.array(left))
                like = _find_like(texts, example)
                writers[left[like]] = example.writer
                left = left[~like]
        return writers

    def learn(self, lines: pa.Array, found: SortedLines, sampled: NDArray[np.bool_]) -> None:
        """Choose examples among lines that are like none so far.

        Args:
            lines: as for ``sift``.
            found: how they are sorted.
            sampled: which of them are read whatever they ask for.
        """
        assert found.writers is not None
        passed, writers = ~found.wanted & ~found.differs, found.writers
        may_pass = passed | (sampled & ~found.differs)
        left = np.flatnonzero(passed)[:SHOWN]
        enough, known = max(1, int(_LEAST * len(left))), len(self._examples)
        for _ in range(_TRIED):
            if not self._learns or len(left) < enough or len(self._examples) == _MOST:
                break
            example = self._make_example(lines[int(left[0])].as_py(), int(writers[left[0]]))
            if example is None:
                self._learns = bool(self._examples)
                return
            like = _find_like(lines, example)
            if (like & ~may_pass).any() or (writers[like] != example.writer).any():
                self._learns = False  # no line should be like one from which it differs so
                return
            mine = like[left]
            if np.count_nonzero(mine) < enough:
                mine[0] = True
            else:
                self._examples.append(example)
            left = left[~mine]
        self._learns &= len(self._examples) > known

    def _make_example(self, line: bytes, writer: int) -> _Example | None:
        """Make an example of a line; None if nothing certain can be said of lines like it."""
        end = "\r\n" if line.endswith(b"\r\n") else "\n"
        texts = [line.decode("utf-8", "surrogateescape").removesuffix(end)]
        for step in self._opener.steps:
            texts.append(step.open([texts[-1]]).texts[0] or "")
        fields = self._form.read(texts[-1])
        tokens = self._make_tokens(texts[-1], fields) if fields else None
        for nth, step in reversed([*enumerate(self._opener.steps)]):
            tokens = None if tokens is None else outline_of_envelope(texts[nth], step, texts[nth + 1], tokens)
        if tokens is None or fields is None or len(tokens) > _LONGEST:
            return None
        told = any(token.field == "method" for token in tokens)
        methods = [name for name in self._prefilter.targets if told or name == fields.get("method")]
        anchors = {name: self._prefilter.targets[name].pattern for name in methods}
        statuses = frozenset[str]().union(*(self._prefilter.statuses[name] for name in methods))
        outline = Outline(self._form.id, (*tokens, *make_literals(end)))
        return _Example(outline.wanted(anchors, statuses), writer)

    def _make_tokens(self, text: str, fields: dict[str, str | None]) -> Sequence[Token] | None:
        if text.startswith("{"):
            asked = self._form.asked
            telling = asked.find_telling(text) if isinstance(asked, AskedOfRecords) else ()
            return outline_of_record(text, telling, fields) if telling else None
        return None if self._outline is None else outline_of_payload(self._outline)


def _find_like(lines: pa.Array, example: _Example) -> NDArray[np.bool_]:
    """Return which lines are like an example, and can matter no more than it."""
    offsets = np.frombuffer(lines.buffers()[1], np.int32)[lines.offset : lines.offset + len(lines) + 1]
    like: NDArray[np.bool_] = np.diff(offsets) <= LONGEST
    return like & ~match_lines(lines, example.other)
