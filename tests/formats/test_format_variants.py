"""How a log was stored changes nothing: compression, line ends, holes, neighbours in the same file, parts."""

from __future__ import annotations

import gzip
import sys
from typing import TYPE_CHECKING, Final

import expected
import pytest
import samples
import story_times
import zstandard
from story import Span

from logparse.pipeline import options
from logparse.pipeline import run as pipeline
from logparse.scans.settings import Setup
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from logparse.pipeline.result import Result

_BOM: Final = b"\xef\xbb\xbf"
_HOLE: Final = bytes(1_000_000)
#: What another server wrote into the same file, an hour before or after; it ends in no app line that could go on.
_OTHER: Final = """\
[2026-03-0{day} {hour}:10:43 +0000] [3485] [INFO] Starting gunicorn 23.0.0
[2026-03-0{day} {hour}:10:43 +0000] [3485] [INFO] Listening at: http://0.0.0.0:8004 (3485)
[2026-03-0{day} {hour}:10:43 +0000] [3505] [INFO] Booting worker with pid: 3505
192.0.2.200 - zed [0{day}/Mar/2026:{hour}:10:50 +0000] "GET /home HTTP/1.1" 200 34 "-" "curl/7.88.1"
192.0.2.200 - zed [0{day}/Mar/2026:{hour}:10:51 +0000] "POST /api/v1/dags/other_dag/dagRuns HTTP/1.1" 403 37 "-" "-"
"""
BEFORE: Final = _OTHER.format(day=1, hour=22).encode()
BEHIND: Final = _OTHER.format(day=2, hour="01").encode()


def _members(data: bytes) -> bytes:
    third = len(data) // 3
    return b"".join(gzip.compress(each) for each in (data[:third], data[third : 2 * third], data[2 * third :]))


def _with_hole(data: bytes, hole: bytes = _HOLE) -> bytes:
    """NULs between the two lines in the middle, as where a log was cut off while its writer kept its place."""
    middle = data.index(b"\n", len(data) // 2) + 1
    return data[:middle] + hole + data[middle:]


def _ended(data: bytes) -> bytes:
    return data if data.endswith(b"\n") else data + b"\n"


VARIANTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "members": _members,
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "bom": lambda data: _BOM + data,
    "hole": _with_hole,
    "line-of-nuls": lambda data: _with_hole(data, _HOLE + b"\n"),
    "behind-other": lambda data: BEFORE + data,
    "before-other": lambda data: _ended(data) + BEHIND,
}
#: Variants that only some shapes can have: a table begins with its columns, a document has no middle.
_ONLY: Final = {"hole": ("lines", "table"), "line-of-nuls": ("lines", "table"), "behind-other": ("lines",)}


#: Packings know nothing of what they pack: each sample is in one of them.
_PACKINGS: Final = ("gzip", "zstd", "members")


def _cases() -> Iterator[tuple[samples.Sample, str]]:
    for number, sample in enumerate(samples.SAMPLES):
        data = sample.content()
        others = {*_PACKINGS} - {_PACKINGS[number % len(_PACKINGS)]}
        for variant in [each for each in VARIANTS if each not in others] if sample.shape != "packed" else ():
            there = (variant == "bom" and data.startswith(_BOM)) or (variant == "crlf" and b"\r\n" in data)
            # In journald's export format only \n ends a field.
            senseless = variant == "crlf" and (sample.name == "journald_export.log" or b"\n" not in data)
            if sample.shape in _ONLY.get(variant, (sample.shape,)) and not there and not senseless:
                yield sample, variant


def run(path: Path, sample: samples.Sample) -> Result:
    return pipeline.run(discovery.find_sources([str(path)]), options.Options(Setup(log_formats=sample.log_formats)))


def assert_counted(found: Result) -> None:
    for entry in found.entries:
        assert entry.problem == ""
        assert sum(entry.kinds.values()) == entry.lines


@pytest.mark.sampled(120)
@pytest.mark.parametrize(("sample", "variant"), [*_cases()], ids=[f"{one.name}-{two}" for one, two in _cases()])
def test_how_it_is_stored_does_not_matter(sample: samples.Sample, variant: str, tmp_path: Path) -> None:
    path = tmp_path / sample.name
    path.write_bytes(VARIANTS[variant](sample.content()))
    found = run(path, sample)
    others = found.attempts["dag_id"] == "other_dag"
    own = found.attempts[~others]
    mixed = variant in ("behind-other", "before-other")
    # A line without a time takes that of an app line of the other server: see `neighbour`.
    timed = not (mixed and sample.when is story_times.no_time)
    shift = {"behind-other": BEFORE.count(b"\n"), "line-of-nuls": None}.get(variant, 0)
    assert expected.differences(own, expected.rows(sample), timed=timed, shift=shift) == []
    assert [(row["user"], row["status"]) for row in found.attempts[others].to_dict("records")] == [("zed", 403)] * mixed
    assert_counted(found)


# -- a line in two files -----------------------------------------------------------------------------------------------

PARTED: Final = pytest.mark.parametrize(
    "sample",
    [each for each in samples.SAMPLES if each.shape in ("lines", "records")],
    ids=[each.name for each in samples.SAMPLES if each.shape in ("lines", "records")],
)


def _part(sample: samples.Sample, *told: bytes, folder: Path) -> None:
    """Two files that part in the middle of the first line that tells all of this."""
    data = sample.content()
    begin = 0
    for line in data.split(b"\n"):
        if all(each in line for each in told):
            break
        begin += len(line) + 1
    middle = begin + len(line) // 2
    (folder / f"{sample.name}.part1").write_bytes(data[:middle])
    (folder / f"{sample.name}.part2").write_bytes(data[middle:])


@pytest.mark.sampled(12)
@PARTED
def test_files_that_part_inside_a_line_lose_no_other_line(sample: samples.Sample, tmp_path: Path) -> None:
    _part(sample, b"GET", b"dagRuns", folder=tmp_path)
    found = run(tmp_path, sample)
    assert expected.differences(found.attempts, expected.rows(sample), shift=None) == []
    assert_counted(found)


@pytest.mark.sampled(12)
@PARTED
def test_files_that_part_inside_an_attempt_lose_that_one_at_most(sample: samples.Sample, tmp_path: Path) -> None:
    _part(sample, b"POST", b"caf", folder=tmp_path)
    found = run(tmp_path, sample)
    rows = expected.rows(sample)
    cut = next(place for place, row in enumerate(rows) if row.told.dag_id == "café_load")
    # Whole, or gone, or read of its second half, in which neither client nor user nor time is told.
    headless = rows[cut]._replace(client=None, user=None)
    lent = headless._replace(time=Span(0, sys.maxsize))  # of some line of the file
    for wanted in ([rows[cut]], [], [headless], [lent]):
        if not expected.differences(found.attempts, [*rows[:cut], *wanted, *rows[cut + 1 :]], shift=None):
            break
    else:
        assert expected.differences(found.attempts, rows, shift=None) == []
    assert_counted(found)
