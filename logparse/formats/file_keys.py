"""Keys of data files: what each may hold, and which must be there.

Owns: the kinds of values, and the messages about keys and values that cannot be used.
Must not know: the keys of any kind of file.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) is int


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


def _is_path(value: Any) -> bool:
    return isinstance(value, str) or _is_texts(value)


def _is_paths(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_path, value))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(table, dict) for table in value)


_KINDS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "text": (_is_text, "a text"),
    "number": (_is_number, "a whole number"),
    "flag": (_is_flag, "true or false"),
    "texts": (_is_texts, "a list of texts"),
    "path": (_is_path, "a text, or a list of texts"),
    "paths": (_is_paths, "a list of texts, or of lists of texts"),
    "table": (_is_table, "a table"),
    "words": (_is_words, "a table of texts"),
    "tables": (_is_tables, "a list of tables"),
}


def check_keys(file: str, data: Any, known: Mapping[str, str], inside: str = "") -> None:
    """Check that every key is known, holds what it may hold, and is there if it must be.

    Args:
        file: path of the file, for messages.
        data: the keys of the file, or those of a table in it.
        known: key to kind of value; the kind of a key that must be there ends in ``!``.
        inside: name of the table, for messages; empty for the file.

    Raises:
        FormatError: with the first thing that is wrong.
    """
    before = f"`{inside}`: " if inside else ""
    if not isinstance(data, dict):
        raise FormatError(file, f"{before}must be a table, not {data!r}")
    for key in sorted(set(data) - set(known)):
        raise FormatError(file, f"{before}unknown key `{key}`; {_suggest(key, known)}")
    for key, kind in known.items():
        fits, wish = _KINDS[kind.removesuffix("!")]
        if key not in data:
            if kind.endswith("!"):
                raise FormatError(file, f"{before}the key `{key}` is missing; it must be {wish}")
        elif not fits(data[key]):
            raise FormatError(file, f"{before}`{key}` must be {wish}, not {data[key]!r}")


def check_word(file: str, key: str, word: str, words: Collection[str]) -> None:
    """Check that the value of a key is one of the words of a list.

    Raises:
        FormatError: it is none.
    """
    if word not in words:
        raise FormatError(file, f"`{key}` cannot be {word!r}; {_suggest(word, words)}")


def check_groups(file: str, key: str, pattern: re.Pattern[str], *needed: str) -> None:
    """Check that a pattern has the named groups that are needed.

    Raises:
        FormatError: it lacks one.
    """
    for group in needed:
        if group not in pattern.groupindex:
            raise FormatError(file, f"`{key}` needs a group `(?P<{group}>...)`")


def compile_regex(file: str, key: str, text: Any, flags: int = 0, *, group: bool = False) -> re.Pattern[str]:
    """Return a regular expression of a data file, compiled.

    Args:
        file: path of the file, for messages.
        key: the key that holds the expression.
        text: the expression.
        flags: of the module ``re``.
        group: it must have a group, whose text is what the key asks for.

    Raises:
        FormatError: it is no regular expression, or lacks a group.
    """
    if not isinstance(text, str):
        raise FormatError(file, f"`{key}` must be a regular expression, not {text!r}")
    try:
        pattern = re.compile(text, flags)
    except re.error as error:
        raise FormatError(file, f"`{key}` is no regular expression: {error}") from error
    if group and not pattern.groups:
        raise FormatError(file, f"`{key}` needs a group: (...) around the part that counts")
    return pattern


def _suggest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
