"""One line, step by step: how it was read, what it was taken for, what is known about it, what it came to and why.

Owns: the order of the steps and their words; which rules nearly fitted. Must not know: how any step decides; what is
said here is asked of the same functions that a run uses, with the whole file as evidence.
"""

from __future__ import annotations

import io
import re
import sys
import textwrap
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from logparse import correlate, decide, formats, paths, redirects
from logparse.detect import ALIKE, TRY, carries, fit, moment, nearest, only, shown
from logparse.errors import InputError
from logparse.lines import LOOKAHEAD, SPLIT, Reader
from logparse.scan import Setup, ruleset, scan
from logparse.sources import Chunk, Reading, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from logparse.access import Access
    from logparse.correlate import Attempt
    from logparse.formats import Fields, LineFormat
    from logparse.lines import Message
    from logparse.rules import OutcomeRule, RuleSet
    from logparse.scan import Coverage, Evidence, Request

    Row = tuple[str, str]

#: Lines explained at most where none was named.
LIMIT: Final = 20
NEAR: Final = 3
WIDTH: Final = 110
#: As many lines around one are read again as may have a say in what it is.
AROUND: Final = 2 * LOOKAHEAD
#: A browser that follows a redirect does so within this time, microseconds.
FOLLOW_WINDOW: Final = 15_000_000
_REDIRECTS: Final = (301, 302, 303)
_LABEL: Final = 14


@dataclass(frozen=True, slots=True)
class _Source:
    """What a run makes of the whole source."""

    name: str
    coverage: Coverage
    forms: tuple[LineFormat, ...]
    rules: RuleSet
    requests: Mapping[int, Request]
    events: Mapping[int, Evidence]
    attempts: Mapping[int, Attempt]
    judge: decide.Judge


@dataclass(frozen=True, slots=True)
class _Around:
    """The lines around one, and all that the reader keeps of them if it is asked to keep everything."""

    lines: Mapping[int, str]
    access: Mapping[int, Access]
    messages: Mapping[int, Message]


def explain(path: str | None, line: int | None, setup: Setup, stdin: BinaryIO | None = None) -> str:
    """Text for a person about one line of a file, the same for the same file, without secrets.

    Args:
        path: the file; None or ``-`` for standard input.
        line: 1-based number in the decompressed file; None for every line that is a trigger attempt, or for the first
            lines if there is no attempt, ``LIMIT`` at most.
        setup: how to read.
        stdin: stands for standard input.

    Raises:
        InputError: the file cannot be read, or has no such line.
        FormatError, RuleError: formats or rules cannot be used.
    """
    source, data = _twice(only(path), stdin)
    again = partial(io.BytesIO, data)
    found = scan(source, 0, setup, stdin=again())
    entry = found.coverage[0]
    if entry.problem and not entry.lines:
        raise InputError(source.name, entry.problem)
    if line is not None and not 1 <= line <= entry.lines:
        raise InputError(source.name, f"has no line {line}", f"it has {entry.lines:,} lines")
    rules = ruleset(setup.rule_folders)
    attempts = {each.request.access.line: each for each in correlate.correlate(found, rules)}
    whole = _Source(
        name=shown(source.name),
        coverage=entry,
        forms=formats.compile_formats(setup.log_formats),
        rules=rules,
        requests={each.access.line: each for each in found.requests},
        events={each.message.line: each for each in found.evidence},
        attempts=attempts,
        judge=decide.Judge(rules.outcomes),
    )
    wanted = [line] if line is not None else sorted(attempts) or list(range(1, entry.lines + 1))
    texts = _texts(Reading(source, size=setup.chunk_bytes, stdin=again()), wanted[:LIMIT])
    blocks = [_block(whole, number, _around(whole, number, texts, setup)) for number in wanted[:LIMIT]]
    if len(wanted) > LIMIT:
        kind = "trigger attempts" if attempts else "lines"
        blocks.append(f"{len(wanted) - LIMIT:,} more {kind}; name one as {whole.name}:LINE\n")
    return "\n".join(blocks) or f"{whole.name} is empty\n"


