"""What type checkers know of the Python functions: mypy reads this file, nobody runs it."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import logparse

if TYPE_CHECKING:
    import pandas as pd  # noqa: F401 - in the texts that are compared


def functions() -> None:
    assert_type(logparse.attempts("webserver.log", Path("more.log")), "pd.DataFrame")
    assert_type(logparse.findings("logs", deployment="prod"), "pd.DataFrame")
    assert_type(logparse.report("logs", timezone=UTC, weeks="2026-W47"), "dict[str, dict[str, pd.DataFrame]]")
    assert_type(logparse.read_archive(Path("reports"), "findings", weeks=["2026-W47"]), "pd.DataFrame")
    assert_type(logparse.weeks("reports"), "list[str]")
    logparse.attempts("logs", rules=Path("my-rules"), audit_logs=[Path("audit.csv")], log_formats=["%(h)s"], workers=2)


def options() -> None:
    asked: logparse.RunOptions = {"timezone": "Europe/Berlin", "overlap": "once"}
    assert_type(logparse.attempts("logs", **asked), "pd.DataFrame")
    logparse.attempts("logs", zone="UTC")  # type: ignore[call-arg]
    logparse.attempts("logs", workers="2")  # type: ignore[arg-type]
    logparse.attempts(["logs"])  # type: ignore[arg-type]


def errors() -> None:
    try:
        logparse.attempts("logs")
    except logparse.InputError as error:
        assert_type(error.source, str)
        assert_type(error.remedy, str)
    except logparse.RuleError as error:
        assert_type(error.problems[0].file, str)
    except logparse.FormatError as error:
        assert_type(error.position, int | None)
    except logparse.OutputError as error:
        assert_type(error.target, str)
