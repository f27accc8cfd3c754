"""Six hundred secrets of 136 kinds, in every place where a text comes in, stand in no output of any command."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Final

import planted
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from logparse import attempts
from logparse.cli import app
from logparse.common import secrets
from logparse.common.errors import LogparseError
from logparse.formats import loader as formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from logparse.formats.line_format import LineFormat
    from logparse.pipeline.options import RunOptions

ALL: Final = planted.make(seed=7)
WORDS: Final = [one for one in ALL if one.word and not one.text.startswith("/")]
TARGETS: Final = [one for one in ALL if one.text.startswith("/")]
OTHERS: Final = [one for one in ALL if not one.word]
DAG: Final = "/api/v1/dags/etl/dagRuns"
TIME: Final = "22/Nov/2026:12:00:{:02} +0000"


def access(number: int, *, user: str = "-", target: str = DAG, referer: str = "-", agent: str = "curl") -> str:
    """A line of gunicorn, with what a client may send written as gunicorn writes it."""
    referer, agent = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (referer, agent))
    request = f'"POST {target} HTTP/1.1" 403 {120 + number}'
    return f'10.0.0.{number % 200} - {user} [{TIME.format(number % 60)}] {request} "{referer}" "{agent}"'


def lines_with(one: planted.Planted, number: int) -> Iterator[str]:
    """Yield lines that hold a secret in each place that can hold it."""
    yield access(number, agent=f"x {one.text}")
    yield access(number, referer=f"http://airflow.example.com/home?q={one.text}")
    yield f"[2026-11-22T12:00:00.000+0000] {{views.py:1}} INFO - Login Failed for user: {one.text}"
    yield f"[2026-11-22T12:00:00.000+0000] {{app.py:1}} ERROR - cannot go on: {one.text}"
    yield f"something unknown {one.text}"
    if one.text.startswith("/"):
        yield access(number, target=DAG + one.text[one.text.find("?") if "?" in one.text else one.text.find(";") :])
        yield access(number, target="/trigger?dag_id=etl&origin=" + one.text.replace("&", "%26").replace("?", "%3F"))
    elif one.word:
        yield access(number, user=one.text)
        yield access(number, target=f"/api/v1/dags/{one.text}/dagRuns")
        yield access(number, target=f"/dags/{one.text}/trigger?x=1", user=one.text)
        yield f"[2026-11-22T12:00:00.000+0000] {{views.py:1}} WARNING - DAG {one.text} was not found"


@pytest.fixture(scope="module")
def step(pytestconfig: pytest.Config) -> int:
    """Of secrets for each of which a command runs, and of lines in envelopes, a usual run tries each fourth."""
    return 1 if pytestconfig.getoption("--every-case") else 4


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, step: int) -> Path:
    """A folder of logs: one that holds every secret in every place, and two in envelopes with each ``step``-th line."""
    folder = tmp_path_factory.mktemp("logs")
    lines = [line for number, one in enumerate(ALL) for line in lines_with(one, number)]
    lines.sort(key=lambda line: not line.startswith("10."))  # a name that was typed makes lines behind it doubtful
    (folder / "webserver.log").write_text("\n".join(lines) + "\n")
    other = [line.replace("10.0.0.", "10.0.1.") for line in lines[::step]]
    docker = [json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-11-22T12:00:00Z"}) for line in other]
    (folder / "docker.log").write_text("\n".join(docker) + "\n")
    other = [line.replace("10.0.0.", "10.0.2.") for line in lines[step // 2 :: step]]
    pretty = [
        {"textPayload": line, "timestamp": "2026-11-22T12:00:00Z", "insertId": str(n)} for n, line in enumerate(other)
    ]
    (folder / "export.json").write_text(json.dumps(pretty, indent=1))
    for number, one in enumerate(WORDS[:3] + [one for one in TARGETS if "/" not in one.text[1:]][:3]):
        (folder / f"web{number}-{one.text.strip('/')}.log").write_text("\n".join(lines_with(one, number)) + "\n")
    (folder / "audit.csv").write_text(audit_log())
    return folder


def audit_log() -> str:
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["id", "dttm", "dag_id", "event", "owner", "extra"])
    for number, one in enumerate(ALL):
        name = one.text if one.word else "etl"
        extra = repr([("dag_id", name), ("conf", one.text), ("password", one.secret), ("origin", one.text)])
        rows.writerow([number, "2026-11-22 12:00:00", name, "trigger", name, extra])
    return written.getvalue()


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("exports")
    (folder / "audit.csv").write_text(audit_log())
    runs = [{"dag_id": one.text, "dag_run_id": one.text, "queued_at": "2026-11-22T12:00:00Z"} for one in ALL]
    (folder / "runs.json").write_text(json.dumps({"dag_runs": runs, "total_entries": len(runs)}))
    users = [{"username": one.text, "first_name": one.text, "last_name": "x", "roles": ["Op"]} for one in ALL]
    (folder / "users.json").write_text(json.dumps(users))
    return [
        "--audit-log",
        f"{folder}/audit.csv",
        "--dag-runs",
        f"{folder}/runs.json",
        "--users",
        f"{folder}/users.json",
    ]


def run(*arguments: str, given: str = "") -> str:
    """Run a command; return all that it printed."""
    done = CliRunner().invoke(app, arguments, input=given)
    assert done.exit_code in (0, 1, 2), done.output
    return done.output


def content(folder: Path) -> str:
    """All that is in the files of a folder, and their names; Parquet files as the rows in them."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            texts += [str(path), data.decode("utf-8", "replace")]
            if data[:4] == b"PAR1":
                texts.append(repr(pq.read_table(path).to_pylist()))
                texts.append(repr(pq.read_metadata(path).metadata))
    return "\n".join(texts)


