"""The page of a week says what the tables say, needs nothing else, and runs nothing that a stranger wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from pages import HOSTILE, hostile_log, line, make_page
from places import ROOT
from typer.testing import CliRunner

from logparse.cli import app
from logparse.pipeline.weekly.week_reports import read_names
from logparse.reports.page import week_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from logparse.archive.storage.interface import Storage


class Elements(HTMLParser):
    """The elements of a page, their attributes, and the texts of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        self._within = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - as the parser calls it
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in self.texts:
            self.texts[self._within].append(data)


def read_list(data: str) -> dict[str, Any]:
    """The list of attempts of a page, as its script reads it."""
    held: dict[str, Any] = json.loads(data)
    assert len(held["texts"]) == len({json.dumps(text) for text in held["texts"]})
    return held | {"rows": [[held["texts"][code] for code in row] for row in held["rows"]]}


@pytest.fixture(scope="module")
def hostile_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    make_page(folder, hostile_log())
    return folder / "reports"


@pytest.fixture(scope="module")
def hostile(hostile_archive: Path) -> str:
    return hostile_archive.with_name("week.html").read_text("utf-8")


def test_nothing_that_a_stranger_wrote_becomes_an_element(hostile: str, tmp_path: Path) -> None:
    plain = Elements(make_page(tmp_path, line(1, "uma", "a", 403) + line(2, "uma", "a", 200)))
    found = Elements(hostile)
    assert found.names.count("script") == plain.names.count("script") == 2
    assert not {"img", "iframe", "object", "embed", "base"} & set(found.names)
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "style", "srcdoc")]
    assert found.texts["title"][0] == "DAG triggers in 2026-W47"
    assert "{{7*7}}" in hostile.partition("Seen for the first time")[2]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", hostile)
    assert ">=cmd()\\x1b\\t</span>" in hostile
    links = {value for name, value in found.attributes if name == "href"}
    assert all(link is not None and link.startswith(("#", "https://")) for link in links)


def test_the_list_of_attempts_is_data(hostile: str) -> None:
    data, _ = Elements(hostile).texts["script"]
    assert "<" not in data
    held = read_list(data)
    assert len(held["rows"]) == 4 * len(HOSTILE)
    users = {row[held["columns"].index("user")] for row in held["rows"]}
    assert HOSTILE[0].partition(":")[0] in {str(user)[: len(HOSTILE[0])] for user in users}


