"""Requests that were read one by one, put together to columns.

Owns: which requests columns can hold, and how they are made. Must not know: what becomes of the columns.

Attempts that were not read as columns (a few in a file, those with the time of an envelope, or with an id) become rows
here, if nothing that is known of them is lost by that: a verdict costs ten times as much for an object as for a row.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from logparse.lines.batch import NUMBERS, PASSED_ON, Batch, can_hold
from logparse.scans.scan import Request, Tagged

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from logparse.envelopes.origin import Origin, Process
    from logparse.lines.access import Access

#: Fewer requests that have so much in common are not worth columns of their own.
LEAST: Final = 16
#: Whence a request has a time that is its own.
_OWN_TIMES: Final = frozenset({"line", "envelope"})
#: Columns of texts, by the attributes of a request.
_TEXTS: Final = {
    "client": "client", "user": "name", "method": "method", "target": "target", "referer": "referer", "agent": "agent",
    "record": "record",
}  # fmt: skip


_texts_of: Final = attrgetter(*_TEXTS)


class _Common(NamedTuple):
    """What all requests of a batch have in common."""

    source: int
    log: int | None
    shadowed: bool
    nameless: bool
    decoded: bool
    process: Process
    origin: Origin
    time_source: str | None


def put_together(
    requests: Iterable[Request], single: Container[tuple[int, int]] | None
) -> tuple[Iterator[Tagged], list[Request]]:
    """Return attempts as columns, which are made one by one, as far as columns can hold them, and all other requests.

    Args:
        requests: some requests.
        single: source and order of those that must stay objects; None: it is not known yet which lines count, so
            those that hold an id, by which they can be in another source as well, stay objects, too.
    """
    groups: defaultdict[_Common, list[Request]] = defaultdict(list)
    rest: list[Request] = []
    for request in requests:
        access = request.access
        free = _has_no_id(access) if single is None else (request.source, access.order) not in single
        if free and request.tag.channel and _fits(access):
            origin = access.origin._replace(stream="")
            groups[
                _Common(
                    request.source, request.log, access.shadowed, access.nameless, access.decoded, access.process,
                    origin, access.time_source,
                )
            ].append(request)  # fmt: skip
        else:
            rest.append(request)
    few = [common for common, some in groups.items() if len(some) < LEAST]
    rest += chain.from_iterable(groups.pop(common) for common in few)
    return (_make_batch(common, some) for common, some in groups.items()), rest


def part_by_id(columns: Iterable[Tagged], requests: list[Request]) -> tuple[list[Tagged], list[Request]]:
    """Make objects of those requests that hold an id, by which they can be in another source as well.

    Args:
        columns: requests of a source.
        requests: others of the same source, as objects.

    Returns:
        The requests without an id, and the objects in the order of the lines.
    """
    rest, objects = list[Tagged](), [*requests]
    for tagged in columns:
        rows = tagged.batch.rows
        if "request_id" not in rows.column_names:
            rest.append(tagged)
            continue
        with_id = rows["request_id"].is_valid().to_numpy()
        objects += tagged.select(with_id).to_requests()
        if not with_id.all():
            others = tagged.select(~with_id)
            batch = others.batch._replace(rows=others.batch.rows.drop_columns([*PASSED_ON]))
            rest.append(others._replace(batch=batch))
    return rest, sorted(objects, key=lambda request: request.access.order)


def _has_no_id(access: Access) -> bool:
    return access.record is None and access.request_id is None


def _fits(access: Access) -> bool:
    """Whether columns hold all that a verdict needs; texts that are not ASCII may be no UTF-8."""
    if access.time_source not in _OWN_TIMES or access.time_within != 0:
        return False
    held = can_hold(
        nameless=access.nameless, user=access.user, vouched=access.vouched, proxy=access.proxy, location=access.location
    )
    return held and "".join(filter(None, _texts_of(access))).isascii()


def _make_batch(common: _Common, requests: list[Request]) -> Tagged:
    accesses = [request.access for request in requests]
    columns: dict[str, Any] = {
        name: pa.array(list(map(attrgetter(name), accesses)), kind) for name, kind in NUMBERS.items()
    }
    for attribute, name in _TEXTS.items():
        if name != "name" or not common.nameless:
            texts = list(map(attrgetter(attribute), accesses))
            columns[name] = pa.array(texts, pa.string()).dictionary_encode()
    streams = [access.origin.stream or None for access in accesses]
    columns["stream"] = pa.array(streams, pa.string()).dictionary_encode()
    tags = {tag: number for number, tag in enumerate({request.tag: None for request in requests})}
    columns["tag"] = pa.array([tags[request.tag] for request in requests], pa.int64())
    batch = Batch(pa.table(columns), common.decoded, common.process, common.origin, common.time_source or "line")
    return Tagged(common.source, batch, [*tags], common.shadowed, common.log)
