"""What is read has an identity, whatever it is called: each line counts once, and is stored once."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import shutil
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
import pytest
import zstandard
from archive_runs import MONDAY, Attempt, call, held, report
from folders import record, rows, verified, visible

from logparse.archive.index import Index
from logparse.archive.storage.opening import open_storage
from logparse.pipeline.weekly.intake import UNSURE
from logparse.reports import catalog
from logparse.scans import slicing
from logparse.scans.scanner import cut_into_slices
from logparse.scans.settings import Setup
from logparse.sources import digests
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PACK: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress, "xz": lzma.compress, "bzip2": bz2.compress,
    "twice": lambda data: gzip.compress(gzip.compress(data)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and waiting for disks takes half the time; nor do we look at these reports."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    few = {name: each for name, each in catalog.REPORTS.items() if name not in {"by_time", "user_dag"}}
    monkeypatch.setattr(catalog, "REPORTS", few)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "web.log"


def probe(minute: float) -> str:
    when = f"{MONDAY + timedelta(minutes=minute):%d/%b/%Y:%H:%M:%S} +0000"
    return f'10.1.0.1 - - [{when}] "GET /health HTTP/1.1" 200 5 "-" "probe"\n'


def text(minutes: int, every: int = 1, since: int = 0) -> list[str]:
    """Lines of some minutes, one each; every so many of them is an attempt."""
    return [probe(n) if n % every else call(n, f"u{n % 3}") for n in range(since, since + minutes)]


def wanted(lines: Sequence[str], name: str = "web.log") -> list[Attempt]:
    """The attempts in the lines of a file."""
    told = [(nth, re.match(r'\S+ - (\S+) \[.*?\] "POST', line)) for nth, line in enumerate(lines, 1)]
    return sorted((Attempt(name, nth, found[1], "success") for nth, found in told if found), key=str)


# -- what has grown ---------------------------------------------------------------------------------------------------


SHORT: Final = text(12)

LONG: Final = text(4 * UNSURE, 97)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("lines", "ends"),
    [
        (SHORT, [5, 12]),
        (SHORT, [1, 2, 3, 4, 12]),
        (SHORT, [11, 12]),
        (LONG, [UNSURE - 3, UNSURE + 3, UNSURE + 100]),  # about as many lines as a text depends on
        (LONG, [10, 3 * UNSURE]),
        (LONG, [UNSURE + 1, 2 * UNSURE, 2 * UNSURE + 1, 4 * UNSURE]),
        (LONG, [500, 600, 700, 3900]),
    ],
)
def test_lines_of_a_file_that_grows_count_once(lines: list[str], ends: list[int], log: Path, out: Path) -> None:
    for end in ends:
        log.write_text("".join(lines[:end]))
        assert report(log, "--out", out).exit_code == 0
        assert held(out) == wanted(lines[:end])
        (row,) = rows(out / "coverage.csv")
        assert (int(row["lines"]), int(row["bytes"])) == (end, log.stat().st_size)
        assert int(row["attempts"]) == len(held(out))
        (row,) = rows(out / "2026-W47/coverage.csv")
        assert (row["source"], int(row["attempts"])) == (str(log), len(held(out)))
    assert report("--out", out, "--rebuild").exit_code == 0
    assert held(out) == wanted(lines[: ends[-1]])
    verified(out)


def test_weeks_before_are_untouched_where_a_file_grows(log: Path, out: Path) -> None:
    old = [*text(20, 3), *(probe(20 + n / 60) for n in range(UNSURE))]
    new = [call(8 * 1440 + n) for n in range(3)]
    log.write_text("".join(old))
    report(log, "--out", out)
    before = visible(out)
    stamps = {path: (out / path).stat().st_mtime_ns for path in before}
    log.write_text("".join([*old, *new]))
    assert report(log, "--out", out).exit_code == 0
    same = {path for path in before if path.startswith(("2026-W47", "attempts/week=2026-W47"))}
    assert {path: (visible(out)[path], (out / path).stat().st_mtime_ns) for path in same} == {
        path: (before[path], stamps[path]) for path in same
    }
    assert held(out) == wanted([*old, *new])
    assert set(record(out)["weeks"]) == {"2026-W48"}


@pytest.mark.parametrize(("at", "counts"), [(3, False), (40, False), (90, False), (-2, False), (-1, True)])
def test_a_line_that_was_torn_is_completed(at: int, *, counts: bool, log: Path, out: Path) -> None:
    lines = text(10)
    log.write_text("".join(lines[:6]) + lines[6][:at])
    done = report(log, "--out", out)
    assert done.exit_code in (0, 1)
    assert held(out) == wanted(lines[: 7 if counts else 6])  # what is left may be a line of another format
    log.write_text("".join(lines))
    assert report(log, "--out", out).exit_code == 0
    assert held(out) == wanted(lines)
    (row,) = rows(out / "coverage.csv")
    assert (row["lines"], row["access"], row["unparsed"]) == ("10", "10", "0")


def test_a_large_file_that_grows_goes_on_where_it_was_read(
    log: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is read in slices or as one, only its end is stored, and read as one text only once."""
    monkeypatch.setattr(slicing, "ALONE", 40_000)
    hashed = Counter[int]()
    of_file = digests.digest_file

    def counting(path: Path, lengths: Sequence[int] = (), size: int | None = None) -> digests.TextDigest:
        hashed[path.stat().st_size] += path == log
        return of_file(path, lengths, size)

    monkeypatch.setattr(digests, "digest_file", counting)
    lines = text(8 * UNSURE, 97)
    ends = (4 * UNSURE, 6 * UNSURE, 8 * UNSURE)
    sizes = []
    for end in ends:
        log.write_text("".join(lines[:end]))
        (source,) = find_sources([str(log)])
        assert len(list(cut_into_slices(source, Setup(), 1))) > 3
        assert report(log, "--out", out).exit_code == 0
        assert held(out) == wanted(lines[:end])
        sizes.append(log.stat().st_size)
        (row,) = rows(out / "coverage.csv")
        assert (int(row["lines"]), int(row["bytes"])) == (end, sizes[-1])
    assert hashed == dict.fromkeys(sizes, 1)
    head = open_storage(str(out)).head()
    assert head is not None
    parts = sorted((entry.since, entry.until) for entry in Index.of(head.index, str(out)).sources.values())
    cuts = [end - UNSURE for end in ends[:-1]]
    assert parts == [*pairwise([0, *cuts]), (cuts[-1], None)]
    verified(out)


