"""Who tried to trigger which Airflow DAG, what became of it, and if it failed: not recognised or not permitted.

The command ``logparse`` writes weekly reports; these are the same from Python:

- ``logparse.attempts("webserver.log")``: the trigger attempts, one row each, as a pandas data frame
- ``logparse.findings("logs")``: what is wrong, and what to do: one row for each cause and week
- ``logparse.report("logs")["2026-W47"]["by_user"]``: the weekly reports
- ``logparse.read_archive("reports", "findings")``: a table of an archive, and ``logparse.weeks("reports")`` its weeks
- ``LogparseError`` and its kinds, for what is wrong with the input, formats, rules or output

Names are loaded when they are first used, so importing this package costs nothing.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Final

from logparse.common.version import __version__ as __version__

if TYPE_CHECKING:
    from logparse.api import IncompleteInputWarning, RunOptions, attempts, findings, read_archive, report, weeks
    from logparse.common.errors import FormatError, InputError, LogparseError, OutputError, RuleError


logging.getLogger(__name__).addHandler(logging.NullHandler())  # whoever wants the log says so

__all__ = [
    "FormatError",
    "IncompleteInputWarning",
    "InputError",
    "LogparseError",
    "OutputError",
    "RuleError",
    "RunOptions",
    "attempts",
    "findings",
    "read_archive",
    "report",
    "weeks",
]

_ROOMS: Final = {name: "logparse.common.errors" if name.endswith("Error") else "logparse.api" for name in __all__}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_ROOMS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
