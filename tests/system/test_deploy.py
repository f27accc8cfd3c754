"""The files in deploy/ call commands and options that exist."""

from __future__ import annotations

import configparser
import re
import shlex
from typing import Final

import pytest
import yaml
from places import ROOT
from typer.testing import CliRunner

from logparse.cli import app

FOLDER: Final = ROOT / "deploy"


def commands() -> list[list[str]]:
    """Arguments of each call of logparse, from all files."""
    found = []
    for name in ("crontab", "logparse.service", "Dockerfile"):
        for line in (FOLDER / name).read_text("utf-8").splitlines():
            hit = re.search(r"(?:/bin/logparse|-v /reports:/reports logparse) (.*)", line)
            found += [shlex.split(hit[1].partition(" 2>&1")[0])] if hit else []
    job = yaml.safe_load((FOLDER / "cronjob.yaml").read_text("utf-8"))
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return [*found, container["args"]]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_and_options_exist(arguments: list[str]) -> None:
    command, *rest = arguments
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    options = [word for word in rest if word.startswith("--")]
    assert options
    assert all(re.search(rf"{option}\b", shown.stdout) for option in options)


def test_every_file_has_a_command() -> None:
    assert len(commands()) == 6
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(FOLDER / "logparse.timer")
    assert unit["Timer"]["Persistent"] == "true"
