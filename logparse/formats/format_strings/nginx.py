"""Compiles nginx ``log_format`` strings to matchers of one line.

Owns: nginx's variables, what each may hold, and how nginx reads a ``log_format`` directive.
Must not know: what a request means, other servers' formats, files.

https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format
"""

from __future__ import annotations

import re
from typing import Final

from logparse.common.errors import FormatError
from logparse.formats.escapes import unescape_setting
from logparse.formats.format_strings.injection import Slot
from logparse.formats.format_strings.template import CLF, DECIMAL, NUMBER, STATUS, WORD, Template, build_template

_ISO: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})"
_IS_ARGS: Final = r"\??+"
#: Variables that are of use, and some whose form helps to tell lines apart. All others may hold anything but a quote.
_VARIABLES: Final[dict[str, Slot]] = {
    "remote_addr": Slot("client", barred=WORD),
    # ingress-nginx: what X-Forwarded-For or the PROXY protocol say, if it is told to trust them.
    "the_real_ip": Slot("client", wild=True, rank=1),
    "proxy_protocol_addr": Slot("client", barred=WORD, rank=2),
    # The proxy before this one, if the realip module put the client into $remote_addr.
    "realip_remote_addr": Slot("client", barred=WORD, rank=3),
    "remote_port": Slot("", NUMBER),
    "remote_user": Slot("user", barred=':"', wild=True, colonless=True),  # as claimed in a Basic header
    "time_local": Slot("time", CLF, dated=True),
    "time_iso8601": Slot("time", _ISO, dated=True),
    "msec": Slot("msec", r"-|[0-9]{1,11}\.[0-9]{3}"),
    "request": Slot("request"),
    "request_method": Slot("verb", barred=WORD),
    "request_uri": Slot("target", wild=True),
    "uri": Slot("url_path", wild=True),  # percent-decoded and normalised
    "document_uri": Slot("url_path", wild=True),
    "args": Slot("query", wild=True),
    "query_string": Slot("query", wild=True),
    "is_args": Slot("", _IS_ARGS),
    "server_protocol": Slot("protocol", r"(?:HTTP/[0-9](?:\.[0-9])?+)?+"),
    "status": Slot("status", STATUS),
    "body_bytes_sent": Slot("bytes", NUMBER),
    "bytes_sent": Slot("total_bytes", NUMBER),  # with headers
    "request_length": Slot("", NUMBER),
    "request_time": Slot("duration_dec", DECIMAL),
    "http_referer": Slot("referer", wild=True),
    "http_user_agent": Slot("agent", wild=True),
    "http_x_forwarded_for": Slot("forwarded", wild=True),
    "proxy_add_x_forwarded_for": Slot("forwarded", wild=True, rank=1),
    "http_x_real_ip": Slot("real_ip", wild=True),
    "host": Slot("host", barred=WORD),
    "http_host": Slot("host", barred=WORD, rank=1),
    "request_id": Slot("request_id", "-|[0-9a-f]{32}|", rank=1),
    "req_id": Slot("request_id", wild=True),  # ingress-nginx: that of the client, else $request_id
    "http_x_request_id": Slot("request_id", wild=True, rank=2),
    "sent_http_location": Slot("location"),
    "upstream_status": Slot("upstream_status"),
}
# One value for each server that was tried, "502, 401", and for each group of servers, "- : 401".
_TRIED: Final = r'(?:[^ ",]++(?:, | : )){0,32}+[^ ",]*+'
_WILD: Final = ("http_", "cookie_", "arg_")
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_DIRECTIVE: Final = re.compile(r"\s*log_format\s+([^\s;'\"]+)\s*")
_ESCAPE: Final = re.compile(r"escape=(\w+)(?=[\s'\"])\s*", re.ASCII)
_DIALECTS: Final = {"default": "nginx", "json": "nginx-json", "none": "none"}
#: A quoted part of the value and what follows it. nginx takes the backslash of \" \' \\ away, and knows \t \r \n.
_QUOTED: Final = re.compile(r"""(?:'((?:[^'\\]|\\.)*+)'|"((?:[^"\\]|\\.)*+)")\s*(?:#[^\n]*\n\s*)*+""", re.DOTALL)


