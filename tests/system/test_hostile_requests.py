"""Whatever callers send, and type into the login form: the attempts of others stay what they are, and none is forged."""

# ruff: noqa: E501 - the lines of a log are as long as they are

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest
from envelope_wrapping import wrap

import logparse
from logparse.envelopes.loader import find_envelope
from logparse.formats.loader import shipped

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FORGED: Final = (
    '9.9.9.9 - admin [22/Nov/2026:12:00:30 +0000] "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 34 "-" "x"'
)
#: Texts that look like something else; ``{F}`` is a forged line, ``{J}`` the same in JSON, ``{C}`` in CSV.
TEXTS: Final = (
    "message repeated 9999 times: [ {F}]", '{"log":"{J}\\n","stream":"stdout","time":"2026-11-22T12:00:30Z"}',
    '[{"message":"{J}"}]', '{"message":\n"{J}"\n}', '[\n{"log": "{J}"},', 'time,message\n2026-11-22T12:00:30Z,"{C}"',
    '_raw\n"{C}"', "---\ntextPayload: '{F}'\ntimestamp: 2026-11-22T12:00:30Z\n---", "__CURSOR=a\nMESSAGE\n\x10\0\0\0\0\0\0\0aa",
    "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\nMESSAGE={F}\n", "[pod/a/b] {F}", "web  | {F}", "a b {F}", "> {F}", "`{F}`",
    "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-22 12:00:30 9.9.9.9 POST /api/v1/dags/forged/dagRuns 200",
    "Nov 22 12:00:30 h a[1]: {F}", "<13>1 2026-11-22T12:00:30Z h a 1 - - {F}", "2026-11-22T12:00:30.000000000Z stdout F {F}",
    "2026-11-22T12:00:30.000000000Z stdout P x", "Traceback (most recent call last):\nValueError: x", "grep.log:12:{F}",
    'INFO:     9.9.9.9:0 - "POST /api/v2/dags/forged/dagRuns HTTP/1.1" 200 OK', '"{F}"', "<pre>{F}</pre>", "\x1b[0m{F}",
    "[2026-11-22T12:00:30.000+0000] {override.py:2240} INFO - Login Failed for user: root", "\ufeff{F}", "\x00{F}",
    "@timestamp=1 method=POST path=/api/v1/dags/forged/dagRuns status=200", "token.1f3a5c7e9b0d~~~~", "user-0fbf76d552d4",
    "\x1b]0;x\x07\x1b[2J", "\u202e\u2066\u200b\ufeff\u2028\u2029\x85\x0b\x0c\x1c\x1d", "\0" * 50, '"' * 200, "\\" * 201,
    "{" * 300, "[" * 300 + "]" * 300, "%" * 300, "&quot;&#34;" * 50, "=cmd|'/c calc'!A0", "," * 400, "\t" * 300, "x" * 3000,
    "x" * 20_000, "+---+\n| a |\n+---+", "../../../etc/passwd", "{{7*7}}%s%n", "\udc80\udcff", "\U0001f3f4" * 60,
)  # fmt: skip
PLACES: Final = ("typed", "name", "agent", "referer", "path", "query")


def _real(number: int) -> str:
    stamp = f"22/Nov/2026:12:{number // 60:02}:{number % 60:02} +0000"
    return f'198.51.100.7 - u{number} [{stamp}] "POST /api/v1/dags/d{number}/dagRuns HTTP/1.1" 403 40 "-" "c"'


def _hostile(place: str, text: str, number: int) -> str:
    moment = f"12:{number // 60:02}:{number % 60:02}"
    forged = FORGED.replace("12:00:30", moment)
    text = (
        text.replace("{F}", forged).replace("{J}", json.dumps(forged)[1:-1]).replace("{C}", forged.replace('"', '""'))
    )
    stamp = f"22/Nov/2026:{moment} +0000"
    if place == "typed":
        head = f"[2026-11-22T{moment}.000+0000] {{override.py:2240}} INFO - Login Failed for user: "
        return f'{head}{text}\n203.0.113.9 - - [{stamp}] "POST /login/ HTTP/1.1" 302 227 "-" "Mozilla/5.0"'
    if place == "name":
        text = text.replace(":", "")
        return f'203.0.113.9 - {text} [{stamp}] "POST /api/v1/dags/own/dagRuns HTTP/1.1" 401 40 "-" "c"'
    text = text.replace("\n", " ").replace('"', '\\"')
    parts = {"path": "own", "query": "", "referer": "-", "agent": "c"}
    parts[place] = text.replace(" ", "%20") if place in ("path", "query") else text
    target = f"/api/v1/dags/{parts['path']}/dagRuns?{parts['query']}"
    return f'203.0.113.9 - - [{stamp}] "POST {target} HTTP/1.1" 401 40 "{parts["referer"]}" "{parts["agent"]}"'


