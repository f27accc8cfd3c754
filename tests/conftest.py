"""What all tests share: the switch that writes golden files anew."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

GOLDEN: Final = Path(__file__).resolve().parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the files in tests/golden anew")


class Golden:
    """Files with the output that is expected, byte for byte."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, name: str, content: bytes) -> None:
        path = GOLDEN / name
        if self._update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        expected = path.read_bytes() if path.exists() else b""
        if content != expected:  # lists of lines: pytest shows where they part
            assert content.decode().split("\n") == expected.decode().split("\n"), (
                f"pytest --update-golden writes {name}"
            )


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Golden:
    return Golden(update=request.config.getoption("--update-golden"))
