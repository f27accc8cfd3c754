"""Which text stands in front of most lines of a file, found from its first lines.

Owns: cutting lines into front and rest, and the template that most fronts share.
Must not know: the kinds of parts (``template``), line formats (it is told which lines are known).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.fronts.template import encode_literal, front_file, front_id, make_front, make_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

#: The text in front of a line is at most so long, and so many of its places are tried.
LONGEST: Final = 240
_PLACES: Final = 30
#: So many lines are cut to see where they begin; all others are compared with the result.
_TRIED: Final = 40
#: What stands between the parts. Nobody writes a quote or an equals sign of a request there.
#: Longer lines are not cut: what stands behind each place would be read.
_LONG: Final = 16 * 1024
_BLANK: Final = r"[ \t]+"
_ADDRESS: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_SIGN: Final = r"[^\w\s\"]"


class _Part(NamedTuple):
    """A piece of the text in front of a line; ``kind`` is empty for a sign, and ``blank`` for blanks."""

    kind: str
    text: str


def find_front(lines: Sequence[str], holds_known_line: Callable[[str], bool]) -> str:
    """Return the id of the envelope that is around most lines of the beginning of a file; empty if there is none.

    Args:
        lines: the first ones of the file that are in no form that is known.
        holds_known_line: whether a text is a line that a server writes, or an envelope around one.
    """
    lines = [line for line in lines if line.strip() and len(line) <= _LONG]
    tried = _spread(lines)
    cut = [parts for line in tried if (parts := _cut(line, holds_known_line))]
    shapes = Counter(_shape(parts) for parts in cut)
    if not shapes:
        return ""
    shape, count = shapes.most_common(1)[0]
    fronts = [parts for parts in cut if _shape(parts) == shape]
    if count * 2 <= (len(tried) if _is_weak(shape) and not _are_numbered(fronts) else len(cut)):
        return ""
    template = _generalise(fronts)
    pattern = re.compile(make_pattern(template))
    return front_id(template) if sum(bool(pattern.match(line)) for line in lines) * 2 > len(lines) else ""


def find_shared_front(
    texts: Sequence[str],
    unknown: Sequence[str],
    holds_known_line: Callable[[str], bool],
    is_known: Callable[[str], bool],
    *,
    most: bool,
) -> str:
    """Return the id of the envelope that lines of a file are in which are not known without it; empty: there is none.

    Args:
        texts: the first lines of the file.
        unknown: those of them that are in no form that is known.
        holds_known_line: whether a text is a line that a server writes, or an envelope around one.
        is_known: whether a text is a line that a server writes.
        most: most lines are unknown. If few are, the text must be in front of most of the others as well.
    """
    if most and len(unknown) * 2 <= len(texts):
        return ""
    if not (front := find_front(unknown, holds_known_line)):
        return ""
    opened = list(map(make_front(front).open, texts))
    if not most and (len(opened) - opened.count(None)) * 2 <= len(texts):
        return ""
    strange = set(unknown)
    behind = {str(each.payload) for each, text in zip(opened, texts, strict=True) if each and text not in strange}
    return front if all(map(is_known, behind)) else ""  # else known lines begin like that, too


def begins_with_times(line: str) -> bool:
    """Return whether a line begins with two times, or a time of day and a time, with signs and words between them."""
    return _two_times().match(line) is not None


@cache
def _two_times() -> re.Pattern[str]:
    time, moment = (front_file().parts[kind] for kind in ("time", "moment"))
    return re.compile(rf"\W{{0,3}}(?:{time}|{moment})[^\w\"]{{1,8}}(?:[A-Za-z]\w*\W{{1,4}})?(?:{time})")


def _spread(lines: Sequence[str]) -> Sequence[str]:
    """Return lines from all of a text, but no more than are tried."""
    return lines[:: max(1, len(lines) // _TRIED)][:_TRIED] if len(lines) > _TRIED else lines


@cache
def _token() -> re.Pattern[str]:
    kinds = "|".join(f"(?P<{kind}>{inside})" for kind, inside in front_file().parts.items())
    return re.compile(f"{kinds}|(?P<blank>{_BLANK})|(?P<sign>{_SIGN})")


def _cut(line: str, holds_known_line: Callable[[str], bool]) -> list[_Part]:
    """Return the parts in front of the known line that is in a line; none if there is no such line in it."""
    parts: list[_Part] = []
    for part, end in _parts(line[:LONGEST]):
        parts.append(part)
        possible = part.kind in ("", "blank") and len(parts) <= _PLACES * 2 and not _ends_in_address(parts)
        # Heads of app lines may stand in bars, but no line begins with one, and none with two times.
        begun = line.startswith("|", end) or begins_with_times(line[end:LONGEST])
        if possible and not begun and holds_known_line(line[end:]):
            return parts
    return []


def _ends_in_address(parts: Sequence[_Part]) -> bool:
    """Return whether an address stands right before the line, with a port or not.

    Then it is not certain which of two addresses is the client's.
    """
    last = next((part for part in reversed(parts) if part.kind not in ("", "blank", "number")), None)
    return last is not None and last.kind == "name" and _ADDRESS.fullmatch(last.text) is not None


def _parts(text: str) -> Iterator[tuple[_Part, int]]:
    """Yield the parts of a text, and where each ends, up to one that stands in front of no line."""
    at = 0
    while hit := _token().match(text, at):
        kind = hit.lastgroup or ""
        yield _Part("" if kind == "sign" else kind, hit[0]), hit.end()
        at = hit.end()


def _shape(parts: Sequence[_Part]) -> tuple[str, ...]:
    """Return what fronts in the same form have in common; a number may stand where others have a name."""
    plain = (part for part in parts if part.kind != "colour")
    return tuple(
        part.text if not part.kind else "name" if part.kind in ("number", "id") else part.kind for part in plain
    )


def _is_weak(shape: Sequence[str]) -> bool:
    """Return whether words alone are in front of a line, as the first words of any line are."""
    return set(shape) <= {"name", "blank"} and shape != ("blank",)


def _are_numbered(fronts: Sequence[Sequence[_Part]]) -> bool:
    """Return whether a number is in front of each line that grows from line to line, as ``cat -n`` writes it."""
    numbers = [float(part.text) for parts in fronts for part in parts if part.kind == "number"]
    return len(numbers) == len(fronts) > 1 and all(one < other for one, other in pairwise(numbers))


def _generalise(fronts: Sequence[Sequence[_Part]]) -> str:
    """Return the template of fronts in the same form."""
    template = ""
    for column in zip(*([part for part in parts if part.kind != "colour"] for parts in fronts), strict=True):
        kinds, texts = {part.kind for part in column}, {part.text for part in column}
        if kinds == {"blank"}:
            template += min(texts, key=len) if len(texts) == 1 or "\t" not in "".join(texts) else "\t"
        elif kinds == {""} or (len(texts) == 1 and kinds == {"name"} and next(iter(texts)).isalpha()):
            template += encode_literal(column[0].text)
        else:
            template += f"{{{kinds.pop() if len(kinds) == 1 else 'name'}}}"
    return _with_colours(template) if any(part.kind == "colour" for part in fronts[0]) else template


def _with_colours(template: str) -> str:
    """Return a template in which a colour may begin or end at every place."""
    colour = "{colour}"
    return re.sub(r"\{\w+\}| +|[^\w\s{}]", lambda hit: f"{colour}{hit[0]}{colour}", template).replace(
        colour * 2, colour
    )
