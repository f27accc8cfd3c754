"""Object stores: what is read from a bucket is what is read from a folder.

S3 is a server of moto's on loopback; Azurite and an emulator of Google's store are used where they are installed
(`npm install azurite`, `pip install gcp-storage-emulator`).
"""

from __future__ import annotations

import gzip
import json
import pickle
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd
import pytest
import zstandard
from attempt_lines import LINES
from emulators import AZURE_ACCOUNT, AZURE_KEY, amazon, amazon_files, azure_files, azurite, emulator
from places import ROOT
from pyarrow import fs
from typer.testing import CliRunner

import logparse
from logparse.cli import app
from logparse.cli.explain import split_place
from logparse.common.errors import InputError
from logparse.pipeline import options, run
from logparse.sources import discovery
from logparse.sources import source as sources
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.object_stores import filesystems, urls

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = ROOT / "sample_logs"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"

runner = CliRunner()


pytestmark = pytest.mark.usefixtures("no_filesystems")


def packed() -> dict[str, bytes]:
    """The sample logs, some packed otherwise."""
    files = {path.relative_to(SAMPLES).as_posix(): path.read_bytes() for path in sorted(SAMPLES.rglob("*.*g*"))}
    files = {name: data for name, data in files.items() if name.endswith((".log", ".gz"))}
    assert len(files) == 6
    files["airflow-1.10/webserver.log.gz"] = gzip.compress(files.pop("airflow-1.10/webserver.log"))
    files["airflow-3.0/000000.zst"] = zstandard.compress(files.pop("airflow-3.0/api-server.log"))
    return files


