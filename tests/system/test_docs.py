"""The README's commands and outputs are real, and the generated pages are up to date."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from folders import visible
from places import ROOT

import logparse
from logparse.rules import loader
from logparse.verdicts.exports.loader import load as exports_of

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")

DENIED = "tests/data/denied/airflow-2.11.0"


def blocks(language: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)\n```$", README, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "logparse", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample logs, where reports may be written."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "sample_logs", folder / "sample_logs")
    return folder


def test_the_first_command_prints_what_the_readme_shows(checkout: Path) -> None:
    setup, _, command = blocks("sh")[0].rpartition("&& ")
    assert setup == "python3 -m venv .venv && .venv/bin/pip install . "
    done = run(*command.removeprefix(".venv/bin/logparse ").split(), cwd=checkout)
    assert done.returncode == 0
    assert done.stderr.strip() == blocks("")[0].strip()
    assert done.stdout == ""
    assert {"2026-W47/by_user.csv", "2026-W47/coverage.csv"} <= visible(checkout / "reports").keys()


def test_ci_runs_the_second_command() -> None:
    assert f"\n{blocks('sh')[1]}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_explained_line_is_explained_so(checkout: Path) -> None:
    done = run(*blocks("sh")[2].split()[1:], cwd=checkout)
    assert done.returncode == 0
    assert done.stdout.strip() == blocks("")[1].strip()


def test_the_findings_shown_are_found(checkout: Path) -> None:
    shutil.copytree(ROOT / "tests" / "data" / "denied" / "airflow-2.11.0", checkout / DENIED)
    command = shlex.split(blocks("sh")[3].replace("\\\n", " "))
    assert run(*command[1:], cwd=checkout).returncode == 0
    with (checkout / "denied" / "2026-W47" / "findings.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    told = [line for line in README.splitlines() if re.match(r"\| [a-z-]+ \| .* \.\.\.", line)]
    assert len(told) == 3
    for finding, users, dags, attempts, missing, remedy in (line.strip("| ").split(" | ", 5) for line in told):
        (row,) = (row for row in found if (row["finding"], row["dags"], row["attempts"]) == (finding, dags, attempts))
        assert row["users"].startswith(users.removesuffix(" ..."))
        assert row["missing"] == missing.strip(" |")
        assert all(part in row["remedy"] for part in remedy.replace("`", "").removesuffix(" ...").split(" ... "))


def test_the_python_example_runs(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    exec(compile(blocks("python")[0], "README.md", "exec"), {})


class PagedApi(BaseHTTPRequestHandler):
    """An API of Airflow that lists 250 rows, of which it gives 100 at a time at most."""

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: int(value) for name, value in parse_qsl(url.query)}
        numbers = range(250)[asked["offset"] :][: min(asked["limit"], 100)]
        row = {"when": "2026-11-22T12:57:25Z", "queued_at": "2026-11-22T12:57:25Z", "dag_id": "d"}
        key, more = ("event_logs", {"event": "trigger", "owner": "tom"}) if "event" in url.path else ("dag_runs", {})
        rows = [{**row, **more, "event_log_id": number, "dag_run_id": f"r{number}"} for number in numbers]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({key: rows, "total_entries": 250}).encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_loop_in_the_guide_exports_all_pages(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "exports.md").read_text("utf-8")
    (script,) = re.findall(r"^```sh\n(AIRFLOW=.*?)\n```$", guide, re.DOTALL | re.MULTILINE)
    with ThreadingHTTPServer(("127.0.0.1", 0), PagedApi) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        script = script.replace("https://airflow.example.com", f"http://127.0.0.1:{server.server_port}")
        subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
        server.shutdown()
    exports = exports_of([str(tmp_path / "audit_log.json")], [str(tmp_path / "dag_runs.json")])
    assert exports.audit is not None
    assert exports.runs is not None
    assert (len(exports.audit), len(exports.runs), exports.gaps) == (250, 250, ())


def test_every_option_in_the_readme_exists() -> None:
    pages = (ROOT / "docs" / "cli.md").read_text("utf-8")
    ours = [line for block in blocks("sh") for line in block.splitlines() if "logparse" in line and "pip" not in line]
    options = {option for line in ours for option in re.findall(r"--[a-z-]+", line)}
    assert options
    assert all(f"`{option}" in pages for option in options)


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_sample_logs_show_every_outcome_and_channel() -> None:
    found = logparse.attempts(ROOT / "sample_logs")
    assert set(found["outcome"]) == {
        "success", "authentication_failure", "authorization_failure", "other_failure", "undetermined",
    }  # fmt: skip
    assert len(set(found["channel"])) == 7


def test_changelog_counts_the_rules() -> None:
    known = loader.load()
    counts = (
        f"{len(known.attempts)} attempt rules, {len(known.follow_ups)} follow-up rules, "
        f"{len(known.events)} event rules, {len(known.outcomes)} outcome rules and {len(known.findings)} findings"
    )
    assert counts in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_figures_in_the_readme_are_those_of_the_accuracy_page() -> None:
    page = (ROOT / "docs" / "accuracy.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| **all**"))
    cells = [cell.strip() for cell in row.split("|")[3:]]
    attempts, recall, precision, outcome, status_codes, wrong = cells[:6]
    text = " ".join(README.split())
    assert (recall, precision, wrong) == ("100 %", "100 %", "0")
    assert f"all of {int(attempts):,} attempts found" in text
    assert f"{outcome} of outcomes right" in text
    assert f"Status codes alone get {status_codes}" in text
