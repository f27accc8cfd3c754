"""Rule files to rules: reads the files of all folders, has them checked, and reports all problems at once.

Owns: where rule files are, and how a file becomes a rule. Must not know: how rules are applied.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import RuleError, RuleProblem
from logparse.rules import keys, rule_files, validation
from logparse.rules.conditions import values_of
from logparse.rules.model import FAMILIES, EventRule, Example, FindingRule, OutcomeRule, RequestRule, RuleSet
from logparse.rules.roles import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def shipped_folder() -> Path:
    """Return the folder of the shipped rules: inside the installed package, or at the top of a checkout."""
    packaged = Path(__file__).parent.parent / "_rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / "rules"


def load_rules(folders: Sequence[str | Path] = ()) -> RuleSet:
    """Return the shipped rules and those of ``folders``. A file replaces an earlier one of its family and name.

    Raises:
        RuleError: with every problem found in any file.
    """
    problems: list[RuleProblem] = []
    contents: dict[str, dict[str, dict[str, Any]]] = {family: {} for family in FAMILIES}
    digest = hashlib.sha256()
    for (family, name), path in sorted(_rule_files(folders, problems).items()):
        try:
            if (reason := rule_files.refuse(path.stat())) is not None:
                problems.append(RuleProblem(str(path), "", reason))
                continue
            text = path.read_bytes()
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        digest.update(f"{family}/{name}\0".encode() + text)
        contents[family][path.stem] = _checked(family, f"{family}/{name}", text, problems)
    validation.check_references(contents, problems)
    if problems:
        raise RuleError(problems)
    _replace_roles(contents)
    rules = {family: [_BUILD[family](data) for data in files.values()] for family, files in contents.items()}
    rules["events"].sort(key=lambda rule: rule.rank)
    rules["outcomes"].sort(key=lambda rule: rule.rank)
    rules["findings"].sort(key=lambda rule: (rule.order, rule.id))
    return RuleSet(**{family: tuple(each) for family, each in rules.items()}, digest=digest.hexdigest())


def _rule_files(folders: Sequence[str | Path], problems: list[RuleProblem]) -> dict[tuple[str, str], Path]:
    """The file of each rule by family and name, those of later folders in place of earlier ones."""
    files: dict[tuple[str, str], Path] = {}
    for folder in (shipped_folder(), *map(Path, folders)):
        before = len(problems)
        found = [(family, path) for family in FAMILIES for path in _files(folder / family, problems)]
        if not found and len(problems) == before:
            expected = ", ".join(f"{family}/*.toml" for family in FAMILIES)
            problems.append(RuleProblem(str(folder), "", f"no rule files in it; expected {expected}"))
        problems += _misspelt_families(folder)
        files.update({(family, path.name): path for family, path in found})
    return files


def _misspelt_families(folder: Path) -> Iterator[RuleProblem]:
    """Yield a problem for each folder of rule files whose name is nearly that of a family."""
    names = sorted(path.parent.name for path in folder.glob("*/*.toml"))
    for name in sorted(set(names) - set(FAMILIES)):
        if near := difflib.get_close_matches(name.lower(), FAMILIES, n=1):
            yield RuleProblem(str(folder / name), "", f"is no family of rules; did you mean `{near[0]}`?")


def _files(folder: Path, problems: list[RuleProblem]) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(_unreadable(folder, error))
        return []


def _unreadable(path: Path, error: OSError) -> RuleProblem:
    reason = (error.strerror or str(error)).lower()
    return RuleProblem(str(path), "", f"cannot be read: {reason}; check who may read it, or leave it out of --rules")


def _checked(family: str, file: str, text: bytes, problems: list[RuleProblem]) -> dict[str, Any]:
    """What a rule file holds, but for keys that hold what they may not; all problems of the file are taken down."""

    def report(item: str, message: str) -> None:
        problems.append(RuleProblem(file, item, message))

    try:
        data = rule_files.parse(text.decode("utf-8"))
    except ValueError as error:
        report("", f"not valid TOML: {error}")
        return {}
    except RecursionError:
        report("", "is nested too deeply; a rule needs two levels")
        return {}
    sound = keys.check(family, Path(file).stem, data, report)
    validation.check_words(family, sound, report)
    validation.check_patterns(sound, report)
    return sound


def _replace_roles(contents: dict[str, dict[str, dict[str, Any]]]) -> None:
    """Put the ids of all rules of a role in its place, where rules on messages and outcomes name a role."""

    def ids_of(values: Any, family: str) -> list[str]:
        parts = [value.partition(":") for value in values_of(values)]
        return [rule + colon + status for role, colon, status in parts for rule in rules[family].get(role, [role])]

    rules: dict[str, dict[str, list[str]]] = {"follow_ups": {}, "events": {}}
    for family, found in rules.items():
        for rule, data in contents[family].items():
            found.setdefault(data.get("role", ""), []).append(rule)
    for event in contents["events"].values():
        event["joins"]["requests"] = ids_of(event["joins"]["requests"], "follow_ups")
    for outcome in contents["outcomes"].values():
        for condition, family in (("follow_up", "follow_ups"), ("event", "events")):
            if condition in outcome["when"]:
                outcome["when"][condition] = ids_of(outcome["when"][condition], family)


def _common(data: Mapping[str, Any], family: str) -> dict[str, Any]:
    examples = [
        Example(f"[[{kind}]] {number}", each, positive=kind == "match", todo=bool(each.get("todo", False)))
        for kind in ("match", "ignore")
        for number, each in enumerate(data[kind], 1)
    ]
    return {
        "id": data["id"],
        "family": family,
        "title": data["title"],
        "file": f"{family}/{data['id']}.toml",
        "reference": data.get("reference", ""),
        "examples": tuple(examples),
    }


def _request(family: str) -> Any:
    def build(data: Mapping[str, Any]) -> RequestRule:
        return RequestRule(
            **_common(data, family),
            methods=tuple(data["methods"]),
            path=data["path"],
            unless=data.get("except", ""),
            query=data.get("query", ""),
            anchors=tuple(data.get("anchors", ())),
            channel=data.get("channel", ""),
            endpoint=_endpoint(data),
            role=data.get("role", ""),
            dag_id=tuple(data.get("dag_id", ())),
            redirects=tuple(data.get("redirects", ())),
            statuses=tuple(data.get("statuses", ())),
            bare_login={key: tuple(values) for key, values in data.get("bare_login", {}).items()},
            audit={key: tuple(values) for key, values in data.get("audit", {}).items()},
        )

    return build


def _endpoint(data: Mapping[str, Any]) -> Endpoint:
    names = [field.name for field in fields(Endpoint) if field.name in data]
    said: dict[str, Any] = {name: tuple(data[name]) if isinstance(data[name], list) else data[name] for name in names}
    return Endpoint(**said)


def _event(data: Mapping[str, Any]) -> EventRule:
    joins = data["joins"]
    return EventRule(
        **_common(data, "events"),
        message=data["message"],
        unless=data.get("except", ""),
        anchors=tuple(data["anchors"]),
        role=data.get("role", ""),
        typed=data.get("typed", False),
        general=data.get("general", False),
        repeats=data.get("repeats", False),
        continuation=data.get("continuation", False),
        detail=data.get("detail", ""),
        details=dict(data.get("details", {})),
        requests=tuple(joins["requests"]),
        statuses=tuple(joins["statuses"]),
        passing=tuple(joins.get("passing", ())),
        left_by_others=joins.get("left_by_others", False),
        same=tuple(joins.get("same", ())),
        along_with=tuple(joins.get("along_with", ())),
    )


def _outcome(data: Mapping[str, Any]) -> OutcomeRule:
    when, then = data["when"], data["then"]
    return OutcomeRule(
        **_common(data, "outcomes"),
        evidence=tuple(data["evidence"]),
        when={key: values_of(value) for key, value in when.items()},
        outcome=then["outcome"],
        reason=then.get("reason", ""),
        detail=then.get("detail", ""),
        confidence=then["confidence"],
        explanation=data["explanation"].strip(),
        remedy=data.get("remedy", "").strip(),
        versions=data.get("versions", ""),
    )


def _finding(data: Mapping[str, Any]) -> FindingRule:
    return FindingRule(
        **_common(data, "findings"),
        order=data["order"],
        severity=data["severity"],
        when={key: values_of(value) for key, value in data["when"].items()},
        over=tuple(data["over"]),
        need=dict(data.get("need", {})),
        confidence=data["confidence"],
        explanation=data["explanation"].strip(),
        remedy=data["remedy"].strip(),
        asks_for=data.get("asks_for", ""),
        grants=data.get("grants", False),
        attack=data.get("attack", False),
        security=data.get("security", ""),
        no_failure=data.get("no_failure", False),
        begins_as=data.get("begins_as", ""),
        versions=data["versions"],
    )


_BUILD: Final = {
    "attempts": _request("attempts"),
    "follow_ups": _request("follow_ups"),
    "events": _event,
    "outcomes": _outcome,
    "findings": _finding,
}
