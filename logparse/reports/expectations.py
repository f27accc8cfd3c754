"""What a user expects of a run and does not get: logs in a week, lines in a format, keys, times.

Owns: when something counts as missing, and the wording of these messages. Must not know: where they are printed, what
the exit status is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from logparse.common.text import count, printable, shorten
from logparse.common.weeks import week_bounds
from logparse.formats.given import name_strings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from logparse.scans.coverage import Coverage
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source

#: A week counts as mostly missing if nothing was logged in more than this share of it.
_MOST: Final = 0.5
_WIDTH: Final = 80


def list_unmatched(entries: Sequence[Coverage], setup: Setup) -> list[str]:
    """Return a message for each format string and name of a key that fits nothing in what was read.

    Args:
        entries: coverage of what was read; where nothing was, nothing is missing.
        setup: how it was read.
    """
    if not any(entry.lines for entry in entries):
        return []
    found = {name for entry in entries for name in entry.formats}
    nowhere = [name for name in setup.named_keys if all(name in entry.missing for entry in entries if entry.lines)]
    return [
        *(
            f"{option} {shorten(printable(text), _WIDTH)}: no line is written so; compare it with the server's settings"
            for name, (option, text) in name_strings(setup.formats).items()
            if name not in found
        ),
        *(f"no key or column {printable(name)!r} anywhere: what was read holds no records" for name in nowhere),
    ]


def list_hollow(entries: Sequence[Coverage], sources: Sequence[Source]) -> list[str]:
    """Return a message if folders were read, and all that is in them is empty; else none.

    Args:
        entries: coverage of what was read.
        sources: what was to be read.
    """
    wanted = bool(sources) and all(source.found for source in sources) and len(entries) == len(sources)
    if not wanted or any(entry.bytes or entry.problem for entry in entries):
        return []
    return [f"{count(len(sources), 'file')} found, and nothing in any of them; check that it is the right place"]


def list_without_requests(entries: Sequence[Coverage]) -> list[str]:
    """Return a message if there are app lines, and no line is about a request; else none.

    Args:
        entries: coverage of all that was read.
    """
    if any(entry.kinds["access"] for entry in entries) or not any(entry.kinds["app"] for entry in entries):
        return []
    where = "to their standard output (kubectl logs, docker logs, journalctl), not into the folder of task logs"
    return [f"no line is about a request: webservers and API servers of Airflow write those {where}"]


_STAMPED: Final = (
    "give logs whose lines carry one (kubectl logs --timestamps, docker logs -t, an access log with a time)"
)


def list_undated(entries: Sequence[Coverage]) -> list[str]:
    """Return a message for each source with attempts none of which has a known time, so that it is in no week.

    Args:
        entries: coverage of each source, with all of its attempts.
    """
    return [
        f"{printable(entry.source)}: none of its trigger attempts ({entry.attempts:,}) has a known time, so they are "
        f"in no week: logparse formats detect shows which key or column holds one, as --field takes it; or {_STAMPED}"
        for entry in entries
        if 0 < entry.attempts == entry.timeless
    ]


def list_timeless(entries: Sequence[Coverage]) -> list[str]:
    """Return a message on attempts that are in no week, since no time is known of them, beside some with a time.

    Args:
        entries: as for ``list_undated``.
    """
    number = sum(entry.timeless for entry in entries if entry.timeless < entry.attempts)
    if not number:
        return []
    remedy = f"{_STAMPED}, or that of the proxy with --leading"
    return [f"{count(number, 'trigger attempt')} without a known time, in no week: {remedy}"]


def list_missing_weeks(
    asked: Sequence[str], gaps: Mapping[str, Sequence[tuple[datetime, datetime]]], zone: tzinfo
) -> list[str]:
    """Return a message for each week that was asked for and in most of which nothing was logged.

    Args:
        asked: the weeks. Of a week that is not over yet, what is over counts.
        gaps: by week, the parts that no log reaches into.
        zone: in which weeks begin.
    """
    now, missing = datetime.now(UTC), []
    for week in asked:
        start, end = week_bounds(week, zone)
        parts = list(gaps.get(week, ()))
        over = min(end, now) if now > start else end
        silent = sum((max(min(to, over) - since, timedelta(0)) for since, to in parts), timedelta(0))
        if silent > _MOST * (over - start):
            most = "" if parts == [(start, end)] else "most of "
            missing.append(
                f"{week}: nothing was logged in {most}this week; give its logs, or check --week and --timezone"
            )
    return missing
