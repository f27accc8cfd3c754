"""One HTTP request as an access line tells it, its fields brought into one form whatever server wrote it.

Owns: addresses, sizes, durations and escapes of access lines. Must not know: which requests matter.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from logparse.envelopes.origin import NOWHERE, Origin
from logparse.formats.logformat import repair

if TYPE_CHECKING:
    from logparse.formats import Fields, LineFormat
    from logparse.timestamps import Stamp

#: Fields that may hold the duration, the finest first, and the microseconds in one of their units.
_DURATIONS: Final = (
    ("duration_ns", 1e-3), ("duration_us", 1), ("duration_dec", 1e6), ("duration_ms", 1e3), ("duration_s", 1e6),
)  # fmt: skip
_UNAUTHORIZED: Final = 401


@dataclass(slots=True)
class Access:
    """An access line that is kept: an attempt, or a request that may tell what became of one.

    Attributes:
        line: 1-based number of its (last) line in the file.
        order: its place among all that the source holds, oldest first: of two access lines of one process, the one with
            the lower order was written first. Envelopes put several lines into one, and some files begin with the end.
        time: end of the request in microseconds UTC, None if not known.
        time_source: ``line``, ``envelope``, ``neighbour`` or None.
        client: normalised address without port, None if not known.
        user: name in a Basic header as sent, which is a claim, or one that a proxy vouches for; None if there was none.
        method: HTTP method, None for a malformed request.
        target: as asked for, with query string.
        decoded: the server wrote the path percent-decoded.
        status: HTTP status.
        size: bytes of the response body.
        referer, agent: headers; None if absent.
        duration: microseconds.
        location: where the response redirects to, if the line holds it.
        shadowed: the line stands where a stranger could have written it.
        nameless: the line cannot tell whether a name was sent: its format has no place for it, or its start is lost.
        vouched: the proxy that wrote the line looked at the credentials itself, so ``user`` is no mere claim.
        proxy: what the proxy that wrote the line did by itself: ``refused`` (Airflow never saw the request), ``closed``
            (the client left before the answer); None: it passed Airflow's answer on, or the line does not tell.
        request_id: of the request, as a proxy and the server behind it both log it.
        origin: where the line was written, as its envelopes tell.
        record: what tells the record of the envelope from all others, None if nothing does.
    """

    line: int
    order: int
    time: int | None
    time_source: str | None
    client: str | None
    user: str | None
    method: str | None
    target: str
    decoded: bool
    status: int
    size: int | None
    referer: str | None
    agent: str | None
    duration: int | None
    location: str | None
    shadowed: bool = False
    nameless: bool = False
    vouched: bool = False
    proxy: str | None = None
    request_id: str | None = None
    origin: Origin = NOWHERE
    record: str | None = None

    @property
    def claimed(self) -> str:
        """Whether the request carried a name: ``yes``, ``no``, or ``unknown``."""
        return "unknown" if self.nameless else "no" if self.user is None else "yes"

    @property
    def browser(self) -> bool:
        """Whether it looks like a browser's; the usual HTTP libraries send no Referer and name themselves."""
        return bool(self.referer) or (self.agent or "").startswith("Mozilla/")


def access_line(
    form: LineFormat, fields: Fields, number: int, stamp: Stamp | None, *, shadowed: bool = False
) -> Access:
    """The access line that ``form`` read as ``fields``."""
    target, decoded = fields.get("target"), form.decoded
    if target is None and fields.get("url_path") is not None:
        target, decoded = fields["url_path"], True  # gunicorn's %(U)s is percent-decoded
    target = repair(target or "")
    query = fields.get("query")
    if query and query != "-" and "?" not in target:
        target = f"{target}?{query}"
    duration = _duration(fields)
    proxy = next((sign.does for sign in form.signs if sign.shows(fields)), None)
    status = int(fields.get("status") or 0)
    time = None if stamp is None else stamp.utc
    if time is not None and form.stamp == "start":
        time += duration or 0
    return Access(
        line=number,
        order=number,
        time=time,
        time_source=None if stamp is None else "line",
        client=address(fields.get("client"), port=form.port),
        user=_present(fields.get("user")),
        method=fields.get("method") or _present(fields.get("verb")),
        target=target,
        decoded=decoded,
        status=status,
        size=_number(fields.get("bytes")),
        referer=_header(fields.get("referer")),
        agent=_header(fields.get("agent")),
        duration=duration,
        location=_header(fields.get("location")),
        shadowed=shadowed,
        # A proxy that vouches writes the names that it asked for, which are not all that were sent.
        nameless="user" not in fields or (form.vouches and _present(fields.get("user")) is None),
        # Traefik's basicAuth writes the name that it refuses, too (middlewares/auth/basic_auth.go, 3.0).
        vouched=form.vouches and not (proxy == "refused" and status == _UNAUTHORIZED),
        proxy=proxy,
        request_id=_present(fields.get("request_id")),
    )


@lru_cache(maxsize=1 << 14)
def address(text: str | None, *, port: bool = False) -> str | None:
    """A client address in its usual spelling, IPv4 mapped into IPv6 as IPv4; other text (a host name) as it is.

    Args:
        text: as logged.
        port: a port follows behind the last colon (uvicorn and Airflow 3 write IPv6 without brackets).
    """
    if not text or text == "-":
        return None
    if port:
        text = text.rpartition(":")[0] or text
    text = text.removeprefix("[").removesuffix("]")
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return text
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def _present(text: str | None) -> str | None:
    return None if text is None or text in ("-", "") else text


def _header(text: str | None) -> str | None:
    return None if text is None or text == "-" else repair(text)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004


def _duration(fields: Fields) -> int | None:
    for name, factor in _DURATIONS:
        text = fields.get(name)
        if text and text not in ("-", "None"):
            try:
                span = min(round(float(text) * factor), 1 << 53)
            except (ValueError, OverflowError):
                return None
            return span if span >= 0 else None  # HAProxy: -1 where the request was given up before
    return None
