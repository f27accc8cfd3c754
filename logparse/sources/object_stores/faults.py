"""What the errors of object stores mean, in words for a person.

Owns: recognising them by their texts, which are all that pyarrow passes on.
Must not know: what is done about them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logparse.common.errors import InputError
from logparse.sources.object_stores import settings

if TYPE_CHECKING:
    from logparse.sources.object_stores.urls import Remote

_DENIED: Final = "access denied"
_UNREACHABLE: Final = "cannot be reached"
_ANONYMOUS: Final = "no credentials"
_SILENT: Final = "the store does not answer as it should"
_CREDENTIALS: Final = {
    "s3": "set AWS_PROFILE or AWS_ACCESS_KEY_ID, or give the machine a role; a public bucket is read "
    "with ?anonymous=true",
    "gs": "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS; a public bucket is read "
    "with ?anonymous=true",
    "az": "run az login, give the machine an identity, or set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN",
}
_RIGHTS: Final = {
    "s3": "it takes s3:ListBucket on the bucket and s3:GetObject on what is in it",
    "gs": "it takes the role Storage Object Viewer",
    "az": "it takes the role Storage Blob Data Reader; Owner of the account is not enough",
}
#: Texts of the SDKs for C++ in pyarrow 18 to 26, the first that is found counts; then what is wrong, and what helps.
_KNOWN: Final = tuple(
    (re.compile(text, re.DOTALL), problem, remedies)
    for text, problem, remedies in (
        (
            "Empty path component",
            "keys with // in them cannot be read",
            {
                "s3": "pipe it in: aws s3 cp URL - | logparse report - --out DIR",
                "gs": "pipe it in: gcloud storage cat URL | logparse report - --out DIR",
                "az": "copy it here first",
            },
        ),
        (r"DefaultAzureCredential|OAuth2 access token|Could not create credentials", _ANONYMOUS, _CREDENTIALS),
        (
            (
                r"ExpiredToken|EXPIRED_TOKEN|InvalidToken|REQUEST_EXPIRED|InvalidAccessKeyId|INVALID_ACCESS_KEY"
                r"|INVALID_CLIENT_TOKEN|UNRECOGNIZED_CLIENT|SIGNATURE_DOES_NOT_MATCH|UNAUTHENTICATED"
                r"|AuthenticationFailed|Server failed to authenticate"
            ),
            "the credentials are not accepted",
            _CREDENTIALS,
        ),
        (r"ACCESS_DENIED|PERMISSION_DENIED|Authorization\w*\] 403|\b403\b", _DENIED, _RIGHTS),
        (
            r"NETWORK_CONNECTION|CURL error \[\d+\]|Fail to get a new connection|Could not resolve|timed? ?out",
            _UNREACHABLE,
            settings.NETWORK_REMEDIES,
        ),
        (
            r"SLOW_DOWN|SERVICE_UNAVAILABLE|HTTP status 5\d\d|UNAVAILABLE|\b50[0234]\b",
            _SILENT,
            dict.fromkeys(settings.NETWORK_REMEDIES, "try again later"),
        ),
    )
)
_CALL: Final = re.compile(r"during (\w+) operation|gcloud-cpp\.retry\.function=(\w+)|(List\w+|GetProperties) failed")
_CAUSE: Final = re.compile(
    r"Details: (.*?)(?: \(Request ID|$)|CURL error \[\d+\]=([^.]*?)(?: error_info|\. |$)|new connection for: (.*)"
    r"|curlCode: \d+, ([^;]*)$",  # pyarrow 18
    re.DOTALL,
)


def is_missing_bucket(error: Exception) -> bool:
    """Return whether a store answered that there is no such bucket."""
    return re.search(r"NO_SUCH_BUCKET|ContainerNotFound", str(error)) is not None


def is_final(error: InputError) -> bool:
    """Return whether it would be in vain to ask something else of the same store."""
    return error.problem.startswith((_UNREACHABLE, _ANONYMOUS, _SILENT))


def named_region(error: Exception) -> str:
    """Return the region that an answer names as that of the bucket; empty if it names none."""
    found = re.search(r"bucket is located in '([\w-]+)'", str(error))
    return found[1] if found else ""


def is_in_other_region(error: Exception) -> bool:
    """Return whether a store answered that the bucket is in another region."""
    return "HTTP status 301" in str(error) or "PermanentRedirect" in str(error)


def explain_error(error: Exception, remote: Remote) -> InputError:
    """Return an error of pyarrow about an object or prefix as one that says what to do."""
    kind, text = remote.store.kind, str(error)
    if is_missing_bucket(error):
        return missing_bucket_error(remote)
    if isinstance(error, FileNotFoundError):
        return InputError(remote.name, "there is no such object", "check the key; upper and lower case differ")
    problem, remedies = next(
        ((problem, remedies) for known, problem, remedies in _KNOWN if known.search(text)), ("", {})
    )
    if not problem:
        return InputError(
            remote.name, f"cannot be read: {summarize_error(error)}", "check the URL and the settings of the store"
        )
    if problem == _DENIED and kind == "s3" and not _credentials_at_hand():
        problem, remedies = f"{_DENIED}, and no credentials are set", _CREDENTIALS
    inside = ": ".join(filter(None, (_first(_CALL, text), _plain(_first(_CAUSE, text)))))
    return InputError(remote.name, problem + (f" ({inside})" if inside else ""), remedies[kind])


def missing_bucket_error(remote: Remote) -> InputError:
    """Return the error that there is no such bucket."""
    return InputError(remote.name, *settings.explain_missing_bucket(remote.store))


def summarize_error(error: Exception) -> str:
    """Return an error of pyarrow in one line, without what is of no use to a person, or secret."""
    return _plain(str(error)) or type(error).__name__


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next(filter(None, found.groups()), "") if found else ""


def _plain(text: str) -> str:
    text = re.split(r"error_info=|\nRequestId", text, maxsplit=1)[0]
    text = re.sub(r"\(?Request ID: ?[\w-]*\)?|Unable to parse ExceptionName: |\?\S*", "", text)
    return " ".join(text.split())[:300].rstrip(" .")


def _credentials_at_hand() -> bool:
    """Whether anything names credentials; the role of a machine is not among it."""
    variables = (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    )
    files = (
        os.environ.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
        os.environ.get("AWS_CONFIG_FILE", "~/.aws/config"),
    )
    return any(map(os.environ.get, variables)) or any(Path(file).expanduser().exists() for file in files)