def test_there_are_six_hundred_of_many_kinds() -> None:
    assert len(ALL) >= 600
    assert len({one.kind for one in ALL}) >= 120


def test_no_table_holds_one(logs: Path, tmp_path: Path) -> None:
    said = run("attempts", str(logs), "--out", str(tmp_path / "a.csv"))
    said += run("attempts", str(logs), "--out", str(tmp_path / "a.parquet"))
    table = pq.read_table(tmp_path / "a.parquet")
    assert len(table) > 1000
    assert not planted.find_in(ALL, said + content(tmp_path))
    named = [text for text in table["dag_id"].to_pylist() if text and text.startswith("(token ")]
    assert len(set(named)) >= len(WORDS)


def test_no_archive_holds_one(logs: Path, exports: list[str], tmp_path: Path) -> None:
    place = tmp_path / "archive"
    said = run("report", str(logs), "--out", str(place), "--verbose")
    said += run("report", str(logs), "--out", str(place), "--reclassify", *exports, "--format", "parquet")
    said += run("report", "--out", str(place), "--rebuild")
    said += run("archive", "list", str(place), "--sources")
    said += run("archive", "verify", str(place))
    said += run("archive", "forget", str(place), f"{logs}/web*")
    assert "(token " in content(place)
    assert not planted.find_in(ALL, said + content(place))


def test_no_command_that_looks_inside_shows_one(logs: Path, exports: list[str], step: int) -> None:
    said = run("formats", "detect", str(logs))
    said += run("explain", f"{logs}/webserver.log", *exports)
    for number, one in enumerate(ALL[:: 48 * step]):
        for line in lines_with(one, number):
            said += run("explain", given=line + "\n")
    assert not planted.find_in(ALL, said)


def test_no_report_of_an_archive_holds_one(tmp_path: Path) -> None:
    """Members of archives are named by secrets; what was stored is shown in every form, and asked about in SQL."""
    packed = tmp_path / "logs.zip"
    with zipfile.ZipFile(packed, "w") as members:
        for number, one in enumerate([*WORDS[::24], *OTHERS[::24]]):
            members.writestr(f"{one.text}/web.log", "\n".join(lines_with(one, number)) + "\n")
    place = str(tmp_path / "archive")
    said = run("report", str(packed), "--out", place)
    for what in ("attempts", "coverage", "findings"):
        said += run("show", place, what, "--format", "jsonl")
    for schema in ("ecs", "ocsf", "otel"):
        said += run("show", place, "attempts", "--schema", schema)
    said += run("digest", place) + run("sql", place, "from attempts", "--format", "jsonl", "--limit", "9999")
    said += run("formats", "detect", str(packed)) + run("archive", "list", place, "--sources")
    assert said.count("(token ") > 50
    assert not planted.find_in(ALL, said + content(tmp_path / "archive"))


def test_no_message_about_a_place_holds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in a file of options, in the address of a database or server, in a question or a filter."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "web.log").write_text(access(1) + "\n")
    place, out = str(tmp_path / "archive"), str(tmp_path / "exports")
    said = run("report", "web.log", "--out", place)
    options = ["timezone", "log-format", "rules", "leading", "audit-log", "nonsense", "workers"]
    for number, one in enumerate(ALL[::120]):
        text = json.dumps(one.text)
        (tmp_path / "logparse.toml").write_text(f"{options[number % len(options)]} = {text}\n{text} = {text}\n")
        said += run("attempts", "web.log") + run("show", place)
        (tmp_path / "logparse.toml").write_text(f"x = {one.text}\n")
        said += run("attempts", "web.log")
        (tmp_path / "logparse.toml").unlink()
        said += run("fetch", "--db", f"postgresql://airflow:{one.secret}@127.0.0.1:1/airflow", "--out", out)
        said += run("fetch", "--db", one.text, "--out", out)
        said += run("fetch", "--api", f"http://u:{one.secret}@127.0.0.1:1/api/v2", "--out", out)
        said += run("fetch", "--api", f"http://127.0.0.1:1/{one.text}", "--out", out)
        said += run("sql", place, f"select {one.text}") + run("show", place, "--user", one.text)
        said += run("digest", place, "--week", one.text) + run("init", f"{tmp_path}/{one.text}")
    assert not planted.find_in(ALL, said)


