"""Compiles Apache ``LogFormat`` strings to matchers of one line.

Owns: the directives of mod_log_config and those that other modules add, what each may hold, and how Apache reads a
``LogFormat`` line.
Must not know: what a request means, other servers' formats, files.

https://httpd.apache.org/docs/2.4/mod/mod_log_config.html#formats
"""

from __future__ import annotations

import re
from typing import Final

from logparse.common.errors import FormatError
from logparse.formats.escapes import unescape_setting
from logparse.formats.format_strings.apache_time import ComposedTime
from logparse.formats.format_strings.injection import Slot
from logparse.formats.format_strings.template import CLF, NUMBER, STATUS, WORD, Template, build_template

_DECIMAL: Final = "-|[0-9]{1,15}"
#: Directives without an argument.
_LETTERS: Final[dict[str, Slot]] = {
    "a": Slot("client", barred=WORD),
    "h": Slot("client", barred=WORD, rank=1),  # a name, with HostnameLookups
    "l": Slot("", r'-|[A-Za-z_][^ "]*+'),  # a name only with mod_ident
    # Whom Apache itself looked at: a Basic name, or any text that another module vouches for; "" if it is empty.
    "u": Slot("user", wild=True, colonless=True, blank='""'),
    "r": Slot("request"),
    "m": Slot("verb", barred=WORD),
    "U": Slot("url_path", wild=True),  # percent-decoded
    "q": Slot("query", wild=True),  # with its question mark, or empty
    "H": Slot("protocol", r"-|(?:HTTP/[0-9](?:\.[0-9])?+)"),
    "s": Slot("status", STATUS),
    "b": Slot("bytes", NUMBER),
    "B": Slot("bytes", NUMBER),
    "O": Slot("total_bytes", NUMBER),  # with headers
    "I": Slot("", NUMBER),
    "S": Slot("", NUMBER),
    "D": Slot("duration_us", NUMBER),
    "T": Slot("duration_s", NUMBER),
    "X": Slot("", "[X+-]"),
    "k": Slot("", NUMBER),
    "p": Slot("", NUMBER),
    "P": Slot("", NUMBER),
    "v": Slot("host", barred=WORD, rank=2),
    "V": Slot("host", barred=WORD, rank=1),
    "f": Slot("", wild=True),  # holds the path
    "A": Slot("", barred=WORD),
    "L": Slot(""),
    "R": Slot(""),
}
#: Directives with an argument, in lower case.
_ARGUMENTS: Final[dict[tuple[str, str], Slot]] = {
    ("a", "c"): Slot("client", barred=WORD, rank=2),  # the proxy before this one, with mod_remoteip
    ("t", "ms"): Slot("duration_ms", _DECIMAL),
    ("t", "us"): Slot("duration_us", _DECIMAL),
    ("t", "s"): Slot("duration_s", _DECIMAL),
    ("i", "referer"): Slot("referer", wild=True),
    ("i", "referrer"): Slot("", wild=True),
    ("i", "user-agent"): Slot("agent", wild=True),
    ("i", "x-forwarded-for"): Slot("forwarded", wild=True),
    ("i", "x-real-ip"): Slot("real_ip", wild=True),
    ("i", "host"): Slot("host", wild=True),
    ("i", "x-request-id"): Slot("request_id", wild=True, rank=1),
    ("o", "x-request-id"): Slot("request_id"),
    ("o", "location"): Slot("location"),
}
#: What takes an argument, and of that what a client writes. c and x are mod_ssl's.
_WITH_ARGUMENT: Final = frozenset(("a", "i", "o", "e", "n", "C", "c", "x", "p", "P", "T", "t", "h", "^ti", "^to"))
_WILD: Final = frozenset(("i", "C", "^ti"))
_EXTENDED: Final = {"^FB": Slot("", NUMBER), "^FU": Slot("", NUMBER)}
_DIRECTIVE: Final = re.compile(
    r"%(?P<when>[!<>,0-9]*+)(?:\{(?P<argument>[^}]*)\})?+(?P<later>[!<>,0-9]*+)(?P<letter>\^[A-Za-z]{2}|[A-Za-z%])"
)
_LINE: Final = re.compile(r"\s*(?:LogFormat|(CustomLog|GlobalLog))\s+", re.IGNORECASE)
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)


