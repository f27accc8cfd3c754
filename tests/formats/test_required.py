"""What lines of a format cannot do without: characters, and how they begin."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from logparse.envelopes import loader as envelopes
from logparse.envelopes.documents import json_text
from logparse.envelopes.envelope import first_value, narrow_paths
from logparse.envelopes.record_candidates import RecordCandidates
from logparse.formats import loader, required
from logparse.formats.candidates import Candidates
from logparse.formats.given import from_string
from logparse.formats.json_lines.objects import decode_object
from logparse.formats.recognizer import Recognizer
from logparse.formats.required import Need, list_needs, required_characters, takes_one_pass

if TYPE_CHECKING:
    from logparse.formats.line_format import LineFormat


@pytest.mark.parametrize(
    ("expression", "required"),
    [
        ("ab", "ab"),
        ("a*b?c+", "c"),
        ("(?:ab|bc)d", "bd"),
        ("(?P<x>a)(?P=x)", "a"),
        ("[ab]c{2,}d{0,3}", "c"),
        ("(?>a)(?=b)(?!c)(?<!d)", "ab"),
        ("(?i:a)b", "b"),
        ("a|", ""),
        (r"\d\.\S", "."),
    ],
)
def test_what_an_expression_requires(expression: str, required: str) -> None:
    assert required_characters(((re.compile(expression),),)) == frozenset(required)


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("ab", "a"),
        ("[ab]?c", "abc"),
        ("(?:ab|[0-2])x", "a012"),
        ("(?=x)(?<!y)^a", "a"),
        (r"\d{2,}", "0123456789"),
        ("[^\x00-x]", "yz{|}~\x7f"),
        ("(?P<x>a)*(?>b)", "ab"),
        ("é", ""),
        ("a*", "a"),
        (".", None),
        ("(?i:a)b", None),
        (r"a|(?P<x>b)(?P=x)|.?", None),
    ],
)
def test_how_a_text_begins_that_an_expression_fits(expression: str, first: str | None) -> None:
    needs = list_needs(((re.compile(f"(?:{expression})"),),), begins=True)
    known = [need.first for need in needs]
    assert (None in known) is (first is None)
    assert first is None or frozenset().union(*filter(None, known)) == frozenset(first)


def test_each_alternative_needs_its_own_signs() -> None:
    ways = ((re.compile("a=.*|b:c|(?:d|e);;"),),)
    assert list_needs(ways, begins=True) == (
        Need(frozenset("="), frozenset("a")),
        Need(frozenset(":"), frozenset("b")),
        Need(frozenset(";"), frozenset("de")),
    )
    assert list_needs(ways) == (Need(),)
    assert list_needs(((re.compile("A=", re.IGNORECASE),),), begins=True) == (Need(),)
    assert list_needs((), frozenset("k")) == (Need(frozenset("k")),)
    candidates = Candidates([("x", list_needs(ways, begins=True)), ("y", list_needs(ways)), ("z", ())])
    assert candidates.choose("a=1") == ["x", "y", "z"]
    assert candidates.choose("b=1") == candidates.choose("") == ["y", "z"]
    assert candidates.choose("=b", begins=False) == candidates.choose("é=") == ["x", "y", "z"]


@pytest.mark.parametrize("form", loader.shipped(), ids=lambda form: form.id)
def test_every_sample_is_tried_with_its_format(form: LineFormat) -> None:
    tried = Candidates([(form, list_needs(form.ways, form.keys, begins=form.begins))])
    for sample in form.samples:
        if form.read(sample.line) is not None:
            assert tried.choose(sample.line, decode_object(sample.line) or ()) == [form]


def test_every_sample_is_tried_with_its_envelope() -> None:
    tried = envelopes.choose_among([envelope for envelope in envelopes.shipped() if not envelope.of_records])
    for envelope in envelopes.shipped():
        for sample in envelope.samples:
            if not envelope.of_records and envelope.open(sample.line) is not None:
                assert envelope in tried.choose(sample.line)


def test_several_ways_require_what_all_of_them_do() -> None:
    one, other, third = map(re.compile, ("ab", "bc", "d"))
    assert required_characters(((one, third), (other, third))) == frozenset("bd")
    assert required_characters(()) == frozenset()
    assert required_characters(((re.compile("A", re.IGNORECASE),),)) == frozenset()


@pytest.mark.parametrize("form", loader.shipped(), ids=lambda form: form.id)
def test_every_sample_holds_what_its_format_requires(form: LineFormat) -> None:
    required = required_characters(form.ways)
    assert all(required <= set(sample.line) for sample in form.samples)
    assert not form.keys or all(form.keys <= (decode_object(sample.line) or {}).keys() for sample in form.samples)


def test_every_sample_holds_what_its_envelope_requires() -> None:
    texts = [envelope for envelope in envelopes.shipped() if not envelope.of_records]
    assert texts
    for envelope in texts:
        assert all(required_characters(envelope.ways) <= set(sample.line) for sample in envelope.samples)


def test_every_envelope_that_opens_a_record_is_chosen_for_it_and_few_others() -> None:
    known = [envelope for envelope in envelopes.shipped() if envelope.of_records]
    candidates = RecordCandidates(known)
    samples = [json_text.decode_object(sample.line) for envelope in known for sample in envelope.samples]
    records = [record for record in samples if record]
    # Each record without one of its keys, too: it is in other envelopes, or in none.
    records += [{key: record[key] for key in record if key != left_out} for record in records for left_out in record]
    for record in records:
        chosen = candidates.choose(record, named=False)
        assert [each for each in known if each.open(record) is not None] == [
            each for each in chosen if each.open(record) is not None
        ]
    assert candidates.choose({"a": 1}, named=False) == ()
    assert candidates.choose({"a": 1}, named=True) == tuple(each for each in known if each.stand_in)
    assert len(candidates.choose({"log": "a", "stream": "stdout", "time": "b"}, named=False)) <= 3


def test_paths_at_which_a_record_holds_something_are_never_left_out() -> None:
    paths = {"time": ("a.b.c", "a", "d"), "host": ("tags.host", "a.b", "x.y"), "pod": ("x",)}
    narrow = narrow_paths(paths)
    for record in (
        {"a": {"b": {"c": 1}}},
        {"a.b": {"c": 1}},
        {"a": {"b.c": 1}},
        {"tags": ["host:h"], "d": 2},
        {"z": 1},
    ):
        everything = {name: first_value(record, each) for name, each in paths.items()}
        found = {name: first_value(record, each) for name, each in narrow(record).items()}
        assert {name: value for name, value in everything.items() if value is not None} == {
            name: value for name, value in found.items() if value is not None
        }
    assert narrow({"z": 1}) == {}
    assert narrow({"d": 1}) == {"time": ("d",)}


@pytest.mark.parametrize(
    "line", ["w1", "some text that is no line of a log", '{"a": "/", "b": " 1"}', '{"a": [{"b": 1,']
)
def test_a_line_that_no_format_can_hold_is_tried_with_few(line: str) -> None:
    tried = []

    def read(line: str) -> None:
        tried.append(line)

    forms = [replace(form, read=read) for form in loader.shipped()]
    assert Recognizer(forms).recognize(line) == (None, None)
    assert len(tried) < len(forms) / 8


@pytest.mark.parametrize(
    "text", ["%(h)s %(t)s %(r)s %(s)s", '"%(h)s|%(r)s|%(s)s"', "$remote_addr $request $status", "%h %r %>s"]
)
def test_a_format_string_is_tried_on_all_of_its_lines(text: str) -> None:
    form = from_string(text)
    line = {
        "%(h)s %(t)s %(r)s %(s)s": "10.0.0.1 [22/Nov/2026:12:00:01 +0000] GET / HTTP/1.1 200",
        '"%(h)s|%(r)s|%(s)s"': "10.0.0.1|GET / HTTP/1.1|200",
    }.get(text, "10.0.0.1 GET / HTTP/1.1 200")
    assert form.read(line) is not None
    assert required_characters(form.ways) <= set(line)


@pytest.mark.parametrize(
    ("expression", "simple"),
    [
        ("^Login Failed for user: (?P<user>.*)$", True),
        ("^abc", True),
        ("^a+b", True),
        ("^(?:a+)+$", False),
        ("^a*b*", False),
        ("^(?:ab|cd)*", False),
        ("^a{2,30}.*", False),
        ("^(?=a).*", False),
        ("a.*", False),
        ("^(?:a|b.*)", False),
    ],
)
def test_only_simple_expressions_take_one_pass(expression: str, *, simple: bool) -> None:
    assert takes_one_pass(re.compile(expression)) is simple


def test_without_what_python_tells_of_expressions_all_lines_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    line = loader.shipped()[0].samples[0].line
    known = Recognizer(loader.shipped()).recognize(line)
    for function in (required_characters, takes_one_pass):
        function.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(required, "parser", None)
        assert not required_characters(((re.compile("ab"),),))
        assert not takes_one_pass(re.compile("^ab"))
        assert Recognizer(loader.shipped()).recognize(line) == known
    for function in (required_characters, takes_one_pass):
        function.cache_clear()
