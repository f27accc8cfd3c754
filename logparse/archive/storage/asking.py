"""Requests to object stores: asked again where that helps, and their errors in words for a person.

Owns: telling the errors of obstore apart, by their types and texts. Must not know: what is asked for.
"""

from __future__ import annotations

import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from logparse.common.errors import OutputError
from logparse.sources.object_stores import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logparse.sources.object_stores.urls import Remote

T = TypeVar("T")
S = TypeVar("S")
#: obstore itself asks again where it knows that it may; what fails on the way of an answer, or times out, is left.
_TRIES: Final = 6
_WAIT_SECONDS: Final = 0.05
_AT_ONCE: Final = 16
_CREDENTIALS: Final = {
    "s3": "set AWS_ACCESS_KEY_ID, or AWS_PROFILE with boto3 installed, or give the machine a role",
    "gs": "run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS",
    "az": "run az login, give the machine an identity, or set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN",
}
_RIGHTS: Final = {
    "s3": "it takes s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject on what is in it",
    "gs": "it takes the role Storage Object User",
    "az": "it takes the role Storage Blob Data Contributor; Owner of the account is not enough",
}
_SAME: Final = ("s3", "gs", "az")
#: The first that is found counts; then what is wrong, what helps, and whether it would be in vain to ask again.
_KNOWN: Final = tuple(
    (re.compile(text), problem, remedies, final)
    for text, problem, remedies, final in (
        (
            r"169\.254\.169\.254|metadata\.google\.internal|token request|Error getting credentials|az account",
            "no credentials",
            _CREDENTIALS,
            True,
        ),
        (
            r"PermanentRedirect|IllegalLocationConstraint|AuthorizationHeaderMalformed|redirect without LOCATION",
            "the bucket is in another region",
            dict.fromkeys(_SAME, "set AWS_REGION, or add ?region= to the URL"),
            True,
        ),
        (
            (
                r"ExpiredToken|InvalidToken|RequestExpired|InvalidAccessKeyId|SignatureDoesNotMatch|AuthenticationFailed"
                r"|\b401 Unauthorized"
            ),
            "the credentials are not accepted",
            _CREDENTIALS,
            True,
        ),
        (r"\b403 Forbidden|AccessDenied", "access denied", _RIGHTS, True),
        (r"kind: Connect\b|dns error|tcp connect error", "cannot be reached", settings.NETWORK_REMEDIES, True),
        (
            r"NotImplemented|\b501 |NotSupported",
            "the store cannot do what is asked of it",
            dict.fromkeys(_SAME, "an archive takes a store that can create an object if there is none"),
            True,
        ),
        (r"\b4(0[0247]|1[0-8]) ", "the store refuses the request", dict.fromkeys(_SAME, "check the URL"), True),
        (
            r"\b5\d\d |SlowDown|HTTP error|timed? ?out|decoding response body",
            "the store does not answer as it should",
            dict.fromkeys(_SAME, "try again later"),
            False,
        ),
    )
)
_CAUSE: Final = re.compile(r"<Message>([^<]{1,200})</Message>|message: \"([^\"]+)\"|error: \"([^\"]+)\"|(TimedOut)")


def ask(remote: Remote, question: Callable[[], T]) -> T:
    """The answer to a question that may be asked more than once.

    Raises:
        FileNotFoundError: there is no such object.
        FileExistsError: there is one already, which may be the doing of this very request.
        OutputError: it cannot be had.
    """
    from obstore.exceptions import AlreadyExistsError, BaseError  # noqa: PLC0415 - late, see ``clients``

    tries = 0
    while True:
        tries += 1
        try:
            return question()
        except AlreadyExistsError as error:
            raise FileExistsError(remote.name) from error
        except FileNotFoundError as error:
            if re.search("NoSuchBucket|ContainerNotFound|The specified bucket does not exist", str(error)):
                raise _no_bucket(remote) from error
            raise
        except (BaseError, OSError, ValueError) as error:
            told, final = _told(error, remote)
            if final or tries == _TRIES:
                raise told from error
        time.sleep(_WAIT_SECONDS * 2**tries * random.random())  # noqa: S311 - no secret


def ask_all(questions: Callable[[S], T], about: Iterable[S]) -> list[T]:
    """The answers to one question about several things, some at once, in order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(questions, about))


def _told(error: Exception, remote: Remote) -> tuple[OutputError, bool]:
    text = str(error)
    if re.search("NoSuchBucket|ContainerNotFound|The specified bucket does not exist", text):
        return _no_bucket(remote), True
    found = _CAUSE.search(text)
    cause = " ".join((next(filter(None, found.groups())) if found else "").split()).rstrip(".")
    for known, problem, remedies, final in _KNOWN:
        if known.search(text):
            inside = f" ({cause})" if cause else ""
            return OutputError(remote.name, f"{problem}{inside}; {remedies[remote.store.kind]}"), final
    plain = re.sub(r"\?\S*", "", text.partition("\n")[0])[:300]
    return OutputError(remote.name, f"cannot be written: {plain}; check the URL and the settings of the store"), False


def _no_bucket(remote: Remote) -> OutputError:
    return OutputError(remote.name, "; ".join(settings.explain_missing_bucket(remote.store)))
