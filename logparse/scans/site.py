"""How browsers reach a server, as the pages show that they ask for and come from.

Owns: the form of this, and reading it from the address of a page. Must not know: requests, answers.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from logparse.rules.targets import split_target

_HOST: Final = re.compile(r"[a-z]+://[^/?#]+")
#: Pages whose addresses show what stands in front of all of them.
_PAGE: Final = re.compile(
    r"(?P<base>(?:/[^/]+){0,3}?)/(?:home|login|admin(?:/airflow/login)?|trigger|tree|graph|dags/[^/]+/(?:grid|graph|trigger))/?"
)


class Site(NamedTuple):
    """How browsers reach a server.

    Attributes:
        host: scheme and host, such as ``http://airflow.example.com``; None if no line shows it.
        base: the path in front of all pages, such as ``/airflow``. Some log formats leave it out of what was asked for.
        bare: redirects to the login page name the page to return to with bare colons and slashes, as Werkzeug 3 does.
        frame: length of its redirect bodies without their targets, with the headers if they count; 0 if no line shows
            it.
        headed: sizes of answers hold the headers, too. Without a frame, those of redirects tell nothing then.
        cut: the log has no queries, which redirects to the login page and back to a page hold.
    """

    host: str | None = None
    base: str = ""
    bare: bool = False
    frame: int = 0
    headed: bool = False
    cut: bool = False


#: Nothing is known about the server.
ANY_SITE: Final = Site()


def host_of(referer: str | None) -> str | None:
    """Return scheme and host of a referring page, such as ``http://airflow.example.com``; None if there is none."""
    host = _HOST.match(referer) if referer else None
    return host[0] if host else None


def base_of(page: str | None) -> str | None:
    """Return the path in front of the pages of a server, as the address of one of them shows; None if it is no such."""
    found = _PAGE.fullmatch(split_target(page).path) if page else None
    return found["base"] if found else None


def whole_path(path: str, site: Site) -> str:
    """Return the path as the browser asked for it, with the part that the log format may have left out."""
    return path if not site.base or path.startswith(f"{site.base}/") else site.base + path
