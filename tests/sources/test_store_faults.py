"""Object stores that refuse, fail or are silent: what is said of it, and that nothing is waited for in vain.

Answers that no emulator gives are made by hand.
"""

from __future__ import annotations

import http.server
import re
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from attempt_lines import LINES
from typer.testing import CliRunner

from logparse.cli import app
from logparse.common.errors import InputError
from logparse.pipeline import options, run
from logparse.sources import discovery
from logparse.sources.object_stores import faults, filesystems, urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


runner = CliRunner()


pytestmark = pytest.mark.usefixtures("no_filesystems")


class Answers(http.server.BaseHTTPRequestHandler):
    """A server that answers as told."""

    answer: ClassVar[Callable[[Answers], tuple[int, dict[str, str], bytes]]]
    asked: ClassVar[list[tuple[str, str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, headers, body = type(self).answer(self)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "application/xml", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - named so by http.server

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answers]]:
    class Own(Answers):
        asked: ClassVar[list[tuple[str, str, str]]] = []

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield Own
        server.shutdown()


def fault(status: int, code: str, message: str, **headers: str) -> Callable[[Answers], tuple[int, Any, bytes]]:
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def listing(key: str) -> bytes:
    return (
        f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key>'
        "<LastModified>2026-11-22T12:00:00.000Z</LastModified><Size>5</Size></Contents></ListBucketResult>"
    ).encode()


@pytest.mark.parametrize(
    ("answer", "says", "remedy"),
    [
        (fault(403, "AccessDenied", "Access Denied"), "access denied (ListObjectsV2)", "s3:ListBucket"),
        (fault(403, "InvalidAccessKeyId", "?"), "the credentials are not accepted (ListObjectsV2)", "AWS_PROFILE"),
        (fault(403, "SignatureDoesNotMatch", "?"), "the credentials are not accepted (ListObjectsV2)", "AWS_PROFILE"),
        (fault(400, "ExpiredToken", "has expired"), "the credentials are not accepted (ListObjectsV2)", "AWS_PROFILE"),
        (fault(400, "Strange", "what"), "cannot be read: When listing objects under key 'a/' in bucket", "check"),
    ],
)
def test_refusals(answers: type[Answers], answer: Any, says: str, remedy: str) -> None:
    answers.answer = answer
    with pytest.raises(InputError) as caught:
        discovery.find_sources(["s3://some-bucket/a"])
    assert caught.value.problem.startswith(says)
    assert remedy in caught.value.remedy


def test_without_credentials_it_is_said_so(answers: type[Answers], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    answers.answer = fault(403, "AccessDenied", "Access Denied")
    with pytest.raises(InputError, match="access denied, and no credentials are set") as caught:
        discovery.find_sources(["s3://some-bucket/a"])
    assert "AWS_PROFILE" in caught.value.remedy
    assert not any(authorization for _, _, authorization in answers.asked)


def test_what_is_below_may_be_permitted_where_the_key_is_not(answers: type[Answers]) -> None:
    denied = fault(403, "AccessDenied", "Access Denied")
    answers.answer = lambda self: denied(self) if self.command == "HEAD" else (200, {}, listing("logs/a.log"))
    (source,) = discovery.find_sources(["s3://some-bucket/logs"])
    assert (source.name, source.size) == ("s3://some-bucket/logs/a.log", 5)
    assert source.modified == 1795348800000000


@pytest.mark.parametrize("path", ["s3://some-bucket/a.log", "s3://some-bucket/logs/", "s3://some-bucket/*.log"])
def test_a_bucket_in_another_region_is_followed(answers: type[Answers], path: str) -> None:
    moved = fault(301, "PermanentRedirect", "elsewhere", x_amz_bucket_region="eu-central-1")

    def answer(self: Answers) -> tuple[int, Any, bytes]:
        if "/eu-central-1/" not in self.headers["Authorization"]:
            return moved(self)
        key = "a.log" if "prefix=&" in self.path or self.path.endswith("prefix=") else "logs/a.log"
        return 200, {}, LINES if "list-type" not in self.path else listing(key)

    answers.answer = answer
    (source,) = discovery.find_sources([path])
    assert source.remote is not None
    assert source.remote.store.option("region") == "eu-central-1"
    assert len(run.run([source], options.Options()).attempts) == 30


def test_a_failure_on_the_way_is_that_of_a_broken_disk(answers: type[Answers], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.sources.object_stores.objects._ASK_BYTES", 64 * 1024)
    data = LINES * 100

    def answer(self: Answers) -> tuple[int, dict[str, str], bytes]:
        if self.command == "HEAD":
            return 200, {"Content-Length": str(len(data))}, b""
        start, end = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
        return (403, {}, b"") if start > 100_000 else (206, {}, data[start : end + 1])

    answers.answer = answer
    result = runner.invoke(app, ["attempts", "s3://some-bucket/a.log"])
    assert result.exit_code == 1
    assert "s3://some-bucket/a.log: reading failed after 131,072 bytes, the rest is lost (AWS Error" in result.stderr
    assert result.stdout.count("\n") == 1 + data[:131_072].count(b"\n")


@pytest.mark.parametrize(
    ("url", "host", "says"),
    [
        ("s3://some-bucket/a.log", "127.0.0.1:1", "HeadObject: (Failed to|Couldn't) connect"),
        ("s3://some-bucket/a.log", "no-such-host.invalid", "HeadObject: Could(n't| not) resolve host"),
        ("gs://some-bucket/a.log", "127.0.0.1:1", r"127\.0\.0\.1 \(Connection refused\)"),
        ("gs://some-bucket/a.log", "no-such-host.invalid", r"no-such-host\.invalid \("),
        ("abfs://c@account/a.log", "127.0.0.1:1", r"127\.0\.0\.1 \(Connection refused\)"),
    ],
)
def test_hosts_that_are_not_there_do_not_hold_up(url: str, host: str, says: str) -> None:
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        discovery.find_sources([f"{url}?endpoint_override={host}&scheme=http"])
    assert re.match(rf"cannot be reached \({says}", caught.value.problem)
    assert caught.value.remedy.startswith("check the network")
    assert time.monotonic() - start < 10


def test_a_server_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystems, "_SILENT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(InputError, match="cannot be reached"):
            discovery.find_sources(["s3://some-bucket/a.log"])


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("az", "Failed to get token from DefaultAzureCredential.\nSee", "no credentials"),
        ("az", "x Azure Error: [AuthorizationPermissionMismatch] 403 This request is not", "access denied"),
        ("az", "x Azure Error: [AuthenticationFailed] 403 Server failed", "the credentials are not accepted"),
        ("az", "x Azure Error: [ContainerNotFound] 404 The specified", "the container b does not exist"),
        ("az", "[] Fail to get a new connection for: https://a.b. Could not resolve hostname", "cannot be reached"),
        ("gs", "google::cloud::Status(PERMISSION_DENIED: Permanent error, ...", "access denied"),
        ("gs", "Status(UNAVAILABLE: Could not create a OAuth2 access token to authenticate", "no credentials"),
        ("gs", "Status(UNAVAILABLE: Retry PerformWork() - CURL error [6]=Could not resolve", "cannot be reached"),
        ("gs", "Status(UNAVAILABLE: Retry policy exhausted, with HTTP status code: 503", "the store does not answer"),
        ("s3", "AWS Error UNKNOWN (HTTP status 503) during HeadObject operation: No", "the store does not answer"),
    ],
)
def test_errors_of_the_sdks_in_words(kind: str, text: str, says: str) -> None:
    error = faults.explain_error(OSError(text), urls.Remote(urls.Store(kind, "b", f"{kind}://b"), "k"))
    assert error.problem.startswith(says)
    assert error.remedy


def test_no_secret_of_a_url_is_in_a_message() -> None:
    remote = urls.Remote(urls.Store("az", "b", "az://b"), "k")
    assert "s3cr3t" not in str(faults.explain_error(OSError("GET https://a/b?sv=2&sig=s3cr3t failed"), remote))
