"""The keys of rule files: what each may hold, and which must be there.

Owns: the keys of each family and the types of their values. Must not know: what any key means.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from logparse.rules.conditions import values_of
from logparse.rules.words import CONDITIONS, TRAITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    #: Takes down a problem: the key that has it, and what is wrong.
    Report = Callable[[str, str], None]

_ANCHOR: Final = re.compile(r"[A-Za-z0-9_-]{3,}")
_RANGE: Final = re.compile(r"\d+-\d+")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number_or_range(value: Any) -> bool:
    return type(value) is int or (isinstance(value, str) and _RANGE.fullmatch(value) is not None)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "text": (_is_text, "must be a text"),
    "texts": (_is_texts, "must be a list of texts"),
    "numbers": (_is_numbers, "must be a list of numbers"),
    "flag": (_is_flag, "must be true or false"),
    "table": (_is_table, "must be a table"),
    "number": (_is_number, "must be a whole number"),
    "share": (_is_share, "must be a number from 0 to 1"),
    "tables": (_is_tables, "at least one example is needed"),
    "words": (_is_words, "must be a table of texts"),
}
#: Conditions that ask for numbers or ranges, which are written as "500-599", and for true or false.
RANGE_CONDITIONS: Final = ("status", "bytes")
FLAG_CONDITIONS: Final = (
    "browser", "bare_login", "after_logout", "app_log", "trailing_slash", "doubled_slash", "channel_accepts",
    "dag_missing", "dag_broken", "let_in", "nameless_accepted", "simple_auth", "dag_accepted", "api_sessions",
    "shows_runs", "verified", "dotted", "names_unread",
)  # fmt: skip
#: What conditions may ask for where it is no text.
_CONDITION_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    **dict.fromkeys(RANGE_CONDITIONS, (_is_number_or_range, "a number or a range")),
    **dict.fromkeys(FLAG_CONDITIONS, (_is_flag, "true or false")),
}
#: Key to kind; a key that must be there ends in `!`.
COMMON_KEYS: Final = {"id": "text!", "title": "text!", "reference": "text", "match": "tables!", "ignore": "tables!"}
FAMILY_KEYS: Final[dict[str, dict[str, str]]] = {
    "attempts": {
        "channel": "text!", "methods": "texts!", "path": "text!", "except": "text", "query": "text",
        "anchors": "texts!", "dag_id": "texts!", "redirects": "texts", "bare_login": "table", "audit": "table",
        "generation": "text", "error_body": "text", "checks_names": "flag", "page": "text",
        "wants": "texts", "wants_recorded": "texts",
    },
    "follow_ups": {
        "methods": "texts!", "path": "text!", "except": "text", "query": "text", "statuses": "numbers",
        "anchors": "texts", "dag_id": "texts", "audit": "table", "role": "text",
    },
    "events": {
        "message": "text!", "except": "text", "anchors": "texts!", "typed": "flag", "general": "flag",
        "repeats": "flag", "continuation": "flag", "detail": "text", "details": "words", "joins": "table!",
        "role": "text",
    },
    "outcomes": {
        "evidence": "texts!", "when": "table!", "then": "table!", "explanation": "text!", "remedy": "text",
        "versions": "text",
    },
    "findings": {
        "order": "number!", "severity": "text!", "when": "table!", "over": "texts!", "need": "table",
        "confidence": "text!", "explanation": "text!", "remedy": "text!", "asks_for": "text", "grants": "flag",
        "attack": "flag", "security": "text", "no_failure": "flag", "begins_as": "texts", "harmless_up_to": "number",
        "one_row": "flag", "versions": "text!",
    },
}  # fmt: skip
#: What may be asked of the attempts of a finding together.
NEED_KEYS: Final = {
    "attempts": "number", "users": "number", "clients": "number", "dags": "number", "details": "number",
    "within": "number", "let_in_elsewhere": "flag", "put_right": "number",
    "success": "text", "success_within": "number", "seen": "texts", "unseen": "texts", "share": "share", "of": "table",
    "seen_within": "number", "answered": "number", "turns": "number", "turn_within": "number",
    "including": "table", "success_of": "texts", "elsewhere": "number", "beside": "number", "at_once": "flag",
    "idle": "flag", "idle_but_for": "number", "suffices": "table", "changed_later": "flag", "reading": "table",
    "meanwhile": "flag",
}  # fmt: skip
#: Numbers of a finding that may be smaller for a mere reading.
READING_KEYS: Final = {"attempts": "number", "users": "number", "clients": "number", "dags": "number"}
NESTED_KEYS: Final[dict[str, dict[str, str]]] = {
    "bare_login": {"redirects": "texts!", "statuses": "numbers!"},
    "audit": {"events": "texts!", "statuses": "numbers!", "sometimes": "numbers"},
    "joins": {
        "requests": "texts!",
        "statuses": "numbers!",
        "same": "texts",
        "along_with": "texts",
        "passing": "numbers",
        "left_by_others": "flag",
    },
    "then": {"outcome": "text!", "reason": "text", "detail": "text", "confidence": "text!"},
}


def check(family: str, name: str, data: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Check that every key is known, holds what it may hold, and is there if it must be.

    Args:
        family: one of ``FAMILIES``.
        name: of the file, without suffix.
        data: the file.
        report: called for everything that is wrong.

    Returns:
        The keys that hold what they may hold. They can be checked further, whatever is wrong with the others.
    """
    sound = _table(data, {**COMMON_KEYS, **FAMILY_KEYS[family]}, "", report)
    for key, nested in NESTED_KEYS.items():
        if key in sound:
            sound[key] = _table(sound[key], nested, f"{key}.", report)
    traits = TRAITS if family == "findings" else CONDITIONS
    if "when" in sound:
        sound["when"] = _when(sound["when"], traits, "when.", report)
    if "need" in sound:
        sound["need"] = _need(sound["need"], traits, report)
    if data.get("id") != name:
        report("id", f"must be the name of the file, {name!r}")
    if family == "follow_ups" and not data.get("statuses") and not data.get("anchors"):
        report("anchors", "is missing; only a rule with `statuses` can do without")
    for key in sorted(sound.get("details", {}).keys() & (COMMON_KEYS.keys() | FAMILY_KEYS[family].keys())):
        report(f"details.{key}", f"is read as one of the details; put `{key}` above `[details]`")
    for anchor in sound.get("anchors", ()):
        if not _ANCHOR.fullmatch(anchor):
            report("anchors", f"{anchor!r}: 3 or more letters, digits, `_` or `-`; other characters may be escaped")
    return sound


