"""Clients that write to object stores, made from the same settings as the file systems that read from them.

Owns: which settings and variables count, and the time limits. Must not know: what is written.

obstore is an extra, and the only client here that can create an object on the condition that there is none.
"""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import OutputError
from logparse.sources.object_stores import settings

if TYPE_CHECKING:
    from logparse.sources.object_stores.urls import Store

_CONNECT_SECONDS: Final = 5
_SILENT_SECONDS: Final = 15
#: For one request; an upload is cut into pieces that are small enough for it.
_REQUEST_SECONDS: Final = 120
_RETRIES: Final = 4
_RETRY_SECONDS: Final = 60
#: With a key that signs nothing: emulators ask for none, and public buckets take none.
_NOBODY: Final = '{"disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""'
#: obstore finds these by itself, as the SDKs do.
_AWS_OWN: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_AZURE_OWN: Final = ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT")


def of(store: Store) -> Any:
    """The client of a bucket, made once a process.

    Raises:
        OutputError: obstore is missing, or cannot be used with these settings.
    """
    return _of(store, os.getpid())


@lru_cache(maxsize=64)
def _of(store: Store, process: int) -> Any:
    try:
        import obstore  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        problem = "writing to a bucket needs a package that is missing: pip install obstore"
        raise OutputError(store.base, problem) from error
    if process != _first_process():
        raise OutputError(store.base, "cannot be reached from a forked process; start workers by spawn")
    try:
        return {"s3": _s3, "gs": _gcs, "az": _azure}[store.kind](store)
    except Exception as error:  # which ones there are differs between versions of obstore, boto3 and azure-identity
        if isinstance(error, OutputError):
            raise
        said = " ".join(str(error).partition("Debug source")[0].split())
        raise OutputError(store.base, f"the settings of the store cannot be used: {said[:300]}") from error


@lru_cache(maxsize=1)
def _first_process() -> int:
    """The process whose threads obstore goes by: in one that is forked from it every request would wait forever."""
    return os.getpid()


def forget() -> None:
    """Make all clients anew: for tests, which change the variables that they are made from."""
    _of.cache_clear()


def _s3(store: Store) -> Any:
    from obstore.store import S3Store  # noqa: PLC0415 - late, see above

    scheme, endpoint = settings.find_endpoint(store)
    region = settings.find_region(store)
    config: dict[str, Any] = {"virtual_hosted_style_request": False}
    if endpoint:
        config["aws_endpoint_url_s3"] = f"{scheme}://{endpoint}"
    provider = None
    if settings.is_public(store):
        config["skip_signature"] = True
    elif not any(map(os.environ.get, _AWS_OWN)):
        provider, region_of_profile = _boto3(store)
        region = region or region_of_profile
        if provider is None and settings.is_true(os.environ.get("AWS_EC2_METADATA_DISABLED", "")):
            config["skip_signature"] = True  # the answer of the store says what is missing
    config["region"] = region or ("us-east-1" if endpoint else _region_of(store.bucket))
    make: Any = S3Store
    return make(
        store.bucket, config=config, credential_provider=provider, **_limits(scheme, os.environ.get("AWS_CA_BUNDLE"))
    )


def _boto3(store: Store) -> tuple[Any, str]:
    """What boto3 finds credentials by, such as a profile, and the region that goes with it."""
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - late, see above
    except ImportError as error:
        if os.environ.get("AWS_PROFILE"):
            raise OutputError(store.base, "AWS_PROFILE is looked up by boto3; pip install boto3") from error
        return None, ""
    try:
        provider = Boto3CredentialProvider()
    except ValueError:  # it finds none
        return None, ""
    return provider, provider.config.get("region", "")


def _region_of(bucket: str) -> str:
    from pyarrow import ArrowException, fs  # noqa: PLC0415 - late, as in ``logparse.sources.object_stores.objects``

    try:
        return str(fs.resolve_s3_region(bucket))
    except (OSError, ArrowException):
        return "us-east-1"  # what is wrong is said when the bucket is asked for something


def _gcs(store: Store) -> Any:
    from obstore.store import GCSStore  # noqa: PLC0415 - late, see above

    scheme, endpoint = settings.find_endpoint(store)
    config: dict[str, Any] = {}
    emulated = endpoint and not store.option("endpoint_override")
    if emulated or settings.is_public(store):
        base = f', "gcs_base_url": "{scheme}://{endpoint}"' if endpoint else ""
        config["service_account_key"] = f"{_NOBODY}{base}}}"
    elif endpoint:
        config["base_url"] = f"{scheme}://{endpoint}"
    make: Any = GCSStore
    return make(store.bucket, config=config, **_limits(scheme))


def _azure(store: Store) -> Any:
    from obstore.store import AzureStore  # noqa: PLC0415 - late, see above

    scheme, endpoint = settings.find_endpoint(store)
    config: dict[str, Any] = {"account_name": store.account}
    if endpoint:
        config["endpoint"] = f"{scheme}://{endpoint}/{store.account}"
    elif store.domain:
        config["endpoint"] = f"https://{store.account}.blob{store.domain}"
    provider = None
    if key := os.environ.get("AZURE_STORAGE_KEY"):
        config["account_key"] = key
    elif token := os.environ.get("AZURE_STORAGE_SAS_TOKEN"):
        config["sas_key"] = token.removeprefix("?")
    elif settings.is_public(store):
        config["skip_signature"] = True
    elif not any(map(os.environ.get, _AZURE_OWN)):
        try:
            from obstore.auth.azure import AzureCredentialProvider  # noqa: PLC0415 - late, see above

            provider = AzureCredentialProvider()
        except ImportError:
            config["use_azure_cli"] = shutil.which("az") is not None
    make: Any = AzureStore
    return make(store.bucket, config=config, credential_provider=provider, **_limits(scheme))


def _limits(scheme: str, bundle: str | None = None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "allow_http": scheme == "http",
        "connect_timeout": timedelta(seconds=_CONNECT_SECONDS),
        "read_timeout": timedelta(seconds=_SILENT_SECONDS),
        "timeout": timedelta(seconds=_REQUEST_SECONDS),
    }
    if bundle:
        options["root_certificate"] = Path(bundle).read_bytes()
    backoff = {"init_backoff": timedelta(seconds=0.05), "max_backoff": timedelta(seconds=5), "base": 2}
    retries = {"max_retries": _RETRIES, "backoff": backoff, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)}
    return {"client_options": options, "retry_config": retries}
