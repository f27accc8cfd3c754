"""The process that commands are forked from.

Owns: how a command is forked, and what is set up for it. Must not know: which commands there are, what is expected of
them.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reliability.dying import COUNT_IN, DIE_AT, SPILL, die_at

if TYPE_CHECKING:
    from collections.abc import Mapping


def serve() -> None:
    """Be the process that others are forked from, so that Python itself is started once.

    A line of standard input asks for a command, one of standard output tells which process that is, and how it ended.
    """
    numbers: dict[int, int] = {}
    asked = b""
    while True:
        if select.select([0], [], [], 0.005 if numbers else None)[0]:
            data = os.read(0, 1 << 16)
            if not data:
                return
            *lines, asked = (asked + data).split(b"\n")
            for line in lines:
                told = json.loads(line)
                pid = os.fork()
                if not pid:
                    _become(told)
                    return
                numbers[pid] = told["number"]
                _answer(number=told["number"], pid=pid)
        with suppress(ChildProcessError):
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid:
                _answer(number=numbers.pop(pid), status=os.waitstatus_to_exitcode(status))


def _answer(**told: int) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _become(told: Mapping[str, Any]) -> None:
    """Be a command, in a process that was forked for it."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(told["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(told["environment"])
    tempfile.tempdir = None
    if told["limit"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (told["limit"], told["limit"]))
    sys.argv = ["logparse", *told["args"]]
    from logparse.archive import collector  # noqa: PLC0415
    from logparse.cli import main  # noqa: PLC0415
    from logparse.scans import request_store  # noqa: PLC0415 - only a forked command needs any of it

    if SPILL in os.environ:
        for limit, made in (
            (request_store.LIMIT, request_store.RequestStore.__init__),
            (collector.LIMIT, collector.LineCollector.__init__),
        ):
            made.__defaults__ = tuple(0 if each == limit else each for each in made.__defaults__ or ())

    if DIE_AT in os.environ:
        die_at(os.environ[DIE_AT], os.environ.get(COUNT_IN, ""))
    main()
