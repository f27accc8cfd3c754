"""Settings of a store from its URL and from the variables that the ecosystem's own tools use.

Owns: which of them count.
Must not know: clients, credentials.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from logparse.sources.object_stores.urls import Store

#: What names a server of one's own, the first that is set.
_VARIABLES: Final = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "gs": ("STORAGE_EMULATOR_HOST", "CLOUD_STORAGE_EMULATOR_ENDPOINT"),
    "az": (),
}
#: What helps where a store cannot be reached.
NETWORK_REMEDIES: Final = {
    "s3": "check the network, the region and AWS_ENDPOINT_URL",
    "gs": "check the network and STORAGE_EMULATOR_HOST",
    "az": "check the network and the name of the storage account",
}


def find_endpoint(store: Store) -> tuple[str, str]:
    """Return scheme and host of a server of one's own; an empty host means the one that everybody uses."""
    given = store.option("endpoint_override")
    named = given or next(filter(None, map(os.environ.get, _VARIABLES[store.kind])), "")
    before, mark, host = named.rpartition("://")
    usual = "http" if named and not given and store.kind == "gs" else "https"
    return store.option("scheme") or (before if mark else usual), host.rstrip("/")


def find_region(store: Store) -> str:
    """Return the region that URL or variables name for a bucket of S3; empty if none does."""
    return store.option("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""


def is_public(store: Store) -> bool:
    """Return whether a store is to be asked without credentials."""
    return is_true(store.option("anonymous"))


def is_true(text: str) -> bool:
    """Return whether an option or variable is switched on."""
    return text.lower() in {"1", "true", "yes"}


def explain_missing_bucket(store: Store) -> tuple[str, str]:
    """Return what is wrong where there is no such bucket, and what helps."""
    what = "container" if store.kind == "az" else "bucket"
    also = ", and AWS_ENDPOINT_URL" if store.kind == "s3" else ""
    return f"the {what} {store.bucket} does not exist", f"check its name{also}"
