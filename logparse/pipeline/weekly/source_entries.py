"""A source that was read, as the index of an archive will hold it.

Owns: what the index holds of a source, and of a source that has grown. Must not know: which sources are new, where
their lines are stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from logparse.archive.index import Entry
from logparse.common.flat_records import fields_of
from logparse.common.text import EXAMPLE_LENGTH, encodable
from logparse.scans.duplicates.leading import is_named
from logparse.scans.settings import ruleset

if TYPE_CHECKING:
    from logparse.pipeline.options import Options
    from logparse.scans.coverage import Coverage
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source


def make_entry(
    source: Source, coverage: Coverage, setup: Setup, options: Options, *, packed: list[Any] | None, again: bool
) -> Entry:
    """Return what the index will hold of a source that was read.

    Args:
        source: the source.
        coverage: what was found in it, with the digest of its text.
        setup: how it was read.
        options: what the run is asked for.
        packed: size and digest of the file on disk, if that is not the text.
        again: the index holds this text already, so its lines need another key.
    """
    told = fields_of(replace(coverage, digest="", head="", beginnings=(), missing=(), keys=()))
    told["unparsed"] = [[line, encodable(text[:EXAMPLE_LENGTH])] for line, text in coverage.unparsed]
    return Entry(
        id=coverage.digest,
        key=f"{coverage.digest}-{uuid4().hex}" if again else coverage.digest,
        name=source.name,
        folder=source.folder,
        deployment=options.deployment or "",
        told=told,
        total={name: told[name] for name in ("bytes", "lines", "kinds", "formats", "envelopes", "forged")},
        head=coverage.head,
        packed=packed,
        leads=is_named(source.name, options.leading),
        read_as=describe_reading(setup),
        zone=str(setup.zone),
        rules=ruleset(setup.rule_folders).digest,
        whole=not coverage.broken,
    )


def subtract_earlier(entry: Entry, before: Entry | None, coverage: Coverage) -> dict[str, Any]:
    """Return the coverage of what a source got since it was read before, in the form of ``Entry.told``.

    Args:
        entry: the source as a whole.
        before: the part that was read before; None: nothing was.
        coverage: what was found in the source as a whole.
    """
    if before is None:
        return entry.told
    told, earlier = dict(entry.told), before.total
    for name in ("bytes", "lines", "forged"):
        told[name] -= earlier[name]
    told["kinds"] = {kind: number - earlier["kinds"][kind] for kind, number in told["kinds"].items()}
    for name in ("formats", "envelopes"):
        rest = {key: number - earlier[name].get(key, 0) for key, number in told[name].items()}
        told[name] = {key: number for key, number in rest.items() if number > 0}
    last = before.told["last"]
    if last is not None and coverage.first is not None:
        told["first"] = max(int(last), coverage.first)
    return told


def describe_reading(setup: Setup) -> str:
    """Return a text that differs if sources are read with other options that change what their lines mean."""
    own = (*setup.field_names, *setup.app_formats, *setup.format_folders)
    return repr((setup.log_formats, str(setup.zone), setup.trusted, setup.message_fields, *own))
