"""What can stand in an access line where the client and the user do.

Owns: how a client may be written, and what no server writes in place of a user.
Must not know: line formats, which address is whose.

Text that some tool put in front of a line would else become its client or its user: a line with any other client is
not read. Servers write addresses or names of hosts; people put stars, an ``x`` or a word in angle brackets there before
they hand a log over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from logparse.common.columns import split_lines, truth_values
from logparse.common.memo import remember_short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: An IPv4 address, or what looks like one of IPv6 and is no time of day; a port may follow.
PATTERN: Final = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[?[0-9A-Fa-f]{0,4}:(?::|(?:[0-9A-Fa-f]{0,4}:){2,})"
    r"(?:[0-9A-Fa-f]{0,4}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?:%[0-9A-Za-z]+)?\]?)(?::[0-9]{1,5})?"
)
_ADDRESS: Final = re.compile(PATTERN)
_HOST: Final = re.compile(r"[0-9.-]*[A-Za-z_*][\w.*-]*(?::\d{1,5})?|<[\w. -]{1,40}>|\(?none\)?|-?|unix:\S*|\d+")
#: A date is no host: Apache, nginx and gunicorn write neither dates nor times in front of a line. Nor is a name that
#: ends in an address: the name of a file, or the rest of a sign for a terminal, stands in front of it then.
_NO_HOST: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T?\d{2}|\d{4}-\d{2}-\d{2}|.*[\w.-]\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\Z"
)
#: A user in front of whom another client stands; behind further words, an address.
_CLIENT_INSIDE: Final = re.compile(
    r"(?:[\d.]+|[0-9A-Fa-f:][0-9A-Fa-f]*:[0-9A-Fa-f.:]+|[A-Za-z][\w.-]*) - "
    r"|(?:\S+ ){1,8}?(?:[0-9]{1,3}\.){3}[0-9]{1,3} - "
)
#: A name of a host, with two dots, in front of a user: the server was told to write both.
_HOST_IN_FRONT: Final = re.compile(r"(?=[^ ]*[A-Za-z])[\w-]+(?:\.[\w-]+){2,}(?::\d{1,5})? \S+")


@remember_short(1 << 12)
def is_client(text: str) -> bool:
    """Return whether a server can have written a text in place of the client."""
    if _ADDRESS.fullmatch(text):
        return True
    return _HOST.fullmatch(text) is not None and _NO_HOST.match(text) is None


def find_unusual_clients(texts: Sequence[str]) -> set[str]:
    """Return those of many texts that no server can have written in place of the client."""
    data = "\n".join([*texts, ""]).encode("utf-8", "surrogateescape")
    addresses = truth_values(pc.match_substring_regex(split_lines(data)[0], rf"^(?:{PATTERN})\n$"))
    others = {texts[at] for at in np.flatnonzero(~addresses).tolist()} if len(addresses) == len(texts) else set(texts)
    return {text for text in others if not is_client(text)}


def can_be_written(fields: Mapping[str, str | None]) -> bool:
    """Return whether client and user are such as a server writes them.

    A user that begins like a line is one if an address stands in front of it: then the caller sent it so.
    """
    client, user = fields.get("client"), fields.get("user")
    if client is not None and not is_client(client):
        return False
    if user and " - " in user and _CLIENT_INSIDE.match(user):
        return client is not None and _ADDRESS.fullmatch(client) is not None
    return not (user and " " in user and _HOST_IN_FRONT.fullmatch(user))


def read_only_written(
    read: Callable[[str], dict[str, str | None] | None],
) -> Callable[[str], dict[str, str | None] | None]:
    """Return a reader that leaves lines out whose client or user no server writes."""

    def checked(line: str) -> dict[str, str | None] | None:
        fields = read(line)
        return fields if fields is None or can_be_written(fields) else None

    return checked
