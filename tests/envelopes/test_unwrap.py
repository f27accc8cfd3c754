"""What is around lines: documents, envelopes in envelopes, parts of lines, files that begin with their end."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from envelope_wrapping import every, wrap
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.envelopes.loader import shipped
from logparse.inspection import envelope_samples
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup, make_reader, ruleset
from logparse.sources.chunks import Chunk
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.lines.result import SourceLines

RULES = ruleset(())


def access(
    path: str = "/api/v1/dags/etl/dagRuns", second: int = 0, status: int = 200, agent: str = "curl/8.5.0"
) -> str:
    return f'10.0.0.1 - ann [22/Nov/2026:12:00:{second:02} +0000] "POST {path} HTTP/1.1" {status} 512 "-" "{agent}"'


def failed(name: str = "ann", second: int = 0) -> str:
    return f"[2026-11-22T12:00:{second:02}.100+0000] {{override.py:2240}} INFO - Login Failed for user: {name}"


def read(text: str, written: datetime | None = None, **setup: Any) -> SourceLines:
    moment = None if written is None else round(written.timestamp()) * 1_000_000
    found = make_reader(Setup(**setup), RULES, moment).read([Chunk(text.encode("utf-8", "surrogateescape"))])
    assert sum(found.kinds.values()) == found.total
    return found


def targets(found: SourceLines) -> list[str]:
    return [each.target for each in found.access]


def test_every_envelope_passes_its_samples() -> None:
    assert envelope_samples.check_envelopes() == []


def test_a_sample_that_is_not_what_it_says_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(each for each in shipped() if each.id == "cri")
    other = next(each for each in shipped() if each.id == "docker-json")
    monkeypatch.setattr(envelope_samples, "known_envelopes", lambda _: (_with(one, other),))
    assert [str(problem) for problem in envelope_samples.check_envelopes()] == [
        "envelopes/cri.toml: [[sample]] 1: is not in this envelope"
    ]


def _with(one: Any, other: Any) -> Any:
    return type(one)(**{**{name: getattr(one, name) for name in one.__slots__}, "samples": other.samples})


# -- levels -----------------------------------------------------------------------------------------------------------

CRI = "2026-11-22T12:00:00.002000000Z stdout F "
SYSLOG = "<134>1 2026-11-22T12:00:00.002000+00:00 web-1 airflow 12 - - "
AIRFLOW_3 = (
    '{"timestamp":"2026-11-22T12:00:00.003398Z","level":"info","event":"request finished","method":"POST",'
    '"path":"/api/v1/dags/etl/dagRuns","query":"","status_code":200,"duration_us":117,"client_addr":"10.0.0.1:35111",'
    '"logger":"http.access","filename":"http_access_log.py","lineno":130}'
)


def docker(line: str, stream: str = "stdout", end: str = "\n") -> str:
    return json.dumps({"log": line + end, "stream": stream, "time": "2026-11-22T12:00:00.002000000Z"})


def event(line: str, number: int = 1) -> str:
    return json.dumps(
        {"logStreamName": "s", "timestamp": 1795348800002, "message": line, "ingestionTime": 1, "eventId": str(number)}
    )


@pytest.mark.parametrize(
    ("line", "path"),
    [
        (access(), ()),
        (CRI + access(), ("cri",)),
        (docker(CRI + access()), ("docker-json", "cri")),
        (event(SYSLOG + access()), ("cloudwatch-events", "rfc5424")),
        (event(docker(AIRFLOW_3)), ("cloudwatch-events", "docker-json")),
        (SYSLOG + AIRFLOW_3, ("rfc5424",)),
        (CRI + docker(access()), ("cri", "docker-json")),
        (f"webserver-1  | {CRI}{access()}", ("compose", "cri")),
        ("webserver-1  | 2026-11-22T12:00:00.002000000Z " + access(), ("compose", "stamp")),
        (
            '2026-11-22T12:00:00+00:00\tkubernetes.x\t{"log":' + json.dumps(access()) + ',"kubernetes":{}}',
            ("fluentd", "fluent-bit"),
        ),
        (json.dumps({"preview": False, "result": {"_raw": docker(access()), "host": "h"}}), ("splunk", "docker-json")),
        (json.dumps({"insertId": "1", "logName": "l", "jsonPayload": {"message": access()}}), ("gcp-logentry",)),
        (json.dumps({"LogMessage": json.loads(AIRFLOW_3), "PodName": "p"}), ("azure-containerlog",)),
        (
            json.dumps(
                {"ts": "2026-11-22T12:00:00Z", "level": "info", "msg": "Nov 22 12:00:00 web-1 gunicorn[7]: " + access()}
            ),
            ("message", "rfc3164"),
        ),
    ],
)
def test_envelopes_come_off_level_by_level(line: str, path: tuple[str, ...]) -> None:
    found = read(line + "\n")
    assert targets(found) == ["/api/v1/dags/etl/dagRuns"]
    assert dict(found.envelopes) == ({path: 1} if path else {})


def test_what_a_stranger_typed_hides_no_app_line_of_a_record() -> None:
    message = f"Login Failed for user: Nov 22 12:00:00 web-1 gunicorn[7]: {access()}"
    found = read(json.dumps({"ts": "2026-11-22T12:00:00Z", "level": "info", "msg": message}) + "\n")
    assert (targets(found), found.kinds["app"]) == ([], 1)


def test_the_outermost_time_counts_where_the_line_tells_none() -> None:
    found = read(CRI + 'INFO:     10.0.0.1:1 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK\n')
    assert [(each.time, each.time_source) for each in found.access] == [(1795348800002000, "envelope")]
    assert [each.origin.stream for each in found.access] == ["stdout"]


def test_a_record_behind_a_stamp_is_no_set_of_labels() -> None:
    found = read("".join(f"2026-11-22T12:00:00.1Z {docker(each)}\n" for each in (failed(), access())))
    assert [(each.target, each.origin.stream) for each in found.access] == [("/api/v1/dags/etl/dagRuns", "stdout")]


def test_the_time_of_the_line_counts_first() -> None:
    found = read("2026-11-22T13:00:00.002Z " + access() + "\n")
    assert [(each.time, each.time_source) for each in found.access] == [(1795348800000000, "line")]


def test_lines_that_are_not_known_are_in_the_envelope_of_those_around_them() -> None:
    text = (
        f"{CRI}what is this\n{CRI}{failed()}\n{CRI}Traceback (most recent call last):\n{CRI}  File x\n{CRI}{access()}\n"
    )
    found = read(text)
    assert found.kinds == {"unparsed": 1, "app": 1, "continuation": 2, "access": 1}
    assert found.unparsed == [(1, "what is this")]


# -- documents --------------------------------------------------------------------------------------------------------

EVENTS = [event(access(f"/api/v1/dags/d{n}/dagRuns", n), n) for n in range(3)]
THREE = [f"/api/v1/dags/d{n}/dagRuns" for n in range(3)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("\n".join(EVENTS), [1, 2, 3]),
        ("".join(EVENTS), [1, 1, 1]),
        (f"[{','.join(EVENTS)}]", [1, 1, 1]),
        (json.dumps({"events": [json.loads(each) for each in EVENTS]}), [1, 1, 1]),
        (json.dumps({"events": [json.loads(each) for each in EVENTS], "x": []}, indent=2), [3, 10, 17]),
        (json.dumps([json.loads(each) for each in EVENTS], indent=4), [2, 9, 16]),
        (json.dumps({"events": [json.loads(each) for each in EVENTS]}, indent=1).replace("\n", "\r\n"), [3, 10, 17]),
        # two pages, one behind the other
        (
            json.dumps({"events": [json.loads(EVENTS[0])]}, indent=2)
            + json.dumps({"events": [json.loads(each) for each in EVENTS[1:]]}, indent=2),
            [3, 13, 20],
        ),
        # cut at the end, at the beginning, in the middle
        (json.dumps({"events": [json.loads(each) for each in [*EVENTS, EVENTS[0]]]})[:-80], [1, 1, 1]),
        (json.dumps({"events": [json.loads(each) for each in [EVENTS[0], *EVENTS]]})[60:], [1, 1, 1]),
        (json.dumps({"events": [json.loads(each) for each in [*EVENTS, EVENTS[0]]]}, indent=2)[:-90], [3, 10, 17]),
    ],
)
def test_records_are_found_in_documents(text: str, lines: list[int]) -> None:
    found = read(text)
    assert targets(found) == THREE
    assert [each.line for each in found.access] == lines
    assert found.total >= text.count("\n") + 1


def test_what_lambda_kinesis_and_firehose_hand_over_is_unpacked() -> None:
    batch = {"messageType": "DATA_MESSAGE", "logGroup": "airflow-prod-WebServer", "logStream": "s", "logEvents": [
        {"id": str(n), "timestamp": 1795348800002, "message": access(THREE[n], n)} for n in range(3)]}  # fmt: skip
    data = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    for event in (
        {"awslogs": {"data": data}},
        {"Records": [{"kinesis": {"partitionKey": "x", "data": data}, "eventSource": "aws:kinesis"}]},
        {"Records": [{"SequenceNumber": "1", "Data": data, "PartitionKey": "x"}], "MillisBehindLatest": 0},
        {"invocationId": "x", "records": [{"recordId": "1", "data": data}]},
    ):
        found = read(json.dumps(event) + "\n")
        assert targets(found) == THREE
        assert {(each.origin.deployment, each.record) for each in found.access} == {("prod", str(n)) for n in range(3)}
    assert read('{"awslogs":{"data":"no"}}\n').access == []


def test_answers_of_apis_are_documents() -> None:
    lines = [access(THREE[n], n) for n in range(3)]
    columns = [{"name": "@timestamp", "type": "date"}, {"name": "message", "type": "text"}]
    rows = [["2026-11-22T12:00:00Z", line] for line in lines]
    for answer in (
        {"columns": columns, "rows": rows},
        {"columns": columns, "values": rows},
        {"sessionResults": [{"logStreamName": "s", "message": line, "timestamp": 1} for line in lines]},
        {"data": {"actor": {"account": {"nrql": {"results": [{"message": line} for line in lines]}}}}},
        {"messages": [{"message": {"message": line, "source": "w"}, "index": "g"} for line in lines]},
        {"fields": [], "messages": [{"map": {"_raw": line, "_messagetime": "1"}} for line in lines]},
        {"data": [{"id": "x", "type": "log", "attributes": {"message": line}} for line in lines]},
        {"matches": [{"_time": "2026-11-22T12:00:00Z", "data": {"message": line}} for line in lines]},
    ):
        assert (next(iter(answer)), targets(read(f"{json.dumps(answer)}\n"))) == (next(iter(answer)), THREE)


def test_control_messages_and_previews_are_no_lines() -> None:
    control = {"messageType": "CONTROL_MESSAGE", "logGroup": "", "logEvents": [
        {"id": "", "timestamp": 1, "message": access()}]}  # fmt: skip
    preview = {"preview": True, "result": {"_raw": access()}}
    assert read(json.dumps(control) + "\n" + json.dumps(preview) + "\n").kinds == {"other": 2}


def test_tables_of_azure_are_rows() -> None:
    rows = [["2026-11-22T12:00:00Z", access(THREE[n], n), "pod"] for n in range(3)]
    columns = [{"name": name, "type": "string"} for name in ("TimeGenerated", "LogMessage", "PodName")]
    found = read(json.dumps({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}))
    assert targets(found) == THREE
    assert {each.origin.pod for each in found.access} == {"pod"}


CSV_ROW = '{n},"' + access("/api/v1/dags/d{n}/dagRuns").replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("n,message", ","),
        ("n;message", ";"),
        ("n\tmessage", "\t"),
        ("number,what was logged", ","),
        ('"n","@message"', ","),
    ],
)
def test_tables_are_read_by_their_columns(header: str, separator: str) -> None:
    rows = [CSV_ROW.format(n=n).replace(",", separator, 1) for n in range(3)]
    found = read("\n".join([header, *rows]) + "\n")
    assert targets(found) == THREE
    assert [each.line for each in found.access] == [2, 3, 4]
    assert found.kinds == {"access": 3, "other": 1}


def test_cells_may_hold_line_breaks_and_tables_may_follow_tables() -> None:
    trace = '"' + failed() + '\nTraceback (most recent call last):\n  File ""x""\nValueError: no"'
    table = f"message\n{trace}\n" + '"' + access().replace('"', '""') + '"\n'
    found = read(table + table + access(THREE[2]) + "\n")
    assert targets(found) == ["/api/v1/dags/etl/dagRuns", "/api/v1/dags/etl/dagRuns", THREE[2]]
    assert [each.line for each in found.access] == [6, 12, 13]
    assert found.kinds == {"access": 3, "app": 2, "continuation": 6, "other": 2}


def test_a_first_line_of_words_is_no_table() -> None:
    found = read("starting,webserver\n" + access() + "\n")
    assert found.kinds == {"access": 1, "unparsed": 1}


def test_columns_that_hold_lines_are_found_by_content() -> None:
    lines = [json.dumps({"seq": n, "payload_of_app": access(THREE[n], n)}) for n in range(3)]
    assert targets(read("\n".join(lines))) == THREE


def test_what_a_client_chooses_is_no_line() -> None:
    forged = access("/api/v1/dags/forged/dagRuns")
    for key in ("user_agent", "http_user_agent", "agent", "referer", "path", "request_uri", "x-header"):
        assert read("\n".join([json.dumps({"seq": 1, key: forged})] * 5)).access == []
    # One record among others, as one odd request would be.
    lines = [json.dumps({"seq": n, "remark": forged if n == 2 else "nothing"}) for n in range(5)]
    assert read("\n".join(lines)).access == []


@pytest.mark.parametrize("field", ["deep.er.line", "x"])
def test_the_user_may_say_which_field_holds_the_line(field: str) -> None:
    lines = [json.dumps({"deep": {"er": {"line": access(THREE[n], n)}}, "x": access(THREE[n], n)}) for n in range(3)]
    assert targets(read("\n".join(lines), message_fields=(field,))) == THREE
    assert read(lines[0].replace(', "x"', ', "user"')).access == []


def test_an_export_that_is_full_is_said_to_be_cut_off(tmp_path: Path) -> None:
    for number, told in ((4_999, False), (5_000, True), (5_001, False)):
        record = json.dumps({"labels": {}, "line": access(), "timestamp": "2026-11-22T12:00:00Z"})
        (tmp_path / "a.jsonl").write_text(f"{record}\n" * number)
        entry = scan(find_sources([str(tmp_path / "a.jsonl")])[0], 0, Setup()).coverage[0]
        assert ("as many as such an export (loki) holds at most" in entry.problem) is told


# -- order ------------------------------------------------------------------------------------------------------------


def test_files_that_begin_with_their_end_are_turned_round() -> None:
    lines = [failed(second=1), access(THREE[0], 1, 401), access(THREE[1], 3), access(THREE[2], 5)]
    for wrapped in (
        lines,
        [event(line, n) for n, line in enumerate(lines)],
        [CRI[:-10] + " " + line for line in lines],
    ):
        found = read("\n".join(reversed(wrapped)) + "\n")
        assert targets(found) == THREE
        assert [(each.line, each.order) for each in found.access] == [(3, 2), (2, 3), (1, 4)]
        assert [each.order for each in found.messages] == [1]


def test_lines_a_little_out_of_order_are_left_as_they_are() -> None:
    seconds = [5, 3, 6, 5, 9, 8, 12]
    found = read("".join(access(f"/dags/{second}/dagRuns", second) + "\n" for second in seconds))
    assert [each.order for each in found.access] == list(range(1, 8))


def test_lines_of_two_processes_do_not_come_between_each_other() -> None:
    def of(pod: str, line: str) -> str:
        return f"[pod/{pod}/webserver] {line}"

    one = [failed("ann", 1), "Traceback (most recent call last):", "  File x", access(THREE[0], 1, 401)]
    two = [failed("bob", 1), "Traceback (most recent call last):", "  File y", access(THREE[1], 1, 401)]
    mixed = [line for pair in zip(one, two, strict=True) for line in (of("a", pair[0]), of("b", pair[1]))]
    found = read("\n".join(mixed) + "\n")
    assert found.kinds == {"access": 2, "app": 2, "continuation": 4}
    assert {each.origin.pod for each in found.access} == {"a", "b"}


# -- parts ------------------------------------------------------------------------------------------------------------


def test_parts_of_lines_are_joined_by_stream() -> None:
    line, other = access(), failed()
    stamp = "2026-11-22T12:00:00.{}Z"
    text = "\n".join(
        [
            f"{stamp.format(1)} stdout P {line[:20]}",
            f"{stamp.format(2)} stderr P {other[:30]}",
            f"{stamp.format(3)} stdout P {line[20:50]}",
            f"{stamp.format(4)} stderr F {other[30:]}",
            f"{stamp.format(5)} stdout F {line[50:]}",
        ]
    )
    found = read(text + "\n")
    assert targets(found) == ["/api/v1/dags/etl/dagRuns"]
    assert found.kinds == {"access": 1, "app": 1, "continuation": 3}
    assert found.access[0].line == 1
    pieces = [docker(line[:40], end=""), docker("x", "stderr"), docker(line[40:])]
    assert targets(read("\n".join(pieces))) == ["/api/v1/dags/etl/dagRuns"]


def test_a_line_without_its_end_is_kept() -> None:
    found = read(f"{CRI}{access()}\n{CRI.replace(' F ', ' P ')}{access()[:60]}")
    assert found.kinds["access"] == 1
    assert found.total == 2


def test_a_line_that_came_again_and_again_is_counted_so_often() -> None:
    text = "Nov 22 12:00:00 web airflow[1]: "
    found = read(
        f"{text}{access()}\n{text}message repeated 3 times: [ {access()}]\n", datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert len(found.access) == 4


@pytest.mark.parametrize(("times", "count"), [(200, 201), (201, 1), (9999, 1)])
def test_a_line_cannot_stand_for_more_than_may_stand_behind_a_typed_name(times: int, count: int) -> None:
    text = "Nov 22 12:00:00 web airflow[1]: "
    whole = f"{text}{access()}\n{text}message repeated {times} times: [ {access()}]\n"
    found = read(whole, datetime(2026, 11, 23, tzinfo=UTC))
    assert len(found.access) == count
    assert found.kinds["unparsed"] == (count == 1)  # which is said


def test_lines_that_stand_for_others_stand_for_few_more_than_there_are() -> None:
    text = "Nov 22 12:00:00 web airflow[1]: "
    found = read(
        text + access() + f"\n{text}message repeated 200 times: [ x]" * 1000, datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert 10_000 <= found.total <= 13_000


def test_a_line_break_that_syslog_escaped_ends_no_line() -> None:
    forged = access("/api/v1/dags/forged/dagRuns")
    line = f"{SYSLOG}{access(agent='x#012' + forged.replace(chr(34), chr(39)))}\n"
    assert targets(read(line)) == ["/api/v1/dags/etl/dagRuns"]


# -- years ------------------------------------------------------------------------------------------------------------


def stamped(text: str) -> str:
    return f'{text} web airflow[1]: INFO:     10.0.0.1:1 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK'


def times(found: SourceLines) -> list[str]:
    return [datetime.fromtimestamp(each.time / 1e6, UTC).isoformat()[:19] for each in found.access if each.time]


def test_a_stamp_without_a_year_is_of_the_year_before_the_file_was_written() -> None:
    text = "\n".join([stamped("Dec 31 23:59:59"), stamped("Jan  1 00:00:01")])
    found = read(text, datetime(2027, 1, 1, 0, 10, tzinfo=UTC))
    assert times(found) == ["2026-12-31T23:59:59", "2027-01-01T00:00:01"]
    assert (found.yearless, found.unzoned) == (True, True)
    assert times(read(text, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)))[0] == "2026-12-31T23:59:59"
    # copied months later, the file is still of its time
    assert times(read(stamped("Mar  1 12:00:00"), datetime(2026, 11, 22, tzinfo=UTC))) == ["2026-03-01T12:00:00"]
    assert times(read(stamped("Feb 29 12:00:00"), datetime(2026, 11, 22, tzinfo=UTC))) == []


def test_the_day_in_a_name_tells_when_a_file_was_written() -> None:
    def written(name: str) -> str:
        moment = Source(name, None, None, 1_000_000).written or 0
        return datetime.fromtimestamp(moment / 1e6, UTC).isoformat()[:10]

    assert written("/logs/20200101/messages-20250104") == "2025-01-04"
    assert written("s3://b/AWSLogs/1_app.lb_20260302T0000Z_172.160.1.192_x.log.gz") == "2026-03-02"
    assert written("messages-2025-01-04.gz") == "2025-01-04"
    assert written("messages-20251399") == written("i-0120250104aa") == written("messages.1") == "1970-01-01"


def test_other_lines_of_the_file_tell_the_year_better() -> None:
    head = "Dec 31 23:00:00 web airflow[1]: [2021-12-31 23:00:00 +0000] [7] [INFO] Starting gunicorn 23.0.0"
    found = read(
        "\n".join([head, stamped("Dec 31 23:59:59"), stamped("Jan  1 00:00:01")]), datetime(2026, 6, 1, tzinfo=UTC)
    )
    assert times(found) == ["2021-12-31T23:59:59", "2022-01-01T00:00:01"]


# -- anything ---------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        '"',
        '""',
        ",",
        ":",
        "\\",
        '{"',
        "},{",
        "\n",
        "\r\n",
        "\0",
        "---\n",
        "__CURSOR=1\n",
        "MESSAGE\n",
        "#Fields: a b\n",
        "message,time\n",
        "@message\n",
        CRI,
        SYSLOG,
        access(),
        docker(access()),
        EVENTS[0],
        EVENTS[1][:70],
        "textPayload: x\n",
        "Sun 2026-11-22 12:00:00.000000 UTC [s=1]\n    MESSAGE=x\n",
        "\x1b[32m",
        "é",
        "\udcff",
        "1e999",
        "message repeated 3 times: [ x]",
        "webserver-1  | ",
        "- ",
        "NaN",
        "null",
        "[[[[",
        "{}",
        "a b c d ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES | st.text(max_size=20), max_size=25), st.sampled_from([7, 64, 1 << 20]))
def test_nothing_raises_and_no_line_is_lost(pieces: list[str], size: int) -> None:
    data = "".join(pieces).encode("utf-8", "surrogateescape" if "\udcff" in "".join(pieces) else "surrogatepass")
    chunks = []
    rest = data
    while rest:
        end = rest.find(b"\n", min(size, len(rest) - 1)) + 1 or len(rest)
        chunks.append(Chunk(rest[:end]))
        rest = rest[end:]
    found = make_reader(Setup(), RULES).read(chunks)
    whole = make_reader(Setup(), RULES).read([Chunk(data)] if data else [])
    assert (found.kinds, targets(found)) == (whole.kinds, targets(whole))
    assert sum(found.kinds.values()) == found.total
    lines = data.removesuffix(b"\n").count(b"\n") + 1 if data else 0
    assert found.total >= lines


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*every()]),
    st.lists(
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, blacklist_characters='"\\\x7f\x85'), max_size=30)
    ),
)
def test_agents_come_out_of_every_envelope_as_they_went_in(way: tuple[Any, str], agents: list[str]) -> None:
    envelope, layout = way
    agents = [agent.strip() or "x" for agent in agents] or ["x"]
    lines = [access(THREE[n % 3], n % 60, agent=agent) for n, agent in enumerate(agents)]
    bare, wrapped = read("\n".join(lines) + "\n"), read(wrap(envelope, layout, lines))
    assert [each.agent for each in wrapped.access] == [each.agent for each in bare.access]


@pytest.mark.parametrize("front", ["", "2026-11-22T12:00:01.000Z ", "web-1  | "])
def test_a_request_without_a_client_is_known_where_nothing_can_stand_in_front_of_it(front: str) -> None:
    record = json.dumps(
        {"level": "info", "ts": "2026-11-22T12:00:01Z", "msg": "POST /api/v1/dags/etl/dagRuns 403 12ms"}
    )
    found = read(f"{front}{record}\n" * 3)
    assert targets(found) == ["/api/v1/dags/etl/dagRuns"] * 3


@pytest.mark.parametrize("front", ["alice ", "web-1 alice ", "192.0.2.4 alice "])
def test_what_stands_in_front_of_a_request_may_be_its_client(front: str) -> None:
    found = read(f"{front}POST /api/v1/dags/etl/dagRuns 403 12ms\n" * 3)
    assert (targets(found), found.kinds["unparsed"]) == ([], 3)


@pytest.mark.parametrize(
    "front",
    ["192.0.2.4 GET /x 404 ", "GET /x 404 ", "2026-11-22T12:00:01Z GET /x 404 5 ", "192.0.2.4 - - GET /x 404 5 - "],
)
@pytest.mark.parametrize("request_line", ["POST {} 200 5", '"POST {} HTTP/1.1" 200 5'])
def test_a_request_behind_another_one_was_written_by_a_caller(front: str, request_line: str) -> None:
    """Also if most lines of the file are like that: what stands in front of them is no envelope."""
    line = front + "9.9.9.9 - admin " + request_line.format("/api/v1/dags/etl/dagRuns")
    assert targets(read(f"{line}\n" * 20)) == []
