"""Workers that start while this process still gets ready.

Owns: when that is worth it. Must not know: what they will do.

Loading pandas and pyarrow takes half a second in every process: side by side it is half a second in all.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from logparse.cli.options import EngineName
from logparse.common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.pipeline.engines.processes import Crew


@contextmanager
def crew(paths: Sequence[str], workers: int | None, engine: EngineName) -> Iterator[Crew | None]:
    """Worker processes for local files; None where there is too little to read, or others read.

    What is wrong with the paths is left to be said by whoever reads them.
    """
    from logparse.pipeline.engines import pool, processes  # noqa: PLC0415 - late, see logparse.cli
    from logparse.sources import discovery  # noqa: PLC0415 - late, see logparse.cli

    at_once = 1
    if engine is EngineName.LOCAL and not any(path == "-" or "://" in path for path in paths):
        try:
            at_once = processes.worthwhile(pool.cores() if workers is None else workers, discovery.find(paths))
        except InputError:
            at_once = 1
    with processes.standing_by(at_once) as made:
        yield made
