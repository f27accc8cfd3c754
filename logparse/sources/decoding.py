"""Bytes as they are on disk to bytes of text: layers of compression and byte-order marks are taken off.

Owns: how many layers there are, what is said if one is damaged, byte-order marks.
Must not know: how any codec decodes (``compression``), where the bytes come from.
"""

from __future__ import annotations

import codecs
from itertools import chain
from typing import TYPE_CHECKING, Final

from logparse.common.errors import InputError
from logparse.sources import compression, filetypes, line_feeds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.sources.source import Source

#: The length of a tar header; every other mark by which a kind of file is recognised lies in its first bytes.
_HEAD_BYTES: Final = 512
_MAX_LAYERS: Final = 3
#: Marks of text that is no UTF-8. That of UTF-32 begins as that of UTF-16 does.
_MARKED: Final = (
    ((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE), "utf-32"),
    ((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE), "utf-16"),
)


class Decoding:
    """Peels the layers of compression off the bytes of one source.

    Args:
        source: whose bytes they are; its name stands in messages.
        careful: use decoders that lose nothing at a damage. Others are faster, and raise ``compression.Hasty`` there.

    Attributes:
        damage: what broke on the way, in order. Each text has a place ``{}`` for how much could be read.
        plain: the bytes turned out not to be compressed.
    """

    def __init__(self, source: Source, *, careful: bool) -> None:
        self.damage: list[str] = []
        self.plain = False
        self._source = source
        self._careful = careful
        self._layers: list[str] = []

    @property
    def codec(self) -> str:
        """``plain``, or the layers joined outermost first, such as ``gzip`` or ``gzip+zstd``."""
        return "+".join(self._layers) or "plain"

    def add_damage(self, text: str, reason: str = "") -> None:
        """Note that something broke; the ``reason`` is shown behind the text in parentheses."""
        reason = reason.replace("{", "(").replace("}", ")")
        self.damage.append(f"{text} ({reason})" if reason else text)

    def decode(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Return the text that ``blocks`` hold; what is found out about its layers is known at once.

        Raises:
            InputError: the bytes are an archive or another file that holds no log, or have too many layers.
        """
        name = self._source.name
        while True:
            head, blocks = _peek(blocks)
            filetypes.refuse_unreadable(
                head, name, local=self._source.path is not None, inner=self._source.member is not None
            )
            if (codec := compression.detect_codec(head)) is None:
                if self._source.found and (kind := filetypes.detect_other_kind(head)):
                    raise InputError(name, f"is {kind}, no log", "leave it out, or name the file itself if it is a log")
                self.plain = not self._layers
                return blocks
            if len(self._layers) == _MAX_LAYERS:
                raise InputError(name, f"is compressed more than {_MAX_LAYERS} times", "unpack it first")
            self._layers.append(codec)
            blocks = self._decompress(blocks, codec)

    def _decompress(self, blocks: Iterator[bytes], codec: str) -> Iterator[bytes]:
        feed, errors = compression.make_decoder(codec, self._source.name, careful=self._careful)
        rest: bytes | None = None
        for block in chain(blocks, [b""]):
            data = (rest or b"") + block
            while data:
                if rest is not None:
                    data = rest = data.lstrip(b"\0")
                    if not data or (block and len(data) < _HEAD_BYTES):
                        break
                    if compression.detect_codec(data) != codec:
                        problem = "after {} the compressed data is followed by something else, which was not read"
                        self.add_damage(problem)
                        return
                    feed, errors = compression.make_decoder(codec, self._source.name, careful=self._careful)
                try:
                    rest = yield from feed(data)
                except errors as error:
                    self.add_damage("compressed data is corrupt after {}, the rest is lost", str(error))
                    return
                data = rest or b""
        if rest is None:
            self.add_damage("compressed data ends early: {} could be read, the rest is lost")


def as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Return the text without its byte-order mark, with a line feed at the end of each line.

    Text in UTF-16 or UTF-32, marked or not, becomes UTF-8.
    """
    head, blocks = _peek(_decode_text(blocks), line_feeds.HEAD)
    return line_feeds.add_line_feeds(head, blocks)


def _decode_text(blocks: Iterator[bytes]) -> Iterator[bytes]:
    head, blocks = _peek(blocks)
    if head.startswith(codecs.BOM_UTF8):
        next(blocks)
        return chain([head[len(codecs.BOM_UTF8) :]], blocks)
    for marks, codec in _MARKED:
        if head.startswith(marks):
            # These codecs read the mark, drop it and go by it.
            return codecs.iterencode(codecs.iterdecode(blocks, codec, "replace"), "utf-8")
    if unmarked := filetypes.unmarked_encoding(head):
        return codecs.iterencode(codecs.iterdecode(blocks, unmarked, "replace"), "utf-8")
    return blocks


def _peek(blocks: Iterator[bytes], size: int = _HEAD_BYTES) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, so many at least, and all blocks with these bytes among them."""
    head = b""
    for block in blocks:
        head = head + block if head else block
        if len(head) >= size:
            break
    return head, chain([head], blocks) if head else iter(())
