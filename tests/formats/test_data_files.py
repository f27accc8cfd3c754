"""Data files of formats and envelopes that cannot be used: the error shows the file and what is wrong in it."""

from __future__ import annotations

from pathlib import Path

import pytest

import logparse
from logparse.common.errors import FormatError
from logparse.envelopes.compiler import compile_envelope
from logparse.formats.data_files import read_folder
from logparse.formats.loader import load_formats

PACKAGE = Path(logparse.__file__).parent
SHIPPED = {
    name: PACKAGE / room / "shipped" / f"{name}.toml"
    for room, names in {
        "formats": ("airflow3-logformat", "common", "structlog-console", "traefik", "traefik-json"),
        "envelopes": ("cloudwatch-subscription", "datadog", "docker-json", "kail", "rsyslog-iso"),
    }.items()
    for name in names
}
#: A shipped file, a text in it, what stands there instead, and the problem.
BAD_FILES = [
    ("traefik", "rank = 105", "rank = ", "not valid TOML: "),
    ("traefik", 'title = "T', 'title = "\udcff', "not valid TOML: "),
    ("traefik", "rank = 105", "", "the key `rank` is missing; it must be a whole number"),
    ("traefik", "rank = 105", 'rank = "11"', "`rank` must be a whole number, not '11'"),
    ("traefik", "rank = 105", "rank = true", "`rank` must be a whole number, not True"),
    ("traefik", 'kind = "access"', "", "the key `kind` is missing; it must be a text"),
    ("traefik", 'kind = "access"', 'kind = "acces"', "`kind` cannot be 'acces'; did you mean `access`?"),
    ("traefik", 'id = "traefik"', 'id = "trafik"', "`id` must be the name of the file, 'traefik'"),
    ("traefik", 'stamp = "start"', 'stamp = "begin"', "`stamp` cannot be 'begin'; known: end, start"),
    ("traefik", 'stamp = "start"', 'stampp = "start"', "unknown key `stampp`; did you mean `stamp`?"),
    ("traefik", 'stamp = "start"', 'server = "nginx"', "`server` cannot be 'nginx'; known: airflow"),
    ("traefik", 'stamp = "start"', 'escapes = "caddi"', "`escapes` cannot be 'caddi'; "),
    ("traefik", 'stamp = "start"', 'after = ["comon"]', "`after` cannot be 'comon'; "),
    (
        "traefik",
        'stamp = "start"',
        "json = {}",
        "a format needs one of the keys `pattern`, `parts`, `json`, `any_json`, ",
    ),
    (
        "traefik",
        "pattern = '''",
        "ends = '''",
        "a format needs one of the keys `pattern`, `parts`, `json`, `any_json`, ",
    ),
    ("traefik", "(?P<client>", "(?P<client", "`pattern` is no regular expression: "),
    ("traefik", "(?P<method>", "(?P<verb>", "`pattern` needs a group `(?P<method>...)`"),
    ("traefik", "when = { status = '499' }", "", "`[[proxy]]`: the key `when` is missing; it must be a table of texts"),
    ("traefik", "when = { status = '499' }", "when = { status = 499 }", "`[[proxy]]`: `when` must be a table of texts"),
    ("traefik", "when = { status = '499' }", "when = { status = '4(99' }", "`when.status` is no regular expression: "),
    ("traefik", 'does = "closed"', 'does = "close"', "`does` of [[proxy]] is `refused` or `closed`"),
    ("traefik", "line = '''192", "lines = '''192", "`[[sample]] 1`: unknown key `lines`; did you mean `line`?"),
    ("traefik", 'time = "2026-', 'time = "the 2026-', "`[[sample]] 1`: `time` must be a text such as"),
    ("traefik", "[[sample]]", "[[sampel]]", "unknown key `sampel`; did you mean `sample`?"),
    ("common", "%(h)s", "%(h)s %(?)s", "`gunicorn`: "),
    ("airflow3-logformat", "(?P<keyvalues>", "(?P<values>", "`pattern` needs a group `(?P<keyvalues>...)`"),
    ("airflow3-logformat", 'method = "method", ', "", "`keyvalues`: the key `method` is missing"),
    ("structlog-console", "(?P<keys>", "(?P<values>", "`tail` needs a group `(?P<keys>...)`"),
    ("structlog-console", "(?P<message>", "(?P<text>", "`pattern` needs a group `(?P<message>...)`"),
    ("traefik-json", "[fields]", "[unless]", "[fields] is missing"),
    ("traefik-json", "[fields]", "[field]", "unknown key `field`; did you mean `fields`?"),
    ("traefik-json", "json = { R", "json = { a = 1, R", "`a` must be a text, true, false or { match = 'regex' }"),
    ("traefik-json", "json = { R", "json = { a = { match = '(' }, R", "`a` is no regular expression: "),
    ("traefik-json", 'user = "C', 'user = { match = "(", path = "C" }#', "`match` is no regular expression: "),
    ("traefik-json", 'user = "C', 'user = { match = "a", path = "C" }#', "`match` needs a group: (...) around"),
    ("traefik-json", 'user = "C', "user = 7#", "`fields`: must be a table, not 7"),
    (
        "traefik-json",
        'user = "C',
        'user = { path = "a", ports = true }#',
        "`fields`: unknown key `ports`; ",
    ),
    (
        "traefik-json",
        'user = "C',
        'user = { path = "a", unquote = "1" }#',
        "`fields`: `unquote` must be a whole",
    ),
    ("traefik-json", 'stamp = "start"', "prefix = '('", "`prefix` is no regular expression: "),
    ("traefik-json", 'stamp = "start"', 'required = "time"', "`required` must be a list of texts, not 'time'"),
    ("kail", "rank = 13", 'rank = "13"', "`rank` must be a whole number, not '13'"),
    ("kail", "wrap = ", "rest = ", "the key `wrap` is missing; it must be a text"),
    ("kail", "{payload}", "the line", "`wrap` must hold `{payload}` or `{json}` in place of the line"),
    ("kail", "(?P<pod>", "(?P<pods>", "`pattern` cannot be 'pods'; did you mean `pod`?"),
    ("kail", "(?P<pod>", "(?P<pod", "`pattern` is no regular expression: "),
    ("kail", "rank = 13", 'more = "P"', "`pattern` needs a group `(?P<more>...)`"),
    ("kail", "rank = 13", 'needs = ["a"]', "unknown key `needs`; "),
    ("kail", "rank = 13", 'message = "a"', "an envelope is opened by either `pattern` or `needs` and `message`"),
    ("kail", "[[sample]]\nline", "[[sample]]\nlines", "`[[sample]] 1`: unknown key `lines`; did you mean `line`?"),
    ("kail", "expect = ", "expected = ", "`[[sample]] 1`: unknown key `expected`; did you mean `expect`?"),
    ("rsyslog-iso", '"octal"', '"octet"', "`escapes` cannot be 'octet'; did you mean `octal`?"),
    ("rsyslog-iso", "repeats = true", "repeats = 1", "`repeats` must be true or false, not 1"),
    ("datadog", 'layouts = ["lines", ', 'layouts = ["line", ', "`layouts` cannot be 'line'; did you mean `lines`?"),
    ("datadog", 'layouts = ["lines", "csv"]', 'layouts = "lines"', "`layouts` must be a list of texts, not 'lines'"),
    ("datadog", 'pod = ["attr', 'pods = ["attr', "`origin`: unknown key `pods`; did you mean `pod`?"),
    ("datadog", 'pod = ["attr', 'pod = 7#["attr', "`origin`: `pod` must be a text, or a list of texts, not 7"),
    ("datadog", 'record = ["_id"]', "record = [7]", "`record` must be a list of texts, or of lists of texts, not [7]"),
    ("datadog", 'record = ["_id"]', 'stand_in = "log"', "`stand_in` is one of the keys in `message`"),
    ("datadog", 'record = ["_id"]', 'wrap = "{payload}"', "unknown key `wrap`; "),
    ("docker-json", "end = ", "ends = ", "`more`: unknown key `ends`; "),
    (
        "cloudwatch-subscription",
        "-(.+)-",
        "-.+-",
        "`deployment.logGroup` needs a group: (...) around",
    ),
    ("cloudwatch-subscription", "-(.+)-", "-(.+-", "`deployment.logGroup` is no regular expression: "),
]


