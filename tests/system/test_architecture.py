"""The rooms of logparse stand in one order: each imports only those before it, and no two modules import each other."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import logparse
from logparse.envelopes import loader as envelopes
from logparse.formats import loader as formats
from logparse.rules import loader as rules

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(logparse.__file__).parent
#: From the ground up. ``__init__`` gives the names of ``api`` to Python users, ``__main__`` starts ``cli``.
ROOMS: Final = (
    "common", "sources", "formats", "rules", "envelopes", "lines", "scans", "verdicts", "causes", "reports",
    "archive", "pipeline", "inspection", "api", "__init__", "cli", "__main__",
)  # fmt: skip
FLOOR: Final = {room: number for number, room in enumerate(ROOMS)}
LONGEST_MODULE: Final = 250
LONGEST_FUNCTION: Final = 60
FILES: Final = {
    ".".join(("logparse", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text("utf-8"))


def room_of(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def imported(module: str) -> Iterator[str]:
    """Modules of logparse that a module imports anywhere in it: for type checkers and inside functions too."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "logparse":
            for name in node.names:
                full = f"{node.module}.{name.name}"
                yield full if full in FILES else node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in FILES)


#: Words that are ids of a line format, an envelope or a rule, and something else besides.
AMBIGUOUS: Final = {
    "backfill": "a channel, a kind of runs",
    "cloudfront": "a decoder of fields",
    "conflict": "a reason, a message of the web UI",
    "continuation": "a kind of lines",
    "gunicorn": "a dialect of escapes, and of format strings",
    "haproxy": "a dialect of escapes",
    "home": "a kind of redirects",
    "logout": "a role of follow-up requests",
    "loki": "a layout of documents",
    "message": "a field, a key of records, a key of rule files",
    "stamp": "a field of outlines, a key of format files",
}
IMPORTS: Final = {module: set(imported(module)) - {module} for module in FILES}


def test_rooms_are_those_that_there_are() -> None:
    assert {room_of(module) for module in FILES} == set(ROOMS)


def test_each_room_imports_only_those_before_it() -> None:
    wrong = [
        f"{module} imports {other}"
        for module, others in IMPORTS.items()
        for other in sorted(others)
        if room_of(module) != room_of(other) and FLOOR[room_of(other)] > FLOOR[room_of(module)]
    ]
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_each_other() -> None:
    try:
        TopologicalSorter(IMPORTS).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", FILES)
def test_modules_and_functions_are_short(module: str) -> None:
    functions = [
        (node.end_lineno - node.lineno + 1, node.name)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef) and node.end_lineno
    ]
    assert len(FILES[module].read_text("utf-8").splitlines()) <= LONGEST_MODULE
    assert max(functions, default=(0, ""))[0] <= LONGEST_FUNCTION, max(functions)


def test_no_benchmark_and_no_script_of_the_docs_is_longer() -> None:
    files = [path for folder in ("benchmarks", "docs") for path in (ROOT.parent / folder).rglob("*.py")]
    assert len(files) > 1
    assert [path.name for path in files if len(path.read_text("utf-8").splitlines()) > LONGEST_MODULE] == []


def docstrings(module: str) -> set[ast.expr]:
    bodies = [
        node.body
        for node in ast.walk(tree_of(module))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and node.body
    ]
    return {body[0].value for body in bodies if isinstance(body[0], ast.Expr)}


def test_no_line_format_no_envelope_and_no_rule_is_named_in_code() -> None:
    ids = {each.id for each in (*formats.shipped(), *envelopes.shipped(), *rules.load_rules())}
    assert set(AMBIGUOUS) <= ids
    named = [
        f"{module}:{node.lineno}: {node.value!r}"
        for module in FILES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Constant) and node.value in ids - set(AMBIGUOUS) and node not in docstrings(module)
    ]
    assert not named, "\n".join(named)


def test_no_id_of_any_is_compared_with_a_text() -> None:
    compared = [
        f"{module}:{node.lineno}: {ast.unparse(node)}"
        for module in FILES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Compare)
        and any(isinstance(side, ast.Attribute) and side.attr in ("id", "format_id", "rule") for side in ast.walk(node))
        and any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in ast.walk(node))
    ]
    assert not compared, "\n".join(compared)
