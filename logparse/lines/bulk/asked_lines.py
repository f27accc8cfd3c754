"""Sorting lines by what they ask for: which of them are in a line format without an outline, and which may matter.

Owns: what is remembered of lines that ask for the same. Must not know: where lines come from, what becomes of them.

We read the values on which it depends what a line asks for (``logparse.formats.asked``). Of lines with the same values,
one is read in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.lines.bulk.main_format import LONGEST
from logparse.lines.request_values import read_target

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from logparse.common.memo import Memo
    from logparse.envelopes.steps import Texts
    from logparse.formats.line_format import LineFormat
    from logparse.rules.prefilter import Prefilter

#: What is remembered of a request: that it may matter, that it cannot, or that such a line has to be read by itself.
_MAY_MATTER: Final = 1
_CANNOT_MATTER: Final = 0
_BY_ITSELF: Final = -1


def sort_by_request(
    texts: Texts, data: bytes | None, form: LineFormat, prefilter: Prefilter
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which lines are not surely in a format that tells what its lines ask for, and which others may matter.

    Args:
        texts: the lines; None for those that are not to be looked at.
        data: the same as bytes, each ended by a line break, if they are at hand.
        form: the format.
        prefilter: says of requests whether they may matter.
    """
    assert form.asked is not None
    if max(map(len, filter(None, texts)), default=0) > LONGEST:
        texts, data = [None if text is None or len(text) > LONGEST else text for text in texts], None
    meaning = _read_meanings(texts, form.asked(texts, data), form, prefilter)
    if form.asked_in_full is not None and len(places := np.flatnonzero(meaning == _MAY_MATTER)):
        some = [texts[at] for at in places.tolist()]
        meaning[places] = _read_meanings(some, form.asked_in_full(some), form, prefilter, in_full=True)
    return meaning == _BY_ITSELF, meaning == _MAY_MATTER


def _read_meanings(
    texts: Texts, keys: Sequence[Hashable | None], form: LineFormat, prefilter: Prefilter, *, in_full: bool = False
) -> NDArray[np.int8]:
    """Return what lines mean by what they ask for; of those that ask for the same, one is read."""
    known: Memo[Hashable, int] = prefilter.answers[f"lines of {form.id}{' in full' if in_full else ''}"]
    meanings: list[int | None] = list(map(known.get, keys))
    if None in meanings:
        new = [at for at, meaning in enumerate(meanings) if meaning is None]
        examples = {keys[at]: texts[at] or "" for at in new if keys[at] is not None}
        known.learn(
            examples,
            lambda asked: _read_examples([examples[key] for key in asked], form, prefilter, in_full=in_full),
        )
        for at in new:
            meanings[at] = _BY_ITSELF if keys[at] is None else known[keys[at]]
    return np.array(meanings, np.int8)


def _read_examples(texts: Sequence[str], form: LineFormat, prefilter: Prefilter, *, in_full: bool) -> list[int]:
    """Read lines, and say of each what holds for all that ask for the same."""
    requests = [_read_request(text, form, in_full=in_full) for text in texts]
    meanings = [
        _BY_ITSELF if request is None else _MAY_MATTER if prefilter.request(*request) else _CANNOT_MATTER
        for request in requests
    ]
    asked = [(at, request) for at, request in enumerate(requests) if request and meanings[at] == _MAY_MATTER]
    for (at, _), matters in zip(asked, prefilter.matter([request for _, request in asked]).tolist(), strict=True):
        meanings[at] = _MAY_MATTER if matters else _CANNOT_MATTER
    return meanings


def _read_request(text: str, form: LineFormat, *, in_full: bool) -> tuple[str, str, str] | None:
    """Read method, target and status of a line; None if it does not hold them."""
    fields = form.read(text) or {}
    method, target = fields.get("method") or fields.get("verb"), fields.get("target") or fields.get("url_path")
    if not method or not target:
        return None
    return method, read_target(form, fields)[0] if in_full else target, fields.get("status") or ""
