"""Recorded logs of real Airflow servers, with what really became of each trigger attempt in them.

Owns: the layout of ``tests/data/recordings``: one folder a case, with ``server.log`` or ``access.log`` or both (perhaps
gzipped), ``truth.csv.gz`` written by the client that sent the requests, ``audit_log.csv.gz`` and ``dag_run.csv.gz``
where they were exported, and ``case.toml``. Must not know: how results are judged.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from logparse.pipeline import options, result
from logparse.pipeline import run as pipeline
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "data" / "recordings"
#: A whole JSON Web Token. In recorded logs the text `eyJ***` stands for each.
JWT: Final = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded server.

    Attributes:
        name: of its folder.
        version: of Airflow.
        settings: what was special about the server, one line.
        log_formats: gunicorn format strings that its access lines were written with, if not the default.
        folder: where its files are.
        first_score: how many attempts were right when nobody had seen this server: ``outcome``, ``reason``, ``user`` of
            ``users`` that were reported, and how many were ``confident_wrong``; empty where the rules were written with
            this log at hand.
    """

    name: str
    version: str
    settings: str
    log_formats: tuple[str, ...]
    folder: Path
    first_score: Mapping[str, int]

    @property
    def logs(self) -> list[Path]:
        """The log files, in order of their names."""
        return sorted(path for path in self.folder.iterdir() if ".log" in path.suffixes)

    @property
    def setup(self) -> Setup:
        """How to read its logs."""
        return Setup(log_formats=self.log_formats)

    def export(self, name: str) -> tuple[str, ...]:
        """The file that a table of its database was exported to; nothing if it was not."""
        path = self.folder / f"{name}.csv.gz"
        return (str(path),) if path.exists() else ()

    def content(self) -> dict[str, bytes]:
        """The logs as the server wrote them, by name without ``.gz``."""
        return {plain_name(path.name): _read(path) for path in self.logs}


@dataclass(frozen=True, slots=True)
class Sent:
    """A trigger attempt that a client really sent, and what became of it: one row of a truth.

    Attributes:
        sent, received: by the client's clock, when the request began and its answer was there.
        client, forwarded: the address that it came from, and addresses that it said it came for.
        path: percent-decoded once, without query string.
        user: who really acted, or for a refused login who was claimed; empty if nobody.
        credential: kind of credential that was sent, such as ``basic`` or ``session``.
        optional: it may be reported or left out: a wrong method, or a path that is no endpoint of that version.
        source, line: where the server logged it; empty and None where that is not known.
        size: bytes of the response's body, None if not known.
    """

    sent: datetime
    received: datetime
    client: str
    forwarded: str
    method: str
    path: str
    status: int
    channel: str
    user: str
    credential: str
    dag_id: str
    outcome: str
    reason: str
    detail: str
    optional: bool
    source: str
    line: int | None
    size: int | None


def cases() -> list[Case]:
    """All recorded servers, by name."""
    return [_case(path.parent) for path in sorted(FOLDER.glob("*/case.toml"))]


def truth(case: Case) -> list[Sent]:
    """What was really sent, in the order in which it was sent."""
    text = _read(case.folder / "truth.csv.gz").decode("utf-8")
    return sorted(map(_sent, csv.DictReader(io.StringIO(text, newline=""))), key=lambda each: each.sent)


def run(case: Case, *, audit_log: bool = False, dag_runs: bool = False) -> result.Result:
    """Have the product read the logs of a case, and nothing but the logs and the exports named."""
    found = discovery.find_sources([str(path) for path in case.logs])
    given = loader.load(case.export("audit_log") if audit_log else (), case.export("dag_run") if dag_runs else ())
    return pipeline.run(found, options.Options(setup=case.setup, exports=given))


def plain_name(source: str) -> str:
    """Name of a log file without folders and ``.gz``, as a truth has it."""
    return source.rpartition("/")[2].removesuffix(".gz")


def _case(folder: Path) -> Case:
    about = tomllib.loads((folder / "case.toml").read_text("utf-8"))
    log_formats = (about["log_format"],) if "log_format" in about else ()
    return Case(folder.name, about["version"], about["settings"], log_formats, folder, about.get("first_score", {}))


def _read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _sent(row: Mapping[str, str]) -> Sent:
    return Sent(
        sent=datetime.fromisoformat(row["t_send"]),
        received=datetime.fromisoformat(row["t_recv"]),
        client=row["client"],
        forwarded=row["forwarded"],
        method=row["method"],
        path=_path(row["target"]),
        status=int(row["status"]),
        channel=row["channel"],
        user=row["user"],
        credential=row["credential"],
        dag_id=row["dag_id"],
        outcome=row["outcome"],
        reason=row["reason"],
        detail=row["detail"],
        optional=row["optional"] == "1",
        source=row["source"],
        line=int(row["line"]) if row["line"] else None,
        size=int(row["response_bytes"]) if row["response_bytes"] else None,
    )


def _path(target: str) -> str:
    path = target.partition("?")[0].partition("#")[0]
    return unquote(urlsplit(path).path if "://" in path else path)