# -- the line and its neighbours --------------------------------------------------------------------------------------


def _twice(source: Source, stdin: BinaryIO | None) -> tuple[Source, bytes]:
    """A source that can be read a second time: what comes from a pipe is kept."""
    if source.path is None:
        return source, (stdin or sys.stdin.buffer).read()
    if source.size is None:
        return Source(source.name, None, None), b"".join(chunk.data for chunk in Reading(source))
    return source, b""


def _texts(reading: Reading, wanted: Iterable[int]) -> dict[int, str]:
    near = sorted({number for each in wanted for number in range(max(1, each - AROUND), each + AROUND + 1)})
    texts: dict[int, str] = {}
    for chunk in reading:
        end = chunk.first_line + chunk.data.count(b"\n") + 1
        numbers = [number for number in near if chunk.first_line <= number < end]
        if numbers:
            lines = chunk.data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
            texts.update((n, lines[n - chunk.first_line]) for n in numbers if n - chunk.first_line < len(lines))
    return texts


def _around(whole: _Source, number: int, texts: Mapping[int, str], setup: Setup) -> _Around:
    lines = {n: texts[n] for n in range(max(1, number - AROUND), number + AROUND + 1) if n in texts}
    typed = re.compile("|".join(rule.message for rule in whole.rules.events if rule.typed) or r"(?!)")
    data = "".join(f"{text}\n" for text in lines.values()).encode("utf-8", "surrogateescape")
    read = Reader(whole.forms, lambda _: True, typed, setup.zone).read([Chunk(data, 1)])
    before = min(lines) - 1
    return _Around(
        lines,
        {each.line + before: each for each in read.access},
        {each.line + before: each for each in read.messages},
    )


def _fit(forms: Iterable[LineFormat], line: str) -> tuple[LineFormat, Fields] | None:
    return next(((form, fields) for form in forms if (fields := fit(form, line)) is not None), None)


def _whole_request(whole: _Source, number: int, around: _Around) -> tuple[LineFormat | None, int]:
    """The format that read the access line that ends in line ``number``, and where it begins."""
    text = ""
    forms = [form for form in whole.forms if form.kind == "access"]
    for start in range(number, max(number - SPLIT, min(around.lines) - 1), -1):
        text = around.lines[start] + ("\n" + text if start < number else "").removesuffix("\r")
        hit = _fit(forms, text.removesuffix("\r"))
        if hit is not None and (hit[1].get("user") or "-") == (around.access[number].user or "-"):
            return hit[0], start
    return next((form for form in forms if fit(form, "? - " + around.lines[number].removesuffix("\r"))), None), number


# -- the steps --------------------------------------------------------------------------------------------------------


def _block(whole: _Source, number: int, around: _Around) -> str:
    rows = [("compression", "none" if whole.coverage.codec == "plain" else whole.coverage.codec)]
    if whole.coverage.problem:
        rows.append(("problem", whole.coverage.problem))
    if number in around.access:
        rows += _access_rows(whole, number, around)
    elif number in around.messages:
        rows += _message_rows(whole, number, around)
    else:
        rows += _rest_rows(whole, number, around)
    head = f"{whole.name}:{number}\n    {shown(around.lines[number])}\n\n"
    return head + "".join(_wrapped(label, text) for label, text in rows)


def _wrapped(label: str, text: str) -> str:
    lines = textwrap.wrap(
        " ".join(text.split("\n")), WIDTH - _LABEL - 4, break_long_words=False, break_on_hyphens=False
    ) or ["-"]
    return "".join(f"  {label if not at else '':<{_LABEL}}{line}\n" for at, line in enumerate(lines))


