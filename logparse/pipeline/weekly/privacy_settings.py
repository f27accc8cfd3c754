"""What the tables of an archive hide of people: the same in all weeks, and from run to run.

Owns: what a run hides that was not told, and when a run is refused. Must not know: how anything is hidden.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logparse.common.errors import OutputError
from logparse.common.privacy import restore_privacy

if TYPE_CHECKING:
    from logparse.archive.index import Index
    from logparse.pipeline.job import Job


def settle(index: Index, job: Job, place: str, *, rebuild: bool) -> tuple[Job, bool]:
    """Find out what a run hides, and note it in the index.

    Args:
        index: the archive, which is changed.
        job: what the run was asked for.
        place: of the archive.
        rebuild: all weeks are made again.

    Returns:
        The job with what it hides; and whether that is not what the weeks of the archive hide, so that all of them must
        be made again.

    Raises:
        OutputError: the archive shows pseudonyms, and the key was not given, or is another one.
    """
    options, before = job.options, index.privacy
    asked = {name: getattr(options.privacy, name) for name in options.privacy_asked}
    privacy = replace(restore_privacy(before, options.privacy.key), **asked)
    if privacy.pseudonymize and not privacy.key:
        raise OutputError(
            place,
            "shows pseudonyms, which need their key: give it with --pseudonym-key-file or LOGPARSE_PSEUDONYM_KEY",
        )
    index.privacy = privacy.settings()
    old, new = before.get("key", ""), index.privacy.get("key", "")
    if old and new and old != new and not (options.privacy_asked and rebuild):
        raise OutputError(
            place,
            "shows pseudonyms that were made with another key; give that one, or give --pseudonymize and --rebuild to "
            "make all weeks again with this one",
        )
    if privacy.given:
        for entry in index.sources.values():
            entry.told["unparsed"] = []
        for told in index.failed.values():
            told["unparsed"] = []
    setup = replace(options.setup, examples=not privacy.given)
    job = replace(job, options=replace(options, setup=setup, privacy=privacy))
    return job, index.privacy != before and bool(index.weeks)
