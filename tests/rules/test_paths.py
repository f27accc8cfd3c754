"""Request targets, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.rules.targets import ENCODED_SLASH, query_parameter, split_target


@pytest.mark.parametrize(
    ("target", "path", "match", "query"),
    [
        ("/api/v1/dags/x/dagRuns?a=1&b", "/api/v1/dags/x/dagRuns", "/api/v1/dags/x/dagRuns", "a=1&b"),
        ("http://host:8080/api/v1/dags/x/dagRuns", "/api/v1/dags/x/dagRuns", "/api/v1/dags/x/dagRuns", ""),
        ("http://host", "/", "/", ""),
        ("/a#frag?x", "/a", "/a", ""),
        ("/a?x#frag", "/a", "/a", "x"),
        ("/dags/a%2Fb/x", "/dags/a/b/x", f"/dags/a{ENCODED_SLASH}b/x", ""),
        ("/dags/%2561/x", "/dags/%61/x", "/dags/%61/x", ""),
        ("//api//v1", "//api//v1", "/api/v1", ""),
        ("/caf%C3%A9", "/café", "/café", ""),
        ("/%FF", "/\udcff", "/\udcff", ""),
        ("*", "*", "*", ""),
        ("", "", "", ""),
    ],
)
def test_split(target: str, path: str, match: str, query: str) -> None:
    found = split_target(target)
    assert (found.path, found.match, found.query) == (path, match, query)


def test_a_decoded_path_is_not_decoded_again() -> None:
    found = split_target("/api/v2/dags/50%25#1/dagRuns?x=1", decoded=True)
    assert (found.path, found.query) == ("/api/v2/dags/50%25#1/dagRuns", "x=1")


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("dag_id=a", "a"),
        ("x=1&dag_id=a%2Eb&dag_id=c", "a.b"),
        ("dag_id=", None),
        ("dag_id", None),
        ("mydag_id=a", None),
        ("dag_id=a+b", "a b"),
        ("&".join(["dag_id=a"] * 2000), None),
    ],
)
def test_parameter(query: str, value: str | None) -> None:
    assert query_parameter(query, "dag_id") == value


@given(st.text(max_size=60), st.booleans())
def test_no_target_raises(target: str, decoded: bool) -> None:
    found = split_target(target, decoded=decoded)
    assert "//" not in found.match
    query_parameter(found.query, "dag_id")
