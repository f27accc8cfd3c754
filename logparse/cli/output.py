"""What commands print for people: without secrets, and without anything that does something to a terminal.

Owns: the way of every message and sentence to a standard stream. Must not know: what any of them says. Tables and what
``explain`` and ``formats detect`` show are data, which is free of secrets when it is made.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from logparse.common.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Stands in front of messages about something that a user should look at.
_NAME = "logparse: "


def print_message(*texts: str) -> None:
    """Print messages on standard error; standard output is for data."""
    for text in _clean_all(texts):
        typer.echo(text, err=True)


def print_problem(text: object) -> None:
    """Print a message about something that a user should look at, on standard error."""
    print_message(f"{_NAME}{text}")


def print_text(text: str) -> None:
    """Print a sentence on standard output."""
    typer.echo(clean(text))


def discard_output() -> None:
    """Write no more to standard output; without this, Python would complain when it flushes at its end."""
    with suppress(OSError):  # standard output is no file, in tests
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def clean(text: str) -> str:
    """Return a text for people without secrets; control characters are written out, except for line breaks."""
    return _clean_all([text])[0]


def _clean_all(texts: Sequence[str]) -> list[str]:
    from logparse.common import secrets  # noqa: PLC0415 - late: a command that prints its help needs no Arrow

    hidden = map(secrets.name_tokens, secrets.hide_all(texts))
    return ["\n".join(map(printable, text.split("\n"))) for text in hidden]
