"""Where a 302 of the web UI leads: from the Location that a custom format logs, or from the size of the answer.

Owns: the arithmetic of redirect bodies. Must not know: what a redirect means for an outcome.

Werkzeug's body for a redirect holds the target twice, HTML-escaped, in a text of fixed length: 207 bytes up to Airflow
2.2.5, 187 from 2.3.4 on (measured). So size gives length, and the few possible targets differ in length.
"""

from __future__ import annotations

import re
from functools import partial
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode

from logparse.common.memo import remember_short
from logparse.rules.targets import query_parameter, split_target
from logparse.scans.site import ANY_SITE, Site, host_of, whole_path

if TYPE_CHECKING:
    from logparse.lines.access import Access

#: Length of the redirect body without its two targets: Airflow 2.3.4 on; 1.10.15 to 2.2.5.
FIXED: Final = (187, 207)
#: How often the target stands in a body, and in a body with its headers.
COPIES: Final = 2
HEADED_COPIES: Final = 3
_ENDPOINT: Final = re.compile(r"/(?:dags/[^/]+/trigger|(?:admin/airflow/)?trigger|dagrun/add|admin/dagrun/new)/?$")
_RUN: Final = "dag_run_id="
#: Ids of runs are hardly longer (``manual__2026-11-22T12%3A38%3A54.123456%2B00%3A00`` has 48 characters): what is
#: longer holds headers.
_LONGEST_RUN: Final = 120
#: What Werkzeug 3 decodes in a query: all but blanks, `#`, `%`, `&`, `+` and `=`.
_DECODED: Final = re.compile(r"%(?!2[0356Bb]|3[Dd])[2-7][0-9A-Fa-f]")
#: What it leaves as it is in a value.
_BARE: Final = "!$'()*,/:;?@"


class Redirect(NamedTuple):
    """Where an answer leads.

    Attributes:
        kind: ``login_next`` (login page, with the page to return to), ``login`` (without), ``home``, ``root``,
            ``origin`` (the page that the run was asked from), ``origin_grid`` (that of one DAG, without the new run),
            ``origin_run`` (the same, showing the new run),
            ``login_or_origin`` (both are of this length), or empty if the line does not show it.
        evidence: ``location`` or ``response_size``; empty with an empty kind.
        frame: which of ``FIXED`` the size shows, or the frame of a site whose sizes hold headers; 0 if neither.
    """

    kind: str
    evidence: str
    frame: int = 0


#: Statuses with which the web UI leads elsewhere.
STATUSES: Final = frozenset({HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER})
#: The line does not show where the answer leads, or it leads nowhere.
NOWHERE: Final = Redirect("", "")


def frame_of_login(line: Access, base: str) -> int:
    """Return which of ``FIXED`` the answer to a login shows, which leads home or back to the login page; 0 for neither.

    Args:
        line: a name and a password that were sent to the login form.
        base: the path in front of all pages of the server.
    """
    if line.status not in STATUSES or not line.size:
        return 0
    lengths = [len(escape(base + page)) for page in ("/", "/home", "/login/")]
    frames = [fixed for fixed in FIXED if (line.size - fixed) / 2 in lengths]
    return frames[0] if len(frames) == 1 else 0


def find_redirect(line: Access, site: Site = ANY_SITE) -> Redirect:
    """Find out where the answer to a request of the web UI leads.

    Args:
        line: an access line; the kind is empty unless its status is a redirect.
        site: how the server is reached, where other lines show it and this one does not.
    """
    if line.status not in STATUSES:
        return NOWHERE
    if line.location:
        path = split_target(line.target, decoded=line.decoded).path
        return Redirect(_by_location(line.location, _ENDPOINT.sub("", whole_path(path, site))), "location")
    return by_size(line.size, line.target, line.referer, site, decoded=line.decoded)


def by_size(size: int | None, target: str, referer: str | None, site: Site, *, decoded: bool) -> Redirect:
    """Return where an answer that redirects leads, as the size of its body shows.

    Args:
        size: bytes of the body; None or 0: not known.
        target: of the request.
        referer: the page that the request came from.
        site: how the server is reached, as far as the referring page does not show it.
        decoded: the server wrote the target percent-decoded.
    """
    if not size or (site.headed and not site.frame):
        return NOWHERE
    ways = _find_ways(target, referer, site, decoded)
    kind = _kind(lengths := _lengths(size, ways, site), ways)
    # A lost query makes the way to the login page longer still: what is shorter leads elsewhere.
    shorter = 0 < max(lengths, default=0) < min(ways.logins, default=0)
    told = kind in ways.known.values() or shorter if site.cut else kind
    frame = site.frame if site.headed else _frame(size, ways)
    return Redirect(kind, "response_size", frame) if told else NOWHERE


def _by_location(location: str, base: str) -> str:
    relative = location.startswith("/")
    target = split_target(location)
    path = target.path.removeprefix(base).rstrip("/")
    if path in ("/login", "/admin/airflow/login"):
        return "login_next" if "next" in target.query else "login"
    if relative and path in ("/home", "/admin"):
        return "home"
    if relative and path == "":
        return "root"
    return "origin_run" if _RUN in target.query else _page(location)


def _page(target: str) -> str:
    """Return the kind of the page that the run was asked from; 2.10 adds the new run to the target of one."""
    return "origin_grid" if target.endswith("/grid") else "origin"


