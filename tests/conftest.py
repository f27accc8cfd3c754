"""What all tests share: switches, which inputs are tried, and the order in which processes share the work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest_plugins = ["shared_fixtures"]
GOLDEN: Final = Path(__file__).resolve().parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the files in tests/golden anew")
    parser.addoption("--every-case", action="store_true", help="run all cases of tests that are marked as sampled")


def pytest_configure(config: pytest.Config) -> None:
    """Have properties tried on the same inputs in each usual run, and on new ones in a run of all cases.

    No test fails because the machine is slow.
    """
    settings.register_profile(
        "usual",
        derandomize=not config.getoption("--every-case"),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("usual")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take the cases that run, thorough tests first, so that at the end no process has a long one alone.

    Of a test that is marked as ``sampled(n)`` each nth case runs, of one with fewer cases one or two. With which one it
    begins depends on its name, so that two such tests leave out different ones.
    """
    if not config.getoption("--every-case"):
        left_out = set(_left_out(items))
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: item.get_closest_marker("thorough") is None)


def _left_out(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("sampled"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for name, some in cases.items():
        mark = some[0].get_closest_marker("sampled")
        assert mark is not None
        step = mark.args[0]
        while step > len(some):
            step //= 2
        first = crc32(name.encode()) % step
        yield from (item for place, item in enumerate(some) if place % step != first)


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
