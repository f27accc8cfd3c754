"""Pieces of one log, and logs of replicas: each line counts once, and lines of one log are in one order."""

from __future__ import annotations

import gzip
import io
import json
import random
import re
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT
from typer.testing import CliRunner

from logparse.cli import app
from logparse.pipeline import options, run
from logparse.scans.pieces import identities, merging, succession
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.request_store import RequestStore
from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

BEGIN: Final = datetime(2026, 11, 18, 12, tzinfo=UTC)
#: What a replica writes of itself.
PROBE: Final = '10.1.0.1 - - [{when}] "GET /health HTTP/1.1" 200 5 "-" "probe/{replica}"'


def clf(second: float) -> str:
    return f"{BEGIN + timedelta(seconds=second):%d/%b/%Y:%H:%M:%S +0000}"


def iso(second: float) -> str:
    when = BEGIN + timedelta(seconds=second)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}+0000"


def call(second: float, user: str = "ann", status: int = 200, client: str = "10.0.0.7") -> str:
    request = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"
    return f'{client} - {user} [{clf(second)}] "{request}" {status} 512 "-" "curl/8.5.0"'


def probe(second: float, replica: str = "a") -> str:
    return PROBE.format(when=clf(second), replica=replica)


def failed(second: float, user: str) -> str:
    """The app line of a wrong password, whose answer comes right behind it."""
    return f"[{iso(second)}] {{override.py:2240}} INFO - Login Failed for user: {user}"


def text(lines: Iterable[str], end: str = "\n") -> str:
    return "".join(f"{line}{end}" for line in lines)


#: An attempt every seven seconds, and what triggers nothing after each third of them.
LOG: Final = [
    line
    for n in range(240)
    for line in (call(7 * n, f"u{n % 5}", 200 if n % 4 else 403), *([probe(7 * n + 1)] if n % 3 == 0 else ()))
]
ATTEMPTS: Final = 240


def at(attempt: int) -> int:
    """The place of an attempt in ``LOG``."""
    return attempt + (attempt + 2) // 3


def cut(*spans: tuple[int, int]) -> list[list[str]]:
    """Pieces of the log from one attempt up to before another."""
    return [LOG[at(since) : at(until)] for since, until in spans]


class Seen(NamedTuple):
    """What ``logparse attempts`` came to."""

    rows: int
    status: int
    said: str


