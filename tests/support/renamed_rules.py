"""The shipped rules under other ids, as a folder.

Owns: which keys of rule files hold ids of rules. Must not know: what any rule means.
"""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, Final

from logparse.common.schema import Channel
from logparse.rules.loader import shipped_folder
from logparse.rules.model import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    #: Family and id to the new id.
    Rename = Callable[[str, str], str]

#: Keys that hold ids, wherever they stand in a file: the families of the rules.
_NAMING: Final = {
    "attempt": ("attempts",),
    "event": ("events",),
    "seen": ("events",),
    "unseen": ("events",),
    "along_with": ("events",),
    "rule": ("outcomes",),
    "login": ("follow_ups",),
    "instead": ("findings",),
    "begins_as": ("findings",),
    "requests": ("attempts", "follow_ups"),
}
SHIPPED: Final = {family: {path.stem for path in (shipped_folder() / family).glob("*.toml")} for family in FAMILIES}


def write_renamed(folder: Path, rename: Rename) -> None:
    """Write all shipped rules into a folder, each under its new id, which the other rules then name."""
    for family, ids in SHIPPED.items():
        (folder / family).mkdir(parents=True)
        for old in ids:
            data = tomllib.loads((shipped_folder() / family / f"{old}.toml").read_text("utf-8"))
            new = rename(family, old)
            data = {key: _renamed(key, value, rename) for key, value in data.items()} | {"id": new}
            text = "\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in data.items())
            (folder / family / f"{new}.toml").write_text(text, "utf-8")


def _renamed(key: str, value: Any, rename: Rename) -> Any:
    if isinstance(value, dict):
        return {name: _renamed(name, inner, rename) for name, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(key, inner, rename) for inner in value]
    if isinstance(value, str) and not (key == "requests" and value in list(Channel)):
        for family in _NAMING.get(key, ()):
            if value in SHIPPED[family]:
                return rename(family, value)
    return value


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
