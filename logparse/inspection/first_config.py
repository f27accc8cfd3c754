"""A first ``logparse.toml`` for some logs, made of what their first lines show.

Owns: what stands in it, how exports are told from logs. Must not know: where it is written, how such a file is read.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Final, cast

from logparse.common.errors import LogparseError, OptionError
from logparse.common.text import printable
from logparse.pipeline.options import check_options
from logparse.sources.chunk_reader import ChunkReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.inspection.detect import Detection
    from logparse.pipeline.options import RunOptions
    from logparse.sources.source import Source

_HEAD: Final = 64 * 1024
#: How pages of the API begin, and columns of the tables, with the option that takes such an export.
_EXPORTS: Final = (
    (re.compile(rb'\s*\{\s*"event_logs"'), frozenset({"dttm", "event", "owner"}), "audit-log"),
    (re.compile(rb'\s*\{\s*"dag_runs"'), frozenset({"dag_id", "run_id", "run_type"}), "dag-runs"),
)


def find_export(source: Source) -> str:
    """Return the key of the option that takes a file as an export of Airflow, by its beginning; empty: it is none.

    Raises:
        InputError: the file cannot be read.
    """
    head = next((chunk.data for chunk in ChunkReader(source, size=_HEAD)), b"")
    first = head.partition(b"\n")[0].decode("utf-8", "replace").lower()
    columns = {name.strip(' "\r') for name in re.split(r"[,;\t|]", first)}
    return next((key for page, needed, key in _EXPORTS if page.match(head) or needed <= columns), "")


def write_config(paths: Sequence[str], archive: str, found: Sequence[Detection], exports: Mapping[str, str]) -> str:
    """Return a file of options: the logs, the archive, what their lines ask for, and what else could be set.

    Args:
        paths: the logs as the user named them.
        archive: where reports are to be written.
        found: what their first lines showed.
        exports: files that are exports of Airflow, with the key of the option that takes each.
    """
    return "\n".join(_lines(paths, archive, found, exports)) + "\n"


def _lines(paths: Sequence[str], archive: str, found: Sequence[Detection], exports: Mapping[str, str]) -> Iterator[str]:
    yield "# Options of logparse: they count in the folder of this file, or with --config. What is typed wins."
    yield "# Every long option is a key here, without its dashes."
    yield f"paths = {_value([path for path in paths if path not in exports])}"
    yield f"archive = {_value(archive)}"
    yield ""
    for one in found:
        names = ", ".join(each.form.id for each in one.formats) or "no known line format"
        share = f"{one.understood:.0%} of its first {one.lines:,} lines understood as they are"
        yield f"# {printable(one.source)}: {names}; {share}"
    asked: dict[str, list[str]] = {}
    for source, key in exports.items():
        yield f"# {printable(source)}: an export of Airflow; if it lies among the logs, move it elsewhere"
        asked.setdefault(key, []).append(source)
    for option in dict.fromkeys(one.option for one in found if one.option):
        flag, value = shlex.split(option)
        key = flag.removeprefix("--")
        if _is_usable(key, [*asked.get(key, ()), value]):
            asked.setdefault(key, []).append(value)
        else:
            yield "# Some logs need other names than the rest: read them by themselves, with a profile of their own."
            yield f"# {key} = {_value([value])}"
    for key, values in asked.items():
        yield f"{key} = {_value(values)}"
    assumed = [one.source for one in found if one.assumed]
    yield from _comment("timezone", "UTC", "Weeks begin at midnight of this zone.")
    zone = f"Times in {printable(assumed[0])} name no zone: set theirs." if assumed else "For times that name no zone."
    yield from _comment("assume-timezone", "UTC", zone)
    if any(one.understood < 1 or one.ends for one in found):
        yield from _comment("log-format", ["..."], "Lines that were not understood: the server's own format string.")
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
