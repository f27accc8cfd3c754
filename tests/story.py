"""What the samples of ``tests/data/formats`` tell: one story of 13 requests, 11 of them trigger attempts, in each format.

Owns: the story, what each format can carry of it, and a second, independent reading of the times that the captures of
real servers hold. Must not know: how logparse reads anything.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOLDER: Final = Path(__file__).resolve().parent / "data" / "formats"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000


def micros(stamp: str) -> int:
    """Microseconds since 1970 of an ISO stamp, in UTC if it names no zone; finer digits are cut off."""
    told = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stamp))
    return (told.replace(tzinfo=told.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)


class Attempt(NamedTuple):
    """One trigger attempt of the story; times are those at which the client acted, in microseconds UTC."""

    start: int
    end: int
    client: str
    user: str | None
    dag_id: str
    status: int
    outcome: str
    agent: str


_REQUESTS: Final = "python-requests/2.31.0"
#: The agent of the second attempt asks for another DAG; it is quoted in the middle of what it says.
ODD_AGENT: Final = 'weird "quoted" \\back\\slash\ttab é "POST /api/v1/dags/fake_dag/dagRuns HTTP/1.1" 200'
_SUNDAY: Final = "2026-03-01T23:59:"
_MONDAY: Final = "2026-03-02T00:00:"
_UNKNOWN: Final = "authentication_failure"
_DENIED: Final = "authorization_failure"
_FAILED: Final = "other_failure"


def _told(  # noqa: PLR0913, PLR0917 - a row of the table below
    start: str, client: str, user: str | None, dag_id: str, status: int, outcome: str, agent: str, end: str = ""
) -> Attempt:
    return Attempt(micros(start), micros(end or start), client, user, dag_id, status, outcome, agent)


STORY: Final = (
    _told(_SUNDAY + "51", "203.0.113.10", "alice", "etl_daily", 200, "success", _REQUESTS),
    _told(_SUNDAY + "52", "192.0.2.44", "mallory", "etl_daily", 401, _UNKNOWN, ODD_AGENT),
    # Two real attempts, a millisecond apart: equal lines where seconds are logged.
    _told(_SUNDAY + "53", "198.51.100.23", "bob", "finance_report", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "53.001", "198.51.100.23", "bob", "finance_report", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "54", "203.0.113.10", "alice", "no_such_dag", 404, _FAILED, _REQUESTS),
    _told(_SUNDAY + "55", "203.0.113.10", "alice", "etl_daily", 409, _FAILED, _REQUESTS),
    _told(_SUNDAY + "56", "198.51.100.23", "bob", "café_load", 403, _DENIED, _REQUESTS),
    _told(_SUNDAY + "57", "2001:db8::17", "svc-etl", "etl_daily", 200, "success", "OpenAPI-Generator/1.0.0/python"),
    _told(_SUNDAY + "58.5", "192.0.2.44", None, "finance_report", 401, _UNKNOWN, "curl/8.5.0"),
    # Begins on Sunday and ends on Monday: the week depends on which of the two a format logs.
    _told(_SUNDAY + "59.9", "192.0.2.44", None, "etl_daily", 401, _UNKNOWN, "curl/8.5.0", _MONDAY + "00.2"),
    _told(_MONDAY + "01.5", "203.0.113.10", "alice", "etl_daily", 200, "success", _REQUESTS),
)
#: Requests of the story that are no attempts: a page, and a list of runs.
READS: Final = 2


class Span(NamedTuple):
    """A time lies in here, both ends included; None: no time is known."""

    first: int
    last: int


def _exactly(time: int, *, give: int = 0) -> Span:
    return Span(time - give, time + give)


# -- what a format tells of the time, by its own line ------------------------------------------------------------------


def second_of_end(told: Attempt, _: str) -> Span:
    return _exactly(told.end // SECOND * SECOND)


def second_of_start(told: Attempt, _: str) -> Span:
    return _exactly(told.start // SECOND * SECOND)


def no_time(_: Attempt, __: str) -> None:
    return None


def _clf(text: str) -> int:
    return micros(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").isoformat())


def _found(pattern: str, line: str) -> tuple[str, ...]:
    found = re.search(pattern, line)
    assert found, line
    return found.groups()


def nginx_msec(_: Attempt, line: str) -> Span:
    return _exactly(round(float(json.loads(line)["msec"]) * 1000) * 1000)


def stamp_in_front(_: Attempt, line: str) -> Span:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    (stamp,) = _found(r'^(?:\{"timestamp":"|https )?(\S+?Z)', plain)
    return _exactly(micros(stamp))


def apache_custom(_: Attempt, line: str) -> Span:
    """Start in milliseconds plus ``%D``, or the end in milliseconds: they differ by less than one."""
    (end,) = _found(r" end=(\S+)$", line)
    return _exactly(micros(end), give=999)


def haproxy(_: Attempt, line: str) -> Span:
    """Any of the three forms of the samples: %tr, accept of the request, plus %Ta, its active time."""
    if '"tr":' in line:
        told = json.loads(line[line.index("{") :])
        return _exactly(_clf(told["tr"].partition(".")[0] + " +0000") + _millis(told["tr"], told["Ta"]))
    if " ---- " in line and "http-in" in line:
        stamp, active = _found(r"\[(\S+)\] http-in airflow-web/web1 \d+/\d+/\d+/\d+/(\d+) ", line)
        return _exactly(_clf(stamp.partition(".")[0] + " +0000") + _millis(stamp, active))
    # CLF: the second of %trg. `%ms` is that of the accept of the connection (configuration.txt 8.2.4, "accept date
    # milliseconds"), which may be another second, so all that is known of the start is the second.
    stamp, active = _found(r'\[([^]]+)\] ".+ "" "" \d+ \d+ "clf-in" "airflow-web" "web1" \d+ \d+ \d+ \d+ (\d+) ', line)
    begun = _clf(stamp) + int(active) * 1000
    return Span(begun, begun + SECOND - 1)


def _millis(stamp: str, duration: str) -> int:
    return (int(stamp.rpartition(".")[2]) + int(duration)) * 1000


def envoy(_: Attempt, line: str) -> Span:
    """%START_TIME% plus %DURATION%; the text form holds bytes received, bytes sent, duration, upstream time."""
    if line.startswith("{"):
        told = json.loads(line)
        return _exactly(micros(told["start_time"]) + told["duration"] * 1000)
    stamp, duration = _found(r'^\[([^]]+)\] "\S+ \S+ \S+" \d+ - (?:via_upstream - "-" )?\d+ \d+ (\d+) \d+ "', line)
    return _exactly(micros(stamp) + int(duration) * 1000)


def traefik_clf(_: Attempt, line: str) -> Span:
    stamp, duration = _found(r"\[([^]]+)\] .* (\d+)ms$", line)
    return _exactly(_clf(stamp) + int(duration) * 1000)


def traefik_json(_: Attempt, line: str) -> Span:
    told = json.loads(line)
    return _exactly(micros(told["StartUTC"]) + told["Duration"] // 1000, give=2)


def caddy(_: Attempt, line: str) -> Span:
    if line.startswith("{"):
        return _exactly(round(json.loads(line)["ts"] * 1e6), give=1)
    return _exactly(micros(line.partition("\t")[0].replace("/", "-")))


def google_balancer(_: Attempt, line: str) -> Span:
    told = json.loads(line)
    return _exactly(micros(told["timestamp"]) + round(float(told["httpRequest"]["latency"].removesuffix("s")) * 1e6))


# -- what each sample is -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """One file, and what of the story is in it.

    Attributes:
        name: of the file.
        shape: ``lines`` (each line can be read by itself), ``table`` (behind a line that names the columns),
            ``records`` (of several lines), ``document`` (JSON of several lines or one), ``packed`` (compressed).
        when: the time that a line tells.
        newest: the last request comes first.
        client: addresses of clients are in it.
        user: names of Basic headers are in it.
        agent: user agents are in it.
        api: version of the API that was asked.
        copies: how often each request is in it.
        log_formats: without which it cannot be read.
        deployment: that the envelopes name.
    """

    name: str
    shape: str = "lines"
    when: Callable[[Attempt, str], Span | None] = second_of_end
    newest: bool = False
    client: bool = True
    user: bool = True
    agent: str = ODD_AGENT
    api: str = "v1"
    copies: int = 1
    log_formats: tuple[str, ...] = ()
    deployment: str | None = None

    @property
    def path(self) -> Path:
        return FOLDER / self.name

    def content(self) -> bytes:
        """The decompressed bytes."""
        data = self.path.read_bytes()
        while data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data


#: Where tabs became eight blanks: ``journalctl -o short`` and its kin.
_SPREAD: Final = ODD_AGENT.replace("\t", " " * 8)
_COMPOSER: Final = "prod-composer"
_MWAA: Final = "MyAirflowEnv"
ATOMS: Final = (
    '%({x-forwarded-for}i)s %(h)s %(l)s %(u)s %(t)s "%(m)s %(U)s?%(q)s %(H)s" "%(r)s" %(s)s %(B)s %(D)s %(M)s %(L)s '
    '%(T)s %(p)s "%(f)s" "%(a)s" %({x-request-id}o)s %({server_name}e)s'
)
TEMPLATE: Final = (
    '{"time":"%(t)s","remote":"%(h)s","user":"%(u)s","req":"%(r)s","status":%(s)s,"us":%(D)s,"ua":"%(a)s"}'
)
APACHE: Final = (
    '%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t %{%z}t %h %u %a "%m %U%q %H" %>s %D %{X-Forwarded-For}i "%{User-Agent}i" '
    "end=%{end:%Y-%m-%dT%H:%M:%S}t.%{end:msec_frac}t"
)
_ALB: Final = (
    "alb_123456789012_elasticloadbalancing_us-east-2_app.airflow-alb.50dc6c495c0c9188_20260302T0000Z_172.160.1.192_"
    "20sg8hgm.log.gz"
)
S3_EXPORT: Final = (
    "exportedlogs/11111111-2222-3333-4444-555555555555/webserver_ip-10-192-21-11.ec2.internal_1772408000.1234567.log/"
    "000000.gz"
)


def _proxy(name: str, when: Callable[[Attempt, str], Span | None], *, api: str = "v1", agent: str = ODD_AGENT) -> Sample:
    """A server that logs no names."""
    return Sample(name, when=when, user=False, api=api, agent=agent)


SAMPLES: Final = (
    # Servers
    Sample("gunicorn_default.log"),
    Sample("gunicorn_stdout_mixed.log"),
    Sample("gunicorn_default_tz_newyork.log"),
    Sample("gunicorn_custom_atoms.log", log_formats=(ATOMS,)),
    Sample("gunicorn_json_template.log", log_formats=(TEMPLATE,)),
    _proxy("uvicorn_default.log", no_time, api="v2", agent=""),
    _proxy("uvicorn_color.log", no_time, api="v2", agent=""),
    _proxy("airflow3_access.jsonl", stamp_in_front, api="v2", agent=""),
    _proxy("airflow3_access_console.log", stamp_in_front, api="v2", agent=""),
    _proxy("airflow3_access_console_color.log", stamp_in_front, api="v2", agent=""),
    _proxy("hypercorn_access.log", second_of_end, api="v2"),
    # Proxies
    Sample("nginx_combined.log"),
    Sample("nginx_main_xff.log"),
    Sample("ingress_nginx.log"),
    Sample("nginx_escape_none.log"),
    Sample("nginx_json.log", when=nginx_msec),
    Sample("nginx_json_default_escape.log", client=False, user=False),
    _proxy("apache_combined.log", second_of_start),
    _proxy("apache_common.log", second_of_start, agent=""),
    _proxy("apache_vhost_combined.log", second_of_start),
    Sample("apache_custom.log", when=apache_custom, user=False, log_formats=(APACHE,)),
    _proxy("haproxy_httplog.log", haproxy, agent=""),
    _proxy("haproxy_clf.log", haproxy, agent=""),
    _proxy("haproxy_json.log", haproxy),
    Sample("haproxy_syslog_rfc3164.log", when=haproxy, user=False, agent="", copies=3),
    Sample("haproxy_syslog_rfc5424.log", when=haproxy, user=False, agent="", copies=3),
    _proxy("envoy_default.log", envoy),
    _proxy("envoy_json.log", envoy),
    _proxy("istio_envoy_default.log", envoy),
    _proxy("traefik_clf.log", traefik_clf, agent=""),
    _proxy("traefik_json.log", traefik_json),
    _proxy("caddy_json.log", caddy),
    _proxy("caddy_console.log", caddy),
    _proxy("alb_access.log", stamp_in_front),
    Sample(_ALB, "packed", stamp_in_front, user=False),
    Sample("cloudfront.E2EXAMPLE.2026-03-01-23.abcd1234.log", "table", user=False),
    _proxy("gcp_http_load_balancer.jsonl", google_balancer),
    # Amazon
    Sample("cloudwatch_s3_export_000000.txt"),
    Sample(S3_EXPORT, "packed"),
    Sample("cloudwatch_filter_log_events.json", "document"),
    Sample("cloudwatch_get_log_events.json", "document"),
    Sample("cloudwatch_insights.csv", "table", newest=True, deployment=_MWAA),
    Sample("cloudwatch_insights.json", "document", newest=True, deployment=_MWAA),
    Sample("cloudwatch_get_query_results.json", "document", newest=True),
    Sample("cloudwatch_tail.txt"),
    Sample("firehose_cwl_subscription.json", "document", deployment=_MWAA),
    Sample("firehose_cwl_subscription.gz", "packed", deployment=_MWAA),
    Sample("firehose_cwl_double.gz", "packed", deployment=_MWAA),
    # Google, Microsoft
    Sample("gcp_composer_gcs_00_00_00_00_59_59_S0.json", deployment=_COMPOSER),
    Sample("gcloud_logging_read.json", "document", newest=True, deployment=_COMPOSER),
    Sample("gcloud_logging_read.yaml", "records", newest=True),
    Sample("gcp_bigquery_export.jsonl", deployment=_COMPOSER),
    Sample("gcp_logs_explorer.csv", "table", newest=True, deployment=_COMPOSER),
    Sample("azure_containerlogv2.csv", "table"),
    Sample("azure_adf_airflow_web.jsonl"),
    # Containers
    Sample("docker_json_file.log"),
    Sample("docker_compose.log"),
    Sample("docker_compose_timestamps.log"),
    Sample("cri_containerd_0.log"),
    Sample("kubectl_timestamps.log"),
    Sample("kubectl_prefix_timestamps.log"),
    Sample("stern.log"),
    Sample("stern_color_timestamps.log"),
    Sample("stern.jsonl"),
    Sample("kail.log"),
    Sample("kail_at.log"),
    Sample("airflow_standalone.log"),
    # Shippers and stores
    Sample("fluentbit.jsonl"),
    Sample("fluentd.log"),
    Sample("vector.jsonl"),
    Sample("loki_logcli.jsonl", newest=True),
    Sample("loki_logcli_default.log", newest=True),
    Sample("loki_query_range.json", "document"),
    Sample("elasticdump.jsonl"),
    Sample("elasticsearch_search.json", "document"),
    Sample("kibana_report.csv", "table"),
    Sample("splunk_export.csv", "table", newest=True),
    Sample("splunk_export.json", newest=True),
    Sample("splunk_raw_export.txt", newest=True),
    Sample("datadog_export.csv", "table", newest=True),
    Sample("datadog_archive.json"),
    # Syslog and journald
    Sample("syslog_rsyslog_traditional.log"),
    Sample("syslog_rsyslog_fileformat.log"),
    Sample("syslog_rfc5424.log"),
    Sample("syslog_rfc3164_file.log"),
    Sample("journald_short.log", agent=_SPREAD),
    Sample("journald_short-iso.log", agent=_SPREAD),
    Sample("journald_short-iso-precise.log", agent=_SPREAD),
    Sample("journald_short-full.log", agent=_SPREAD),
    Sample("journald_short-unix.log", agent=_SPREAD),
    Sample("journald_with-unit.log", agent=_SPREAD),
    Sample("journald_verbose.log", "records"),
    Sample("journald_export.log", "records"),
    Sample("journald_json.jsonl"),
    Sample("journald_cat.log"),
)


class Expected(NamedTuple):
    """A row that a sample must give.

    Attributes:
        told: the attempt.
        time: where its time lies; None: it has none.
        first, last: number of the line that holds it, or the lines of its record.
        client, user, path: as the format carries them.
    """

    told: Attempt
    time: Span | None
    first: int
    last: int
    client: str | None
    user: str | None
    path: str


def expected(sample: Sample) -> list[Expected]:
    """The rows of a sample, in order of its lines."""
    lines = sample.content().decode("utf-8", "surrogateescape").split("\n")
    # Requests that are no attempts are all of the other method, and no app line holds a method.
    found = [number for number, line in enumerate(lines, 1) if "POST" in line and "dagRuns" in line]
    if len(found) == 1:  # a document of one line
        found *= len(STORY)
    story = [each for each in (STORY[::-1] if sample.newest else STORY) for _ in range(sample.copies)]
    assert len(found) == len(story), sample.name
    rows = []
    for place, (told, number) in enumerate(zip(story, found, strict=True)):
        first = last = number
        if sample.shape in ("document", "records"):
            first = found[place - 1] + 1 if place and found[place - 1] < number else 1
            last = found[place + 1] - 1 if place + 1 < len(found) and found[place + 1] > number else len(lines)
        elif sample.name == "cri_containerd_0.log" and told.agent == ODD_AGENT:
            last = number + 2  # written in two parts, with a line of another stream between them
        path = f"/api/{sample.api}/dags/{told.dag_id}/dagRuns"
        user = told.user if sample.user else None
        time = sample.when(told, lines[number - 1].rstrip("\r"))
        rows.append(Expected(told, time, first, last, told.client if sample.client else None, user, path))
    return rows


def differences(attempts: pd.DataFrame, rows: Sequence[Expected], *, timed: bool = True, shift: int | None = 0) -> list[str]:
    """In what rows of the table ``attempts`` are not as expected, in words; nothing if they are.

    Args:
        attempts: as logparse gave them.
        rows: what must be there, in this order.
        timed: compare times.
        shift: how many lines stand in front of the sample; None: line numbers are not looked at.
    """
    found = [{str(name): value for name, value in row.items()} for row in attempts.to_dict("records")]
    wrong = [] if len(found) == len(rows) else [f"{len(found)} rows instead of {len(rows)}"]
    for number, (row, wanted) in enumerate(zip(found, rows, strict=False), 1):
        told = wanted.told
        plain = {
            "client": wanted.client, "user": wanted.user, "method": "POST", "path": wanted.path, "dag_id": told.dag_id,
            "status": told.status, "channel": "rest_api",
        }  # fmt: skip
        wrong += [f"{number}: {name} {cell(row[name])!r}, not {value!r}" for name, value in plain.items() if cell(row[name]) != value]
        if shift is not None and not wanted.first <= row["line"] - shift <= wanted.last:
            wrong.append(f"{number}: line {row['line']}, not {wanted.first + shift} to {wanted.last + shift}")
        if timed:
            time = None if pd.isna(row["time"]) else (row["time"] - EPOCH) // timedelta(microseconds=1)
            if (time is None) != (wanted.time is None) or (time and wanted.time and not wanted.time.first <= time <= wanted.time.last):
                wrong.append(f"{number}: time {row['time']}, not {wanted.time and [str(EPOCH + timedelta(microseconds=each)) for each in wanted.time]}")
    return wrong


def cell(value: Any) -> Any:
    """``value`` of a data frame, None for all that means nothing."""
    return None if pd.isna(value) else value
