"""The same requests in several files are counted once, or said to be counted twice."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import recordings
from typer.testing import CliRunner, Result

from logparse.cli import app
from logparse.pipeline import options, result_builder, run
from logparse.reports import overlaps as reports_overlaps
from logparse.reports.coverage import build_coverage
from logparse.reports.messages import list_copies, list_shortcomings
from logparse.scans.duplicates import copies as duplicates
from logparse.scans.duplicates import leading
from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup, ruleset
from logparse.sources import discovery
from logparse.sources.chunk_reader import compute_digest
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source
from logparse.verdicts import row_builder, verdict
from logparse.verdicts import rows as table
from logparse.verdicts.attempt import Attempt
from logparse.verdicts.decision import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

CASES = {case.name: case for case in recordings.cases()}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress,
    "twice": lambda data: gzip.compress(gzip.compress(data)),
}  # fmt: skip


def line(number: int, *, client: str = "10.0.0.7", late: int = 0, agent: str = "curl/8.5.0") -> str:
    minute, second = divmod(number * 7 + late, 60)
    request = f"POST /api/v1/dags/etl_{number % 3}/dagRuns HTTP/1.1"
    status = 403 if number % 5 else 200
    return f'{client} - ann [18/Nov/2026:12:{minute:02}:{second:02} +0000] "{request}" {status} 512 "-" "{agent}"\n'


def lines(numbers: Iterable[int], **kwargs: str | int) -> str:
    return "".join(line(number, **kwargs) for number in numbers)  # type: ignore[arg-type]


def attempts(folder: Path) -> Result:
    return CliRunner().invoke(app, ["attempts", str(folder)])


def rows(done: Result) -> int:
    return len(done.stdout.splitlines()) - 1


@pytest.mark.parametrize("codec", PACK)
def test_copies_are_counted_once_however_they_are_packed(codec: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(range(9)))
    (tmp_path / "b.log.x").write_bytes(PACK[codec](lines(range(9)).encode()))
    done = attempts(tmp_path)
    assert (done.exit_code, rows(done)) == (0, 9)
    assert f"{tmp_path / 'b.log.x'}: holds the same as {tmp_path / 'a.log'}; counted once" in done.stderr


def test_two_names_of_one_file_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(range(4)))
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    (tmp_path / "c.log").symlink_to(tmp_path / "a.log")
    done = attempts(tmp_path)
    assert (done.exit_code, rows(done)) == (0, 4)
    assert done.stderr.count("counted once") == 1


def test_standard_input_and_a_file_of_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(range(4)))
    done = CliRunner().invoke(app, ["attempts", "-", str(tmp_path)], input=lines(range(4)))
    assert (done.exit_code, rows(done)) == (0, 4)


def test_the_copy_beside_other_logs_is_the_one_that_counts(tmp_path: Path) -> None:
    log = '10.0.0.7 - ann [18/Nov/2026:12:00:07 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 401 188 "-" "curl"\n'
    for name in ("backup/webserver.log", "logs/webserver.log", "logs/other.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(log if "web" in name else lines([1]))
    done = attempts(tmp_path)
    assert f"{tmp_path}/backup/webserver.log: holds the same as {tmp_path}/logs/webserver.log" in done.stderr
    assert rows(done) == 2


def test_coverage_says_which_source_was_left_out(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(lines(range(4)))
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options())
    assert found.coverage["attempts"].to_list() == [4, 0]
    assert found.coverage["lines"].to_list() == [4, 4]
    assert found.coverage["problem"].to_list() == [
        "",
        f"holds the same as {tmp_path / 'a.log'}, which is counted; this is not",
    ]
    assert len(list_copies(found.entries)) == 1


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        # The log of a proxy: another client, a header that the server does not log, now and then a second late.
        (lines(range(10)), lines(range(10), client="172.18.0.2"), "10 of 10 trigger attempts"),
        (lines(range(10)), lines(range(9), client="172.18.0.2") + line(9, late=1), "9 of 10 trigger attempts"),
        (lines(range(30)), lines(range(8, 18), client="172.18.0.2"), "10 of 10 trigger attempts"),
        # A server that logs no agent.
        (lines(range(10)).replace("curl/8.5.0", "-"), lines(range(10)), "10 of 10 trigger attempts"),
    ],
)
def test_sources_that_hold_the_same_requests_are_said_to(one: str, other: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(one)
    (tmp_path / "b.log").write_text(other)
    done = attempts(tmp_path)
    assert done.exit_code == 1
    assert rows(done) == one.count("\n") + other.count("\n")
    assert said in done.stderr
    assert "counted twice; leave one out, or say which leads: --leading " in done.stderr
    assert done.stderr.rstrip().endswith((" a.log", " b.log"))


@pytest.mark.parametrize(
    ("one", "other", "number"),
    [
        # Rotated by copying: the end of one is the beginning of the next.
        (lines(range(20)), lines(range(17, 30)), 30),
        (lines(range(17, 40)), lines(range(20)), 40),
        (lines(range(20)), lines(range(19, 30)), 30),
        # Three equal lines of one second are three attempts, in one piece and in two.
        (lines(range(20)) + line(20) * 3 + lines(range(21, 25)), lines(range(15, 20)) + line(20) * 3 + lines([21]), 27),
    ],
)
def test_lines_of_two_pieces_of_one_log_are_counted_once(one: str, other: str, number: int, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(one)
    (tmp_path / "b.log").write_text(other)
    done = attempts(tmp_path)
    assert (done.exit_code, rows(done)) == (0, number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lines(range(10)), lines(range(10, 20))),
        (lines(range(10)), lines(range(10), late=1)),
        (lines(range(10)), lines(range(10), agent="Mozilla/5.0")),
        (lines(range(10)), line(3) + lines(range(20, 30))),
        (lines(range(10)), lines(range(4, 6), client="10.0.0.9")),  # two callers with the same script
        (lines(range(0, 40, 2)), lines(range(1, 40, 2)) + line(6) + line(8)),  # replicas behind one address
    ],
)
def test_sources_of_different_requests_are_not(one: str, other: str, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(one)
    (tmp_path / "b.log").write_text(other)
    done = attempts(tmp_path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert rows(done) == one.count("\n") + other.count("\n")


@pytest.mark.sampled(12)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_logs_of_one_server_do_not_overlap_and_coverage_counts_every_row(case: recordings.Case, tmp_path: Path) -> None:
    for name, content in case.content().items():
        (tmp_path / name).write_bytes(content)
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options(case.setup))
    assert not any("counted twice" in entry.problem for entry in found.entries)
    assert sum(entry.attempts for entry in found.entries) == len(found.attempts)
    assert sum(entry.timeless for entry in found.entries) == found.attempts["time"].isna().sum()


REFUSED = "[2026-11-18T12:00:06.900+0000] {override.py:2240} INFO - Login Failed for user: ann\n"


def delivered(*sources: list[tuple[str, str | None]]) -> Scan:
    """What is in sources whose lines each came in a record of that id."""
    found = Scan()
    for number, content in enumerate(sources):
        text = "".join(line for line, _ in content).encode()
        one = scan(Source(f"{number}.log", None, None), number, Setup(), stdin=io.BytesIO(text))
        for request in one.requests:
            request.access.record = content[request.access.line - 1][1]
        for said in one.evidence:
            said.message.record = content[said.message.line - 1][1]
        found += one
    return found


@pytest.mark.parametrize(
    ("found", "kept", "repeated"),
    [
        (delivered([(line(1), "e1"), (line(1), "e1"), (line(1), "e2")]), [(0, 1), (0, 3)], [1]),
        (delivered([(line(1), None), (line(1), None)]), [(0, 1), (0, 2)], [0]),
        (delivered([(line(1), ""), (line(1), "")]), [(0, 1), (0, 2)], [0]),
        (delivered([(line(1), "e1")], [(line(2), "e2"), (line(1), "e1")]), [(0, 1), (1, 1)], [0, 1]),
        # Who writes the same id twice hides nothing of another: the lines differ.
        (delivered([(line(1), "e1"), (line(2), "e1")]), [(0, 1), (0, 2)], [0]),
        (delivered([(line(5), "e1"), (line(5).replace(" 200 ", " 403 "), "e1")]), [(0, 1), (0, 2)], [0]),
        (delivered([(line(1), "e1"), (line(1).replace("POST", "GET"), "e1")]), [(0, 1)], [0]),
        (delivered([(REFUSED, "e0"), (line(1), "e1"), (REFUSED, "e0")]), [(0, 2)], [1]),
        (delivered([(REFUSED, "e0"), (line(1), "e0")]), [(0, 2)], [0]),
    ],
)
def test_a_record_that_is_delivered_again_is_counted_once(
    found: Scan, kept: list[tuple[int, int]], repeated: list[int]
) -> None:
    once = duplicates.drop_redelivered(found)
    assert [(each.source, each.access.line) for each in once.requests if each.tag.channel] == kept
    assert [once.coverage[number].repeated for number in sorted(once.coverage)] == repeated
    backwards = Scan(found.requests[::-1], found.evidence[::-1], found.coverage)
    again = duplicates.drop_redelivered(backwards)
    assert {(each.source, each.access.line) for each in again.requests if each.tag.channel} == set(kept)
    assert len(once.evidence) == len({each.message.text for each in found.evidence})


def test_lines_that_were_delivered_again_are_said_and_are_no_shortcoming() -> None:
    found = duplicates.drop_redelivered(delivered([(line(1), "e1"), (line(1), "e1")], [(line(1), "e1")]))
    named = [Source(f"{number}.log", None, None) for number in range(2)]
    done = result_builder.conclude(found, named, options.Options(), ruleset(()))
    assert [(each.attempts, each.repeated) for each in done.entries] == [(1, 1), (0, 1)]
    assert list_copies(done.entries) == [f"{n}.log: 1 line delivered more than once; counted once" for n in range(2)]
    assert list_shortcomings(done.entries) == []
    assert done.coverage["problem"].to_list() == ["1 line delivered more than once, counted once each"] * 2


def test_logs_that_all_overlap_have_one_leader(tmp_path: Path) -> None:
    app_line = "[2026-11-18T12:00:00.000+0000] {override.py:2240} INFO - Updated user ann"
    for name, content in (("a.log", lines(range(9))), ("b.log", lines(range(9), client="10.9.9.9")),
                          ("c.log", f"{app_line}\n{lines(range(9), client='10.9.9.8')}")):  # fmt: skip
        (tmp_path / name).write_text(content)
    said = attempts(tmp_path).stderr
    assert (said.count("counted twice"), said.count("--leading"), said.count("--leading c.log")) == (2, 1, 1)


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("nginx.log", "webserver.log", "webserver.log"),
        ("logs/a/access.log", "logs/b/access.log", "logs/b/access.log"),
        ("a proxy.log", "web server[1].log", "'web server[[]1].log'"),
    ],
)
def test_the_message_names_the_log_of_the_server(one: str, other: str, name: str) -> None:
    found = delivered([(line(n, client="172.18.0.2"), None) for n in range(5)], [(line(n), None) for n in range(5)])
    for names, server in (([one, other], 1), ([other, one], 0)):
        coverage = [
            replace(found.coverage[n], source=each, kinds={**found.coverage[n].kinds, "app": int(n == server)})
            for n, each in enumerate(names)
        ]
        known = leading.Twins(servers=frozenset((0, 1)))
        decided = [Decision(attempt, verdict.Judge(()).decide(attempt)) for attempt in map(Attempt, found.requests)]
        parts = [table.single(row_builder.table_of(decided, [one, other], None))]
        told = "; ".join(
            each.problem for each in reports_overlaps.complete_coverage(coverage, (5, 5), (0, 0), (0, 0), parts, known)
        )
        assert told.endswith(f"leave one out, or say which leads: --leading {name}")
        assert build_coverage(coverage, "UTC").shape[0] == 2


def test_a_copy_is_one_whatever_year_its_stamps_are_read_in(tmp_path: Path) -> None:
    line = 'Mar {:2} 10:00:00 host airflow[1]: INFO:     192.0.2.1:5 - "GET /x HTTP/1.1" 200 OK\n'
    text = "".join(line.format(day) for day in range(1, 9))
    for name, day in (("a", 1_700_000_000), ("b", 1_760_000_000)):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (day, day))
    found = run.run(find_sources([str(tmp_path)]), options.Options())
    one, other = found.entries
    assert one.first != other.first
    assert (one.copy_of, other.copy_of) == ("", one.source)


def test_a_source_that_is_gone_when_it_is_looked_at_again_is_no_copy(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x\n")
    (source,) = find_sources([str(tmp_path / "a")])
    (tmp_path / "a").unlink()
    assert compute_digest(source) == source.name
