"""A first ``logparse.toml`` for some logs, made of what their first lines show.

Owns: what stands in it. Must not know: where it is written, how such a file is read.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, cast

from logparse.common.errors import LogparseError, OptionError
from logparse.common.text import printable
from logparse.pipeline.options import check_options
from logparse.reports.other_forms import find_export

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.inspection.detect import Detection
    from logparse.pipeline.options import RunOptions


def write_config(paths: Sequence[str], archive: str, found: Sequence[Detection]) -> str:
    """Return a file of options: the logs, the archive, what their lines ask for, and what else could be set.

    Args:
        paths: the logs as the user named them.
        archive: where reports are to be written.
        found: what their first lines showed.
    """
    return "\n".join(_lines(paths, archive, found)) + "\n"


def _lines(paths: Sequence[str], archive: str, found: Sequence[Detection]) -> Iterator[str]:
    exports = {
        one.source: export[1]
        for one in found
        if not one.known and not one.option and (export := find_export(one.unparsed))
    }
    logs = [one for one in found if one.source not in exports]
    yield "# Options of logparse: they count in the folder of this file, or with --config. What is typed wins."
    yield "# Every long option is a key here, without its dashes."
    yield f"paths = {_value([path for path in paths if path not in exports])}"
    yield f"archive = {_value(archive)}"
    yield ""
    for one in logs:
        names = ", ".join(each.form.id for each in one.formats) or "no known line format"
        share = f"{one.understood:.0%} of its first {one.lines:,} lines understood as they are"
        yield f"# {printable(one.source)}: {f'{names}; {share}' if one.lines else 'empty'}"
    asked: dict[str, list[str]] = {}
    for source, flag in exports.items():
        yield f"# {printable(source)}: an export of Airflow, see below"
        asked.setdefault(flag.removeprefix("--"), []).append(source)
    for option in dict.fromkeys(one.option for one in logs if one.option):
        flag, value = shlex.split(option)
        key = flag.removeprefix("--")
        if _is_usable(key, [*asked.get(key, ()), value]):
            asked.setdefault(key, []).append(value)
        else:
            yield "# Some logs need other names than the rest: read them by themselves, with a profile of their own."
            yield f"# {key} = {_value([value])}"
    for key, values in asked.items():
        yield f"{key} = {_value(values)}"
    assumed = [one.source for one in logs if one.assumed]
    yield from _comment("timezone", "UTC", "Weeks begin at midnight of this zone.")
    zone = f"Times in {printable(assumed[0])} name no zone: set theirs." if assumed else "For times that name no zone."
    yield from _comment("assume-timezone", "UTC", zone)
    if any((one.lines and one.understood < 1) or one.ends for one in logs):
        yield from _comment("log-format", ["..."], "Lines that were not understood: the server's own format string.")
    if len(logs) > 1:
        servers = [one for one in logs if any(each.form.airflow for each in one.formats)]
        leader = (servers or logs)[0].source.rpartition("/")[2]
        yield from _comment("leading", [leader], "Which log counts, where two are about the same requests.")
    if "users" not in asked:
        yield from _comment("users", ["users.json"], "With exports, findings name the missing permission.")
    yield ""
    yield "# A part that counts with --profile NAME, for each Airflow that you have."
    yield "# [profile.production]"
    yield '# deployment = "production"'


def _is_usable(key: str, values: Sequence[str]) -> bool:
    """Return whether commands take these values of a repeatable option together."""
    try:
        check_options(cast("RunOptions", {f"{key.replace('-', '_')}s": values}))
    except (LogparseError, OptionError):
        return False
    return True


def _comment(key: str, value: object, why: str) -> Iterator[str]:
    yield f"# {why}"
    yield f"# {key} = {_value(value)}"


def _value(value: object) -> str:
    """Return a text or texts as TOML writes them; JSON writes them alike."""
    return json.dumps(value, ensure_ascii=True)
