"""Logs that are cut, mixed or full of holes: what is called ``confirmed`` stays right."""

from __future__ import annotations

import gzip
import random
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import matching
import pytest
import recordings

from logparse.pipeline import options, run
from logparse.scans.settings import Setup
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd
    from recordings import Case, Sent

pytestmark = pytest.mark.thorough

CASES = {case.name: case for case in recordings.cases()}
FORGED = "airflow-2.10.5-forged-lines"
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)

_ACCESS = re.compile(rb'"(?:\x1b\[[\d;]*m)*[A-Z]+ \S+.* HTTP/\d|request finished|"status"')

Place = tuple[str, int]


def read(folder: Path, files: Mapping[str, bytes], log_formats: tuple[str, ...]) -> pd.DataFrame:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return run.run(discovery.find_sources([str(folder)]), options.Options(Setup(log_formats=log_formats))).attempts


@cache
def truth(name: str) -> dict[Place, Sent]:
    return {(each.source, each.line): each for each in recordings.truth(CASES[name]) if each.line}


#: If nobody could be asked for a password, Airflow writes so, and then that it is wrong: without the first line it is.
INSEPARABLE = {("auth_backend_error", "bad_credentials")}


def wrongly_certain(attempts: pd.DataFrame, sent: Callable[[str, int], Sent | None]) -> list[Any]:
    """Rows called ``confirmed`` whose outcome or reason is another than it was."""
    found = []
    for row in matching.rows(attempts[attempts["confidence"].eq("confirmed")]):
        was = sent(row.source, row.line)
        if was is None or was.optional:
            continue
        if row.outcome == was.outcome and (was.reason, row.reason) in INSEPARABLE:
            continue
        if row.outcome != was.outcome or (was.outcome != "success" and row.reason != was.reason):
            found.append((row.source, row.line, row.status, row.outcome, row.reason, was.outcome, was.reason))
    return found


# -- lines that are missing -------------------------------------------------------------------------------------------


def dropped(
    case: Case, what: str, share: float, chance: random.Random
) -> tuple[dict[str, bytes], dict[str, list[int]]]:
    """The logs without some lines, and the numbers that the remaining lines had."""
    files, numbers = {}, {}
    for name, content in case.content().items():
        lines = content.split(b"\n")
        kept = []
        for number, line in enumerate(lines, 1):
            access = _ACCESS.search(line) is not None
            may_go = {
                "any line": True,
                "app lines": not access,
                "access lines": access,
                "follow-ups": access and (name, number) not in truth(case.name),
            }[what]
            if not (may_go and chance.random() < share):
                kept.append(number)
        files[name] = b"\n".join(lines[number - 1] for number in kept)
        numbers[name] = kept
    return files, numbers


@pytest.mark.sampled(40)
@pytest.mark.parametrize(
    ("what", "share"),
    [
        ("any line", 0.05), ("any line", 0.2), ("any line", 0.5), ("app lines", 0.2), ("app lines", 0.5),
        ("access lines", 0.2), ("access lines", 0.5), ("follow-ups", 0.5),
    ],
)  # fmt: skip
@each_case
def test_missing_lines_make_nothing_certain(case: Case, what: str, share: float, tmp_path: Path) -> None:
    files, numbers = dropped(case, what, share, random.Random(f"{case.name} {what} {share}"))
    attempts = read(tmp_path, files, case.log_formats)
    known = truth(case.name)
    assert wrongly_certain(attempts, lambda source, line: known.get((source, numbers[source][line - 1]))) == []


# -- logs that are mixed ----------------------------------------------------------------------------------------------

