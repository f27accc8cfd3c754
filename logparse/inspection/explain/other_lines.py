"""A line that is no access line: the event that it is, what it belongs to, or which format comes nearest.

Owns: the words for these. Must not know: attempts beyond which one an event was joined with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.common.text import shown
from logparse.common.timestamps import format_time
from logparse.inspection.detect import TRY
from logparse.inspection.explain import near_misses
from logparse.inspection.explain.wording import one_of
from logparse.lines.forgery import NAME_LINES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.inspection.explain.context import Around, Known
    from logparse.inspection.explain.wording import Row
    from logparse.scans.scan import Evidence


def describe_message(known: Known, around: Around) -> Iterator[Row]:
    """An app line, or a line of a message of several lines."""
    said = around.messages[around.number]
    if said.continuation:
        yield "kind", f"continuation of {around.above()}"
    else:
        yield "kind", "app line"
        hit = known.fitting(around.line)
        if hit is not None:
            yield "line format", f"{hit[0].id}: {hit[0].title}"
        yield "  time", format_time(said.stamp.utc if said.stamp else None)
        yield "  message", shown(said.text)
        if said.loc:
            yield "  said at", shown(said.loc)
    evidence = known.events.get(around.number)
    if evidence is not None:
        yield from _event(known, evidence, around.number)
    else:
        yield "event", "no event rule is about this message"
        yield from near_misses.events(known.rules.events, said)


def _event(known: Known, evidence: Evidence, order: int) -> Iterator[Row]:
    rule = next(each for each in known.rules.events if each.id == evidence.event.rule)
    yield "event", f"{rule.id}: {rule.title}"
    yield from ((f"  {name}", shown(value)) for name, value in evidence.event.fields.items() if value)
    if evidence.event.detail:
        yield "  code", evidence.event.detail
    same = f", with the same {', '.join(rule.same)}" if rule.same else ""
    yield "  asks for", f"{one_of(rule.requests)}, answered {one_of(rule.statuses)}{same}"
    joined = [
        known.where(each.request.source, each.request.access.line)
        for each in known.everywhere
        if any(said.message is evidence.message for said in each.events)
    ]
    if joined:
        yield "  joined to", f"the attempt in {', '.join(joined)}"
        return
    yield "  joined to", "no attempt: it repeats a message, is about a login or another request, or its own is not here"
    later = (each for line, each in sorted(known.requests.items()) if line > order)
    following = next((each for each in later if {each.tag.channel, each.tag.rule} & set(rule.requests)), None)
    if following is not None:
        answer = f"answered {following.access.status}, {following.tag.rule}"
        yield "  next", f"such a request behind it is in line {following.access.line}: {answer}"


def describe_unkept(known: Known, around: Around) -> Iterator[Row]:
    """A line of which a reader keeps nothing."""
    line, number = around.line, around.number
    hit = known.fitting(line)
    following = next((n for n in range(number + 1, number + NAME_LINES) if n in around.access), None)
    if hit is not None and hit[0].kind in ("access", "app"):
        yield "kind", f"continuation: it looks like a line of {hit[0].id}, but stands inside {around.above()},"
        yield "", "or behind a name that was typed there. A stranger can write such lines, so it counts for nothing."
    elif hit is not None:
        yield "kind", f"{hit[0].kind} line"
        yield "line format", f"{hit[0].id}: {hit[0].title}"
    elif not line.strip("\0 \t"):
        yield "kind", "other: an empty line"
    elif following is not None and _is_name(known, around, following):
        end = around.access[following].line
        yield "kind", f"continuation: part of the request in line {end}, whose user name holds line breaks"
    else:
        yield "kind", "unparsed: no line format reads it"
        like = near_misses.form(line, known.forms)
        if like is not None:
            yield "nearest", f"{like.form.id} ({like.form.title}), {like.alike * 100:.0f} % alike"
            yield "", f"written alike: {shown(like.part)}"
        yield "try", TRY


def _is_name(known: Known, around: Around, end: int) -> bool:
    """Whether the line is part of the user name of the request that ends in line ``end``."""
    start = around.request(known, end)[1]
    name = (around.access[end].user or "").split("\n")
    return start is not None and start < end and (start <= around.number or around.line in name)
