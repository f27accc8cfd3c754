"""What lines are like: the outline of all that are written like an example, but for values that tell nothing.

Owns: making the outline of a line of JSON, and of a line in an envelope.
Must not know: which lines are examples, what becomes of lines that are like one.

A program writes the keys of its objects in one order. So nearly all lines of a file differ only in values, and most of
these say nothing of what a line asks for: its time, its size, its id. What they may be is a class of characters in
which nothing is escaped. A value on which it depends what the line asks for, who wrote it, or how it is read must be
that of the example, but for the target, in which anchors are looked for, and the status. So whatever is true of the
example is true of each line like it: both ways of reading a line agree, without decoding it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from logparse.common.json_parts import split_json
from logparse.envelopes.steps import TextStep
from logparse.formats.outline_tokens import SEARCHED, Token, make_literals

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from logparse.common.json_parts import JsonPart
    from logparse.envelopes.steps import RecordStep
    from logparse.formats.line_format import Fields
    from logparse.formats.outline import Outline

#: What a text may hold that nobody escapes.
_TEXT: Final = Token(r" !$-\[\]-~", many=True, empty=True)
#: What a target may hold that nobody escapes. HAProxy and rsyslog write ``#`` and digits for what they escape.
_TARGET: Final = Token(r"!$-\[\]-~", many=True, empty=True, field="target")
_METHOD: Final = Token("A-Z", many=True, field="method")
_STATUS: Final = Token("0-9", field="status")
_DIGIT: Final = Token("0-9")
_DIGITS: Final = Token("0-9", many=True)
_NUMBER: Final = re.compile(r"(-?)(0|[1-9][0-9]*)(\.[0-9]+)?")
_CODE: Final = re.compile("[1-5][0-9][0-9]")
_REQUEST: Final = re.compile(r'"([A-Z]+ )?/[^" \\]*( HTTP/[0-9.]+)?"')


def outline_of_payload(outline: Outline) -> list[Token]:
    """Return the tokens of lines in an outline, from their beginning to their end."""
    tokens = [token for token in (*outline.tokens, *(outline.rest or ())) if token.inside != "\n"]
    insides = [token.inside.replace(r"\x80-\xff", "").replace("!#-", "!$-") for token in tokens]
    plain = [
        token._replace(inside=_TARGET.inside if token.field in SEARCHED else inside)
        for token, inside in zip(tokens, insides, strict=True)
    ]
    return [*plain, _TEXT] if outline.rest is None and outline.tokens[-1].inside != "\n" else plain


def outline_of_record(line: str, telling: Collection[str], fields: Fields) -> list[Token] | None:
    """Return the tokens of lines like a line of JSON; None if nothing certain can be said of lines like it.

    Args:
        line: the example.
        telling: paths of the values on which it depends what a line asks for, and whether it is in its format.
        fields: what the example holds.
    """
    parts, method, target = split_json(line), fields.get("method"), (fields.get("target") or "").partition("?")[0]
    if parts is None or not method or not target.startswith("/") or not line.isascii():
        return None
    asking = [part for part in parts if part.path is not None and _tells(part.path, telling)]
    naming = [part for part in asking if part.text == f'"{method}"' or part.text.startswith(f'"{method} /')]
    tokens = list[Token]()
    for part in parts:
        text = part.text.strip('"')
        found = _REQUEST.fullmatch(part.text) if target in text else None
        # A method that is told once, before the target, may be another one.
        name = [_METHOD] if naming == [part] and all(token.field != "target" for token in tokens) else None
        if part not in asking:
            tokens += _free(part)
        elif text == fields.get("status") and _CODE.fullmatch(text):
            quote = make_literals(part.text[: part.text.index(text)])
            tokens += [*quote, _STATUS, *quote]
        elif found is not None and found[1] in (None, f"{method} "):
            asked = [] if found[1] is None else [*(name or make_literals(method)), *make_literals(" ")]
            tokens += [*make_literals('"'), *asked, *make_literals("/"), _TARGET, *make_literals(f'{found[2] or ""}"')]
        elif name is not None:
            tokens += [*make_literals('"'), *name, *make_literals('"')]
        else:
            tokens += make_literals(part.text)
    return tokens if any(token.field == "target" for token in tokens) else None


def outline_of_envelope(
    line: str, step: RecordStep | TextStep, payload: str, tokens: Sequence[Token]
) -> list[Token] | None:
    """Return the tokens of lines in an envelope like that of a line; None if nothing certain can be said.

    Args:
        line: the example.
        step: what takes the envelope off.
        payload: of the example.
        tokens: of payloads like it.
    """
    if not line.isascii():
        return None
    return (
        _outline_in_text(line, step, payload, tokens)
        if isinstance(step, TextStep)
        else _outline_in_record(line, step.telling, step.message, payload, tokens)
    )


def _outline_in_text(line: str, step: TextStep, payload: str, tokens: Sequence[Token]) -> list[Token] | None:
    hit = None if step.front is None else step.front.match(line)
    if hit is None or line[hit.end() :] != payload:
        return None
    free = {place for group in range(1, len(hit.groups()) + 1) for place in range(*hit.span(group))}
    signs = zip(hit[0], make_literals(hit[0]), strict=True)
    front = [_DIGIT if sign.isdigit() and at in free else token for at, (sign, token) in enumerate(signs)]
    return [*front, *tokens]


def _outline_in_record(
    line: str, telling: Collection[str], message: Sequence[str], payload: str, tokens: Sequence[Token]
) -> list[Token] | None:
    parts = split_json(line)
    if parts is None:
        return None
    held = {part.path: part.text for part in parts if part.path is not None and part.text != "null"}
    place = next((path for path in message if path in held), None)
    texts = [part.text for part in parts if part.path == place]
    if place is None or len(texts) != 1 or not texts[0].startswith('"'):
        return None
    before, found, behind = json.loads(texts[0]).partition(payload)
    if not found or before + behind not in ("", "\n"):
        return None
    written = list[Token]()
    for part in parts:
        if part.path == place:
            inside = [each for token in tokens for each in _escape(token)]
            written += [*make_literals('"'), *inside, *make_literals(json.dumps(behind)[1:])]
        elif part.path is None or not _tells(part.path, telling):
            written += _free(part)
        else:
            written += make_literals(part.text)
    return written


def _escape(token: Token) -> list[Token]:
    """A token as it stands inside a text of JSON."""
    return make_literals(json.dumps(token.literal)[1:-1]) if token.is_literal else [token]


def _tells(path: str, telling: Collection[str]) -> bool:
    """Whether something depends on the value at a path, or on one that could stand there or around it."""
    return any(f"{path}.".startswith(f"{each}.") or f"{each}.".startswith(f"{path}.") for each in telling)


def _free(part: JsonPart) -> list[Token]:
    """The tokens for a value on which nothing depends, or for what is no value."""
    number = None if part.path is None else _NUMBER.fullmatch(part.text)
    if number is not None:
        sign, whole, fraction = number.groups()
        digits = make_literals("0") if whole == "0" else [Token("1-9"), _DIGITS._replace(empty=True)]
        return [*make_literals(sign), *digits, *([] if fraction is None else [*make_literals("."), _DIGITS])]
    if part.path is None or part.text[0] != '"' or "\\" in part.text:
        return make_literals(part.text)
    return [*make_literals('"'), _TEXT, *make_literals('"')]
