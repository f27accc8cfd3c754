"""Errors that nobody foresaw: what is said of them, in place of a traceback.

Owns: the message, and its exit status. Must not know: what was being done.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Final

import logparse

#: Exit status after an error that nobody foresaw.
BUG: Final = 4
#: Set to anything, this variable has the whole traceback printed.
VARIABLE: Final = "LOGPARSE_TRACEBACK"
_PACKAGE: Final = Path(logparse.__file__).parent
#: Places in the code that are named, the last ones.
_PLACES: Final = 6


def describe_bug(error: BaseException) -> str:
    """Return a message about an error that nobody foresaw. It names places in the code, and nothing of any input."""
    if isinstance(error, MemoryError):
        return "there is not enough memory; nothing was written. Try --workers 1, or fewer logs at once"
    places = " > ".join(_places(error)) or "an unknown place"
    return (
        f"this is a bug in logparse, please report it: {_kind(error)} at {places}, version {logparse.__version__}\n"
        "Nothing was written. The line above holds nothing of your logs, so it can stand in a public issue. With "
        f"{VARIABLE}=1 the whole traceback is printed, which can hold pieces of them."
    )


def print_traceback(error: BaseException) -> None:
    """Print the whole traceback, if the user asked for it."""
    if os.environ.get(VARIABLE):
        traceback.print_exception(error)


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _places(error: BaseException) -> list[str]:
    """Return the places in this package that an error came through, the innermost last."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    return [f"{Path(frame.filename).relative_to(_PACKAGE).as_posix()}:{frame.lineno}" for frame in own[-_PLACES:]]
