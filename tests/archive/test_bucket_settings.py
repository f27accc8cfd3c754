"""An archive in a bucket: what its store is told, what its errors are called, and Google's and Azure's stores.

Stores are as in `test_storage_bucket.py`.
"""

from __future__ import annotations

import http.client
import http.server
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from bucket_archive import FIRST, SECOND, THIRD, commit, through, whole
from emulators import AZURE_ACCOUNT, AZURE_KEY, azure_files, azurite
from failing_store import Proxy, proxy

from logparse.archive.storage import asking, clients, publishing
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.prefix import Prefix
from logparse.archive.storage.sealed import Generation
from logparse.common.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping


pytestmark = pytest.mark.usefixtures("no_clients")


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (403, "AccessDenied", "access denied (why); it takes s3:ListBucket"),
        (403, "SignatureDoesNotMatch", "the credentials are not accepted (why); set AWS_ACCESS_KEY_ID"),
        (403, "InvalidAccessKeyId", "the credentials are not accepted (why); set AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", "the credentials are not accepted (why); set AWS_ACCESS_KEY_ID"),
        (301, "PermanentRedirect", "the bucket is in another region; set AWS_REGION"),
        (404, "NoSuchBucket", "the bucket some-bucket does not exist; check its name, and AWS_ENDPOINT_URL"),
        (501, "NotImplemented", "the store cannot do what is asked of it (why); an archive takes a store"),
        (503, "SlowDown", "the store does not answer as it should (why); try again later"),
        (400, "Strange", "the store refuses the request (why); check the URL"),
    ],
)
def test_errors_in_words(place: str, status: int, code: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "_RETRIES", 0)
    monkeypatch.setattr(asking, "_WAIT_SECONDS", 0)

    class Answers(Proxy):
        def do_GET(self) -> None:  # noqa: N802 - named so by http.server
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.answer(status, {}, f"<Error><Code>{code}</Code><Message>why</Message></Error>".encode())

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - named so by http.server

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        storage = through(place, f"127.0.0.1:{server.server_port}")
        for use in (storage.head, storage.objects):
            with pytest.raises(OutputError) as caught:
                use()
            assert caught.value.problem.startswith(says)
            assert caught.value.target.startswith(place)
            assert "endpoint" not in str(caught.value)
        server.shutdown()


@pytest.mark.usefixtures("place")
def test_a_bucket_that_does_not_exist() -> None:
    storage = open_storage("s3://no-bucket/x")
    for use in (storage.head, storage.objects, lambda: storage.put(b"x"), storage.settle):
        with pytest.raises(OutputError, match="the bucket no-bucket does not exist"):
            use()
    with pytest.raises(OutputError, match="keys with //"):
        open_storage("s3://some-bucket/a//b").head()
    with pytest.raises(InputError, match="URLs of this kind"):
        open_storage("http://host/a")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
def test_hosts_that_are_not_there_do_not_hold_up(host: str) -> None:
    start = time.monotonic()
    with pytest.raises(OutputError, match=r"cannot be reached \(.*\); check the network"):
        through("s3://some-bucket/a", host).head()
    assert time.monotonic() - start < 5


def test_without_obstore_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    storage = open_storage("s3://some-bucket/a")
    with pytest.raises(OutputError, match="a package that is missing: pip install obstore"):
        storage.head()


def test_profiles_are_found(place: str, server: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_keys = set()

    def fault(request: Proxy) -> str:
        seen_keys.add(request.headers.get("Authorization", "none").partition("Credential=")[2].partition("/")[0])
        return ""

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = PROFILE\naws_secret_access_key = secret\n")
    with proxy(server, fault) as (address, _):
        through(place, address).put(b"a")
        clients.forget()
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_PROFILE", "mine")
        through(place, address).put(b"b")
    assert seen_keys == {"", "PROFILE"}


def test_the_url_counts_more_than_the_environment(place: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    storage = through(place, server)
    commit(storage, 1, FIRST)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{server}")
    clients.forget()
    assert open_storage(place).head() == storage.head()


class GoogleToAmazon(Proxy):
    """Google's store as the client speaks to it, on that of Amazon: the same requests, other headers."""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        self.path = self.path.replace("some%2Dbucket", "some-bucket")
        for theirs, ours in (("x-goog-copy-source", "x-amz-copy-source"), ("x-goog-if-generation-match", None)):
            if (value := self.headers.get(theirs)) is not None:
                assert ours or value == "0"
                self.headers[ours or "If-None-Match"] = value if ours else "*"
        assert self.headers.get("Authorization", "").strip() in {"", "Bearer"}
        del self.headers["Authorization"]
        self.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=test/20261122/us-east-1/s3/aws4_request"
        return True

    def answer(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        super().answer(status, {**headers, "x-goog-generation": "1"}, body, cut=cut)


def test_google(place: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(server, lambda _: "", GoogleToAmazon) as (address, _):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
        place = place.replace("s3://", "gs://")
        storage = open_storage(place)
        for number, files in ((1, FIRST), (2, SECOND), (3, THIRD)):
            commit(storage, number, files)
            whole(place, files)
        assert publishing.create(Prefix(place), Generation(3, b"{}", {}, "other")) == 3
        with pytest.raises(OutputError, match="the bucket no-bucket does not exist; check its name"):
            open_storage("gs://no-bucket/x").head()


def test_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    with azurite() as host:
        in_azure(host, monkeypatch)


def in_azure(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", AZURE_KEY)
    azure_files(host).create_dir("some-bucket")
    place = f"abfs://some-bucket@{AZURE_ACCOUNT}.dfs.core.windows.net/x?endpoint_override={host}&scheme=http"
    storage = open_storage(place)
    for number, files in ((1, FIRST), (2, SECOND), (3, THIRD), (4, FIRST)):
        commit(storage, number, files)
        whole(place, files)
    assert publishing.create(Prefix(place), Generation(4, b"{}", {}, "other")) == 4
    with pytest.raises(OutputError, match="the container no-bucket does not exist"):
        open_storage(place.replace("some-bucket", "no-bucket")).head()


def test_a_forked_process_does_not_wait_forever(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(place)
    storage.put(b"x")
    monkeypatch.setattr(os, "getpid", lambda: 1)
    with pytest.raises(OutputError, match="forked process"):
        storage.head()
