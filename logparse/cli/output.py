"""What commands print for people: without secrets, and without anything that does something to a terminal.

Owns: the way of every message and sentence to a standard stream. Must not know: what any of them says. Tables and what
``explain`` and ``formats detect`` show are data, which is free of secrets when it is made.
"""

from __future__ import annotations

import typer

from logparse.common.text import printable

#: Stands in front of messages about something that a user should look at.
_NAME = "logparse: "


def print_message(text: str) -> None:
    """Print a message on standard error; standard output is for data."""
    typer.echo(clean(text), err=True)


def print_problem(text: object) -> None:
    """Print a message about something that a user should look at, on standard error."""
    print_message(f"{_NAME}{text}")


def print_text(text: str) -> None:
    """Print a sentence on standard output."""
    typer.echo(clean(text))


def clean(text: str) -> str:
    """Return a text for people without secrets; control characters are written out, except for line breaks."""
    from logparse.common import secrets  # noqa: PLC0415 - late: a command that prints its help needs no Arrow

    return "\n".join(map(printable, secrets.name_tokens(secrets.hide(text)).split("\n")))
