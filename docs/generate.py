"""Write the reference pages from the program itself, so that they cannot become wrong.

python docs/generate.py            write docs/{cli,columns,formats,modules,rule-list}.md and docs/schemas/*.json
python docs/generate.py --check    exit 1 if a page is not up to date
python docs/generate.py --man FILE    write the manual page, as man reads it
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from command_pages import cli, man
from page_parts import NOTE, table

from logparse.common import schema
from logparse.envelopes import loader as envelopes
from logparse.envelopes.origin import Origin
from logparse.formats import capabilities
from logparse.formats import loader as formats
from logparse.reports import catalog
from logparse.rules import loader, model
from logparse.rules.json_schema import make_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logparse.envelopes.envelope import Envelope

_FOLDER = Path(__file__).resolve().parent
_PACKAGE = _FOLDER.parent / "logparse"


#: The one rule on time zones in tables; a test holds the columns to it.
_ZONES = (
    "A `timestamp` is a moment, and in UTC in every table. `week`, `day` and `hour` are no moments but names of spans, "
    "in the time zone in which weeks begin (`--timezone`). So no moment is there twice in two zones.\n"
)


def columns() -> str:
    """Every column of every table."""
    parts = ["# Tables and columns\n", NOTE, _ZONES]
    parts += ["## `attempts`\n", "One row for each trigger attempt.\n", _columns(schema.ATTEMPTS)]
    parts += ["## Outcomes, reasons and details\n"]
    rows = [
        (f"`{outcome}`", f"`{reason}`", ", ".join(f"`{detail}`" for detail in details))
        for outcome, reasons in schema.REASONS.items()
        for reason, details in reasons.items()
    ]
    parts.append(table(("outcome", "reason", "details"), rows))
    for report in catalog.REPORTS.values():
        parts += [f"## `{report.name}`\n", report.question + "\n", _columns(report.columns)]
    return "\n".join(parts)


def _columns(found: Iterable[schema.Column]) -> str:
    return table(("column", "type", "meaning"), [(f"`{each.name}`", each.type, each.meaning) for each in found])


def line_formats() -> str:
    """Every line format with what it carries."""
    known = [form for form in formats.shipped() if form.kind == "access"]
    names = list(capabilities.list_capabilities(known[0]))
    rows = [
        (
            f"[`{form.id}`]({form.reference})",
            form.title,
            *("yes" if told else "" for told in capabilities.list_capabilities(form).values()),
        )
        for form in known
    ]
    others = [
        (f"[`{form.id}`]({form.reference})", form.kind, form.title)
        for form in formats.shipped()
        if form.kind != "access"
    ]
    return "\n".join(
        [
            "# Line formats\n",
            NOTE,
            "A format is found by content, line by line; a file may mix all of them. Access lines in any other",
            "gunicorn, nginx or Apache format are read with `--log-format STRING`, as in the settings of the server.\n",
            table(("access lines", "what they are", *names), rows),
            table(("other lines", "counted as", "what they are"), others),
            "## Envelopes\n",
            "What platforms and log stores wrap around a line. They are recognised by content and removed level by",
            "level, at most four. `time` to `record` are what an envelope contains besides the line.\n",
            table(("envelope", "what it is", "comes as", *_TOLD), [_envelope(each) for each in envelopes.shipped()]),
        ]
    )


_TOLD = ("time", *Origin._fields, "record")


def _envelope(each: Envelope) -> tuple[str, ...]:
    told = ("yes" if name in each.tells else "" for name in _TOLD)
    name = f"[`{each.id}`]({each.reference})" if each.reference else f"`{each.id}`"
    return (name, each.title, ", ".join(map(_layout, each.layouts)), *told)


def _layout(name: str) -> str:
    """A layout in words."""
    return {
        "text": "text in front",
        "lines": "JSON lines",
        "csv": "CSV",
        "array": "JSON array",
        "yaml": "YAML",
        "journal-export": "export format",
        "journal-verbose": "verbose",
        "yaml-list": "YAML list",
        "rubydebug": "Logstash's rubydebug",
        "debug-exporter": "printed records",
        "query-results": "`results[][]`",
    }.get(name, f"`{name}[]`")


def rule_list() -> str:
    """Every rule with what it says."""
    known = loader.load_rules()
    parts = [
        "# All rules\n",
        NOTE,
        "What the files under [`rules/`](../rules) say, in the order in which they are tried.\n",
    ]
    parts += [
        "## Attempts\n",
        table(("rule", "channel", "what it is"), [(_link(r), r.channel, r.title) for r in known.attempts]),
    ]
    parts += [
        "## Follow-ups\n",
        table(("rule", "role", "what it is"), [(_link(r), r.role, r.title) for r in known.follow_ups]),
    ]
    parts += ["## Events\n", table(("rule", "what it is"), [(_link(r), r.title) for r in known.events])]
    rows = [
        (
            _link(r),
            r.outcome,
            "/".join(filter(None, (r.reason, r.detail))),
            r.confidence,
            "+".join(r.evidence),
            r.title,
            r.versions,
        )
        for r in known.outcomes
    ]
    header = ("rule", "outcome", "reason", "confidence", "evidence", "what happened", "versions")
    parts += ["## Outcomes\n", table(header, rows)]
    causes = [
        (_link(r), r.title, " ".join(r.remedy.split()), r.confidence, r.versions, f"[why]({r.reference})")
        for r in known.findings
    ]
    parts += ["## Findings\n", table(("rule", "what is wrong", "what fixes it", "confidence", "versions", ""), causes)]
    return "\n".join(parts)


#: All rooms, each of which imports only those before it (``tests/system/test_architecture.py``).
ROOMS = (
    "common", "sources", "formats", "rules", "envelopes", "lines", "scans", "verdicts", "causes", "reports",
    "archive", "pipeline", "inspection", "api", "cli",
)  # fmt: skip


def modules() -> str:
    """Every module with what its docstring says that it is and owns, room by room."""
    parts = ["# Modules\n", NOTE, "What each module says about itself. [How they work together](architecture.md).\n"]
    for room in ROOMS:
        folder = _PACKAGE / room
        package = folder / "__init__.py"
        files = sorted(file for file in folder.rglob("*.py") if file != package)
        first = package if package.exists() else folder.with_suffix(".py")
        title, owns = _module(first)
        parts.append(f"## [`{room}`](../{first.relative_to(_FOLDER.parent)})\n\n{title} Owns: {owns}\n")
        if files:
            parts.append(
                table(("module", "what it is", "owns"), [(_file(file, folder), *_module(file)) for file in files])
            )
    return "\n".join(parts)


def _file(file: Path, room: Path) -> str:
    name = str(file.relative_to(room).with_suffix("")).removesuffix("__init__")
    return f"[`{name}`](../{file.relative_to(_FOLDER.parent)})"


def _module(file: Path) -> tuple[str, str]:
    """The first paragraph of a module's docstring, and what the module owns."""
    text = (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").replace("``", "`")
    owns = re.search(r"Owns: (.*?)(?=\s*Must not know:|\n\n|\Z)", text, re.DOTALL)
    first = text.partition("\n\n")[0]
    return " ".join(first.split()), " ".join(owns[1].split()) if owns else ""


def _link(rule: model.Rule) -> str:
    return f"[`{rule.id}`](../rules/{rule.file})"


def _schema(family: str) -> str:
    return json.dumps(make_schema(family), indent=1) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "columns.md": columns,
    "formats.md": line_formats,
    "modules.md": modules,
    "rule-list.md": rule_list,
    **{f"schemas/{family}.json": partial(_schema, family) for family in model.FAMILIES},
}


def main() -> int:
    """Write or check the pages; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--man", type=Path)
    asked = parser.parse_args()
    if asked.man:
        asked.man.write_text(man(), "utf-8")
        return 0
    check = asked.check
    stale = []
    for name, make in PAGES.items():
        page, text = _FOLDER / name, make()
        if check:
            stale += [name] if not page.exists() or page.read_text("utf-8") != text else []
        else:
            page.write_text(text, "utf-8")
    for name in stale:
        sys.stderr.write(f"docs/{name} is not up to date: run python docs/generate.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
