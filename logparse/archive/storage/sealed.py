"""Records of generations, in which a changed byte is noticed.

Owns: their format, and which paths and names there may be. Must not know: where they are kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Where an archive keeps what is not for users.
OWN_FOLDER: Final = ".logparse"
#: Of a generation in a folder; no visible file may be called so.
INDEX: Final = "index.json"
RECORD: Final = "generation.json"
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_GENERATION: Final = re.compile(r"\d{8,}")


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation.

    Attributes:
        number: which.
        index: as it was committed.
        visible: the object that each visible file is, by its path.
        token: tells it from another one of the same number.
        follows: token of the generation that it was built upon; empty for the first.
    """

    number: int
    index: bytes
    visible: Mapping[str, str]
    token: str = ""
    follows: str = ""

    def sealed(self, *, whole: bool) -> bytes:
        """Its record, with the index or only its digest."""
        index = self.index.decode() if whole else name_of(self.index)
        told = {"follows": self.follows, "index": index, "number": self.number, "token": self.token,
                "visible": dict(self.visible)}  # fmt: skip
        return _dumped({**told, "sha256": name_of(_dumped(told))})


def unsealed(record: bytes, index: bytes | None = None) -> Generation:
    """Read a record.

    Args:
        record: as ``Generation.sealed`` wrote it.
        index: where the record has only its digest.

    Raises:
        ValueError: a byte of either is not what it was.
    """
    try:
        told: dict[str, Any] = json.loads(record)
        text = told["index"]
        found = Generation(told["number"], text.encode() if index is None else index, told["visible"], told["token"],
                           told["follows"])  # fmt: skip
        same = found.sealed(whole=index is None) == record
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("is damaged") from error
    if not same:
        raise ValueError("is damaged")
    return found


def name_of(data: bytes) -> str:
    """What an object of this content is called."""
    return sha256(data).hexdigest()


def is_name(text: str) -> bool:
    """Whether an object may be called so."""
    return _NAME.fullmatch(text) is not None


def numbered(number: int) -> str:
    """What a generation is called."""
    return f"{number:08}"


def number_of(text: str) -> int | None:
    """The number of what is called so; None: it is no generation."""
    return int(text) if _GENERATION.fullmatch(text) and text.isascii() else None


def tops(paths: Iterable[str]) -> set[str]:
    """The first parts of paths."""
    return {path.partition("/")[0] for path in paths}


def checked(visible: Mapping[str, str]) -> dict[str, str]:
    """What is visible, if all paths and names are such as an archive may have.

    Raises:
        ValueError: one is not.
    """
    folders = {path[:at] for path in visible for at in range(len(path)) if path[at] == "/"}
    for path, name in visible.items():
        parts = path.split("/")
        odd = {"", ".", ".."}.intersection(parts) or "\\" in path or "\0" in path or path in folders
        if odd or parts[0] in {OWN_FOLDER, INDEX, RECORD}:
            raise ValueError(f"no file of an archive may be called so: {path!r}")
        if not is_name(name):
            raise ValueError(f"no object may be called so: {name!r}")
    return dict(sorted(visible.items()))


def _dumped(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=0, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n"
