"""The address of the client, where a proxy stands between the client and the server that wrote the line.

Owns: which addresses of a line can be believed. Must not know: formats, how addresses are written.

Anybody can send X-Forwarded-For; each proxy adds to the right of what is there the address that it got the request
from. So the header can be believed only if the peer, who sent the request to the server, is a proxy that does so, and
of its entries only those that such proxies added.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeAlias

from logparse.common.memo import remember_short
from logparse.lines.addresses import normalise_hop

if TYPE_CHECKING:
    from collections.abc import Iterable

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
#: No request comes through more proxies; a longer list is a stranger's.
HOPS: Final = 32
#: Words of an option that are no network: trust no proxy, and trust those that talk through a unix socket.
NOBODY, UNIX = "none", "unix"


@dataclass(frozen=True, slots=True)
class Trusted:
    """The proxies whose word is taken.

    Attributes:
        networks: their addresses, as texts such as ``10.0.0.0/8``.
        unix: those that talk through a unix socket are among them.
        guessed: the user named none, so addresses that are not of the Internet are taken for proxies.
    """

    networks: tuple[str, ...]
    unix: bool
    guessed: bool = False

    def holds(self, address: str | None) -> bool:
        """Whether a proxy of this address is trusted; None is a unix socket."""
        return self.unix if address is None else _within(address, self.networks)


#: Loopback, private (RFC 1918, RFC 4193), link-local and carrier-grade (RFC 6598) addresses, and unix sockets.
DEFAULT: Final = Trusted(
    (
        "127.0.0.0/8", "::1/128",
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
        "169.254.0.0/16", "fe80::/10",
        "100.64.0.0/10",
    ),
    unix=True,
    guessed=True,
)  # fmt: skip


def parse_trusted(names: Iterable[str]) -> Trusted:
    """Read the names of trusted proxies as the user gives them.

    Args:
        names: networks (``10.0.0.0/8``), addresses, ``unix`` for unix sockets, or ``none`` alone; empty: ``DEFAULT``.

    Raises:
        ValueError: a name is none of these.
    """
    wanted = [name.strip() for name in names]
    if not wanted:
        return DEFAULT
    if NOBODY in wanted and set(wanted) != {NOBODY}:
        raise ValueError(f"{NOBODY!r} stands alone: it says that nobody is trusted")
    unix = {UNIX, f"{UNIX}:"}  # nginx writes unix:
    return Trusted(
        tuple(str(_network(name)) for name in wanted if name not in {NOBODY, *unix}), unix=not unix.isdisjoint(wanted)
    )


def find_client(
    peer: str | None, forwarded: str | None, real_ip: str | None, trusted: Trusted = DEFAULT, *, has_peer: bool = True
) -> str | None:
    """Find the address of the client, as far as it can be believed; None if it is not known.

    Args:
        peer: who sent the request to the server that wrote the line, as ``addresses.normalise`` writes it; None for a
            unix socket.
        forwarded: X-Forwarded-For, several such headers joined by commas; None if there was none.
        real_ip: X-Real-IP, likewise.
        trusted: whose word is taken.
        has_peer: the line has a place for the peer. Envoy's has not, but its X-Forwarded-For ends in the peer.
    """
    if has_peer and ((_absent(forwarded) and _absent(real_ip)) or not trusted.holds(peer)):
        return peer
    if _absent(forwarded):
        return (None if _absent(real_ip) else normalise_hop(real_ip or "")) or peer
    hops = _hops(forwarded or "")
    if not hops:
        return peer
    # The last entry is what a trusted proxy saw. What stands left of addresses that are merely taken for proxies, since
    # they are not of the Internet, may be the invention of a client inside; of proxies that were named, it is not.
    last = hops[0] if trusted.guessed else hops[-1]
    if not has_peer and trusted.guessed:
        return last
    return next((address for address in hops if not trusted.holds(address)), last)


def _hops(forwarded: str) -> list[str]:
    """Return the entries from the right, up to one that is no address: who wrote that is not known."""
    hops = []
    for entry in reversed(forwarded.rsplit(",", HOPS)[-HOPS:]):
        if not entry.strip():
            continue  # lists in headers may hold empty entries (RFC 9110, 5.6.1)
        address = normalise_hop(entry)
        if address is None:
            break
        hops.append(address)
    return hops


def _absent(header: str | None) -> bool:
    return header is None or header.strip() in ("", "-")


def _network(name: str) -> Network:
    try:
        return ipaddress.ip_network(name, strict=False)
    except ValueError as error:
        raise ValueError(
            f"{name!r} is no network such as 10.0.0.0/8, no address, not {UNIX!r} and not {NOBODY!r}"
        ) from error


@lru_cache(maxsize=16)
def _networks(names: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(map(_network, names))


@remember_short(1 << 14)
def _within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:  # a host name, where the server looks them up
        return False
    return any(parsed in network for network in _networks(networks))
