"""Fields as proxies write them to fields as they were: escapes undone, parts put together.

Owns: which fields of the shipped formats of proxies are escaped, and the few values that they write in parts.
Must not know: the escapes (``escapes``), which request matters, how a line is taken apart.

A format file names what decodes its fields in its key ``escapes``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from logparse.formats.escapes import guess_dialect, unescape

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats.line_format import Fields

#: What a client sends, so that a server may have to escape it.
_SENT: Final = ("user", "method", "target", "query", "referer", "agent", "forwarded", "request_id")
# Names of captured headers are not logged, so a value must look like an agent: a name, a slash and a version. A header
# of the answer that does is the one that names the server.
_AGENT: Final = re.compile(r"(?!(?:gunicorn|uvicorn|hypercorn|nginx|Apache|Werkzeug)\b)[A-Za-z][\w.!+-]{0,60}/v?\d")


def decode_combined(fields: Fields) -> Fields:
    """The fields of a line in the combined format, whichever of its writers wrote it (``escapes.writer``)."""
    values = {name: value for name in _SENT if (value := fields.get(name))}
    sent = {name: value for name, value in values.items() if "\\" in value}
    dialect = guess_dialect("\n".join(values.values())) if sent else "gunicorn"
    if dialect != "gunicorn":  # whose own escape is undone already
        fields.update({name: unescape(value, dialect) for name, value in sent.items()})
    return fields


def decode_haproxy(fields: Fields) -> Fields:
    """Return the fields of a line of HAProxy: ``#HH`` undone, and the agent found among the captured headers."""
    captures = fields.pop("captures", None) or ""
    values = [unescape(value, "haproxy") for value in re.split(r'[|"]', captures)]
    fields["agent"] = next((value for value in values if _AGENT.match(value)), None)
    if fields.get("target"):
        fields["target"] = unescape(fields["target"] or "", "haproxy")
    return fields


def decode_aws(fields: Fields) -> Fields:
    """Return the fields of a line of an AWS load balancer: escapes undone, the parts of the duration summed up."""
    parts = [fields.pop(name, None) or "-1" for name in ("request_s", "target_s", "response_s")]
    fields["duration_dec"] = None if "-1" in parts else f"{sum(map(float, parts)):.6f}"
    return decode_combined(fields)


def decode_cloudfront(fields: Fields) -> Fields:
    """Return the fields of a line of CloudFront without percent-encoding; some agents are encoded twice."""
    fields.update({name: _undo_percent(value) for name in _SENT if (value := fields.get(name)) and "%" in value})
    agent = fields.get("agent") or ""
    if "%20" in agent and " " not in agent:
        fields["agent"] = _undo_percent(agent)
    fields["time"] = (fields.get("time") or "").replace("\t", " ") + "Z"
    return fields


#: What a format file may name, with the text that a line must hold for anything to be done.
DECODERS: Final[dict[str, tuple[Callable[[Fields], Fields], str]]] = {
    "combined": (decode_combined, "\\"),
    "haproxy": (decode_haproxy, ""),
    "aws": (decode_aws, ""),
    "cloudfront": (decode_cloudfront, ""),
}


def _undo_percent(value: str) -> str:
    return unquote(value, errors="surrogateescape")