def attempts(folder: Path, *args: str, **files: str) -> Seen:
    """Give some files to ``logparse attempts``; ``__`` in their names stands for a dot."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content, newline="")
    done = CliRunner().invoke(app, ["attempts", str(folder), "--workers", "1", *args])
    return Seen(len(done.stdout.splitlines()) - 1, done.exit_code, done.stderr)


# -- pieces that overlap ----------------------------------------------------------------------------------------------


def docker(lines: Iterable[str]) -> str:
    records = ({"log": f"{line}\n", "stream": "stdout", "time": "2026-11-18T13:00:00.000000001Z"} for line in lines)
    return text(json.dumps(record) for record in records)


FORMS: Final[dict[str, Callable[[Sequence[str]], str]]] = {
    "plain": text,
    "CRLF": lambda lines: text(lines, "\r\n"),
    "no last newline": lambda lines: text(lines).removesuffix("\n"),
    "docker": docker,
    "kubectl": lambda lines: text(f"[pod/web-6d4cf56db6-2x8kp/webserver] {line}" for line in lines),
    "kubectl with times": lambda lines: text(f"2026-11-18T13:00:00.000000001Z {line}" for line in lines),
}


@pytest.mark.parametrize(
    ("spans", "number"),
    [
        # The end of one is the beginning of the next.
        ([(0, 120), (119, 240)], 240),
        ([(0, 120), (118, 240)], 240),
        ([(0, 120), (117, 240)], 240),
        ([(0, 120), (20, 240)], 240),
        ([(119, 240), (0, 120)], 240),
        # One is in the other: at its beginning, its end, in the middle; a single line of it.
        ([(0, 240), (0, 100)], 240),
        ([(0, 240), (140, 240)], 240),
        ([(0, 240), (70, 170)], 240),
        ([(70, 170), (0, 240)], 240),
        ([(0, 240), (77, 78)], 240),
        ([(0, 240), (0, 1)], 240),
        ([(0, 240), (239, 240)], 240),
        # More than two; some lines stand in three of them.
        ([(0, 100), (50, 150), (90, 240)], 240),
        ([(0, 100), (99, 101), (100, 240)], 240),
        ([(90, 240), (0, 100), (99, 101), (98, 110)], 240),
        # Nothing in common.
        ([(0, 120), (120, 240)], 240),
        ([(0, 100), (150, 240)], 190),
    ],
)
def test_each_line_of_overlapping_pieces_counts_once(spans: list[tuple[int, int]], number: int, tmp_path: Path) -> None:
    found = attempts(tmp_path, **{f"p{n}__log": text(lines) for n, lines in enumerate(cut(*spans))})
    assert (found.rows, found.status) == (number, 0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("common", [1, 3, 60])
def test_form_and_ends_of_lines_make_no_difference(form: str, common: int, tmp_path: Path) -> None:
    one, other = cut((0, 120), (120 - common, 240))
    found = attempts(tmp_path, a__log=text(one), b__log=FORMS[form](other))
    assert (found.rows, found.status) == (240, 0)


@pytest.mark.parametrize(
    ("since", "until", "wanted", "number"),
    [
        (0, 240, "dagRuns", 240),
        (50, 130, "dagRuns", 240),
        (0, 240, " - u3 ", 240),
        (0, 240, '" 403 ', 240),
        (50, 70, " - u3 ", 240),  # four lines
    ],
)
def test_what_grep_has_left_of_a_log_is_a_piece_of_it(
    since: int, until: int, wanted: str, number: int, tmp_path: Path
) -> None:
    ((part,), whole) = cut((since, until)), LOG
    found = attempts(tmp_path, a__log=text(whole), b__log=text(line for line in part if wanted in line))
    assert (found.rows, found.status) == (number, 0)


def test_too_few_lines_for_a_piece_are_told(tmp_path: Path) -> None:
    ((part,), whole) = cut((50, 60)), LOG
    found = attempts(tmp_path, a__log=text(whole), b__log=text(line for line in part if " - u3 " in line))
    assert (found.rows, found.status) == (242, 1)
    assert "counted twice" in found.said


def test_two_pieces_of_what_grep_has_left(tmp_path: Path) -> None:
    one, other = cut((0, 150), (90, 240))
    found = attempts(tmp_path, a__log=text(line for line in one if "dagRuns" in line), b__log=text(other))
    assert (found.rows, found.status) == (240, 0)


#: Two pods that write the same in the same second, and something else in others.
PODS: Final = [
    f"[pod/web-{pod}/webserver] {line}"
    for n in range(60)
    for pod in ("a", "b")
    for line in ([call(9 * n)] if n % 2 else [call(9 * n, f"{pod}{n}")])
]


@pytest.mark.parametrize("common", [2, 4, 40])
def test_pods_in_one_file_stay_apart_where_pieces_overlap(common: int, tmp_path: Path) -> None:
    found = attempts(tmp_path, a__log=text(PODS[:80]), b__log=text(PODS[80 - common :]))
    assert (found.rows, found.status) == (120, 0)


def events(spans: Iterable[int], ids: str = "") -> str:
    """CloudWatch's filter-log-events; ``ids`` tells one delivery from another."""
    told = [
        {"logStreamName": "web", "timestamp": round((BEGIN.timestamp() + 7 * n) * 1000), "message": call(7 * n),
         "ingestionTime": 1, "eventId": f"3{ids}{n:055}"}
        for n in spans
    ]  # fmt: skip
    return json.dumps({"events": told, "searchedLogStreams": []}, indent=1)


@pytest.mark.parametrize(("ids", "number"), [("", 30), ("7", 40)])
def test_ids_of_records_tell(ids: str, number: int, tmp_path: Path) -> None:
    found = attempts(tmp_path, a__json=events(range(20)), b__json=events(range(10, 30), ids))
    assert found.rows == number


@pytest.mark.parametrize("names", ["abc", "cab", "acb"])
def test_a_log_of_one_pod_beside_exports_of_two_counts_once(names: str, tmp_path: Path) -> None:
    seconds = [(3 * n, f"web-{n % 2}") for n in range(120)]
    told = [
        {"logStreamName": pod, "timestamp": round((BEGIN.timestamp() + n) * 1000), "message": call(n, f"{pod}-{n}"),
         "ingestionTime": 1, "eventId": f"3{place:056}"}
        for place, (n, pod) in enumerate(seconds)
    ]  # fmt: skip
    exports = [json.dumps({"events": some, "searchedLogStreams": []}) for some in (told[:80] + told[7:9], told[50:])]
    contents = [*exports, text(call(n, f"{pod}-{n}") for n, pod in seconds if pod == "web-1")]
    found = attempts(tmp_path, **{f"{name}__log": each for name, each in zip(names, contents, strict=True)})
    assert (found.rows, found.status) == (120, 0)


