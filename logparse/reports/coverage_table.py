"""What was read, as a table: one row a source.

Owns: how a source is told of, and what never leaves the program (secrets). Must not know: reports, files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse.common.text import EXAMPLE_LENGTH, count, encodable, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from logparse.scans.scan import Coverage

EXAMPLES: Final = 5


def table(entries: Iterable[Coverage], zone_name: str) -> pd.DataFrame:
    """The table ``coverage``, one row a source."""
    import pandas as pd  # noqa: PLC0415 - heavy, and not needed for what is redacted

    rows = [
        {
            "source": each.source,
            "format": ": ".join(filter(None, (", ".join(each.envelopes), "+".join(each.formats)))),
            "codec": "" if each.codec == "plain" else each.codec,
            "bytes": each.bytes,
            "lines": each.lines,
            **each.kinds,
            "attempts": each.attempts,
            "attempts_without_time": each.timeless,
            "first_time": each.first,
            "last_time": each.last,
            "zone": zone_name if each.unzoned else "",
            "problem": "; ".join(
                filter(
                    None,
                    (
                        each.problem,
                        _copy(each.copy_of),
                        _forged(each.forged),
                        _repeated(each.repeated),
                        _elsewhere(each),
                    ),
                )
            ),
            "unparsed_examples": "\n".join(
                f"{number}: {encodable(redacted(line)[:EXAMPLE_LENGTH])}" for number, line in each.unparsed
            ),
        }
        for each in entries
    ]
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else _COLUMNS)
    for name in ("first_time", "last_time"):
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True).astype("datetime64[us, UTC]")
    return frame


def summed(one: Coverage, other: Coverage) -> Coverage:
    """What two parts of one source were together."""

    def total(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
        return {name: a.get(name, 0) + b.get(name, 0) for name in sorted(a.keys() | b.keys())}

    times = [each for each in (one.first, one.last, other.first, other.last) if each is not None]
    return replace(
        other,
        bytes=one.bytes + other.bytes,
        lines=one.lines + other.lines,
        kinds={kind: one.kinds[kind] + other.kinds[kind] for kind in one.kinds},
        formats=total(one.formats, other.formats),
        envelopes=total(one.envelopes, other.envelopes),
        forged=one.forged + other.forged,
        attempts=one.attempts + other.attempts,
        timeless=one.timeless + other.timeless,
        first=min(times, default=None),
        last=max(times, default=None),
        repeated=one.repeated + other.repeated,
        unparsed=(one.unparsed + other.unparsed)[:EXAMPLES],
    )


def _copy(original: str) -> str:
    return f"holds the same as {original}, which is counted; this is not" if original else ""


def _forged(lines: int) -> str:
    return f"{lines} lines were written by strangers to look like log lines; they are not counted" if lines else ""


def _repeated(lines: int) -> str:
    return f"{count(lines, 'line')} delivered more than once, counted once each" if lines else ""


def _elsewhere(entry: Coverage) -> str:
    return "; ".join(f"{number} trigger attempts are counted in {name}" for name, number in entry.counted_in)


_COLUMNS: Final = [
    "source", "format", "codec", "bytes", "lines", "access", "app", "continuation", "other", "unparsed", "attempts",
    "attempts_without_time", "first_time", "last_time", "zone", "problem", "unparsed_examples",
]  # fmt: skip
