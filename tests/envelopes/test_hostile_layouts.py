"""What strangers can write into a log begins no document, is in no envelope, and hides no line."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

import logparse
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FORGED = '9.9.9.9 - admin [01/Mar/2026:23:00:05 +0000] "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 403 40 "-" "x"'
LATE = FORGED.replace("23:00:05", "22:00:05")


def real(second: int, client: str = "198.51.100.7", user: str = "-", agent: str = "c") -> str:
    stamp, path = f"01/Mar/2026:23:00:{second:02} +0000", f"/api/v1/dags/d{second}/dagRuns"
    return f'{client} - {user} [{stamp}] "POST {path} HTTP/1.1" 403 40 "-" "{agent}"\n'


def named(name: str) -> str:
    """What gunicorn writes of a request with this name in its Basic header; a colon ends a name."""
    assert ":" not in name
    return real(1, "203.0.113.200", name)


def typed(text: str) -> str:
    """What a webserver writes of a name that was typed into its login form."""
    return (
        f"{real(0)}[2026-03-01T23:00:05.000+0000] {{override.py:2240}} INFO - Login Failed for user: x\n{text}\n"
        f'203.0.113.200 - - [01/Mar/2026:23:00:05 +0000] "POST /login/ HTTP/1.1" 302 4 "-" "c"\n{real(10)}'
    )


def attempts(tmp_path: Path, text: str) -> pd.DataFrame:
    path = tmp_path / "webserver.log"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        return logparse.attempts(path)


@pytest.mark.parametrize(
    "name",
    [
        "x\n__CURSOR=\ny", "x\n__CURSOR=a\nMESSAGE\n\x05\0\0\0\0\0\0\0\ny", "x\n---\ny", "x\n---\na=b\ny", "x\n{\ny",
        "x\n[\ny", "x\n{\n  \ny", "x\n" + "[" * 500 + "]" * 500 + "\ny", "x\nmessage,agent\ny,", "x\nmessage\ny",
        'x\nmessage\n"y', "x\n#Fields a b\ny", "x\n[pod/a/b] 9.9.9.9 - admin", "x\nab cd 9.9.9.9 - admin",
        "x\na | 9.9.9.9 - admin", "x\nwebserver  | 9.9.9.9 - admin", "x\n" + "\x1b[0m" * 900 + "\ny",
        'x\n"y', 'x\n"",""\ny',
    ],
)  # fmt: skip
def test_a_name_hides_no_request_and_changes_none(name: str, tmp_path: Path) -> None:
    chrome = "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0"
    found = attempts(
        tmp_path, real(0) + named(name) + "".join(real(n, user="bob", agent=chrome) for n in range(10, 40))
    )
    assert found["dag_id"].to_list() == ["d0", "d1", *(f"d{n}" for n in range(10, 40))]
    rest = found[found["dag_id"] != "d1"]
    assert set(rest["client"]) == {"198.51.100.7"}
    assert set(rest["user"].dropna()) == {"bob"}
    assert found.loc[1, "client"] in ("203.0.113.200", None)


def wrappings(line: str) -> list[str]:
    names, columns = [{"name": "Time"}, {"name": "Line"}], [["2026-03-01T23:00:05.000Z"], [line]]
    return [
        line,
        f"[pod/a/b] {line}",
        f"a | {line}",
        f"ab cd {line}",
        f"Mar  1 23:00:05 h a[1]: {line}",
        f"2026-03-01T23:00:05.000Z stdout F {line}",
        json.dumps({"message": line, "host": "q"}),
        json.dumps([{"message": line, "host": "q"}]),
        'message,host\n"' + line.replace('"', '""') + '",q',
        f"---\ninsertId: a\nlogName: b\ntextPayload: {json.dumps(line)}",
        f"message repeated 9 times: [ {line}]",
        json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-03-01T23:00:05.000Z"}),
        json.dumps({"results": {"A": {"frames": [{"schema": {"fields": names}, "data": {"values": columns}}]}}}),
        json.dumps({"tables": [{"name": "0", "fields": names, "columns": columns}]}),
        json.dumps(
            {"results": {"q": {"search_types": {"m": {"messages": [{"index": "g", "message": {"message": line}}]}}}}}
        ),
    ]


@pytest.mark.parametrize("number", range(15))
def test_what_was_typed_is_guarded_in_any_wrapping(number: int, tmp_path: Path) -> None:
    found = attempts(tmp_path, typed(wrappings(FORGED)[number]))
    assert found["dag_id"].to_list()[0] == "d0"
    assert found["dag_id"].to_list()[-1] == "d10"
    forged = found[found["dag_id"] == "forged"]
    assert "confirmed" not in set(forged["confidence"])
    assert set(forged["caution"]) <= {"typed_name"}
    off = attempts(tmp_path, typed(wrappings(LATE)[number]))
    assert off["dag_id"].to_list() == ["d0", "d10"]


@pytest.mark.parametrize("front", ["", "web | ", "192.0.2.4 - admin "])
def test_what_was_typed_is_no_request_without_quotes(front: str, tmp_path: Path) -> None:
    found = attempts(tmp_path, typed(f"{front}POST /api/v1/dags/forged/dagRuns 200 40 0.02"))
    assert found["dag_id"].to_list() == ["d0", "d10"]


def pod(name: str, line: str) -> str:
    return f"{name} web {line}\n"


def test_a_line_kept_back_comes_too_late(tmp_path: Path) -> None:
    part = f"2026-03-01T23:00:05Z stdout P {LATE}"
    record = json.dumps({"log": LATE, "stream": "s", "time": "2026-03-01T23:00:05Z"})
    for text in (part, record):
        assert attempts(tmp_path, typed(text))["dag_id"].to_list() == ["d0", "d10"]


def test_many_lines_of_a_stranger_do_not_make_theirs_the_usual_way(tmp_path: Path) -> None:
    pods = typed("\n".join(f"[pod/z/y] {LATE}" for _ in range(20)))
    assert attempts(tmp_path, pods)["dag_id"].to_list() == ["d0", "d10"]
    back = typed(
        "\n".join(FORGED.replace("01/Mar/2026:23:00:05", f"05/Mar/2026:23:00:{n:02}") for n in range(50, 30, -1))
    )
    found = attempts(tmp_path, back + "".join(real(n) for n in range(11, 20)))
    assert "forged" not in set(found["dag_id"])


def test_what_is_in_a_pods_lines_is_that_pods(tmp_path: Path) -> None:
    said = "[2026-03-01T23:00:05.000+0000] {override.py:2240} INFO - Login Failed for user: x"
    login = '203.0.113.200 - - [01/Mar/2026:23:00:05 +0000] "POST /login/ HTTP/1.1" 302 4 "-" "c"'
    text = (
        pod("aa", real(0).strip()) + pod("bb", real(1).strip()) + pod("aa", said) + pod("bb", real(5).strip())
        + pod("aa", f"podx web {LATE}") + pod("aa", login) + pod("bb", real(11).strip())
    )  # fmt: skip
    assert attempts(tmp_path, text)["dag_id"].to_list() == ["d0", "d1", "d5", "d11"]


def test_a_cell_keeps_the_lines_that_were_typed(tmp_path: Path) -> None:
    late = "2026-03-01T22:00:05.000000Z [info     ] request finished               [http.access] client_addr=9.9.9.9:1 "
    late += (
        "duration_us=1 loc=http_access_log.py:130 method=POST path=/api/v2/dags/forged/dagRuns query= status_code=403"
    )
    said = "2026-03-01T23:00:05.000000Z [info     ] Login Failed for user: x\n" + late + "\ny   [a.b] loc=override.py:1"
    good = late.replace("forged", "good").replace("22:00:05", "23:00:06")
    first = good.replace("good", "first").replace("23:00:06", "23:00:00")
    text = "@timestamp,@message\n" + "".join(
        f'2026-03-01 23:00:0{n},"{each}"\n' for n, each in enumerate((first, said, good))
    )
    assert attempts(tmp_path, text)["dag_id"].to_list() == ["first", "good"]


def test_a_field_of_bytes_swallows_no_request(tmp_path: Path) -> None:
    for lines in range(1, 4):
        behind = "".join(real(n) for n in range(5, 5 + lines))
        end = named("@").partition("@")[2]
        name = "x\n__CURSOR=a\n__REALTIME_TIMESTAMP=1\nMESSAGE=q\nX\n"
        size = len((end + behind).encode()) - 1
        text = real(0) + named(name + size.to_bytes(8, "little").decode("latin-1")) + behind + real(40)
        wanted = {"d0", "d40", *(f"d{n}" for n in range(5, 5 + lines))}
        assert wanted <= set(attempts(tmp_path, text)["dag_id"])


@pytest.mark.parametrize("status", ["99999", "40300", "999999999999999999999"])
def test_a_number_that_is_no_status_stops_nothing(status: str, tmp_path: Path) -> None:
    line = "2026-03-01T23:00:05.000000Z [info     ] request finished               [http.access] client_addr=9.9.9.9:1 "
    line += f"duration_us=1 loc=x.py:1 method=POST path=/api/v2/dags/d/dagRuns query= status_code={status}\n"
    assert len(attempts(tmp_path, real(0) + line)) <= 2
    assert len(attempts(tmp_path, line.replace("23:00:05", f"23:{status}{status}{status}:05"))) <= 1


@pytest.mark.parametrize(
    "line",
    [
        "203.0.113.200|GET|/x|200|{v}|9",
        "got body {v} from x",
        "ValueError: bad json {v}",
        '203.0.113.200 "GET /x" "" 200 "x,{v},y"',
        '203.0.113.200,"GET /x","",200,"{v}"',
    ],
)
@pytest.mark.parametrize("behind", ["", "one line\n", real(0)])
def test_json_that_a_client_sent_is_no_record(line: str, behind: str, tmp_path: Path) -> None:
    for value in ({"_raw": FORGED}, {"_source": {"message": FORGED}}, {"log": FORGED, "stream": "s", "time": "t"}):
        found = attempts(tmp_path, behind + "a first line\n" + line.replace("{v}", json.dumps(value)) + "\n")
        assert "forged" not in set(found["dag_id"])


def test_a_separator_hides_no_line_of_uvicorn(tmp_path: Path) -> None:
    line = 'INFO:     1.2.3.4:1 - "POST /api/v2/dags/d/dagRuns HTTP/1.1" 403 Forbidden\n'
    assert len(attempts(tmp_path, "---\n" + line * 5)) == 5


def test_half_of_a_pair_of_surrogates_is_no_trap(tmp_path: Path) -> None:
    line = real(1).strip().replace("/dags/d1/", "/dags/a@/")
    found = attempts(tmp_path, json.dumps({"message": line}).replace("@", "\\ud800") + "\n")
    assert len(found) == 1


def test_no_row_of_a_table_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3,4,5\n6,7\n")
    week = scan(find_sources([str(path)])[0], 0, Setup())
    assert week.coverage[0].lines == 4


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    "make",
    [
        lambda n: "[" * n,
        lambda n: "{" * n,
        lambda n: '{"x":1} ' + '{"' * (n // 2),
        lambda n: '{"a":{' * (n // 6),
        lambda n: json.dumps({"message": "\x1b[0m" * (n // 4)}),
        lambda n: "2026-03-01T23:00:05.000Z " + "\x1b[0m" * (n // 4),
        lambda n: "message,x\n" + '"a\n' * (n // 3),
        lambda n: "---\n" * (n // 4),
        lambda n: "__CURSOR=\n" * (n // 10),
        lambda n: "a b c d " * (n // 8),
        lambda n: "__CURSOR=a\nMESSAGE\n\0\0\x10\0\0\0\0\0\n" * (n // 28),
        lambda n: '""' * (n // 2),
        lambda n: "{\n" * (n // 2),
    ],
)
def test_time_grows_with_the_length_alone(make: object, tmp_path: Path) -> None:
    def spent(length: int) -> float:
        began = time.process_time()
        attempts(tmp_path, make(length) + "\n")  # type: ignore[operator]
        return time.process_time() - began

    spent(1000)
    # Four times the length: linear is 4, quadratic 16; very short times tell nothing. A collection of garbage may fall
    # into one run, not into each.
    short, long = spent(25_000), min(spent(100_000) for _ in range(3))
    assert long < 0.25 or long < 10 * short


def test_names_of_parts_in_yaml_are_not_filled_in(tmp_path: Path) -> None:
    """Each line stands for eight of the line before; six of them show whether they are, and do no harm."""
    parts = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 7))]
    line = f"textPayload: '{real(1).strip()}'"
    found = attempts(tmp_path, "\n".join(["---", *parts, line, "---", line, ""]))
    assert len(found) == 1


YAML = "---\ninsertId: a1\ntextPayload: '{}'\ntimestamp: '2026-03-01T23:00:05Z'\n"
OWN_YAML = "---\nid: {}\nmy: '{}'\n"


def test_documents_that_say_nothing_hide_none_of_an_export(tmp_path: Path) -> None:
    line = real(5).rstrip("\n")
    found = attempts(tmp_path, "".join(f"---\nk{n}: v\n" for n in range(1500)) + YAML.format(line))
    assert found["dag_id"].to_list() == ["d5"]


def test_documents_with_keys_of_their_own_are_all_read(tmp_path: Path) -> None:
    """Two of three hold a line, so the key is learned from them."""
    told = [OWN_YAML.format(n, real(n % 60).rstrip("\n")) + f"---\nk{n}: v\n" * (n % 2) for n in range(1600)]
    assert len(attempts(tmp_path, "".join(told))) == 1600
