"""Envelopes: what a platform wrapped around a line. Taken off level by level, before any line format is tried.

Owns: which envelopes there are. Must not know: line formats, requests.

An envelope is a module with a name of its own and two functions: ``unwrap`` gives the payload of a line, or None if
the line is not in this envelope; ``wrap`` puts a payload into it, so that tests can put every line into every envelope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from logparse.envelopes import standalone

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENVELOPES", "Envelope", "payloads"]


class Envelope(Protocol):
    """What a platform wraps around a line.

    Attributes:
        NAME: for messages and reports.
    """

    NAME: str

    def unwrap(self, line: str) -> str | None:
        """The payload of ``line``; None if the line is not in this envelope."""

    def wrap(self, payload: str) -> str:
        """``payload`` as this platform writes it."""


#: Every envelope, in the order in which they are tried.
ENVELOPES: Final[tuple[Envelope, ...]] = (standalone,)


def payloads(lines: Sequence[str]) -> list[str]:
    """Each line without its envelope; a line in none stays as it is."""
    return [_payload(line) for line in lines]


def _payload(line: str) -> str:
    for envelope in ENVELOPES:
        payload = envelope.unwrap(line)
        if payload is not None:
            return payload
    return line
