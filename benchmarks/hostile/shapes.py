"""Lines of odd shapes, and documents: what hurts whoever finds lines in a file, and fields in a line.

Owns: these cases. Must not know: how they are measured.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from hostile.cases import case
from hostile.lines import BEGIN, access, app, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostile.cases import Files


@case("blank lines", 1_000_000)
def _blank_lines(n: int) -> Iterator[str]:
    yield access(0, run("etl"), 200)
    for _ in range(n // 1000):
        yield "\n" * 1000


@case("lines that are no log", 40_000)
def _junk_lines(n: int) -> Iterator[str]:
    return (f"some text {i} that is no line of a log\n" for i in range(n))


@case("lines of one character", 100_000)
def _characters(n: int) -> Iterator[str]:
    return (f"{chr(97 + i % 26)}\n" for i in range(n))


@case("lines of one word", 50_000)
def _words(n: int) -> Iterator[str]:
    return (f"w{i}\n" for i in range(n))


@case("headers of tables among access lines", 5_000)
def _headers(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"time,message,c{i}\n"
        yield access(i, "GET /health", 200)


@case("entries of a journal without a message", 20_000)
def _cursors(n: int) -> Iterator[str]:
    return (f"__CURSOR=s={i}\n" for i in range(n))


@case("lines that are no log, among access lines", 12_000)
def _junk_between(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"some text {i} that is no line of a log\n"
        yield access(i, "GET /health", 200)


@case("lines `{`", 300_000)
def _open_braces(n: int) -> Iterator[str]:
    return ("{\n" for _ in range(n))


@case("lines with a quote that opens", 100_000)
def _open_quotes(n: int) -> Iterator[str]:
    return (f'"{i},\n' for i in range(n))


@case("bytes of one line", 8_000_000)
def _one_line(n: int) -> Iterator[str]:
    return ("x" * 1000 for _ in range(n // 1000))


@case("bytes of a bomb", 8_000_000)
def _bomb(n: int) -> Files:
    return {"server.log.gz": ("x" * 999 + "\n" for _ in range(n // 1000))}


@case("records of a document of many lines", 2_000)
def _pretty_json(n: int) -> Iterator[str]:
    yield '{\n    "events": [\n'
    for i in range(n):
        text = (access(i, "GET /health", 200) if i % 50 else access(i, run("etl"), 401)).rstrip("\n")
        yield f"""        {{
            "logStreamName": "webserver_ip-10-0-0-1.ec2.internal_1772408000.1234567.log",
            "timestamp": {1_788_220_800_000 + i * 1000},
            "message": {json.dumps(text)},
            "ingestionTime": {1_788_220_800_500 + i * 1000},
            "eventId": "{i:056}"
        }}{"," if i < n - 1 else ""}
"""
    yield "    ]\n}\n"


@case("results of a query", 4_000)
def _query_results(n: int) -> Iterator[str]:
    yield '{"results": [\n'
    for i in range(n):
        text = (access(i, "GET /health", 200) if i % 50 else access(i, run("etl"), 401)).rstrip("\n")
        time = BEGIN + timedelta(seconds=i)
        fields = {"@timestamp": f"{time:%Y-%m-%d %H:%M:%S}.000", "@message": text}
        cells = [{"field": name, "value": value} for name, value in fields.items()]
        yield json.dumps(cells) + ("," if i < n - 1 else "") + "\n"
    yield '], "status": "Complete"}\n'


@case("rows of a table", 8_000)
def _table_rows(n: int) -> Iterator[str]:
    yield "time,message\n"
    for i in range(n):
        text = access(i, "GET /health" if i % 50 else run("etl"), 401).rstrip("\n").replace('"', '""')
        yield f'{i},"{text}"\n'


@case("rows of a table with line breaks in a cell", 5_000)
def _broken_cells(n: int) -> Iterator[str]:
    yield "time,message\n"
    for i in range(n):
        yield f'{i},"some text\n\nand more {i}\n"\n'


@case("lines of two mebibytes", 4)
def _long_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield "x" * (2 << 20) + "\n"
        yield access(i, run("etl"), 200)


@case("lines of 100 kB that begin like access lines", 10)
def _long_targets(n: int) -> Iterator[str]:
    return (access(i, run("x" * 100_000), 404) for i in range(n))


@case("requests for DAGs with ids of 900 kB, in Docker's JSON", 15)
def _endless_dags(n: int) -> Iterator[str]:
    for i in range(n):
        text = access(i, run(f"{i:06}{'x' * 900_000}"), 404).replace('"', '\\"').replace("\n", "\\n")
        yield f'{{"log":"{text}","stream":"stdout","time":"2026-09-01T00:00:00.0Z"}}\n'


@case("opening brackets within one line", 1_000_000)
def _deep_json(n: int) -> Iterator[str]:
    return ("[" * 1000 for _ in range(n // 1000))


@case("lines of 20 kB of signs", 50)
def _long_signs(n: int) -> Iterator[str]:
    return (f"{i}" + "(" * 20_000 + "\n" for i in range(n))


@case("objects, each with a key of its own", 8_000)
def _own_keys(n: int) -> Iterator[str]:
    return (f'{{"k{i}": "v", "message": "x"}}\n' for i in range(n))


@case("objects that do not end", 8_000)
def _endless_objects(n: int) -> Iterator[str]:
    return (f'{{"a": [{{"b": {i},\n' for i in range(n))


@case("YAML documents", 10_000)
def _yaml_documents(n: int) -> Iterator[str]:
    return (f"---\nk{i}: v\n" for i in range(n))


@case("lines that end like no access line", 4_000)
def _like_access_lines(n: int) -> Iterator[str]:
    return (access(i, f"GET /x{i}", 200).replace('" 200 ', '" abc ') for i in range(n))


@case("lines of a traceback", 20_000)
def _traceback(n: int) -> Iterator[str]:
    yield app(0, "Exception on /home [GET]", "ERROR", "app.py:1744")
    for i in range(n):
        yield f'  File "/opt/airflow/{i}.py", line {i}, in f\n'


@case("names with line breaks", 8_000)
def _broken_names(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: a{i}")
        yield "b\n"
        yield f"192.0.2.1 - a{i}\n"
        yield access(i, run("etl"), 401, user="b").removeprefix("192.0.2.1 - ")


@case("starts of access lines that are cut off", 20_000)
def _cut_off(n: int) -> Iterator[str]:
    return (f"192.0.2.1 - name{i}\n" for i in range(n))


@case("lines of a text after a typed name", 20_000)
def _typed_name(n: int) -> Iterator[str]:
    yield app(0, "Login Failed for user: a")
    for _ in range(n):
        yield access(0, "POST /login/", 302, size=227)