def _access_rows(whole: _Source, number: int, around: _Around) -> Iterator[Row]:
    request = whole.requests.get(number)
    access = request.access if request else around.access[number]
    form, start = _whole_request(whole, number, around)
    yield (
        "kind",
        "access line" + (f", begun in line {start}: its user name holds line breaks" if start < number else ""),
    )
    if form is not None:
        yield "line format", f"{form.id}: {form.title}"
    yield "  time", f"{moment(access.time)}, from {access.time_source}" if access.time is not None else "unknown"
    values = {
        "client": access.client, "user": access.user, "method": access.method, "target": access.target,
        "status": access.status, "size": access.size, "referer": access.referer, "agent": access.agent,
        "location": access.location, "duration": access.duration,
    }  # fmt: skip
    units = {"size": " bytes", "duration": " microseconds", "user": " (claimed)"}
    yield from (
        (f"  {key}", f"{_text(value)}{units.get(key, '')}") for key, value in values.items() if value is not None
    )
    told = carries(form, [around.lines[number]]) if form is not None else {}
    absent = [key for key in values if values[key] is None and not told.get(key, True)]
    if absent:
        yield "  not told", f"{', '.join(absent)}: the format does not carry them"
    if access.shadowed:
        yield "  caution", "the line stands behind a typed name, where a stranger could have written it"
    if request is None:
        yield "attempt", "no rule is about this request"
        yield from _near_attempts(whole, access)
    elif request.tag.channel:
        yield from _attempt_rows(whole, whole.attempts[number])
    else:
        rule = next(each for each in whole.rules.follow_ups if each.id == request.tag.rule)
        yield "attempt", f"no; it is a request that may tell about one: {rule.id} ({rule.title})"
        about = [line for line, each in whole.attempts.items() if _follow_line(whole, each) == number]
        yield "  about", f"the attempt in line {', '.join(map(str, about))}" if about else "no attempt, as far as known"


def _attempt_rows(whole: _Source, attempt: Attempt) -> Iterator[Row]:
    tag = attempt.request.tag
    rule = next(each for each in whole.rules.attempts if each.id == tag.rule)
    yield "attempt", f"{rule.id}: {rule.title}"
    yield "  channel", tag.channel
    yield (
        "  dag_id",
        shown(tag.dag_id) if tag.dag_id else f"the request names none (looked at: {', '.join(rule.dag_id)})",
    )
    yield "  path", shown(tag.path)
    yield "evidence", ""
    yield from _event_rows(whole, attempt)
    if tag.channel == "ui" and attempt.request.access.status in _REDIRECTS:
        yield "  redirect", _redirect(attempt)
        line = _follow_line(whole, attempt)
        at = f", line {line}" if line else ""
        contested = "; contested: it may follow another attempt" if attempt.follow_up_contested else ""
        yield "  follow-up", f"{attempt.follow_up}{at}{contested}" if attempt.follow_up else "none found"
    if tag.channel == "rest_api":
        yield "  Basic", f"{attempt.basic_auth} on this server's REST API, by what all named callers got"
    yield "  channel", ("some" if attempt.channel_accepts else "no") + " attempt on this channel was accepted"
    if attempt.dag_missing:
        yield "  DAG", "an API said that there is no DAG of this id, and none ever ran it"
    facts = whole.judge.facts(attempt)
    yield "facts", "; ".join(f"{name} = {_text(fact)}" for name, fact in facts.items())
    yield from _outcome_rows(whole, attempt, facts)


def _event_rows(whole: _Source, attempt: Attempt) -> Iterator[Row]:
    titles = {rule.id: rule.title for rule in whole.rules.events}
    for each in attempt.events:
        yield "  app line", f"line {each.message.line}: {shown(each.message.text)}"
        detail = f", detail {each.event.detail}" if each.event.detail else ""
        yield "", f"event {each.event.rule}: {titles[each.event.rule]}{detail}"
    if not attempt.events:
        silence = "app lines are at hand, so silence says something" if attempt.app_log else "no app lines are at hand"
        yield "  app line", f"none joined; {silence}"
    if attempt.contested:
        yield "", "contested: another request could have left the app line as well"
    if attempt.rival:
        yield "", "an app line that went to another request could be about this one"