def datadog(lines: Iterable[str], service: str = "airflow") -> str:
    records = ({"date": "2026-11-18T13:00:00.001Z", "host": "i-1", "service": service, "message": x} for x in lines)
    return text(json.dumps(record) for record in records)


def test_a_nul_ends_no_text() -> None:
    texts = ["a", "a\0", "a\0b", "a\0c", "a\1", "a\1\1", "a\1\2", "a\2", "", None]
    assert len({*identities.of_texts(texts).tolist()}) == len(texts)


@pytest.mark.parametrize(
    ("other", "number"), [(FORMS["kubectl"](LOG), ATTEMPTS), (datadog(LOG, "airflow-two"), 2 * ATTEMPTS)]
)
def test_what_a_container_is_called_counts_in_one_envelope(other: str, number: int, tmp_path: Path) -> None:
    assert attempts(tmp_path, a__log=datadog(LOG), b__log=other).rows == number


# -- replicas ---------------------------------------------------------------------------------------------------------


def replica(name: str, shared: Iterable[int], own: Iterable[int], probes: int = 40) -> str:
    """The log of a replica: calls that others have of the same second, too, and those that none has."""
    chance = random.Random(name)
    some = [(second, call(second)) for second in shared]
    some += [(second, call(second, f"{name}{second}")) for second in own]
    some += [(second, probe(second, name)) for second in chance.choices(range(2000), k=probes)]
    return text(line for _, line in sorted(some, key=lambda each: each[0]))


@pytest.mark.parametrize(
    ("shared", "one", "other", "number"),
    [
        ([70], range(0, 700, 10), range(5, 700, 10), 142),
        (range(0, 700, 70), range(0, 700, 11), range(5, 700, 11), 10 * 2 + 64 * 2),
        (range(0, 700, 20), range(0, 700, 21), range(5, 700, 21), 35 * 2 + 34 * 2),
    ],
)
def test_equal_lines_of_replicas_are_an_attempt_each(
    shared: Iterable[int], one: Iterable[int], other: Iterable[int], number: int, tmp_path: Path
) -> None:
    found = attempts(tmp_path, a__log=replica("a", shared, one), b__log=replica("b", shared, other))
    assert found.rows == number
    assert "counted once" not in found.said


def burst(name: str, number: int = 181) -> list[str]:
    """The same calls as those of other replicas, a second after the other, between probes of its own."""
    chance, lines = random.Random(f"burst {name}"), []
    for second in range(number):
        lines += [probe(second, name)] * chance.randrange(4)
        lines.append(call(second))
    return lines


def test_bursts_of_three_replicas_are_all_attempts(tmp_path: Path) -> None:
    found = attempts(tmp_path, **{f"web-{name}__log": text(burst(name)) for name in "abc"})
    assert found.rows == 543
    assert "say --overlap once" in found.said
    assert attempts(tmp_path, "--overlap", "apart").rows == 543
    assert attempts(tmp_path, "--overlap", "once").rows == 181


def equal_in_one_file(times: int = 3) -> list[str]:
    return [line for second in range(181) for line in [call(second)] * times]


@pytest.mark.parametrize("lines", [equal_in_one_file(), [call(5)] * 543, burst("a") + burst("b") + burst("c")])
def test_equal_lines_of_one_file_are_all_attempts(lines: list[str], tmp_path: Path) -> None:
    found = attempts(tmp_path, a__log=text(lines))
    assert (found.rows, found.status, found.said) == (543, 0, "")


@pytest.mark.parametrize(("until", "since"), [(300, 240), (301, 240), (302, 241), (543, 0), (303, 297)])
def test_equal_lines_of_one_file_in_two_pieces_are_all_attempts(until: int, since: int, tmp_path: Path) -> None:
    lines = equal_in_one_file()
    found = attempts(tmp_path, a__log=text(lines[:until]), b__log=text([*lines[since:], probe(900)]))
    assert (found.rows, found.status) == (543, 0)


