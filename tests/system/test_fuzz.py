"""What fuzzing has found stays mended. The names of the files say which target of the fuzzer takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fuzz
import pytest
from places import TESTS

if TYPE_CHECKING:
    from pathlib import Path

FOUND = sorted((TESTS / "fuzz").iterdir())


@pytest.mark.parametrize("path", FOUND, ids=[path.name for path in FOUND])
def test_what_fuzzing_has_found(path: Path) -> None:
    target = max((name for name in fuzz.TARGETS if path.name.startswith(f"{name}-")), key=len)
    fuzz.TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("target", fuzz.TARGETS)
def test_every_target_has_inputs_to_begin_with(target: str) -> None:
    fuzz.TARGETS[target](next(fuzz.first_inputs(target)))


@pytest.mark.parametrize("target", fuzz.TARGETS)
@pytest.mark.parametrize("opening", ["[", '{"a":', "a=[", "%{a}i{"])
def test_nothing_is_nested_too_deeply(target: str, opening: str) -> None:
    fuzz.TARGETS[target](opening.encode() * 5000)