@pytest.mark.parametrize("envelope", ["", "docker-json", "rfc3164", "cri"])
@pytest.mark.parametrize("place", PLACES)
def test_no_text_of_a_stranger_changes_an_attempt_of_another(place: str, envelope: str, tmp_path: Path) -> None:
    numbers = iter(range(2000))
    lines = [_real(next(numbers)) for _ in range(12)]
    for text in TEXTS:
        lines += _hostile(place, text, next(numbers)).split("\n")
        lines += [_real(next(numbers)) for _ in range(4)]
    real = {line.split("/dags/")[1].split("/")[0] for line in lines if line.startswith("198.51.100.7 - u")}
    lines = (
        [line.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for line in lines] if envelope else lines
    )
    known = find_envelope(envelope) if envelope else None
    text = "\n".join(lines) if known is None else wrap(known, known.layouts[0], lines)
    (tmp_path / "a.log").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        found = logparse.attempts(tmp_path / "a.log")
    others = found[found["dag_id"].isin(real)]
    assert sorted(others["dag_id"]) == sorted(real)
    assert others["user"].to_list() == others["dag_id"].str.replace("d", "u").to_list()
    assert set(others["client"]) == {"198.51.100.7"}
    forged = found[found["dag_id"] == "forged"]
    assert place == "typed" or forged.empty
    assert set(forged["caution"]) <= {"typed_name"}
    assert "confirmed" not in set(forged["confidence"])


def test_a_line_behind_a_carriage_return_in_a_header_is_no_attempt_where_returns_end_lines(tmp_path: Path) -> None:
    forged = FORGED.replace('"', '\\"')
    sent = f'203.0.113.9 - - [22/Nov/2026:12:00:30 +0000] "GET /home HTTP/1.1" 200 40 "-" "c\r{forged}\r"'
    lines = [*map(_real, range(30)), sent, *map(_real, range(31, 50))]
    (tmp_path / "a.log").write_bytes("\r".join([*lines, ""]).encode())
    found = logparse.attempts(tmp_path / "a.log")
    assert "forged" not in set(found["dag_id"])
    assert len(found) == len(lines) - 1


@pytest.mark.parametrize("front", ["", "web | ", "level=info msg=", "[2026-11-22T12:00:30.000+0000] {a.py:1} INFO - "])
def test_a_header_that_stands_first_in_its_line_forges_no_line_of_any_format(front: str, tmp_path: Path) -> None:
    """A `log_format` may begin with X-Forwarded-For. gunicorn, nginx and Apache escape quotes there; not all escape tabs."""
    forged = [
        re.sub(r"dags/[^/\s\"]+/dagRuns", "dags/forged/dagRuns", sample.line)
        for form in shipped() if form.kind == "access" for sample in form.samples
    ]  # fmt: skip
    end = ' - - [22/Nov/2026:12:35:08 +0000] "GET /health HTTP/1.1" 200 512 "-" "c"'
    sent = [front + line.replace('"', '\\"') + tail for line in forged if "forged" in line for tail in ("", "x", " x=")]
    usual = [f"203.0.113.{number}{end}" for number in range(200)]
    lines = [*usual, *(each + end for pair in zip(sent, usual * 10, strict=False) for each in pair)]
    (tmp_path / "a.log").write_text("\n".join(line.removesuffix(end) + end for line in lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *_, **__: None)
        found = logparse.attempts(tmp_path / "a.log")
    assert len(sent) > 100
    assert found.empty


def test_of_two_requests_between_the_same_signs_none_is_an_attempt(tmp_path: Path) -> None:
    """gunicorn escapes neither bars nor tabs, so that a header in front can hold a whole request."""
    one = "203.0.113.9|-|ann|22/Nov/2026:12:35:08 +0000|POST /api/v1/dags/{}/dagRuns HTTP/1.1|200|512"
    labels = (
        "host:203.0.113.9\ttime:[22/Nov/2026:12:35:08 +0000]\treq:POST /api/v1/dags/{}/dagRuns HTTP/1.1\tstatus:200"
    )
    for name, form in (("bars", one), ("tabs", one.replace("|", "\t")), ("labels", labels)):
        sign = "|" if name == "bars" else "\t"
        path = tmp_path / f"{name}.log"
        path.write_text(
            "".join(f"{form.format(f'd{n}')}\n" for n in range(3))
            + f"{form.format('forged')}{sign}{form.format('d4')}\n"
        )
        with pytest.warns(logparse.IncompleteInputWarning, match="1 of 4 lines not understood"):
            assert logparse.attempts(path)["dag_id"].to_list() == ["d0", "d1", "d2"]


@pytest.mark.parametrize(
    "message",
    [
        "API key rejected: key of svc_etl expired on 2025-12-31T00:00:00+00:00",
        "Authentication failed for client reports-bot",
    ],
)
def test_a_header_that_stands_first_in_its_line_tells_nothing_about_others(message: str, tmp_path: Path) -> None:
    def read(client: str) -> pd.DataFrame:
        lines = ["[2026-11-22T11:59:00.000+0000] {app.py:1} INFO - Filling up the DagBag from /opt/dags"]
        for second in range(40):
            stamp = f"22/Nov/2026:12:00:{second:02} +0000"
            lines.append(f'{client.format(second=second)} - - [{stamp}] "GET /health HTTP/1.1" 200 512 "-" "c"')
            lines.append(_real(second).replace('" 403 ', f'" {(401, 403)[second % 2]} '))
        (tmp_path / "a.log").write_text("\n".join([*lines, ""]), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)
            return logparse.attempts(tmp_path / "a.log")

    judged = ["dag_id", "outcome", "reason", "detail", "confidence", "evidence"]
    forged = read("[2026-11-22T12:00:{second:02}.000+0000] {{app.py:1}} ERROR - " + message)
    assert forged[judged].equals(read("203.0.113.9")[judged])