def test_a_file_that_grows_while_it_is_torn_again_and_again(log: Path, out: Path) -> None:
    lines = text(12)
    whole = "".join(lines)
    for end in range(60, len(whole), 190):
        log.write_text(whole[:end])
        report(log, "--out", out)
        assert held(out) == wanted(lines[: whole[:end].count("\n") + (whole[end] == "\n")])
    log.write_text(whole)
    assert report(log, "--out", out).exit_code == 0
    assert held(out) == wanted(lines)


def test_a_file_that_begins_like_another_is_no_growth_of_it(tmp_path: Path, out: Path) -> None:
    """Two servers that were set up alike: what one has more is its own, and what both have is of each."""
    begin, one, other = text(4), text(8, since=4), text(9, since=6)
    (tmp_path / "a.log").write_text("".join([*begin, *one]))
    report(tmp_path / "a.log", "--out", out)
    (tmp_path / "a.log").write_text("".join([*begin, *other]))  # written anew
    assert report(tmp_path / "a.log", "--out", out).exit_code == 0
    found = Counter((each.user, each.line) for each in held(out))
    assert found.total() == 15  # minutes 0 to 14, each once


# -- the same again ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", PACK)
@pytest.mark.parametrize("order", ["packed later", "unpacked later"])
def test_what_is_packed_is_the_same(codec: str, order: str, tmp_path: Path, out: Path) -> None:
    lines = text(9)
    data = "".join(lines).encode()
    plain, packed = tmp_path / "web.log", tmp_path / "web.log.1.x"
    first, second = (plain, packed) if order == "packed later" else (packed, plain)
    for path in (first, second):
        path.write_bytes(data if path == plain else PACK[codec](data))
        assert report(path, "--out", out).exit_code == 0
        assert held(out) == wanted(lines, first.name)
    first.unlink()
    for _ in range(2):
        report(second, "--out", out)
        assert (record(out)["read"]["known"], held(out)) == (1, wanted(lines, first.name))


def test_a_log_that_is_rotated(tmp_path: Path, out: Path) -> None:
    log, lines = tmp_path / "logs/web.log", text(30)
    log.parent.mkdir()
    log.write_text("".join(lines[:10]))
    report(log.parent, "--out", out)
    log.write_text("".join(lines[:15]))  # it grew before it was renamed
    log.rename(tmp_path / "logs/web.log.1")
    log.write_text("".join(lines[15:20]))
    assert report(log.parent, "--out", out).exit_code == 0
    assert len(held(out)) == 20
    (tmp_path / "logs/web.log.2.gz").write_bytes(gzip.compress((tmp_path / "logs/web.log.1").read_bytes()))
    log.rename(tmp_path / "logs/web.log.1")
    log.write_text("".join(lines[20:30]))
    assert report(log.parent, "--out", out).exit_code == 0
    assert [each.user for each in held(out)].count("u0") == 10
    assert len(held(out)) == 30
    assert sum(int(row["lines"]) for row in rows(out / "coverage.csv")) == 30


