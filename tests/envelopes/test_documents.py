"""Documents of any size: all their records are read, with the numbers of their lines, however little is in memory."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.envelopes.documents import json_stream, json_text, streams
from logparse.envelopes.documents.streams import Unfolder
from logparse.envelopes.documents.table_stream import TableStream
from logparse.sources.chunks import Chunk

LINE = '10.0.0.{} - - [01/Mar/2026:23:00:05 +0000] "GET /home HTTP/1.1" 200 {} "-" "a, [b] {{c}}"'
SERVER_LINE = LINE.format(9, 9)
PLAIN_LINE = "[2026-03-01T23:00:05.000+0000] {override.py:2240} INFO - Login Failed for user: x"
_LINE = re.compile(r"(?s)10\.0\.0\.\d+ - .*\{c\}\".*")


def unfold(data: bytes, size: int) -> tuple[list[tuple[int, str]], int]:
    """The lines that a file of these bytes becomes, with their numbers, and how many other lines it has."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    unfolder = Unfolder(
        lambda line: line == SERVER_LINE,
        lambda value: isinstance(value, dict) and any(_LINE.fullmatch(str(cell)) for cell in value.values()),
        lambda record: "message" in record,
        frozenset(),
    )
    lines: list[tuple[int, str]] = []
    hollow, number = 0, 1
    for chunk in unfolder.unfold(Chunk(piece) for piece in pieces):
        texts = chunk.data.decode().removesuffix("\n").split("\n") if chunk.data else []
        numbers = range(number, number + len(texts)) if chunk.numbers is None else chunk.numbers.tolist()
        lines += zip(numbers, texts, strict=True)
        number += len(texts)
        hollow += chunk.hollow
    return lines, hollow


