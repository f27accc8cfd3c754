"""One HTTP request as an access line shows it, in one form whatever server wrote the line.

Owns: what is known of a request. Must not know: which requests matter, what each field of a line means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.lines import proxies
from logparse.lines import request_values as values

if TYPE_CHECKING:
    from logparse.common.timestamps import Stamp
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.lines.proxies import Trusted


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
    (target, decoded), (client, peer) = values.read_target(form, fields), values.read_client(form, fields, trusted)
    duration, answer, method = (
        values.read_duration(fields),
        values.read_answer(form, fields),
        values.read_method(fields),
    )
    size, total = values.read_sizes(fields, method, answer.status)
    return Access(
        line=number,
        order=number,
        time=None if stamp is None else values.find_end(form, stamp, duration),
        time_source=None if stamp is None else "line",
        client=client,
        user=answer.user,
        method=method,
        target=target,
        decoded=decoded,
        status=answer.status,
        size=size,
        referer=values.read_header(fields.get("referer")),
        agent=values.read_header(fields.get("agent")),
        duration=duration,
        location=values.read_header(fields.get("location")),
        shadowed=shadowed,
        nameless=values.is_nameless(form, fields),
        vouched=answer.vouched,
        proxy=answer.proxy,
        peer=peer,
        request_id=values.read_text(fields.get("request_id")),
        total=total,
    )