@pytest.mark.parametrize("members", [False, True])
def test_known_content_in_a_packed_file_that_grows(members: bool, tmp_path: Path, out: Path) -> None:
    lines, log = text(30), tmp_path / "web.log.gz"
    for since, until in ((0, 10), (10, 11), (11, 30)):
        one = "".join(lines[since:until] if members else lines[:until]).encode()
        log.write_bytes((log.read_bytes() if members and since else b"") + gzip.compress(one))
        assert report(log, "--out", out).exit_code == 0
        assert held(out) == wanted(lines[:until], log.name)


def test_a_plain_file_that_was_known_grows_packed(tmp_path: Path, out: Path) -> None:
    lines = text(30)
    (tmp_path / "web.log").write_text("".join(lines[:10]))
    report(tmp_path / "web.log", "--out", out)
    (tmp_path / "web.log.1.gz").write_bytes(gzip.compress("".join(lines).encode()))
    assert report(tmp_path / "web.log.1.gz", "--out", out).exit_code == 0
    assert len(held(out)) == 30


def test_one_file_under_two_names_in_one_run(tmp_path: Path, out: Path) -> None:
    data = "".join(text(5)).encode()
    for name, content in (("a.log", data), ("b.log", data), ("c.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "d.log").symlink_to("a.log")
    done = report(tmp_path, "--out", out)
    assert done.exit_code == 0
    assert len(held(out)) == 5
    for name in ("b.log", "c.gz"):
        said = f"{tmp_path / name}: holds the same as {tmp_path / 'a.log'}; counted once"
        assert said in done.stderr
        assert said in record(out)["messages"]
    before = visible(out)
    done = report(tmp_path, "--out", out)
    assert (done.exit_code, visible(out), record(out)["read"]["sources"]) == (0, before, 0)


# -- without a look ---------------------------------------------------------------------------------------------------


def age(path: Path) -> None:
    """Let a file be an hour old."""
    now = path.stat().st_mtime - 3600
    os.utime(path, (now, now))


def test_a_file_that_has_not_changed_is_not_opened(log: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log.write_text("".join(text(5)))
    age(log)
    report(log, "--out", out)
    real = Path.open

    def guarded(path: Path, *args: Any, **kwargs: Any) -> Any:
        assert path != log, "it was opened"
        return real(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", guarded)
        done = report(log, "--out", out)
    assert (done.exit_code, done.exception) == (0, None)
    assert record(out)["read"] == {"sources": 0, "known": 1, "bytes": 0, "lines": 0, "unparsed": 0}


@pytest.mark.parametrize("old", [False, True])
def test_a_file_of_the_same_size_and_time_with_something_else_in_it(old: bool, log: Path, out: Path) -> None:
    for minute in (1, 2, 3):
        log.write_text(call(minute))
        os.utime(log, (1_700_000_000, 1_700_000_000)) if old else None
        assert report(log, "--out", out).exit_code == 0
        assert len(held(out)) == minute


# -- nothing in it ----------------------------------------------------------------------------------------------------


def test_an_empty_file_grows(log: Path, out: Path) -> None:
    log.touch()
    for lines in ([], text(3), text(5)):
        log.write_text("".join(lines))
        for _ in range(2):
            assert report(log, "--out", out).exit_code == 0
            assert held(out) == wanted(lines)


def test_two_empty_files_are_no_copies(tmp_path: Path, out: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).touch()
    done = report(tmp_path, "--out", out)
    assert (done.exit_code, "holds the same" in done.stderr) == (0, False)
    assert "No week to report" in done.stderr


def test_what_cannot_be_read_is_in_coverage_until_it_can(tmp_path: Path, out: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text("".join(text(3)))
    bad = tmp_path / "logs/b.log"
    bad.symlink_to("b.log")
    for _ in range(2):
        done = report(tmp_path / "logs", "--out", out)
        assert done.exit_code == 1
        assert f"{bad}: cannot be opened" in done.stderr
        told = {row["source"]: row["problem"] for row in rows(out / "coverage.csv")}
        assert told[str(tmp_path / "logs/a.log")] == ""
        assert told[str(bad)].startswith("cannot be opened")
    bad.unlink()
    bad.write_text("".join(text(3, since=9)))
    assert report(tmp_path / "logs", "--out", out).exit_code == 0
    assert {row["problem"] for row in rows(out / "coverage.csv")} == {""}
    assert len(held(out)) == 6


def test_a_packed_file_that_ends_early_is_read_again(tmp_path: Path, out: Path) -> None:
    lines, log = text(400, 3), tmp_path / "web.log.gz"
    data = gzip.compress("".join(lines).encode(), mtime=0)
    log.write_bytes(data[: len(data) * 2 // 3])
    age(log)
    for _ in range(2):  # as long as it is not whole, that is said
        done = report(log, "--out", out)
        assert done.exit_code == 1
        assert "compressed data ends early" in done.stderr
    some = held(out)
    assert 0 < len(some) < 134
    assert some == wanted(lines[: max(each.line for each in some)], log.name)
    log.write_bytes(data)
    done = report(log, "--out", out)
    assert (done.exit_code, done.stderr.count("ends early")) == (0, 0)
    assert held(out) == wanted(lines, log.name)
    assert {row["problem"] for row in rows(out / "coverage.csv")} == {""}


# -- what is stored ---------------------------------------------------------------------------------------------------


def words(value: object) -> list[str]:
    """All texts in a value, numbers among them."""
    if isinstance(value, dict):
        return [word for each in value.items() for word in words(list(each))]
    if isinstance(value, list):
        return [word for each in value for word in words(each)]
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)]


def contents(out: Path) -> str:
    """All that is in any file, Parquet unpacked."""
    told = []
    for path in [each for each in out.rglob("*") if each.is_file()]:
        data = path.read_bytes()
        told.append(data.decode("utf-8", "replace"))
        if data.startswith(b"PAR1"):
            told += words(pq.read_table(path, partitioning=None).to_pydict())
    return "\n".join(told)


NOISE: Final = "nobody-asked-for-this"

SECRET: Final = "hunter2hunter2"

JWT: Final = "eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXBheWxvYWQ.c2lnbmF0dXJl"


def test_no_line_is_stored_that_no_rule_asked_for(log: Path, out: Path) -> None:
    noise = [
        probe(1).replace("probe", NOISE),
        probe(2).replace("/health", f"/static/{NOISE}.css"),
        f"[2026-11-16T00:03:00.000+0000] {{dagbag.py:545}} INFO - Filling up the DagBag from /{NOISE}\n",
        f"[2026-11-16T00:03:01.000+0000] {{x.py:1}} ERROR - {NOISE}\nTraceback (most recent call last):\n",
        f'  File "/{NOISE}.py", line 1, in f\nValueError: {NOISE}\n',
    ]
    log.write_text("".join([*text(5), *noise, *(call(n, f"told-{n}", 403) for n in range(5, 9)), *noise]))
    assert report(log, "--out", out).exit_code == 0
    found = contents(out)
    assert NOISE not in found
    assert found.count("told-7") > 1  # in lines and attempts


@pytest.mark.parametrize("name", ["token", "password", "api_key", "secret"])
def test_secrets_in_query_strings_are_not_stored(name: str, log: Path, out: Path) -> None:
    lines = [
        call(1).replace("dagRuns HTTP", f"dagRuns?a=1&{name}={SECRET}&b=kept HTTP"),
        call(2).replace('"-"', f'"http://x/home?{name}={SECRET}"'),
        call(3).replace("dagRuns HTTP", f"dagRuns?next={JWT} HTTP"),
        call(4, status=401).replace('"-"', f'"http://x/login?{name}={SECRET}&next=/home"'),
        f"[2026-11-16T00:05:00.000+0000] {{override.py:2240}} INFO - Login Failed for user: u?{name}={SECRET}\n",
        call(5, status=401),
    ]
    log.write_text("".join(lines))
    assert report(log, "--out", out).exit_code == 0
    found = contents(out)
    assert len(held(out)) == 5
    assert SECRET not in found
    assert JWT not in found
    assert "c2VjcmV0LXBheWxvYWQ" not in found
    assert "b=kept" in found  # what is no secret stays


def objects(out: Path) -> set[str]:
    return {each.name for each in (out / ".logparse/objects").rglob("*") if each.is_file()}


def test_lines_are_stored_once_and_small(log: Path, out: Path) -> None:
    log.write_text("".join(LONG))
    report(log, "--out", out)
    size = sum(each.stat().st_size for each in (out / ".logparse/objects").rglob("*") if each.is_file())
    assert size < log.stat().st_size / 4
    before = objects(out)
    report(shutil.copy(log, log.with_name("copy.log")), "--out", out)
    assert len(before ^ objects(out)) == 2  # the record of the run