def small(patch: pytest.MonkeyPatch, part: int) -> None:
    """Have as little of a document in memory as possible."""
    patch.setattr(json_stream, "PART", part)
    patch.setattr(json_stream, "_SHORT", part // 2)
    patch.setattr(json_stream, "_FEW", part // 8)
    patch.setattr(streams, "_CHUNK", part)


def records(count: int) -> list[dict[str, Any]]:
    return [
        {"message": LINE.format(at % 250, at), "id": at, "labels": {"pod": "a", "tags": [1, {"x": "}, {"}]}}
        for at in range(count)
    ]


def shapes(count: int) -> dict[str, tuple[Any, list[dict[str, Any]]]]:
    """Documents that hold so many records, and these records."""
    rows = records(count)
    named = [{"@message": row["message"], "@ptr": str(row["id"])} for row in rows]
    loki = [
        {"labels": {"pod": pod}, "timestamp": str(row["id"]), "line": row["message"]} for pod in "ab" for row in rows
    ]
    context = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s"}
    return {
        "list": (rows, rows),
        "events": ({"searchedLogStreams": [], "events": rows, "nextToken": "x"}, rows),
        "hits": ({"took": 3, "hits": {"total": {"value": 9}, "hits": rows}, "_shards": {"failed": 0}}, rows),
        "pages": ([{"results": rows[:3]}, {"results": rows[3:]}], rows),
        "query results": (
            {"results": [[{"field": key, "value": value} for key, value in row.items()] for row in named]}, named,
        ),
        "loki": (
            {"status": "success", "data": {"resultType": "streams", "result": [
                {"stream": {"pod": pod}, "values": [[str(row["id"]), row["message"]] for row in rows]} for pod in "ab"
            ]}},
            loki,
        ),
        "tables": (
            {"tables": [{"name": "P", "columns": [{"name": "message"}, {"name": "id"}],
                         "rows": [[row["message"], row["id"]] for row in rows]}]},
            [{"message": row["message"], "id": row["id"]} for row in rows],
        ),
        "rows of pandas": (
            {"columns": ["message", "id"], "index": list(range(count)),
             "data": [[row["message"], row["id"]] for row in rows]},
            [{"message": row["message"], "id": row["id"]} for row in rows],
        ),
        "rows of OpenSearch": (
            {"schema": [{"name": "message", "type": "text"}, {"name": "id", "type": "long"}],
             "datarows": [[row["message"], row["id"]] for row in rows], "total": count},
            [{"message": row["message"], "id": row["id"]} for row in rows],
        ),
        "pairs": (
            [[1772532053000 + row["id"], row["message"]] for row in rows],
            [{"timestamp": 1772532053000 + row["id"], "message": row["message"]} for row in rows],
        ),
        "subscription": ({**context, "owner": "1", "logEvents": rows}, [{**context, **row} for row in rows]),
    }  # fmt: skip


@pytest.mark.parametrize("shape", shapes(0))
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("size", [997, 100_000])
@pytest.mark.parametrize("part", [1500, 1 << 20])
def test_all_records_of_a_document_are_read(
    shape: str, indent: int | None, size: int, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, expected = shapes(40)[shape]
    text = json.dumps(document, indent=indent) + "\n"
    small(monkeypatch, part)
    lines, hollow = unfold(text.encode(), size)
    assert [json.loads(line) for _, line in lines] == expected
    # Every line of the file counts: as that of a record, or as one that holds nothing.
    assert hollow + len({number for number, _ in lines}) == text.count("\n")
    raw = text.split("\n")
    for (number, line), record in zip(lines, expected, strict=True):
        first = next(iter(record.values())) if shape not in ("loki", "subscription", "query results") else None
        window = "".join(raw[number - 1 : number + 3]) if indent else raw[0]
        assert first is None or json.dumps(first)[:40] in window, (number, line)
    small(monkeypatch, 1 << 20)
    assert unfold(text.encode(), 1 << 20) == (lines, hollow)


@pytest.mark.parametrize("between", ["", "\n", " ", ",\n", "\r\n"])
@pytest.mark.parametrize("part", [1500, 1 << 20])
def test_objects_behind_one_another_are_records_each(between: str, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Firehose joins what it delivers without any line break."""
    small(monkeypatch, part)
    rows = records(60)
    rows[30]["message"] = "a string that ends in }{"
    rows[31]["message"] = '} { "x'
    text = json.dumps(rows[0]) + between.strip("\n\r") + "".join(json.dumps(row) + between for row in rows[1:])
    lines, _ = unfold(text.encode(), 300)
    assert [json.loads(line) for _, line in lines] == rows


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("shape", ["list", "events", "hits", "pages"])
@given(data=st.data())
def test_a_document_cut_anywhere_loses_only_the_record_that_is_cut(
    shape: str, indent: int | None, data: st.DataObject
) -> None:
    document, expected = shapes(12)[shape]
    text = json.dumps(document, indent=indent)
    cut = data.draw(st.integers(60, len(text)))
    part = data.draw(st.sampled_from([1500, 1 << 20]))
    with pytest.MonkeyPatch.context() as patch:
        small(patch, part)
        lines, _ = unfold(text[:cut].encode(), data.draw(st.integers(50, 2000)))
    whole = [record for record in expected if json.dumps(record)[1:-1] and _end(text, record) <= cut]
    found = [json.loads(line) for _, line in lines if _is_json(line)]
    assert [record for record in found if record in expected][: len(whole)] == whole


def _end(text: str, record: dict[str, Any]) -> int:
    """Where the last value of a record ends in a document, at the latest."""
    message = json.dumps(record.get("message") or record["line"])
    at = text.rfind(message) + len(message)
    return text.find("\n" if "\n" in text else "}]", at) + 200


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("part", [1500, 1 << 20])
def test_one_bad_record_takes_no_other_with_it(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, part)
    rows = [json.dumps(row) for row in records(50)]
    rows[20] = rows[20].replace('"id": 20', '"id": 2x0')
    for text in (f'{{"events": [{", ".join(rows)}]}}', "[\n" + ",\n".join(rows) + "\n]\n"):
        lines, _ = unfold(text.encode(), 5000)
        good = [json.loads(line)["id"] for _, line in lines if _is_json(line)]
        assert good == [*range(20), *range(21, 50)]
        assert any("2x0" in line for _, line in lines)


def test_a_line_of_a_server_ends_a_document() -> None:
    text = '[\n{"message": "a"},\n' + f"{SERVER_LINE}\n{SERVER_LINE}\n" + '{"message": "b"}\n'
    lines, _ = unfold(text.encode(), 10_000)
    assert [line for _, line in lines][-3:] == [SERVER_LINE, SERVER_LINE, '{"message": "b"}']
    assert [number for number, _ in lines][-3:] == [3, 4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "[2026-03-01 23:00:05,000] {a.py:1} INFO - x\n",
        '[[34m2026-03-01[0m] {"a": 1}\n',
        '{"message": "one record in a line"}\n{"message": "another"}\n',
        '{"events": [], "message": "one record in a line"}\n',
        f'{SERVER_LINE}\n[{{"message": "x"}}]\n',
        '{"message": "torn',
        "{ not json\n",
        "",
    ],
)
def test_what_is_no_document_is_passed_on_as_it_is(text: str) -> None:
    lines, hollow = unfold(text.encode(), 10_000)
    assert lines == list(enumerate(text.removesuffix("\n").split("\n"), 1)) * bool(text)
    assert hollow == 0


def table(rows: list[list[str]], separator: str = ",") -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator, lineterminator="\n").writerows(rows)
    return stream.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [400, 1 << 20])
def test_all_rows_of_a_table_are_read(separator: str, ending: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_FIRST", 1000)
    rows = [["time", "message", "pod"]] + [[str(at), LINE.format(at % 250, at), "a"] for at in range(60)]
    rows[12][1] += "\nwith a second line\n\nand, a fourth"
    rows[30][1] = "no quote in it"
    rows[31][1] = 'a "quote" at the end"'
    rows[40][2] = '"'
    text = table(rows, separator).replace("\n", ending)
    lines, hollow = unfold(text.encode(), size)
    expected = [[cell.replace("\n", ending) for cell in row] for row in rows[1:]]
    assert [list(json.loads(line).values()) for _, line in lines] == expected
    assert hollow == 1  # what stands behind a line break in a cell is a line of the log
    assert [number for number, _ in lines] == [*range(2, 14), *range(17, 65)]


def test_what_is_no_row_stays_a_line() -> None:
    rows = [["time", "message"]] + [[str(at), LINE.format(at % 250, at)] for at in range(30)]
    text = table(rows[:20]) + f"1,2,3\n{SERVER_LINE}\n\n" + table(rows[:1]) + table(rows[20:])
    lines, hollow = unfold(text.encode(), 1 << 20)
    assert [line for _, line in lines][19:22] == ["1,2,3", SERVER_LINE, ""]
    assert [number for number, _ in lines] == [*range(2, 24), *range(25, 36)]
    assert hollow == 2


def test_another_document_ends_a_table() -> None:
    rows = [["time", "message"]] + [[str(at), LINE.format(at % 250, at)] for at in range(30)]
    behind = '[{"message": "x"}]\n' + SERVER_LINE + "\n"
    lines, hollow = unfold((table(rows) + behind).encode(), 500)
    assert lines[30:] == [(32, '[{"message": "x"}]'), (33, SERVER_LINE)]
    assert hollow == 1


@pytest.mark.parametrize("begins", ['{"message": "a"}{"x": "', '[{"message": "a"},\n{"x": "', '{"events": [{"x": "'])
def test_no_line_of_a_server_is_hidden_in_a_string(begins: str) -> None:
    """JSON has no line breaks in strings; a text with a quote too few must not take the next lines with it."""
    text = f'{begins}\n{PLAIN_LINE}\n", "y": "z"}}\n'
    lines, _ = unfold(text.encode(), 1 << 20)
    assert PLAIN_LINE in [line for _, line in lines]


@pytest.mark.parametrize("message", ["x", "x\\n", "x\\ny", 'x \\"y\\"\\n'])
def test_no_line_of_a_file_goes_uncounted(message: str) -> None:
    record = f'{{"message": "{message}"}}'
    for text in (f"[\n{record},\n{record}\n]\n", f'{{"{{"{{{record}rest: x\n{{\n'):
        lines, hollow = unfold(text.encode(), 1 << 20)
        further = sum(line.count("\\n") - line.count('\\n"') for _, line in lines)
        assert len(lines) + further + hollow >= text.count("\n"), text


@pytest.mark.parametrize("tail", ['5,"no end', '5,"no end\n6,"a ""b"" c"\n7,x\n'])
def test_a_cell_without_an_end_hides_nothing_behind_it_but_itself(tail: str) -> None:
    rows = [["time", "message"]] + [[str(at), LINE.format(at % 250, at)] for at in range(30)]
    lines, _ = unfold((table(rows) + tail).encode(), 1 << 20)
    assert len(lines) == 30 + len(tail.strip("\n").split("\n"))


@pytest.mark.parametrize(
    "text", ["time,message\n1,nothing\n" * 30, "a,b\n1,2\n", "a, b\n", f"{SERVER_LINE}\n{SERVER_LINE}\n"]
)
def test_a_table_without_known_lines_is_passed_on_as_it_is(text: str) -> None:
    assert unfold(text.encode(), 100) == (list(enumerate(text.removesuffix("\n").split("\n"), 1)), 0)


@pytest.mark.parametrize(
    ("names", "record"),
    [
        (["", "b"], {"": 'x"0', "b": 'x"1'}),
        (["a", "a"], {"a": 'x"1'}),
        (["é", 'x"y'], {"é": 'x"0', 'x"y': 'x"1'}),
        (["\\", "b"], {"\\": 'x"0', "b": 'x"1'}),
        (["a\udcff", "b"], {"a\udcff": 'x"0', "b": 'x"1'}),
        (["a.b", "d", "a.c"], {"d": 'x"1', "a": {"b": 'x"0', "c": 'x"2'}}),
        (["f0", "__class__"], {"f0": 'x"0', "__class__": 'x"1'}),
    ],
)
def test_columns_may_have_any_name(names: list[str], record: dict[str, Any]) -> None:
    header = ",".join('"{}"'.format(name.replace('"', '""')) for name in names)
    table = TableStream(header, 2, ",", lambda _: False, lambda _: False)
    row = ",".join(f'"x""{at}"' for at in range(len(names)))
    part = table.read(f"{row}\n{row}\n".encode(), last=True)
    assert [json.loads(text.decode("utf-8", "surrogateescape")) for text in part.texts] == [record] * 2


@pytest.mark.parametrize("between", [[",\n", ",\n"], [",\n", ", \n"], ["", ""], [',{"a"\n', ',{"a"\n']])
def test_parts_are_found_where_they_stand(between: list[str]) -> None:
    parts = [b'{"a":1}', b'{"b":[{}]}', b'{"a":1}']
    text = parts[0] + between[0].encode() + parts[1] + between[1].encode() + parts[2]
    second = len(parts[0]) + len(between[0])
    assert json_text.find_parts(parts, text).tolist() == [0, second, second + len(parts[1]) + len(between[1])]
    assert json_text.find_parts([parts[0], b"[]", parts[2]], text).tolist()[1:] == [len(parts[0]), len(text) - 7]
    assert json_text.find_parts([], text).tolist() == []


FIELDS = [{"name": "labels", "type": "other"}, {"name": "Time", "type": "time"}, {"name": "Line", "type": "string"}]
COLUMNS = [[{"pod": "web-1"}] * 3, [1772532053000, 1772532054000, 1772532055000], [LINE.format(n, n) for n in range(3)]]
FRAME = {"schema": {"refId": "A", "fields": FIELDS}, "data": {"values": COLUMNS, "nanos": [None, [0] * 3, None]}}
PANEL = {"refId": "A", "fields": [{**field, "values": cells} for field, cells in zip(FIELDS, COLUMNS, strict=True)]}


@pytest.mark.parametrize(
    "document",
    [
        {"results": {"A": {"status": 200, "frames": [FRAME]}}},
        {"results": {"A": {"status": 200, "refId": "A", "frames": [{"schema": {"fields": []}, "data": {}}, FRAME]}}},
        [FRAME],
        {"state": "Done", "series": [PANEL], "annotations": []},
        {"tables": [{"name": "0", "sources": [{"name": "x"}], "fields": FIELDS, "columns": COLUMNS}]},  # Axiom
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("part", [200, 1 << 20])
def test_a_data_frame_is_a_record_for_each_row(
    document: object, indent: int | None, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, part)
    records = [json.loads(line) for _, line in unfold((json.dumps(document, indent=indent) + "\n").encode(), 997)[0]]
    found = [record for record in records if "Line" in record]
    assert found == [dict(zip(("labels", "Time", "Line"), row, strict=True)) for row in zip(*COLUMNS, strict=True)]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": {"fields": [*FIELDS, {"name": "id"}]}},  # not as many columns as names
        {"schema": {"fields": [{"type": "time"}] * 3}},
        {"schema": "x"},
        {"data": {"values": "x"}},
        {"data": {"values": ["x", "y", "z"]}},
    ],
)
def test_what_is_no_whole_data_frame_is_read_as_it_is(change: dict[str, object]) -> None:
    text = json.dumps([FRAME | change]) + "\n"
    assert not any('"Line":' in line for _, line in unfold(text.encode(), 1 << 20)[0])


def test_messages_in_views_of_graylog_are_records() -> None:
    messages = [{"index": "graylog_0", "message": {"message": LINE.format(n, n), "source": "web-1"}} for n in range(3)]
    view = {"id": "x", "type": "messages", "messages": messages, "total_results": 3}
    document = {"execution": {}, "results": {"q1": {"query": {}, "search_types": {"s1": view}}}}
    lines, _ = unfold((json.dumps(document) + "\n").encode(), 1 << 20)
    assert [json.loads(line) for _, line in lines] == messages
