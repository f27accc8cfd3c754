"""What the fields of an access line mean, whatever server wrote it.

Owns: sizes, durations and escapes of access lines, and the statuses that mean that there was no answer.
Must not know: which requests matter, which addresses can be believed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

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


class Answer(NamedTuple):
    """What a line says of the answer, and of who got it: see ``Access``."""

    status: int
    user: str | None
    proxy: str | None
    vouched: bool


def find_end(form: LineFormat, stamp: Stamp, duration: int | None) -> int:
    """Return the end of a request in microseconds UTC, by the stamp of its line."""
    return stamp.utc + (duration or 0) if form.stamp == "start" else stamp.utc


def is_nameless(form: LineFormat, fields: Fields) -> bool:
    """Return whether a line cannot tell whether a name was sent to Airflow."""
    return "user" not in fields or form.vouches


def read_target(form: LineFormat, fields: Fields) -> tuple[str, bool]:
    """Return the target with its query string, and whether its path is percent-decoded."""
    target, decoded = fields.get("target"), form.decoded
    if target is None and fields.get("url_path") is not None:
        target, decoded = fields["url_path"], True  # gunicorn's %(U)s is percent-decoded
    target, query = repair_latin1(target or ""), fields.get("query")
    return cut_text(f"{target}?{query}" if query and query != "-" and "?" not in target else target), decoded


def read_client(form: LineFormat, fields: Fields, trusted: Trusted) -> tuple[str | None, str | None]:
    """Return the client, and who sent the request if that is somebody else."""
    peer = normalise(read_text(fields.get("client")), port=form.port)
    client = proxies.find_client(
        peer, fields.get("forwarded"), fields.get("real_ip"), trusted, has_peer="client" in fields
    )
    return client, None if peer == client else peer


def read_answer(form: LineFormat, fields: Fields) -> Answer:
    """Return what a line says of the answer, and of who got it."""
    status, user = _status(fields.get("status")), read_text(fields.get("user"))
    proxy = next((sign.does for sign in form.signs if sign.shows(fields)), None)
    if status in LEFT or (status in UNANSWERED and not form.signs):
        proxy = proxy or "closed"
    vouched = form.vouches and user is not None and not _turned_away(form, status, proxy)
    return Answer(status, user, proxy, vouched)


def read_method(fields: Fields) -> str | None:
    """Return the method."""
    return cut_text(fields.get("method") or "") or read_text(fields.get("verb"))


def read_sizes(fields: Fields, method: str | None, status: int) -> tuple[int | None, int | None]:
    """Return the size of a response, and that of the whole answer if the line holds that alone."""
    total = None if fields.get("bytes") else _number(fields.get("total_bytes"))
    is_page = method == "GET" and status == HTTPStatus.OK
    return total if total is not None and is_page else _number(fields.get("bytes")), total


def _turned_away(form: LineFormat, status: int, proxy: str | None) -> bool:
    """Whether the proxy may have refused the credentials, so that the user of the line is a mere claim.

    Apache, mod_log_config: %u "may be bogus if return status is 401"; Traefik writes the name then, too.
    """
    shows_refusals = any(sign.does == "refused" for sign in form.signs)
    return status == HTTPStatus.UNAUTHORIZED and (proxy == "refused" or not shows_refusals)


def read_text(text: str | None) -> str | None:
    """Return a text; None where the line holds a dash or nothing."""
    return None if text is None or text in ("-", "") else cut_text(text)


def read_header(text: str | None) -> str | None:
    """Return the value of a header; None if there was none."""
    return None if text is None or text == "-" else cut_text(repair_latin1(text))


def _status(text: str | None) -> int:
    """Read the status; 0, as for an answer that never came, if the text is no status."""
    return int(text) if text and len(text) <= 3 else 0  # noqa: PLR2004


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else None  # noqa: PLR2004


def read_duration(fields: Fields) -> int | None:
    """Return the duration in microseconds."""
    for name, factor in _DURATIONS:
        text = fields.get(name)
        if text and text not in ("-", "None"):
            try:
                span = min(round(float(text) * factor), 1 << 53)
            except (ValueError, OverflowError):
                return None
            return span if span >= 0 else None  # HAProxy: -1 where the request was given up before
    return None
