"""Whether every line format reads its own samples.

Owns: what a sample of a line format must show. Must not know: rules, envelopes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from logparse.common import timestamps
from logparse.common.errors import RuleProblem
from logparse.formats import line_format
from logparse.formats.data_files import name_file
from logparse.formats.given import Given, compile_formats
from logparse.inspection.rule_examples import list_differences
from logparse.lines import proxies
from logparse.lines.access import make_access

if TYPE_CHECKING:
    from logparse.formats.line_format import Fields, LineFormat


def check_formats(folders: tuple[str, ...] = ()) -> list[RuleProblem]:
    """Return what is wrong with the samples of all formats: each must fit only its own and hold what it says.

    Args:
        folders: of formats of the user's own.

    Raises:
        FormatError: a file cannot be used.
    """
    problems = []
    known = compile_formats(Given(folders=folders))
    for form in known:
        for number, sample in enumerate(form.samples, 1):
            fitting = [other.id for other in known if _fields(other, sample.line) is not None]
            time = {"time": datetime.fromisoformat(sample.expect["time"])} if "time" in sample.expect else {}
            wrong = list_differences(_read_sample(form, _fields(form, sample.line) or {}), {**sample.expect, **time})
            if fitting != [form.id]:
                wrong = f"is read by {', '.join(fitting) or 'no format'}"
            if wrong:
                problems.append(RuleProblem(name_file("formats", form.id), f"[[sample]] {number}", wrong))
    return problems


def _fields(form: LineFormat, line: str) -> Fields | None:
    fields = form.read(line)
    return form.read(line_format.strip_colour(line)) if fields is None and "\x1b" in line else fields


def _read_sample(form: LineFormat, fields: Fields) -> dict[str, Any]:
    text, query = fields.get("outer") or fields.get("time"), fields.get("query")
    stamp = timestamps.parse_timestamp(text, UTC) if text else None
    time = None if stamp is None else timestamps.EPOCH + timedelta(microseconds=stamp.utc)
    values: dict[str, Any] = {**fields, "time": time}
    if form.kind == "access":
        # A sample says what stands in its line; whose word on a client is taken is no matter of formats.
        access = make_access(form, fields, 1, stamp, trusted=proxies.parse_trusted([proxies.NOBODY]))
        names = ("client", "user", "method", "status", "agent", "referer", "proxy")
        values |= {name: getattr(access, name) for name in names}
        values["target"] = access.target.removesuffix(f"?{query}") if query else access.target
        values |= {
            "bytes": access.size,
            "total_bytes": access.total,
            "duration_ms": access.duration and access.duration / 1000,
        }
    return values
