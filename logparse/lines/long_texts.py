"""Texts of a line that are longer than any server writes are cut, so that no caller fills the memory.

Owns: how long a text of a line may be, and what stands in place of what is cut. Must not know: what the text means.

Servers take requests of some kilobytes: gunicorn 4, nginx and Apache 8. An id of a DAG has 250 characters at most. What
is longer comes from a server without limits, or from nobody's server. Of such a text, pieces that are longer than any
name are cut, so that the others still show what was asked for; two different texts stay different.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from logparse.common.secrets import hide

#: Longer texts are cut.
LONGEST: Final = 8192
#: So much stays of their pieces, each of which may have been a name.
_PIECE: Final = 250
#: So much stays of the beginning of a text, and of its end, if it has very many pieces.
_BEGINNING: Final = 4096
_END: Final = 2048
_BETWEEN: Final = re.compile(r"([/?&\s]+)")


def cut_text(text: str) -> str:
    """Return a text, cut if it is too long; it then has no secrets any more, of which a part could be left."""
    if len(text) <= LONGEST:
        return text
    pieces = _BETWEEN.split(hide(text))
    cut = "".join(piece if len(piece) <= _PIECE else piece[:_PIECE] + _name(piece) for piece in pieces)
    return cut if len(cut) <= LONGEST else cut[:_BEGINNING] + _name(cut) + cut[-_END:]


def _name(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"...({len(text)}-characters-{digest})"
