"""Values as Python prints them.

Owns: what of it is read. Must not know: who printed it.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Final

#: Python's parser takes much memory, so nothing longer is read.
LONGEST: Final = 100_000
#: What Python writes behind a backslash. It warns of anything else, which only others write, and on standard error.
_ESCAPES: Final = re.compile(r"""(?:[^\\]|\\[\\'"nrtxuU])*+""", re.DOTALL)


def read_printed(text: str) -> Any:
    """Return the value that Python prints as a text; None if there is none, or if the text is too long."""
    if len(text) > LONGEST or not _ESCAPES.fullmatch(text):
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
