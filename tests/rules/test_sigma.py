"""Exported Sigma rules match what the examples of the rules hold, and Sigma's own library reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from logparse.cli import app
from logparse.rules.loader import load_rules
from logparse.rules.targets import split_target

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sigma") / "rules"
    done = CliRunner().invoke(app, ["rules", "export", "--sigma", str(folder)])
    assert done.exit_code == 0, done.stderr
    assert f"{len(list(folder.rglob('*.yml')))} Sigma rules of " in done.stderr + done.stdout
    return folder


def matches(detection: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether a detection matches; for the few modifiers that are exported."""

    def holds(field: str, wanted: Any) -> bool:
        name, _, modifier = field.partition("|")
        value = event[name]
        if modifier == "re":
            return re.search(wanted, value) is not None
        if modifier:
            return bool(value >= wanted if modifier == "gte" else value <= wanted)
        return value in (wanted if isinstance(wanted, list) else [wanted])

    def selects(part: Any) -> bool:
        options = part if isinstance(part, list) else [part]
        return any(all(holds(*each) for each in option.items()) for option in options)

    parts = {name: selects(part) for name, part in detection.items() if name != "condition"}
    return bool(eval(detection["condition"], {"__builtins__": {}}, parts))  # of names, and, or, not and brackets


def test_exported_rules_match_what_the_rules_match(exported: Path) -> None:
    rules, tried = load_rules(), 0
    for attempt in rules.attempts:
        if attempt.redirects:  # only the next page shows that it was an attempt
            assert not (exported / "attempts" / f"{attempt.id}.yml").exists()
            continue
        detection = yaml.safe_load((exported / "attempts" / f"{attempt.id}.yml").read_text("utf-8"))["detection"]
        for example in attempt.examples:
            method, _, target = str(example.data["request"]).partition(" ")
            asked = split_target(target)
            event = {"cs-method": method, "cs-uri-stem": asked.match, "cs-uri-query": asked.query}
            assert matches(detection, event) == example.positive, (attempt.id, example.data)
            tried += 1
    for event_rule in rules.events:
        detection = yaml.safe_load((exported / "events" / f"{event_rule.id}.yml").read_text("utf-8"))["detection"]
        for example in event_rule.examples:
            if "message" in example.data and example.positive:
                assert matches(detection, {"message": example.data["message"]}), (event_rule.id, example.data)
                tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("name", "path", "status", "expected"),
    [
        ("v1-forbidden-likely", "/api/v1/dags/a/dagRuns", 403, True),
        ("v1-forbidden-likely", "/api/v1/dags/a/dagRuns", 401, False),
        ("v1-forbidden-likely", "/api/v1/dags/~/dagRuns", 403, False),
        ("v1-forbidden-likely", "/api/v2/dags/a/dagRuns", 403, False),
        ("ui-server-error", "/dags/a/trigger", 502, True),
        ("ui-server-error", "/dags/a/trigger", 600, False),
    ],
)
def test_outcomes_that_one_line_tells_ask_for_request_and_status(
    exported: Path, name: str, path: str, status: int, expected: bool
) -> None:
    told = yaml.safe_load((exported / "outcomes" / f"{name}.yml").read_text("utf-8"))
    assert (
        matches(told["detection"], {"cs-method": "POST", "cs-uri-stem": path, "cs-uri-query": "", "sc-status": status})
        == expected
    )
    assert not (exported / "outcomes" / "api-accepted.yml").exists()


def test_the_library_of_sigma_finds_nothing_wrong(exported: Path) -> None:
    """Needs the extra ``sigma``; ``.ci/run sigma`` installs it and runs these tests."""
    collections = pytest.importorskip("sigma.collection", reason="pySigma is not installed: see .ci/run sigma")
    from sigma.validation import SigmaValidator  # type: ignore[import-not-found]
    from sigma.validators.core import validators  # type: ignore[import-not-found]

    read = collections.SigmaCollection.load_ruleset([exported], collect_errors=True)
    assert [(rule.source, rule.errors) for rule in read.rules if rule.errors] == []
    assert len(read.rules) == len(list(exported.rglob("*.yml")))
    assert SigmaValidator(set(validators.values())).validate_rules(read.rules) == []
