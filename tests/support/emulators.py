"""Object stores on loopback: a server of moto's for S3, and the emulators of Azure's and Google's where they are."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from moto.server import ThreadedMotoServer
from pyarrow import fs

if TYPE_CHECKING:
    from collections.abc import Iterator

AZURE_ACCOUNT = "devstoreaccount1"  # Azurite's own, with the key that its documentation gives
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the machine's own settings of stores, and have keys that moto's server takes."""
    for name in [each for each in os.environ if each.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_EMULATOR"))]:
        monkeypatch.delenv(name)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@contextmanager
def amazon() -> Iterator[str]:
    """Host and port of a server of moto's; nothing is in it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    try:
        yield ":".join(map(str, moto.get_host_and_port()))
    finally:
        moto.stop()


def amazon_files(host: str) -> fs.S3FileSystem:
    """What is in such a server; a folder at the top makes a bucket."""
    return fs.S3FileSystem(
        access_key="test", secret_key="test", region="us-east-1", scheme="http", allow_bucket_creation=True,
        endpoint_override=host,
    )  # fmt: skip


@contextmanager
def azurite() -> Iterator[str]:
    """Host and port of Azurite; the test is skipped where it is not installed."""
    options = ("--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry")
    with emulator("azurite-blob", *options, port="--blobPort") as host:
        yield host


def azure_files(host: str) -> fs.AzureFileSystem:
    """What is in Azurite; a folder at the top makes a container."""
    places = {f"{api}_storage_{what}": host if what == "authority" else "http" for api in ("blob", "dfs")
              for what in ("authority", "scheme")}  # fmt: skip
    return fs.AzureFileSystem(AZURE_ACCOUNT, account_key=AZURE_KEY, **places)


@contextmanager
def emulator(name: str, *options: str, port: str) -> Iterator[str]:
    """Host and port of a program that listens where its option ``port`` says; the test is skipped without it."""
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    command = [program, *options, port, str(number)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", number)) == 0:
                        break
                time.sleep(0.1)
            else:
                pytest.fail(f"{name} does not start")
            yield f"127.0.0.1:{number}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