def _table(data: Mapping[str, Any], known: Mapping[str, str], prefix: str, report: Report) -> dict[str, Any]:
    _known(data, known, prefix, report)
    wrong = set()
    for key, kind in known.items():
        item = f"[[{key}]]" if kind.startswith("tables") else prefix + key
        fits, wish = _KINDS[kind.removesuffix("!")]
        if key not in data:
            if kind.endswith("!"):
                report(item, wish if kind.startswith("tables") else "is missing")
        elif not fits(data[key]):
            wrong.add(key)
            report(item, f"{wish}, not {data[key]!r}" if not kind.startswith("tables") else wish)
    return {key: value for key, value in data.items() if key in known and key not in wrong}


def _known(data: Mapping[str, Any], known: Mapping[str, str], prefix: str, report: Report) -> None:
    for key in sorted(set(data) - set(known)):
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
        report(prefix + key, f"unknown key; {hint}")


def _need(data: Mapping[str, Any], traits: Sequence[str], report: Report) -> dict[str, Any]:
    need = _table(data, NEED_KEYS, "need.", report)
    for key in {"of", "including", "suffices"} & need.keys():
        need[key] = _when(need[key], traits, f"need.{key}.", report)
    if "reading" in need:
        need["reading"] = _table(need["reading"], READING_KEYS, "need.reading.", report)
    return need


def _when(when: Mapping[str, Any], traits: Sequence[str], prefix: str, report: Report) -> dict[str, Any]:
    _known(when, dict.fromkeys(traits, ""), prefix, report)
    sound = {}
    for key in (key for key in when if key in traits):  # `explain` shows them in the order of the file
        fits, wish = _CONDITION_KINDS.get(key, (_is_text, "a text"))
        wrong = [value for value in values_of(when[key]) if not fits(value)]
        for value in wrong:
            report(f"{prefix}{key}", f"must be {wish}, not {value!r}")
        if not wrong:
            sound[key] = when[key]
    return sound
