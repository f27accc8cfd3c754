"""Every line that logparse knows, in every envelope: what was wrapped around a line changes nothing that it tells."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import expected
import pytest
from envelope_wrapping import every, wrap

from logparse.formats import loader
from logparse.pipeline import options, run
from logparse.rules import loader as rules
from logparse.scans.settings import Setup
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from logparse.envelopes.envelope import Envelope

pytestmark = pytest.mark.thorough

#: What an envelope may tell in place of the line, or of its own; and where a line stands in the file.
_OWN: Final = (
    "time", "time_source", "week", "deployment", "source", "line", "host", "pod", "container", "stream", "record_id",
)  # fmt: skip
#: What one line tells by itself. The rest hangs on other lines, and so on when each was written.
_ALONE: Final = (
    "client", "user_agent", "channel", "method", "path", "dag_id", "status", "response_bytes", "duration_ms",
)  # fmt: skip
#: uvicorn logs no time: in an envelope that tells it, other lines may prove to belong to it.
_TIMELESS: Final = "INFO:     "
_EXAMPLES: Final = 25


def _samples() -> Iterator[tuple[str, list[str]]]:
    for form in loader.shipped():
        if form.samples:
            yield f"format-{form.id}", [sample.line for sample in form.samples]


def _logs() -> Iterator[tuple[str, list[str]]]:
    """The logs in examples of rules, some 25 together; those that need a format string are left out."""
    known = rules.load_rules()
    logs = [
        [line for line in example.data["log"].split("\n") if line]
        for rule in (*known.outcomes, *known.findings)
        for example in rule.examples
        if "log" in example.data and "log_format" not in example.data and not example.todo
    ]
    for timeless in (False, True):
        some = [log for log in logs if timeless == any(_TIMELESS in line for line in log)]
        for _, group in groupby(enumerate(some), lambda each: each[0] // _EXAMPLES):
            numbered = [*group]
            name = "timeless" if timeless else "examples"
            yield f"{name}-{numbered[0][0] + 1}", [line for _, log in numbered for line in log]


#: Lines of one file by name, oldest first.
TEXTS: Final[dict[str, list[str]]] = dict([*_samples(), *_logs()])


def _read(folder: Path, texts: dict[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    """The attempts of each text; each is a server of its own."""
    read: dict[str, list[dict[str, Any]]] = {}
    for name, text in texts.items():
        (folder / f"{name}.log").write_bytes(text)
        found = run.run(discovery.find_sources([str(folder / f"{name}.log")]), options.Options(Setup())).attempts
        read[name] = [
            {str(column): expected.cell(value) for column, value in row.items()} for row in found.to_dict("records")
        ]
    return read


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _told(rows: Sequence[dict[str, Any]], *, alone: bool) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if (name in _ALONE if alone else name not in _OWN)} for row in rows
    ]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    texts = {name: _bytes("\n".join([*lines, ""])) for name, lines in TEXTS.items()}
    return _read(tmp_path_factory.mktemp("bare"), texts)


def test_there_are_attempts_to_be_wrapped(bare: dict[str, list[dict[str, Any]]]) -> None:
    assert sum(map(len, bare.values())) > len(TEXTS) > 20


#: Envelopes and layouts, in order.
LAYOUTS: Final = [(envelope.id, layout) for envelope, layout in every()]


@pytest.mark.sampled(60)
@pytest.mark.parametrize(("envelope", "layout"), list(every()), ids=[f"{each.id}-{layout}" for each, layout in every()])
def test_lines_tell_the_same_in_an_envelope(
    envelope: Envelope, layout: str, bare: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    # A third of the texts: the envelopes next to this one have the others.
    names = [*TEXTS][LAYOUTS.index((envelope.id, layout)) % 3 :: 3]
    wrapped = _read(tmp_path, {name: _bytes(wrap(envelope, layout, TEXTS[name])) for name in names})
    for name in names:
        rows = bare[name]
        # A format with a line that tells no time, and examples with one: see `_TIMELESS`.
        alone = name.startswith("timeless") or any(row["time_source"] != "line" for row in rows)
        wanted, told = _told(rows, alone=alone), _told(wrapped[name], alone=alone)
        if told != wanted[::-1]:  # where an export begins with the newest line, so do its attempts
            assert told == wanted, name
