"""The commands and outputs in README and guides are real, and the generated pages are up to date."""

from __future__ import annotations

import ast
import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from folders import visible
from places import ROOT
from test_architecture import ROOMS
from typer.testing import CliRunner

import logparse
from logparse.cli import app
from logparse.envelopes import compiler
from logparse.formats import loader
from logparse.formats.json_lines.field_sources import SOURCE_KEYS
from logparse.rules.loader import load_rules

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text("utf-8")
PAGES = (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))

DENIED = "tests/data/denied/airflow-2.11.0"


def blocks(language: str, page: str = README) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    return [text for name, text in found if name == language]


def guide(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


def assert_excerpt(excerpt: str, whole: str) -> None:
    """Lines of the excerpt are in the whole, in this order and without others between them but for `...`."""
    rest = whole
    for part in re.split(r"^\.\.\.$", excerpt, flags=re.MULTILINE):
        if lines := part.strip("\n"):
            assert lines in rest
            rest = rest.partition(lines)[2]


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
    assert done.stderr.strip() == blocks("", guide("reports"))[0].strip()
    assert_excerpt(blocks("")[0], done.stderr)
    assert done.stdout == ""
    assert {"2026-W47/by_user.csv", "2026-W47/coverage.csv"} <= visible(checkout / "reports").keys()


def test_ci_runs_the_second_command() -> None:
    assert f"\n{blocks('sh')[1]}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_explained_line_is_explained_so(checkout: Path) -> None:
    assert blocks("sh")[2] == blocks("sh", guide("explain"))[0]
    done = run(*blocks("sh")[2].split()[1:], cwd=checkout)
    assert done.returncode == 0
    assert done.stdout.strip() == blocks("", guide("explain"))[0].strip()
    assert_excerpt(blocks("")[1], done.stdout)


def test_the_findings_shown_are_found(checkout: Path) -> None:
    shutil.copytree(ROOT / "tests" / "data" / "denied" / "airflow-2.11.0", checkout / DENIED)
    command = shlex.split(blocks("sh", guide("findings"))[0].replace("\\\n", " "))
    assert run(*command[1:], cwd=checkout).returncode == 0
    with (checkout / "denied" / "2026-W47" / "findings.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    told = [line for line in guide("findings").splitlines() if re.match(r"\| [a-z-]+ \| .* \.\.\.", line)]
    assert len(told) == 3
    for finding, users, dags, attempts, missing, remedy in (line.strip("| ").split(" | ", 5) for line in told):
        (row,) = (row for row in found if (row["finding"], row["dags"], row["attempts"]) == (finding, dags, attempts))
        assert row["users"].startswith(users.removesuffix(" ..."))
        assert row["missing"] == missing.strip(" |")
        assert all(part in row["remedy"] for part in remedy.replace("`", "").removesuffix(" ...").split(" ... "))


def test_the_python_example_runs(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    exec(compile(blocks("python", guide("reports"))[0], "reports.md", "exec"), {})


def test_the_recipes_run(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout)
    assert CliRunner().invoke(app, ["report", "sample_logs", "--out", "reports", "--quiet"]).exit_code == 0
    for question in blocks("sql", guide("recipes")):
        done = CliRunner().invoke(app, ["sql", "reports", question])
        assert (done.exit_code, done.stdout.count("\n") > 1) == (0, True), done.stderr
    exec(compile(blocks("python", guide("recipes"))[0], "recipes.md", "exec"), {})
    cells: dict[str, Any] = {}
    for cell in blocks("python", guide("notebook")):
        exec(compile(cell, "notebook.md", "exec"), cells)
        *_, last = ast.parse(cell).body
        assert isinstance(last, ast.Expr)
        shown = eval(ast.unparse(last), cells)
        assert len(getattr(shown, "data", shown)), cell


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_in_a_page_exists(page: Path) -> None:
    known = guide("cli")
    commands = [line for block in blocks("sh", page.read_text("utf-8")) for line in block.splitlines()]
    ours = [re.sub(r"'[^']*'", "", line) for line in commands if re.match(r"\s*(\.venv/bin/)?logparse ", line)]
    options = {option for line in ours for option in re.findall(r"(?<=\s)--[a-z-]+", line)}
    assert [option for option in sorted(options) if f"`{option}" not in known] == []


@cache
def anchors(page: Path) -> set[str]:
    """What links into a page may name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link, _, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#([^)]+))?\)", page.read_text("utf-8")):
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


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


def test_the_page_of_modules_has_all_rooms_in_their_order() -> None:
    rooms = [room for room in ROOMS if not room.startswith("__")]
    assert re.findall(r"^## \[`(\w+)`\]", guide("modules"), re.MULTILINE) == rooms


@pytest.fixture
def changed_program(tmp_path: Path) -> Path:
    """A checkout in which files may be added."""
    for folder in ("logparse", "rules"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def recipe(number: int) -> str:
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return re.sub(r"^   ", "", page.split("## Recipe ")[number].partition("\n## ")[0], flags=re.MULTILINE)


def checked(program: Path, *arguments: str) -> str:
    """What a command of a changed program prints; nothing of the installed one is used."""
    done = subprocess.run(
        [sys.executable, "-m", "logparse", *arguments],
        cwd=program,
        env={**os.environ, "PYTHONPATH": str(program)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_recipes_for_formats_and_envelopes_work(changed_program: Path) -> None:
    package = changed_program / "logparse"
    before = checked(changed_program, "formats", "check")
    (package / "formats" / "shipped" / "cdn77-json.toml").write_text("\n".join(blocks("toml", recipe(1))), "utf-8")
    (package / "envelopes" / "shipped" / "gelf.toml").write_text("\n".join(blocks("toml", recipe(2))), "utf-8")
    numbers = [
        [int(number) for number in re.findall(r"\d+", text)]
        for text in (before, checked(changed_program, "formats", "check"))
    ]
    assert [new - old for old, new in zip(*numbers, strict=True)] == [1, 1, 2]


def test_the_page_of_data_files_names_every_key() -> None:
    formats, _, envelopes = guide("data-files").partition("\n## Envelopes\n")
    for page, keys in (
        (formats, (*loader.KEYS, *SOURCE_KEYS, "line", "expect", "why", "does", "when")),
        (envelopes, (*compiler.KEYS, "line", "expect", "why")),
    ):
        named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", page))))
        assert {*keys, "sample"} <= named


def test_the_guide_to_formats_of_ones_own_works(tmp_path: Path) -> None:
    page = guide("own-formats")
    format_file, envelope_file, commands = blocks("sh", page)
    for script in (format_file, envelope_file):
        subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    (line, _) = blocks("text", page)
    (tmp_path / "gateway.log").write_text(
        f"<<node-1/airflow-web-0@2026-03-01T23:59:59Z>> {line.strip()}\n" * 3, "utf-8"
    )
    told = [run(*command.split()[1:], cwd=tmp_path) for command in commands.splitlines()]
    assert [done.returncode for done in told] == [0, 0, 0], told
    assert "all pass" in told[0].stdout
    attempts = pd.concat(map(pd.read_parquet, (tmp_path / "reports" / "attempts").rglob("*.parquet")))
    values = attempts[["user", "client", "status", "host", "pod", "duration_ms"]].drop_duplicates().to_numpy().tolist()
    assert values == [["alice", "192.0.2.44", 403, "node-1", "airflow-web-0", 12.0]]
    assert "my-formats/shipper: my-formats/gateway" in next((tmp_path / "reports").glob("coverage.*")).read_text(
        "utf-8"
    )
    (tmp_path / "my-formats" / "gateway.toml").write_text(blocks("sh", page)[0].partition("END'\n")[2][:200], "utf-8")
    assert "my-formats/gateway.toml: " in run(*commands.splitlines()[0].split()[1:], cwd=tmp_path).stderr


def test_the_recipe_for_rules_works(tmp_path: Path) -> None:
    *scripts, check = blocks("sh", recipe(3))
    for script in scripts:
        subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True)
    # The rule for an API backend of one's own knows messages better than the general rules, whose examples it may take.
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    (example,) = [block for block in blocks("toml", page) if 'role = "credentials_refused"' in block]
    (tmp_path / "my-rules" / "events").mkdir(exist_ok=True)
    (tmp_path / "my-rules" / "events" / "our-key-refused.toml").write_text(example, "utf-8")
    assert len(list((tmp_path / "my-rules").glob("*/*.toml"))) == len(scripts) + 1 == 3
    done = run(*check.splitlines()[0].split()[1:], cwd=tmp_path)
    assert done.returncode == 0
    assert "gateway-run.toml: no outcome rule decides answers 202, 401, 404;" in " ".join(done.stderr.split())
    assert "all pass" in done.stdout


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
    first = next(line for line in page.split("## Servers that nobody had seen")[1].splitlines() if "**all**" in line)
    assert f"{first.split('|')[4].strip()} of outcomes were right at first" in text
    cases = [
        line.split("|")[7].strip(" %") for line in page.split("## With exports")[0].splitlines() if "| airflow-" in line
    ]
    wrong_shares = sorted(round(100 - float(right)) for right in cases)
    assert f"We have {len(cases)} recordings of real servers" in text
    overall = round(100 - float(status_codes.strip(" %")))
    assert f"wrong for {overall} % of the trigger attempts ({wrong_shares[0]} to {wrong_shares[-1]} %," in text
    assert f"It knows [{len(load_rules().findings)} causes]" in text
