"""Lines into envelopes, as a platform would export them: so that tests can put every line into every envelope.

Owns: how the records of each layout are written. Must not know: how they are read.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from functools import cache
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any

import yaml

from logparse.envelopes.envelope import look_up
from logparse.envelopes.loader import shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from logparse.envelopes.envelope import Envelope
    from logparse.formats.json_lines.objects import Record


_MAPS = ("Resource", "Attributes")


def every() -> Iterator[tuple[Envelope, str]]:
    """Each envelope with each layout that it comes in."""
    return ((each, layout) for each in shipped() for layout in each.layouts)


def wrap(envelope: Envelope, layout: str, lines: Sequence[str]) -> str:
    """The text of a file that holds ``lines`` in this envelope, in their order.

    Args:
        envelope: what is put around each line.
        layout: one of the envelope's own.
        lines: without line ends.
    """
    wrapped = list(map(wrapper(envelope.id), lines))
    if layout in ("text", "lines"):
        return "".join(f"{each if layout == 'text' else _json(each)}\n" for each in wrapped)
    if layout == "csv":
        return _csv(wrapped)
    if layout == "yaml-list":
        return str(yaml.safe_dump({"events": wrapped, "searchedLogStreams": []}, allow_unicode=True))
    if layout in _ENTRIES:
        return "".join(map(_ENTRIES[layout], wrapped))
    return json.dumps(_document(layout, wrapped), indent=2, ensure_ascii=False) + "\n"


@cache
def wrapper(envelope_id: str) -> Callable[[str], Any]:
    """What puts a line into an envelope, and makes a line or a record of both: no two of them have the same id."""
    file = resources.files("logparse.envelopes") / "shipped" / f"{envelope_id}.toml"
    data = tomllib.loads(file.read_text("utf-8"))
    return _around(data["wrap"]) if "pattern" in data else _inside(data)


def _around(template: str) -> Callable[[str], str]:
    if "{json}" in template:
        before, _, after = template.partition("{json}")
        return lambda payload: f"{before}{json.dumps(payload)}{after}"
    before, _, after = template.partition("{payload}")
    serial = count(1)
    return lambda payload: f"{before.replace('{n}', str(next(serial)))}{payload}{after}"


def _inside(data: Mapping[str, Any]) -> Callable[[str], Record]:
    """Puts a payload into the place that the first sample has its own in."""
    sample = data["sample"][0]["line"]
    place = next(path for path in _alternatives(data["message"]) if look_up(json.loads(sample), path) is not None)
    end = data.get("more", {}).get("end", "")
    times = _alternatives(data.get("time", ()))
    ids = [path for paths in data.get("record", ()) for path in _alternatives(paths) if path not in times]
    serial = count(1)

    def wrapped(payload: str) -> Record:
        record: Record = json.loads(sample)
        holder, key = record, place
        while key not in holder:
            head, _, key = key.partition(".")
            holder = holder[head]
        holder[key] = payload + end
        number = next(serial)
        record.update({path: f"{record[path]}-{number}" for path in ids if isinstance(record.get(path), str)})
        return record

    return wrapped


def _alternatives(paths: Any) -> tuple[str, ...]:
    return (paths,) if isinstance(paths, str) else tuple(paths)


def _document(layout: str, records: Sequence[Record]) -> Any:
    if layout == "query-results":
        return {"results": [[{"field": key, "value": value} for key, value in each.items()] for each in records]}
    if layout == "subscription":
        events = [{key: each[key] for key in ("id", "timestamp", "message")} for each in records]
        about = {key: records[0][key] for key in ("logGroup", "logStream")} if records else {}
        return {"messageType": "DATA_MESSAGE", "owner": "123456789012", **about, "logEvents": events}
    if layout == "loki":
        values = [["1772409592002000000", each["line"]] for each in records]
        streams = [{"stream": {"container": "webserver"}, "values": values}]
        return {"status": "success", "data": {"resultType": "streams", "result": streams}}
    if layout == "hits":
        return {"took": 3, "timed_out": False, "hits": {"total": {"value": len(records)}, "hits": list(records)}}
    return list(records) if layout == "array" else {layout: list(records)}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(records: Sequence[Record]) -> str:
    rows = [dict(_flat(each)) for each in records]
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def _flat(record: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, value


def _field(key: str, value: str) -> str:
    if value.isprintable():
        return f"{key}={value}\n"
    # What holds control characters comes with its length in front, as 8 bytes.
    data = value.encode("utf-8", "surrogateescape")
    return f"{key}\n{len(data).to_bytes(8, 'little').decode('utf-8', 'surrogateescape')}{value}\n"


def _ruby(value: Any, margin: int) -> str:
    """A value as Logstash's codec prints it."""
    if isinstance(value, dict):
        inner = ",\n".join(f'{" " * margin}"{key}" => {_ruby(part, margin + 4)}' for key, part in value.items())
        return f"{{\n{inner}\n{' ' * (margin - 4)}}}"
    return json.dumps(value, ensure_ascii=False).replace("\\u001b", "\\e")


def _otel(record: Record) -> str:
    attributes = {name: "".join(f"     -> {key}: Str({text})\n" for key, text in _flat(record[name])) for name in _MAPS}
    return (
        f"ResourceLog #0\nResource SchemaURL: \nResource attributes:\n{attributes['Resource']}ScopeLogs #0\n"
        f"ScopeLogs SchemaURL: \nInstrumentationScope  \nLogRecord #0\n"
        f"ObservedTimestamp: {record['ObservedTimestamp'].replace('+', ' +')} UTC\n"
        f"Timestamp: {record['Timestamp'].replace('+', ' +')} UTC\nSeverityText: \nSeverityNumber: Unspecified(0)\n"
        f"Body: Str({record['Body']})\nAttributes:\n{attributes['Attributes']}Trace ID: \nSpan ID: \nFlags: 0\n"
    )


def _verbose(record: Record) -> str:
    head = f"Sun 2026-03-01 23:59:51.002000 UTC [{record['__CURSOR']};b=0;m=0;t=0;x=0]\n"
    return head + "".join(f"    {key}={value}\n" for key, value in record.items() if not key.startswith("__"))


def _yaml(record: Record) -> str:
    return "---\n" + "".join(f"{key}: {_json(value)}\n" for key, value in record.items())


def _export(record: Record) -> str:
    return "".join(_field(*field) for field in {"__CURSOR": record["__CURSOR"], **record}.items()) + "\n"


_ENTRIES = {
    "yaml": _yaml,
    "journal-export": _export,
    "journal-verbose": _verbose,
    "rubydebug": lambda record: f"{_ruby(record, 4)}\n",
    "debug-exporter": _otel,
}
