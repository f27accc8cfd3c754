"""Events in the schemas of other tools keep to the published schemas, and say what the attempts say."""

from __future__ import annotations

import ipaddress
import json
import tomllib
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema  # type: ignore[import-untyped]
from places import ROOT

import logparse
from logparse.common.schema import ATTEMPTS, Outcome
from logparse.reports.events.schemas import Field, list_events, list_schemas
from logparse.reports.report import conform

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

ECS = json.loads((ROOT / "tests" / "data" / "ecs-9.4.0.json").read_text("utf-8"))["fields"]


@pytest.fixture(scope="module")
def attempts() -> pd.DataFrame:
    """Attempts that differ in which cells they have, in their outcome and status."""
    found = conform(logparse.attempts(ROOT / "sample_logs", workers=1), ATTEMPTS)
    crafted = found.head(1).assign(client="::1", user=None, dag_id=None, status=None, host="h", pod="p", record_id="r")
    shape = found.notna().agg(tuple, axis="columns").map(str) + found["outcome"] + found["status"].astype("string")
    found = found[~shape.duplicated()].reset_index(drop=True)
    assert set(found["outcome"]) == {*Outcome}
    return conform(type(found)({name: [*found[name], *crafted[name]] for name in found}), ATTEMPTS)


def events(attempts: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    return [*list_events(attempts, ATTEMPTS, list_schemas()[name])]


def leaves(event: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def test_ocsf(attempts: pd.DataFrame) -> None:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.6.0")).get_class_schema("api_activity")
    validator = jsonschema.Draft202012Validator(schema)
    found = events(attempts, "ocsf")
    for event in found:
        validator.validate(event)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert {event["status"] for event in found} == {"Success", "Failure", "Unknown"}
    assert {event["time"] // 86_400_000 for event in found} == {20_779}
    assert found[-1]["actor"]["user"]["name"] == found[-1]["resources"][0]["name"] == "(unknown)"
    assert (found[-1]["src_endpoint"], "http_response" in found[-1]) == ({"name": "::1", "ip": "::1"}, False)
    assert list(validator.iter_errors({**found[0], "verdict": 1}))


def test_ecs(attempts: pd.DataFrame) -> None:
    kinds = {"keyword": str, "wildcard": str, "date": str, "ip": str, "long": int}
    for event in events(attempts, "ecs"):
        types = ECS["event.category"]["types"][event["event"]["category"][0]]
        assert set(event["event"]["type"]) <= set(types)
        for name, value in leaves(event):
            if name.startswith("labels."):
                assert isinstance(value, str)
                continue
            field, values = ECS[name], value if isinstance(value, list) else [value]
            assert isinstance(value, list) == field["list"]
            assert all(isinstance(each, kinds[field["type"]]) for each in values)
            assert set(values) <= set(field["allowed"] or values)
            if field["type"] == "ip":
                ipaddress.ip_address(value)


def test_names_with_dots_stay_names_where_the_schema_has_them(attempts: pd.DataFrame) -> None:
    event = events(attempts.head(1), "otel")[0]
    assert event["http.request.method"] == "POST"
    assert not any(isinstance(value, dict) for value in event.values())


def test_files_name_columns_that_there_are() -> None:
    names = {column.name for column in ATTEMPTS}
    folder = ROOT / "logparse" / "reports" / "events" / "shipped"
    assert [*list_schemas()] == sorted(path.stem for path in folder.glob("*.toml"))
    for name, schema in list_schemas().items():
        assert {field.column for field in schema.fields.values()} - {""} <= names
        told = tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))["fields"]
        for field in told.values():
            assert ("value" in field) != ("column" in field)
            assert set(field.get("values", ())) <= {*Outcome}


@pytest.mark.parametrize(
    ("field", "cell", "held"),
    [
        (Field(value=[1]), "x", [1]),
        (Field(column="a", default="-"), None, "-"),
        (Field(column="a", values={"x": 1}, default=2), "y", 2),
        (Field(column="a", pattern="a+"), "aab", None),
        (Field(column="a", factor=1000), 1.2346, 1235),
        (Field(column="a", text=True), 404, "404"),
    ],
)
def test_what_a_field_holds(field: Field, cell: object, held: object) -> None:
    assert field.convert(cell) == held
