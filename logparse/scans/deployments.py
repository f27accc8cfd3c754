"""Which sources are the logs of one Airflow.

Owns: how deployments are recognised: by the names that envelopes give, or by folders.
Must not know: what is made of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.request_store import RequestStore
    from logparse.sources.source import Source

#: Begins the key of a deployment that envelopes name.
NAMED: Final = "deployment "
#: ``2026``, ``22``, ``2026-11-22``, ``dt=20261122``, ``hour=23``, ``h=23``: how sinks and archives name folders.
_DATED: Final = re.compile(r"(?:[a-z]+=)?\d[\d:_-]*")


def split_by_deployment(
    scan: Scan, pages: RequestStore, sources: Sequence[Source], *, together: bool
) -> dict[str, Scan]:
    """Split a scan by deployment: logs of one folder are of one Airflow, unless their envelopes name others.

    Evidence about one Airflow says nothing about another: there the same name may be another person, and the same
    answer another setting.

    Args:
        scan: what is in all sources.
        pages: further requests, as columns.
        sources: by number.
        together: the user says that all sources are of one Airflow.

    Returns:
        The scan of each, by what it is called: by its folder, or as envelopes name it; one that is alone has no name.
    """
    if together:
        return {"": scan}
    groups: dict[str, Scan] = {}
    keys = deployment_keys(scan, pages, sources)
    merged: dict[str, str] = {}  # pieces of one log are of one Airflow, wherever they lie
    for number, log in sorted(scan.logs.items()):
        one, other = _follow(merged, keys[number]), _follow(merged, keys[log])
        if one != other:
            merged[one] = other
    keys = [_follow(merged, key) for key in keys]
    for number, key in enumerate(keys):
        group = groups.setdefault(key, Scan())
        group.coverage[number] = scan.coverage[number]
        if number in scan.logs:
            group.logs[number] = scan.logs[number]
    for request in scan.requests:
        groups[keys[request.source]].requests.append(request)
    for event in scan.evidence:
        groups[keys[event.source]].evidence.append(event)
    if len(groups) == 1:
        return {"": next(iter(groups.values()))}
    return {key.removeprefix(NAMED): scan for key, scan in groups.items()}


def _follow(links: dict[str, str], key: str) -> str:
    while key in links:
        key = links[key]
    return key


def deployment_keys(scan: Scan, pages: RequestStore, sources: Sequence[Source]) -> list[str]:
    """Return a key for each source: the environment that its envelopes name, or its folder.

    Sources with equal keys are logs of one Airflow. A folder that is named after a day or an hour holds a part of the
    logs of one Airflow, so the folder above it counts.
    """
    named: defaultdict[int, set[str]] = defaultdict(set)
    for request in scan.requests:
        named[request.source].add(request.access.origin.deployment)
    for place in pages.places:
        named[place.source].add(place.origin.deployment)
    for event in scan.evidence:
        named[event.source].add(event.message.origin.deployment)
    keys = []
    for number, source in enumerate(sources):
        names = named[number] - {""}
        parts = source.folder.split("/")
        while len(parts) > 1 and _DATED.fullmatch(parts[-1]):
            parts.pop()
        keys.append(f"{NAMED}{names.pop()}" if len(names) == 1 else "/".join(parts))
    return keys
