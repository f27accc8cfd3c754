"""Lines that are looked at ahead: whether their times go back, for any part of them, however they come and go."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from logparse.common.timestamps import Stamp
from logparse.lines.lines_ahead import LinesAhead

if TYPE_CHECKING:
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.clock import Clock
    from logparse.lines.result import Place


class _Numbers:
    """Reads a line that is a number as a time; any other has none."""

    def recognize(self, text: str) -> tuple[None, dict[str, str]]:
        return None, {"time": text}

    def read_line(self, fields: dict[str, str]) -> Stamp | None:
        text = fields["time"]
        return Stamp(int(text), int(text), zoned=True) if text.isdecimal() else None


def test_times_are_in_order_where_none_is_older_than_one_before_it() -> None:
    chance = random.Random(16)
    numbers = _Numbers()
    place = cast("Place", None)
    ordered = 0
    for _ in range(200):
        lines = LinesAhead(cast("Recognizer", numbers), cast("Clock", numbers))
        for _ in range(30):
            for _ in range(chance.randrange(8)):
                lines.append(place, str(chance.choice((7, 7, 8, 9))) if chance.random() < 0.9 else "-", "")
            if chance.random() < 0.1:
                lines.skip(chance.randrange(3))
            if not lines.texts:
                continue
            start = chance.randrange(len(lines.texts))
            part = [int(text) for text in lines.texts[start : start + 6] if text != "-"]
            told = lines.are_in_order(start, start + 6)
            ordered += told
            assert not told or all(one <= other for one, other in pairwise(part))
            lines.forget(start)
    assert ordered > 300
