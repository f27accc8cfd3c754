"""One line, step by step: how it was read, what it was taken for, what is known about it, what it came to and why.

Owns: which lines are explained, and the order of the steps. Must not know: how any step decides. What is said here is
asked of the same functions that a run uses, with the whole file as evidence.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, BinaryIO, Final

from logparse.common.errors import InputError
from logparse.common.text import count, shown
from logparse.common.timestamps import format_time, parse_timestamp
from logparse.inspection.explain import access_lines, other_lines
from logparse.inspection.explain.context import Around, Known, read_context
from logparse.sources.discovery import find_only_source, find_sources
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.settings import Setup
    from logparse.verdicts.exports.loader import Exports

__all__ = ["LIMIT", "explain"]
#: Lines explained at most where none was named.
LIMIT: Final = 20
_WIDTH: Final = 92
_LABEL: Final = 14


def explain(
    path: str | None,
    line: int | None,
    setup: Setup,
    stdin: BinaryIO | None = None,
    given: Exports = loader.NONE,
    others: Sequence[str] = (),
    *,
    verbose: bool = False,
) -> str:
    """Text for a person about one line of a file, the same for the same file, without secrets.

    Args:
        path: the file; None or ``-`` for standard input.
        line: 1-based number in the decompressed file; None for every line that is a trigger attempt, or for the first
            lines if there is no attempt, ``LIMIT`` at most.
        setup: how to read.
        stdin: stands for standard input.
        given: exports of the database of the same Airflow.
        others: further logs of the same run: files, folders or patterns. What they hold counts as it does in a report.
        verbose: tell all facts and near misses, also of attempts that a rule decides.

    Raises:
        InputError: the file cannot be read, or has no such line.
        FormatError, RuleError: formats or rules cannot be used.
    """
    source = find_only_source(path)
    known = read_context(source, setup, stdin, given, find_sources(others), verbose=verbose)
    name, total = known.source.name, known.coverage.lines
    if known.coverage.problem and not total:
        raise InputError(name, known.coverage.problem)
    if kind := known.detect_other_kind():
        raise InputError(name, f"is {kind}, no log", "name a log")
    if line is not None and not 1 <= line <= total:
        raise InputError(name, f"has no line {line}", f"it has {total:,} lines")
    attempts = sorted({each.request.access.line for each in known.attempts.values()})
    wanted = [line] if line is not None else attempts or list(range(1, total + 1))
    orders = known.load(wanted[:LIMIT])
    if attempts and line is None:
        orders = [order for order in orders if order in known.attempts]
    blocks = [_block(known, around) for around in known.around(orders[:LIMIT])]
    if line is not None and not orders:
        blocks.append(f"{shown(name)}:{line}\n    holds no log line: it is part of the form that the file is in")
    if line is not None and len(orders) > LIMIT:
        more = count(len(orders) - LIMIT, "more record")
        blocks.append(
            f"{more} in this line; put each into a line of its own to see it, as jq -c '.[]' does with a list"
        )
    if len(wanted) > LIMIT:
        kind = "trigger attempts" if known.attempts else "lines"
        blocks.append(f"{len(wanted) - LIMIT:,} more {kind}; name one as {shown(name)}:LINE")
    return "\n\n".join(blocks) or f"{shown(name)} is empty"


def _block(known: Known, around: Around) -> str:
    wrap = around.payload.wrap
    rows = [("compression", "none" if known.coverage.codec == "plain" else known.coverage.codec)]
    rows.append(("envelope", " > ".join(wrap.path) or "none"))
    stamp = parse_timestamp(wrap.time) if wrap.time.isdigit() else None
    time = wrap.time if stamp is None else format_time(stamp.utc)
    told = [("time", time), *wrap.origin._asdict().items(), ("record", wrap.record)]
    rows += [(f"  {name}", shown(value)) for name, value in told if value]
    if known.coverage.problem:
        rows.append(("problem", known.coverage.problem))
    if around.number in around.access:
        rows += access_lines.describe_access_line(known, around)
    elif around.number in around.messages:
        rows += other_lines.describe_message(known, around)
    else:
        rows += other_lines.describe_unkept(known, around)
    head = f"{shown(known.source.name)}:{around.payload.line}\n    {shown(around.payload.text)}\n"
    return "\n".join([head, *(_row(label, text) for label, text in rows)])


def _row(label: str, text: str) -> str:
    """Label and text in two columns; texts of rule files are written with line breaks of their own."""
    one = " ".join(text.split("\n"))
    lines = textwrap.wrap(one, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    labels = [label, *[""] * (len(lines) - 1)]
    return "\n".join(f"  {each:<{_LABEL}}{part}".rstrip() for each, part in zip(labels, lines, strict=True))
