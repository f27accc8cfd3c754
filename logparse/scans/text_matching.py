"""Expressions of rules, tried on many texts at once.

Owns: how RE2 is asked, and messages behind which an access line goes on. Must not know: what a rule means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

if TYPE_CHECKING:
    import pyarrow as pa

#: What stands in an access line behind its user.
_REST_OF_ACCESS_LINE: Final = (
    r'\[(?:\d{2}/[A-Z][a-z]{2}/\d{4}:|\d{4}-\d{2}-\d{2}T)\d{2}:\d{2}:\d{2}[0-9 .:Z+-]{0,16}\] *".*" \d{3} '
)


def find_hits(texts: pa.Array, pattern: str, unless: str) -> list[bool]:
    """Return in which texts an expression is found, and another one is not."""
    hits: list[bool] = pc.match_substring_regex(texts, pattern).to_pylist()
    barred = pc.match_substring_regex(texts, unless).to_pylist() if unless else ()
    return [hit and not but for hit, but in zip(hits, barred, strict=True)] if unless else hits


def find_groups(texts: pa.Array, pattern: str) -> list[dict[str, str]]:
    """Return the named groups of an expression in each text."""
    if "(?P<" not in pattern:
        return [{} for _ in range(len(texts))]
    return [groups or {} for groups in pc.extract_regex(texts, pattern).to_pylist()]


def find_access_lines_behind(texts: pa.Array) -> list[bool]:
    """Return which messages go on as an access line does.

    Where X-Forwarded-For stands first in access lines, a caller wrote the message, unless it ends in a typed name.
    """
    found: list[bool] = pc.match_substring_regex(texts, _REST_OF_ACCESS_LINE).to_pylist()
    return found
