"""Rules: each passes its own examples and is needed for them; what is wrong with a rule file is said, all at once."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from places import TESTS

import logparse
from logparse.common.errors import RuleError
from logparse.formats import line_format, loader
from logparse.inspection import format_samples, rule_examples
from logparse.inspection.rule_examples import Checker
from logparse.rules.loader import load_rules, shipped_folder
from logparse.rules.model import EventRule, Example, RequestRule, Rule, RuleSet
from logparse.scans import settings

INVALID = TESTS / "invalid_rules"
RULES = load_rules()
FAMILIES = {
    "attempts": RULES.attempts,
    "follow_ups": RULES.follow_ups,
    "events": RULES.events,
    "outcomes": RULES.outcomes,
    "findings": RULES.findings,
}
EVERY: list[Rule] = [rule for rules in FAMILIES.values() for rule in rules]
PATTERNS: list[RequestRule | EventRule] = [*RULES.attempts, *RULES.follow_ups, *RULES.events]
CHECKER = Checker(RULES)


def name(rule: Rule) -> str:
    return f"{rule.family}/{rule.id}"


def find(where: str) -> Rule:
    return next(rule for rule in EVERY if name(rule) == where)


def swapped(rule: Rule, *instead: Rule) -> RuleSet:
    """The shipped rules with ``instead`` in place of ``rule``."""
    rules: Any = [each for old in FAMILIES[rule.family] for each in (instead if old.id == rule.id else (old,))]
    changed: dict[str, Any] = {rule.family: tuple(rules)}
    return replace(RULES, **changed)


def failed_matches(rules: RuleSet, rule: Rule) -> list[str]:
    matches = replace(rule, examples=tuple(example for example in rule.examples if example.positive))
    return [problem.item for problem in Checker(rules).run(matches)]


class TestShipped:
    """The rules that come with logparse."""

    @pytest.mark.parametrize("rule", [*RULES.attempts, *RULES.findings], ids=name)
    def test_names_its_source(self, rule: Rule) -> None:
        assert rule.reference.startswith("https://")

    @pytest.mark.sampled(12)
    @pytest.mark.parametrize("rule", EVERY, ids=name)
    def test_passes_its_examples(self, rule: Rule) -> None:
        assert [str(problem) for problem in CHECKER.run(rule)] == []

    def test_every_file_is_a_rule(self) -> None:
        assert {name(rule) for rule in EVERY} == {
            f"{path.parent.name}/{path.stem}" for path in shipped_folder().rglob("*.toml")
        }

    def test_a_run_reads_the_same_without_examples(self) -> None:
        quick = load_rules(trusting=True)
        assert [*quick] == [replace(rule, examples=()) for rule in RULES]
        assert quick.digest == RULES.digest

    def test_none_claims_what_another_claims(self) -> None:
        attempts = replace(RULES, follow_ups=(), events=(), outcomes=(), findings=())
        assert [str(problem) for problem in rule_examples.check_rules(attempts)] == []

    @pytest.mark.sampled(12)
    @pytest.mark.parametrize("rule", EVERY, ids=name)
    def test_is_needed(self, rule: Rule) -> None:
        assert failed_matches(swapped(rule), rule)

    @pytest.mark.sampled(12)
    @pytest.mark.parametrize("rule", PATTERNS, ids=name)
    def test_pattern_is_needed(self, rule: RequestRule | EventRule) -> None:
        if isinstance(rule, EventRule):
            broken: Rule = replace(rule, message=f"(?:{rule.message})x{{9}}")
        else:
            broken = replace(rule, path=f"(?:{rule.path})x{{9}}")
        assert failed_matches(swapped(rule, broken), rule)


class TestExamples:
    """What is said of an example that does not do as it says."""

    @pytest.mark.parametrize(
        ("where", "data", "positive", "text"),
        [
            (
                "attempts/rest-v1-dag-run",
                {"request": "GET /api/v1/dags/x/dagRuns"},
                True,
                "no rule takes it",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v2/dags/x/dagRuns"},
                True,
                "`rest-v2-dag-run` takes it",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v1/dags/x/dagRuns"},
                True,
                "dag_id is 'x', not None",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v1/dags/x/dagRuns", "expect": {"dag_id": "x", "dag": "x"}},
                True,
                "dag is none of dag_id",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v1/dags/x/dagRuns", "expect": {"dag_id": "y"}, "todo": True},
                True,
                "",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v1/dags/x/dagRuns", "expect": {"dag_id": "x"}, "todo": True},
                True,
                "works now: remove `todo`",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /api/v1/dags/x/dagRuns"},
                False,
                "the rule takes what it should not",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "/api/v1/dags/x/dagRuns"},
                True,
                'request must read "METHOD target"',
            ),
            ("attempts/rest-v1-dag-run", {"why": "nothing asked"}, False, "request is missing"),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /x", "staus": 200},
                False,
                "unknown key staus; did you mean `status`?",
            ),
            (
                "attempts/rest-v1-dag-run",
                {"request": "POST /x", "status": "200"},
                False,
                "status must be of type int",
            ),
            (
                "events/login-failed",
                {"message": "Login Failed for user: x", "expect": {"user": "y"}},
                True,
                "user is 'x', not 'y'",
            ),
            (
                "events/login-failed",
                {"message": "Login Failed for user: x", "loc": "override.py:2240", "expect": {"detail": ""}},
                True,
                "detail is 'wrong_password', not ''",
            ),
            ("outcomes/v1-forbidden-likely", {"log": ""}, True, "log is missing"),
            ("outcomes/v1-forbidden-likely", {"log": "nothing\n"}, True, "no trigger attempt is in the log"),
            ("outcomes/v1-forbidden-likely", {"log": "nothing\n"}, False, "no trigger attempt is in the log"),
            ("outcomes/v1-forbidden-likely", {"log": "x", "log_format": "%(h)s %(?)s"}, True, "log_format: "),
            (
                "outcomes/v1-forbidden-likely",
                {"log": 'INFO:     127.0.0.2:1 - "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 OK\n'},
                True,
                "`api-accepted` decides the last attempt; not met: status",
            ),
            (
                "outcomes/v1-forbidden-likely",
                {"log": 'INFO:     127.0.0.2:1 - "POST /api/v1/dags/x/dagRuns HTTP/1.1" 403 Forbidden\n'},
                False,
                "the rule decides what it should not",
            ),
            (
                "outcomes/v1-forbidden-likely",
                {
                    "log": 'INFO:     127.0.0.2:1 - "POST /api/v1/dags/x/dagRuns HTTP/1.1" 403 Forbidden\n',
                    "expect": {"dag_id": "x", "user": "uma"},
                },
                True,
                "user is None, not 'uma'",
            ),
        ],
    )
    def test_is_told(self, where: str, data: dict[str, Any], positive: bool, text: str) -> None:
        example = Example("[[match]] 1", data, positive=positive, todo=data.get("todo", False))
        rule = replace(find(where), examples=(example,))
        problems = CHECKER.run(rule)
        assert [str(problem).partition(": [[match]] 1: ")[2][: len(text) or None] for problem in problems] == (
            [text] if text else []
        )

    def test_anchor_must_be_in_the_line(self) -> None:
        rule = find("attempts/asset-event")
        assert isinstance(rule, RequestRule)
        changed = replace(rule, anchors=("dagRuns",))
        problems = [str(problem) for problem in Checker(swapped(rule, changed)).run(changed)]
        assert problems == ["attempts/asset-event.toml: [[match]] 1: none of the rule's anchors is in its line"]

    def test_two_rules_claim_one_request(self) -> None:
        rule = find("attempts/asset-event")
        again = replace(rule, id="asset-event-2", file="attempts/asset-event-2.toml")
        problems = [
            str(problem)
            for problem in rule_examples.check_rules(
                replace(swapped(rule, rule, again), follow_ups=(), events=(), outcomes=(), findings=())
            )
        ]
        assert problems == [
            "attempts/asset-event-2.toml: [[match]] 1: `asset-event` takes it",
            "attempts/asset-event-2.toml: [[match]] 1: `asset-event` claims it too",
            "attempts/asset-event.toml: [[match]] 1: `asset-event-2` claims it too",
        ]


MISTAKES = sorted(path.name for path in INVALID.iterdir())


def expected_of(mistake: str) -> list[str]:
    """What ``problems.txt`` says; what stands behind ``...`` there, others have worded: RE2, tomllib."""
    folder = INVALID / mistake
    return (folder / "problems.txt").read_text("utf-8").replace("FOLDER", str(folder)).splitlines()


def problems_of(*folders: Path) -> list[str]:
    with pytest.raises(RuleError) as raised:
        load_rules(folders)
    with pytest.raises(RuleError) as trusting:
        load_rules(folders, trusting=True)
    said = [str(problem) for problem in raised.value.problems]
    assert str(raised.value).splitlines() == str(trusting.value).splitlines() == said
    return said


def cut(said: list[str], expected: list[str]) -> list[str]:
    """``said`` without what others worded."""
    heads = [text.removesuffix("...") for text in expected if text.endswith("...")]
    return [next((head + "..." for head in heads if text.startswith(head)), text) for text in said]


class TestInvalid:
    """What is said of a rule file that cannot be used."""

    @pytest.mark.parametrize("mistake", MISTAKES)
    def test_mistake(self, mistake: str) -> None:
        expected = expected_of(mistake)
        assert cut(problems_of(INVALID / mistake), expected) == expected

    def test_a_folder_in_place_of_a_rule(self, tmp_path: Path) -> None:
        (tmp_path / "events" / "mine.toml").mkdir(parents=True)
        (said,) = problems_of(tmp_path)
        assert said.startswith(f"{tmp_path}/events/mine.toml: cannot be read: is a directory; check who may read it")

    def test_a_folder_that_may_not_be_looked_into(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real = Path.iterdir

        def refused(folder: Path) -> Any:
            if folder.is_relative_to(tmp_path):
                raise PermissionError(13, "Permission denied", str(folder))
            return real(folder)

        monkeypatch.setattr(Path, "iterdir", refused)
        said = problems_of(tmp_path)
        assert [text.partition("; ")[0] for text in said] == [
            f"{tmp_path / family}: cannot be read: permission denied" for family in FAMILIES
        ]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ('title = "The role', "title = The role", "outcomes/v1-forbidden.toml: not valid TOML: "),
            ('title = "The role', 'tittle = "The role', "outcomes/v1-forbidden.toml: tittle: unknown key; "),
            ("[then]", "[the]", "outcomes/v1-forbidden.toml: the: unknown key; "),
        ],
    )
    def test_a_shipped_rule_that_somebody_changed(
        self, old: str, new: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(shipped_folder(), tmp_path / "rules")
        monkeypatch.setattr("logparse.rules.loader.shipped_folder", lambda: tmp_path / "rules")
        changed = tmp_path / "rules" / "outcomes" / "v1-forbidden.toml"
        changed.write_text(changed.read_text("utf-8").replace(old, new), "utf-8")
        assert problems_of()[0].startswith(said)

    def test_all_at_once(self) -> None:
        expected = [text for mistake in MISTAKES for text in expected_of(mistake)]
        said = cut(problems_of(*(INVALID / mistake for mistake in MISTAKES)), expected)
        assert sorted(said) == sorted(expected)


class TestUserRules:
    """Folders of the user's own rules."""

    def test_replace_shipped_ones_by_name(self, tmp_path: Path) -> None:
        text = (shipped_folder() / "outcomes" / "v1-forbidden.toml").read_text("utf-8")
        (tmp_path / "outcomes").mkdir()
        (tmp_path / "outcomes" / "v1-forbidden.toml").write_text(
            text.replace('title = "The role does not allow it"', 'title = "Ask Olga"'), "utf-8"
        )
        rules = load_rules([tmp_path])
        changed = [rule for rule, shipped in zip(rules.outcomes, RULES.outcomes, strict=True) if rule != shipped]
        assert [(rule.id, rule.title) for rule in changed] == [("v1-forbidden", "Ask Olga")]
        assert rules.digest != RULES.digest

    def test_add_to_shipped_ones(self, tmp_path: Path) -> None:
        (tmp_path / "attempts").mkdir()
        (tmp_path / "attempts" / "gateway.toml").write_text(
            """
            id = "gateway"
            title = "Run asked for through our gateway"
            channel = "rest_api"
            methods = ["POST"]
            path = '^/portal/start/(?P<dag_id>[^/]+)$'
            anchors = ["portal"]
            dag_id = ["path"]
            [[match]]
            request = "POST /portal/start/etl"
            expect = { dag_id = "etl" }
            [[ignore]]
            request = "GET /portal/start/etl"
            """,
            "utf-8",
        )
        rules = load_rules([tmp_path])
        assert {rule.id for rule in rules.attempts} - {rule.id for rule in RULES.attempts} == {"gateway"}
        assert Checker(rules).run(next(rule for rule in rules.attempts if rule.id == "gateway")) == []

    def test_two_rules_on_typed_text_with_a_group_of_one_name(self, tmp_path: Path) -> None:
        (tmp_path / "events").mkdir()
        (tmp_path / "events" / "portal-refused.toml").write_text(
            """
            id = "portal-refused"
            title = "Our portal refused name and password"
            message = '^Portal refused user: (?P<user>.*)$'
            anchors = ["refused"]
            typed = true
            [joins]
            requests = ["login"]
            statuses = [302]
            [[match]]
            message = "Portal refused user: uma"
            expect = { user = "uma" }
            [[ignore]]
            message = "Portal refused the session of user: uma"
            """,
            "utf-8",
        )
        rules = load_rules([tmp_path])
        assert [Checker(rules).run(rule) for rule in rules.events if rule.typed] == [[], []]
        # Somebody typed a name with a line break and an access line, which has another time than its message.
        forged = '10.0.0.9 - ann [22/Nov/2026:12:50:40 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 9 "-" "-"'
        for message in ("Portal refused user", "Login Failed for user"):
            log = tmp_path / "server.log"
            log.write_text(
                f"[2026-11-22T12:50:56.519+0000] {{portal.py:1}} WARNING - {message}: x\n{forged}\n"
                '10.0.0.9 - - [22/Nov/2026:12:50:56 +0000] "POST /login/ HTTP/1.1" 302 9 "-" "-"\n',
                "utf-8",
            )
            found = logparse.attempts(log, rules=[tmp_path])
            assert found["dag_id"].to_list() == [], message

    def test_take_part_by_their_role(self, tmp_path: Path) -> None:
        (tmp_path / "follow_ups").mkdir()
        (tmp_path / "follow_ups" / "portal.toml").write_text(
            """
            id = "portal"
            title = "Login page of our portal"
            role = "login_page"
            methods = ["GET"]
            path = '^/portal/login$'
            anchors = ["portal"]
            [[match]]
            request = "GET /portal/login"
            [[ignore]]
            request = "GET /portal"
            """,
            "utf-8",
        )
        (tmp_path / "follow_ups" / "token.toml").write_text(
            """
            id = "token"
            title = "Tokens of our portal"
            role = "login"
            methods = ["POST"]
            path = '^/portal/token$'
            anchors = ["portal"]
            [[match]]
            request = "POST /portal/token"
            [[ignore]]
            request = "GET /portal/token"
            """,
            "utf-8",
        )
        rules = load_rules([tmp_path])
        shown = next(rule for rule in rules.outcomes if rule.id == "ui-login-shown")
        assert shown.when["follow_up"] == ("login-page:200", "portal:200", "login-next-page:200")
        checked = next(rule for rule in rules.events if rule.id == "user-checked")
        assert checked.requests == ("login-attempt", "oauth-login", "token-request", "token")


