"""Whether the answer to an attempt led to the page of a DAG that its browser asked for next.

Where a log has no queries, an answer can have led to a page of any length. The page that follows at once names its
target, and the length of the answer shows whether that is it. If the caller may not see that page, it leads on to the
login page, which then shows nothing about the attempt.

Owns: comparing an answer with the page that followed. Must not know: outcomes.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from logparse.rules.targets import split_target
from logparse.scans import redirects
from logparse.scans.redirects import COPIES, FIXED, HEADED_COPIES, NOWHERE, Redirect
from logparse.scans.site import host_of, whole_path

if TYPE_CHECKING:
    from logparse.lines.access import Access
    from logparse.scans.scan import Request
    from logparse.scans.site import Site
    from logparse.verdicts.attempt import Attempt

#: A browser follows a redirect at once (measured: 0.1 to 1.3 s); microseconds.
AT_ONCE: Final = 1_500_000
_LEFT_ALONE: Final = "/:@!$&'()*+,;=~%"
#: What the id of a new run that nobody chose adds to the address of a page (2.10 on).
_RUNS: Final = {
    len(f"?dag_run_id={quote(f'manual__2026-01-01T00:00:00{fraction}+00:00', safe=safe)}")
    for fraction in ("", ".000000")
    for safe in ("", ":")
}


def leads_to(attempt: Attempt, page: Request, site: Site) -> Redirect | None:
    """Return where the answer to an attempt led, given the page of a DAG that its browser asked for behind it.

    Args:
        attempt: whose answer does not show by itself where it leads.
        page: the first one that can be the page of its DAG.
        site: how browsers reach the server.

    Returns:
        a redirect to that page; ``NOWHERE`` if it led there, but the line does not show that; None if another page may
        be the one that it led to.
    """
    before, after = attempt.request.access, page.access
    if before.time is not None and after.time is not None and after.time - before.time > AT_ONCE:
        return None
    if before.size and not (site.headed and not site.frame):
        path = whole_path(split_target(after.target, decoded=after.decoded).path, site)
        kind = _kind(before, path, site) if attempt.queries_cut else ""
        if not kind:
            return None
        # The page of a DAG that cannot be loaded leads home, and so did no run of it.
        if after.status in redirects.STATUSES and 0 in _adds(after, f"{site.base}/home", site):
            return NOWHERE
        return Redirect(kind, "response_size")
    # Hardly anybody asks for that page in the same moment by himself, and is sent away from it, too.
    dags = (page.tag.dag_id,) if before.referer is None else (page.tag.dag_id, None)
    return NOWHERE if after.status in redirects.STATUSES and attempt.request.tag.dag_id in dags else None


def _kind(answer: Access, path: str, site: Site) -> str:
    """Return which kind of redirect to that page a body is as long as; empty: it is none."""
    added = _adds(answer, path, site)
    if 0 in added:
        return "origin_grid" if path.endswith("/grid") else "origin"
    return "origin_run" if added & _RUNS else ""


def _adds(answer: Access, path: str, site: Site) -> set[int]:
    """By how much the target of a redirect can be longer than that page, named with or without the host."""
    host = host_of(answer.referer) or site.host or ""
    copies = HEADED_COPIES if site.headed else COPIES
    frames = (site.frame,) if site.frame else FIXED
    lengths = {
        length // copies for frame in frames if not (length := (answer.size or 0) - frame) % copies and length > 0
    }
    pages = {len(escape(start + text)) for start in (host, "") for text in (path, quote(path, safe=_LEFT_ALONE))}
    return {length - page for length in lengths for page in pages if length >= page}
