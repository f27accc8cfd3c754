"""What a run is asked for, besides its sources: as a user writes it, and checked.

Owns: which options there are, what each may hold, and the check of all that can be checked before a log is read.
Must not know: the command line, how any option takes effect.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, timezone, tzinfo
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict
from zoneinfo import ZoneInfo

from logparse.common.errors import OptionError, checked
from logparse.common.privacy import NAMING, NOTHING_HIDDEN, PERSONAL, Privacy, check_columns, check_key
from logparse.common.weeks import parse_zone, week_bounds
from logparse.envelopes.loader import known_envelopes
from logparse.formats.given import compile_formats
from logparse.formats.json_lines.own_names import parse_names
from logparse.lines import proxies
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.settings import Setup, ruleset
from logparse.sources.chunk_reader import MAX_EXPAND
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from logparse.verdicts.exports.loader import Exports

#: One text, or several.
Texts: TypeAlias = str | Sequence[str]
#: One file or folder, or several.
Files: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class RunOptions(TypedDict, total=False):
    """What a user may ask of a run. Every option may be left out; None is the same as leaving it out.

    Attributes:
        timezone: zone in whose midnights weeks begin, such as ``Europe/Berlin`` or ``+02:00``, or a ``ZoneInfo``.
            Default: UTC.
        assume_timezone: zone of times that are logged without one. Default: UTC.
        log_formats: format strings of the server's access log, for lines that no known format fits.
        app_formats: ``[logging] log_format`` of airflow.cfg, for app lines that no known format fits.
        formats: folders of line formats and envelopes that are added to the shipped ones, or replace those of the same
            name.
        message_fields: JSON key (dots lead into objects) or CSV column that holds the log line.
        fields: in JSON and CSV of one's own, which key (dots lead into objects) or column holds which field of a line,
            such as ``time=when,user=who``.
        trusted_proxies: proxies whose X-Forwarded-For is believed: addresses, networks such as ``10.0.0.0/8``,
            ``unix`` for unix sockets, or ``none`` for nobody. Default: all addresses that are not of the Internet.
        max_expand: how many times its size on disk a compressed log may grow, beyond 256 MiB; the rest is not read.
            Default: 250.
        audit_logs: exports of the audit log: the table ``log`` as CSV, or pages of ``eventLogs`` as JSON.
        dag_runs: exports of DAG runs: the table ``dag_run`` as CSV, or pages of ``dagRuns`` as JSON.
        users: users and their roles, as ``airflow users export`` or the API writes them.
        roles: roles and their permissions, as ``airflow roles export`` or the API writes them.
        rules: folders of rules that are added to the shipped ones, or replace those of the same name.
        deployment: name of the Airflow that wrote the logs, for the column ``deployment``.
        leading: names of logs, or globs. Requests that another log (a proxy's) holds too are counted in these only.
        overlap: what becomes of equal lines in two logs: ``once`` counts them once, ``apart`` counts them in each log,
            ``auto`` counts them once if the logs are pieces of one log. Default: ``auto``.
        workers: number of threads that read. Default: 1.
        scheduler: address of the scheduler of a Dask cluster, whose workers then read (extra ``dask``).
        pseudonymize: columns, ``user`` or ``client``, in which a pseudonym stands in place of each name. ``none``: no
            longer.
        pseudonym_key: the key that makes pseudonyms, 16 characters or more. The same key gives the same pseudonyms.
        drop: columns about people that are left empty, see ``logparse.common.privacy.PERSONAL``.
        truncate_addresses: show only the network of each address.
        weeks: weeks to return, such as ``2026-W47``. Default: all, with the attempts whose time is not known.
    """

    timezone: str | tzinfo | None
    assume_timezone: str | tzinfo | None
    log_formats: Texts | None
    app_formats: Texts | None
    formats: Files | None
    message_fields: Texts | None
    fields: Texts | None
    trusted_proxies: Texts | None
    max_expand: int | None
    audit_logs: Files | None
    dag_runs: Files | None
    users: Files | None
    roles: Files | None
    rules: Files | None
    deployment: str | None
    leading: Texts | None
    overlap: Literal["auto", "once", "apart"] | None
    workers: int | None
    scheduler: str | None
    pseudonymize: Texts | None
    pseudonym_key: str | None
    drop: Texts | None
    truncate_addresses: bool | None
    weeks: Texts | None


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for, checked.

    Attributes:
        setup: how to read.
        zone: zone in which weeks begin.
        deployment: name of the Airflow that wrote the logs, if the user gave one.
        exports: exports of the database of that Airflow.
        export_files: the files that they are in.
        leading: names of the sources that count where others hold the same requests, as globs.
        overlap: what becomes of equal lines in two sources.
        weeks: weeks that are wanted, in order; None for all there are.
        workers: how many processes may read.
        scheduler: address of the scheduler of a Dask cluster that reads; None: this machine reads.
        privacy: what tables hide of people.
        privacy_asked: fields of ``privacy`` that the user named; in the others, an archive hides what it hid before.
    """

    setup: Setup = field(default_factory=Setup)
    zone: tzinfo = UTC
    deployment: str | None = None
    exports: Exports = loader.NONE
    export_files: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    overlap: Overlap = Overlap.AUTO
    weeks: tuple[str, ...] | None = None
    workers: int = 1
    scheduler: str | None = None
    privacy: Privacy = NOTHING_HIDDEN
    privacy_asked: frozenset[str] = frozenset()


def check_options(asked: RunOptions) -> Options:
    """Check what a run is asked for; exports and rules are read for it, logs are not.

    Raises:
        OptionError: there is no such zone, network, week or choice.
        TypeError: there is no such option, or something that is no path was given as one.
        FormatError, RuleError: a format string or the rules cannot be used.
        InputError: an export cannot be read, or is none.
    """
    if unknown := sorted(asked.keys() - RunOptions.__annotations__.keys()):
        raise TypeError(f"there is no option {unknown[0]!r}; there are {', '.join(RunOptions.__annotations__)}")
    given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
    zone = checked("timezone", _zone, given.get("timezone", UTC))
    assumed = checked("assume_timezone", _zone, given.get("assume_timezone", UTC))
    trusted = checked("trusted_proxies", proxies.parse_trusted, _texts(given, "trusted_proxies"))
    overlap = checked("overlap", Overlap, given.get("overlap", Overlap.AUTO))
    weeks = tuple(sorted(set(_texts(given, "weeks")))) if "weeks" in given else None
    for week in weeks or ():
        checked("weeks", lambda name: week_bounds(name, zone), week)
    privacy = _privacy(given)
    files = [_paths(given, name) for name in ("audit_logs", "dag_runs", "users", "roles")]
    exports = loader.load(*files)
    setup = Setup(
        log_formats=_texts(given, "log_formats"),
        app_formats=_texts(given, "app_formats"),
        format_folders=tuple(_paths(given, "formats")),
        field_names=checked("fields", parse_names, _texts(given, "fields")),
        rule_folders=tuple(_paths(given, "rules")),
        zone=assumed,
        trusted=trusted,
        message_fields=_texts(given, "message_fields"),
        max_expand=checked("max_expand", _positive, given.get("max_expand", MAX_EXPAND)),
        examples=not privacy.given,
    )
    compile_formats(setup.formats)
    known_envelopes(setup.format_folders)
    ruleset(setup.rule_folders)
    leading = _texts(given, "leading")
    return Options(
        setup,
        zone,
        given.get("deployment"),
        exports,
        tuple(chain.from_iterable(files)),
        leading,
        overlap,
        weeks,
        given.get("workers", 1),
        given.get("scheduler"),
        privacy,
        privacy_asked=frozenset(given.keys() & {"pseudonymize", "drop", "truncate_addresses"}),
    )


def path_text(path: str | os.PathLike[str], name: str) -> str:
    """Return a path as text.

    Raises:
        TypeError: it is no path; the message begins with ``name``.
    """
    try:
        return os.fsdecode(path)
    except TypeError as error:
        raise TypeError(f"{name}: {path!r} is no path; give each as an argument of its own") from error


def _privacy(given: dict[str, Any]) -> Privacy:
    named = checked("pseudonymize", lambda names: check_columns(names, NAMING), _texts(given, "pseudonymize"))
    dropped = checked("drop", lambda names: check_columns(names, PERSONAL), _texts(given, "drop"))
    key = checked("pseudonym_key", check_key, str(given.get("pseudonym_key", "")))
    if named and not key:
        raise OptionError("pseudonym_key", "is missing, but pseudonyms need a key; openssl rand -hex 32 makes one")
    return Privacy(named, key, dropped, bool(given.get("truncate_addresses")))


def _zone(zone: str | tzinfo) -> tzinfo:
    """Return a zone; those of pytz are looked up by name, since their offsets do not follow the calendar."""
    return zone if isinstance(zone, (ZoneInfo, timezone)) else parse_zone(str(zone))


def _positive(number: int) -> int:
    if number < 1:
        raise ValueError(f"{number} is less than 1")
    return number


def _texts(given: dict[str, Any], name: str) -> tuple[str, ...]:
    texts = given.get(name, ())
    return (texts,) if isinstance(texts, str) else tuple(texts)


def _paths(given: dict[str, Any], name: str) -> list[str]:
    paths = given.get(name, ())
    return [path_text(path, name) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
