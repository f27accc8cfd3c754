"""The files of ``tests/data/formats``: which format each is in, and what of the story that format carries.

Owns: one entry a file. Must not know: how logparse reads anything.

Captures of real servers keep the times of the capture, which are some milliseconds off the story's; envelopes hold
lines of gunicorn, whose own time comes first.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import story_times as times
from places import DATA
from story import ODD_AGENT, Attempt, Span

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = DATA / "formats"

#: The time that a line tells of an attempt; None: none.
When = Callable[[Attempt, str], Span | None]


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
    when: When = times.second_of_end
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


def _proxy(name: str, when: When, *, api: str = "v1", agent: str = ODD_AGENT) -> Sample:
    """A server that logs no names."""
    return Sample(name, when=when, user=False, api=api, agent=agent)


SAMPLES: Final = (
    # Servers
    Sample("gunicorn_default.log"),
    Sample("gunicorn_stdout_mixed.log"),
    Sample("gunicorn_default_tz_newyork.log"),
    Sample("gunicorn_custom_atoms.log", log_formats=(ATOMS,)),
    Sample("gunicorn_json_template.log", log_formats=(TEMPLATE,)),
    _proxy("uvicorn_default.log", times.no_time, api="v2", agent=""),
    _proxy("uvicorn_color.log", times.no_time, api="v2", agent=""),
    _proxy("airflow3_access.jsonl", times.stamp_in_front, api="v2", agent=""),
    _proxy("airflow3_access_console.log", times.stamp_in_front, api="v2", agent=""),
    _proxy("airflow3_access_console_color.log", times.stamp_in_front, api="v2", agent=""),
    _proxy("hypercorn_access.log", times.second_of_end, api="v2"),
    # Proxies
    Sample("nginx_combined.log"),
    Sample("nginx_main_xff.log"),
    Sample("ingress_nginx.log"),
    Sample("nginx_escape_none.log"),
    Sample("nginx_json.log", when=times.nginx_msec),
    Sample("nginx_json_default_escape.log", client=False, user=False),
    _proxy("apache_combined.log", times.second_of_start),
    _proxy("apache_common.log", times.second_of_start, agent=""),
    _proxy("apache_vhost_combined.log", times.second_of_start),
    Sample("apache_custom.log", when=times.apache_custom, user=False, log_formats=(APACHE,)),
    _proxy("haproxy_httplog.log", times.haproxy, agent=""),
    _proxy("haproxy_clf.log", times.haproxy, agent=""),
    _proxy("haproxy_json.log", times.haproxy),
    Sample("haproxy_syslog_rfc3164.log", when=times.haproxy, user=False, agent="", copies=3),
    Sample("haproxy_syslog_rfc5424.log", when=times.haproxy, user=False, agent="", copies=3),
    _proxy("envoy_default.log", times.envoy),
    _proxy("envoy_json.log", times.envoy),
    _proxy("istio_envoy_default.log", times.envoy),
    _proxy("traefik_clf.log", times.traefik_clf, agent=""),
    _proxy("traefik_json.log", times.traefik_json),
    _proxy("caddy_json.log", times.caddy),
    _proxy("caddy_console.log", times.caddy),
    _proxy("alb_access.log", times.stamp_in_front),
    Sample(_ALB, "packed", times.stamp_in_front, user=False),
    Sample("cloudfront.E2EXAMPLE.2026-03-01-23.abcd1234.log", "table", user=False),
    _proxy("gcp_http_load_balancer.jsonl", times.google_balancer),
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
