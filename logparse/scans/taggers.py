"""The tagger of each thread, and readers that share what it knows.

Owns: what is remembered from one source to the next. Must not know: how lines are read or tagged.
"""

from __future__ import annotations

from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Final

from logparse.formats.given import compile_formats
from logparse.formats.recognizer import Recognizer
from logparse.scans.settings import make_reader, ruleset
from logparse.scans.tagging import Tagger

if TYPE_CHECKING:
    from logparse.formats.given import Given
    from logparse.lines.line_reader import LineReader
    from logparse.scans.settings import Setup

#: So many are kept.
_KEPT: Final = 16


def tagger_for(setup: Setup) -> Tagger:
    """Return the one tagger for all that this thread reads: the same requests stand in all sources and weeks."""
    return _tagger_of(setup.rule_folders, setup.formats, get_ident())


@lru_cache(maxsize=_KEPT)
def _tagger_of(folders: tuple[str, ...], formats: Given, thread: int) -> Tagger:  # noqa: ARG001 - its own
    return Tagger(ruleset(folders))


@lru_cache(maxsize=_KEPT)
def _recognizer_of(formats: Given, thread: int) -> Recognizer:  # noqa: ARG001 - its own
    return Recognizer(compile_formats(formats))


def make_reader_for(setup: Setup, tagger: Tagger, written: int | None = None) -> LineReader:
    """Make a reader that asks the prefilter of a tagger, and the one recognizer of this thread; see ``make_reader``."""
    return make_reader(setup, tagger.rules, written, tagger.prefilter, _recognizer_of(setup.formats, get_ident()))