def compile_apache(text: str, *, extra: bool = False) -> Template:
    r"""Compile a ``LogFormat`` string, or the whole line of the configuration, nickname and ``\"`` included.

    Args:
        text: the format string.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: a directive is unknown, a percent sign stands alone, two fields have nothing between them, the
            request or the status is missing, or what a client sends cannot be told from them.
    """
    moment = ComposedTime()
    tokens = _merged(_tokenise(text, _value(text), moment))
    names = {token.name for token in tokens if isinstance(token, Slot)}
    if "status" not in names:
        raise FormatError(text, "the status, %>s, is missing, so nothing can be found")
    if "request" not in names and not ("verb" in names and names & {"url_path", "path_query"}):
        raise FormatError(text, "the request, %r or %m and %U, is missing, so nothing can be found")
    # %t is the time at which the request came in.
    return build_template(text, tokens, "apache", moment=moment if moment.names else None, stamp="start", extra=extra)


def _value(text: str) -> list[tuple[str, int]]:
    """The characters of the format itself, with their places in ``text``."""
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    line = _LINE.match(text)
    if line is not None:
        begin = line.end()
        if line[1]:  # the file or program stands first
            file = re.compile(r'"(?:[^"\\]|\\.)*+"\s+|\S+\s+').match(text, begin)
            begin = file.end() if file else begin
        quoted = _QUOTED.match(text, begin)
        if quoted is None:
            raise FormatError(text, "after LogFormat comes the format, in double quotes", begin)
        return unescape_setting(quoted[1], quoted.start(1))
    for quote in "\"'":
        # In "%h" "%r" the first quote belongs to the first field.
        whole = re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*+){quote}").fullmatch(text, begin, end)
        if whole and len(_DIRECTIVE.findall(whole[1])) > 1:
            return unescape_setting(whole[1], whole.start(1))
    return unescape_setting(text[begin:end], begin)


def _tokenise(text: str, characters: list[tuple[str, int]], moment: ComposedTime) -> list[str | Slot]:
    value = "".join(character for character, _ in characters)
    composed = any(hit["letter"] == "t" and hit["argument"] for hit in _DIRECTIVE.finditer(value))
    tokens: list[str | Slot] = []
    at = 0
    while at < len(value):
        place = characters[at][1]
        if value[at] != "%":
            end = value.find("%", at)
            end = len(value) if end < 0 else end
            tokens.append(value[at:end])
            at = end
            continue
        hit = _DIRECTIVE.match(value, at)
        if hit is None:
            problem = "a % that begins no directive: write %% for the sign itself, %h for a directive"
            raise FormatError(text, problem, place)
        at = hit.end()
        if hit["letter"] == "%":
            tokens.append("%")
        elif hit["letter"] == "t" and not composed:
            tokens += ["[", Slot("time", CLF, dated=True, at=place), "]"]
        else:
            tokens.append(_slot(text, hit, place, moment))
    return tokens


def _slot(text: str, hit: re.Match[str], at: int, moment: ComposedTime) -> Slot:
    letter, argument, when = hit["letter"], hit["argument"], hit["when"] + hit["later"]
    if letter == "t":
        pattern = moment.compile_directive(text, argument or "", at)
        dated = ":" in re.sub(r"\(\?:|:\?", "", pattern)
        return Slot("", pattern, dated=dated, grouped=True, at=at)
    if argument is None:
        slot = _LETTERS.get(letter) or _EXTENDED.get(letter)
    elif letter in _WITH_ARGUMENT:
        # The letter of a duration in lower case, so that no key of headers is met: %{ms}T.
        key = ("t" if letter == "T" else letter, argument.lower())
        slot = _ARGUMENTS.get(key) or Slot("", wild=letter in _WILD)
    else:
        slot = None
    if slot is None:
        known = " ".join(f"%{letter}" for letter in (*_LETTERS, "t"))
        raise FormatError(text, f"unknown directive; Apache has {known} %{{header}}i %{{header}}o %{{variable}}e", at)
    # %s without > is that of the request as it came, before Apache went elsewhere for its answer.
    rank = slot.rank + (slot.name == "status" and ">" not in when)
    return slot._replace(at=at, rank=rank)


def _merged(tokens: list[str | Slot]) -> list[str | Slot]:
    """``%U%q`` have nothing between them; the question mark belongs to ``%q``."""
    merged: list[str | Slot] = []
    for token in tokens:
        last = merged[-1] if merged else ""
        if isinstance(token, Slot) and token.name == "query" and isinstance(last, Slot) and last.name == "url_path":
            merged[-1] = last._replace(name="path_query")
        else:
            merged.append(token)
    return merged
