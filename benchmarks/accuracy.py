"""How often the product is right, measured on recorded logs of real servers: writes ``docs/accuracy.md``.

    python benchmarks/accuracy.py           write the page
    python benchmarks/accuracy.py --check   exit 1 if it would change

Both need logparse installed (``pip install -e .``).

Owns: the page. Must not know: how figures are computed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import accuracy_tables as tables
import matching
import recordings
import scoring
import twins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordings import Case
    from scoring import Score
    from twins import Twin

    from logparse.pipeline.result import Result

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
#: What it says besides tables, with the name of each table where that stands.
TEMPLATE: Final = Path(__file__).with_name("accuracy.md.in")


@dataclass(frozen=True, slots=True)
class Measured:
    """A case with its figures.

    Attributes:
        unparsed: lines of its logs that nothing was made of.
        twins: of the attempts that were missed.
    """

    case: Case
    score: Score
    unparsed: int
    twins: Mapping[tuple[str, int], Twin]


def main() -> int:
    """Write the page, or check it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure accuracy on recorded logs and write docs/accuracy.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page would change")
    wanted = parser.parse_args()
    text = page([measure(case) for case in recordings.cases()], [helped(case) for case in exported()])
    if wanted.check:
        if PAGE.exists() and PAGE.read_text("utf-8") == text:
            return 0
        print(f"{PAGE.name} is not up to date: run python benchmarks/accuracy.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8", newline="\n")
    return 0


def measure(case: Case) -> Measured:
    """Run the product over a case."""
    result = recordings.run(case)
    return weigh(case, result, scoring.score(matching.rows(result.attempts), recordings.truth(case)))


def helped(case: Case) -> Measured:
    """The same with the audit log and the DAG runs of the case, as far as they were exported."""
    result = recordings.run(case, audit_log=True, dag_runs=True)
    return Measured(case, scoring.score(matching.rows(result.attempts), recordings.truth(case)), 0, {})


def exported() -> list[Case]:
    """Cases whose audit log was exported."""
    return [case for case in recordings.cases() if case.export("audit_log")]


def weigh(case: Case, result: Result, score: Score) -> Measured:
    """The figures of a case, with the twins of what is wrong."""
    unparsed = sum(entry.kinds["unparsed"] for entry in result.entries)
    return Measured(case, score, unparsed, twins.of(case, [(pair.got.source, pair.got.line) for pair in score.wrong]))


def page(measured: Sequence[Measured], with_exports: Sequence[Measured]) -> str:
    """The whole page."""
    cases = [
        f"### {each.case.name}\n\nAirflow {each.case.version}. {each.case.settings}\n\n{tables.list_wrong(each)}"
        for each in measured
    ]
    filled = {
        "figures": tables.list_figures(measured),
        "exports": tables.list_exported(with_exports),
        "names": tables.list_names(with_exports),
        "sure": tables.list_confidence(measured, with_exports),
        "untuned": tables.list_untuned(measured),
        "cases": "\n".join(cases),
    }
    text = TEMPLATE.read_text("utf-8")
    for name, part in filled.items():
        text = text.replace(f"{{{{ {name} }}}}", part)
    return text


if __name__ == "__main__":
    sys.exit(main())