#: What lies beside logs.
BESIDE = {
    "odd/a.log": LINES,
    "odd/aws-logs-write-test": b"Permission Check Successful",
    "odd/_SUCCESS": b"",
    "odd/empty.log": b"",
    "odd/.hidden/x.log": LINES,
    "odd/picture.png": PNG,
    "odd/sub/b c+d%20ü#.log": LINES.replace(b"eve", b"bob"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with amazon() as host:
        store = amazon_files(host)
        fill(store, "logs-bucket")
        store.create_dir("logs-bucket/placeholder")
        store.create_dir("empty-bucket")
        yield f"http://{host}"


def fill(store: Any, bucket: str) -> None:
    store.create_dir(bucket)
    for name, data in {**{f"samples/{name}": data for name, data in packed().items()}, **BESIDE}.items():
        with store.open_output_stream(f"{bucket}/{name}", compression=None) as stream:
            stream.write(data)


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    return "s3://logs-bucket"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The attempts of the same files in a folder, sources named as in it."""
    folder = tmp_path_factory.mktemp("samples")
    for name, data in packed().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    found = logparse.attempts(folder)
    assert len(found) > 900
    return found.assign(source=found["source"].str.removeprefix(f"{folder}/"))


def same(here: pd.DataFrame, there: pd.DataFrame, base: str) -> None:
    assert there["source"].str.startswith(base).all()
    # Keys of findings hold a digest of the folder, if there are several.
    moved = there.assign(source=there["source"].str.removeprefix(base))
    pd.testing.assert_frame_equal(
        here.drop(columns="finding", errors="ignore"), moved.drop(columns="finding", errors="ignore")
    )


ODD = ["odd/a.log", "odd/picture.png", "odd/sub/b c+d%20ü#.log"]


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("odd", ODD),
        ("odd/", ODD),
        ("odd/a.log", ["odd/a.log"]),
        ("odd/sub/b c+d%20ü#.log", ["odd/sub/b c+d%20ü#.log"]),
        ("odd/aws-logs-write-test", ["odd/aws-logs-write-test"]),
        ("odd/empty.log", ["odd/empty.log"]),
        ("odd/.hidden/x.log", ["odd/.hidden/x.log"]),
        ("odd/.hid*/x.log", ["odd/.hidden/x.log"]),
        ("odd/*.log", ["odd/a.log"]),
        ("odd/?.log", ["odd/a.log"]),
        ("odd/**/*.log", ["odd/a.log", "odd/sub/b c+d%20ü#.log"]),
        ("od?", ODD),
        ("**/sub", ["odd/sub/b c+d%20ü#.log"]),
        ("*/sub/*", ["odd/sub/b c+d%20ü#.log"]),
        ("odd/[!ps]*", ["odd/a.log"]),
        ("samples/*/*.gz", [f"samples/{name}" for name in sorted(packed()) if name.endswith("gz")]),
    ],
)
def test_keys_prefixes_and_patterns(s3: str, key: str, names: list[str]) -> None:
    found = discovery.find_sources([f"{s3}/{key}"])
    assert [source.name for source in found] == [f"{s3}/{name}" for name in names]
    for source in found:
        assert source.path is None
        assert not source.piped
        assert source.found == (f"{s3}/{key}" != source.name)
        assert source.size == len({**BESIDE, **{f"samples/{n}": d for n, d in packed().items()}}[source.name[17:]])
        assert source.modified is not None
        assert abs(source.modified / 1e6 - time.time()) < 600


def test_a_whole_bucket_and_an_empty_one(s3: str) -> None:
    assert len(discovery.find_sources([s3])) == len(discovery.find_sources([f"{s3}/"])) == 9
    assert discovery.discover(["s3://empty-bucket", f"{s3}/placeholder"]).empty == [
        "s3://empty-bucket",
        f"{s3}/placeholder",
    ]


def test_what_is_no_log_by_its_name_is_skipped_and_said(s3: str) -> None:
    found = discovery.discover([f"{s3}/odd", f"{s3}/odd/*"])
    hidden = [f"{s3}/odd/{name}" for name in (".hidden/x.log", "_SUCCESS", "aws-logs-write-test", "empty.log")]
    assert found.skipped == hidden
    assert discovery.discover([f"{s3}/odd", f"{s3}/odd/_SUCCESS"]).skipped == [
        each for each in hidden if "SUCC" not in each
    ]


def test_markers_in_folders_are_skipped_and_said(tmp_path: Path) -> None:
    for name in ("a.log", "aws-logs-write-test", "_SUCCESS", "ELBAccessLogTestFile", ".hidden", "empty.log"):
        (tmp_path / name).write_bytes(b"" if name == "empty.log" else LINES)
    found = discovery.discover([str(tmp_path)])
    assert [Path(source.name).name for source in found.sources] == ["a.log", "empty.log"]
    assert [Path(name).name for name in found.skipped] == ["ELBAccessLogTestFile", "_SUCCESS", "aws-logs-write-test"]
    assert [source.found for source in found.sources] == [True, True]
    assert len(discovery.find_sources([str(tmp_path / "aws-logs-write-test")])) == 1
    result = runner.invoke(app, ["attempts", str(tmp_path)])
    assert result.exit_code == 0
    assert "3 files not read, since they are markers, empty, hidden or dead links:" in result.stderr


def test_the_result_is_that_of_local_files(s3: str, here: pd.DataFrame) -> None:
    same(here, logparse.attempts(f"{s3}/samples/"), f"{s3}/samples/")


def test_an_object_is_asked_for_in_pieces(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.sources.object_stores.objects._ASK_BYTES", 1000)
    (source,) = discovery.find_sources([f"{s3}/odd/a.log"])
    told: list[int] = []
    assert b"".join(chunk.data for chunk in ChunkReader(source, on_bytes=told.append)) == LINES
    assert sum(told) == source.size


def test_a_source_travels_to_other_processes(s3: str) -> None:
    (source,) = discovery.find_sources([f"{s3}/odd/a.log"])
    sent = pickle.dumps(source)
    assert len(sent) < 1000
    filesystems.make_filesystem.cache_clear()
    assert b"".join(chunk.data for chunk in ChunkReader(pickle.loads(sent))) == LINES


def test_report_with_several_workers(s3: str, here: pd.DataFrame, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    result = runner.invoke(app, ["report", f"{s3}/samples", "--out", str(out), "--workers", "2"])
    assert result.exit_code == 0, result.stderr
    there = pd.read_parquet(out / "attempts")
    told = ["source", "line", "time", "outcome", "rule"]
    same(here[told], there[told].astype(here[told].dtypes), f"{s3}/samples/")
    coverage = pd.read_csv(out / "coverage.csv")
    assert coverage["source"].to_list() == [f"{s3}/samples/{name}" for name in sorted(packed())]
    assert coverage["attempts"].sum() == len(here)


def test_foreign_objects_are_left_out_and_the_rest_is_read(s3: str) -> None:
    result = runner.invoke(app, ["attempts", f"{s3}/odd"])
    assert result.exit_code == 1
    assert f"{s3}/odd/picture.png: is an image, no log" in result.stderr
    assert "4 files not read, since they are markers, empty, hidden or dead links: " in result.stderr
    assert result.stdout.count("\n") == 61


def test_every_command_takes_urls(s3: str) -> None:
    result = runner.invoke(app, ["explain", f"{s3}/odd/a.log:3"])
    assert result.exit_code == 0
    assert "permission_denied" in result.stdout
    result = runner.invoke(app, ["formats", "detect", f"{s3}/samples/airflow-3.0/"])
    assert result.exit_code == 0
    assert "zstd" in result.stdout
    result = runner.invoke(app, ["attempts", f"{s3}/odd/a.log", "--out", "s3://logs-bucket/x.csv"])
    assert result.exit_code == 2
    assert "is a URL" in result.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://b/k.log:12", ("s3://b/k.log", 12)),
        ("s3://b/k.log", ("s3://b/k.log", None)),
        ("s3://b/k.log:12?endpoint_override=h:9000", ("s3://b/k.log?endpoint_override=h:9000", 12)),
        ("s3://b/k.log?endpoint_override=h:9000", ("s3://b/k.log?endpoint_override=h:9000", None)),
    ],
)
def test_a_line_of_an_object(text: str, expected: tuple[str, int | None]) -> None:
    assert split_place(text) == expected


def test_exports_in_buckets(s3: str, server: str, tmp_path: Path) -> None:
    pd.DataFrame({"dag_id": ["1"], "run_id": ["x"], "run_type": ["manual"], "start_date": ["2026-11-22"]}).to_parquet(
        tmp_path / "runs.parquet"
    )
    store = fs.S3FileSystem(
        access_key="test", secret_key="test", region="us-east-1", endpoint_override=server.partition("//")[2],
        scheme="http",
    )  # fmt: skip
    with store.open_output_stream("logs-bucket/exports/runs.parquet") as stream:
        stream.write((tmp_path / "runs.parquet").read_bytes())
    results = [
        runner.invoke(app, ["attempts", f"{s3}/odd/a.log", "--dag-runs", name])
        for name in (str(tmp_path / "runs.parquet"), f"{s3}/exports/runs.parquet")
    ]
    assert results[0].stdout == results[1].stdout
    assert results[0].exit_code == results[1].exit_code


@pytest.mark.parametrize(
    ("url", "says", "remedy"),
    [
        ("s3://logs-bucket/none.log", "there is no such object, and nothing below it", "check it"),
        ("s3://logs-bucket/none/", "there is nothing below it", "check it"),
        ("s3://logs-bucket/odd/a.log/", "there is nothing below it", "check it"),
        ("s3://logs-bucket/odd/*.txt", "the pattern matches nothing", "7 objects were looked at"),
        ("s3://logs-bucket/none/*.txt", "the pattern matches nothing", "0 objects were looked at"),
        ("s3://logs-bucket/odd/[z-a]", "is no valid pattern", "bad character range"),
        ("s3://no-bucket/a", "the bucket no-bucket does not exist", "check its name"),
        ("s3://no-bucket", "the bucket no-bucket does not exist", "check its name"),
        ("s3://no-bucket/*", "the bucket no-bucket does not exist", "check its name"),
        ("s3://logs-bucket/odd//a.log", "keys with // in them cannot be read", "aws s3 cp"),
    ],
)
def test_what_is_not_there(s3: str, url: str, says: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        discovery.find_sources([s3, url])
    assert (caught.value.source, caught.value.problem) == (url, says)
    assert remedy in caught.value.remedy
    result = runner.invoke(app, ["attempts", url])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("url", "name", "says"),
    [
        ("http://host/a.log", "http://host/a.log", "URLs of this kind are not read"),
        ("https://me:secret@host/a.log", "https://host/a.log", "URLs of this kind are not read"),
        ("s3://key:secret@bucket/a", "s3://bucket/a", "a URL is no place for passwords"),
        ("s3://secret@bucket/a", "s3://bucket/a", "a URL is no place for passwords"),
        (
            "abfs://c:secret@account.dfs.core.windows.net/a",
            "abfs://account.dfs.core.windows.net/a",
            "a URL is no place",
        ),
        ("s3://", "s3://", "names no bucket"),
        ("s3:///a", "s3:///a", "names no bucket"),
        ("s3://*/a", "s3://*/a", "names no bucket"),
        ("s3://b/a?regoin=x", "s3://b/a", "has an unknown option: regoin"),
        ("abfs://c/a", "abfs://c", "names no storage account"),
        ("abfs://c@example.com/a", "abfs://c@example.com", "names no storage account"),
    ],
)
def test_urls_that_are_refused(url: str, name: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    with pytest.raises(InputError, match=says) as caught:
        discovery.find_sources([url])
    assert caught.value.source == name
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "store", "key"),
    [
        ("s3://b", urls.Store("s3", "b", "s3://b"), ""),
        ("s3a://b/k/", urls.Store("s3", "b", "s3a://b"), "k/"),
        ("gs://b/a?.log", urls.Store("gs", "b", "gs://b"), "a?.log"),
        ("s3://b/dt?=1/a=?", urls.Store("s3", "b", "s3://b"), "dt?=1/a=?"),
        ("s3://b/k?region=eu-west-1", urls.Store("s3", "b", "s3://b", options=(("region", "eu-west-1"),)), "k"),
        (
            "s3://b/a?.gz?scheme=http&endpoint_override=http://h:9000",
            urls.Store("s3", "b", "s3://b", options=(("endpoint_override", "http://h:9000"), ("scheme", "http"))),
            "a?.gz",
        ),
        (
            "abfss://c@acc.dfs.core.windows.net/k",
            urls.Store("az", "c", "abfss://c@acc.dfs.core.windows.net", "acc", ".core.windows.net"),
            "k",
        ),
        (
            "abfs://c@acc.blob.core.chinacloudapi.cn/k",
            urls.Store("az", "c", "abfs://c@acc.blob.core.chinacloudapi.cn", "acc", ".core.chinacloudapi.cn"),
            "k",
        ),
        ("abfs://c@acc/k", urls.Store("az", "c", "abfs://c@acc", "acc"), "k"),
        ("az://c/k", urls.Store("az", "c", "az://c", "fromenv"), "k"),
    ],
)
def test_urls(url: str, store: urls.Store, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "fromenv")
    assert urls.parse_url(url) == (store, key)
    assert urls.parse_url("logs/a.log") is None


@pytest.mark.parametrize(
    ("pattern", "keys", "others"),
    [
        ("*", ["a", "a/b"], []),
        ("*.gz", ["a.gz", ".gz", "a.gz/b"], ["a/b.gz", "a.gzz"]),
        ("a**b", ["axb"], ["ax/b"]),
        ("**/*.gz", ["a.gz", "x/y/a.gz"], ["x/y/a"]),
        ("x/**", ["x/a", "x/a/b"], ["x", "y/x/a"]),
        ("[]a]b", ["]b", "ab"], ["b"]),
        ("[!a]b", ["xb"], ["ab", "/b"]),
        ("[a-c]", ["b"], ["-", "d"]),
        ("[^a]", ["^", "a"], ["b"]),
        ("[a", ["[a"], ["a"]),
        ("a.b(c", ["a.b(c"], ["axb(c"]),
    ],
)
def test_patterns(pattern: str, keys: list[str], others: list[str]) -> None:
    match = urls.compile_pattern(pattern).fullmatch
    assert [key for key in keys + others if match(key)] == keys


def test_the_query_is_in_no_name(server: str) -> None:
    endpoint = server.partition("//")[2]
    (source,) = discovery.find_sources([f"s3://logs-bucket/odd/a.log?endpoint_override={endpoint}&scheme=http"])
    assert source.name == "s3://logs-bucket/odd/a.log"
    assert source.folder == "s3://logs-bucket/odd"
    found = run.run([source], options.Options())
    assert len(found.attempts) == 30
    assert set(found.attempts["source"]) == {"s3://logs-bucket/odd/a.log"}


def test_logs_of_two_prefixes_are_of_two_servers(s3: str) -> None:
    found = discovery.find_sources([f"{s3}/odd/a.log", f"{s3}/odd/sub"])
    assert [source.folder for source in found] == [f"{s3}/odd", f"{s3}/odd/sub"]


def test_one_object_under_two_urls_is_read_once(s3: str) -> None:
    assert len(discovery.find_sources([f"{s3}/odd/a.log", f"{s3}/odd/*.log", "s3a://logs-bucket/odd/a.log"])) == 1
    assert not discovery.find_sources([f"{s3}/odd/*.log", f"{s3}/odd/a.log"])[0].found


def test_an_object_that_has_gone_is_a_problem_of_its_own(s3: str) -> None:
    found = discovery.find_sources([f"{s3}/odd/a.log"])
    gone = sources.Source("s3://logs-bucket/odd/gone", None, 5, None, urls.parse_url("s3://logs-bucket/odd/gone"))
    entries = run.run([*found, gone], options.Options()).entries
    assert [entry.problem for entry in entries] == [
        "",
        "there is no such object; check the key; upper and lower case differ",
    ]


@pytest.mark.parametrize(
    ("head", "foreign"),
    [
        (PNG, True),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", True),
        (b"%PDF-1.7\n", True),
        (b"MZ\x90\0\x03\0\0\0\x04", True),
        (b"\0\0\0\x20ftypisom\0\0\x02\0", True),
        (b"\0asm\x01\0\0\0", True),
        (LINES, False),
        (b"", False),
        (b"\0" * 512, False),
        (b"\0" * 300 + LINES[:200], False),
        (b"10.0.0.7 - eve\0 [22/Nov/2026:12:35:08 +0000]" + b"\0\xff\x01" * 100, False),
        ("äöü 10.0.0.7\0".encode(), False),
        (b"\x1b[32mINFO\x1b[0m\0", False),
        (LINES[:200].decode().encode("utf-16"), False),
        (LINES[:200].decode().encode("utf-16-le"), False),
    ],
)
def test_foreign_files_are_told_from_text_with_holes(head: bytes, foreign: bool, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(head)
    (found,), (named,) = discovery.find_sources([str(tmp_path)]), discovery.find_sources([str(tmp_path / "x")])
    if foreign:
        with pytest.raises(InputError, match=r"is an? [\w ]+, no log"):
            list(ChunkReader(found))
    else:
        list(ChunkReader(found))
    list(ChunkReader(named))


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AZURE_STORAGE_KEY", AZURE_KEY)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", AZURE_ACCOUNT)
    with azurite() as host:
        fill(azure_files(host), "logs-bucket")
        yield f"?endpoint_override={host}&scheme=http"


def test_azure(azure: str, here: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    base = f"abfs://logs-bucket@{AZURE_ACCOUNT}.dfs.core.windows.net"
    same(here, logparse.attempts(f"{base}/samples{azure}"), f"{base}/samples/")
    assert [source.name for source in discovery.find_sources([f"az://logs-bucket/odd/*.log{azure}"])] == [
        "az://logs-bucket/odd/a.log"
    ]
    for url, says in (
        (f"{base}/none{azure}", "there is no such object, and nothing below it"),
        (f"{base}/none/{azure}", "there is nothing below it"),
        (f"az://no-bucket/none{azure}", "the container no-bucket does not exist"),
    ):
        with pytest.raises(InputError, match=says):
            discovery.find_sources([url])
    monkeypatch.setenv("AZURE_STORAGE_KEY", "AAAA")
    filesystems.make_filesystem.cache_clear()
    with pytest.raises(InputError, match="the credentials are not accepted"):
        discovery.find_sources([f"{base}/samples{azure}"])


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with emulator("gcp-storage-emulator", "start", "--host", "127.0.0.1", "--in-memory", port="--port") as place:
        host = f"http://{place}"
        post(f"{host}/storage/v1/b?project=p", json.dumps({"name": "logs-bucket"}).encode(), "application/json")
        files = {**{f"samples/{name}": data for name, data in packed().items()}, **BESIDE}
        for name, data in files.items():
            if data:  # the emulator takes none without content
                key = quote(name, safe="")
                post(f"{host}/upload/storage/v1/b/logs-bucket/o?uploadType=media&name={key}", data, "text/plain")
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
        yield "gs://logs-bucket"


def post(url: str, data: bytes, kind: str) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": kind})) as answer:
        answer.read()


def test_google(google: str, here: pd.DataFrame) -> None:
    same(here, logparse.attempts(f"{google}/samples"), f"{google}/samples/")
    assert [source.name for source in discovery.find_sources([f"{google}/odd/*.log"])] == [f"{google}/odd/a.log"]
    for url, says in (
        (f"{google}/none", "there is no such object, and nothing below it"),
        (f"{google}/none/", "there is nothing below it"),
        (f"{google}/none/*", "the pattern matches nothing"),
        ("gs://no-bucket/none", "the bucket no-bucket does not exist"),
    ):
        with pytest.raises(InputError, match=says):
            discovery.find_sources([url])