#: Pairs of the same version family, and of different ones.
MIXED = [
    ("airflow-2.0.2-basic", "airflow-2.0.2-deny-all"),
    ("airflow-2.10.5-basic", "airflow-2.10.5-session-only"),
    ("airflow-2.7.3-basic", "airflow-2.7.3-debug-werkzeug"),
    ("airflow-2.8.4-basic", "airflow-2.9.3-basic"),
    ("airflow-3.2.2-fab-json", "airflow-3.2.2-fab-prefix-workers2"),
    ("airflow-3.3.2-fab", "airflow-3.3.2-simple-auth"),
    ("airflow-1.10.15-rbac-open-experimental", "airflow-2.2.5-basic"),
    ("airflow-2.5.3-basic", "airflow-3.0.2-simple"),
    ("airflow-2.9.3-basic", "airflow-2.11.0-basic"),
    ("airflow-2.6.3-basic", "airflow-3.3.2-fab"),
]


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("one", "other"), MIXED)
def test_logs_of_two_servers_in_one_folder(one: str, other: str, tmp_path: Path) -> None:
    files = {f"{which}-{name}": content for which in (one, other) for name, content in CASES[which].content().items()}
    attempts = read(tmp_path, files, CASES[one].log_formats + CASES[other].log_formats)

    def sent(source: str, line: int) -> Sent | None:
        which = one if source.startswith(f"{one}-") else other
        return truth(which).get((source.removeprefix(f"{which}-"), line))

    assert wrongly_certain(attempts, sent) == []


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("one", "other"), MIXED)
def test_logs_of_two_servers_in_one_file(one: str, other: str, tmp_path: Path) -> None:
    """Interleaved at random, in runs of lines, each server's lines in their order."""
    chance = random.Random(f"{one} {other}")
    left = {
        which: list(enumerate(CASES[which].content()["server.log"].splitlines(keepends=True), 1))
        for which in (one, other)
    }
    mixed: list[bytes] = []
    places: list[tuple[str, int]] = []
    while any(left.values()):
        which = chance.choice([which for which in (one, other) if left[which]])
        for number, line in left[which][: (length := chance.randint(1, 40))]:
            mixed.append(line)
            places.append((which, number))
        del left[which][:length]
    attempts = read(tmp_path, {"server.log": b"".join(mixed)}, CASES[one].log_formats + CASES[other].log_formats)

    def sent(_: str, line: int) -> Sent | None:
        which, number = places[line - 1]
        return truth(which).get(("server.log", number))

    assert wrongly_certain(attempts, sent) == []


# -- logs that are cut ------------------------------------------------------------------------------------------------


@pytest.mark.sampled(16)
@pytest.mark.parametrize("seed", range(2))
@each_case
def test_rotation_keeps_every_attempt(case: Case, seed: int, tmp_path: Path) -> None:
    """Cut at any lines, tracebacks and names included, some parts packed: the same requests, none wrongly certain."""
    chance = random.Random(f"{case.name} {seed}")
    files, offsets = {}, {}
    for name, content in case.content().items():
        lines = content.splitlines(keepends=True)
        cuts = sorted(chance.sample(range(1, len(lines)), chance.randint(1, 5)))
        for age, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(lines)], strict=True)):
            number = len(cuts) - age
            part = f"{name}.{number}" if number else name
            packed = chance.random() < 0.5
            data = b"".join(lines[start:end])
            files[part + ".gz" * packed] = gzip.compress(data, 1) if packed else data
            offsets[part] = (name, start)
    attempts = read(tmp_path, files, case.log_formats)
    whole = recordings.run(case).attempts

    def place(source: str, line: int) -> Place:
        name, offset = offsets[recordings.plain_name(source)]
        return name, line + offset

    found = {place(row.source, row.line): (row.method, row.status, row.dag_id) for row in matching.rows(attempts)}
    wanted = {(row.source, row.line): (row.method, row.status, row.dag_id) for row in matching.rows(whole)}
    if case.name != FORGED:
        assert found == wanted
    else:  # a part that begins within a name that was typed
        assert wanted.items() <= found.items()
    known = truth(case.name)
    assert wrongly_certain(attempts, lambda source, line: known.get(place(source, line))) == []


# -- logs that begin with their newest line ---------------------------------------------------------------------------


@each_case
def test_newest_line_first(case: Case, tmp_path: Path) -> None:
    """Turned round line by line, everything comes out as it was: also if lines of tracebacks look like records."""
    files, lengths = {}, {}
    for name, content in case.content().items():
        lines = content.splitlines(keepends=True)
        files[name], lengths[name] = b"".join(reversed(lines)), len(lines)
    turned = matching.rows(read(tmp_path, files, case.log_formats))
    whole = matching.rows(recordings.run(case).attempts)
    found = {(row.source, lengths[row.source] + 1 - row.line): (row.outcome, row.reason, row.user) for row in turned}
    assert found == {(row.source, row.line): (row.outcome, row.reason, row.user) for row in whole}
