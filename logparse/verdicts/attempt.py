"""A trigger attempt with the evidence about it.

Owns: the shape of this record. Must not know: how the evidence was found, or what it means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from logparse.scans.redirects import NOWHERE, Redirect

if TYPE_CHECKING:
    from logparse.rules.roles import FollowUpRole
    from logparse.scans.scan import Evidence, Request
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.dag_runs import RunRecord

Record = TypeVar("Record")
#: Address, user agent, and which of the stretches between two logouts.
Session: TypeAlias = "tuple[str | None, str | None, int]"


@dataclass(frozen=True, slots=True)
class Joined(Generic[Record]):
    """What one export shows about one request.

    Attributes:
        state: ``row`` (there is a record), ``absent`` (there is none, though the export would hold it) or ``unknown``.
        record: the record.
        contested: another request may have left it, or a record that went to another may be this one's.
        shared: another record, of another user, fits as well.
    """

    state: str = "unknown"
    record: Record | None = None
    contested: bool = False
    shared: bool = False


#: Shared by all attempts, of which there may be millions.
_UNKNOWN: Final[Joined[Any]] = Joined()


@dataclass(slots=True)
class Attempt:
    """A trigger attempt with all that is known about it.

    Attributes:
        request: the access line.
        events: the app lines about it.
        contested: another request could have left one of the app lines.
        proved: more than their order joins the app lines with the attempt.
        accepted: whose key or token the server says that it accepted for this request; empty if that is not certain.
        rival: an app line that was joined with another request could be about this one.
        followed_by: the client's next request that tells; None if none was found.
        follow_up_contested: that request may belong to another attempt.
        redirect: where the answer leads.
        app_log: app lines of this server are at hand, so that the absence of one shows something.
        basic_auth: whether Basic authentication ``works`` on the REST API of this server, also with complaints about
            wrong passwords in the app log (``heard``), is ``refused`` to everybody, or ``unknown``.
        bare_login: this server sends strangers and refused callers to a login page without a way back (2.7).
        login_returns: this server names the page to return to, so that it is none of 2.7.
        channel_accepts: some attempt on the same channel was accepted.
        generation: of the Airflow that wrote the source, ``2``, ``3`` or ``unknown``.
        page_seen: whether the same browser ever got a page that only users see: ``yes``, ``no``, or ``unknown`` if no
            browser did.
        after_logout: whoever was logged in with the same address and user agent logged out just before, as far as the
            log shows, and nobody logged in since.
        flash: the message on the list of DAGs, or the page of the DAG, that followed: ``success``, ``denied``,
            ``conflict``, ``import_error``, ``dag_not_found``, ``unread`` if the list is of no length that a message
            would make, or empty if nothing is known.
        home_growth: by how many bytes the message made that list longer.
        body: what the answer said: ``import_error``, ``runs_not_allowed``, ``dag_unknown``, ``path_unknown``,
            ``csrf_token``, ``csrf_session``, ``other``, or empty if its length does not show it.
        dag_accepted: a run of this DAG was accepted, or existed already; for the web UI, also if a run was exported.
        strangers_get: with which status the stable REST API of this source refuses callers whom it does not know:
            ``401``, ``403`` (2.9 with an anonymous role), ``perhaps_403``, or ``unknown``.
        nameless_accepted: this server's stable REST API accepted programs that sent no Basic header, by a session, a
            token or a key that no access line shows.
        api_sessions: this server's REST API accepts sessions of the web UI (2.3 on).
        names_unread: this server's REST API refuses everybody alike, and lines show that it looks at nobody's name.
        shows_runs: this server shows a new run on the page that it was asked from (2.10 on).
        dag_missing: an API answered that there is no DAG of this id, and no API accepted or knew a run of it.
        dag_broken: the REST API answered that the file of this DAG cannot be loaded, and neither it nor the web UI ever
            accepted or knew a run of it.
        let_in: the same browser got past the check of the role for this DAG at another time, and was never refused.
        queries_cut: the log has no queries, so that a login page never shows where it returns to.
        session: address, user agent, and how often somebody logged out there before, if these can be one person's.
        logged_in: first and last name of the one person who logged in there before; empty if not known.
        login_shown: the login page was shown to the same browser after that login: somebody there is not logged in.
        login_seen: the log holds a login there, of whomever.
        login_name: their user name, as a failed login of theirs shows it; empty if none does.
        audit: what the audit log shows about it.
        run: which DAG run it made.
    """

    request: Request
    events: tuple[Evidence, ...] = ()
    contested: bool = False
    proved: bool = False
    accepted: str = ""
    rival: bool = False
    followed_by: Request | None = None
    follow_up_contested: bool = False
    redirect: Redirect = NOWHERE
    app_log: bool = False
    basic_auth: str = "unknown"
    bare_login: bool = False
    login_returns: bool = False
    channel_accepts: bool = False
    dag_missing: bool = False
    dag_broken: bool = False
    let_in: bool = False
    body: str = ""
    dag_accepted: bool = False
    strangers_get: str = "unknown"
    nameless_accepted: bool = False
    api_sessions: bool = True
    names_unread: bool = False
    shows_runs: bool = False
    generation: str = "unknown"
    page_seen: str = "unknown"
    after_logout: bool = False
    flash: str = ""
    home_growth: int | None = None
    queries_cut: bool = False
    session: Session | None = None
    logged_in: str = ""
    login_seen: bool = False
    login_shown: bool = False
    login_name: str = ""
    audit: Joined[AuditRecord] = _UNKNOWN
    run: Joined[RunRecord] = _UNKNOWN

    @property
    def follow_up(self) -> str:
        """The client's next request that tells, as ``rule:status``; empty if none was found."""
        after = self.followed_by
        return "" if after is None else f"{after.tag.rule}:{after.access.status}"

    def leads_to(self, role: FollowUpRole) -> bool:
        """Whether the client's next request that tells is of this role."""
        return self.followed_by is not None and self.followed_by.tag.role == role

    @property
    def dag_id(self) -> str | None:
        """The DAG that the request names; where it names none, or only the page it came from does, the audit log's."""
        tag, record = self.request.tag, self.audit.record
        if tag.dag_from in ("path", "query") or record is None or record.dag_id is None:
            return tag.dag_id
        return record.dag_id

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return self.request.access.status
