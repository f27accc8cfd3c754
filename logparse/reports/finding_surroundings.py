"""What else the log shows around a finding, in words: who succeeded, what an intruder did, who does not give up.

Owns: the words of these cells. Must not know: how this was found out, other cells of the row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from logparse.common.text import count
from logparse.common.timestamps import EPOCH, SECOND

if TYPE_CHECKING:
    from logparse.causes.attempt_columns import AttemptColumns
    from logparse.causes.surroundings import Retries, Surroundings
    from logparse.causes.triggers import Trigger

#: Runs of an intruder that are listed, at most.
_RUNS: Final = 10
_LONG: Final = 120
#: What a program does that does not give up, and how it should be.
STOP: Final = "Let the program give up when it is refused, and ask again only when the cause is mended."


def list_runs(around: Surroundings, attempts: AttemptColumns) -> str:
    """Return the runs that an intruder made: the DAG, the caller, the time, and the line."""
    rows = around.intruded[:_RUNS]
    columns = (attempts.texts(name, rows) for name in ("dag_id", "caller", "source"))
    runs = [
        f"{dag or 'a DAG'} by {caller or 'an unknown caller'} at {_tell_time(int(attempts.time[row]))} "
        f"({source}:{attempts.line[row]})"
        for row, dag, caller, source in zip(rows.tolist(), *columns, strict=True)
    ]
    more = len(around.intruded) - len(rows)
    return "; ".join(runs) + (f" and {more} more" if more else "")


def tell_retries(retries: Retries, caller: str, what: str) -> str:
    """Return how often a caller that does not give up asked, and with which pauses.

    Args:
        retries: the attempts.
        caller: who asked.
        what: for what: a DAG, or a login.
    """
    pause = retries.pause // SECOND
    pauses = count(pause // 60, "minute") if pause >= _LONG else count(pause, "second")
    return (
        f"{caller or 'an unknown caller'} was refused {retries.number:,} times in a row for {what}, about "
        f"every {pauses}, until {_tell_time(retries.last)}"
    )


def tell_trigger(trigger: Trigger, first: int) -> str:
    """Return what may have set off a finding.

    Args:
        trigger: what that is.
        first: time of the first attempt, microseconds UTC.
    """
    minutes = count((first - trigger.time) // (60 * SECOND), "minute")
    what = (
        f"users or roles were changed ({trigger.edit} in the audit log)" if trigger.edit else "the server was started"
    )
    return f"{what} at {_tell_time(trigger.time)}, {minutes} before the first attempt"


def tell_meant(around: Surroundings) -> str:
    """Return which ids of DAGs are probably mistyped, and what was meant."""
    return ", ".join(f"{meant} (for {dag})" for dag, meant in around.meant.items())


def _tell_time(microseconds: int) -> str:
    return f"{EPOCH + timedelta(microseconds=microseconds):%Y-%m-%d %H:%M:%S} UTC"