def _redirect(attempt: Attempt) -> str:
    access, found = attempt.request.access, attempt.redirect
    if found.evidence == "location":
        return f"{found.kind}, told by the Location {_text(access.location)}"
    fixed = redirects.FIXED[: 1 if "/dags/" in attempt.request.tag.path else None]
    sums = [f"({access.size} - {each}) / 2 = {(access.size - each) / 2:g}" for each in fixed if access.size]
    told = f"{found.kind}, told by response_size" if found.kind else "not told"
    return f"{told}: " + (
        f"a target of {' or '.join(sums)} characters" if sums else "the line has no Location and no size"
    )


def _follow_line(whole: _Source, attempt: Attempt) -> int | None:
    """The first line that is what ``attempt.follow_up`` says, of the same client and in time."""
    if not attempt.follow_up:
        return None
    before = attempt.request.access
    for line, each in sorted(whole.requests.items()):
        after = each.access
        near = before.time is None or after.time is None or 0 <= after.time - before.time <= FOLLOW_WINDOW
        same = (after.client, after.agent) == (before.client, before.agent)
        if line > before.line and near and same and f"{each.tag.rule}:{after.status}" == attempt.follow_up:
            return line
    return None


def _outcome_rows(whole: _Source, attempt: Attempt, facts: Mapping[str, Any]) -> Iterator[Row]:
    verdict = whole.judge.decide(attempt)
    rule = verdict.rule
    yield "outcome", ", ".join(filter(None, (verdict.outcome, verdict.reason, verdict.detail)))
    weaker = f" (the rule alone: {rule.confidence})" if rule and rule.confidence != verdict.confidence else ""
    yield "  confidence", f"{verdict.confidence}{weaker}"
    if rule is None:
        yield "  rule", "none; no outcome rule fits these facts"
    else:
        yield "  evidence", verdict.evidence
        yield "  rule", f"{rule.id}: {rule.title}"
        yield "  because", "; ".join(f"{name} is {_one_of(wanted)}" for name, wanted in rule.when.items())
        for label in ("explanation", "remedy", "versions", "reference"):
            if getattr(rule, label):
                yield f"  {label}", getattr(rule, label)
    yield from _near_outcomes(whole.rules.outcomes, rule, facts)


# -- near misses ------------------------------------------------------------------------------------------------------


def _near_outcomes(
    rules: Iterable[OutcomeRule], decided: OutcomeRule | None, facts: Mapping[str, Any]
) -> Iterator[Row]:
    """Rules that would have come first but for one condition; those that lack evidence before another endpoint's."""
    near = []
    for rule in rules:
        failed = decide.failed_conditions(rule, facts)
        if (decided is None or rule.rank < decided.rank) and len(failed) == 1 and failed != ["channel"]:
            near.append((failed[0] in ("attempt", "method", "status"), rule.rank, rule, failed[0]))
    for at, (_, _, rule, name) in enumerate(sorted(near, key=lambda each: each[:2])[:NEAR]):
        wanted = _one_of(rule.when[name])
        yield "" if at else "near misses", f"{rule.id} ({rule.title}): {name} is {_text(facts[name])}, not {wanted}"


def _near_attempts(whole: _Source, access: Access) -> Iterator[Row]:
    """The attempt rules that fit the request but for the fewest things, two at most."""
    path = paths.split(access.target, decoded=access.decoded).match
    bare = path.rstrip("/")
    ways = {
        "": path,
        "only without the last segment of its path": bare.rpartition("/")[0],
        "only without the first segment of its path": "/" + path.lstrip("/").partition("/")[2],
    }
    near = []
    for rule in whole.rules.attempts:
        way = next((way for way, text in ways.items() if _matches(rule.path, text)), None)
        if way is None:
            way = "only in another spelling of upper and lower case" if _matches("(?i)" + rule.path, path) else None
        if way is None:
            continue
        misses = [way] if way else []
        if access.method not in rule.methods:
            misses.append(f"{_text(access.method)} is not among its methods {', '.join(rule.methods)}")
        if rule.unless and _matches(rule.unless, path):
            misses.append("its `except` leaves this path out")
        if rule.redirects and not misses:
            misses.append(f"the answer is not a redirect to {_one_of(rule.redirects)}")
        near.append((len(misses), rule.id, f"{rule.id} ({rule.title}): {'; '.join(misses)}"))
    fewest = min((count for count, _, _ in near), default=0)
    texts = [text for count, _, text in sorted(near) if count == fewest <= 2]  # noqa: PLR2004  more is not near
    yield from (("" if at else "nearest rules", text) for at, text in enumerate(texts[:NEAR]))


