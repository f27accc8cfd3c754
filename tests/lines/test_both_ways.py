"""Lines that are read many at once hold what they hold read one by one: every format, in every envelope of lines."""

from __future__ import annotations

import io
import json
import random
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

import pytest
import recordings
from envelope_wrapping import wrapper

from logparse.envelopes import loader as envelopes
from logparse.formats import loader as formats
from logparse.lines.bulk import source_splitter
from logparse.lines.bulk.block_splitter import BlockSplitter
from logparse.lines.bulk.line_sorter import LineSorter
from logparse.lines.clock import Clock
from logparse.scans import taggers
from logparse.scans.scanner import scan, scan_several
from logparse.scans.settings import Setup
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from logparse.scans.scan import Scan

SETUP: Final = Setup()
#: So many lines show the main format of a file here, and a file has so many.
HEAD: Final = 100
LINES: Final = 500
ACCESS: Final = {form.id: form for form in formats.shipped() if form.kind == "access"}
OF_LINES: Final = [each.id for each in envelopes.shipped() if {"text", "lines"} & set(each.layouts)]
GUNICORN: Final = (
    '203.0.113.{0} - - [22/Nov/2026:12:{1:02}:{2:02} +0000] "GET /health HTTP/1.1" 200 34 "-" "kube-probe/1.27"',
    '203.0.113.{0} - amy [22/Nov/2026:12:{1:02}:{2:02} +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" 403 {0} "-" "x"',
    '203.0.113.{0} - - [22/Nov/2026:12:{1:02}:{2:02} +0000] "GET /dags/a/grid?x=%2F HTTP/1.1" 302 9 "http://a/" "M, b"',
    '203.0.113.{0} - - [22/Nov/2026:12:{1:02}:{2:02} +0000] "GET /static/\\"x\\" HTTP/1.1" 404 9 "-" "a\\"b"',
)
REAL: Final = [
    line.decode("utf-8", "surrogateescape")
    for case in recordings.cases()
    for content in case.content().values()
    for line in content.split(b"\n")
    if len(line) < 2000
]


