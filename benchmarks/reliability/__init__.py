"""Kill, fill, race and cut real runs of ``logparse report``, and see what became of the archive each time.

After each trial the archive must hold what it held before, or what it is to hold after; the next run must make the
latter of it, to the byte as an undisturbed run does, ``archive verify`` must find nothing, and nothing may be left of
the run that died.

Owns: the trials, and what is expected of them. Must not know: what an archive is made of, but for its public folders,
``.logparse/tmp`` and ``.logparse/objects``.
"""

from __future__ import annotations

import sys
from pathlib import Path

# Logs to read, and stores that fail, are those of the tests.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "support"))