def _matches(pattern: str, text: str) -> bool:
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return bool(pc.match_substring_regex(pa.array([clean], pa.string()), pattern)[0].as_py())


# -- lines that are no access lines -----------------------------------------------------------------------------------


def _message_rows(whole: _Source, number: int, around: _Around) -> Iterator[Row]:
    message = around.messages[number]
    if message.continuation:
        yield "kind", f"continuation of {_above(number, around)}"
    else:
        yield "kind", "app line"
        hit = _fit(whole.forms, around.lines[number].removesuffix("\r"))
        if hit is not None:
            yield "line format", f"{hit[0].id}: {hit[0].title}"
        yield "  time", moment(message.stamp.utc if message.stamp else None)
        yield "  message", shown(message.text)
        if message.loc:
            yield "  said at", shown(message.loc)
    evidence = whole.events.get(number)
    if evidence is None:
        yield "event", "no event rule is about this message"
        held = [rule for rule in whole.rules.events if any(anchor in message.text for anchor in rule.anchors)]
        texts = [f"{rule.id} ({rule.title}): the message does not match {rule.message}" for rule in held[:NEAR]]
        yield from (("" if at else "nearest rules", text) for at, text in enumerate(texts))
        return
    rule = next(each for each in whole.rules.events if each.id == evidence.event.rule)
    yield "event", f"{rule.id}: {rule.title}"
    yield from ((f"  {name}", shown(value)) for name, value in evidence.event.fields.items() if value)
    if evidence.event.detail:
        yield "  detail", evidence.event.detail
    yield (
        "  asks for",
        f"{_one_of(rule.requests)}, answered {_one_of(rule.statuses)}"
        + (f", with the same {', '.join(rule.same)}" if rule.same else ""),
    )
    joined = [line for line, each in whole.attempts.items() if any(each_ is evidence for each_ in each.events)]
    yield (
        "  joined",
        f"to the attempt in line {', '.join(map(str, joined))}"
        if joined
        else (
            "to no attempt: it repeats a message, is about another request such as a login, or its request is not there"
        ),
    )


def _rest_rows(whole: _Source, number: int, around: _Around) -> Iterator[Row]:
    """A line of which the reader kept nothing."""
    line = around.lines[number].removesuffix("\r")
    hit = _fit(whole.forms, line)
    following = next((n for n in range(number + 1, number + SPLIT) if n in around.access), None)
    if hit is not None and hit[0].kind in ("access", "app"):
        yield "kind", f"continuation: it looks like a line of {hit[0].id}, but is part of {_above(number, around)}"
        yield "", "or of a typed name. Strangers can write such lines, so it is not believed"
    elif hit is not None:
        yield "kind", f"{hit[0].kind} line"
        yield "line format", f"{hit[0].id}: {hit[0].title}"
    elif not line.strip("\0 \t"):
        yield "kind", "other: an empty line, or one of a message of several lines"
    elif following is not None and _whole_request(whole, following, around)[1] <= number:
        yield (
            "kind",
            f"continuation: part of the request that ends in line {following}, whose user name holds line breaks",
        )
    else:
        yield "kind", "unparsed: no line format reads it"
        near = nearest(line, whole.forms)
        if near is not None and near.alike >= ALIKE:
            yield "nearest", f"{near.form.id} ({near.form.title}), {near.alike * 100:.0f} % alike"
            yield "", f"alike up to here: {shown(line[: near.upto])}" if near.upto else "from the first character on"
        yield "try", TRY


def _above(number: int, around: _Around) -> str:
    heads = [n for n, each in around.messages.items() if n < number and not each.continuation]
    return f"the message in line {max(heads)}" if heads else "a message further up"


# -- words ------------------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return _one_of(value)
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else shown(str(value))


def _one_of(values: Iterable[object]) -> str:
    return " or ".join(map(_text, values))
