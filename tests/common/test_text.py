"""Text on a terminal does nothing to it, and shows what it is; tables and numbers in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.text import aligned, count, printable, size


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("etl_daily", "etl_daily"),
        ("\u0435tl_daily", "\\u0435tl_daily"),  # a Cyrillic letter
        ("p\u0430y_roll", "p\\u0430y_roll"),
        ("\u03bfps", "\\u03bfps"),  # a Greek one
        ("\uff45\uff54\uff4c", "\\uff45\\uff54\\uff4c"),  # full-width letters
        ("\U0001d41e\U0001d42d\U0001d425", "\\U0001d41e\\U0001d42d\\U0001d425"),  # mathematical letters
        ("dag\uff11", "dag\\uff11"),
        ("\u0430\u0441\u0435", "\\u0430\\u0441\\u0435"),  # a word that looks Latin from end to end
        ("\u043e\u0442\u0447\u0451\u0442", "\u043e\u0442\u0447\u0451\u0442"),  # a Russian word
        ("etl_\u043e\u0442\u0447\u0451\u0442", "etl_\u043e\u0442\u0447\u0451\u0442"),
        ("Zo\xeb M\xfcller", "Zo\xeb M\xfcller"),
        ("\u65e5\u672c\u8a9e", "\u65e5\u672c\u8a9e"),
        ("m\xb2", "m\xb2"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u3164b\u115fc\u034fd\ufe0f", "a\\u3164b\\u115fc\\u034fd\\ufe0f"),  # to Python, they are printable
        ("a\u202eb", "a\\u202eb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("a\udcffb", "a\\xffb"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_one_line_that_does_nothing(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown


class TestPlaintext:
    def test_aligned(self) -> None:
        assert aligned(["Name", "N", ""], [["a", 1, ""], ["bcdefgh", 1234, "last"]], widest=5) == [
            "Name       N",
            "a          1",
            "bcde…  1,234  last",
        ]

    def test_titles_of_two_lines(self) -> None:
        assert aligned(["Name", "Late\nones", "N"], [["abcdefgh", 7, 1]]) == [
            "          Late",
            "Name      ones  N",
            "abcdefgh     7  1",
        ]

    def test_words(self) -> None:
        assert [size(n) for n in (0, 999, 1500, 2_500_000, 10**13)] == [
            "0 bytes",
            "999 bytes",
            "1.5 kB",
            "2.5 MB",
            "10.0 TB",
        ]
        assert (count(1, "line"), count(1234, "line")) == ("1 line", "1,234 lines")
        assert printable("a\x1b\n\u202eb\udcff") == "a\\x1b\\n\\u202eb\\xff"
