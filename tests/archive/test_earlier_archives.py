"""Archives that earlier states of this version wrote are read, shown and gone on with."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest
from folders import invoke, verified
from places import ROOT

from logparse import read_archive

if TYPE_CHECKING:
    from pathlib import Path

#: Each holds ``archive``, made of ``webserver.log`` beside it with users of the server: a success, a wrong password,
#: and a refusal in the week behind.
EARLIER = sorted((ROOT / "tests/data/archives").glob("*.tar.gz"))


@pytest.mark.parametrize("packed", EARLIER, ids=[path.name for path in EARLIER])
def test_an_earlier_archive_goes_on(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(packed) as members:
        members.extractall(tmp_path, filter="tar")
    monkeypatch.chdir(tmp_path)
    verified(tmp_path / "archive")
    shown = invoke("show", "archive", "findings", "--format", "jsonl")
    assert shown.exit_code == 0, shown.stderr
    assert {json.loads(line)["week"] for line in shown.stdout.splitlines()} == {"2026-W47"}
    for command in (("digest", "archive"), ("html", "archive", "--all", "--out", "pages")):
        assert invoke(*command).exit_code == 0
    again = invoke("report", "webserver.log", "--out", "archive")
    assert again.exit_code == 0, again.stderr
    assert "1 source was read before" in again.stderr
    for more in (("--rebuild",), ("webserver.log", "--reclassify")):
        done = invoke("report", *more, "--out", "archive")
        assert done.exit_code == 0, done.stderr
        found = read_archive("archive")
        assert found["user"].to_list() == ["ann", "bob", "eve"]
        assert found["outcome"].to_list() == ["success", "authentication_failure", "authorization_failure"]
    verified(tmp_path / "archive")
