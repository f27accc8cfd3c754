"""Commands and groups of commands whose help shows no value behind an option that takes none.

Owns: the classes of all commands and groups. Must not know: any command.
"""

from typing import Any

from typer.core import TyperCommand, TyperGroup


class _Flags:
    """Typer shows ``<bool>`` behind a flag, as if one had to type it."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in parameters:
            if getattr(each, "is_flag", False):
                each.metavar = ""
        return parameters


class Command(_Flags, TyperCommand):
    """A command."""


class Group(_Flags, TyperGroup):
    """A group of commands."""
