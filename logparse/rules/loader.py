"""Rule files to rules: reads the files of all folders, has them checked, and reports all problems at once.

Owns: where rule files are, and the order of rules. Must not know: how rules are applied, the keys of a file.
"""

from __future__ import annotations

import difflib
import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logparse.common.errors import RuleError, RuleProblem
from logparse.rules import keys, rule_files, validation
from logparse.rules.builder import build_rule
from logparse.rules.conditions import values_of
from logparse.rules.model import FAMILIES, RuleSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def shipped_folder() -> Path:
    """Return the folder of the shipped rules: inside the installed package, or at the top of a checkout."""
    packaged = Path(__file__).parent.parent / "_rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / "rules"


def load_rules(folders: Sequence[str | Path] = (), *, trusting: bool = False) -> RuleSet:
    """Return the shipped rules and those of ``folders``. A file replaces an earlier one of its family and name.

    Args:
        folders: of the user's own rules.
        trusting: leave out the examples of shipped rules and all checks of these rules, which tests have done. To read
            and check them takes twice as long as all the rest.

    Raises:
        RuleError: with every problem found in any file.
    """
    if trusting:
        with suppress(AttributeError, KeyError, TypeError, ValueError):  # somebody changed a shipped rule
            return _load(folders, checks_shipped=False)
    return _load(folders, checks_shipped=True)


def _load(folders: Sequence[str | Path], *, checks_shipped: bool) -> RuleSet:
    problems: list[RuleProblem] = []
    contents: dict[str, dict[str, dict[str, Any]]] = {family: {} for family in FAMILIES}
    doubtful: dict[str, dict[str, dict[str, Any]]] = {family: {} for family in FAMILIES}
    digest = hashlib.sha256()
    for (family, name), (path, shipped) in sorted(_rule_files(folders, problems).items()):
        trusted = shipped and not checks_shipped
        try:
            if not trusted and (reason := rule_files.refuse(path.stat())) is not None:
                problems.append(RuleProblem(str(path), "", reason))
                continue
            text = path.read_bytes()
        except OSError as error:
            problems.append(_unreadable(path, error))
            continue
        digest.update(f"{family}/{name}\0".encode() + text)
        if trusted:
            contents[family][path.stem] = rule_files.parse_without_examples(text)
        else:
            contents[family][path.stem] = doubtful[family][path.stem] = _checked(family, name, text, problems)
    validation.check_references(doubtful, contents, problems)
    if problems:
        raise RuleError(problems)
    _replace_roles(contents)
    rules: dict[str, list[Any]] = {
        family: [build_rule(family, data) for data in files.values()] for family, files in contents.items()
    }
    rules["events"].sort(key=lambda rule: rule.rank)
    rules["outcomes"].sort(key=lambda rule: rule.rank)
    rules["findings"].sort(key=lambda rule: (rule.order, rule.id))
    return RuleSet(**{family: tuple(each) for family, each in rules.items()}, digest=digest.hexdigest())


def _rule_files(folders: Sequence[str | Path], problems: list[RuleProblem]) -> dict[tuple[str, str], tuple[Path, bool]]:
    """The file of each rule by family and name, those of later folders in place of earlier ones; and is it shipped?"""
    files: dict[tuple[str, str], tuple[Path, bool]] = {}
    for folder, shipped in ((shipped_folder(), True), *((Path(folder), False) for folder in folders)):
        before = len(problems)
        found = [(family, path) for family in FAMILIES for path in _files(folder / family, problems)]
        if not found and len(problems) == before:
            expected = ", ".join(f"{family}/*.toml" for family in FAMILIES)
            problems.append(RuleProblem(str(folder), "", f"no rule files in it; expected {expected}"))
        problems += () if shipped else _misspelt_families(folder)
        files.update({(family, path.name): (path, shipped) for family, path in found})
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


def _checked(family: str, name: str, text: bytes, problems: list[RuleProblem]) -> dict[str, Any]:
    """What a rule file holds, but for keys that hold what they may not; all problems of the file are taken down."""
    file = f"{family}/{name}"

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
    sound = keys.check(family, Path(name).stem, data, report)
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
