r"""A week as Markdown, for mail and chat: what to act on, in a screenful.

Owns: what the digest says, and that no text of a log is taken for Markdown. Must not know: where the tables come from.

Names stand in code, in which nothing is a link, a mention or HTML; in sentences, every character that could begin one
is escaped. So whoever turns the digest into HTML shows ``<b>`` and ``@here`` as they are. Commands in remedies are code
as well, so that they can be copied.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from logparse.common.text import count, printable
from logparse.reports.page.cards import group_causes, part_findings
from logparse.reports.page.charts import OUTCOMES
from logparse.reports.page.week_page import DETAILS, tell_verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.reports.page.cards import Cause
    from logparse.reports.page.newcomers import Newcomers
    from logparse.reports.page.week_page import WeekTables

#: Causes that the digest describes.
_MOST: Final = 12
#: Of users and of addresses.
_MOST_NAMES: Final = 5
#: A word as ``shlex.quote`` writes it; the mark that ends a clause is none of it.
_WORD: Final = r"""(?!-)(?:'[^']*'|"'"|[\w@%+=:,./-])+(?:(?<![.,:;])|(?= -))"""
#: A command of Airflow, its options as a repeated group. Each is read in one way only: strangers' names are here, too.
_CALL: Final = (
    rf"\bairflow(?: [a-z-]+){{1,2}}(?: {_WORD})?(?> -r(?: {_WORD}){{1,50}} -a {_WORD}| -[a-z] {_WORD}| --?[a-z][a-z-]*)"
)
#: A command with options, and the commands that are chained to it.
_COMMAND: Final = re.compile(f"(?:{_CALL}*+ && ){{0,9}}{_CALL}++")
_SPECIAL: Final = re.compile(r"[\\`*_\[\]<>&#|~@!]|:(?=//)")


def write_digest(tables: WeekTables) -> str:
    """Return the digest of a week as Markdown."""
    return "\n".join(_lines(tables)) + "\n"


def _lines(tables: WeekTables) -> Iterator[str]:
    needed, ended, _ = part_findings(tables.findings)
    yield from (f"# DAG triggers in {tables.week}", "", f"**{tell_verdict(tables.attempts, needed)}**", "")
    if tables.past:
        now, before = tables.past[-1], tables.past[-2] if len(tables.past) > 1 else None
        parts = [f"{now.outcomes.get(str(outcome), 0):,} {word}" for outcome, word in OUTCOMES.items()]
        change = f" The week before: {before.attempts:,} attempts, {before.failures:,} failed." if before else ""
        yield f"{count(now.attempts, 'attempt')}: {', '.join(parts)}.{change}"
    yield from ("", *(f"- {escape(note)}" for note in tables.notes))
    causes = group_causes(needed)
    for cause in causes[:_MOST]:
        yield ""
        yield from _describe(cause)
    if len(causes) > _MOST:
        yield from ("", f"... and {count(len(causes) - _MOST, 'more cause')}, in the report findings.")
    if ended:
        yield from ("", "Ended since the week before:", "")
        yield from (f"- {escape(card['title'])}: {quote(card['users'] or card['clients'])}" for card in ended)
    if found := [group for group in tables.newcomers or () if group.number]:
        yield from ("", "Seen for the first time:", "")
        yield from (f"- {group.what}: {_name_newcomers(group)}" for group in found)
    lost = int(tables.coverage["unparsed"].sum())
    read = int(tables.coverage["lines"].sum())
    yield from ("", f"Read: {count(read, 'line')}, {lost:,} of them not understood.")


def _name_newcomers(group: Newcomers) -> str:
    """Return the first new names, with their attempts."""
    shown = group.shown[:_MOST_NAMES]
    told = [f"{quote(each.name)} ({count(each.attempts, 'attempt')}, {each.failures:,} failed)" for each in shown]
    more = group.number - len(shown)
    return ", ".join(told) + (f" and {more:,} more" if more else "")


def _describe(cause: Cause) -> Iterator[str]:
    card, several = cause.cards[0], len(cause.cards) > 1
    life = f"{card['status']}, since {card['since'][:10]}"
    told = f"The largest: {card['explanation']}" if several else card["explanation"]
    what = f"{len(cause.cards)} findings, " if several else ""
    yield f"## {cause.severity}: {escape(card['title'])}"
    yield ""
    yield f"{what}{cause.explains}, {life}. {escape(told)}"
    yield ""
    if airflows := [*dict.fromkeys(filter(None, map(_name_airflow, cause.cards)))]:
        yield f"- Airflow: {quote(', '.join(airflows))}"
    for name, word in DETAILS.items():
        if card[name]:
            yield f"- {word}: {quote(card[name])}"
    yield f"- What to do: {_mark_commands(card['remedy'])}"
    yield f"- Look at one: {quote('logparse explain ' + shlex.quote(card['example']))}"


def _name_airflow(card: dict[str, str]) -> str:
    """Return whose finding it is, if logs of several Airflows are told apart."""
    return card.get("deployment") or card["server"]


def _mark_commands(text: str) -> str:
    """Return a text as ``escape`` does, with its commands as code."""
    parts, end = [], 0
    for found in _COMMAND.finditer(text):
        parts += [escape(text[end : found.start()]), quote(found[0])]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def escape(text: str) -> str:
    """Return a text that Markdown shows as it is, within a line."""
    return _SPECIAL.sub(r"\\\g<0>", printable(text))


def quote(text: str) -> str:
    """Return a text as code."""
    shown = printable(text).replace("`", "\\x60")
    return f"`{shown}`"
