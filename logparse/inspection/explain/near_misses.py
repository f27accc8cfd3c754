"""Near misses: what nearly fitted a line, a request, a message, an attempt, and what was in the way.

Owns: what counts as near. Must not know: how a line came to be explained.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow.compute as pc

from logparse.common.columns import text_column
from logparse.inspection.explain.wording import one_of, said
from logparse.rules.targets import split_target
from logparse.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from logparse.formats.line_format import LineFormat
    from logparse.inspection.explain.wording import Row
    from logparse.lines.access import Access
    from logparse.lines.result import Message
    from logparse.rules.model import EventRule, OutcomeRule, RequestRule

#: So many are told of each kind.
NEAR: Final = 3
#: An attempt rule that more things speak against is not near.
MISSES: Final = 2
#: A line that has less in common with a sample is not said to be like it.
ALIKE: Final = 0.6
_PART: Final = re.compile(r"([0-9]+)|([A-Za-z_]+)|(\s+)|.", re.DOTALL)
_PARTS: Final = 150


class Likeness(NamedTuple):
    """The format whose sample a line is most like, how alike (0 to 1), and the longest part written the same."""

    form: LineFormat
    alike: float
    part: str


def form(line: str, forms: Iterable[LineFormat]) -> Likeness | None:
    """The access or app format whose samples a line is most like in the order of its words, numbers and signs."""
    parts, shape = _shape(line)
    best = None
    for each in forms:
        for sample in each.samples if each.kind in ("access", "app") else ():
            matcher = SequenceMatcher(None, shape, _shape(sample.line)[1], autojunk=False)
            alike = matcher.ratio()
            if alike >= ALIKE and (best is None or alike > best.alike):
                same = matcher.find_longest_match()
                best = Likeness(each, alike, "".join(parts[same.a : same.a + same.size]))
    return best


def _shape(line: str) -> tuple[list[str], list[str]]:
    """The parts of a line as they are, and with any number as ``0`` and any word as ``a``."""
    found = [part for part, _ in zip(_PART.finditer(line), range(_PARTS), strict=False)]
    shape = ["0" if part[1] else "a" if part[2] else " " if part[3] else part[0] for part in found]
    return [part[0] for part in found], shape


def attempts(rules: Iterable[RequestRule], access: Access) -> Iterator[Row]:
    """The attempt rules that the fewest things speak against, for a request that none is about."""
    found = [(len(misses), rule, misses) for rule in rules if (misses := _misses(rule, access))]
    fewest = min((count for count, _, _ in found), default=MISSES + 1)
    nearest = [(rule, misses) for count, rule, misses in found if count == fewest <= MISSES]
    yield from _rows("nearest rules", (f"{rule.id} ({rule.title}): {'; '.join(why)}" for rule, why in nearest))


def _misses(rule: RequestRule, access: Access) -> list[str]:
    """What speaks against a rule; nothing if its path is a far cry from what was asked for."""
    path = split_target(access.target, decoded=access.decoded).match
    ways = {
        "its path": (rule.path, path),
        "its path, but for the last segment": (rule.path, path.rstrip("/").rpartition("/")[0]),
        "its path, but for the first segment": (rule.path, "/" + path.lstrip("/").partition("/")[2]),
        "its path in other letters, upper and lower case are not the same": (f"(?i){rule.path}", path),
    }
    way = next((way for way, (pattern, text) in ways.items() if _matches(pattern, text)), None)
    if way is None:
        return []
    misses = [] if way == "its path" else [f"this is {way}"]
    if access.method not in rule.methods:
        misses.append(f"{said(access.method)} is not among its methods {', '.join(rule.methods)}")
    if rule.unless and _matches(rule.unless, path):
        misses.append("its `except` leaves this path out")
    if rule.redirects and not misses:
        misses.append(f"the answer is not known to lead to {one_of(rule.redirects)}")
    return misses


def _matches(pattern: str, text: str) -> bool:
    clean = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return bool(pc.match_substring_regex(text_column([clean]), pattern)[0].as_py())


def events(rules: Iterable[EventRule], message: Message) -> Iterator[Row]:
    """The event rules whose words are in a message that none is about."""
    found = [rule for rule in rules if any(anchor in message.text for anchor in rule.anchors)]
    yield from _rows("nearest rules", (f"{rule.id} ({rule.title}) wants {rule.message}" for rule in found))


def outcomes(rules: Iterable[OutcomeRule], decided: OutcomeRule | None, facts: Mapping[str, Any]) -> Iterator[Row]:
    """The rules about such a request that would have decided before ``decided`` but for one condition.

    Those that want other evidence come first, those for another answer last.
    """
    found = []
    for rule in rules:
        failed = verdict.failed_conditions(rule, facts)
        if (
            len(failed) == 1
            and failed[0] not in ("channel", "attempt", "proxy", "audit", "run")
            and (decided is None or rule.rank < decided.rank)
        ):
            found.append((failed[0] in ("method", "status"), rule.rank, rule, failed[0]))
    found.sort(key=lambda each: each[:2])
    texts = (
        f"{rule.id} ({rule.title}): {name} is {said(facts[name])}, not {one_of(rule.when[name])}"
        for _, _, rule, name in found
    )
    yield from _rows("near misses", texts)


def _rows(label: str, texts: Iterable[str]) -> Iterator[Row]:
    yield from ((label if not at else "", text) for at, (text, _) in enumerate(zip(texts, range(NEAR), strict=False)))