SAMPLES = [
    pytest.param(form, sample.line, id=f"{form.id}-{number}")
    for form in loader.shipped()
    for number, sample in enumerate(form.samples, 1)
]


class TestFormats:
    """The line formats that come with logparse, against their samples."""

    def test_samples_hold_what_they_say(self) -> None:
        assert [str(problem) for problem in format_samples.check_formats()] == []

    @pytest.mark.parametrize(("form", "line"), SAMPLES)
    def test_sample_fits_one_format(self, form: line_format.LineFormat, line: str) -> None:
        for text in (line, line_format.strip_colour(line)):
            fitting = {each.id for each in loader.shipped() if each.read(text) is not None}
            assert fitting <= {form.id}
        assert form.read(line_format.strip_colour(line)) is not None


HOSTILE_TOML = {
    "nested": "a = " + "[" * 50_000,
    "nested tables": "a = " + "{a = " * 30_000,
    "parts of a key": "a" + ".a" * 60_000 + " = 1",
    "parts of a table": "[" + "a." * 60_000 + "a]",
    "quoted parts": '"a"' + '."a"' * 40_000 + " = 1",
    "digits": "a = " + "1" * 100_000,
    "size": "# " + "x" * 300_000,
    "bytes": "\ud800",
}


@pytest.mark.parametrize("kind", HOSTILE_TOML)
def test_a_rule_file_that_could_take_long_is_refused(kind: str, tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "x.toml").write_bytes(HOSTILE_TOML[kind].encode("utf-8", "surrogatepass"))
    with pytest.raises(RuleError, match=r"events/x\.toml: (not valid TOML|is nested too deeply|has 300,002 bytes)"):
        load_rules([tmp_path])


