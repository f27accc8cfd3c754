"""Redirects of the web UI whose sizes hold the headers, as Apache httpd on Debian and HAProxy write them.

The target stands in such an answer three times: twice in its text and once in the header `Location`. All the rest is of
one length. So the answers whose targets are known show how long that rest is, and the rest shows the other targets.

Owns: whether sizes hold headers, and how long the rest is. Must not know: what a target means, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from html import escape
from typing import TYPE_CHECKING, Final

from logparse.rules.targets import page_to_return_to, split_target
from logparse.scans import redirects
from logparse.scans.site import host_of, whole_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.lines.access import Access
    from logparse.scans.site import Site

#: Answers of so many sizes must agree.
LEAST: Final = 2
#: No page that a login leads to is longer, unless the login names it.
SHORT: Final = 96


def holds_headers(line: Access) -> bool:
    """Return whether an answer is longer than any that leads to the login page, or to the page that the request names.

    Args:
        line: a name and a password that were sent to the login form, or a request for the list of DAGs.
    """
    longest = len(escape(host_of(line.referer) or "")) + len(escape(line.target))
    return line.status in redirects.STATUSES and (line.size or 0) > max(redirects.FIXED) + 2 * max(longest, SHORT)


def find_frame(sent_away: Iterable[Access], logins: Iterable[Access], pages: Sequence[Access], site: Site) -> int:
    """Return how long redirects are without their targets; 0 if the answers do not agree on it.

    Args:
        sent_away: requests for the list of DAGs that led elsewhere.
        logins: names and passwords that were sent to the login form.
        pages: login pages that name the page to return to.
        site: how the server is reached.
    """
    targets: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        back = page_to_return_to(split_target(page.target, decoded=page.decoded).query)
        if back is not None:
            targets[back.removeprefix(host_of(back) or "")].add(_whole(page.target, site))
    votes: Counter[int] = Counter()
    sizes = 0
    for access in _one_of_each_size(sent_away):
        led = targets.get(_whole(access.target, site), ())
        sizes += bool(led)
        votes.update({_rest(access, target) for target in led})
    for access in _one_of_each_size(logins):
        back = page_to_return_to(split_target(access.target, decoded=access.decoded).query)
        votes.update({_rest(access, target) for target in (back or "", f"{site.base}/home") if target})
    ranked = votes.most_common(2)
    if not sizes or not ranked or ranked[0][1] < LEAST or [count for _, count in ranked[1:]] == [ranked[0][1]]:
        return 0
    return max(ranked[0][0], 0)


def _one_of_each_size(lines: Iterable[Access]) -> Iterable[Access]:
    return {(line.size, line.target): line for line in lines if line.size}.values()


def _rest(access: Access, target: str) -> int:
    return (access.size or 0) - 2 * len(escape(target)) - len(target)


def _whole(target: str, site: Site) -> str:
    path, mark, query = target.partition("?")
    return whole_path(path, site) + mark + query
