"""Fixtures that test modules of several kinds of behaviour share: archives in folders and buckets, object stores.

The emulators of stores take a second to import, so only the fixtures that start them do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from archive_runs import W46, W47, line
from folders import write

from logparse.archive.storage import clients
from logparse.reports import catalog
from logparse.sources.object_stores import filesystems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def every_report() -> None:
    """For tests that look at all reports of an archive, or have others build them."""


@pytest.fixture
def hasty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and waiting for disks takes half the time; so does what few tests look at."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    if "every_report" not in request.fixturenames:
        few = {name: each for name, each in catalog.REPORTS.items() if name not in {"by_time", "by_reason", "user_dag"}}
        monkeypatch.setattr(catalog, "REPORTS", few)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where an archive is to be."""
    return tmp_path / "out"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with attempts of two weeks."""
    return write(tmp_path / "webserver.log", line(W47), line(W47 + 1, user="bob"), line(W46))


@pytest.fixture
def no_filesystems(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine's own settings, and no file system that was made with other ones."""
    from emulators import isolate

    isolate(monkeypatch)
    filesystems.make_filesystem.cache_clear()
    yield
    filesystems.make_filesystem.cache_clear()


@pytest.fixture
def no_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the machine's own settings, and no client of a bucket that was made with other ones."""
    from emulators import isolate

    isolate(monkeypatch)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")
    clients.forget()
    yield
    clients.forget()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks as S3 does, with a bucket."""
    from emulators import amazon, amazon_files

    with amazon() as host:
        amazon_files(host).create_dir("some-bucket")
        yield host


@pytest.fixture
def place(server: str, no_clients: None, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001 - it comes first
    """A prefix of that bucket that nothing is below."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server}")
    return f"s3://some-bucket/{uuid4().hex}/archive"
