r"""What proxies did to the values of an access line, undone.

Owns: the escapes of the shipped formats of proxies, and the few values that they write in parts.
Must not know: which request matters, how a line is taken apart.

A format file names what decodes its fields in its key ``escapes``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats import Fields

#: What a client sends, so that a server may have to escape it.
_SENT: Final = ("user", "method", "target", "query", "referer", "agent", "forwarded", "request_id")

# nginx 1.22 (escape=default) writes `"`, `\` and bytes below 0x20 and above 0x7e as `\xHH`, upper case, and no other
# backslash.
_NGINX: Final = re.compile(r"(?:[^\\]|\\x(?:[01][0-9A-F]|22|5C|7F|[89A-F][0-9A-F]))*+")
# Apache 2.4 (ap_escape_logitem): as in C, other bytes as `\xhh`, lower case.
_APACHE: Final = re.compile(r'(?:[^\\]|\\(?:[\\"bnrtv]|x(?:[01][0-9a-f]|22|5c|7f|[89a-f][0-9a-f])))*+')
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS: Final = {b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}

# HAProxy 2.6: `#` and two hexadecimal digits, upper case; `#` itself as well.
_HASH: Final = re.compile(rb"#([0-9A-F]{2})")
# Names of captured headers are not logged, so a value must look like an agent: a name, a slash and a version. A header
# of the answer that does is the one that names the server.
_AGENT: Final = re.compile(r"(?!(?:gunicorn|uvicorn|hypercorn|nginx|Apache|Werkzeug)\b)[A-Za-z][\w.!+-]{0,60}/v?\d")


def combined(fields: Fields) -> Fields:
    r"""The fields of a line in the combined format, whichever of its writers wrote it.

    gunicorn leaves a backslash as it is. nginx and Apache escape it, and all that is not ASCII: where every backslash
    of a line is one that they write, it is taken for theirs. What a client sent to gunicorn can pass for that, but
    then stands for a control character, quote, backslash or byte outside ASCII only.
    """
    sent = {name: value for name in _SENT if (value := fields.get(name)) and "\\" in value}
    if sent and all(map(str.isascii, filter(None, map(fields.get, _SENT)))):
        whole = "\n".join(sent.values())
        if _NGINX.fullmatch(whole) or _APACHE.fullmatch(whole):
            fields.update({name: _text(_ESCAPE.sub(_plain, value.encode())) for name, value in sent.items()})
    return fields


def haproxy(fields: Fields) -> Fields:
    """The fields of a line of HAProxy: ``#HH`` undone, and the agent found among the captured headers."""
    captures = fields.pop("captures", None) or ""
    values = [_hash(value) for value in re.split(r'[|"]', captures)]
    fields["agent"] = next((value for value in values if _AGENT.match(value)), None)
    if fields.get("target"):
        fields["target"] = _hash(fields["target"] or "")
    return fields


def aws(fields: Fields) -> Fields:
    """The fields of a line of an AWS load balancer: its escapes undone, and the duration summed up of its parts."""
    parts = [fields.pop(name, None) or "-1" for name in ("request_s", "target_s", "response_s")]
    fields["duration_dec"] = None if "-1" in parts else f"{sum(map(float, parts)):.6f}"
    return combined(fields)


def cloudfront(fields: Fields) -> Fields:
    """The fields of a line of CloudFront: percent-encoding undone, once more for agents that were encoded twice."""
    fields.update({name: _percent(value) for name in _SENT if (value := fields.get(name)) and "%" in value})
    agent = fields.get("agent") or ""
    if "%20" in agent and " " not in agent:
        fields["agent"] = _percent(agent)
    fields["time"] = (fields.get("time") or "").replace("\t", " ") + "Z"
    return fields


#: What a format file may name.
DECODERS: Final[dict[str, Callable[[Fields], Fields]]] = {
    "combined": combined, "haproxy": haproxy, "aws": aws, "cloudfront": cloudfront,
}  # fmt: skip


def _plain(found: re.Match[bytes]) -> bytes:
    digits, letter = found.groups()
    return bytes.fromhex(digits.decode()) if digits else _LETTERS.get(letter, letter)


def _hash(value: str) -> str:
    if "#" not in value:
        return value
    encoded = value.encode("utf-8", "surrogateescape")
    return _text(_HASH.sub(lambda found: bytes.fromhex(found[1].decode()), encoded))


def _percent(value: str) -> str:
    return unquote(value, errors="surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
