"""What all tests share: the switch that writes golden files anew, and the order in which processes share the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN: Final = Path(__file__).resolve().parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the files in tests/golden anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run thorough tests first, so that no process is left with a long one while the others have finished."""
    items.sort(key=lambda item: item.get_closest_marker("thorough") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Callable[..., Any]) -> object:
    """Let a process without work take some of another one's: with ``-n``, a fixed part of the tests is too uneven."""
    from xdist.scheduler import WorkStealingScheduling  # type: ignore[import-untyped]

    return WorkStealingScheduling(config, log)


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
