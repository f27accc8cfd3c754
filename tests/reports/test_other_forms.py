"""Files that are no logs of a server are named, with what to give instead."""

from __future__ import annotations

import pytest

from logparse.formats.given import compile_formats
from logparse.formats.recognizer import Recognizer
from logparse.reports.other_forms import OtherForm, find_other_form, other_forms

SAMPLES = [(form, sample) for form in other_forms() for sample in form.samples]


@pytest.mark.parametrize(("form", "sample"), SAMPLES, ids=[sample[:40] for _, sample in SAMPLES])
def test_a_sample_is_recognised(form: OtherForm, sample: str) -> None:
    assert find_other_form([(1, "something else"), (2, sample)]) == form
    assert Recognizer(compile_formats()).kind(sample) == ""  # else it would be counted as understood


@pytest.mark.parametrize(
    "line",
    [
        "no log at all",
        '{"log": "INFO: ready", "stream": "stdout"}',
        "id,dttm,dag_id,event,owner",
        "192.0.2.4 GET /x 200",
        "<pre>",
        "select * from log where event = 'trigger'",
    ],
)
def test_other_lines_are_not_named(line: str) -> None:
    assert find_other_form([(1, line)]) is None


def test_what_was_done_to_lines_is_named_beside_others_if_most_show_it() -> None:
    cut = '203.0.113.10 - alice [04/Mar/2026:10:00:01 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 4'
    form = find_other_form([(1, cut)], among=True)
    assert form is not None
    assert "cut off" in form.what
    assert find_other_form([(1, cut), (2, "x"), (3, "y")], among=True) is None  # anybody may have sent one such line
    assert find_other_form([(1, "# HELP airflow_x y")], among=True) is None
