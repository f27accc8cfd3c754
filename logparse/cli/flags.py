"""Commands and groups of commands: no value shown behind an option that takes none, and no slow check of texts.

Owns: the classes of all commands and groups. Must not know: any command.
"""

from functools import partial
from typing import Any

from typer.core import TyperCommand, TyperGroup


class _Unchecked:
    """Stands in place of what typer checks a value with, which needs pydantic: to load it takes a tenth of a second.

    Most values need no check: nothing was given, or what the command itself says, or texts where any text will do.
    """

    def __init__(self, parameter: Any) -> None:
        self._annotation = parameter.type_descriptor.annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of a parameter as its command takes it."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if (
            self._annotation == list[str]
            and several
            and isinstance(value, list | tuple)
            and set(map(type, value)) <= {str}
        ):
            return [*value]
        if self._annotation is str and type(value) is str:
            return value
        if not several and type(value) is type(param.default) and value == param.default:
            return value
        return type(param).get_runtime_param(param).coerce(value, param=param, ctx=ctx)


class _Flags:
    """Typer shows ``<bool>`` behind a flag, as if one had to type it."""

    def get_params(self, ctx: Any) -> list[Any]:
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in parameters:
            if getattr(each, "is_flag", False):
                each.metavar = ""
            if hasattr(each, "get_runtime_param"):
                each.get_runtime_param = partial(_Unchecked, each)
        return parameters


class Command(_Flags, TyperCommand):
    """A command."""


class Group(_Flags, TyperGroup):
    """A group of commands."""
