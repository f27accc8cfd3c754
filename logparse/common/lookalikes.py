r"""Letters that look like others: a stranger can write an id that looks like one you know and is another.

Owns: which letters these are. Must not know: where a text comes from, or where it is shown.

A letter is written out (``\u0435``) if it is an ASCII letter in another guise (full-width, mathematical), if its word
mixes it with Latin letters, or if its whole word looks Latin. So names in other scripts stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+")
_DIGITS: Final = re.compile(r"[^\W_]+")
#: Scripts with letters that look like Latin ones, as the names of letters in Unicode begin.
_SCRIPTS: Final = frozenset(
    {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "TIFINAGH", "DESERET", "OSAGE"}
)
#: Letters of Cyrillic and Greek that cannot be told from Latin ones.
_ALIKE: Final = frozenset("асеорхуіјѕһԁԛԝАВЕКМНОРСТУХІЈЅονρυικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
#: Shorter words of such letters alone are words of their languages.
_SHORTEST: Final = 3


def mark_lookalikes(text: str) -> str:
    r"""Return a text in which letters that only look like ASCII letters are written out."""
    if text.isascii():
        return text
    return _WORD.sub(lambda word: _mark_word(word[0]), _DIGITS.sub(lambda part: _mark_guises(part[0]), text))


def _mark_guises(part: str) -> str:
    return part if part.isascii() else "".join(_escape(sign) if _is_guise(sign) else sign for sign in part)


def _mark_word(word: str) -> str:
    if word.isascii():
        return word
    scripts = {_script(letter) for letter in word}
    if len(word) >= _SHORTEST and _ALIKE.issuperset(word):
        return "".join(map(_escape, word))
    if "LATIN" not in scripts or not scripts & _SCRIPTS:
        return word
    return "".join(_escape(letter) if _script(letter) in _SCRIPTS else letter for letter in word)


@lru_cache(maxsize=1 << 12)
def _is_guise(sign: str) -> bool:
    """Whether a letter or digit is one of ASCII in another guise."""
    plain = unicodedata.normalize("NFKC", sign)
    return not sign.isascii() and plain.isascii() and plain.isalnum() and unicodedata.category(sign) not in ("No", "Nl")


@lru_cache(maxsize=1 << 12)
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
