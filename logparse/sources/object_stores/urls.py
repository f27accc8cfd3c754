"""URLs of object stores: which bucket, which key, and options that say how to reach them.

Owns: taking such URLs apart, names without secrets, patterns on keys.
Must not know: how a store is reached.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import unquote

from logparse.common.errors import InputError

#: What each scheme is short for. Keys are taken as they stand, as `aws s3` and `gcloud storage` do: nothing is decoded.
_KINDS: Final = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "abfs": "az", "abfss": "az", "az": "az"}
_OPTIONS: Final = ("anonymous", "endpoint_override", "region", "scheme")
_TOKEN: Final = re.compile(r"\*+|\[(?P<set>!?\]?[^\]]*)\]|.", re.DOTALL)
_SPECIAL: Final = re.compile(r"[\[\]\\^&~|]")
_OPTION: Final = re.compile(r"[a-z_]+=[^&]*")
#: The hosts of a storage account; sovereign clouds end otherwise than in core.windows.net.
_AZURE_HOST: Final = re.compile(r"([a-z0-9]+)\.(?:dfs|blob)(\.[a-z0-9.-]+)")
_SHOWN: Final = "s3://bucket/prefix/, gs://bucket/prefix/ and abfs://container@account.dfs.core.windows.net/prefix/"


@dataclass(frozen=True, slots=True)
class Store:
    """A bucket or container, and how to reach it; small enough to be sent to another process.

    Attributes:
        kind: ``s3``, ``gs`` or ``az``.
        bucket: bucket or container.
        base: the URL as it was written, up to the bucket: what names of sources begin with.
        account: storage account of Azure.
        domain: what hosts of that account end in, where it was written.
        options: of the query, by name.
    """

    kind: str
    bucket: str
    base: str
    account: str = ""
    domain: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str) -> str:
        """Return the value of an option in the query; empty if it is not there."""
        return dict(self.options).get(name, "")


class Remote(NamedTuple):
    """An object, or what the keys of several begin with."""

    store: Store
    key: str

    @property
    def name(self) -> str:
        """The URL as it was written, without its query: nothing in it is secret."""
        return f"{self.store.base}/{self.key}" if self.key else self.store.base

    @property
    def path(self) -> str:
        """What pyarrow calls it."""
        return f"{self.store.bucket}/{self.key}" if self.key else self.store.bucket

    @property
    def identity(self) -> str:
        """A text that is equal for two names of one object."""
        return f"{self.store.kind}://{self.store.account}@{self.path}"


def parse_url(text: str) -> Remote | None:
    """Take a URL apart; return None if ``text`` is none.

    Raises:
        InputError: the URL is of another kind, or malformed; what it says of passwords is not in the message.
    """
    scheme, mark, _ = text.partition("://")
    if not mark:
        return None
    bare, query = split_query(text)
    authority, _, key = bare.partition("://")[2].partition("/")
    user, at, host = authority.rpartition("@")
    kind = _KINDS.get(scheme.lower())
    if kind is None:
        shown = f"{scheme}://{host}" + (f"/{key}" if key else "")
        raise InputError(shown, "URLs of this kind are not read", f"those read are {_SHOWN}; pipe others in as -")
    if ":" in authority or (at and kind != "az"):
        shown = f"{scheme}://{host.partition(':')[0]}/{key}"
        raise InputError(
            shown, "a URL is no place for passwords", "use the environment or a profile; see docs/buckets.md"
        )
    options = _options(bare, query)
    bucket = user if at else host
    if not bucket or re.search(r"[\s*?\[]", bucket):
        raise InputError(bare, "names no bucket", f"it is written like {_SHOWN}")
    store = Store(kind, bucket, f"{scheme}://{authority}", options=options)
    return Remote(_of_account(store, host if at else "") if kind == "az" else store, key)


def split_query(text: str) -> tuple[str, str]:
    """Return a URL and the query behind it; a ``?`` that no option follows belongs to a pattern."""
    bare, mark, query = text.rpartition("?")
    parts = query.split("&")
    known = any(part.partition("=")[0] in _OPTIONS for part in parts)
    if mark and all(map(_OPTION.fullmatch, parts)) and (known or "/" not in query):
        return bare, query
    return text, ""


def has_magic(key: str) -> bool:
    """Return whether a key is a pattern."""
    return any(wildcard in key for wildcard in "*?[")


def fixed_folder(pattern: str) -> str:
    """Return the folder that all keys of a pattern are in, empty or ending in ``/``."""
    parts = pattern.split("/")
    first = next(index for index, part in enumerate(parts) if has_magic(part))
    return "".join(f"{part}/" for part in parts[:first])


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return what keys of a pattern match: ``*`` and ``?`` stop at ``/``, a segment ``**`` is any number of folders.

    What lies below a folder that matches belongs to it as well, as it does with local files.

    Raises:
        re.error: a range such as ``[z-a]`` is none.
    """
    *folders, last = pattern.rstrip("/").split("/")
    before = ("(?:[^/]*/)*?" if part == "**" else _TOKEN.sub(_translated, part) + "/" for part in folders)
    return re.compile(
        "".join(before) + (".*" if last == "**" else _TOKEN.sub(_translated, last) + "(?:/.*)?"), re.DOTALL
    )


def _translated(found: re.Match[str]) -> str:
    wild = found[0]
    if wild.startswith("*"):
        return "[^/]*"
    if wild == "?":
        return "[^/]"
    if found["set"] is None:
        return re.escape(wild)
    negated = found["set"].startswith("!")
    inside = _SPECIAL.sub(r"\\\g<0>", found["set"][negated:])
    return f"[{'^/' if negated else ''}{inside}]"


def _options(bare: str, query: str) -> tuple[tuple[str, str], ...]:
    options = dict(part.split("=", 1) for part in query.split("&")) if query else {}
    if unknown := sorted(set(options) - set(_OPTIONS)):
        raise InputError(bare, f"has an unknown option: {unknown[0]}", "there are " + ", ".join(_OPTIONS))
    return tuple(sorted((name, unquote(value)) for name, value in options.items()))


def _of_account(store: Store, host: str) -> Store:
    found = _AZURE_HOST.fullmatch(host)
    account, domain = found.groups() if found else (host.partition(".")[0], "")
    account = account or os.environ.get("AZURE_STORAGE_ACCOUNT") or os.environ.get("AZURE_STORAGE_ACCOUNT_NAME") or ""
    if not account or (host and "." in host and not found):
        remedy = f"write {store.base.partition('://')[0]}://container@account.dfs.core.windows.net/path, or set "
        raise InputError(store.base, "names no storage account", f"{remedy}AZURE_STORAGE_ACCOUNT")
    return Store(store.kind, store.bucket, store.base, account, domain, store.options)