def compile_nginx(text: str, *, extra: bool = False) -> Template:
    """Compile the value of ``log_format``, or the whole directive with its name, ``escape=`` and quoted parts.

    Without the directive lines may be of ``escape=default`` or ``escape=json``, which their backslashes tell apart. A
    line that fits neither is read as one of ``escape=none``, if the format leaves no room for forged requests then.

    Args:
        text: the format string.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: the directive is none, a dollar sign begins no variable, two fields have nothing between them, the
            request or the status is missing, or what a client sends cannot be told from them.
    """
    dialect, characters = _value(text)
    tokens = _merged(_tokenise(text, characters))
    names = {token.name for token in tokens if isinstance(token, Slot)}
    if "status" not in names:
        raise FormatError(text, "the status, $status, is missing, so nothing can be found")
    if "request" not in names and not ("verb" in names and names & {"target", "url_path", "path_query"}):
        wanted = "$request or $request_method and $request_uri"
        raise FormatError(text, f"the request, {wanted}, is missing, so nothing can be found")
    return build_template(text, tokens, dialect, extra=extra)


def _value(text: str) -> tuple[str, list[tuple[str, int]]]:
    """The dialect, and the characters of the value with their places in ``text``."""
    head = _DIRECTIVE.match(text)
    if head is None:
        begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
        parts = list(_parts(text, begin, text.rstrip().removesuffix(";").rstrip()))
        # "$host" "$request" are quotes of the lines, '$host' '$request' are none.
        if parts and (text[begin] == "'" or (len(parts) == 1 and not _VARIABLE.fullmatch(parts[0][1]))):
            return "auto", [character for at, raw in parts for character in unescape_setting(raw, at)]
        return "auto", [(text[at], at) for at in range(begin, end)]
    at, dialect = head.end(), "nginx"
    escape = _ESCAPE.match(text, at)
    if escape:
        dialect, at = _DIALECTS.get(escape[1], ""), escape.end()
        if not dialect:
            raise FormatError(text, "escape= is default, json or none", escape.start())
    body = text.rstrip().removesuffix(";").rstrip()
    parts = list(_parts(text, at, body))
    if not parts:
        raise FormatError(text, "after the name of the format come its parts, each in quotes", min(at, len(body)))
    return dialect, [character for at, raw in parts for character in unescape_setting(raw, at)]


def _parts(text: str, at: int, body: str) -> list[tuple[int, str]]:
    """The quoted parts of ``body`` from ``at`` on, with their places; none if there is anything else."""
    parts = []
    while at < len(body):
        hit = _QUOTED.match(text, at)
        if hit is None:
            return []
        parts.append((at + 1, hit[1] if hit[1] is not None else hit[2]))
        at = hit.end()
    return parts


def _tokenise(text: str, characters: list[tuple[str, int]]) -> list[str | Slot]:
    value = "".join(character for character, _ in characters)
    tokens: list[str | Slot] = []
    at = 0
    while at < len(value):
        place = characters[at][1]
        if value[at] != "$":
            end = value.find("$", at)
            end = len(value) if end < 0 else end
            tokens.append(value[at:end])
            at = end
            continue
        hit = _VARIABLE.match(value, at)
        if hit is None:
            raise FormatError(text, "a $ that begins no variable: write $name or ${name}", place)
        name = hit[1] or hit[2]
        slot = _VARIABLES.get(name) or Slot("", wild=name.startswith(_WILD))
        at = hit.end()
        tried = name.startswith("upstream_") and value[at : at + 1] in ("", " ")
        tokens.append(slot._replace(at=place, pattern=_TRIED if tried else slot.pattern))
    return tokens


def _merged(tokens: list[str | Slot]) -> list[str | Slot]:
    """Fields that have nothing between them, and yet one end: ``$uri$is_args$args`` and ``$host$request_uri``."""
    merged: list[str | Slot] = []
    for token in tokens:
        name = token.name if isinstance(token, Slot) else ""
        last = merged[-1] if merged else ""
        before = merged[-2] if len(merged) > 1 else ""
        if name == "query" and isinstance(last, Slot) and isinstance(before, Slot):
            if last.pattern == _IS_ARGS and before.name == "url_path":
                merged[-2:] = [before._replace(name="path_query")]
                continue
        elif name in ("target", "url_path") and isinstance(last, Slot) and last.name == "host":
            merged[-1] = last._replace(pattern='[^/ "]*+')
        merged.append(token)
    return merged