def test_no_message_about_an_option_holds_one(tmp_path: Path, step: int) -> None:
    log = tmp_path / "webserver.log"
    log.write_text(access(1) + "\n")
    said = ""
    flags = [
        "--week", "--timezone", "--log-format", "--trusted-proxy", "--leading", "--audit-log", "--users", "--rules",
        "--workers", "--scheduler", "--overlap", "--format",
    ]  # fmt: skip
    for number, one in enumerate(ALL[:: 6 * step]):
        said += run("attempts", str(log), flags[number % len(flags)], one.text)
        said += run("report", one.text, "--out", str(tmp_path / "x"))
    said += run("report", str(log), "--out", str(tmp_path / f"x{WORDS[0].text}"))
    said += run("archive", "list", str(tmp_path / f"y{WORDS[1].text}"))
    said += run(WORDS[2].text)
    said += run(f"--{WORDS[3].text}")
    assert not planted.find_in(ALL, said)


def test_no_message_about_a_rule_file_holds_one(tmp_path: Path, step: int) -> None:
    said = ""
    for number, one in enumerate(ALL[:: 8 * step]):
        folder = tmp_path / f"rules{number}" / "attempts"
        folder.mkdir(parents=True)
        text = json.dumps(one.text)
        (folder / "mine.toml").write_text(f"id = {text}\npath = {text}\nchannel = {text}\nmethods = [{text}]\n")
        (folder / "other.toml").write_text(f"{one.text}\n")
        said += run("rules", "check", "--rules", str(folder.parent))
    assert not planted.find_in(ALL, said)


def test_no_error_of_a_function_holds_one(tmp_path: Path, step: int) -> None:
    def read(**options: object) -> Callable[[], object]:
        given: RunOptions = options  # type: ignore[assignment]
        return lambda: attempts(tmp_path, **given)

    for one in ALL[::step]:
        for call in (
            lambda one=one: attempts(f"{tmp_path}/{one.text}"),
            read(weeks=one.text),
            read(log_formats=one.text),
        ):
            with pytest.raises((LogparseError, ValueError)) as caught:
                call()
            assert not planted.find_in([one], str(caught.value))


def test_lines_are_found_again_by_exports_without_their_secrets(tmp_path: Path) -> None:
    """The record of a run of a DAG whose id is a token is still that of its request."""
    token = WORDS[0].text
    (tmp_path / "web.log").write_text(
        access(1, target=f"/api/v1/dags/{token}/dagRuns").replace(" 403 ", " 499 ") + "\n"
    )
    runs = [{"dag_id": token, "dag_run_id": "manual__1", "queued_at": "2026-11-22T12:00:01Z", "run_type": "manual"}]
    (tmp_path / "runs.json").write_text(json.dumps({"dag_runs": runs}))
    found = attempts(tmp_path / "web.log", dag_runs=tmp_path / "runs.json")
    assert found["dag_id"].to_list() == [secrets.name_tokens(secrets.hide(token))]
    assert found["outcome"].to_list() == ["success"]


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    "form", [form for form in formats.shipped() if form.kind == "access"], ids=lambda form: form.id
)
def test_no_line_format_shows_one(form: LineFormat, tmp_path: Path) -> None:
    """Whatever server wrote a line: its target, its agent, its referring page and its user may hold secrets."""
    lines = []
    for number, one in enumerate(ALL[::7]):
        sample = form.samples[number % len(form.samples)]
        told = one.text.replace('"', "'").replace("\\", "/")
        query = f"?token={one.secret}"
        for name, text in (("target", query), ("agent", f" {told}"), ("referer", query)):
            value = sample.expect.get(name)
            if isinstance(value, str) and "?" not in value and len(value) > 3:
                lines.append(sample.line.replace(value, value + text))
        user = sample.expect.get("user")
        if user and one in WORDS:
            lines.append(sample.line.replace(user, one.secret))
    log = tmp_path / "x.log"
    log.write_text("\n".join(lines) + "\n")
    out = tmp_path / "a.csv"
    said = run("attempts", str(log), "--out", str(out)) + run("formats", "detect", str(log)) + out.read_text()
    assert not planted.find_in(ALL[::7], said)
