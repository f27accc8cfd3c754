"""Exports from Airflow's REST API: all pages of the audit log, DAG runs, users and roles, as files that a run reads.

Owns: which lists are asked for, where each version of the API has them, and how a caller is let in. Must not know: what
the records mean (``verdicts.exports``).

Credentials go to the address that was given and nowhere else: a redirect is an error.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from logparse.common.errors import InputError
from logparse.reports.atomic_files import open_target
from logparse.verdicts.exports.audit_log import reduce_extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_EVENTS: Final = "--audit-log"
#: Options of ``report`` with the list that each wants, and the file for it.
_LISTS: Final = {
    _EVENTS: ("eventLogs", "audit_log.json"),
    "--dag-runs": ("dags/~/dagRuns", "dag_runs.json"),
    "--users": ("users", "users.json"),
    "--roles": ("roles", "roles.json"),
}
_PEOPLE: Final = frozenset({"--users", "--roles"})
#: Where Airflow 3 has users and roles, if the FAB auth manager keeps them.
_OF_FAB: Final = ("/api/v2", "/auth/fab/v1")
#: Answers where there is no such list, or none for this caller.
_NO_SUCH_LIST: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
#: Rows of a page; servers give no more.
_PAGE: Final = 100
_SECONDS: Final = 60
#: Settings of a run, which may hold secrets, and which nobody needs.
_SETTINGS: Final = "conf"
#: What holds bodies of requests in the audit log, with settings of runs and passwords in them.
_EXTRA: Final = "extra"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: urllib would send credentials along."""

    def redirect_request(self, *_: Any) -> None:
        """Return no further request."""


def fetch(
    url: str, folder: Path, since: datetime | None, *, token: str = "", login: str = ""
) -> dict[str, tuple[Path, int]]:
    """Write exports of an API into a folder; return by option of ``report`` the file and its number of rows.

    Lists of users and roles that the API does not have, or that the caller may not read, are left out.

    Args:
        url: of the API, such as ``https://airflow.example.com/api/v2``.
        folder: where the files are to be.
        since: only events from this time on, where the server can choose them; None: all. DAG runs are all asked for:
            those that wait have no time that a server can choose them by.
        token: a bearer token; empty: none.
        login: name and password with a colon between them; empty: none.

    Raises:
        InputError: the API cannot be reached, or refuses.
        OutputError: a file cannot be written.
    """
    base = url.rstrip("/")
    if urlsplit(base).scheme not in ("http", "https"):
        raise InputError(url, "is no URL of an API", "give one such as https://airflow.example.com/api/v2")
    basic = base64.b64encode(login.encode()).decode()
    headers = {"Authorization": f"Bearer {token}" if token else f"Basic {basic}"} if token or login else {}
    written = {}
    for option, (name, file) in _LISTS.items():
        place = base.replace(*_OF_FAB) if option in _PEOPLE else base
        asked = {"after": since.isoformat()} if since and option == _EVENTS else {}
        pages = _list_pages(f"{place}/{name}", asked, headers, optional=option in _PEOPLE)
        if (first := next(pages, None)) is None:
            continue
        count = 0
        with open_target(folder / file, private=True) as stream:
            for page, rows in (first, *pages):
                stream.write(json.dumps(page).encode() + b"\n")
                count += rows
        written[option] = folder / file, count
    return written


def _list_pages(
    url: str, asked: dict[str, str], headers: dict[str, str], *, optional: bool
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield the pages of a list, each with its number of rows; none if it is optional and the caller gets none."""
    offset, total = 0, 1
    while offset < total:
        try:
            page = _get(f"{url}?{urlencode({'limit': _PAGE, 'offset': offset, **asked})}", headers)
            rows = next(value for value in page.values() if isinstance(value, list))
            for row in rows:
                row.pop(_SETTINGS, None)
                if row.get(_EXTRA):
                    row[_EXTRA] = reduce_extra(str(row[_EXTRA]))
            total = int(page["total_entries"])
        except urllib.error.HTTPError as error:
            error.close()
            if optional and not offset and error.code in _NO_SUCH_LIST:
                return
            if asked and error.code == HTTPStatus.BAD_REQUEST:  # a version that does not know the parameter refuses it
                asked = {}
                continue
            raise InputError(
                url,
                f"answers {error.code}",
                "check the URL, LOGPARSE_API_TOKEN or LOGPARSE_API_LOGIN, and what this caller may read",
            ) from error
        except (OSError, HTTPException, ValueError, KeyError, AttributeError, StopIteration) as error:
            if optional and not offset and not isinstance(error, OSError):
                return  # with another auth manager, Airflow 3 answers with the page of its web UI
            problem = getattr(error, "reason", None) or "the answer is no list of Airflow's API"
            raise InputError(url, f"cannot be read: {problem}", "check the URL") from error
        yield page, len(rows)
        if not rows:
            return
        offset += len(rows)


def _get(url: str, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={**headers, "Accept": "application/json"})  # noqa: S310 - as checked
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
        page: dict[str, Any] = json.load(answer)
    return page
