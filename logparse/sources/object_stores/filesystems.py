"""File systems of pyarrow for object stores, with the settings that the ecosystem's own tools use.

Owns: which settings and variables count, and the time limits.
Must not know: what is listed or read.

Credentials are found by the SDKs: variables, profiles, web identity, the role of the machine. Nothing of them is kept.
"""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from logparse.common.errors import InputError
from logparse.sources.object_stores import settings

if TYPE_CHECKING:
    from logparse.sources.object_stores.urls import Store

#: A host that is not there must not hold up a nightly run; each is tried three times.
_CONNECT_SECONDS: Final = 5
_SILENT_SECONDS: Final = 15
#: The client for Google retries for a quarter of an hour if nothing is said.
_RETRY_SECONDS: Final = 20


@lru_cache(maxsize=64)
def make_filesystem(store: Store) -> Any:
    """Return the file system that a store is on, made once in a process.

    Raises:
        InputError: this build of pyarrow has none of that kind.
        OSError, pyarrow.ArrowException: settings or credentials cannot be used.
    """
    from pyarrow import fs  # noqa: PLC0415 - 0.1 s, and only who reads from stores needs it

    make, name = {"s3": (_s3, "S3FileSystem"), "gs": (_gcs, "GcsFileSystem"), "az": (_azure, "AzureFileSystem")}[
        store.kind
    ]
    try:
        kind = getattr(fs, name)
    except ImportError as error:  # some wheels come without: Azure on Windows, say
        problem = f"cannot be reached, since this build of pyarrow has no {name}"
        raise InputError(store.base, problem, "pip install --upgrade pyarrow, or pipe the objects in as -") from error
    return make(kind, store)


def _s3(kind: Any, store: Store) -> Any:
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - 0.02 s

    scheme, endpoint = settings.find_endpoint(store)
    region = settings.find_region(store)
    if not region and endpoint:
        region = "us-east-1"  # servers that are not Amazon's take any, and nobody is asked for one
    given: dict[str, Any] = {
        "region": region or None,
        "anonymous": settings.is_public(store),
        "connect_timeout": _CONNECT_SECONDS,
        "request_timeout": _SILENT_SECONDS,
    }
    if endpoint:
        given |= {"endpoint_override": endpoint, "scheme": scheme}
    proxy = getproxies().get(scheme)
    host = (endpoint or f"{store.bucket}.s3.amazonaws.com").rsplit(":", 1)[0]
    if proxy and not proxy_bypass(host):
        given["proxy_options"] = proxy if "://" in proxy else f"http://{proxy}"
    if bundle := os.environ.get("AWS_CA_BUNDLE"):
        try:
            return kind(**given, tls_ca_file_path=bundle)
        except TypeError:  # pyarrow before 21 takes it from the system only
            pass
    return kind(**given)


def _gcs(kind: Any, store: Store) -> Any:
    scheme, endpoint = settings.find_endpoint(store)
    given: dict[str, Any] = {"retry_time_limit": timedelta(seconds=_RETRY_SECONDS)}
    if endpoint:
        given |= {"endpoint_override": endpoint, "scheme": scheme}
    _knock(scheme, endpoint or "storage.googleapis.com")
    emulated = endpoint and not store.option("endpoint_override")
    return kind(anonymous=bool(emulated) or settings.is_public(store), **given)


def _azure(kind: Any, store: Store) -> Any:
    given: dict[str, Any] = {}
    scheme, endpoint = settings.find_endpoint(store)
    if endpoint:
        given = {f"{api}_storage_authority": endpoint for api in ("blob", "dfs")}
        given |= {f"{api}_storage_scheme": scheme for api in ("blob", "dfs")}
    elif store.domain:
        given = {f"{api}_storage_authority": f".{api}{store.domain}" for api in ("blob", "dfs")}
    _knock(scheme, endpoint or f"{store.account}.blob{store.domain or '.core.windows.net'}")
    # Names of the Azure command line.
    if key := os.environ.get("AZURE_STORAGE_KEY"):
        given["account_key"] = key
    elif token := os.environ.get("AZURE_STORAGE_SAS_TOKEN"):
        given["sas_token"] = token if token.startswith("?") else f"?{token}"
    return kind(store.account, **given)


def _knock(scheme: str, address: str) -> None:
    """See whether a host is there. The clients for Google and Azure take minutes to find that it is not.

    Raises:
        OSError: it is not.
    """
    from urllib.request import getproxies  # noqa: PLC0415 - 0.02 s

    if getproxies().get(scheme):
        return  # only the proxy knows
    parts = urlsplit(f"//{address}")
    host, port = parts.hostname or "", parts.port or (80 if scheme == "http" else 443)
    try:
        socket.create_connection((host, port), _CONNECT_SECONDS).close()
    except OSError as error:
        raise OSError(f"Fail to get a new connection for: {host} ({error.strerror or error})") from error
