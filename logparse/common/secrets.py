"""Secrets in texts: passwords, tokens, keys, cookies. They end here, whatever text they stand in.

Owns: hiding them, and what stands in their place. Which forms of secrets there are is data, ``shipped/secrets.toml``.
Must not know: where a text comes from, or where it goes.

What stands for a secret has as many characters as the secret, since lengths are evidence. These are stars, or, for a
secret that shows by its own form what it is, a name made of its digest: ``token.1f3a5c7e9b0d~~~~``. So two of them can
be told apart where they stand in place of a user or a DAG. People read it as ``(token 1f3a5c7e9b0d)``.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import text_column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The forms of secrets, as data.
FILE: Final = Path(__file__).with_name("shipped") / "secrets.toml"
#: Characters of a digest that are shown.
_DIGEST: Final = 12
_NAMED: Final = re.compile(rf"token\.([0-9a-f]{{{_DIGEST}}})~+")
_SHORTEST_NAMED: Final = len("token.") + _DIGEST + 1
# They stand around secrets while these are replaced. Unicode sets them aside for such use: no text holds them.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARKED: Final = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_MARKS: Final = str.maketrans({_OPEN: "\ufffd", _CLOSE: "\ufffd"})
_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
#: So many characters in front of a secret are looked at for what spares it.
_IN_FRONT: Final = 200
#: In so many characters, anchors are found sooner than expressions are compiled.
_FEW: Final = 1 << 16
#: What parts the pieces of a target.
_BETWEEN: Final = re.compile(r"([/?&=#;,\s\"]+)")
#: So many times a text may have been percent-encoded.
_TIMES: Final = 3
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
#: Arrow takes no lone surrogates, which stand for bytes that were no UTF-8. Private characters stand for them there.
_PRIVATE: Final = 0x100000
_PRIVATES: Final = re.compile(f"[{chr(_PRIVATE + 0xD800)}-{chr(_PRIVATE + 0xDFFF)}]")


class Form(NamedTuple):
    """A form of secrets, as the data file describes it.

    Attributes:
        id: its name.
        pattern: finds it: what stands in front is group 1, the secret is group 2, what stands behind is group 3.
        unless: what looks so and is none; None: everything is one.
        spared: where this is what stands in front, it is none; None: what stands in front spares nothing.
        named: a digest stands in its place.
        anchors: each text with such a secret holds one of these, in lower case; empty: any text can hold one.
        hidden, kept: samples.
    """

    id: str
    pattern: str
    unless: re.Pattern[str] | None
    spared: re.Pattern[str] | None
    named: bool
    anchors: tuple[str, ...]
    hidden: tuple[str, ...]
    kept: tuple[str, ...]


@cache
def load_forms() -> tuple[Form, ...]:
    """Return all forms of secrets, in the order in which they are looked for."""
    data = tomllib.loads(FILE.read_text("utf-8"))
    return tuple(_make_form(form, data["parts"], data["anchors"]) for form in data["form"])


def _make_form(data: Mapping[str, Any], parts: Mapping[str, str], anchors: Mapping[str, Sequence[str]]) -> Form:
    expressions = [data.get("before", ""), data["secret"], data.get("after", "")]
    shared = (anchors[name] for name in anchors if f"<{name}>" in expressions[0])
    known = [*data.get("anchors", ()), *(anchor for some in shared for anchor in some)]
    for name, part in parts.items():
        expressions = [expression.replace(f"<{name}>", part) for expression in expressions]
    return Form(
        id=data["id"],
        pattern="".join(f"({expression})" for expression in expressions),
        unless=re.compile(data["unless"]) if "unless" in data else None,
        spared=re.compile(rf"(?:{data['spared']})\Z") if "spared" in data else None,
        named=data.get("named", False),
        anchors=tuple(known),
        hidden=tuple(data["hidden"]),
        kept=tuple(data["kept"]),
    )


@cache
def _suspicion(*, anchored: bool) -> str:
    """Return an expression that fits each text which may hold a secret; if none is ``anchored``, a much shorter one."""
    forms = load_forms()
    anchors = sorted({re.escape(anchor) for form in forms for anchor in form.anchors})
    rest = (form.pattern for form in forms if not form.anchors)
    return "|".join([*([f"(?i:{'|'.join(anchors)})"] if anchored else []), _ESCAPE.pattern, *rest])


def hide(text: str) -> str:
    """Return a text without the secrets in it."""
    return hide_all([text])[0]


def hide_all(texts: Sequence[str]) -> list[str]:
    """Return texts without the secrets in them; each is looked at by itself, and is as long as before."""
    hidden = list(texts)
    if not any(texts):
        return hidden
    suspicion = _suspicion(anchored=any(form.anchors for form in _choose_forms(texts)))
    places = pc.indices_nonzero(pc.match_substring_regex(_column(texts), suspicion)).to_pylist()
    if places:
        plain = _hide_plain([texts[place] for place in places])
        for place, text in zip(places, _hide_encoded(plain), strict=True):
            hidden[place] = text
    return hidden


def hide_known(texts: Sequence[str | None]) -> list[str | None]:
    """Return texts without the secrets in them, and None for None; a text that stands there often is looked at once."""
    words = list(dict.fromkeys(text for text in texts if text is not None))
    hidden: dict[str | None, str | None] = dict(zip(words, hide_all(words), strict=True))
    return [hidden.get(text) for text in texts]


def hide_in_columns(columns: Sequence[pa.DictionaryArray]) -> list[pa.DictionaryArray]:
    """Return columns of texts without the secrets in them; a word that stands in several of them is looked at once."""
    known = [column.dictionary.to_pylist() for column in columns]
    words = list({word: None for some in known for word in some})
    hidden = dict(zip(words, hide_all(words), strict=True))
    return [
        column if all(hidden[word] == word for word in some) else _with_words(column, [hidden[word] for word in some])
        for column, some in zip(columns, known, strict=True)
    ]


def name_tokens(text: str) -> str:
    """Write the names of tokens in a text for people: ``(token 1f3a5c7e9b0d)``."""
    return _NAMED.sub(r"(token \1)", text) if "~" in text else text


def name_tokens_in_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of texts, as dictionaries, with the names of tokens as people read them."""
    if not any(pc.any(pc.match_substring(chunk.dictionary, "~")).as_py() for chunk in column.chunks):
        return column
    chunks = [_with_words(chunk, [*map(name_tokens, chunk.dictionary.to_pylist())]) for chunk in column.chunks]
    return pa.chunked_array(chunks, column.type)


