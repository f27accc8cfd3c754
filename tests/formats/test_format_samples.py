"""Every export format is read: the same story from each sample in ``tests/data/formats``, as far as it is told."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Final

import escapes
import expected
import pytest
import samples
import story
import story_times

import logparse
from logparse.pipeline import options as pipeline
from logparse.pipeline import run
from logparse.scans.settings import Setup
from logparse.sources import discovery

if TYPE_CHECKING:
    import pandas as pd

    from logparse.scans.coverage import Coverage

SAMPLES: Final = pytest.mark.parametrize("sample", samples.SAMPLES, ids=[each.name for each in samples.SAMPLES])

#: Files without a trigger attempt, and whether they are logs at all.
NOTHING: Final = {
    "audit_log_table.csv": False,  # for --audit-log
    "eventlogs_api_v1.json": False,
    "eventlogs_api_v2.json": False,
    "exportedlogs/aws-logs-write-test": True,  # the marker that CreateExportTask leaves in the bucket
}

_NGINX: Final = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
_COMBINED: Final = '%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"'
#: Format strings of samples that are read without them as well.
GIVEN: Final = {
    "gunicorn_default.log": '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
    "nginx_combined.log": _NGINX,
    "nginx_main_xff.log": (
        f'{_NGINX} "$http_x_forwarded_for" rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time"'
    ),
    "ingress_nginx.log": (
        f"{_NGINX} $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] "
        "$upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id"
    ),
    "nginx_escape_none.log": _NGINX,
    "nginx_json.log": (
        '{"time":"$time_iso8601","msec":"$msec","remote_addr":"$remote_addr","remote_user":"$remote_user",'
        '"request":"$request","request_method":"$request_method","uri":"$request_uri","args":"$args",'
        '"status":"$status","body_bytes_sent":"$body_bytes_sent","request_time":"$request_time",'
        '"http_referer":"$http_referer","http_user_agent":"$http_user_agent",'
        '"http_x_forwarded_for":"$http_x_forwarded_for","request_id":"$request_id"}'
    ),
    "nginx_json_default_escape.log": (
        '{"time":"$time_iso8601","request":"$request","status":$status,"ua":"$http_user_agent"}'
    ),
    "apache_combined.log": _COMBINED,
    "apache_common.log": '%h %l %u %t \\"%r\\" %>s %b',
    "apache_vhost_combined.log": f"%v:%p {_COMBINED}",
}


@cache
def read(sample: samples.Sample, *log_formats: str) -> pd.DataFrame:
    """The attempts of a sample; what is not understood besides is the subject of other tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", logparse.IncompleteInputWarning)
        return logparse.attempts(sample.path, log_formats=(*sample.log_formats, *log_formats))


def coverage(sample: samples.Sample) -> Coverage:
    options = pipeline.Options(Setup(log_formats=sample.log_formats))
    (entry,) = run.run(discovery.find_sources([str(sample.path)]), options).entries
    return entry


def test_no_sample_is_forgotten() -> None:
    files = {path.relative_to(samples.FOLDER).as_posix() for path in samples.FOLDER.rglob("*") if path.is_file()}
    assert files == {each.name for each in samples.SAMPLES} | {each.name for each in escapes.LOGS} | {
        *escapes.SYSLOG,
        *NOTHING,
    }


@pytest.mark.sampled(6)
@SAMPLES
def test_the_story_is_read(sample: samples.Sample) -> None:
    attempts = read(sample)
    assert expected.differences(attempts, expected.rows(sample)) == []
    assert "fake_dag" not in set(attempts["dag_id"])


@pytest.mark.parametrize("name", GIVEN)
def test_the_story_is_read_with_the_format_string(name: str) -> None:
    (sample,) = (each for each in samples.SAMPLES if each.name == name)
    assert expected.differences(read(sample, GIVEN[name]), expected.rows(sample)) == []


@SAMPLES
def test_where_times_and_names_are_from(sample: samples.Sample) -> None:
    attempts = read(sample)
    assert len(attempts) == len(expected.rows(sample))
    # The entry of Google's balancer is envelope and line at once.
    source = {"line", "envelope"} if sample.when is story_times.google_balancer else {"line"}
    assert set(attempts["time_source"].dropna()) <= source
    assert set(attempts["time_source"].isna()) == {sample.when is story_times.no_time}
    assert set(attempts["user_source"].dropna()) <= {"claimed", "app_log"}
    assert list(attempts["user_source"].isna()) == list(attempts["user"].isna())


@SAMPLES
def test_agents_are_as_the_client_sent_them(sample: samples.Sample) -> None:
    rows = expected.rows(sample)
    wanted = [sample.agent if row.told.agent == story.ODD_AGENT else row.told.agent for row in rows]
    told = [expected.cell(agent) for agent in read(sample)["user_agent"]]
    if sample.agent:
        assert told == wanted
    else:  # without, or in a column that does not say what it is: HAProxy's captured headers
        assert len(told) == len(wanted)
        sent = [row.told.agent for row in rows]
        assert all(not one or one == other for one, other in zip(told, sent, strict=True))


@SAMPLES
def test_no_outcome_is_wrong(sample: samples.Sample) -> None:
    attempts = read(sample)
    wanted = [row.told.outcome for row in expected.rows(sample)]
    told = attempts["outcome"]
    assert len(told) == len(wanted)
    assert all(one in (other, "undetermined") for one, other in zip(told, wanted, strict=True))
    # A run that was made, and a DAG that was not there, are told by the status alone.
    assert all(
        one == other
        for one, other, status in zip(told, wanted, attempts["status"], strict=True)
        if status in (200, 404)
    )


@SAMPLES
def test_the_deployment_is_told_where_envelopes_name_it(sample: samples.Sample) -> None:
    assert {expected.cell(each) for each in read(sample)["deployment"]} == {sample.deployment}


@SAMPLES
def test_every_line_is_understood(sample: samples.Sample) -> None:
    entry = coverage(sample)
    assert (entry.problem, entry.unparsed, entry.kinds["unparsed"]) == ("", (), 0)
    assert sum(entry.kinds.values()) == entry.lines
    requests = (len(story.STORY) + story.READS) * sample.copies
    again = "firehose" in sample.name  # an event that came twice may be counted as a line, never as an attempt
    assert entry.kinds["access"] in ((requests, requests + 1) if again else (requests,))
    assert entry.attempts == len(story.STORY) * sample.copies
    if sample.shape in ("lines", "table"):
        assert entry.lines == sample.content().count(b"\n")


def test_the_folder_of_an_s3_export_is_read_without_complaint() -> None:
    found = logparse.attempts(samples.FOLDER / "exportedlogs")
    (sample,) = (each for each in samples.SAMPLES if each.name == samples.S3_EXPORT)
    assert expected.differences(found, expected.rows(sample)) == []


@pytest.mark.parametrize("name", NOTHING)
def test_other_files_hold_no_attempts(name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert logparse.attempts(samples.FOLDER / name).empty
    assert not (NOTHING[name] and caught)