# -- pieces that touch ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "begin", "number", "said"),
    [
        # All that the one has of the second is all that the other has.
        ([call(60)], [call(60)], 1, "1 line of it is in .*a.log as well and counted once"),
        ([call(60)] * 2, [call(60)] * 2, 2, "2 lines of it are in .*a.log as well and counted once"),
        ([call(60), call(60, "bob")], [call(60), call(60, "bob")], 2, ""),
        # One has more.
        ([call(60)] * 2, [call(60)], 3, ""),
        ([call(60)], [call(60), call(60, "bob")], 3, ""),
        # Nothing is in both.
        ([call(60)], [call(60, "bob")], 2, ""),
    ],
)
def test_what_stands_on_both_sides_of_a_cut(
    end: list[str], begin: list[str], number: int, said: str, tmp_path: Path
) -> None:
    before, behind = [call(7 * n) for n in range(8)], [call(70 + 7 * n) for n in range(8)]
    found = attempts(tmp_path, a__log=text([*before, *end]), b__log=text([*begin, *behind]))
    assert found.rows == 16 + number
    assert found.status == 0
    told = [sentence for sentence in found.said.splitlines() if "--overlap" in sentence]
    assert len(told) == bool(said)
    if told:
        assert re.search(f"b.log: {said}.* say --overlap {'apart' if 'once' in said else 'once'}", told[0])


@pytest.mark.parametrize(
    ("overlap", "common", "number"), [("auto", 20, 240), ("once", 20, 240), ("apart", 20, 260), ("apart", 1, 241)]
)
def test_what_pieces_have_in_common_may_be_told(overlap: str, common: int, number: int, tmp_path: Path) -> None:
    one, other = cut((0, 120), (120 - common, 240))
    found = attempts(tmp_path, "--overlap", overlap, a__log=text(one), b__log=text(other))
    assert (found.rows, found.status) == (number, 0)


@pytest.mark.parametrize(("overlap", "number"), [("auto", 142), ("once", 141), ("apart", 142)])
def test_what_replicas_have_in_common_may_be_told(overlap: str, number: int, tmp_path: Path) -> None:
    one, other = (replica(name, [70], range(since, 700, 10)) for name, since in (("a", 0), ("b", 5)))
    found = attempts(tmp_path, "--overlap", overlap, a__log=one, b__log=other)
    assert (found.rows, found.status) == (number, 0)


# -- on its own -------------------------------------------------------------------------------------------------------


def scanned(*texts: str) -> Scan:
    found = Scan()
    for number, content in enumerate(texts):
        found += scan(Source(f"{number}.log", None, None), number, Setup(), stdin=io.BytesIO(content.encode()))
    return found


def once(*texts: str, servers: Sequence[str] = (), **kwargs: Any) -> tuple[list[int], list[merging.Doubt], Scan]:
    """How many lines that matter each source is left with, what is said, and all of it."""
    names = [f"web-{number}.log" for number in range(len(texts))]
    whole = scanned(*texts).whole()
    found, said = merging.merge_pieces(whole, RequestStore(UTC), names, servers or [""] * len(texts), **kwargs)
    counts = Counter(each.source for each in found.requests)
    return [counts[number] for number in range(len(texts))], said, found


ONE, OTHER = (text(part) for part in cut((0, 120), (100, 240)))


@pytest.mark.parametrize(
    ("kwargs", "counts"),
    [
        ({}, [120, 120]),
        ({"servers": ["prod", "test"]}, [120, 120]),  # folders
        ({"servers": ["deployment prod", "deployment test"]}, [120, 140]),  # named by envelopes
        ({"leads": frozenset({0})}, [120, 140]),  # ``leading`` settles that
        ({"leads": frozenset({0, 1})}, [120, 120]),
        ({"overlap": Overlap.ONCE}, [120, 120]),
        ({"overlap": Overlap.APART}, [120, 140]),
    ],
)
def test_who_may_be_pieces_of_one_log(kwargs: dict[str, Any], counts: list[int]) -> None:
    found, said, _ = once(ONE, OTHER, **kwargs)
    assert (found, said) == (counts, [])


def test_lines_that_stand_elsewhere_are_told_in_coverage() -> None:
    _, _, found = once(ONE, OTHER)
    assert [found.coverage[number].repeated for number in (0, 1)] == [0, 20]


def test_the_earlier_piece_holds_what_both_have() -> None:
    counts, _, _ = once(OTHER, ONE)
    assert counts == [120, 120]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_lines_of_both_pieces_are_in_one_order(order: tuple[int, int]) -> None:
    texts = [(ONE, OTHER)[nth] for nth in order]
    _, _, found = once(*texts)
    told = sorted((each.access.order, each.access.time or 0) for each in found.requests)
    assert [time for _, time in told] == sorted(time for _, time in told)
    assert len({order for order, _ in told}) == ATTEMPTS
    assert len({each.place for each in found.requests}) == 1


