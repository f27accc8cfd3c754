"""How far reading has come, shown to a person who waits.

Owns: the bar, and that there is none where nobody looks. Must not know: what is read, or how.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.sources.source import Source

_STEPS: Final = 200


@contextmanager
def bar(sources: Sequence[Source], stream: TextIO) -> Iterator[Callable[[int], None] | None]:
    """Show a bar while sources are read; it disappears from nothing but a terminal, since elsewhere there is none.

    Args:
        sources: what will be read; those of unknown size do not move the bar.
        stream: where to show it, standard error.

    Yields:
        What to call with every number of bytes read, or None where nothing is shown.
    """
    total = sum(source.size or 0 for source in sources)
    if not total or not stream.isatty():
        yield None
        return
    step = max(1, total // _STEPS)
    with typer.progressbar(length=total, label="Reading", file=stream, update_min_steps=step) as shown:
        yield shown.update
