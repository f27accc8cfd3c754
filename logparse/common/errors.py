"""Every error that logparse raises on purpose, with the data that a caller needs to react to it.

Owns: the error types and the wording of their messages (where, what, what to try). Must not know: anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class LogparseError(Exception):
    """Base of all errors that are about the user's input, rules or output, never about a bug.

    As a text, an error holds no secrets: names, patterns and values that it repeats may hold some.
    """

    def __str__(self) -> str:
        return _hide_secrets(self._wording())

    def _wording(self) -> str:
        return super().__str__()


class InputError(LogparseError):
    """A source cannot be read at all: missing, not readable, not a log.

    Attributes:
        source: the path or URL as the user gave it.
        problem: what is wrong, without the path.
        remedy: what to try next; may be empty.
    """

    def __init__(self, source: str, problem: str, remedy: str = "") -> None:
        super().__init__(source, problem, remedy)
        self.source = source
        self.problem = problem
        self.remedy = remedy

    def _wording(self) -> str:
        return f"{self.source}: {self.problem}" + (f"; {self.remedy}" if self.remedy else "")


class FormatError(LogparseError):
    """A log format string or a line-format file cannot be used.

    Attributes:
        text: the format string or the file.
        problem: what is wrong and what to try.
        position: 0-based offset into ``text``, where one is known.
    """

    def __init__(self, text: str, problem: str, position: int | None = None) -> None:
        super().__init__(text, problem, position)
        self.text = text
        self.problem = problem
        self.position = position

    def _wording(self) -> str:
        if self.position is None:
            return f"{self.text}: {self.problem}"
        return f"{self.problem}\n  {self.text}\n  {' ' * self.position}^"


class OptionError(ValueError):
    """An option of a run has a value that it cannot have.

    Attributes:
        option: name of the option, as in ``logparse.pipeline.options.RunOptions``.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(_hide_secrets(problem))
        self.option = option


def checked(option: str, check: Callable[[Any], T], value: object) -> T:
    """Return what a check makes of the value of an option.

    Raises:
        OptionError: the check raised ValueError.
    """
    try:
        return check(value)
    except ValueError as error:
        raise OptionError(option, str(error)) from error


class OutputError(LogparseError):
    """The output cannot be written.

    Attributes:
        target: the path as the user gave it.
        problem: what is wrong and what to try.
    """

    def __init__(self, target: str, problem: str) -> None:
        super().__init__(target, problem)
        self.target = target
        self.problem = problem

    def _wording(self) -> str:
        return f"{self.target}: {self.problem}"


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing that is wrong with one rule file.

    Attributes:
        file: the rule file, relative to its rules folder.
        item: the key or example, such as ``path`` or ``[[match]] 2``; empty for the file as a whole.
        text: what is wrong and what to do about it.
    """

    file: str
    item: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}: {self.item + ': ' if self.item else ''}{self.text}"


class RuleError(LogparseError):
    """The rules cannot be used; the error holds all that is wrong with them.

    Attributes:
        problems: every problem found, in file order.
    """

    def __init__(self, problems: list[RuleProblem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def _wording(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def _hide_secrets(text: str) -> str:
    from logparse.common import secrets  # noqa: PLC0415 - late: it needs Arrow

    return secrets.hide(text)
