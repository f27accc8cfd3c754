"""Findings: what groups of attempts must have in common, which no example of a shipped rule shows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from probes import probe_findings, write_rule

from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.exports.loader import NONE, Exports, of

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = "[2026-11-22T12:38:{at:02}.000+0000] {{extension.py:1090}} INFO - ratelimit 5 per 40 second (127.0.0.8)\n"
EVENT = """
id = "limit"
title = "Limit"
message = '^ratelimit .*\\((?P<client>.*)\\)$'
anchors = ["ratelimit"]
[joins]
requests = []
statuses = []
[[match]]
message = "ratelimit 5 per 40 second (127.0.0.8)"
[[ignore]]
message = "x"
"""


def line(at: int, status: int, *, client: int = 1, user: str = "-", agent: str = "curl/8.5.0", dag: str = "a") -> str:
    return (
        f"127.0.0.{client} - {user} [22/Nov/2026:12:38:{at:02} +0000] "
        f'"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} 188 "-" "{agent}"\n'
    )


def found(folder: Path, log: str, when: str, need: str, over: str = "[]", exports: Exports = NONE) -> list[Any]:
    """Attempts of each probe finding."""
    write_rule(folder, over=over, when=when, need=need, order=1)
    (folder / "events").mkdir()
    (folder / "events" / "limit.toml").write_text(EVENT, encoding="utf-8")
    return [row.attempts for row in probe_findings(folder, log, exports).itertuples()]


REFUSED = 'reason = ["no_credentials"]'


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param(line(2, 200, user="uma"), 1, id="a second later"),
        pytest.param(line(4, 200, user="uma"), 0, id="too late"),
        pytest.param(line(2, 200, user="uma", client=2), 0, id="another address"),
        pytest.param(line(2, 200, user="uma", agent="x"), 0, id="another program"),
        pytest.param(line(2, 200, user="uma", dag="b"), 0, id="another DAG"),
        pytest.param(line(2, 403, user="uma"), 0, id="no success"),
    ],
)
def test_answered(tmp_path: Path, second: str, count: int) -> None:
    assert sum(found(tmp_path, line(1, 401) + second, REFUSED, "answered = 1")) == count


def test_only_the_answered_are_taken(tmp_path: Path) -> None:
    log = line(1, 401) + line(1, 401) + line(2, 200, user="uma") + line(9, 401)
    assert found(tmp_path, log, REFUSED, "answered = 1") == [1]


@pytest.mark.parametrize(("at", "client", "attempts"), [(30, 8, []), (10, 8, [1]), (10, 7, [])])
def test_seen_within(tmp_path: Path, at: int, client: int, attempts: list[int]) -> None:
    log = line(1, 401, client=client) + LIMIT.format(at=at)
    assert found(tmp_path, log, REFUSED, 'seen = ["limit"]\nseen_within = 10') == attempts


@pytest.mark.parametrize(
    ("users", "steps", "attempts"),
    [
        pytest.param(2, [(1, "u", 200), (2, "v", 200), (3, "u", 403), (4, "v", 403)], [2], id="one change"),
        pytest.param(2, [(1, "u", 200), (3, "u", 403), (4, "v", 200), (5, "v", 403)], [], id="two changes"),
        pytest.param(1, [(1, "u", 200), (3, "u", 403)], [1], id="not taken back"),
        pytest.param(1, [(1, "u", 200), (3, "u", 403), (5, "u", 403), (6, "u", 200)], [2], id="taken back"),
        pytest.param(1, [(1, "u", 200), (3, "u", 403), (6, "u", 200)], [], id="once among successes"),
        pytest.param(1, [(1, "u", 200), (3, "u", 403), (4, "u", 200), (5, "u", 403)], [], id="it comes and goes"),
        pytest.param(1, [(3, "u", 403), (6, "u", 200)], [], id="never accepted before"),
    ],
)
def test_what_one_change_explains_is_one_finding(
    users: int, steps: list[tuple[int, str, int]], attempts: list[int], tmp_path: Path
) -> None:
    log = "".join(line(at, status, user=user) for at, user, status in steps)
    need = f'users = {users}\nsuccess = "interrupted"\nsuccess_of = ["user"]\nat_once = true'
    assert found(tmp_path, log, 'reason = ["permission_denied"]', need) == attempts


@pytest.mark.parametrize(("status", "attempts"), [(401, []), (403, [3])])
def test_including(tmp_path: Path, status: int, attempts: list[int]) -> None:
    log = line(1, 401) + line(2, 401, client=2) + line(3, status, user="uma")
    when = 'outcome = ["authentication_failure", "authorization_failure"]'
    assert found(tmp_path, log, when, 'including = { outcome = "authorization_failure" }') == attempts


def test_success_is_asked_of_each_caller(tmp_path: Path) -> None:
    """Two were served before and not since; a third succeeds again, and is left out."""
    log = "".join(line(1, 200, client=n, user="uma") + line(2, 401, client=n) for n in (1, 2, 3))
    log += line(3, 200, client=3, user="uma")
    assert found(tmp_path / "a", log, REFUSED, 'success = "before"') == []
    need = 'success = "before"\nsuccess_of = ["client"]\nclients = '
    assert found(tmp_path / "b", log, REFUSED, need + "2") == [2]
    assert found(tmp_path / "c", log, REFUSED, need + "3") == []


def test_programs_at_one_address(tmp_path: Path) -> None:
    log = "".join(
        line(at, 401, agent=agent, dag=dag) for at, (agent, dag) in enumerate(zip("xyxyy", "aabbc", strict=True), 1)
    )
    assert found(tmp_path, log, REFUSED, "", over='["client", "agent"]') == [3, 2]


@pytest.mark.parametrize(("name", "listed"), [("uma", "yes"), ("ghost", "no"), ("-", "unknown")])
def test_listed(tmp_path: Path, name: str, listed: str) -> None:
    log = line(1, 403, user=name)
    given = of((), (), [Written("users", '[{"username": "uma", "roles": "User"}]')], ())
    assert found(tmp_path, log, f'listed = ["{listed}"]', "", exports=given) == [1]


@pytest.mark.parametrize(("status", "verified"), [(200, "true"), (401, "false")])
def test_verified(tmp_path: Path, status: int, verified: str) -> None:
    assert found(tmp_path, line(1, status, user="uma"), f"verified = [{verified}]", "") == [1]


def test_only_the_server_can_say_that_it_was_nobody(tmp_path: Path) -> None:
    log = line(1, 200, user="anonymous")
    row = '[{"dttm": "2026-11-22 12:38:01", "event": "api.post_dag_run", "owner": "anonymous", "dag_id": "a"}]'
    given = of([Written("audit_log", row)], (), (), ())
    assert found(tmp_path / "a", log, 'user = ["anonymous"]', "", exports=given) == [1]
    assert found(tmp_path / "b", log, 'user = ["known"]', "") == [1]


@pytest.mark.parametrize(
    ("need", "attempts"),
    [("", [2]), ("turns = 2", [2]), ("turns = 3", []), ("turn_within = 1", [2]), ("turn_within = 0", [])],
)
def test_turns(tmp_path: Path, need: str, attempts: list[int]) -> None:
    log = "".join(line(at, status) for at, status in ((1, 200), (2, 401), (3, 200), (4, 401)))
    assert found(tmp_path, log, REFUSED, f'success = "alternating"\n{need}') == attempts


@pytest.mark.parametrize(
    ("steps", "attempts"),
    [
        pytest.param([(1, 401), (3, 200)], [1], id="put right"),
        pytest.param([(1, 401), (2, 401), (4, 200)], [2], id="twice wrong, then right"),
        pytest.param([(1, 401), (3, 401), (6, 200)], [], id="wrong for too long"),
        pytest.param([(1, 200), (2, 401)], [], id="right before only"),
        pytest.param([(1, 401), (2, 200), (5, 401), (9, 401), (10, 200)], [1], id="each row by itself"),
        pytest.param([(1, 401), (2, 401)], [], id="never right"),
    ],
)
def test_put_right(steps: list[tuple[int, int]], attempts: list[int], tmp_path: Path) -> None:
    log = "".join(line(at, status) for at, status in steps)
    assert found(tmp_path, log, REFUSED, "put_right = 3", over='["client"]') == attempts


@pytest.mark.parametrize(
    ("success", "steps", "attempts"),
    [
        pytest.param("finally", [(1, 1, 401), (2, 2, 200), (3, 1, 401), (4, 1, 200)], [2], id="let in at last"),
        pytest.param("finally", [(1, 1, 401), (3, 1, 401), (4, 1, 200)], [], id="let in nowhere else"),
        pytest.param("finally", [(1, 1, 401), (3, 1, 401), (4, 2, 200), (5, 1, 200)], [], id="elsewhere, later"),
        pytest.param("finally", [(1, 1, 401), (2, 2, 200), (3, 1, 200), (4, 1, 401)], [], id="refused again"),
        pytest.param("none", [(1, 1, 401), (2, 2, 200), (3, 1, 401)], [2], id="never let in here"),
    ],
)
def test_let_in_elsewhere(success: str, steps: list[tuple[int, int, int]], attempts: list[int], tmp_path: Path) -> None:
    log = "".join(line(at, status, client=client, user="uma") for at, client, status in steps)
    need = f'attempts = 2\nsuccess = "{success}"\nlet_in_elsewhere = true'
    assert found(tmp_path, log, "status = [401]", need, over='["user", "client"]') == attempts


@pytest.mark.parametrize(("texts", "attempts"), [(("signature", "signature"), []), (("signature", "alg value"), [2])])
def test_different_details(texts: tuple[str, str], attempts: list[int], tmp_path: Path) -> None:
    said = {"signature": "Signature verification failed", "alg value": "The specified alg value is not allowed"}
    log = "".join(
        f"2026-11-22T12:38:{at:02}.498789Z [error    ] JWT token is not valid: {said[text]} [manager] loc=x.py:151\n"
        f"2026-11-22T12:38:{at:02}.500789Z [info     ] request finished               [http.access] "
        "client_addr=127.0.0.4:55811 duration_us=2210 loc=http_access_log.py:130 method=POST "
        "path=/api/v2/dags/a/dagRuns query= status_code=403\n"
        for at, text in enumerate(texts, 1)
    )
    assert found(tmp_path, log, 'reason = ["token_invalid"]', "details = 2") == attempts


def test_what_suffices_needs_no_share(tmp_path: Path) -> None:
    log = line(1, 401) + line(2, 401, client=2) + line(3, 200, user="uma")
    share = 'share = 0.9\nof = { channel = ["rest_api"] }\n'
    assert found(tmp_path / "a", log, REFUSED, share) == []
    assert found(tmp_path / "b", log, REFUSED, f'{share}suffices = {{ reason = "no_credentials" }}') == [2]
