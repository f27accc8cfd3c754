"""One HTTP request as an access line shows it, in one form whatever server wrote the line.

Owns: sizes, durations and escapes of access lines, and the statuses that mean that there was no answer.
Must not know: which requests matter, which addresses can be believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.formats.escapes import repair_latin1
from logparse.lines import proxies
from logparse.lines.addresses import normalise
from logparse.lines.long_texts import cut_text

if TYPE_CHECKING:
    from logparse.common.timestamps import Stamp
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.lines.proxies import Trusted

#: Fields that may hold the duration, the finest first, and the microseconds in one of their units.
_DURATIONS: Final = (
    ("duration_ns", 1e-3), ("duration_us", 1), ("duration_dec", 1e6), ("duration_ms", 1e3), ("duration_s", 1e6),
)  # fmt: skip
#: The client left before there was an answer: nginx, Traefik and Caddy write 499, AWS load balancers 460.
LEFT: Final = frozenset({460, 499})
#: There was no answer: Airflow 3.2+ (``http_access_log.py``) and others write 0, HAProxy -1. Formats that have signs
#: for that show who ended the connection.
UNANSWERED: Final = frozenset({-1, 0})


@dataclass(slots=True)
class Access:
    """An access line that is kept: an attempt, or a request that may show what became of an attempt.

    Attributes:
        line: 1-based number of its (last) line in the file.
        order: its number among all lines of the source in the order of writing: of two access lines of one process,
            the one with the lower order was written first. This is not the order in the file where an envelope holds
            several lines, or where the file begins with its newest line.
        time: end of the request in microseconds UTC, None if not known.
        time_source: ``line``, ``envelope``, ``neighbour`` or None.
        client: normalised address without port, None if not known; the one that a trusted proxy forwards, if any.
        user: name in a Basic header as sent, which is a claim, or one that a proxy vouches for; None if there was none.
        method: HTTP method, None for a malformed request.
        target: as asked for, with query string.
        decoded: the server wrote the path percent-decoded.
        status: HTTP status.
        size: bytes of the response body; of a page, if that is all there is, of its headers as well: sizes of pages are
            only compared with each other.
        referer, agent: headers; None if absent.
        duration: microseconds.
        location: where the response redirects to, if the line holds it.
        shadowed: the line stands where a stranger could have written it.
        nameless: the line cannot tell whether a name was sent to Airflow: its format has no place for it, its start is
            lost, or the name is one that a proxy asked for, which may pass it on or not.
        vouched: the proxy that wrote the line looked at the credentials itself, so ``user`` is no mere claim.
        proxy: what became of the request on the way: ``refused`` (the proxy that wrote the line answered by itself, and
            Airflow never saw the request), ``closed`` (the client left before the answer); None: neither, as far as
            the line shows.
        peer: who sent the request to the server that wrote the line, where that is not the client; None else.
        request_id: of the request, as a proxy and the server behind it both log it.
        origin: where the line was written, as its envelopes show.
        process: which process wrote it, of those whose lines the source holds.
        record: id of the record that the envelope is; None if it has none.
        time_within: by so many microseconds the request may have ended later than ``time``, where that is the time of a
            neighbour; None if nothing shows how far off it is.
        total: bytes of the whole answer, headers among them, if the line holds them and not those of the body alone.
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
    peer: str | None = None
    request_id: str | None = None
    origin: Origin = NOWHERE
    process: Process = ()
    record: str | None = None
    time_within: int | None = 0
    total: int | None = None

    @property
    def claimed(self) -> str:
        """Whether the request carried a name: ``yes``, ``no``, or ``unknown``."""
        return "unknown" if self.nameless else "no" if self.user is None else "yes"

    @property
    def browser(self) -> bool:
        """Whether the request looks like a browser's: the usual HTTP libraries send no Referer and name themselves."""
        return bool(self.referer) or (self.agent or "").startswith("Mozilla/")


def make_access(
    form: LineFormat,
    fields: Fields,
    number: int,
    stamp: Stamp | None,
    *,
    shadowed: bool = False,
    trusted: Trusted = proxies.DEFAULT,
) -> Access:
    """Make an access line of the fields that a line format read.

    Args:
        form: the line format.
        fields: what it read.
        number: of the line in the file.
        stamp: the time of the line.
        shadowed: the line stands where a stranger could have written it.
        trusted: proxies whose word on the client's address is taken.
    """
    target, decoded = read_target(form, fields)
    duration = _read_duration(fields)
    peer = normalise(_present(fields.get("client")), port=form.port)
    client = proxies.find_client(
        peer, fields.get("forwarded"), fields.get("real_ip"), trusted, has_peer="client" in fields
    )
    status, user = _status(fields.get("status")), _present(fields.get("user"))
    proxy = next((sign.does for sign in form.signs if sign.shows(fields)), None)
    if status in LEFT or (status in UNANSWERED and not form.signs):
        proxy = proxy or "closed"
    time = None if stamp is None else stamp.utc
    if time is not None and form.stamp == "start":
        time += duration or 0
    method = cut_text(fields.get("method") or "") or _present(fields.get("verb"))
    is_page = method == "GET" and status == HTTPStatus.OK
    total = None if fields.get("bytes") else _number(fields.get("total_bytes"))
    return Access(
        line=number,
        order=number,
        time=time,
        time_source=None if stamp is None else "line",
        client=client,
        user=user,
        method=method,
        target=target,
        decoded=decoded,
        status=status,
        size=total if total is not None and is_page else _number(fields.get("bytes")),
        referer=_header(fields.get("referer")),
        agent=_header(fields.get("agent")),
        duration=duration,
        location=_header(fields.get("location")),
        shadowed=shadowed,
        nameless="user" not in fields or form.vouches,
        vouched=form.vouches and user is not None and not _turned_away(form, status, proxy),
        proxy=proxy,
        peer=None if peer == client else peer,
        request_id=_present(fields.get("request_id")),
        total=total,
    )


def read_target(form: LineFormat, fields: Fields) -> tuple[str, bool]:
    """Return the target with its query string, and whether its path is percent-decoded."""
    target, decoded = fields.get("target"), form.decoded
    if target is None and fields.get("url_path") is not None:
        target, decoded = fields["url_path"], True  # gunicorn's %(U)s is percent-decoded
    target, query = repair_latin1(target or ""), fields.get("query")
    return cut_text(f"{target}?{query}" if query and query != "-" and "?" not in target else target), decoded


def _turned_away(form: LineFormat, status: int, proxy: str | None) -> bool:
    """Whether the proxy may have refused the credentials, so that the user of the line is a mere claim.

    Apache, mod_log_config: %u "may be bogus if return status is 401"; Traefik writes the name then, too.
    """
    shows_refusals = any(sign.does == "refused" for sign in form.signs)
    return status == HTTPStatus.UNAUTHORIZED and (proxy == "refused" or not shows_refusals)


def _present(text: str | None) -> str | None:
    return None if text is None or text in ("-", "") else cut_text(text)


def _header(text: str | None) -> str | None:
    return None if text is None or text == "-" else cut_text(repair_latin1(text))


def _status(text: str | None) -> int:
    """Read the status; 0, as for an answer that never came, if the text is no status."""
    return int(text) if text and len(text) <= 3 else 0  # noqa: PLR2004


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004


def _read_duration(fields: Fields) -> int | None:
    for name, factor in _DURATIONS:
        text = fields.get(name)
        if text and text not in ("-", "None"):
            try:
                span = min(round(float(text) * factor), 1 << 53)
            except (ValueError, OverflowError):
                return None
            return span if span >= 0 else None  # HAProxy: -1 where the request was given up before
    return None
