"""A rule file as data: what may be read as one, and its TOML.

Owns: how large and how deep a rule file may be. Must not know: what is in one.

Users write these files, or take them from others. No file may take long to read, or end a run with a traceback.
"""

from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import os

#: Bytes that a rule file may have; those that are shipped have less than 9,000.
LARGEST: Final = 256 * 1024
#: A file of so few characters is parsed in no time, whatever is in it.
_PARSED_SOON: Final = 8192
#: A key of 32 parts or more.
_DEEP_KEY: Final = r"""(?:(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*\.[ \t]*){32}"""


def refuse(status: os.stat_result) -> str | None:
    """Return why nothing that has such a status is read as a rule file; None: it may be one."""
    if status.st_size > LARGEST:
        return f"has {status.st_size:,} bytes; a rule file may have {LARGEST:,}"
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return "is a pipe or a device; leave it out of --rules"
    return None


def parse(text: str) -> dict[str, Any]:
    """Parse a TOML file. Python's parser takes quadratic time for keys with many parts, so these are refused.

    Raises:
        RecursionError: it is nested too deeply.
        ValueError: it is no TOML.
    """
    if len(text) > _PARSED_SOON:
        import pyarrow.compute as pc  # noqa: PLC0415 - late: shipped rules need it seldom

        from logparse.common.columns import text_column  # noqa: PLC0415

        if pc.match_substring_regex(text_column([text]), _DEEP_KEY)[0].as_py():
            raise RecursionError
    return tomllib.loads(text)


def parse_without_examples(text: bytes) -> dict[str, Any]:
    """Parse a rule file that comes with logparse, up to its examples, which stand last and are two thirds of it.

    Raises:
        ValueError: it is no TOML.
    """
    return tomllib.loads(text.partition(b"\n[[")[0].decode("utf-8"))
