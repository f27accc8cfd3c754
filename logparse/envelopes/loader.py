"""All envelopes, in the order in which they are tried.

Owns: which envelopes there are: one for each file in ``shipped``.
Must not know: the keys of the files (``compiler``), any single envelope.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from logparse.envelopes.compiler import compile_envelope

if TYPE_CHECKING:
    from logparse.envelopes.envelope import Envelope


@cache
def shipped() -> tuple[Envelope, ...]:
    """Return every envelope, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    folder = resources.files("logparse.envelopes") / "shipped"
    loaded = [
        compile_envelope(entry.name, tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(loaded, key=lambda envelope: (envelope.rank, envelope.id)))
