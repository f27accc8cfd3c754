"""Every column of every public table: name, type, meaning. The only place where a column is named for the first time.

Owns: the shape of ``attempts`` and the vocabulary of its cells (channels, outcomes, reasons, details).
Must not know: how any cell is found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of a trigger attempt."""

    SUCCESS = "success"
    AUTHENTICATION_FAILURE = "authentication_failure"
    AUTHORIZATION_FAILURE = "authorization_failure"
    OTHER_FAILURE = "other_failure"
    UNDETERMINED = "undetermined"


class Confidence(StrEnum):
    """How far the evidence carries, the surest first."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"
    AMBIGUOUS = "ambiguous"


#: All confidences, the surest first.
CONFIDENCES: Final = tuple(Confidence)


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


#: All severities, the worst first.
SEVERITIES: Final = tuple(Severity)


class Security(StrEnum):
    """Why a finding is a matter of security."""

    GUESSING = "guessing"
    OPEN = "open"
    FORGED = "forged"
    MISUSED = "misused"


class Channel(StrEnum):
    """Where a run was asked for."""

    REST_API = "rest_api"
    EXPERIMENTAL_API = "experimental_api"
    UI = "ui"
    ASSET_EVENT = "asset_event"
    ASSET_MATERIALIZE = "asset_materialize"
    BACKFILL = "backfill"
    EXECUTION_API = "execution_api"
    CLI_ENDPOINT = "cli_endpoint"


#: Reason codes by outcome, with the details that each may carry. ``undetermined`` joins reasons of the others by ``|``.
REASONS: Final[dict[Outcome, dict[str, tuple[str, ...]]]] = {
    Outcome.SUCCESS: {},
    Outcome.AUTHENTICATION_FAILURE: {
        "no_credentials": (),
        "bad_credentials": ("wrong_password", "unknown_user", "inactive_user"),
        "no_session": (),
        "token_expired": (),
        "token_invalid": (
            "signature",
            "algorithm",
            "malformed",
            "claims",
            "not_yet_valid",
            "audience",
            "revoked",
            "unknown_user",
            "inactive_user",
        ),
        "auth_backend_error": (),
        "api_auth_disabled": ("deny_all", "basic_not_enabled"),
    },
    Outcome.AUTHORIZATION_FAILURE: {
        "permission_denied": ("dag_run_create", "dag_edit", "no_role", "anonymous"),
    },
    Outcome.OTHER_FAILURE: {
        "dag_not_found": (),
        "asset_not_found": (),
        "dag_import_error": (),
        "conflict": (),
        "bad_request": (),
        "form_rejected": (),
        "csrf_rejected": (),
        "endpoint_not_found": (),
        "server_error": (),
        "refused_by_proxy": (),
        "client_closed": (),
    },
    Outcome.UNDETERMINED: {},
}


#: Version of all tables, as the metadata of Parquet files, ``views.sql`` and ``run.json`` state it. It changes if a
#: column goes, or holds something else than before; further columns do not change it.
SCHEMA_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a public table.

    Attributes:
        name: the column's name in every output.
        type: ``string``, ``int64``, ``int16``, ``double``, ``bool`` or ``timestamp`` (microseconds, UTC).
        meaning: one line for the documentation.
    """

    name: str
    type: str
    meaning: str


ATTEMPTS: Final[tuple[Column, ...]] = (
    Column("time", "timestamp", "end of the request; start stamps with a duration are moved to the end"),
    Column("time_source", "string", "`line`, `envelope`, `neighbour` (an app line next to it), or empty: not known"),
    Column(
        "time_within_s",
        "double",
        "by so many seconds the request may be later than `time`, which is that of a neighbour; 0 if the line or its "
        "envelope tells the time; empty if nothing shows how far off it is",
    ),
    Column("week", "string", "ISO week such as `2026-W47` in the report's time zone; empty without a time"),
    Column("deployment", "string", "which Airflow, where the user said so or the envelope carries it"),
    Column("source", "string", "file as given"),
    Column("line", "int64", "1-based line in the decompressed file"),
    Column(
        "client",
        "string",
        "client address, normalised, without port; the forwarded one where a trusted proxy forwards it",
    ),
    Column("user", "string", "who made the attempt, as far as known"),
    Column(
        "user_source",
        "string",
        "`claimed`, `app_log`, `audit_log` (an export), `session` (the one user at that browser and address, or who "
        "logged in there), `proxy` (it looked at the credentials itself)",
    ),
    Column("user_verified", "bool", "true only if the server accepted that identity for this request"),
    Column("user_agent", "string", "as the client sent it"),
    Column("channel", "string", "where the run was asked for"),
    Column("method", "string", "HTTP method"),
    Column("path", "string", "percent-decoded once, without query string"),
    Column(
        "dag_id", "string", "percent-decoded; where the request names none, that of its row in the audit log, or empty"
    ),
    Column("status", "int16", "HTTP status as answered"),
    Column("response_bytes", "int64", "size of the response body as logged"),
    Column("duration_ms", "double", "time the server took, where the line carries it"),
    Column("outcome", "string", "what became of the attempt"),
    Column("reason", "string", "why it failed; for `undetermined` the reasons it lies between, joined by a bar"),
    Column("detail", "string", "finer than the reason, only where there is evidence for it"),
    Column(
        "confidence",
        "string",
        "`confirmed` (the evidence allows one reading), `likely` (the usual reading) or `ambiguous` (another reading "
        "is possible)",
    ),
    Column("evidence", "string", "what decided, strongest first, joined by `+`"),
    Column("rule", "string", "id of the outcome rule that decided"),
    Column(
        "caution",
        "string",
        "why the row may not be what it looks like: `typed_name` (whoever typed the name in front of the line into a "
        "login form could have written it), or empty",
    ),
    Column("finding", "string", "`key` of the finding that explains it, in the report of its week; empty: none does"),
    Column("host", "string", "machine or node that wrote the line, if an envelope shows it (syslog, journald, clouds)"),
    Column("pod", "string", "Kubernetes pod that wrote it, if an envelope shows it"),
    Column("container", "string", "container, service or program that wrote it, if an envelope shows it"),
    Column("stream", "string", "`stdout`, `stderr` or the log stream of a cloud, if an envelope shows it"),
    Column("record_id", "string", "id of the record that held the line, in exports that number their records"),
)