class _Ways(NamedTuple):
    """Where the answer to a request of the web UI may lead, as lengths of the targets.

    Attributes:
        known: kinds of redirects whose targets are known to the letter.
        logins: lengths of the targets of login pages that name the page to return to.
        letters: lengths of all targets that are known to the letter.
        page: lengths of the page that the run was asked from; None: the request does not say which that was.
        page_kind: which kind that page is; empty without one.
        shows_runs: it is a page of one DAG, which may be shown with the new run.
        modern: the endpoint is that of 2.7 on.
        host: the host is known.
        grid: length of the page of the DAG itself, which a form on that page names in its body; 0 if it is not known.
    """

    known: dict[int, str]
    logins: frozenset[int]
    letters: frozenset[int]
    page: tuple[int, int] | None
    page_kind: str
    shows_runs: bool
    modern: bool
    host: bool
    grid: int


@remember_short(1 << 14)  # answers to the same request are of many sizes
def _find_ways(target: str, referer: str | None, site: Site, decoded: bool) -> _Ways:
    asked = split_target(target, decoded=decoded)
    path, query = whole_path(asked.path, site), asked.query
    base, known, origin = _ENDPOINT.sub("", path), dict[int, str](), query_parameter(query, "origin")
    host = host_of(referer) or site.host or host_of(origin)
    # Without RBAC, 1.10 has its list of DAGs at a path that is as long as the login page of all others.
    pages = (("home", "/admin/"), ("root", "/")) if "/admin/" in path else (
        ("home", "/home"), ("login", "/login/"), ("root", "/"),
    )  # fmt: skip
    for kind, text in pages:
        known.setdefault(len(escape(base + text)), kind)
    logins = (
        frozenset(len(escape(text)) for text in _login_targets(host, path, query, base, bare=site.bare))
        if host
        else frozenset()
    )
    page = None
    grid = f"{quote(path.removesuffix('/').removesuffix('/trigger'))}/grid"
    if "/dags/" not in path:  # the form of a DAG's page names that page, from which the request came
        grid = (referer or "").removeprefix(host or "") if (referer or "").endswith("/grid") else ""
    if origin:
        page = (len(escape(origin if origin.startswith("http") else (host or "") + origin)), len(escape(origin)))
    return _Ways(
        known=known,
        logins=logins,
        letters=logins | {len(escape(base + text)) for text in ("/home", "/login/", "/")},
        page=page,
        page_kind=_page(origin) if origin else "",
        shows_runs="/dags/" in (origin or ""),
        modern="/dags/" in path,
        host=host is not None,
        grid=len(escape(host + grid)) if host and grid else 0,
    )


def _lengths(size: int, ways: _Ways, site: Site) -> list[int]:
    """Return how long the target can be; it stands in the body twice, and once in the headers."""
    fixed = FIXED[:1] if ways.modern and not site.headed else (site.frame,) if site.frame else FIXED
    copies = HEADED_COPIES if site.headed else COPIES
    return [(size - each) // copies for each in fixed if size > each and (size - each) % copies == 0]


def _kind(lengths: list[int], ways: _Ways) -> str:
    if not lengths:
        return ""
    for length in lengths:
        if length in ways.known:
            return ways.known[length]
    if not ways.host:
        # Without the host's length, only a target that cannot be anything else is recognised.
        return "login_next" if ways.modern and ways.page is None else ""
    back = _origin(lengths, ways)
    if any(length in ways.logins for length in lengths):
        return "login_or_origin" if back == "origin_run" or (ways.page is not None and back) else "login_next"
    return back


def _frame(size: int, ways: _Ways) -> int:
    """Return which of ``FIXED`` goes with a target that is known to the letter; 0 if both do, or neither."""
    frames = [fixed for fixed in FIXED if (size - fixed) % 2 == 0 and (size - fixed) // 2 in ways.letters]
    return frames[0] if len(frames) == 1 else 0


def _login_targets(host: str, path: str, query: str, base: str, *, bare: bool) -> list[str]:
    """Return the targets of the login page, with every spelling of the page to return to that a version uses."""
    url = host + quote(path, safe="/:@!$&'()*+,;=~%")
    again = urlencode(parse_qsl(query, keep_blank_values=True), errors="surrogateescape")
    ways = {url + (f"?{text}" if text else "") for text in (query, again)}
    if "/admin/" in path:  # 1.10 without RBAC: the way back names no host
        return [f"{base}/admin/airflow/login?next={quote_plus(way.removeprefix(host))}" for way in ways]
    if bare:  # Werkzeug 3 decodes the page to return to, too, but for what would change its meaning
        plain = host + path + (f"?{_DECODED.sub(_decode, query)}" if query else "")
        texts = {quote(plain, safe=_BARE)}
    else:
        texts = {encode(way) for way in ways for encode in (quote_plus, partial(quote, safe=""))}
    keys = ("next", "next_url") if "/dags/" in path else ("next",)  # 2.8 called it so
    return [f"{base}/login/?{key}={text}" for key in keys for text in texts]


def _decode(escaped: re.Match[str]) -> str:
    return unquote(escaped[0], errors="surrogateescape")


def _origin(lengths: list[int], ways: _Ways) -> str:
    """Return the kind of the page that the run was asked from, with or without the new run; empty if it is neither."""
    if ways.page is None:  # the form held it, so that any length may be its
        return "origin_grid" if ways.grid in lengths else "origin"
    if ways.page[0] in lengths or ways.page[1] in lengths:
        return ways.page_kind
    # Only the pages of one DAG are shown with the new run: `?dag_run_id=` and a run id.
    longer = any(len(_RUN) + 1 < length - ways.page[0] <= len(_RUN) + _LONGEST_RUN for length in lengths)
    return "origin_run" if longer and ways.shows_runs else ""
