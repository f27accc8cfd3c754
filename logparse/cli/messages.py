"""What ``report`` prints: what the archive holds now, what this run added, and what is wrong.

Owns: the order of these messages, and the exit status. Must not know: how any of it came about.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer

from logparse.archive.index import NONE
from logparse.cli.output import discard_output, print_message, print_problem
from logparse.common.errors import OutputError
from logparse.common.schema import SEVERITIES, Severity
from logparse.common.text import count
from logparse.pipeline.weekly.transaction import Done
from logparse.pipeline.weekly.update import Wanted
from logparse.reports import messages
from logparse.reports import tally as summary
from logparse.reports.finding_past import COME, Life
from logparse.scans.settings import ruleset

FOUND: Final = 3
#: Weeks in the table, the latest ones.
_WEEKS: Final = 12


def check_fail_on(fail_on: Sequence[str], rules: Sequence[str]) -> None:
    """Make sure that each word is a kind of findings, a severity, or the name of a finding.

    Raises:
        typer.BadParameter: one is not.
    """
    known = {"any", "new", *SEVERITIES, *(rule.id for rule in ruleset(tuple(rules)).findings)}
    for word in fail_on:
        if word not in known:
            problem = f"{word!r} is neither any nor new, no severity, and not the name of a finding"
            raise typer.BadParameter(problem, param_hint="--fail-on")


class Telling(NamedTuple):
    """What a user wants to be told of a run.

    Attributes:
        fail_on: findings that change the exit status.
        html: folder for pages; None: none are written.
        quiet: no summary.
        as_json: the record of the run on standard output.
    """

    fail_on: Sequence[str]
    html: str | None
    quiet: bool
    as_json: bool


def conclude(done: Done, wanted: Wanted, telling: Telling) -> None:
    """Write pages if they are wanted, and print what a run has done and what is wrong.

    Raises:
        typer.Exit: as ``finish_report`` says.
    """
    if telling.html is not None and done.committed and done.run.index.weeks.keys() - {NONE}:
        from logparse.pipeline.weekly import pages  # noqa: PLC0415 - late, see logparse.cli

        try:
            pages.write_pages(wanted.place, Path(telling.html), min(done.run.made, default=NONE))
        except OutputError as error:  # the archive has what this run found all the same
            done.shortcomings.append(str(error))
    if telling.as_json:
        _print_record(done, wanted)
    if telling.quiet:
        for sentence in dict.fromkeys((*done.mended, *done.run.messages)):
            print_problem(sentence)
    else:
        tell_done(done, wanted)
    finish_report(done, wanted, telling.fail_on)


def _print_record(done: Done, wanted: Wanted) -> None:
    try:
        typer.echo(json.dumps({**done.record, "committed": done.committed}, sort_keys=True))
    except BrokenPipeError:
        raise
    except OSError as error:
        if not done.committed:
            raise
        discard_output()
        said = f"standard output: {error.strerror or error}; {wanted.place} was written all the same"
        done.shortcomings.append(said)


def tell_done(done: Done, wanted: Wanted) -> None:
    """Print what a run has done."""
    run, index = done.run, done.run.index
    for sentence in done.mended:
        print_problem(sentence)
    tally = summary.Tally()
    names = [name for name in sorted(run.made) if name in index.weeks and name[:1].isdigit()]
    for name in sorted(run.made):
        tally += run.made[name].tally
    shown = names[-_WEEKS:]
    if len(names) > len(shown):
        print_message(f"... and {count(len(names) - len(shown), 'week')} before {shown[0]}")
    if run.made or not index.weeks:
        partial = {name: parts for name, parts in done.partial.items() if name in shown}
        print_message(*tally.lines(shown, partial, run.added, _find_findings(done, wanted, shown)))
    else:
        print_message("No week has changed.")
    exported = dict.fromkeys(line for name in sorted(run.made) for line in run.made[name].exported)
    print_message(*(line[0].upper() + line[1:] for line in exported))
    for message in dict.fromkeys(run.messages):
        print_problem(message)
    print_message(f"\n{messages.summarise_reading(run.addition.entries)}{_known(done)}", _held(done, wanted))


def _find_findings(done: Done, wanted: Wanted, weeks: Sequence[str]) -> str:
    """Return where the remedies of these weeks are: a command, and the file; empty if none was written."""
    if not done.committed or not weeks:
        return ""
    week = weeks[0] if len(weeks) == 1 else "WEEK"
    place, form = wanted.place.rstrip("/"), done.run.index.weeks[weeks[-1]].form
    return f"logparse digest {shlex.quote(place)} --week {week}, or column remedy of {place}/{week}/findings.{form}"


def _known(done: Done) -> str:
    number = len(done.run.addition.known)
    if not number:
        return ""
    bad = sum(1 for each in done.run.index.sources.values() if each.counts and _is_bad(each.told))
    bad += len(done.run.index.failed)
    reminder = (
        f" In all, {count(bad, 'source')} could not be read or understood in full: see archive list --sources."
        if bad
        else ""
    )
    return f" {count(number, 'source')} {'was' if number == 1 else 'were'} read before.{reminder}"


def _is_bad(told: Mapping[str, Any]) -> bool:
    return bool(told["problem"]) or told["kinds"]["unparsed"] > 0


def _held(done: Done, wanted: Wanted) -> str:
    index = done.run.index
    weeks = sorted(name for name in index.weeks if name[:1].isdigit())
    attempts = sum(week.attempts for week in index.weeks.values())
    if not done.committed:
        return f"Nothing was written to {wanted.place}"
    if not weeks:
        return f"No week to report; what was read is in {wanted.place}"
    held = f"{count(attempts, 'attempt')} in {count(len(weeks), 'week')}"
    span = weeks[0] if len(weeks) == 1 else f"{weeks[0]} to {weeks[-1]}"
    return f"Reports are in {wanted.place}: {held}, {span}"


def finish_report(done: Done, wanted: Wanted, fail_on: Sequence[str]) -> None:
    """Print what could not be read or understood, and what is counted twice.

    Raises:
        typer.Exit: with 1 if there is any; with 2 if therefore nothing was written; with 3 for a finding that the user
            wants to be told of.
    """
    missing = () if wanted.strict else done.missing
    for message in (*missing, *messages.list_copies(done.run.addition.entries)):
        print_problem(message)
    for message in done.shortcomings:
        print_problem(message)
    if done.shortcomings and wanted.strict and not done.committed:
        print_problem("nothing was written, since --strict was given")
        raise typer.Exit(2)
    found = _list_findings(done, fail_on)
    for message in found:
        print_problem(message)
    if found:
        raise typer.Exit(FOUND)
    if done.shortcomings:
        raise typer.Exit(1)


def _list_findings(done: Done, fail_on: Sequence[str]) -> list[str]:
    """Return a message for each cause that --fail-on names, in the weeks that were made and in the last week."""
    weeks = {name: week for name, week in done.run.index.weeks.items() if name[:1].isdigit()}
    told = []
    for name in sorted((done.run.made.keys() & weeks.keys()) | {max(weeks, default="")} - {""}):
        lives = [Life(*values) for of_label in weeks[name].lives.values() for values in of_label.values()]
        lives = [life for life in lives if life.severity]  # others are told of together in one of these
        for finding in sorted({life.finding for life in lives if any(_is_named(life, word) for word in fail_on)}):
            mine = [life for life in lives if life.finding == finding]
            number, new = sum(life.attempts for life in mine), any(life.status in COME for life in mine)
            noun = "attempt" if weeks[name].findings.get(finding) else "login"
            told.append(f"{name}: {finding}, {count(number, noun)}{', new' if new else ''}")
    return told


def _is_named(life: Life, word: str) -> bool:
    """Return whether a word of --fail-on names a finding; a severity names all that are as bad or worse."""
    if word in SEVERITIES:
        return SEVERITIES.index(Severity(life.severity)) <= SEVERITIES.index(Severity(word))
    if life.severity == Severity.INFO:
        return word == life.finding
    return word in ("any", life.finding) or (word == "new" and life.status in COME)
