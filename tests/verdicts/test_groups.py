"""All attempts of a group get the verdict that each of them would get by itself."""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from logparse.common.errors import OutputError
from logparse.common.timestamps import EPOCH
from logparse.pipeline import options as pipeline
from logparse.pipeline import result, result_builder
from logparse.scans import request_store
from logparse.scans.request_store import RequestStore
from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup, ruleset
from logparse.sources.discovery import find_sources
from logparse.verdicts import groups
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.verdict import Judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from logparse.sources.source import Source
    from logparse.verdicts.exports.loader import Exports

HOST = "http://airflow.example.com"
BROWSERS = ["Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Mozilla/5.0 (Macintosh) Safari/605.1"]
AGENTS = ["curl/8.5.0", "python-requests/2.32.3", *BROWSERS]
DAGS = ["etl", "sales_daily", "ml.train"]
#: App lines, and the request that is answered just behind.
APP = [
    ("[{iso}+0000] {{override.py:2142}} INFO - Login Failed for user: {user}", 401),
    ("[{iso}+0000] {{override.py:1549}} WARNING - Login Failed for user: {user}", 401),
    ("[{iso}+0000] {{dagrun.py:1}} INFO - something else", 200),
]


def sizes(chance: random.Random, path: str) -> int:
    """A size, often one that tells something."""
    told = [len(f"{HOST}{path}"), len("/home"), len("/login/"), len(f"{HOST}/home"), len("/")]
    redirected = [fixed + 2 * length for fixed in (187, 207) for length in told]
    problems = [*range(165, 260), 117, 120, 142, 145]
    choices: list[int] = [chance.choice(redirected), chance.choice(problems), chance.randrange(60, 900), 0]
    return chance.choice(choices)


def entry(chance: random.Random, at: int) -> list[str]:
    """One request, and what the app says of it."""
    day = 22 + at // 86_400  # the first is a Sunday
    when = f"{day}/Nov/2026:{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02} +0000"
    iso = f"2026-11-{day}T{at // 3600 % 24:02}:{at // 60 % 60:02}:{at % 60:02}.{chance.randrange(1000):03}"
    dag, user = chance.choice(DAGS), chance.choice(["-", "-", "ann", "bob", "eve", "svc"])
    client, agent = f"10.0.0.{chance.randrange(6)}", chance.choice(AGENTS)
    referer = chance.choice(["-", "-", f"{HOST}/home", f"{HOST}/dags/{dag}/grid"])
    kind = chance.random()
    said: list[str] = []
    if kind < 0.55:
        path = f"/api/v1/dags/{dag}/dagRuns" + chance.choice(["", "", "", "?x=1", "/"])
        method, status = "POST", chance.choice([200, 200, 200, 401, 403, 404, 409, 400, 500])
        if chance.random() < 0.05:
            text, status = chance.choice(APP)
            said = [text.format(iso=iso, user=user)]
    elif kind < 0.8:
        path = f"/dags/{dag}/trigger" + chance.choice(["", f"?origin=%2Fdags%2F{dag}%2Fgrid", "?origin=%2Fhome"])
        method, status = chance.choice(["POST", "POST", "GET"]), chance.choice([302, 302, 302, 200, 400, 403])
    elif kind < 0.85:
        path, method, status = f"/api/v1/datasets/events?dag_id={dag}", "POST", chance.choice([200, 401, 403])
    elif kind < 0.9:
        path, method, status = f"/trigger?dag_id={dag}&origin=%2Fhome", "POST", 302
    else:
        path = chance.choice(
            ["/home", "/home", "/login/", f"/login/?next={HOST}/home", "/logout/", f"/dags/{dag}/grid"]
        )
        method, status = (
            ("POST" if path == "/login/" and chance.random() < 0.5 else "GET"),
            chance.choice([200, 200, 302]),
        )
        client, agent = f"10.0.0.{chance.randrange(2)}", chance.choice(BROWSERS)
    size = sizes(chance, path.partition("?")[0])
    return [*said, f'{client} - {user} [{when}] "{method} {path} HTTP/1.1" {status} {size} "{referer}" "{agent}"']


def logs(folder: Path, seed: int) -> list[Source]:
    """Two logs of one server and one of another: usual lines first, since by them a log is told."""
    chance = random.Random(seed)
    for name in ("a/one.log", "a/two.log", "b/one.log"):
        usual = chance.choice(["-", "ann"])
        lines = [
            f'10.0.0.9 - {usual} [22/Nov/2026:00:00:00 +0000] "GET /health HTTP/1.1" 200 9 "-" "curl/8.5.0"'
            for _ in range(chance.choice([640, 700]))
        ]
        at, apart, app_lines = 0, chance.random() < 0.5, list[str]()
        for _ in range(chance.choice([60, 300, 900])):
            at += chance.choice([0, 0, 1, 2, 20, 999, -3 if at > 9 else 3])  # lines are in order of end
            *said, access = entry(chance, at)
            (app_lines if apart else lines).extend(said)
            lines.append(access)
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines))
        if app_lines:  # the app log is a file of its own
            path.with_name(f"z-{path.name}").write_text("".join(f"{line}\n" for line in app_lines))
    return sorted(find_sources([str(folder)]), key=lambda each: each.name)


