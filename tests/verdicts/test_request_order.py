"""Pages that browsers get from one replica behind attempts at another, on lines of Airflow 2.10.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOME = "/airflow/home"
BUTTON = "/airflow/dags/s3_to_redshift_hourly/trigger?redirect_url=/airflow/home"
FORM = "/airflow/dags/s3_to_redshift_hourly/trigger?origin=%2Fairflow%2Fhome"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"


def line(
    second: int, method: str, target: str, status: int, size: int, referer: str = HOME, agent: str = CHROME
) -> str:
    return (
        f'127.0.0.30 - - [30/Nov/2026:04:04:{second} +0530] "{method} {target} HTTP/1.1" {status} {size} '
        f'"http://flow.mill.example{referer}" "{agent}"\n'
    )


#: Two pages before the attempt, the attempt, and the page with "Access is Denied".
FIRST, SEEN = line(44, "GET", HOME, 200, 92698), line(45, "GET", HOME, 200, 92698)
ASKED, DENIED = line(45, "POST", BUTTON, 302, 213), line(45, "GET", HOME, 200, 92868)
OTHERS = line(45, "GET", HOME, 200, 92868, agent=FIREFOX)
#: A form that makes a run whose id somebody chose, and then asks for the same run again.
PLAIN = "".join(line(second, "GET", HOME, 200, 93644) for second in (12, 17, 18, 20))
OPENED = line(22, "GET", FORM, 200, 24017)
SENT, MADE = line(22, "POST", FORM, 302, 261, FORM), line(22, "GET", HOME, 200, 93886, FORM)
AGAIN, TAKEN = line(23, "POST", FORM, 302, 261, FORM), line(23, "GET", HOME, 200, 93829, FORM)
REFUSED, UNKNOWN, ONCE = (
    ("authorization_failure", "permission_denied"),
    ("success", None),
    ("other_failure", "conflict"),
)
#: The page behind it holds no message, or is not known.
OPEN = ("undetermined", "success|permission_denied")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (FIRST + ASKED, SEEN + DENIED, [REFUSED]),
        (SEEN + DENIED, FIRST + ASKED, [REFUSED]),
        (FIRST + ASKED, SEEN + OTHERS, [OPEN]),  # another browser's page
        (SEEN + DENIED + ASKED, FIRST, [OPEN]),  # in one log, the page stands before the attempt
        (OPENED + MADE + OPENED + TAKEN, PLAIN + SENT + AGAIN, [UNKNOWN, ONCE]),
        (PLAIN + SENT + AGAIN, OPENED + MADE + OPENED + TAKEN, [UNKNOWN, ONCE]),
    ],
)  # fmt: skip
def test_a_page_of_the_same_second_follows_the_attempt_that_led_there(
    tmp_path: Path, one: str, other: str, expected: Sequence[tuple[str, str | None]]
) -> None:
    for name, text in (("web1", one), ("web2", other)):  # two servers that run at the same time
        probes = [line(second, "GET", f"/airflow/health?{name}", 200, 300) for second in (10, 59)]
        (tmp_path / f"{name}.log").write_text(text.join(probes), "utf-8")
    found = run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts
    assert [(row.outcome, row.reason) for row in found.itertuples()] == expected
