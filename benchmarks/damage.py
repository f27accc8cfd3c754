"""Recorded logs as exports leave them: cut, full of holes, out of order. How many verdicts become wrong by that?

    python benchmarks/damage.py [WORD ...]

Words choose recordings by their names. For each kind of damage it prints how many attempts are left, how many of their
outcomes are wrong, how many of these are called ``confirmed``, how many are left open, and how many attempts are not
found though their lines are there.

Owns: the kinds of damage. Must not know: how results are judged (``scoring``).
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matching
import recordings

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recordings import Case

    #: Lines with the numbers that they had.
    Lines = list[tuple[int, bytes]]

#: How many of the lines are missing where some are at random.
LOST: Final = 0.05
_ACCESS: Final = re.compile(rb"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|TRACE)\b")
_ANSWERED: Final = (b" HTTP/", b"status_code", b'"status"', b'"method"')
_QUERY: Final = re.compile(rb'((?:GET|POST|PUT|PATCH|DELETE|HEAD) [^ ?"]*)\?[^ "]*')
_FRACTION: Final = re.compile(rb"(\d\d:\d\d:\d\d)[.,]\d{3,9}")


def _is_access(line: bytes) -> bool:
    return _ACCESS.search(line) is not None and any(word in line for word in _ANSWERED)


def _between(begin: float, end: float) -> Callable[[Lines], Lines]:
    return lambda lines: lines[int(len(lines) * begin) : int(len(lines) * end)]


def _without(begin: float, end: float) -> Callable[[Lines], Lines]:
    return lambda lines: lines[: int(len(lines) * begin)] + lines[int(len(lines) * end) :]


def _parts(lines: Lines, count: int) -> list[Lines]:
    return [lines[at * len(lines) // count : (at + 1) * len(lines) // count] for at in range(count)]


def _holes(lines: Lines) -> Lines:
    return [line for at, part in enumerate(_parts(lines, 12)) if at % 3 != 1 for line in part]


def _blocks(lines: Lines) -> Lines:
    parts = _parts(lines, 6)
    random.Random(5).shuffle(parts)
    return [line for part in parts for line in part]


def _lost(lines: Lines) -> Lines:
    chance = random.Random(11)
    return [line for line in lines if chance.random() > LOST]


def _changed(pattern: re.Pattern[bytes]) -> Callable[[Lines], Lines]:
    return lambda lines: [(number, pattern.sub(rb"\1", line)) for number, line in lines]


#: What is done to the lines of each file.
DAMAGE: Final[Mapping[str, Callable[[Lines], Lines]]] = {
    "none": lambda lines: lines,
    "the first 37 % missing": _between(0.37, 1),
    "the last 37 % missing": _between(0, 0.63),
    "both ends missing": _between(0.31, 0.72),
    "a fifth cut out": _without(0.4, 0.6),
    "four holes": _holes,
    "one line in twenty missing": _lost,
    "six blocks out of order": _blocks,
    "newest line first": lambda lines: lines[::-1],
    "times without fractions": _changed(_FRACTION),
    "no queries": _changed(_QUERY),
    "no app lines": lambda lines: [line for line in lines if _is_access(line[1])],
}


def judge(case: Case, damage: Callable[[Lines], Lines]) -> Counter[str]:
    """Count what becomes of the attempts of a recording whose logs are damaged."""
    numbers: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in case.content().items():
            left = damage(list(enumerate(content.splitlines(keepends=True), 1)))
            numbers[name] = [number for number, _ in left]
            Path(folder, name).write_bytes(b"".join(line for _, line in left))
        found = run.run(discovery.find_sources([folder]), options.Options(setup=case.setup)).attempts
    rows = [replace(row, line=numbers[row.source][row.line - 1]) for row in matching.rows(found)]
    sent = recordings.truth(case)
    pairs = [(sent[i], rows[j]) for i, j in matching.match(rows, sent).items() if not sent[i].optional]
    wrong = [got for was, got in pairs if got.outcome not in (was.outcome, "undetermined")]
    there = {(name, number) for name, of_file in numbers.items() for number in of_file}
    matched = {(got.source, got.line) for _, got in pairs}
    missing = [each for each in sent if each.line and not each.optional and (each.source, each.line) in there - matched]
    return Counter({
        "attempts": len(pairs),
        "wrong": len(wrong),
        "confirmed": sum(got.confidence == "confirmed" for got in wrong),
        "open": sum(got.outcome == "undetermined" for _, got in pairs),
        "missing": len(missing),
    })  # fmt: skip


def main() -> int:
    """Print a row for each kind of damage."""
    words = sys.argv[1:]
    cases = [case for case in recordings.cases() if not words or any(word in case.name for word in words)]
    print("| damage | attempts | wrong | of these `confirmed` | open | not found |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, damage in DAMAGE.items():
        total: Counter[str] = Counter()
        for case in cases:
            total.update(judge(case, damage))
        figures = (total[key] for key in ("attempts", "wrong", "confirmed", "open", "missing"))
        print(f"| {name} | {' | '.join(map(str, figures))} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
