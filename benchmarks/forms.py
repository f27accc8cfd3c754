"""Time logparse on one log in every form in which logs are exported.

python benchmarks/forms.py [--lines 200000] [--rounds 3] [--cut LINES] [--data DIR] [--page] [FORM ...]

The lines of one generated gunicorn log (2 % attempts) are written in each access format and in each envelope, a file a
form, or with ``--cut`` a folder of files of so many lines. All forms of a round are run one after the other, whole
processes with one worker; times are those of the processor, less what the same command takes for a file of one line.
``--page`` writes docs/performance-forms.md.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from generate import write
from measuring import measure

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from envelope_wrapping import every, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.envelope import Envelope

_START: Final = "one line"
#: Seconds that can be measured.
_LEAST: Final = 0.02
_PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance-forms.md"
_INTRODUCTION: Final = """# How fast each form of log is read

Written by `python benchmarks/forms.py --page`. The same {lines:,} lines of a busy server, 2 % of them trigger
attempts, in every access format and in every envelope; `logparse attempts` with one worker, {rounds}.
Times are those of one processor core, without the {start:.1f} s that a run takes to start. Tables whose lines
stand in several envelopes are read line by line.

"""
_LINE: Final = re.compile(r'(\S+) - (\S+) \[([^\]]+)\] "(\S+) (\S+) (\S+)" (\d+) (\d+) "([^"]*)" "([^"]*)"')
#: The newest line is first in these exports.
_BACKWARDS: Final = {("cloudwatch-insights", "csv"), ("splunk", "csv")}


def _json(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"))


def _formats() -> dict[str, Callable[[str, datetime, tuple[str, ...]], str]]:
    """By name of an access format, what writes a line of it: from the line of gunicorn, its time and its fields."""

    def iso(time: datetime) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z")

    return {
        "gunicorn": lambda line, _, __: line,
        "gunicorn, CRLF": lambda line, _, __: f"{line}\r",
        "nginx, times": lambda line, _, __: f'{line} "-" rt=0.005 uct="0.003" urt="0.005"',
        "ingress-nginx": lambda line, _, __: (
            f"{line} 307 0.005 [airflow-web-8080] [] 10.0.0.9:9000 34 0.005 200 0123456789abcdef0123456789abcdef"
        ),
        "nginx, JSON": lambda _, time, field: _json(
            time=iso(time), remote_addr=field[0], request=f"{field[3]} {field[4]} {field[5]}", status=field[6],
            body_bytes_sent=field[7], http_referer=field[8], http_user_agent=field[9],
        ),
        "traefik, JSON": lambda _, time, field: _json(
            ClientHost=field[0], ClientUsername=field[1], DownstreamContentSize=int(field[7]),
            DownstreamStatus=int(field[6]), Duration=3557973, OriginStatus=int(field[6]), RequestMethod=field[3],
            RequestPath=field[4], StartUTC=iso(time), time=iso(time),
        ),
        "caddy, JSON": lambda _, time, field: _json(
            level="info", ts=time.timestamp(), logger="http.log.access", msg="handled request",
            request={"remote_ip": field[0], "client_ip": field[0], "proto": "HTTP/1.1", "method": field[3],
                     "host": "airflow.example.com", "uri": field[4], "headers": {"User-Agent": [field[9]]}},
            duration=0.004, size=int(field[7]), status=int(field[6]),
        ),
        "haproxy": lambda _, __, field: (
            f"{field[0]}:58161 [{field[2][:20]}.002] http-in airflow/web1 0/0/0/3/4 {field[6]} {field[7]} - - ---- "
            f'3/1/2/2/0 0/0 {{{field[9]}|}} "{field[3]} {field[4]} {field[5]}"'
        ),
        "envoy": lambda _, time, field: (
            f'[{iso(time)}] "{field[3]} {field[4]} {field[5]}" {field[6]} - 0 {field[7]} 4 4 "{field[0]}" "{field[9]}" '
            '"e2f54682-16c1-4765-ba96-0123456789ab" "airflow.example.com" "10.0.0.9:9000"'
        ),
        "alb": lambda _, time, field: (
            f"https {iso(time)} app/airflow/50dc6c495c0c9188 {field[0]}:40001 10.0.1.11:8080 0.000 0.001 0.000 "
            f'{field[6]} {field[6]} 512 {field[7]} "{field[3]} https://airflow.example.com:443{field[4]} HTTP/1.1" '
            f'"{field[9]}" ECDHE TLSv1.2 arn:aws:elasticloadbalancing:x:1:target/a "Root=1-65e26fc1-0" "a" "b" 0 '
            f'{iso(time)} "forward" "-" "-" "10.0.1.11:8080" "{field[6]}" "-" "-" TID_1'
        ),
        "uvicorn": lambda _, __, field: (
            f'INFO:     {field[0]}:40552 - "{field[3]} {field[4]} {field[5]}" {field[6]} OK'
        ),
        "airflow3, JSON": lambda _, time, field: _json(
            timestamp=iso(time), level="info", event="request finished", method=field[3],
            path=field[4].partition("?")[0], query=field[4].partition("?")[2], status_code=int(field[6]),
            duration_us=4321, client_addr=f"{field[0]}:40552", logger="http.access",
        ),
    }  # fmt: skip


def forms(lines: list[str]) -> Iterator[tuple[str, Callable[[], str]]]:
    """Names of all forms, and what writes the lines in each."""
    read = [(line, hit.groups()) for line in lines if (hit := _LINE.fullmatch(line))]
    times = [datetime.strptime(field[2], "%d/%b/%Y:%H:%M:%S %z") for _, field in read]

    def written(make: Callable[[str, datetime, tuple[str, ...]], str]) -> str:
        return "".join(f"{make(line, time, field)}\n" for (line, field), time in zip(read, times, strict=True))

    for name, make in _formats().items():
        yield name, lambda make=make: written(make)  # type: ignore[misc]

    def enveloped(envelope: Envelope, layout: str) -> str:
        return wrap(envelope, layout, lines[::-1] if (envelope.id, layout) in _BACKWARDS else lines)

    for envelope, layout in every():
        kind = "" if layout in ("text", "lines") else f", {layout}"
        yield f"{envelope.id}{kind}", lambda pair=(envelope, layout): enveloped(*pair)  # type: ignore[misc]


def main() -> None:
    """Write the files, time them in rounds, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cut", type=int)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--page", action="store_true")
    parser.add_argument("only", nargs="*", metavar="FORM")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "gunicorn.log"
        write("gunicorn", log, asked.lines * 200, 0.02)
        lines = log.read_text("utf-8").split("\n")[: asked.lines]
        files = {_START: folder / "one.log"}
        files[_START].write_text(f"{lines[0]}\n")
        cut = asked.cut or len(lines)
        for start in range(0, len(lines), cut):
            for number, (name, make) in enumerate(forms(lines[start : start + cut])):
                if not asked.only or name in asked.only:
                    files[name] = folder / str(number)
                    files[name].mkdir(exist_ok=True)
                    (files[name] / f"{start:07}.log").write_text(make(), "utf-8", newline="")
        cpu: dict[str, list[float]] = {name: [] for name in files}
        peaks: dict[str, float] = {}
        for _ in range(asked.rounds):
            for name, file in files.items():
                out = Path(temporary) / "out"
                command = [sys.executable, "-m", "logparse", "attempts", str(file), "--out", f"{out}.csv"]
                try:
                    _, used, peak = measure([*command, "--workers", "1"])
                except SystemExit as error:  # something was not understood
                    print(f"{name}: {error}", file=sys.stderr)
                    used, peak = math.nan, math.nan
                cpu[name].append(used)
                peaks[name] = max(peaks.get(name, 0), peak)
        beginning = statistics.median(cpu.pop(_START))
        rows = ["| form | microseconds a line | MB/s | peak memory |", "|---|---:|---:|---:|"]
        for name, seconds in cpu.items():
            took = statistics.median(seconds) - beginning
            size = sum(file.stat().st_size for file in files[name].iterdir()) / 1e6
            speed = (
                f"{took / asked.lines * 1e6:.1f} | {size / took:,.0f}" if took > _LEAST else "too little to measure | "
            )
            rows.append(f"| {name} | {speed} | {peaks[name]:,.0f} MB |")
    table = "\n".join([*rows, ""])
    print(table)
    rounds = "one round" if asked.rounds == 1 else f"median of {asked.rounds} rounds"
    if asked.page:
        _PAGE.write_text(_INTRODUCTION.format(lines=asked.lines, rounds=rounds, start=beginning) + table)


if __name__ == "__main__":
    main()
