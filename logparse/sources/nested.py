"""Archives within archives: their members are logs like those of the outer one.

Owns: how deep, how large and how many of them are looked into. Must not know: how a member is read.

An inner archive is held in memory, since its members are read in any order. One that is larger, or deeper, is a
member like any other, and reading it says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.sources.member_contents import load_archive
from logparse.sources.members import MOST, is_archive_name, list_members, list_packed, read_errors

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.sources.members import Member

#: Bytes of an inner archive.
LARGEST: Final = 64 * 1024 * 1024
#: Inner archives are packed already: all of them together are at most so many times as long as the file, or as one may
#: be. What grows more than that was made to.
_GROWTH: Final = 100


def list_logs(file: Path) -> list[Member] | None:
    """Return the logs in a file and in the archives in it, in their order; None if it is no archive."""
    members = list_members(file)
    if members is None:
        return None
    left = max(LARGEST, _GROWTH * file.stat().st_size)
    found: list[Member] = []
    for member in members:
        inner = _look_into(member, left)
        left -= (member.size or 0) if inner is not None else 0
        found += [member] if inner is None or len(found) + len(inner) > MOST else inner
    return found


def _look_into(member: Member, left: int) -> list[Member] | None:
    """Return the logs in a member; None if it is no archive that may be looked into."""
    size = member.size
    if member.problem or size is None or size > min(LARGEST, left) or not is_archive_name(member.name):
        return None
    try:
        return list_packed(load_archive(member), member)
    except read_errors(RuntimeError, NotImplementedError):
        return None
