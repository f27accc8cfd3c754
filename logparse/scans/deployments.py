"""Which sources are the logs of one Airflow.

Owns: telling that. Must not know: what is made of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.request_store import Pages
    from logparse.sources.source import Source

#: Begins what tells a server that envelopes name.
NAMED: Final = "deployment "
#: ``2026``, ``22``, ``2026-11-22``, ``dt=20261122``, ``hour=23``, ``h=23``: what sinks and archives name folders.
_DATED: Final = re.compile(r"(?:[a-z]+=)?\d[\d:_-]*")


def parted(found: Scan, pages: Pages, sources: Sequence[Source], *, together: bool) -> list[Scan]:
    """Part what was found by server: logs of one folder are of one Airflow, unless their envelopes name others.

    The user may say that all are of one.

    Evidence of one server says nothing about another: there the same name may be another person, and the same
    answer another setting.
    """
    if together:
        return [found]
    groups: dict[str, Scan] = {}
    keys = keys_of(found, pages, sources)
    same: dict[str, str] = {}  # pieces of one log are of one server, wherever they lie
    for number, log in sorted(found.logs.items()):
        one, other = _end(same, keys[number]), _end(same, keys[log])
        if one != other:
            same[one] = other
    keys = [_end(same, key) for key in keys]
    for number, key in enumerate(keys):
        group = groups.setdefault(key, Scan())
        group.coverage[number] = found.coverage[number]
        if number in found.logs:
            group.logs[number] = found.logs[number]
    for request in found.requests:
        groups[keys[request.source]].requests.append(request)
    for said in found.evidence:
        groups[keys[said.source]].evidence.append(said)
    return list(groups.values())


def _end(links: dict[str, str], key: str) -> str:
    while key in links:
        key = links[key]
    return key


def keys_of(found: Scan, pages: Pages, sources: Sequence[Source]) -> list[str]:
    """What tells the server of each source: the environment that its envelopes name, or its folder.

    Folders that are named after a day or an hour part the exports of one server, and not two servers.
    """
    named: defaultdict[int, set[str]] = defaultdict(set)
    for request in found.requests:
        named[request.source].add(request.access.origin.deployment)
    for place in pages.places:
        named[place.source].add("")  # lines in such envelopes are no columns
    for said in found.evidence:
        named[said.source].add(said.message.origin.deployment)
    keys = []
    for number, folder in enumerate([source.folder for source in sources]):
        names = named[number] - {""}
        parts = folder.split("/")
        while len(parts) > 1 and _DATED.fullmatch(parts[-1]):
            parts.pop()
        keys.append(f"{NAMED}{names.pop()}" if len(names) == 1 else "/".join(parts))
    return keys
