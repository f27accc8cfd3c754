"""YAML documents to records: what ``gcloud logging read`` prints unless it is told otherwise.

Owns: where a document begins and ends.
Must not know: what a record means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue

_KEY: Final = re.compile(r"""["']?[A-Za-z_@][\w.@/-]*["']?:(?: .*)?\r?""")
#: What goes on from the line before stands further in, or is an item of a list.
_GOES_ON: Final = re.compile(r"[ \t].*|- .*|-|\r?", re.DOTALL)
_UNPRINTABLE: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DOCUMENT: Final = 1024 * 1024


def read_document(number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
    """Yield the record of the document that begins behind the given separator, or else its lines.

    A known line, such as ``INFO: ...`` of uvicorn, is none of a document's, though it looks like one.
    """
    yield Item(number, line, hollow=True)
    held: list[str] = []
    start, size = number + 1, 0
    for at, following in lines:
        goes_on = _KEY.fullmatch(following) or (held and _GOES_ON.fullmatch(following))
        if not goes_on or size > _DOCUMENT or is_known(following):
            lines.put_back(at, following)
            break
        held.append(following)
        size += len(following)
    record = _read("\n".join(held))
    if record is not None:
        yield Item(start, "", record, len(held))
    else:
        yield from (Item(start + at, text) for at, text in enumerate(held))


def _read(text: str) -> dict[str, object] | None:
    import yaml  # noqa: PLC0415 - only such files need it

    # YAML holds no control characters and no bytes that are no UTF-8; whoever writes them into a log hides nothing so.
    text = _UNPRINTABLE.sub(lambda hit: f"\\u{ord(hit[0]):04x}" if hit[0] < "\ud800" else "\ufffd", text)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both build plain values only
    try:
        # No export repeats a part by its name: eight lines of such names can stand for a million parts.
        if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, loader)):
            return None
        value = yaml.load(text, loader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    # A stamp without quotes becomes a datetime.
    return {str(key): part.isoformat() if hasattr(part, "isoformat") else part for key, part in value.items()}
