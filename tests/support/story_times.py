"""What a line of a sample tells of the time, each read here by itself, so that nothing hangs on logparse's own reading.

Owns: which time each format logs. Must not know: how logparse reads anything.
"""

from __future__ import annotations

import json
import re
from datetime import datetime

import story
from story import Attempt, Span


def _exactly(time: int, *, give: int = 0) -> Span:
    return Span(time - give, time + give)


def second_of_end(told: Attempt, _: str) -> Span:
    return _exactly(told.end // story.SECOND * story.SECOND)


def second_of_start(told: Attempt, _: str) -> Span:
    return _exactly(told.start // story.SECOND * story.SECOND)


def no_time(_: Attempt, __: str) -> None:
    return None


def _clf(text: str) -> int:
    return story.micros(datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").isoformat())


def _found(pattern: str, line: str) -> tuple[str, ...]:
    found = re.search(pattern, line)
    assert found, line
    return found.groups()


def nginx_msec(_: Attempt, line: str) -> Span:
    return _exactly(round(float(json.loads(line)["msec"]) * 1000) * 1000)


def stamp_in_front(_: Attempt, line: str) -> Span:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    (stamp,) = _found(r'^(?:\{"timestamp":"|https )?(\S+?Z)', plain)
    return _exactly(story.micros(stamp))


def apache_custom(_: Attempt, line: str) -> Span:
    """Start in milliseconds plus ``%D``, or the end in milliseconds: they differ by less than one."""
    (end,) = _found(r" end=(\S+)$", line)
    return _exactly(story.micros(end), give=999)


def haproxy(_: Attempt, line: str) -> Span:
    """Any of the three forms of the samples: %tr, accept of the request, plus %Ta, its active time."""
    if '"tr":' in line:
        told = json.loads(line[line.index("{") :])
        return _exactly(_clf(told["tr"].partition(".")[0] + " +0000") + _millis(told["tr"], told["Ta"]))
    if " ---- " in line and "http-in" in line:
        stamp, active = _found(r"\[(\S+)\] http-in airflow-web/web1 \d+/\d+/\d+/\d+/(\d+) ", line)
        return _exactly(_clf(stamp.partition(".")[0] + " +0000") + _millis(stamp, active))
    # CLF: the second of %trg. %ms is of the accept of the connection, here some 150 ms before the request, and may be
    # of another second: all that is known of the start is its second.
    stamp, active = _found(r'\[([^]]+)\] ".+ "" "" \d+ \d+ "clf-in" "airflow-web" "web1" \d+ \d+ \d+ \d+ (\d+) ', line)
    begun = _clf(stamp) + int(active) * 1000
    return Span(begun, begun + story.SECOND - 1)


def _millis(stamp: str, duration: str) -> int:
    return (int(stamp.rpartition(".")[2]) + int(duration)) * 1000


def envoy(_: Attempt, line: str) -> Span:
    """%START_TIME% plus %DURATION%; the text form holds bytes received, bytes sent, duration, upstream time."""
    if line.startswith("{"):
        told = json.loads(line)
        return _exactly(story.micros(told["start_time"]) + told["duration"] * 1000)
    stamp, duration = _found(r'^\[([^]]+)\] "\S+ \S+ \S+" \d+ - (?:via_upstream - "-" )?\d+ \d+ (\d+) \d+ "', line)
    return _exactly(story.micros(stamp) + int(duration) * 1000)


def traefik_clf(_: Attempt, line: str) -> Span:
    stamp, duration = _found(r"\[([^]]+)\] .* (\d+)ms$", line)
    return _exactly(_clf(stamp) + int(duration) * 1000)


def traefik_json(_: Attempt, line: str) -> Span:
    told = json.loads(line)
    return _exactly(story.micros(told["StartUTC"]) + told["Duration"] // 1000, give=2)


def caddy(_: Attempt, line: str) -> Span:
    if line.startswith("{"):
        return _exactly(round(json.loads(line)["ts"] * 1e6), give=1)
    return _exactly(story.micros(line.partition("\t")[0].replace("/", "-")))


def google_balancer(_: Attempt, line: str) -> Span:
    told = json.loads(line)
    return _exactly(
        story.micros(told["timestamp"]) + round(float(told["httpRequest"]["latency"].removesuffix("s")) * 1e6)
    )
