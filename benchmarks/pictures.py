"""Make the pictures of the documentation: the page of a week of the fourth fleet, in Chromium.

python benchmarks/pictures.py

Needs Debian's Chromium and the extra ``browser``, as ``.ci/run browser`` does. Look at each picture before it is
committed.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fleet_logs import Fleet
from fleet_scores import report_weeks
from fourth_fleet import plant_erp, plant_web
from fourth_fleet_tokens import plant_fin, plant_hub
from playwright.sync_api import sync_playwright
from typer.testing import CliRunner

from logparse.cli import app

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES: Final = Path(__file__).resolve().parent.parent / "docs" / "images"
_WEEK: Final = "2026-W47"
_WIDTH: Final = 1280
_PHONE: Final = 390


def write_pages(folder: Path) -> Path:
    """Write the logs of the fleet, their archive and its pages below a folder; return the page of its last week."""
    with contextlib.chdir(folder):  # the pages name the logs as they were given
        fleet = Fleet(1)
        for plant in (plant_erp, plant_web, plant_hub, plant_fin):
            plant(fleet)
        report_weeks(fleet, Path("logs"))
        done = CliRunner().invoke(app, ["html", "logs/out", "--all", "--out", "pages"])
    if done.exit_code:
        raise SystemExit(done.output)
    return folder / "pages" / f"{_WEEK}.html"


@contextlib.contextmanager
def show(browser: Any, page: Path, *, width: int = _WIDTH, height: int = 1000, **options: Any) -> Iterator[Any]:
    """Show a page in a window of some size."""
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce", **options)
    shown = context.new_page()
    shown.goto(page.as_uri())
    yield shown
    context.close()


def take(browser: Any, page: Path) -> None:
    """Take all pictures of a page."""
    with show(browser, page, height=1420) as shown:
        shown.screenshot(path=IMAGES / "week.png")
    with show(browser, page, height=1240) as shown:
        shown.get_by_role("button", name="Thu", exact=True).click()
        shown.evaluate("document.getElementById('when').scrollIntoView()")
        shown.screenshot(path=IMAGES / "week-when-who.png")
    with show(browser, page, color_scheme="dark") as shown:
        shown.screenshot(path=IMAGES / "week-dark.png")
    with show(browser, page, width=_PHONE) as shown:
        shown.screenshot(path=IMAGES / "week-phone.png")
    with show(browser, page, width=794, height=1000) as shown:
        shown.emulate_media(media="print")
        shown.screenshot(path=IMAGES / "week-print.png")
    with show(browser, page.with_name("index.html"), height=560) as shown:
        shown.screenshot(path=IMAGES / "weeks.png")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work, sync_playwright() as started:
        Path(work, "logs").mkdir()
        chromium = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        take(chromium, write_pages(Path(work)))
        chromium.close()
