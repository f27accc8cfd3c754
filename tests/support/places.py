"""Where tests find the checkout and their data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parent.parent
ROOT: Final = TESTS.parent
DATA: Final = TESTS / "data"