def _with_words(column: pa.DictionaryArray, words: Sequence[str]) -> pa.DictionaryArray:
    """Return a column with other words, of which some may have become equal."""
    once = text_column(words).dictionary_encode()
    indices = once.indices.take(column.indices.cast(pa.int64())).cast(column.indices.type)
    return pa.DictionaryArray.from_arrays(indices, once.dictionary)


def _column(texts: Sequence[str]) -> pa.StringArray:
    return text_column([text if text.isascii() else _SURROGATES.sub(_to_private, text) for text in texts])


def _to_private(sign: re.Match[str]) -> str:
    return chr(_PRIVATE + ord(sign[0]))


def _from_private(sign: re.Match[str]) -> str:
    return chr(ord(sign[0]) - _PRIVATE)


def _hide_plain(texts: Sequence[str]) -> list[str]:
    """Hide the secrets that stand in texts as they are."""
    hidden = [text if text.isascii() else text.translate(_MARKS) for text in texts]
    column = _column(hidden)
    for form in _choose_forms(hidden):
        fitting = pc.match_substring_regex(column, form.pattern)
        places = pc.indices_nonzero(fitting).to_pylist()
        if not places:
            continue
        marked = pc.replace_substring_regex(column.filter(fitting), form.pattern, rf"\1{_OPEN}\2{_CLOSE}\3")
        for place, text in zip(places, marked.to_pylist(), strict=True):
            whole = text if hidden[place].isascii() else _PRIVATES.sub(_from_private, text)
            hidden[place] = _MARKED.sub(lambda secret, form=form: _stand_in(secret, form), whole)
        column = _column(hidden)
    return hidden


def _choose_forms(texts: Sequence[str]) -> Sequence[Form]:
    """Return the forms of which some text may hold a secret: an expression is compiled for each call that asks it."""
    if sum(map(len, texts)) > _FEW:
        return load_forms()
    whole = "\n".join(texts).casefold()
    return [form for form in load_forms() if not form.anchors or any(anchor in whole for anchor in form.anchors)]


def _stand_in(marked: re.Match[str], form: Form) -> str:
    secret, begin = marked[1], marked.start()
    if form.unless is not None and form.unless.fullmatch(secret):
        return secret
    if form.spared is not None and form.spared.search(marked.string, max(0, begin - _IN_FRONT), begin):
        return secret
    if not form.named or len(secret) < _SHORTEST_NAMED:
        return "*" * len(secret)
    digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"token.{digest}".ljust(len(secret), "~")


def _hide_encoded(texts: Sequence[str]) -> list[str]:
    """Hide the secrets that show only once a text is percent-decoded: the pieces of a target that hold them."""
    hidden = list(texts)
    for hide_pieces in (_hide_encoded_pieces, _hide_from_first_escape):
        places = [place for place, text in enumerate(hidden) if _ESCAPE.search(text)]
        decoded = [_decode(hidden[place]) for place in places]
        there = [at for at, before, after in zip(places, decoded, _hide_plain(decoded), strict=True) if before != after]
        for place, text in zip(there, hide_pieces([hidden[place] for place in there]), strict=True):
            hidden[place] = text
    return hidden


def _decode(text: str) -> str:
    for _ in range(_TIMES):
        text = unquote(text, errors="surrogateescape")
    return text


def _hide_encoded_pieces(texts: Sequence[str]) -> list[str]:
    pieces = [_BETWEEN.split(text) for text in texts]
    decoded = [_decode(piece) for some in pieces for piece in some]
    keeps = (before == after for before, after in zip(decoded, _hide_plain(decoded), strict=True))  # asked all at once
    return ["".join(piece if next(keeps) else "*" * len(piece) for piece in some) for some in pieces]


def _hide_from_first_escape(texts: Sequence[str]) -> list[str]:
    return [_hide_behind(_BETWEEN.split(text)) for text in texts]


def _hide_behind(pieces: Sequence[str]) -> str:
    first = next((at for at, piece in enumerate(pieces) if "%" in piece), len(pieces))
    rest = (piece if at % 2 else "*" * len(piece) for at, piece in enumerate(pieces[first:], first))
    return "".join([*pieces[:first], *rest])
