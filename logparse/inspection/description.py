"""What a file is, in words for a person.

Owns: the wording and order of what was detected. Must not know: how it was detected, attempts.
"""

from __future__ import annotations

import math
import shlex
from typing import Final

from logparse.common.text import count, shown
from logparse.common.timestamps import format_time
from logparse.envelopes import loader as envelopes
from logparse.envelopes.origin import Origin
from logparse.formats.loader import lone_formats
from logparse.inspection.detect import TRY, Detection
from logparse.reports.other_forms import find_other_form

#: What an envelope may tell besides the line in it.
_ENVELOPE_TELLS: Final = ("time", *Origin._fields, "record")
#: Words for the share of lines that was understood.
_SURE: Final = (("high", 0.95), ("medium", 0.5), ("low", 0.0))
_ENDS: Final = "of {} only the end was read: client and user are lost; see CONTRIBUTING.md on how to add a line format"


def describe(detection: Detection) -> str:
    """Return what was detected as text for a person, without secrets."""
    extent = "all" if detection.whole else "the first"
    rows = [
        ("compression", "none" if detection.codec == "plain" else detection.codec),
        ("encoding", detection.encoding),
        *_levels(detection),
        ("looked at", f"{extent} {detection.lines:,} lines"),
        (
            "understood",
            f"{math.floor(detection.understood * 1000) / 10} % of them: " + _counted(detection.kinds, "nothing"),
        ),
        ("confidence", _confidence(detection)),
        ("time", _period(detection)),
    ]
    if detection.problem:
        rows.append(("problem", detection.problem))
    if detection.ends:
        rows.append(("caution", _ENDS.format(count(detection.ends, "line"))))
    for form, number, missing in detection.formats:
        rows.append(
            ("format", f"{form.id}: {count(number, 'line')}, {number / detection.lines * 100:.1f} %, {form.kind}")
        )
        rows.append(("", form.title))
        if missing:
            rows.append(("", "does not contain: " + ", ".join(missing)))
    if detection.lines and not detection.known:
        rows.append(("format", "unknown: no line is one that a server of Airflow writes"))
    rows += [("unparsed", f"line {number}: {shown(line)}") for number, line in detection.unparsed]
    if detection.option:
        rows.append(("command", _command(detection)))
    elif detection.unparsed or detection.ends:
        rows.append(("try", TRY))
    return "\n".join([shown(detection.source), *(f"  {label:<13}{text}".rstrip() for label, text in rows)])


def _levels(detection: Detection) -> list[tuple[str, str]]:
    """Return the envelopes around the lines, level by level, and what each can tell besides them."""
    rows = [("envelope", _counted(detection.envelopes, "none"))]
    seen = dict.fromkeys(name for path in detection.envelopes for name in path.split(" > "))
    for envelope in map(envelopes.find_envelope, seen):
        present = [name for name in _ENVELOPE_TELLS if name in envelope.tells]
        silent = [name for name in _ENVELOPE_TELLS if name not in present]
        rows.append(("", f"{envelope.id}: {envelope.title}"))
        rows.append(("", f"contains: {', '.join(present) or 'nothing else'}"))
        rows += [("", f"does not contain: {', '.join(silent)}")] if silent else []
    return rows


def _confidence(detection: Detection) -> str:
    """Return how sure the detection is, by the share of lines that was understood."""
    if not detection.known:
        return "none: no line is one that a server of Airflow, or a proxy in front of it, writes"
    understood = detection.understood - detection.ends / detection.lines
    sure = next(word for word, share in _SURE if understood >= share)
    heads = sum(detection.kinds[kind] for kind in ("access", "app")) - detection.ends
    return f"{sure}: only these formats fit {count(heads, 'line')} of {detection.lines:,}"


def describe_unknown(detection: Detection) -> str:
    """Return a message on a file of which nothing was understood, with examples and what to try; else empty."""
    alone = any(found.form.id in lone_formats() for found in detection.formats)
    strange = detection.kinds["unparsed"] or (detection.kinds["continuation"] and not alone)
    if detection.known or not strange:
        return ""
    problem = (
        f"{shown(detection.source)}: its format is not known, none of {count(detection.lines, 'line')} was understood"
    )
    examples = [f"  line {number}: {shown(line)}" for number, line in detection.unparsed]
    remedy = f"try: {_command(detection)}" if detection.option else TRY
    if form := find_other_form(detection.unparsed):
        remedy = f"it looks like {form.what}; {form.instead}"
    return "\n".join([problem + (", such as" if examples else ""), *examples, f"  {remedy}"])


def _command(detection: Detection) -> str:
    return f"logparse report {shlex.quote(shown(detection.source))} {shown(detection.option)} --out reports"


def _counted(numbers: dict[str, int], none: str) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in numbers.items() if count) or none


def _period(detection: Detection) -> str:
    if detection.first is None:
        return "no line carries one"
    zone = f"; stamps without a zone were read as {detection.assumed}" if detection.assumed else ""
    return f"{format_time(detection.first)} to {format_time(detection.last)}{zone}"
