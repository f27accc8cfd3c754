"""Have a process end at a step: at a call that changes something on a disk, or where it opens a file.

Owns: what a step is, and the variables of the environment that tell a command where to end. Must not know: what the
process does.
"""

from __future__ import annotations

import builtins
import fcntl
import io
import itertools
import os
import signal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Tells a command at which step to die, see ``die_at``.
DIE_AT: Final = "LOGPARSE_TEST_DIE_AT"
#: Names a file that gets a line for each step.
COUNT_IN: Final = "LOGPARSE_TEST_COUNT_IN"
#: Whether what is usually held in memory goes to the temporary folder, as it does with large logs.
SPILL: Final = "LOGPARSE_TEST_SPILL"
#: The status of a process that died at a step.
DIED: Final = 77
#: Is no step.
LIVES: Final = "0"
STEPS: Final = (
    "fsync", "replace", "rename", "link", "symlink", "unlink", "remove", "mkdir", "rmdir", "open", "ftruncate", "chmod",
)  # fmt: skip


def die_at(what: str, count_in: str = "") -> None:  # noqa: C901 - a call that stands in for others
    """Have this process end at a step, or get a signal there.

    Args:
        what: the number of the step, calls that change something on a disk, or the path of a file that is opened to be
            read; then a colon and the name of a signal, if it is to get one.
        count_in: file that gets a line for each step; empty: none does.
    """
    at, _, name_of_signal = what.partition(":")
    calls = itertools.count(1)
    log = os.open(count_in, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if count_in else -1

    def end() -> None:
        if not name_of_signal:
            os._exit(DIED)
        os.kill(os.getpid(), signal.Signals[name_of_signal])

    def stepping(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            how = args[1] if len(args) > 1 else kwargs.get("mode", kwargs.get("flags", "r"))
            if name == "open" and (
                not how & (os.O_WRONLY | os.O_RDWR) if isinstance(how, int) else not set(str(how)) & set("wxa+")
            ):
                found = real(*args, **kwargs)
                if str(args[0]) == at:
                    end()
                return found
            if log >= 0:
                os.write(log, f"{name} {args[0] if args else ''}\n".encode(errors="replace"))
            if str(next(calls)) == at:
                end()
            return real(*args, **kwargs)

        return call

    for name in STEPS:
        setattr(os, name, stepping(name, getattr(os, name)))
    fcntl.flock = stepping("flock", fcntl.flock)
    opening = stepping("open", io.open)
    for module in (io, builtins):
        vars(module)["open"] = opening
