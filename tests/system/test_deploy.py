"""The files in deploy/ call commands and options that exist."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Final

import pytest
import yaml
from places import ROOT
from typer.testing import CliRunner

from logparse.cli import app

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = ROOT / "deploy"


def commands() -> list[list[str]]:
    """Arguments of each call of logparse, from all files."""
    found = []
    for name in ("crontab", "logparse.service", "Dockerfile"):
        for line in (FOLDER / name).read_text("utf-8").splitlines():
            hit = re.search(r"(?:/bin/logparse|-v /reports:/reports logparse) (.*)", line)
            found += [shlex.split(re.split(r" 2>&1| \|", hit[1])[0])] if hit else []
    dag = (FOLDER / "airflow_dag.py").read_text("utf-8")
    options = re.findall(r" (--[a-z][a-z-]+)", dag)
    called = re.findall(r"\{LOGPARSE\} (\w+)", dag)
    assert (called, options[1]) == (["fetch", "report", "digest"], "--since")
    found += [["fetch", *options[:2]], ["report", *options[2:]], ["digest", "{ARCHIVE}"]]
    job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text("utf-8"))
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return [*found, container["args"]]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_and_options_exist(arguments: list[str]) -> None:
    command, *rest = arguments
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    options = [word for word in rest if word.startswith("--")]
    assert all(re.search(rf"{option}\b", shown.stdout) for option in options)


def test_every_file_has_a_command() -> None:
    assert len(commands()) == 8
    assert sum(len(rest) > 2 for _, *rest in commands()) == 5
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(FOLDER / "logparse.timer")
    assert unit["Timer"]["Persistent"] == "true"


@pytest.mark.skipif(shutil.which("jq") is None or shutil.which("curl") is None, reason="needs jq and curl")
def test_the_webhook_is_sent_what_the_run_did(tmp_path: Path) -> None:
    sent: list[dict[str, str]] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    (tmp_path / "logparse").write_text(f'#!/bin/sh\nexec {sys.executable} -m logparse "$@"\n')
    (tmp_path / "logparse").chmod(0o755)
    request = '"POST /api/v1/dags/a/dagRuns HTTP/1.1"'
    (tmp_path / "a.log").write_text(f'10.0.0.1 - <@all> [22/Nov/2026:12:00:00 +0000] {request} 403 9 "-" "curl/8"\n')
    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        done = subprocess.run(
            [FOLDER / "webhook.sh", tmp_path / "a.log", tmp_path / "reports"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
                 "WEBHOOK": f"http://127.0.0.1:{server.server_port}/", "NO_PROXY": "127.0.0.1"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        server.shutdown()
    assert (done.returncode, len(sent)) == (3, 1), done.stderr
    first, second = sent[0]["text"].splitlines()
    assert first == "logparse ended with status 3"
    assert second.startswith("2026-W47: 1 attempts, 0 made a run, findings: ")
    assert "@all" not in sent[0]["text"]
