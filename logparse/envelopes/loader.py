"""All envelopes, in the order in which they are tried.

Owns: which envelopes there are: one for each file in ``shipped``.
Must not know: the keys of the files (``compiler``), any single envelope.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from logparse.envelopes.compiler import compile_envelope
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
