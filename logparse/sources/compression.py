"""Compressed bytes to bytes, with nothing lost that can be decoded before the place of a damage.

Owns: the codecs, how each is recognised by its first bytes, and how each fails.
Must not know: files, lines.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import zstandard

    Feed = Callable[[bytes], Generator[bytes, None, bytes | None]]

try:  # ISA-L decodes gzip in less than half the time that zlib takes (docs/performance.md)
    from isal import isal_zlib
except ImportError:  # no wheel for this machine: the same, slower
    isal_zlib = None  # type: ignore[assignment]
#: Decoded at once: a file of a few kilobytes may stand for gigabytes.
_OUT: Final = 256 * 1024
_MAX_DECODER_MEMORY: Final = 512 * 1024 * 1024  # xz -9 needs 65 MiB


def detect_codec(head: bytes) -> str | None:
    """Return the compression of a stream, by its first bytes; None if it is not compressed."""
    if head.startswith(b"\x1f\x8b\x08"):
        return "gzip"
    if head.startswith(b"BZh") and head[4:10] in {b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90"}:
        return "bzip2"
    if head.startswith(b"\xfd7zXZ\0"):
        return "xz"
    if head.startswith(b"\x5d\0\0"):
        return "lzma"
    # pzstd and seekable zstd write skippable frames, 0x184D2A50 to 0x184D2A5F, among the others.
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] in range(0x50, 0x60)):
        return "zstd"
    return None


class Hasty(Exception):  # noqa: N818 - a signal
    """A fast decoder met damage, and may have dropped what it decoded last: read again with a careful one."""


def make_decoder(codec: str, name: str, *, careful: bool = True) -> tuple[Feed, tuple[type[Exception], ...]]:
    """Return what decodes one member of a compressed stream, and the errors that it raises on damage.

    Args:
        codec: as ``detect_codec`` names it.
        name: of the source, for the message.
        careful: do not raise ``Hasty``, but lose nothing that can be decoded.

    Raises:
        InputError: the package for zstd is missing.
    """
    if codec == "gzip":
        return (_gzip() if careful or isal_zlib is None else _igzip(isal_zlib)), (zlib.error,)
    if codec == "bzip2":
        return _stepwise(bz2.BZ2Decompressor()), (OSError,)
    if codec in {"xz", "lzma"}:
        return _stepwise(lzma.LZMADecompressor(memlimit=_MAX_DECODER_MEMORY)), (lzma.LZMAError,)
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - Python 3.14

        return _stepwise(zstd.ZstdDecompressor()), (zstd.ZstdError,)
    try:
        import zstandard  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        remedy = "pip install zstandard"
        raise InputError(name, "is compressed with zstd, for which a package is missing", remedy) from error
    return _zstandard(zstandard.ZstdDecompressor().decompressobj()), (zstandard.ZstdError,)


def _igzip(library: Any) -> Feed:
    decoder = library.decompressobj(wbits=31)

    def feed(data: bytes) -> Generator[bytes, None, bytes | None]:
        while data:
            try:
                out = decoder.decompress(data, _OUT)
            except library.error as error:
                raise Hasty from error
            if out:
                yield out
            if decoder.eof:
                return bytes(decoder.unused_data)
            data = decoder.unconsumed_tail
        return None

    return feed


def _gzip() -> Feed:
    decoder = zlib.decompressobj(wbits=31)
    step = 16 * 1024  # deflate expands 1,032 times at most

    def feed(data: bytes) -> Generator[bytes, None, bytes | None]:
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            before = decoder.copy()
            try:
                yield from filter(None, [decoder.decompress(piece)])
            except zlib.error:
                # A call that fails drops what it had decoded: repeat it byte by byte.
                for at in range(len(piece)):
                    yield from filter(None, [before.decompress(piece[at : at + 1])])
                raise
            if decoder.eof:
                return decoder.unused_data + data[start + step :]
        return None

    return feed


def _stepwise(decoder: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> Feed:
    step = 4 * 1024  # a call that fails drops what it had decoded, at most this much

    def feed(data: bytes) -> Generator[bytes, None, bytes | None]:
        while True:
            if out := decoder.decompress(data, step):
                yield out
            if decoder.eof:
                return decoder.unused_data
            if decoder.needs_input:
                return None
            data = b""

    return feed


def _zstandard(decoder: zstandard.ZstdDecompressionObj) -> Feed:
    step = 256  # a block of 4 bytes can stand for 128 KiB, and no limit on output can be set

    def feed(data: bytes) -> Generator[bytes, None, bytes | None]:
        for start in range(0, len(data), step):
            if out := decoder.decompress(data[start : start + step]):
                yield out
            if decoder.eof:
                return bytes(decoder.unused_data) + data[start + step :]
        return None

    return feed
