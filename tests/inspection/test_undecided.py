"""Answers of endpoints of one's own that no outcome rule knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.inspection.undecided import list_undecided
from logparse.rules.loader import load_rules

if TYPE_CHECKING:
    from pathlib import Path

ENDPOINT = """
id = "gateway-run"
title = "Run asked for through our gateway"
channel = "rest_api"
methods = ["POST"]
path = '^/gateway/run/(?P<dag_id>[^/]+)$'
anchors = ["gateway"]
dag_id = ["path"]
reference = "https://gateway.example.com/docs"
[[match]]
request = "POST /gateway/run/sales_daily"
expect = { dag_id = "sales_daily" }
[[ignore]]
request = "GET /gateway/run/sales_daily"
"""
OUTCOME = """
id = "gateway-refused"
title = "The gateway does not allow it"
evidence = ["status"]
explanation = "x"
remedy = "x"
versions = "all"
[when]
attempt = ["gateway-run"]
status = [202, 401, 403]
[then]
outcome = "authorization_failure"
reason = "permission_denied"
confidence = "confirmed"
[[match]]
log = "x"
[[ignore]]
log = "x"
"""


@pytest.mark.parametrize(("outcome", "undecided"), [("", [202, 401, 403, 404]), (OUTCOME, [404])])
def test_answers_that_no_rule_decides(outcome: str, undecided: list[int], tmp_path: Path) -> None:
    for family, name, text in (("attempts", "gateway-run", ENDPOINT), ("outcomes", "gateway-refused", outcome)):
        (tmp_path / family).mkdir()
        if text:
            (tmp_path / family / f"{name}.toml").write_text(text, "utf-8")
    rules = load_rules((tmp_path,))
    (rule,) = [each for each in rules.attempts if each.id == "gateway-run"]
    assert list_undecided(rules, rule) == undecided
