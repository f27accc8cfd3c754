"""All envelopes, in the order in which they are tried.

Owns: which envelopes there are: one for each file in ``shipped``, and those that are found in a file (``fronts``).
Must not know: the keys of the files (``compiler``), any single envelope.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from logparse.envelopes.compiler import compile_envelope
from logparse.envelopes.fronts.template import is_front, make_front
from logparse.formats.data_files import read_data_files

if TYPE_CHECKING:
    from logparse.envelopes.envelope import Envelope


@cache
def shipped() -> tuple[Envelope, ...]:
    """Return every envelope, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    envelopes = (compile_envelope(name, data) for name, data in read_data_files("logparse.envelopes"))
    return tuple(sorted(envelopes, key=lambda envelope: (envelope.rank, envelope.id)))


def find_envelope(envelope_id: str) -> Envelope:
    """Return the envelope of an id: one of the shipped ones, or text in front of lines that was found in a file.

    Raises:
        KeyError: there is none.
    """
    return make_front(envelope_id) if is_front(envelope_id) else _by_id()[envelope_id]


@cache
def _by_id() -> dict[str, Envelope]:
    return {envelope.id: envelope for envelope in shipped()}
