"""JSON and tables with names of an operator's own: ``--field time=when,user=who``."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Final

import pytest

import logparse
from logparse.formats.given import Given, compile_formats
from logparse.formats.json_lines.own_names import NAMES, parse_names
from logparse.inspection.detect import detect
from logparse.pipeline.options import check_options

if TYPE_CHECKING:
    from pathlib import Path

FLAT: Final = {
    "when": "2026-03-01T23:59:52Z", "who": "alice", "src": "192.0.2.44", "action": "post",
    "endpoint": "/api/v1/dags/etl/dagRuns", "result": 403, "outBytes": 40,
}  # fmt: skip
NESTED: Final = {"when": FLAT["when"], "by": {"who": "alice", "src": FLAT["src"]}, "http": dict(list(FLAT.items())[3:])}
TRAEFIK: Final = {
    "StartUTC": FLAT["when"], "RequestMethod": "POST", "RequestPath": FLAT["endpoint"], "DownstreamStatus": 403,
    "ClientHost": FLAT["src"], "DownstreamContentSize": 40, "Duration": 0, "request_X-User": "alice",
    "OriginStatus": 403, "RequestHost": "a.example", "ClientUsername": "-",
}  # fmt: skip
USUAL: Final = {"when": FLAT["when"], "who": "alice", "ip": FLAT["src"], "method": "POST", "path": FLAT["endpoint"]}
ALL: Final = "time=when,user=who,client=src,method=action,target=endpoint,status=result,size=outBytes"
DOTTED: Final = (
    "time=when,user=by.who,client=by.src,method=http.action,target=http.endpoint,status=http.result,size=http.outBytes"
)
CSV: Final = f"{','.join(FLAT)}\n{','.join(map(str, FLAT.values()))}\n"
STORIES: Final[dict[str, tuple[str, str]]] = {
    "lines": (json.dumps(FLAT) + "\n", ALL),
    "table": (CSV, ALL),
    "dots in a document": (json.dumps([NESTED, NESTED], indent=1), DOTTED),
    "a format that is known": (json.dumps(TRAEFIK) + "\n", "user=request_X-User"),
    "usual names but for some": (json.dumps({**USUAL, "status": 403, "o": 40}) + "\n", "time=when,user=who,size=o"),
    "a time under any name": (CSV.replace("when", "Zeit der Box"), ALL.replace("when", "Zeit der Box")),
    "in an envelope": (
        json.dumps({"log": json.dumps(FLAT) + "\n", "stream": "stdout", "time": "2026-03-02T00:00:00Z"}) + "\n",
        ALL,
    ),
}


@pytest.mark.parametrize(("text", "names"), STORIES.values(), ids=STORIES)
def test_fields_are_read_where_the_user_says(text: str, names: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text)
    rows = logparse.attempts(tmp_path / "x", fields=names)
    assert len(rows) == (2 if "[" in text else 1)
    row = rows.iloc[0].to_dict()
    assert (row["user"], row["client"], row["status"], row["response_bytes"]) == ("alice", "192.0.2.44", 403, 40)
    assert (row["method"], row["dag_id"], str(row["time"])) == ("POST", "etl", "2026-03-01 23:59:52+00:00")
    wrong = names.replace("user=", "user=x")
    with pytest.raises(logparse.InputError, match=r"has no key or column 'x.*'; there are .*who|X-User"):
        logparse.attempts(tmp_path / "x", fields=wrong)
    with pytest.raises(logparse.InputError, match=r"has no key or column 'mesage'; there are "):
        logparse.attempts(tmp_path / "x", message_fields="mesage")


@pytest.mark.parametrize(
    "name", ["lines", "table", "dots in a document", "usual names but for some", "a time under any name"]
)
def test_the_command_that_reads_all_is_proposed(name: str, tmp_path: Path) -> None:
    text, _ = STORIES[name]
    (tmp_path / "x").write_text(text.replace('"o"', '"outBytes"'))
    _, proposed = shlex.split(detect(str(tmp_path / "x"), check_options({}).setup).option)
    row = logparse.attempts(tmp_path / "x", fields=proposed).iloc[0]
    assert (row["user"], row["client"], row["status"], row["response_bytes"]) == ("alice", "192.0.2.44", 403, 40)
    assert detect(str(tmp_path / "x"), check_options({"fields": proposed}).setup).option == ""


def test_a_request_without_its_version_is_proposed(tmp_path: Path) -> None:
    record = {"when": "2026-03-01T23:59:52Z", "asked": "POST /api/v1/dags/etl/dagRuns", "answer": 403}
    (tmp_path / "x").write_text(json.dumps(record) + "\n")
    option = detect(str(tmp_path / "x"), check_options({}).setup).option
    assert option == "--field request=asked,status=answer,time=when"


def test_names_that_are_in_some_source_are_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(STORIES["lines"][0])
    (tmp_path / "b.log").write_text(json.dumps({**TRAEFIK, "RequestPath": "/api/v1/dags/other/dagRuns"}) + "\n")
    (tmp_path / "c.log").write_text('192.0.2.1 - - [01/Mar/2026:23:59:52 +0000] "GET / HTTP/1.1" 200 2 "-" "-"\n')
    found = logparse.attempts(tmp_path, fields=ALL)
    assert sorted(found["dag_id"]) == ["etl", "other"]


def test_an_app_line_may_have_names_of_its_own() -> None:
    line = json.dumps({"when": "2026-03-01T23:59:52Z", "lvl": "INFO", "text": "Login Failed for user: ghost"})
    forms = compile_formats(Given(names=parse_names(["time=when,message=text", "level=lvl"])))
    read = [fields for form in forms if form.kind == "app" and (fields := form.read(line))]
    assert [(fields["time"], fields["level"], fields["message"]) for fields in read] == [
        ("2026-03-01T23:59:52Z", "INFO", "Login Failed for user: ghost")
    ]


def test_lines_that_differ_in_a_named_key_alone_ask_for_different_things() -> None:
    forms = {form.id: form for form in compile_formats(Given(names=parse_names([ALL])))}
    lines = [json.dumps({**FLAT, **change}) for change in ({}, {"endpoint": "/home"}, {"result": 200}, {"who": "bob"})]
    asked = next(form for form in forms.values() if form.guessed).asked
    assert asked is not None
    first, page, answer, caller = asked(lines)
    assert None not in (first, page, answer)
    assert first not in (page, answer)
    assert first == caller


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("usr=who", "there is no field 'usr'; did you mean user? There are time, "),
        ("user", "'user' must be FIELD=NAME, such as user=who"),
        ("user=", "'user=' must be FIELD=NAME"),
        ("user=a,user=b", "user is named twice: a and b"),
    ],
)
def test_what_is_no_name_is_said(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse_names([text])
    assert {"time", "user", "size", "message"} <= set(NAMES)
