"""The commands as a page and as a manual page, from the program itself.

Owns: how commands and their options are written down. Must not know: other pages.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import typer
from page_parts import NOTE, table

from logparse.cli import app
from logparse.common.version import __version__


def cli() -> str:
    """Every command with its arguments and options."""
    root: Any = typer.main.get_command(app)
    parts = ["# Commands\n", NOTE, *_command(root, "logparse")]
    return "\n".join(parts)


def _command(command: Any, name: str) -> list[str]:
    parts = [f"## `{name}`\n", _help(command.help)]
    rows = [_parameter(each) for each in command.params if each.name != "help"]
    if rows:
        parts.append(table(("argument or option", "meaning"), rows))
    if command.epilog:
        parts.append(f"```sh\n{_examples(command.epilog)}\n```\n")
    for child in getattr(command, "commands", {}).values():
        parts += _command(child, f"{name} {child.name}")
    return parts


def _help(text: str | None) -> str:
    return inspect.cleandoc(text or "").replace("\b\n", "").replace("\f", "") + "\n"


def _examples(text: str) -> str:
    lines = [line.strip() for line in text.replace("\b", "").splitlines()]
    return "\n".join(line.removeprefix("Example:").strip() for line in lines if line and line != "Examples:")


def _parameter(parameter: Any) -> tuple[str, str]:
    if parameter.param_type_name == "argument":
        label = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        # The value's name only where one is taken.
        value = "" if getattr(parameter, "is_flag", False) else f" {parameter.metavar or parameter.name.upper()}"
        label = ", ".join(f"`{each}{value}`" for each in parameter.opts)
    return label, " ".join((parameter.help or "").split())


def man() -> str:
    """Every command with its arguments and options, in the form of man pages."""
    root: Any = typer.main.get_command(app)
    head = f'.TH LOGPARSE 1 "" "logparse {__version__}" "User Commands"'
    about = ".SH NAME\nlogparse \\- which DAGs were triggered by whom, and why it failed"
    return "\n".join([head, about, *_manual(root, "logparse")]) + "\n"


def _manual(command: Any, name: str) -> list[str]:
    parts = [f".SH {_roff(name)}", _roff(_help(command.help).strip())]
    for label, meaning in (_parameter(each) for each in command.params if each.name != "help"):
        parts += [".TP", f".B {_roff(label.replace('`', ''))}", _roff(meaning)]
    if command.epilog:
        parts += [".P", ".nf", _roff(_examples(command.epilog)), ".fi"]
    for child in getattr(command, "commands", {}).values():
        parts += _manual(child, f"{name} {child.name}")
    return parts


def _roff(text: str) -> str:
    """A text in which man takes nothing for a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", re.sub(r"\n{2,}", "\n.P\n", escaped), flags=re.MULTILINE).replace("\\&.P", ".P")