def test_a_rule_file_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    os.mkfifo(tmp_path / "events" / "x.toml")
    with pytest.raises(RuleError, match=r"events/x\.toml: is a pipe or a device"):
        load_rules([tmp_path])


EVENT = """
id = "x"
title = "t"
message = '''{pattern}'''
anchors = ["Evil"]
typed = {typed}
[joins]
requests = ["rest_api"]
statuses = [401]
[[match]]
message = "Evil aa"
expect = {{}}
[[ignore]]
why = "w"
message = "x"
"""


def folder_of(tmp_path: Path, pattern: str, typed: str = "true") -> Path:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "x.toml").write_text(EVENT.format(pattern=pattern, typed=typed))
    return tmp_path


@pytest.mark.parametrize(
    "pattern",
    [r"Evil (?=a)a", r"Evil (a)\1", r"(?P<a>Evil)(?P=a)", "Evil (?:a{1000}){1000}", "Evil a{2000}",
     "(" * 5000 + "Evil" + ")" * 5000, "Evil (?<!a)", "Evil (?>a)", "Evil a++"],
)  # fmt: skip
def test_a_pattern_that_re2_cannot_run_is_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"events/x\.toml: message: not a pattern that"):
        load_rules([folder_of(tmp_path, pattern)])


@pytest.mark.parametrize(
    "pattern", [r"^Evil (?:a+)+$", r"^Evil (?:a|aa)+$", r"^Evil (?:.*a){20}$", "^Evil (?P<user>(?:a*)*)$"]
)
def test_a_typed_pattern_takes_linear_time(pattern: str, tmp_path: Path) -> None:
    """In Python's own engine, each of these would not end before the sun does."""
    folder = folder_of(tmp_path, pattern)
    log = tmp_path / "x.log"
    head = "[2026-09-01T12:00:00.000+0000] {x.py:1} INFO - Evil "
    log.write_text("".join(f"{head}{'a' * length}!\n" for length in (10, 100, 10_000, 500_000)))
    assert logparse.attempts(log, rules=folder).empty


def test_typed_rules_are_true_of_their_examples() -> None:
    typed = [rule for rule in RULES.events if rule.typed]
    assert typed
    is_typed = settings._compile_typed(RULES)  # noqa: SLF001
    for rule in typed:
        for example in rule.examples:
            if example.positive:
                assert is_typed(str(example.data["message"]))
    assert not is_typed("Access is Denied for: can_trigger on: Airflow")
    assert is_typed("Login Failed for user: \udcff")
    assert not settings._compile_typed(replace(RULES, events=()))("Login Failed for user: x")  # noqa: SLF001


def test_the_anchor_of_a_typed_rule_stands_in_its_message(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "^Evil a")
    path = folder / "events" / "x.toml"
    path.write_text(path.read_text().replace('anchors = ["Evil"]', 'anchors = ["views"]'))
    with pytest.raises(RuleError, match="holds none of the anchors in its message"):
        load_rules([folder])
