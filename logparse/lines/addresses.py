"""Addresses of clients as servers and proxies write them, in their usual spelling.

Owns: how an address may be written. Must not know: which of several addresses is whose.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from logparse.common.memo import remember_short

# ``ipaddress`` takes ten times as long to recognise an IPv4 address that is spelled as usual.
_BYTE: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#: Pattern (RE2 and Python) of an IPv4 address in its usual spelling.
USUAL: Final = rf"^(?:{_BYTE}\.){{3}}{_BYTE}$"
_IPV4: Final = re.compile(USUAL.removesuffix("$"))


@remember_short(1 << 14)
def normalise(text: str | None, *, port: bool = False) -> str | None:
    """Return a client address in its usual spelling, IPv4 mapped into IPv6 as IPv4; other text (a host name) as it is.

    A port behind an address that is complete without it is left out.

    Args:
        text: as logged; nothing, ``-``, ``None`` and ``unix:`` are no address.
        port: a port follows behind the last colon (uvicorn and Airflow 3 write IPv6 without brackets).
    """
    if not text or text in ("-", "unix:"):
        return None
    if port:
        text = text.rpartition(":")[0] or text
    if text in ("None", "unix:@"):  # uvicorn behind a socket without addresses
        return None
    text = text.removeprefix("[").removesuffix("]")
    return _parse(text) or _parse_with_port(text) or text


@remember_short(1 << 14)
def normalise_hop(text: str) -> str | None:
    """Return an entry of X-Forwarded-For in its usual spelling; None for what is no address, such as ``unknown``.

    Some proxies write ports, and then brackets around IPv6, and quotes around both, as RFC 7239 does.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _parse(text)


def _parse_with_port(text: str) -> str | None:
    """Return the address in front of a port, as some proxies write the client; None for anything else."""
    address, _, port = text.rpartition(":")
    return _parse(address.removesuffix("]")) if port.isdigit() else None


def is_address(text: str) -> bool:
    """Whether a text is an address, and not the name of a host."""
    return _parse(text) is not None


@remember_short(1 << 14)
def _parse(text: str) -> str | None:
    if _IPV4.fullmatch(text):
        return text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)
