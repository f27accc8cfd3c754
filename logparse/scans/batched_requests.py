"""Requests that were read one by one, put together to columns.

Owns: which requests columns can hold, and how they are made. Must not know: what becomes of the columns.

Only a few formats can be read as columns at once. A verdict costs ten times as much for an object as for a row, so
attempts of all other formats become rows as well, if nothing that is known of them is lost by that.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from logparse.lines.batch import Batch
from logparse.scans.scan import Tagged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.envelopes.origin import Origin, Process
    from logparse.scans.scan import Request

#: Fewer requests that have so much in common are not worth columns of their own.
LEAST: Final = 16
#: Whence a request has a time that is its own.
_OWN_TIMES: Final = frozenset({"line", "envelope"})
_NUMBERS: Final = {
    "line": pa.int64(), "order": pa.int64(), "time": pa.int64(), "status": pa.int16(), "size": pa.int64(),
    "duration": pa.int64(),
}  # fmt: skip
#: Columns of texts, by the attributes of a request.
_TEXTS: Final = {
    "client": "client", "user": "name", "method": "method", "target": "target", "referer": "referer", "agent": "agent",
}  # fmt: skip


class _Common(NamedTuple):
    """What all requests of a batch have in common."""

    source: int
    shadowed: bool
    nameless: bool
    decoded: bool
    process: Process
    origin: Origin
    time_source: str | None


def put_together(requests: Iterable[Request]) -> tuple[list[Tagged], list[Request]]:
    """Return attempts as columns, as far as columns can hold them, and all other requests."""
    groups: defaultdict[_Common, list[Request]] = defaultdict(list)
    rest: list[Request] = []
    for request in requests:
        access = request.access
        if request.tag.channel and _fits(request):
            origin = access.origin._replace(stream="")
            groups[
                _Common(
                    request.source, access.shadowed, access.nameless, access.decoded, access.process, origin,
                    access.time_source,
                )
            ].append(request)  # fmt: skip
        else:
            rest.append(request)
    few = [common for common, some in groups.items() if len(some) < LEAST]
    rest += chain.from_iterable(groups.pop(common) for common in few)
    return [_make_batch(common, some) for common, some in groups.items()], rest


def _fits(request: Request) -> bool:
    """Whether columns hold all that is known of a request.

    They hold no id by which the request can be in another source as well. Texts that are not ASCII may be no UTF-8.
    """
    access = request.access
    if access.record is not None or access.request_id is not None or access.location is not None:
        return False
    if access.proxy is not None or access.vouched or access.time_source not in _OWN_TIMES or access.time_within != 0:
        return False
    return all(text is None or text.isascii() for text in (getattr(access, name) for name in _TEXTS))


def _make_batch(common: _Common, requests: list[Request]) -> Tagged:
    accesses = [request.access for request in requests]
    columns: dict[str, Any] = {
        name: pa.array([getattr(access, name) for access in accesses], kind) for name, kind in _NUMBERS.items()
    }
    for attribute, name in _TEXTS.items():
        if name != "name" or not common.nameless:
            texts = [getattr(access, attribute) for access in accesses]
            columns[name] = pa.array(texts, pa.string()).dictionary_encode()
    streams = [access.origin.stream or None for access in accesses]
    columns["stream"] = pa.array(streams, pa.string()).dictionary_encode()
    tags = {tag: number for number, tag in enumerate({request.tag: None for request in requests})}
    columns["tag"] = pa.array([tags[request.tag] for request in requests], pa.int64())
    batch = Batch(pa.table(columns), common.decoded, common.process, common.origin, common.time_source or "line")
    return Tagged(common.source, batch, [*tags], common.shadowed)
