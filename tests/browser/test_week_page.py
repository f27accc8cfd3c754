"""The page of a week in a real browser: it filters, sorts and brushes, and runs nothing that a stranger wrote.

Needs Chromium and the extra ``browser``; ``.ci/run browser`` installs both and runs these tests. Without them, they are
left out.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from pages import HOSTILE, hostile_log, line, make_page
from places import ROOT
from typer.testing import CliRunner

from logparse.cli import app

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The browser asks nobody for anything, and may run as root.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of two weeks: the sample logs, and a few attempts of the week before."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "early.log").write_text(line(1, "uma", "a", 403).replace("22/Nov", "12/Nov"), encoding="utf-8")
    asked = ["report", str(ROOT / "sample_logs"), str(folder / "early.log"), "--out", str(folder / "reports")]
    assert CliRunner().invoke(app, [*asked, "--html", str(folder / "site"), "--quiet"]).exit_code == 0
    return folder / "site"


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    yield from open_page(browser, (site / "2026-W47.html").as_uri(), timezone_id="Asia/Tokyo")


def open_page(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    context = browser.new_context(reduced_motion="reduce", **options)
    shown = context.new_page()
    shown.problems = []
    shown.on("pageerror", lambda error: shown.problems.append(str(error)))
    shown.on("console", lambda message: shown.problems.append(message.text) if message.type == "error" else None)
    shown.on("dialog", lambda dialog: (shown.problems.append(dialog.message), dialog.dismiss()))
    shown.goto(address)
    yield shown
    assert shown.problems == []
    context.close()


def cells(page: Any, column: str) -> list[str]:
    names = page.locator("#list thead button").all_inner_texts()
    found: list[str] = page.locator(f"#list tbody td:nth-child({names.index(column) + 1})").all_inner_texts()
    return found


def matches(page: Any) -> int:
    return int(re.findall(r"(\d+) match", page.locator("#matches").inner_text())[0])


def test_search_and_outcome_choose_attempts_and_stand_in_the_address(page: Any) -> None:
    everything = matches(page)
    page.get_by_role("searchbox").fill("victor")
    assert 0 < matches(page) < everything
    assert set(cells(page, "user")) == {"victor"}
    page.locator("#outcome").select_option("authorization_failure")
    assert set(cells(page, "outcome")) == {"not permitted"}
    chosen, address = matches(page), page.url
    page.goto("about:blank")
    page.goto(address)
    assert matches(page) == chosen
    page.get_by_role("button", name="Show all").click()
    assert matches(page) == everything
    assert "#" not in page.url


def test_columns_are_sorted_both_ways_with_the_keyboard(page: Any) -> None:
    page.locator("#outcome").select_option("authorization_failure")
    status = page.get_by_role("button", name="status", exact=True)
    status.press("Enter")
    up = cells(page, "status")
    assert up == sorted(up)
    assert page.locator("#list th[aria-sort=ascending]").inner_text() == "status"
    status.press("Enter")
    assert cells(page, "status") == sorted(up, reverse=True)


def test_brushing_the_bars_shows_the_attempts_of_that_time(page: Any) -> None:
    page.locator("#bars").scroll_into_view_if_needed()
    everything, frame = matches(page), page.locator("#bars").bounding_box()
    cells_before = page.locator(".matrix tbody td").all_inner_texts()
    for first, last, expected in ((1, 100, 0), (158, 145, everything)):
        x, y = frame["x"], frame["y"] + 30
        page.mouse.move(x + frame["width"] * first / 168, y)
        page.mouse.down()
        page.mouse.move(x + frame["width"] * last / 168, y, steps=4)
        page.mouse.up()
        assert matches(page) == expected
    assert "Sun 0:00 to Sun 15:00" in page.locator("#matches").inner_text()
    assert "hours=144-159" in page.url
    assert page.locator(".matrix tbody td").all_inner_texts() == cells_before
    assert page.locator("#act .card.out, #why tr.out").count() == 0
    page.get_by_role("button", name="Mon", exact=True).press("Enter")
    assert matches(page) == 0
    assert page.locator("#bars g.out").count() == page.locator("#bars g").count()
    assert set(page.locator(".matrix tbody td").all_inner_texts()) == {""}
    assert page.locator("#chosen").inner_text() == "Only from Mon 0:00 to Tue 0:00."
    assert page.locator("#act .card.out:not(.cause)").count() == page.locator("#act .card:not(.cause)").count() > 0
    page.get_by_role("button", name="Mon", exact=True).press("Enter")
    assert matches(page) == everything
    assert page.locator(".matrix tbody td").all_inner_texts() == cells_before


def test_users_dags_and_cells_of_the_matrix_show_their_attempts(page: Any) -> None:
    cell = page.locator(".matrix td", has_text="14/19").first
    assert "first failure 2026-11-22 12:" in cell.get_attribute("title")
    cell.click()
    assert (set(cells(page, "user")), set(cells(page, "DAG"))) == ({"svc-etl"}, {"etl_plain"})
    assert matches(page) == 19
    page.locator(".matrix").get_by_role("button", name="uma", exact=True).press("Enter")
    assert set(cells(page, "user")) == {"uma"}
    assert len(set(cells(page, "DAG"))) > 1
    page.locator(".hours tbody tr:last-child td").nth(12).click()
    assert {time[11:13] for time in cells(page, "time")} == {"12"}


def test_times_are_shown_in_the_zone_of_the_browser(page: Any) -> None:
    since, first = page.locator("#act time").first, cells(page, "time")[0]
    before = since.inner_text()
    page.get_by_label("Times in my time zone").check()
    for utc, local in ((before, since.inner_text()), (first, cells(page, "time")[0])):
        assert int(local[11:13]) == (int(utc[11:13]) + 9) % 24
    assert page.locator("#zone").inner_text() == "your time zone"


def test_what_is_listed_is_saved_as_csv(page: Any) -> None:
    page.get_by_role("searchbox").fill("fin.kim")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    text = saved.value.path().read_bytes().decode()
    assert text.count("\r\n") == matches(page) + 1
    assert '"fin.kim"' in text


def test_links_lead_from_page_to_page(page: Any) -> None:
    page.get_by_role("link", name="All weeks").click()
    assert page.locator("h1").inner_text() == "All weeks"
    page.get_by_role("link", name="2026-W46").click()
    page.get_by_role("link", name="2026-W47").click()
    assert page.get_by_role("heading", name="Seen for the first time").is_visible()
    page.get_by_role("link", name="Attempts").click()
    assert page.url.endswith("#attempts-list")


@pytest.mark.parametrize("name", ["2026-W47.html", "index.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_page(browser: Any, site: Path, name: str, scheme: str) -> None:
    for shown in open_page(browser, (site / name).as_uri(), color_scheme=scheme, bypass_csp=True):
        shown.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found = axe.Axe().run(shown).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_links_of_the_part_on_security_open_the_findings(page: Any) -> None:
    """Those of low severity are within an element that is closed."""
    for link in page.locator("#security .matters a").all():
        card = page.locator(link.get_attribute("href"))
        link.click()
        assert card.evaluate("card => card.open && card.checkVisibility()")
        assert link.inner_text() in card.locator("h3").inner_text()
    assert page.problems == []


def test_a_phone_shows_the_page_without_scrolling_sideways(browser: Any, site: Path) -> None:
    for shown in open_page(browser, (site / "2026-W47.html").as_uri(), viewport={"width": 390, "height": 844}):
        assert shown.evaluate("document.documentElement.scrollWidth") == 390


def test_pages_of_quiet_weeks_work(browser: Any, tmp_path: Path) -> None:
    """There is nothing to choose on them, and nothing that a script looks for in vain."""
    health = '10.0.0.1 - - [22/Nov/2026:12:00:00 +0000] "GET /health HTTP/1.1" 200 9 "-" "-"\n'
    for name, log in (("none", health), ("one", line(1, "uma", "a", 200)), ("nameless", line(1, "-", "a", 403))):
        (tmp_path / f"{name}.log").write_text(log)
        out = str(tmp_path / name)
        asked = ["report", str(tmp_path / f"{name}.log"), "--out", out, "--week", "2026-W47", "--html", f"{out}-site"]
        assert CliRunner().invoke(app, [*asked, "--quiet"]).exit_code == 0
        for shown in open_page(browser, (tmp_path / f"{name}-site" / "2026-W47.html").as_uri()):
            assert shown.locator("#filter").is_visible() == (name != "none")
            shown.get_by_label("Times in my time zone").check()


def test_a_phone_breaks_no_word_of_the_glossary(browser: Any, site: Path) -> None:
    for shown in open_page(browser, (site / "2026-W47.html").as_uri(), viewport={"width": 390, "height": 844}):
        widths = shown.evaluate("[...document.querySelectorAll('#words dd')].map((each) => each.clientWidth)")
        assert min(widths) > 250


def test_nothing_runs_that_strangers_wrote(browser: Any, tmp_path: Path) -> None:
    make_page(tmp_path, hostile_log())
    for shown in open_page(browser, (tmp_path / "week.html").as_uri()):
        assert shown.title() == "DAG triggers in 2026-W47"
        assert shown.locator("script").count() == 2
        assert shown.locator("img, iframe, object, embed").count() == 0
        assert matches(shown) == 4 * len(HOSTILE)
        for header in shown.locator(".matrix th button").all():
            header.click()
            assert matches(shown) > 0
        for outcome in ("authorization_failure", "success"):
            shown.locator("#outcome").select_option(outcome)
        for text in HOSTILE:
            shown.get_by_role("searchbox").fill(text)
        shown.goto(shown.url.partition("#")[0] + '#search=<img src=x onerror=alert(1)>&sort="><script>&hours=9-x')
        shown.reload()
        assert shown.title() == "DAG triggers in 2026-W47"