def test_what_came_later_to_a_source_is_no_piece_of_its_own() -> None:
    """A file that has grown: what came to it begins anew with a line that it holds already, and it is another one."""
    first, more = text([call(0), call(1)]), text([call(1), call(2)])
    counts, said, _ = once(first, more)
    assert (counts, len(said)) == ([2, 1], 1)
    counts, said, found = once(first, more, continued={0: 1})
    assert (counts, said) == ([2, 2], [])
    assert len({each.place for each in found.requests}) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/logs/webserver-2026-11-17.log", "/logs/webserver-2026-11-18.log.gz", True),
        ("app.log", "app.log.1", True),
        ("app.log.2.gz", "app.log.10.zst", True),
        ("web-a-20261117.log", "web-b-20261117.log", False),
        ("web/access.log", "api/access.log", False),
        ("exports/20261117T06/webserver.json", "exports/20261118T06/webserver.json", True),
    ],
)
def test_names_that_pieces_of_one_log_have(one: str, other: str, *, same: bool) -> None:
    assert (succession.name_stem(one) == succession.name_stem(other)) is same


# -- order ------------------------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """An attempt, wherever it was read."""

    time: datetime
    user: str | None
    status: int
    outcome: str
    reason: str | None
    rule: str


def decided(folder: Path, files: dict[str, str], overlap: Overlap = Overlap.AUTO) -> list[Row]:
    """What became of the attempts in some files."""
    for name, content in files.items():
        (path := folder / name).parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    found = run.run(discovery.find_sources([str(folder)]), options.Options(overlap=overlap)).attempts
    columns = (found[name].astype(object).where(found[name].notna(), None) for name in Row._fields)
    return sorted((Row(*values) for values in zip(*columns, strict=True)), key=str)


def refusals(seed: str, number: int = 40) -> list[tuple[float, str]]:
    """Wrong passwords, each told by the line before it, and headers of no use, of which nothing is told."""
    chance, lines = random.Random(seed), list[tuple[float, str]]()
    for n in range(number):
        second = 30 * n + chance.randrange(20)
        lines.append((second, probe(second, seed)))
        if chance.random() < 0.6:
            lines += [(second + 0.9, failed(second + 0.9, f"u{n}")), (second + 1, call(second + 1, f"u{n}", 401))]
        else:
            lines.append((second + 1, call(second + 1, f"u{n}", 401 if n % 3 else 200)))
    return lines


def parted(lines: list[tuple[float, str]]) -> list[int]:
    """Where a cut parts an app line from its access line."""
    return [n for n, (one, other) in enumerate(pairwise(lines), 1) if "Failed" in one[1] and "POST" in other[1]]


@pytest.mark.parametrize("names", [("web-2026-11-17.log", "web-2026-11-18.log"), ("app.log.1", "app.log"), ("x", "y")])
def test_what_an_app_line_tells_goes_across_a_cut(names: tuple[str, str], tmp_path: Path) -> None:
    lines = refusals("a")
    whole = decided(tmp_path / "whole", {"web.log": text(line for _, line in lines)})
    assert {row.rule for row in whole} >= {"v1-login-failed", "v1-nothing-usable-401"}
    for nth in parted(lines)[1:20:4]:
        halves = (text(line for _, line in part) for part in (lines[:nth], lines[nth:]))
        folder = tmp_path / str(nth)
        assert decided(folder, dict(zip(names, halves, strict=True))) == whole


@pytest.mark.parametrize("names", [("web.log.1", "web.log"), ("web-20261121.log", "web-20261122.log")])
def test_a_real_log_is_cut_before_the_request_of_a_failed_login(names: tuple[str, str], tmp_path: Path) -> None:
    """Its access line carries the whole second in which the app line before it was written."""
    lines = gzip.decompress((ROOT / "sample_logs/airflow-2.10/webserver.log.gz").read_bytes()).decode().splitlines()
    whole = decided(tmp_path / "whole", {"web.log": text(lines)})
    places = [n for n, (one, other) in enumerate(pairwise(lines), 1) if "Login Failed" in one and "dagRuns" in other]
    assert len(places) > 10
    for nth in places[::2]:
        halves = (text(part) for part in (lines[:nth], lines[nth:]))
        cut = decided(tmp_path / str(nth), dict(zip(names, halves, strict=True)))
        # Behind the cut, nothing shows that a stranger can have typed lines, from which no user name may be learned.
        assert [one if row.user else one._replace(user=None) for row, one in zip(whole, cut, strict=True)] == whole


