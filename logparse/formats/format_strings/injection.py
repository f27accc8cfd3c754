"""What a client can write into a line so that it looks like another request, in formats of proxies.

Owns: which fields clients write, and whether a format lets them forge the request or the status.
Must not know: how lines are taken apart, any server's format strings.

Where a format puts what a client sends before the request or the status, with nothing between them that the server
escapes, a client can write what looks like both, and have the true ones taken for a part of another field. Such a
format is refused; if the line has a whole request line in it, only the lines are that hold two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEYS: Final = frozenset(("request", "verb", "target", "url_path", "path_query", "status"))


class Slot(NamedTuple):
    """A variable or directive of a format string.

    Attributes:
        name: of the field; empty if it is of no use.
        pattern: regular expression of a field that shows by itself where it ends.
        barred: what a field without pattern cannot hold.
        wild: a client writes it, blanks and all.
        colonless: what a client can have written there holds no colon: a name in a Basic header ends at its first.
        dated: it always holds a colon.
        rank: of several slots with one name the lowest counts, then the first.
        grouped: the groups in ``pattern`` are named already.
        blank: how an empty value is written, if not as an empty text.
        at: where it stands in the format string.
    """

    name: str
    pattern: str = ""
    barred: str = '"'
    wild: bool = False
    colonless: bool = False
    dated: bool = False
    rank: int = 0
    grouped: bool = False
    blank: str = ""
    at: int = 0


def allows_only_one_request(text: str, tokens: Sequence[str | Slot], *, exact: bool) -> bool:
    """Return whether a line must hold one request only, as a client may write what looks like a second one.

    Args:
        text: the format string, for messages.
        tokens: its literals and slots, with names for those only that are of use.
        exact: values hold no quotes as they stand in lines.

    Raises:
        FormatError: a client may write what looks like the request or the status, and no line would show it.
    """
    keys = [index for index, token in enumerate(tokens) if isinstance(token, Slot) and token.name in _KEYS]
    only = False
    for index, slot in enumerate(tokens):
        if not isinstance(slot, Slot) or not slot.wild or slot.pattern:
            continue
        following = next((key for key in keys if key > index), None)
        if following is None or _is_sealed(slot, tokens[index + 1 : following], exact=exact):
            continue
        if not any(_takes_anything(tokens, later, exact=exact) for later in range(following, len(tokens))):
            continue  # nothing behind could hold the true request
        key = tokens[following]
        if not isinstance(key, Slot) or key.name != "request":
            problem = "a client may write here what looks like the request or status behind it; put quotes around it"
            raise FormatError(text, problem, slot.at)
        only = True
    return only


def _is_sealed(slot: Slot, between: Sequence[str | Slot], *, exact: bool) -> bool:
    """Whether something stands between a field and the request that the field cannot hold."""
    return any(
        (exact and '"' in token) or (slot.colonless and ":" in token)
        if isinstance(token, str)
        else slot.colonless and token.dated
        for token in between
    )


def _takes_anything(tokens: Sequence[str | Slot], at: int, *, exact: bool) -> bool:
    """Whether a field could also hold what stands before and behind it."""
    slot = tokens[at]
    if not isinstance(slot, Slot) or slot.pattern:
        return False
    barred = slot.barred if exact else slot.barred.replace('"', "")
    before, behind = tokens[at - 1 : at], tokens[at + 1 : at + 2]
    begins = bool(before) and isinstance(before[0], str) and before[0][-1] in barred
    ends = not behind or (isinstance(behind[0], str) and behind[0][0] in barred)
    return not (begins and ends)
