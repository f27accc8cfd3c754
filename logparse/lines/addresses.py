"""Addresses of clients as servers and proxies write them, in their usual spelling.

Owns: how an address may be written. Must not know: which of several addresses is whose (``forwarded``).
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final

#: An IPv4 address that is spelled as usual: ``ipaddress`` takes ten times as long to say so.
_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
USUAL: Final = rf"^(?:{_BYTE}\.){{3}}{_BYTE}$"
_IPV4: Final = re.compile(USUAL.removesuffix("$"))


@lru_cache(maxsize=1 << 14)
def address(text: str | None, *, port: bool = False) -> str | None:
    """A client address in its usual spelling, IPv4 mapped into IPv6 as IPv4; other text (a host name) as it is.

    Args:
        text: as logged; nothing, ``-`` and nginx's ``unix:`` are no address.
        port: a port follows behind the last colon (uvicorn and Airflow 3 write IPv6 without brackets).
    """
    if not text or text in ("-", "unix:"):
        return None
    if port:
        text = text.rpartition(":")[0] or text
    text = text.removeprefix("[").removesuffix("]")
    return _usual(text) or text


@lru_cache(maxsize=1 << 14)
def hop(text: str) -> str | None:
    """One entry of X-Forwarded-For in its usual spelling; None for what is no address, such as ``unknown``.

    Some proxies write ports, and then brackets around IPv6, and quotes around both, as RFC 7239 does.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _usual(text)


def is_address(text: str) -> bool:
    """Whether a text is an address, and not the name of a host."""
    return _usual(text) is not None


@lru_cache(maxsize=1 << 14)
def _usual(text: str) -> str | None:
    if _IPV4.fullmatch(text):
        return text
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)