def exported(found: Scan, chance: random.Random) -> Exports:
    """Exports that hold records of some requests, and of others that are not in the logs."""
    rows, runs = list[str](), list[str]()
    for number, request in enumerate(found.whole().requests):
        access, dag = request.access, request.tag.dag_id or chance.choice(DAGS)
        if access.time is None or chance.random() < 0.3:
            continue
        moment = EPOCH + timedelta(microseconds=access.time - chance.randrange(-900_000, 2_000_000))
        user = access.user if access.user and chance.random() < 0.8 else chance.choice(["ann", "bob", "Ann Lee", "eve"])
        event, page = chance.choice(["trigger", "api.post_dag_run", "dag_run.create"]), chance.choice(["/home", "/x"])
        run_id = chance.choice(["", f"mine{number}"])
        extra = chance.choice(["", f"\"[('origin', '{page}'), ('conf', '{{}}')]\""])
        rows.append(f"{number},{moment:%Y-%m-%d %H:%M:%S.%f},{dag},{event},{user},{run_id},{extra}\n")
        made = moment + timedelta(milliseconds=chance.randrange(90))
        run_id = run_id or f"manual__{made:%Y-%m-%dT%H:%M:%S.%f}+00:00"
        if chance.random() < 0.8:
            runs.append(f"{number},{dag},{run_id},{made:%Y-%m-%d %H:%M:%S.%f+00},manual\n")
    return loader.of(
        [Written("audit.csv", "id,dttm,dag_id,event,owner,run_id,extra\n" + "".join(rows))] * (chance.random() < 0.8),
        [Written("runs.csv", "id,dag_id,run_id,queued_at,run_type\n" + "".join(runs))] * (chance.random() < 0.8),
        [Written("users.json", '[{"username": "ann", "first_name": "Ann", "last_name": "Lee", "roles": ["Viewer"]}]')]
        * (chance.random() < 0.5),
        [
            Written(
                "roles.json",
                '[{"name": "Viewer", "actions": [{"action": {"name": "x"}, "resource": {"name": "y"}}]}]',
            )
        ]
        * (chance.random() < 0.3),
    )


def concluded(
    found: Scan, sources: Sequence[Source], *, deployment: str | None, exports: Exports = loader.NONE
) -> result.Result:
    """What becomes of all attempts; those that are columns are held in files."""
    options, few = pipeline.Options(deployment=deployment, exports=exports), RequestStore(UTC, limit=0)
    return result_builder.conclude(found, sources, options, ruleset(()), pages=few)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("seed", range(10))
def test_grouping_changes_no_verdict(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_store, "ROWS", 40)
    sources = logs(tmp_path, seed)
    found = Scan.total(scan(source, number, Setup()) for number, source in enumerate(sources))
    assert sum(len(each.batch.rows) for each in found.tagged) > 20
    for deployment, exports in ((None, loader.NONE), ("all of one", exported(found, random.Random(seed)))):
        one, other = (
            concluded(each, sources, deployment=deployment, exports=exports) for each in (found, found.whole())
        )
        assert one.exported == other.exported
        pd.testing.assert_frame_equal(one.attempts, other.attempts)
        pd.testing.assert_frame_equal(one.findings, other.findings)
        assert one.entries == other.entries


def test_callers_who_are_refused_alike_are_told_apart(tmp_path: Path) -> None:
    """Three of them show a setting, one shows nothing, and there is no other difference between their requests."""
    line = (
        '10.0.0.1 - {} [22/Nov/2026:00:00:00 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 187 "-" "curl/8.5.0"\n'
    )
    outcomes = set()
    for callers in (["ann"], ["ann", "bob", "eve"]):
        usual = line.replace("POST /api/v1/dags/etl/dagRuns", "GET /health").format("-") * 640
        attempts = "".join(line.format(callers[n % len(callers)]) for n in range(300))
        (tmp_path / "a.log").write_text(usual + attempts)
        sources = find_sources([str(tmp_path / "a.log")])
        found = scan(sources[0], 0, Setup())
        one, other = (concluded(each, sources, deployment=None).attempts for each in (found, found.whole()))
        pd.testing.assert_frame_equal(one, other)
        outcomes.add((one["reason"].iloc[0], one["evidence"].iloc[0]))
    assert len(outcomes) == 2


def test_a_temporary_folder_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    (source, *_) = logs(tmp_path, 1)
    columns = RequestStore(UTC, limit=0)
    columns.take(scan(source, 0, Setup()))
    with pytest.raises(OutputError, match="cannot hold what was found: No such file or directory; set TMPDIR"):
        columns.settle()


def test_most_attempts_share_a_verdict(tmp_path: Path) -> None:
    """Those of which no other line can tell: all that the web UI has to do with them is not in the log."""
    lines = [
        f'10.0.{n % 250}.{n % 7} - ann [22/Nov/2026:00:00:{n % 60:02} +0000] "POST /api/v1/dags/{DAGS[n % 3]}/dagRuns '
        f'HTTP/1.1" {200 if n % 3 else 403} {n % 90 + 300} "-" "curl/8.5.0"\n'
        for n in range(3000)
    ]
    (tmp_path / "a.log").write_text("".join(lines))
    found = scan(find_sources([str(tmp_path / "a.log")])[0], 0, Setup())
    columns = RequestStore(UTC)
    single = columns.take(found)
    columns.settle()
    grouped = groups.Groups(columns, ruleset(()), Judge(ruleset(()).outcomes).sizes)
    to_decide, _ = grouped.add(single)
    in_groups = sum(int((numbers >= 0).sum()) for numbers in grouped.of_rows)
    assert in_groups + len(single.requests) == 3000
    assert in_groups > 2000
    assert len(grouped.representatives) < 50
    assert len(to_decide.requests) == len(single.requests) + len(grouped.representatives)
    assert all(grouped.number_of(each) == number for number, each in grouped.representatives.items())
