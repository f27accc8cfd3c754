"""Recorded logs whose format leaves queries out, as ``%(U)s`` does: what follows tells the way to the login page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import matching
import pytest
import recordings

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

CASES = {case.name: case for case in recordings.cases()}
QUERY = re.compile(rb'("(?:GET|POST|HEAD|PUT) [^ "?]*)\?[^ "]*( HTTP/)')


def outcomes(name: str, folder: Path) -> list[tuple[str, str, str]]:
    """What became of each attempt, what a log without queries shows, and how sure that is."""
    case = CASES[name]
    for file, content in case.content().items():
        (folder / file).write_bytes(QUERY.sub(rb"\1\2", content))
    found = run.run(discovery.find_sources([str(folder)]), options.Options(setup=case.setup)).attempts
    got, sent = matching.rows(found), recordings.truth(case)
    return [(sent[i].outcome, got[j].outcome, got[j].confidence) for i, j in matching.match(got, sent).items()]


@pytest.mark.parametrize(
    "name",
    [
        "airflow-2.5.2-basic-no-queries-replicas",
        "airflow-2.6.2-basic-httpd-combined",  # sizes hold the headers, so that more is left open
        "airflow-2.7.2-restart-backends",
        "airflow-2.7.3-basic",
        "airflow-2.8.4-basic",
        "airflow-2.9.1-basic-envoy",  # it logs no pages that requests came from, either
        "airflow-2.9.3-basic",
        "airflow-2.9.3-own-api-backend",
        "airflow-2.10.3-basic-dag-roles",
        "airflow-2.10.5-session-only",
        "airflow-2.11.2-oauth",
    ],
)
def test_nobody_who_is_not_logged_in_succeeds(name: str, tmp_path: Path) -> None:
    found = outcomes(name, tmp_path)
    assert [one for one in found if one[:2] == ("authentication_failure", "success")] == []
    assert [one for one in found if one[:2] == ("success", "authentication_failure")] == []
    assert [one for one in found if one[0] != one[1] and one[2] == "confirmed"] == []
    right = sum(was == told for was, told, _ in found)
    assert right >= (0.8 if "httpd" in name else 0.85) * len(found)


@pytest.mark.parametrize("name", ["airflow-2.8.4-basic", "airflow-2.10.5-session-only"])
def test_the_login_page_that_follows_shows_that_the_session_was_lost(name: str, tmp_path: Path) -> None:
    found = outcomes(name, tmp_path)
    refused = [told for was, told, _ in found if was == "authentication_failure"]
    assert refused.count("authentication_failure") >= 0.9 * len(refused)
