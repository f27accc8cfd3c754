"""Workers that start while this process still gets ready.

Owns: when that is worth it. Must not know: what they will do.

Loading pandas and pyarrow takes half a second in every process: side by side it is half a second in all.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from logparse.cli.options import EngineName
from logparse.common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.pipeline.engines.processes import Crew
    from logparse.sources.discovery import Discovery


@contextmanager
def started(paths: Sequence[str], asked: Mapping[str, Any]) -> Iterator[tuple[Crew | None, Discovery | None]]:
    """Start worker processes for local files, and provide what was found to see whether they have enough to do.

    There are no workers where there is too little to read, or others read. Nothing is found where nobody looked, or
    where a path cannot be read: whoever looks next says what is wrong.

    Args:
        paths: what is to be read.
        asked: options of the command: ``workers`` and ``engine``.
    """
    from logparse.pipeline.engines import pool, processes  # noqa: PLC0415 - late, see logparse.cli
    from logparse.sources import discovery  # noqa: PLC0415 - late, see logparse.cli

    found, at_once = None, 1
    if asked["engine"] is EngineName.LOCAL and not any(path == "-" or "://" in path for path in paths):
        with suppress(InputError):
            found = discovery.discover(paths)
            at_once = processes.count_worthwhile(asked["workers"] or pool.count_cores(), found.sources)
    with processes.start_crew(at_once) as crew:
        yield crew, found
