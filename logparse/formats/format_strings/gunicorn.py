r"""Compiles gunicorn access-log format strings to matchers of one line.

Owns: gunicorn's atoms, what each may hold, and how gunicorn escapes it.
Must not know: what a request means, other servers' formats, files, time arithmetic.

gunicorn 23.0.0 (``glogging.SafeAtoms``) writes ``"`` in a value as ``\"`` and changes nothing else. A quote without a
backslash before it is therefore always one of the format's own; one with a backslash may be either. Others that write
this form leave quotes in a user name as they are: such a line is read if no other reading fits, and if the time right
behind the name shows where it ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse.common.errors import FormatError
from logparse.formats.escapes import unescape
from logparse.formats.format_strings.field_search import (
    Field,
    Finder,
    Part,
    Search,
    compile_fast,
    cut_parts,
    plan_search,
)

if TYPE_CHECKING:
    from logparse.formats.line_format import Fields

#: gunicorn's ``access_log_format`` when none is set, which is also what Airflow 1.10 to 2.x use.
DEFAULT: Final = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
# What an open field cannot hold; of quotes, only one without a backslash before it.
# A Basic user name ends at the first colon of the credentials, so it holds none; blanks and line ends it may hold.
_ANYTHING, _USER, _WORD = '"', ':"', ' "\t'
_RAW_USER: Final = ":"
#: Quotes that no backslash escapes are those of a format string: `- "$remote_user" [$time_local]`.
_QUOTED_USER: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
#: A time as gunicorn writes it; no user name holds one.
_STAMP: Final = re.compile(r"\[[0-9]{2}/ ?[^]/ ]{1,9}/[0-9]{4}:")
_NUMBER: Final = "({}(?>-|None|[0-9]+))"
#: Atoms whose own text shows where they end: canonical name, regular expression with a place for the group's name.
_FIXED: Final[dict[str, tuple[str, str]]] = {
    "l": ("", "-"),  # a constant
    # time.strftime("[%d/%b/%Y:%H:%M:%S %z]"); %b follows the locale of the process, and is padded in some.
    "t": ("time", r"\[({}[0-9]{{2}}/ ?[^]/ ]{{1,9}}/[0-9]{{4}}:[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} [+-][0-9]{{4}})\]"),
    "H": ("protocol", r"({}HTTP/[0-9]+(?:\.[0-9]+)?+)"),
    "s": ("status", "({}[0-9]{{3}})"),
    "b": ("bytes", _NUMBER),
    "B": ("bytes", _NUMBER),
    "T": ("duration_s", _NUMBER),
    "M": ("duration_ms", _NUMBER),
    "D": ("duration_us", _NUMBER),
    "L": ("duration_dec", r"({}(?>-|[0-9]+\.[0-9]+))"),
    "p": ("pid", "<({}[0-9]+)>"),
}
#: What a format string that has ``%(m)s %(U)s`` in place of ``%(r)s`` writes.
_SHORT: Final = r'(?P<method>[A-Z]{3,32}) (?P<target>/[^\s"\\]*)'
#: ``%(r)s``: gunicorn splits the request line at its first two blanks, so neither method nor target holds one.
_REQUEST: Final = r"(?P<method>[^ ]++) (?P<target>[^ ]++) HTTP/[0-9]+(?:\.[0-9]+)?+"
#: Atoms that end where the text after them begins: canonical name, what they cannot hold.
_OPEN: Final[dict[str, tuple[str, str]]] = {
    "r": ("", _ANYTHING),
    "h": ("client", _WORD),
    "u": ("user", _USER),
    "m": ("verb", _WORD),
    "U": ("url_path", _ANYTHING),
    "q": ("query", _ANYTHING),
    "f": ("referer", _ANYTHING),
    "{referer}i": ("referer", _ANYTHING),
    "a": ("agent", _ANYTHING),
    "{user-agent}i": ("agent", _ANYTHING),
    "{x-forwarded-for}i": ("forwarded", _ANYTHING),
    "{x-real-ip}i": ("real_ip", _ANYTHING),
    "{location}o": ("location", _ANYTHING),
    "{x-request-id}i": ("request_id", _ANYTHING),
    "{x-request-id}o": ("request_id", _ANYTHING),
    "{host}i": ("host", _ANYTHING),
}


@dataclass(frozen=True, slots=True)
class GunicornFormat:
    """A gunicorn format, ready to take lines apart.

    Attributes:
        text: the format string as it was given.
        names: the canonical names of its fields, in order of first appearance; the keys of what ``match`` gives.
    """

    text: str
    names: tuple[str, ...]
    fast: re.Pattern[str] = field(repr=False)
    _plans: tuple[tuple[Finder, ...], ...] = field(repr=False)
    _raw: tuple[tuple[Finder, ...], ...] = field(repr=False)
    #: What stands in a line in whichever of these ways it is written: the fixed texts of the one that bars least.
    _shared: tuple[re.Pattern[str], ...] = field(repr=False)

    @property
    def ways(self) -> tuple[tuple[re.Pattern[str], ...], ...]:
        """How lines are taken apart: in one of these ways, each as expressions that parts of the line fit."""
        return tuple(tuple(part.chunk for part in plan) for plan in (*self._plans, *self._raw))

    def match(self, line: str) -> Fields | None:
        r"""Take one line, without its line end, apart.

        Never raises. The time grows about in proportion to the length of the line, whatever the line holds.

        Returns:
            None if the line is not of this format. Else the value of every name in ``names``: ``\"`` is ``"`` again,
            nothing else is changed; a missing header is gunicorn's ``-``. ``method`` and ``target`` are None if the
            request is not ``METHOD target HTTP/version``.
        """
        hit = self.fast.match(line)
        if hit:
            values: Fields = hit.groupdict()
            return (
                {name: unescape(value or "", "gunicorn") for name, value in values.items()} if '\\"' in line else values
            )
        if any(text.search(line) is None for text in self._shared):  # most lines of other formats
            return None
        for steps in (*self._plans, *(self._raw if _quoted_early(line) else ())):
            found = Search(line, steps).find_fields()
            if found is not None:
                if (quoted := _QUOTED_USER.fullmatch(found.get("user") or "")) is not None:
                    found["user"] = quoted[1]
                return {name: unescape(found[name], "gunicorn") if name in found else None for name in self.names}
        return None


def compile_gunicorn(text: str, *, extra: bool = False) -> GunicornFormat:
    """Compile the value of ``access_log_format`` (gunicorn) or ``access_logformat`` (Airflow).

    Doubled percent signs, as in airflow.cfg, and quotes around the whole value are understood. A shell takes such
    quotes away, airflow.cfg does not, so they may or may not be in the lines.

    Args:
        text: the format string.
        extra: lines may go on after the last field with a blank and anything.

    Raises:
        FormatError: an atom is unknown, a percent sign stands alone, two open fields have nothing between them, or
            the request or the status is missing.
    """
    tokens, edge = _tokenise(text)
    atoms = {value for is_atom, value in tokens if is_atom}
    if not ("r" in atoms or {"m", "U"} <= atoms) or "s" not in atoms:
        missing = "request, %(r)s or %(m)s and %(U)s," if "s" in atoms else "status, %(s)s,"
        raise FormatError(text, f"the {missing} is missing, so nothing can be found; gunicorn's own is {DEFAULT}")
    tail = edge + (r"(?: (?s:.*))?\Z" if extra else r" ?\Z")
    requests = (_REQUEST, _SHORT, "") if "r" in atoms else (_REQUEST,)
    plans = [_cut(tokens, edge, tail, request) for request in requests]
    raw = [_cut(tokens, edge, tail, request, _RAW_USER) for request in requests] if _time_ends_user(tokens) else []
    quick = compile_fast(plans[0])
    searched = [plan_search(parts) for parts in (*plans, *raw)]
    return GunicornFormat(
        text=text,
        names=tuple(quick.groupindex),
        fast=quick,
        _plans=tuple(searched[: len(plans)]),
        _raw=tuple(searched[len(plans) :]),
        _shared=tuple(part.text for part in reversed(searched[-1])),
    )


def _tokenise(text: str) -> tuple[list[tuple[bool, str]], str]:
    """The atoms (True) and literals (False) of a format, and a pattern for the quote sign around it."""
    begin, end = len(text) - len(text.lstrip()), len(text.rstrip())
    quote = text[begin : begin + 1]
    # In "%(h)s" "%(r)s" the first quote belongs to the first field.
    first_word = text[begin + 1 : end - 1].partition(" ")[0]
    quoted = end - begin > 1 and quote in "'\"" and text[end - 1] == quote and not first_word.endswith(")s" + quote)
    begin, end = begin + quoted, end - quoted
    runs = re.findall(r"(%+)\(", text)
    sign = "%%" if runs and not any(len(run) % 2 for run in runs) else "%"
    pattern = re.compile(rf"{sign}\(([^()]*)\)[sd]|({sign}{sign}|[^%]+)")
    tokens: list[tuple[bool, str]] = []
    while begin < end:
        hit = pattern.match(text, begin, end)
        if hit is None:
            raise FormatError(text, "a % that begins no atom: write %% for the sign itself, %(h)s for an atom", begin)
        atom, literal = hit.groups()
        if literal:
            # Between double quotes, a shell or JSON string has its own quotes escaped.
            literal = "%" if literal[0] == "%" else literal.replace('\\"', '"') if quoted and quote == '"' else literal
            tokens.append((False, literal))
        else:
            atom = atom.lower() if atom.startswith("{") else atom
            if atom not in _FIXED and atom not in _OPEN and not re.fullmatch(r"\{[^{}]+\}[ioe]", atom):
                known = " ".join(("r", *_FIXED, *(name for name in _OPEN if len(name) == 1)))
                raise FormatError(
                    text, f"unknown atom; gunicorn has {known} {{header}}i {{header}}o {{variable}}e", begin
                )
            if tokens and tokens[-1][0] and atom not in _FIXED and tokens[-1][1] not in _FIXED:
                raise FormatError(text, "nothing between two fields, so no line can be split: put a blank there", begin)
            tokens.append((True, atom))
        begin = hit.end()
    return tokens, f"{quote}?+" if quoted else ""


def _time_ends_user(tokens: list[tuple[bool, str]]) -> bool:
    """Whether the user name is the first field that may hold quotes, and the time stands right behind it."""
    if (True, "u") not in tokens:
        return False
    at = tokens.index((True, "u"))
    before = [value for is_atom, value in tokens[:at] if is_atom or '"' in value]
    return set(before) <= {"h", "l"} and tokens[at + 1 : at + 3] == [(False, " "), (True, "t")]


def _quoted_early(line: str) -> bool:
    quote = line.find('"')
    stamp = _STAMP.search(line, quote) if quote >= 0 else None
    return stamp is not None and ":" not in line[quote : stamp.start()]


def _cut(tokens: list[tuple[bool, str]], head: str, tail: str, request: str, user: str = _USER) -> list[Part]:
    """The parts of a line; without a pattern for ``request`` that field may hold anything."""
    seen = {""}
    fields: list[str | Field] = []
    for is_atom, value in tokens:
        if not is_atom:
            fields.append(value)
            continue
        name, rest = _FIXED.get(value) or _OPEN.get(value, ("", _ANYTHING))
        name = "" if name in seen else name
        seen.add(name)
        if value in _FIXED:
            fields.append(Field(name, fixed=rest.format(f"?P<{name}>" if name else "?:")))
        elif value == "r" and request:
            fields.append(Field("", fixed=request))
            request = ""  # a second %(r)s needs no groups
        else:
            fields.append(Field(name, barred=user if value == "u" else rest, lax=True))
    return cut_parts(fields, head, tail)