def load(room: str, folder: Path) -> None:
    """Load the data files of a folder, as if they were the user's own."""
    files = read_folder(str(folder))
    if room == "formats":
        load_formats(own=files)
    else:
        for name, data in files:
            compile_envelope(name, data)


@pytest.mark.parametrize(("name", "old", "new", "problem"), BAD_FILES)
def test_a_file_that_cannot_be_used(name: str, old: str, new: str, problem: str, tmp_path: Path) -> None:
    text = SHIPPED[name].read_text("utf-8")
    assert old in text
    changed = tmp_path / f"{name}.toml"
    changed.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))
    with pytest.raises(FormatError) as raised:
        load(SHIPPED[name].parent.parent.name, tmp_path)
    assert str(raised.value).startswith(f"{changed}: {problem}")


@pytest.mark.parametrize("name", SHIPPED)
def test_samples_are_required(name: str, tmp_path: Path) -> None:
    text = SHIPPED[name].read_text("utf-8")
    (tmp_path / f"{name}.toml").write_text(text.partition("[[sample]]")[0], "utf-8")
    with pytest.raises(FormatError, match=r"there must be a \[\[sample\]\]: a real line"):
        load(SHIPPED[name].parent.parent.name, tmp_path)


@pytest.mark.parametrize("room", ["formats", "envelopes"])
def test_shipped_files_pass_all_checks(room: str) -> None:
    """When they are loaded as shipped ones, expressions are compiled when they are needed."""
    load(room, PACKAGE / room / "shipped")