def native(count: int) -> list[str]:
    """Lines of gunicorn, the oldest first."""
    return [GUNICORN[n % 97 % 4 if n % 5 == 0 else 0].format(n % 250, n // 60 % 60, n % 60) for n in range(count)]


def mixed(lines: list[str], seed: int) -> list[str]:
    """Lines of one kind with lines of real servers between them, some of them cut near their beginning."""
    chance = random.Random(seed)
    out: list[str] = []
    for line in (line for line in lines for _ in range(1 + LINES // len(lines))):
        out.append(line if len(out) < HEAD + 20 or chance.random() > 0.02 else line[: chance.randrange(40)])
        if len(out) > HEAD + 20 and chance.random() < 0.02:
            at = chance.randrange(len(REAL))
            out += REAL[at : at + chance.choice([1, 1, 2, 30])]
    return out


def wrapped(name: str) -> Callable[[str], str]:
    def wrap(line: str) -> str:
        inside = wrapper(name)(line)
        return inside if isinstance(inside, str) else json.dumps(inside, separators=(",", ":"), ensure_ascii=False)

    return wrap


def scanned(data: bytes, setup: Setup = SETUP) -> Scan:
    found = scan(Source("-", None, None), 0, setup, stdin=io.BytesIO(data)).whole()
    # The time that a log spans is told by some of its lines only, and so is the format of lines that begin alike.
    # Stamps in front of the first lines show which way a file runs, and here these are not equally many in both ways.
    found.coverage = {
        number: replace(entry, first=None, last=None, formats={}, yearless=False)
        for number, entry in found.coverage.items()
    }
    return found


def compare(lines: Sequence[str], monkeypatch: pytest.MonkeyPatch, *, ends: str = "\n", chunk: int = 10_000) -> None:
    data = "".join(f"{line}{ends}" for line in lines).encode("utf-8", "surrogateescape")
    with monkeypatch.context() as patch:
        patch.setattr(source_splitter, "HEAD", HEAD)
        at_once = scanned(data)
        in_pieces = scanned(data, replace(SETUP, chunk_bytes=chunk))
        patch.setattr(source_splitter, "HEAD", 1 << 40)
        patch.setattr(source_splitter, "fewest", lambda _: 1 << 40)
        one_by_one = scanned(data)
    assert at_once == one_by_one
    assert in_pieces == one_by_one


def split_into_blocks(lines: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many lines of a file are read in blocks."""
    with counted_blocks(monkeypatch) as counts:
        monkeypatch.setattr(source_splitter, "HEAD", HEAD)
        scanned("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    return sum(counts)


@contextmanager
def counted_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """While this lasts, the lines of all blocks are counted; what else was patched is undone, too."""
    counts: list[int] = []
    make = BlockSplitter.split

    def split(self: BlockSplitter, *args: object, **kwargs: object) -> object:
        for each in make(self, *args, **kwargs):  # type: ignore[arg-type]
            counts.append(0 if isinstance(each, tuple) else each.count)
            yield each

    with monkeypatch.context() as patch:
        patch.setattr(BlockSplitter, "split", split)
        yield counts


#: Lines of servers whose formats have no outline: one request at one second.
OTHERS: Final = (
    (
        '{{"time":"2026-11-22T12:{1:02}:{2:02}Z","remote_addr":"203.0.113.{0}","request":"POST /api/v1/dags/a/dagRuns '
        'HTTP/1.1","status":"403","body_bytes_sent":"{0}","http_user_agent":"x"}}'
    ),
    (
        '203.0.113.{0} - - [22/Nov/2026:12:{1:02}:{2:02} +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" 403 {0} "" "" '
        '49313 750 "clf-in" "airflow-web" "web1" 0 0 0 303 303 ---- 1 1 0 0 0 0 0 "" "" '
    ),
)
#: What can be otherwise in a second file than in the first.
CHANGES: Final[dict[str, Callable[[list[str]], str]]] = {
    "nothing": lambda lines: "".join(f"{line}\n" for line in lines),
    "newest first": lambda lines: "".join(f"{line}\n" for line in reversed(lines)),
    "one second": lambda lines: f"{lines[0]}\n" * len(lines),
    "another line": lambda lines: "".join(f"{line}\n" for line in [*lines[:30], "ERROR - no", *lines[30:]]),
    "one line too late": lambda lines: "".join(f"{line}\n" for line in [*lines[:30], lines[0], *lines[30:]]),
    "cut off": lambda lines: "\n".join(lines)[:-9],
    "no line break": "\n".join,
}


def test_envelopes_of_an_earlier_source_do_not_hide_those_of_a_later_one() -> None:
    """Fluent Bit's are around Datadog's records, too, but are tried later."""
    lines = [GUNICORN[0].format(n % 250, n // 60, n % 60) for n in range(90)]
    scanned("".join(json.dumps({"date": 1795601700.1, "log": line}) + "\n" for line in lines).encode())
    record = {"date": "2026-11-22T12:00:00.1Z", "host": "i-1", "service": "web"}
    found = scanned("".join(json.dumps({**record, "message": line}) + "\n" for line in lines).encode())
    assert {key.split(" > ")[-1] for key in found.coverage[0].envelopes} == {"datadog"}


#: Envelopes of which nothing is remembered.
ALONE: Final = {"message", "fluent-bit-file"}


@pytest.mark.sampled(64)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", [*OF_LINES, *range(len(OTHERS))])
def test_a_source_like_one_that_was_read_before(
    name: str | int, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(name, int):
        lines = [OTHERS[name].format(n % 250, n // 60, n % 60) for n in range(90)]
    else:
        lines = [wrapped(name)(GUNICORN[n % 3].format(n % 250, n // 60, n % 60)) for n in range(90)]

    (tmp_path / "1.log").write_text(CHANGES["nothing"](lines), "utf-8", newline="")
    (tmp_path / "2.log").write_text(CHANGES[change](lines), "utf-8", newline="")
    sources = list(enumerate(find_sources([str(tmp_path)])))

    def second(fewest: int, *, together: bool = False) -> tuple[Scan, int]:
        taggers._tagger_of.cache_clear()  # noqa: SLF001 - nothing is remembered
        monkeypatch.setattr(source_splitter, "fewest", lambda _: fewest)
        scan(sources[0][1], 0, SETUP)
        with counted_blocks(monkeypatch) as counts:
            scans = scan_several(sources, SETUP)[1:] if together else [scan(sources[1][1], 1, SETUP)]
            return scans[0].whole(), sum(counts)

    (remembered, in_blocks), (ahead, _), (one_by_one, none) = second(16), second(16, together=True), second(1 << 40)
    assert remembered == one_by_one
    assert ahead == one_by_one
    assert not none
    assert change != "nothing" or in_blocks == len(lines) or name in ALONE


@pytest.mark.parametrize("name", ["", "docker-json", "cri", "stern", "kubectl-prefix", "rfc3164", "fluent-bit"])
def test_short_sources_are_sorted_together(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap = wrapped(name) if name else str
    odd = GUNICORN[3].format(7, 8, 9)
    for number in range(12):
        lines = [GUNICORN[min(n % 9, 2)].format(n % 250, n // 60, n % 60) for n in range(20 * number, 21 + 21 * number)]
        lines += [odd] * (number == 4)
        (tmp_path / f"{number:02}.log").write_text("".join(f"{wrap(line)}\n" for line in lines), newline="")
    sources = list(enumerate(find_sources([str(tmp_path)])))
    asked = []
    sort = LineSorter.sort_ahead

    def noted(self: LineSorter, texts: Sequence[bytes]) -> object:
        found = sort(self, texts)
        asked.append([one is not None for one in found])
        return found

    taggers._tagger_of.cache_clear()  # noqa: SLF001 - nothing is remembered
    with monkeypatch.context() as patch:
        patch.setattr(LineSorter, "sort_ahead", noted)
        patch.setattr(source_splitter, "fewest", lambda _: 1 << 40)
        together = [found.whole() for found in scan_several(sources, SETUP)]
        alone = [scan(source, number, SETUP).whole() for number, source in sources]
    assert together == alone
    assert [[number != 4 for number in range(1, 12)]] == asked


@pytest.mark.sampled(12)
@pytest.mark.parametrize("form", ACCESS)
def test_every_format(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_time(line: str) -> int:
        stamp = Clock(UTC).read_line(ACCESS[form].read(line) or {})
        return stamp.utc if stamp else 0

    lines = sorted((sample.line for sample in ACCESS[form].samples), key=read_time)
    compare(mixed(lines[:1], 1), monkeypatch)
    compare(mixed(lines, 2), monkeypatch)


@pytest.mark.sampled(12)
@pytest.mark.parametrize("envelope", OF_LINES)
def test_every_envelope(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap = wrapped(envelope)
    compare([wrap(line) for line in mixed(native(450), 2)], monkeypatch)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("envelope", OF_LINES)
def test_real_lines_in_every_envelope(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap, lines = wrapped(envelope), mixed(native(450), 3)
    compare([line if line in REAL else wrap(line) for line in lines], monkeypatch)


def test_several_processes_in_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    lines = [f"airflow-webserver-{chance.choice('abc')} webserver {line}" for line in mixed(native(450), 4)]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 200


@pytest.mark.parametrize("envelope", ["", "stamp", "loki", "gcp-logentry", "stern", "fluent-bit"])
def test_the_newest_line_first(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap = wrapped(envelope) if envelope else str
    lines = [wrap(line) for line in native(450)][::-1]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 200


@pytest.mark.parametrize("envelope", ["cri", "docker-json", "loki", "kubectl-prefix"])
def test_lines_outside_the_envelope_of_most(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap = wrapped(envelope)
    lines = [line if n > HEAD and n % 40 == 7 else wrap(line) for n, line in enumerate(native(450))]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 200


CUT: Final[dict[str, Callable[[str, bool, str], str]]] = {
    "cri": lambda text, part, stream: f"2026-11-22T12:00:00.000000001Z {stream} {'P' if part else 'F'} {text}",
    "docker-json": lambda text, part, stream: json.dumps(
        {"log": text if part else f"{text}\n", "stream": stream, "time": "2026-11-22T12:00:00.000000001Z"},
        separators=(",", ":"),
    ),
    "fluent-bit": lambda text, part, stream: json.dumps(
        {"date": 1763812800.1, "time": "2026-11-22T12:00:00.000000001Z", "stream": stream, "_p": "P" if part else "F",
         "log": text}
    ),
}  # fmt: skip


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("envelope", CUT)
def test_the_end_of_a_line_that_was_cut_is_no_line(
    envelope: str, newest_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller whose header is so long that the runtime cuts it writes what looks like a line of the log.

    Runtimes cut at 16 KiB.
    """
    chance, wrap = random.Random(9), CUT[envelope]
    forged = GUNICORN[1].format(9, 1, 2)
    lines: list[str] = []
    for line in native(900):
        lines.append(wrap(line, False, "stdout"))
        if len(lines) > HEAD and chance.random() < 0.05:
            lines.append(wrap(line[:-1] + "x" * 9000, True, "stdout"))
            lines += [wrap("y", True, "stdout")] * chance.choice([0, 0, 1])
            lines += [wrap(each, False, "stderr") for each in native(chance.choice([0, 0, 1, 20]))]
            lines += [wrap(forged, False, "stdout")] * chance.choice([0, 1, 1])
    lines = lines[::-1] if newest_first else lines
    # Where the end of a line comes first, a chunk must hold more than one such line.
    compare(lines, monkeypatch, chunk=400_000 if newest_first else 10_000)
    assert split_into_blocks(lines, monkeypatch) > 200


def test_several_processes_with_the_newest_line_first(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(7)
    lines = [f"airflow-webserver-{chance.choice('abc')} webserver {line}" for line in native(450)][::-1]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 200


@pytest.mark.parametrize("envelope", ["", "stamp", "loki", "rfc3164"])
def test_line_ends_of_windows(envelope: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrap = wrapped(envelope) if envelope else str
    compare([wrap(line) for line in mixed(native(450), 5)], monkeypatch, ends="\r\n")


@pytest.mark.parametrize(
    "line",
    [
        '{"log":"@","log":"x\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}',
        '{"stream":"stdout","time":"2026-03-01T23:59:51.002000000Z","log":"@\\n"}',
        '{"log":"@\\nsecond\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}',
        '{"log":["@"],"stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}',
        '{"log":null,"stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}',
        '{"log":"@\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z","events":[{"message":"@"}]}',
        '[{"log":"@\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}]',
        '{"log":"@\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"} ',
        '{"log":"@\\n","stream":"stdout","time":"2026-03-01T23:59:51.002000000Z"}x',
        "",
        "null",
    ],
)
def test_odd_records_between_plain_ones(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The keys in another order than Docker's, so that no outline tells these lines.
    plain = '{"stream":"stdout","time":"2026-03-01T23:59:51.002000000Z","log":"@\\n"}'
    native_lines = native(450)
    lines = [
        (line if n % 50 == 7 and n > HEAD else plain).replace("@", each.replace("\\", "\\\\").replace('"', '\\"'))
        for n, each in enumerate(native_lines)
    ]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 150


@pytest.mark.parametrize(
    "line",
    [
        '{"method":"POST","path":"/api/v1/dags/a/dagRuns","status":403,"method":"GET"}',
        '{"method":"GET","path":"/health","status":200.0}',
        '{"method":"GET","path":"/health","status":true}',
        '{"method":"GET","path":"/health","status":"200","Status":"403"}',
        '{"method":"GET","path":"","status":200}',
        '{"method":"GET","path":"/caf\\u00e9/x\\\\","status":200}',
        '{"method":"POST","path":"/api/v1/dags/a/dagRuns","status":200}',
        '{"method":"POST","path":"/api/v1/dags/b/dagRuns","status":"409","user":"amy"}',
        '{"method":"POST","request":{"uri":"/api/v1/dags/b/dagRuns"},"status":"409"}',
    ],
)
def test_odd_objects_between_plain_ones(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = '{"method":"GET","path":"/health","status":200,"time":"2026-03-01T23:59:51.002Z","client":"203.0.113.7"}'
    lines = [line if n % 50 == 7 and n > HEAD else plain for n in range(450)]
    compare(lines, monkeypatch)
    assert split_into_blocks(lines, monkeypatch) > 150


@pytest.mark.parametrize(
    ("header", "rest"),
    [
        ("message,@timestamp,kubernetes.pod.name", '"Mar 1, 2026 @ 23:59:51.002",web-1'),
        ("line,timestamp,labels.app,labels.container", "2026-03-01T23:59:51.002000000Z,airflow,webserver"),
        ("textPayload,timestamp,resource.type,resource..x", "2026-03-01T23:59:51.002000000Z,k8s_container,"),
    ],
)
def test_tables_with_dots_in_the_names_of_columns(header: str, rest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ['"{}",{}'.format(line.replace('"', '""'), rest) for line in native(450)]
    compare([header, *rows[:200], *mixed(native(20), 6)[:5], *rows[200:]], monkeypatch)
    assert (split_into_blocks([header, *rows], monkeypatch) > 200) == (".." not in header)