def test_halves_alone_come_to_something_else(tmp_path: Path) -> None:
    lines = refusals("a")
    whole = decided(tmp_path / "whole", {"web.log": text(line for _, line in lines)})
    nth = parted(lines)[5]
    alone = [
        decided(tmp_path / str(n), {"web.log": text(line for _, line in part)})
        for n, part in enumerate((lines[:nth], lines[nth:]))
    ]
    assert sorted([*alone[0], *alone[1]], key=str) != whole


def test_two_replicas_with_a_file_a_day_each(tmp_path: Path) -> None:
    """Both are cut between an app line and its access line; the same names are refused on both."""
    logs = {name: refusals(name) for name in ("a", "b")}
    whole = decided(tmp_path / "whole", {f"web-{name}.log": text(line for _, line in logs[name]) for name in logs})
    days: dict[str, str] = {}
    for name, lines in logs.items():
        cuts = [0, *parted(lines)[3:20:5], len(lines)]
        for day, (since, until) in enumerate(pairwise(cuts)):
            days[f"web-{name}-2026-11-{day + 10}.log"] = text(line for _, line in lines[since:until])
    assert decided(tmp_path / "days", days) == whole


@pytest.mark.parametrize("common", [1, 2, 3, 30])
def test_order_holds_where_pieces_overlap(common: int, tmp_path: Path) -> None:
    lines = refusals("a")
    whole = decided(tmp_path / "whole", {"web.log": text(line for _, line in lines)})
    for nth in parted(lines)[4:16:5]:
        halves = (lines[:nth], lines[max(0, nth - common) :])
        files = {f"{n}.log": text(line for _, line in part) for n, part in enumerate(halves)}
        assert decided(tmp_path / f"{nth}", files) == whole


# -- any log, any cuts ------------------------------------------------------------------------------------------------

#: What a second of a log may hold.
SECONDS: Final[tuple[Callable[[int], list[str]], ...]] = (
    lambda at: [call(at)],
    lambda at: [call(at)] * 2,
    lambda at: [call(at, "bob", 403), probe(at), call(at, "bob", 403), call(at, "bob", 403)],
    lambda at: [call(at, f"u{at}"), probe(at)],
    lambda at: [failed(at + 0.2, f"v{at}"), call(at, f"v{at}", 401)],
    lambda at: [call(at, f"w{at}", 401)],
    lambda at: [probe(at)],
    lambda at: [f"[{iso(at + 0.1)}] {{dagbag.py:545}} INFO - Filling up the DagBag from /dags"],
    lambda at: [failed(at + 0.9, f"x{at}")],  # the answer comes in the next second
)


@st.composite
def cuts(draw: st.DrawFn) -> tuple[list[list[str]], list[tuple[int, int]]]:
    """Seconds of a log, and windows of them that hold all of it, in any order."""
    kinds = draw(st.lists(st.integers(0, len(SECONDS) - 1), min_size=4, max_size=60))
    steps = draw(st.lists(st.integers(1, 40), min_size=len(kinds), max_size=len(kinds)))
    seconds: list[list[str]] = []
    now = 0
    for kind, step in zip(kinds, steps, strict=True):
        now += step
        seconds.append(SECONDS[kind](now))
        if kind == len(SECONDS) - 1:
            now += 1
            seconds.append([call(now, f"x{now - 1}", 401)])
    ends = sorted({*draw(st.lists(st.integers(1, len(seconds)), max_size=4)), len(seconds)})
    begins = [0, *(max(0, end - draw(st.integers(0, 12))) for end in ends[:-1])]
    return seconds, draw(st.permutations([*zip(begins, ends, strict=True)]))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cuts())
def test_any_log_in_any_pieces_comes_to_the_same(given: tuple[list[list[str]], list[tuple[int, int]]]) -> None:
    seconds, windows = given
    with tempfile.TemporaryDirectory() as folder:
        whole = decided(Path(folder, "whole"), {"web.log": text(line for each in seconds for line in each)})
        files = {
            f"web.{nth}.log": text(line for each in seconds[since:until] for line in each)
            for nth, (since, until) in enumerate(windows)
        }
        assert decided(Path(folder, "pieces"), files) == whole
