"""Which kind of storage a place has.

Owns: telling folders from buckets. Must not know: how either works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.sources.object_stores import urls

if TYPE_CHECKING:
    from logparse.archive.storage.interface import Storage


def open_storage(place: str) -> Storage:
    """The storage at a place: a bucket if it is a URL, otherwise a folder. Nothing is looked at yet.

    Raises:
        logparse.common.errors.InputError: the URL is of a kind that is not known, or malformed.
    """
    if urls.parse_url(place) is not None:
        from logparse.archive.storage.bucket import BucketStorage  # noqa: PLC0415 - what it needs is an extra

        return BucketStorage(place)
    from logparse.archive.storage.local import LocalStorage  # noqa: PLC0415 - one of the two

    return LocalStorage(place)
