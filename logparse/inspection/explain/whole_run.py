"""What a report was made of besides one log: the other logs of the same Airflow, and exports of its database.

Owns: finding these by an archive, and putting together what several logs hold. Must not know: how a line is explained.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from logparse.archive.storage.opening import open_storage
from logparse.archive.stored_exports import load_exports
from logparse.common.errors import InputError
from logparse.pipeline.weekly.contents import read_index
from logparse.scans import deployments
from logparse.scans.pieces import merging
from logparse.scans.request_store import RequestStore
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.scans.scan import Scan
    from logparse.sources.source import Source
    from logparse.verdicts.exports.loader import Exports


def run_of(place: str, name: str) -> tuple[list[str], Exports]:
    """Return the names of the logs that an archive was made of with one log, and the exports that it holds of them.

    Logs that are no longer where they were are left out.

    Args:
        place: the archive.
        name: of the log, as it was given to the report.

    Raises:
        OutputError: there is no archive, or it cannot be read.
        InputError: the archive was made of no such log.
    """
    storage = open_storage(place)
    index = read_index(storage, place)
    labels = {entry.deployment for entry in index.sources.values() if entry.name == name}
    if not labels:
        raise InputError(
            name, f"is no log that {place} was made of", "name it as `logparse archive list --sources` does"
        )
    label = max(labels)
    names = sorted({entry.name for entry in index.sources.values() if entry.deployment == label})
    return [each for each in names if _is_there(each)], load_exports(
        storage, [export for export in index.exports if export.deployment == label]
    )


def _is_there(name: str) -> bool:
    try:
        return bool(find_sources([name]))
    except InputError:
        return False


def by_deployment(found: Scan, sources: Sequence[Source], exports: Exports) -> Iterable[Scan]:
    """Return the scan of each Airflow, as a run puts together what several sources hold.

    Args:
        found: what all sources hold; its requests and events are changed in place.
        sources: in the order of their numbers.
        exports: of the database; if there are any, all sources are of one Airflow.
    """
    pages = RequestStore(UTC)
    keys = [""] * len(sources) if exports.given else deployments.deployment_keys(found, pages, sources)
    found, _ = merging.merge_pieces(found, pages, [each.name for each in sources], keys)
    return deployments.split_by_deployment(found, pages, sources, together=exports.given).values()