def test_the_policy_allows_the_page_its_own_style_and_script_alone(hostile: str) -> None:
    found = Elements(hostile)
    policy = next(value for name, value in found.attributes if name == "content" and value and "default-src" in value)
    assert policy.startswith("default-src 'none'; ")
    for text, name in ((found.texts["style"][0], "style-src"), (found.texts["script"][1], "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy


def test_the_page_says_what_the_tables_say(tmp_path: Path) -> None:
    run, out = CliRunner(), str(tmp_path / "reports")
    run.invoke(app, ["report", str(ROOT / "sample_logs"), "--out", out])
    page = run.invoke(app, ["html", out, "--out", "-"]).stdout
    assert len(page) < 500_000
    users = pd.read_csv(tmp_path / "reports" / "2026-W47" / "by_user.csv")
    for column, word in (
        ("attempts", "attempts"),
        ("successes", "success"),
        ("authorization_failures", "not permitted"),
    ):
        assert f"<b>{users[column].sum():,}</b> {word}" in page
    findings = pd.read_csv(tmp_path / "reports" / "2026-W47" / "findings.csv")
    for severity, number in findings["severity"].value_counts().items():
        assert severity == "info" or f"<b>{number}</b> {severity}" in page
    assert run.invoke(app, ["html", out, "--all", "--out", str(tmp_path / "site")]).exit_code == 0
    needed = findings[findings["severity"] != "info"]
    severe, index = needed["severity"].isin(["critical", "high"]).sum(), (tmp_path / "site" / "index.html").read_text()
    assert (needed["status"] == "new").all()  # there is no other week
    cells = [f'<td class="n">{len(needed)}</td>'] * 2 + [f'<td class="n bad">{severe}</td>']
    assert "".join(cells) in index
    order = re.findall(r'<details class="card(?: cause)? sev-(\w+)"', page)
    assert order == sorted(order, key=["critical", "high", "medium", "low"].index)
    assert "Nothing was logged from 2026-11-16 00:00 to 2026-11-22 12:38." in page


def test_a_week_without_attempts_and_one_with_a_single_one_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('10.0.0.1 - - [22/Nov/2026:12:00:00 +0000] "GET /health HTTP/1.1" 200 9 "-" "-"\n')
    run, out = CliRunner(), str(tmp_path / "reports")
    assert run.invoke(app, ["report", str(tmp_path / "a.log"), "--out", out, "--week", "2026-W47"]).exit_code == 0
    page = run.invoke(app, ["html", out, "--out", "-"]).stdout
    for told in (
        "Nobody tried to trigger a DAG", "<b>0</b> attempts", "Nothing needs action.", "No attempt was made.",
        "No attempt shows both its user and its DAG.", "There was no attempt.", "<p>There is none.</p>",
        "<p>Every line was understood (1).</p>",
    ):  # fmt: skip
        assert told in page
    assert '<table class="grid' not in page
    (tmp_path / "one").mkdir()
    page = make_page(tmp_path / "one", line(1, "uma", "a", 403))
    for told in (
        "1 finding, neither critical nor high.", "<b>1</b> attempt</li>", "Nothing is urgent.",
        "Of 1 verdict, 1 is likely. None of the attempts have no known user.",
    ):  # fmt: skip
        assert told in page


def test_cards_stand_by_severity_whatever_airflow_they_are_of(tmp_path: Path) -> None:
    """The table has the rows of one Airflow after those of the other one."""
    guessed = "".join(line(31, "kim", "a", 401).replace(":31:00 ", f":31:{n:02} ") for n in range(12))
    logs = {"a": line(1, "uma", "a", 403) * 5, "b": guessed + line(32, "kim", "payroll", 200)}
    run, out = CliRunner(), str(tmp_path / "reports")
    for name, log in logs.items():
        (tmp_path / f"{name}.log").write_text(log)
        asked = ["report", str(tmp_path / f"{name}.log"), "--out", out, "--deployment", name]
        assert run.invoke(app, asked).exit_code == 0
    table = pd.read_csv(tmp_path / "reports" / "2026-W47" / "findings.csv")
    assert table["deployment"].tolist() == sorted(table["deployment"])
    assert table["severity"].iloc[0] != "critical"
    page = run.invoke(app, ["html", out, "--out", "-"]).stdout
    order = re.findall(r'<details class="card(?: cause)? sev-(\w+)"', page)
    assert order[0] == "critical"
    assert order == sorted(order, key=["critical", "high", "medium", "low"].index)


def test_a_card_shows_when_in_the_week_its_attempts_were(tmp_path: Path) -> None:
    """Two in the last bar but three of Sunday, one in the bar before it, which is half as high."""
    page = make_page(tmp_path, "".join(line(at, "uma", "a", 403) for at in (11 * 60, 12 * 60, 13 * 60)))
    assert f'<path d="M{(6 * 8 + 3) * 4 + 2} 16v-8M{(6 * 8 + 4) * 4 + 2} 16v-16"></path>' in page


def test_the_matrix_has_no_row_and_no_column_without_attempts(tmp_path: Path) -> None:
    """Each of thirteen DAGs is tried by many users, none of whom is among those with the most attempts."""
    many = "".join(line(at, f"u{at}", f"common{at % 13}", 200) for at in range(130))
    log = many + "".join(line(at, f"top{at % 12}", f"own{at % 12}", 403) for at in range(60))
    rows = make_page(tmp_path, log).partition('<table class="grid matrix">')[2].partition("</table>")[0]
    cells = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in rows.split("<tr>")[2:]]
    assert len(cells) == 12
    assert all(any(row) for row in cells)
    assert all(any(column) for column in zip(*cells, strict=True))


def test_the_matrix_of_a_part_of_the_week_is_of_all_attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list has failures alone if there are many."""
    monkeypatch.setattr(week_page, "MOST_ATTEMPTS", 2)
    asked = [("uma", "a", 403), ("uma", "a", 200), ("uma", "a", 200), ("uma", "b", 404), ("kim", "a", 200)]
    log = "".join(line(60 * (n // 3) + n, *each) for n, each in enumerate(asked))
    held = read_list(Elements(make_page(tmp_path, log)).texts["script"][0])
    assert len(held["rows"]) == 2
    sunday = 6 * 24
    assert held["matrix"] == [[0, 0, sunday, 3, 1], [0, 1, sunday + 1, 1, 1], [1, 0, sunday + 1, 1, 0]]


def test_the_folder_of_the_logs_stands_in_the_list_once(tmp_path: Path) -> None:
    folder = tmp_path / "a-long-name-of-a-folder"
    for user in ("uma", "victor"):
        (folder / "deep").mkdir(parents=True, exist_ok=True)
        (folder / "deep" / user).write_text(line(1, user, "a", 403) + line(2, user, "b", 403), encoding="utf-8")
    run, out = CliRunner(), str(tmp_path / "reports")
    run.invoke(app, ["report", str(folder), "--out", out])
    data, _ = Elements(run.invoke(app, ["html", out, "--out", "-"]).stdout).texts["script"]
    held = read_list(data)
    at = held["columns"].index("line")
    whole = {held["folder"] + row[at] for row in held["rows"]}
    assert whole == {f"{folder}/deep/{user}:{number}" for user in ("uma", "victor") for number in (1, 2)}
    assert data.count(folder.name) == 1


def test_many_attempts_fit_into_a_small_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(week_page, "MOST_ATTEMPTS", 50)
    log = "".join(line(at, f"user{at}", f"dag{at}", 403 if at % 20 else 200) for at in range(600))
    page = make_page(tmp_path, log)
    held = read_list(Elements(page).texts["script"][0])
    assert (len(held["rows"]), held["total"]) == (50, 600)
    assert {row[held["columns"].index("outcome")] for row in held["rows"]} == {"authorization_failure"}
    assert "50 of 600" in page


def test_a_week_that_is_not_there_is_said(tmp_path: Path) -> None:
    run = CliRunner()
    assert "is no archive" in run.invoke(app, ["html", str(tmp_path), "--out", "-"]).stderr
    make_page(tmp_path, line(1, "uma", "a", 403))
    done = run.invoke(app, ["html", str(tmp_path / "reports"), "--week", "2026-W01", "--out", str(tmp_path / "b.html")])
    assert done.exit_code == 2
    assert "has no week 2026-W01; the last ones are 2026-W47" in done.stderr
    assert not (tmp_path / "b.html").exists()
    for week, says in [("W47", "write year and week as in 2026-W47"), ("2026-W60", "there is no week 2026-W60")]:
        done = run.invoke(app, ["html", str(tmp_path / "reports"), "--week", week, "--out", "-"])
        assert done.exit_code == 2
        assert says in " ".join(done.stderr.replace("│", " ").split())


def test_a_bug_while_a_page_is_made_is_no_wrong_week(monkeypatch: pytest.MonkeyPatch, hostile_archive: Path) -> None:
    def fail(*_: object) -> str:
        raise ValueError

    monkeypatch.setattr("logparse.reports.page.digest.write_digest", fail)
    assert CliRunner().invoke(app, ["digest", str(hostile_archive)]).exit_code == 4


def test_an_archive_without_weeks_has_no_pages(tmp_path: Path) -> None:
    run, out = CliRunner(), str(tmp_path / "reports")
    (tmp_path / "a.log").write_text('10.0.0.1 - - [22/Nov/2026:12:00:00 +0000] "GET /health HTTP/1.1" 200 9 "-" "-"\n')
    asked = ["report", str(tmp_path / "a.log"), "--out", out, "--html", str(tmp_path / "site")]
    assert run.invoke(app, asked).exit_code == 0
    for wrong in (["html", out, "--all", "--out", str(tmp_path / "site")], ["digest", out]):
        done = run.invoke(app, wrong)
        assert (done.exit_code, "holds no week yet" in done.stderr) == (2, True)


def test_hidden_names_are_hidden_on_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGPARSE_PSEUDONYM_KEY", "k" * 40)
    (tmp_path / "a.log").write_text("".join(line(at, "carmen", "a", 403) for at in range(4)), encoding="utf-8")
    out = str(tmp_path / "reports")
    given = ["report", str(tmp_path / "a.log"), "--out", out, "--pseudonymize", "user"]
    assert CliRunner().invoke(app, given).exit_code == 0
    page = CliRunner().invoke(app, ["html", out, "--out", "-"]).stdout
    assert "user-" in page
    assert "carmen" not in page
    # A digest of the name alone could be made by anybody who guesses the name.
    assert hashlib.sha256(b"carmen").hexdigest()[:8] not in page
    shown = CliRunner().invoke(app, ["report", str(tmp_path / "a.log"), "--out", str(tmp_path / "plain")])
    assert shown.exit_code == 0
    keys = [set(pd.read_csv(tmp_path / name / "2026-W47" / "findings.csv")["key"]) for name in ("reports", "plain")]
    assert keys[0].isdisjoint(keys[1])


def test_the_part_on_security_lists_attacks_and_what_was_run_from_there(tmp_path: Path) -> None:
    """Each by a link to its card; the runs of one intruder once, though two findings are about it."""
    tried = [line(30, f"u{n}", "a", 401).replace(":30:00 ", f":30:{n:02} ") for n in range(20)]
    guessed = [line(31, "kim", "a", 401).replace(":31:00 ", f":31:{n:02} ") for n in range(12)]
    page = make_page(tmp_path, "".join([*tried, *guessed, line(32, "kim", "payroll", 200), line(40, "eve", "b", 403)]))
    part = page[page.index('<section id="security">') :].partition("</section>")[0]
    links = re.findall(r'<span class="badge">(\w+)</span> <a href="#([\w-]+)">([^<]+)</a>', part)
    assert [(severity, title) for severity, _, title in links] == [
        ("critical", "A password was tried until one fitted"), ("high", "Many names are tried from one address"),
    ]  # fmt: skip
    for severity, anchor, title in links:
        card = page.partition(f'<details class="card sev-{severity}" id="{anchor}"')[2]
        assert title in card.partition("</summary>")[0]
    assert "kim from 10.0.0.1" in part
    assert part.count("payroll by kim at 2026-11-22 00:32:00 UTC (") == 1
    assert "those above" in part
    assert "eve" not in part
    (tmp_path / "quiet").mkdir()
    quiet = make_page(tmp_path / "quiet", line(40, "eve", "b", 403))
    assert "No finding is about names or passwords that were tried" in quiet


def test_weeks_have_pages_that_lead_to_each_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    logs, out, site = tmp_path / "a.log", str(tmp_path / "reports"), tmp_path / "site"
    logs.write_text(line(1, "vera", "a", 403) + line(2, "uma", "a", 200).replace("22/Nov", "12/Nov"))
    run = CliRunner()
    done = run.invoke(app, ["report", str(logs), "--out", out, "--html", str(site), "--quiet", "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["committed"]
    assert {**told, "committed": 0} == {**json.loads((tmp_path / "reports" / "run.json").read_text()), "committed": 0}
    pages = {path.name: path.read_text("utf-8") for path in site.iterdir()}
    assert sorted(pages) == ["2026-W46.html", "2026-W47.html", "index.html"]
    for name, page in pages.items():
        links = {value for key, value in Elements(page).attributes if key == "href" and value}
        links = {link for link in links if not link.startswith(("#", "https://"))}
        assert links == set(pages) - {name}
    assert "2026-W46: 1 attempts, 0 failed" in pages["index.html"]
    assert "2026-W47: 1 attempts, 1 failed" in pages["index.html"]
    told = "2026-W46: {}; 2026-W47: {}"
    tiles = re.findall(r"<title>([^<]*)</title><path.*?>([^<]+)</span>", pages["2026-W47.html"])
    assert tiles == [(told.format(1, 1), "0"), (told.format(1, 0), "-1"), (told.format(0, 1), "+1")]
    assert "script-src" not in pages["index.html"]
    assert "Seen for the first time" not in pages["2026-W46.html"]  # there is no earlier week
    new = pages["2026-W47.html"].partition("Seen for the first time")[2]
    assert re.findall(r"<h4>(\w+): (\w+)</h4>", new)[:2] == [("Users", "1"), ("Addresses", "none")]
    assert '<th scope="row">vera</th><td class="n">1</td><td class="n bad">1</td>' in new
    assert '<li class="life-new"><b>1</b> new</li>' in pages["2026-W47.html"]
    assert "life-new" not in pages["2026-W46.html"].partition("</style>")[2]
    digest = run.invoke(app, ["digest", out]).stdout
    assert "1 attempt, new, since 2026-11-22" in digest
    assert "\nSeen for the first time:\n\n- Users: `vera` (1 attempt, 1 failed)\n\nRead: " in digest
    kept = site / "2026-W46.html"
    kept.write_text("kept")
    later = tmp_path / "b.log"
    later.write_text(line(3, "uma", "a", 200).replace("22/Nov", "25/Nov"))
    assert run.invoke(app, ["report", str(later), "--out", out, "--html", str(site)]).exit_code == 0
    assert sorted(path.name for path in site.iterdir()) == [*sorted(pages)[:2], "2026-W48.html", "index.html"]
    assert kept.read_text() == "kept"
    assert 'href="2026-W48.html"' in (site / "2026-W47.html").read_text("utf-8")
    asked: list[str] = []

    def read(storage: Storage, name: str, week: str, columns: Sequence[str]) -> dict[str, set[str]]:
        asked.append(week)
        return read_names(storage, name, week, columns)

    monkeypatch.setattr("logparse.pipeline.weekly.pages.read_names", read)
    assert run.invoke(app, ["html", out, "--all", "--out", str(site)]).exit_code == 0
    assert asked == ["2026-W46", "2026-W47"], "names of each week are read once"
    assert kept.read_text() != "kept"
    for wrong in (["html", out, "--all", "--out", "-"], ["html", out, "--all", "--week", "2026-W46", "--out", "x"]):
        assert run.invoke(app, wrong).exit_code == 2


def test_a_digest_names_the_airflow_of_each_cause(tmp_path: Path) -> None:
    for name, user in (("one", "vera"), ("two", "carl")):
        (tmp_path / "logs" / name).mkdir(parents=True)
        (tmp_path / "logs" / name / "a.log").write_text(line(1, user, "a", 403))
    run, out = CliRunner(), str(tmp_path / "reports")
    assert run.invoke(app, ["report", str(tmp_path / "logs"), "--out", out]).exit_code == 0
    digest = run.invoke(app, ["digest", out]).stdout
    assert re.findall(r"- Airflow: `(.*)`", digest) == [
        ", ".join(str(tmp_path / "logs" / name) for name in ("one", "two"))
    ]


def test_pages_that_cannot_be_written_are_said_and_the_archive_is(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(line(1, "uma", "a", 403))
    (tmp_path / "site" / "index.html").mkdir(parents=True)
    asked = ["report", str(tmp_path / "a.log"), "--out", str(tmp_path / "reports"), "--html", str(tmp_path / "site")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 1
    assert "index.html" in done.stderr
    assert (tmp_path / "reports" / "run.json").exists()


def test_a_digest_shows_what_strangers_wrote_and_nothing_of_it_is_markdown(hostile_archive: Path) -> None:
    done = CliRunner().invoke(app, ["digest", str(hostile_archive)])
    assert done.exit_code == 0
    found = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(done.stdout)
    inner = [each for token in found for each in (token, *(token.children or []))]
    assert not [token.type for token in inner if token.type.startswith(("html", "link", "image", "em_", "fence", "s_"))]
    shown = "".join(token.content for token in inner if token.type in ("text", "text_special", "code_inline"))
    for name in ("<script>", "<img src=x onerror=alert(1)>", "{{7*7}}", "*x* _y_"):
        assert name in shown
    code = [token.content for token in inner if token.type == "code_inline"]
    assert any(re.fullmatch(r"airflow roles add-perms .*-a can_edit", text) for text in code)
    assert "@here" not in re.sub(r"`[^`]*`|\\@", "", done.stdout)
    assert "not an ISO week" in CliRunner().invoke(app, ["digest", str(hostile_archive), "--week", "x"]).stderr
