"""Request targets: what a request line asked for, in a form that rules can be matched against.

Owns: splitting and decoding of targets and referers, and matching query strings. Must not know: which targets matter.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

import pyarrow.compute as pc

from logparse.common.columns import replace_surrogates, text_column, truth_values
from logparse.common.memo import remember_short

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
#: Stands for a slash that was percent-encoded inside one segment, while rules are matched (U+E02F, private use).
ENCODED_SLASH = "\ue02f"


class Target(NamedTuple):
    """A request target, taken apart.

    Attributes:
        path: percent-decoded once, without host, query and fragment.
        match: the same with ``//`` evened out, and encoded slashes kept apart from real ones.
        query: the query string as sent, empty if there was none.
        doubled: the path held an empty segment (``//``) behind its first slash.
    """

    path: str
    match: str
    query: str
    doubled: bool


@remember_short(1 << 15)
def split_target(target: str, *, decoded: bool = False) -> Target:
    """Take a target apart; absolute-form targets (``POST http://host/x``) lose scheme and host.

    Args:
        target: as the access line holds it.
        decoded: the server wrote the path decoded (Airflow 3.2+, werkzeug): nothing is decoded again.
    """
    absolute = _ABSOLUTE.match(target)
    rest = target[absolute.end() :] if absolute else target
    if absolute and not rest.startswith("/"):
        rest = "/" + rest
    path, _, query = (rest if decoded else rest.partition("#")[0]).partition("?")
    if decoded or "%" not in path:
        plain = match = path
    else:
        segments = [unquote(each, errors="surrogateescape") for each in path.split("/")]
        plain = "/".join(segments)
        match = "/".join(each.replace("/", ENCODED_SLASH) for each in segments)
    doubled = "//" in match[1:]
    return Target(plain, re.sub("/{2,}", "/", match), query, doubled)


def query_parameter(query: str, name: str) -> str | None:
    """The first non-empty value of ``name`` in a query string, decoded; None if there is none."""
    if name not in query:
        return None
    try:
        values = parse_qs(query, max_num_fields=1000, errors="surrogateescape").get(name)
    except ValueError:
        return None
    return values[0] if values else None


def page_to_return_to(query: str) -> str | None:
    """The page to which a login leads in the end, as the query of the login page names it; None if it names none."""
    return query_parameter(query, "next") or query_parameter(query, "next_url")  # 2.8 has the latter


@remember_short(1 << 12)
def query_fits(query: str, pattern: str) -> bool:
    """Return whether a rule's pattern for query strings fits one."""
    return bool(truth_values(pc.match_substring_regex(text_column([replace_surrogates(query)]), pattern))[0])
