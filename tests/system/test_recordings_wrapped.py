"""Recordings of real servers, as clouds, containers and log stores hand them out: they tell the same."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import pytest
from envelope_wrapping import wrap
from places import DATA

import logparse
from logparse.envelopes.loader import shipped

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.thorough

RECORDINGS: Final = DATA / "recordings"
#: Recordings that hold what strangers typed, of both generations. Those whose lines tell no time are told more by an
#: envelope, and so are not the same in one.
NAMES: Final = [
    each.name
    for each in sorted(RECORDINGS.iterdir())
    if each.is_dir() and "3.0" not in each.name and "3.1" not in each.name
]
#: Envelope, layout, and whether such exports begin with the newest line.
WAYS: Final = [
    ("cri", "text", False),
    ("stamp", "text", False),
    ("rfc5424", "text", False),
    ("cloudwatch-subscription", "subscription", False),
    ("gcp-logentry", "array", True),
    ("splunk", "csv", True),
]
#: What an envelope tells in place of the line; and which finding explains an attempt: of attempts of one second, the
#: first is the one that stands first in the file, which may begin with its newest line.
OWN: Final = {
    "time", "time_source", "week", "deployment", "source", "line", "host", "pod", "container", "stream", "record_id",
    "finding",
}  # fmt: skip


def rows(found: pd.DataFrame) -> list[tuple[str, ...]]:
    kept = found[[name for name in found.columns if name not in OWN]]
    return sorted(tuple(map(str, row)) for row in kept.to_numpy().tolist())


def logs(name: str) -> list[Path]:
    return sorted(each for each in (RECORDINGS / name).iterdir() if ".log" in each.name)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_tells_the_same_in_every_envelope(name: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", logparse.IncompleteInputWarning)
        texts = {log.name: text(log) for log in logs(name)}
        bare = rows(
            logparse.attempts(*written(tmp_path / "bare", {each: "\n".join(lines) for each, lines in texts.items()}))
        )
        assert bare
        for way in WAYS[NAMES.index(name) % 2 :: 2]:  # the next recording is in the others
            envelope = next(each for each in shipped() if each.id == way[0])
            wrapped = {each: wrap(envelope, way[1], lines[::-1] if way[2] else lines) for each, lines in texts.items()}
            assert rows(logparse.attempts(*written(tmp_path / way[0], wrapped))) == bare, way


def text(log: Path) -> list[str]:
    from logparse.sources.chunk_reader import ChunkReader
    from logparse.sources.discovery import find_sources

    data = b"".join(chunk.data for chunk in ChunkReader(find_sources([str(log)])[0]))
    return data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")


def written(folder: Path, texts: dict[str, Any]) -> list[Path]:
    folder.mkdir()
    for name, content in texts.items():
        (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    return [folder / name for name in texts]
