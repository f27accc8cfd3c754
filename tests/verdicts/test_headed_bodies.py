"""Refusals of Airflow 3 where sizes hold the headers: HAProxy's, as recorded in front of 3.1.7, and those of others."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources.source import Source
from logparse.verdicts.evidence.headed_bodies import find_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STDIN = Source("-", None, None)
#: Status of each refusal of 3.1.7, and by how much it is longer than the headers without the words behind the status.
FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED = (403, 31), (403, 39), (401, 42), (401, 38)
#: The answer to a broken cookie takes it away, by a header of 62 bytes.
COOKIE = 62


def haproxy(status: int, total: int) -> str:
    return (
        f"127.0.0.12:33173 [30/Nov/2026:08:33:54.335] http-in airflow-api/api1 0/0/0/2/2 {status} {total} - - ---- "
        f'1/1/0/0/0 0/0 {{curl/8.5.0|}} "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1"\n'
    )


def alb(status: int, total: int) -> str:
    return (
        "http 2026-11-30T08:33:54.335000Z app/airflow/50dc6c495c0c9188 192.0.2.44:2817 10.0.0.1:8080 0.000 0.001 0.000 "
        f'{status} {status} 34 {total} "POST http://airflow.example.com:80/api/v2/dags/etl_daily/dagRuns HTTP/1.1" '
        '"curl/8.5.0" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/airflow/73e2d6bc24d8a067 '
        '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-11-30T08:33:54.334000Z "forward" "-" "-" '
        '"10.0.0.1:8080" "403" "-" "-"\n'
    )


def reasons(lines: Sequence[str]) -> list[tuple[str, str]]:
    attempts = run.run([STDIN], options.Options(), stdin=io.BytesIO("".join(lines).encode())).attempts
    return [*zip(attempts["reason"], attempts["confidence"], strict=True)]


@pytest.mark.parametrize("form", [haproxy, alb], ids=["HAProxy", "ALB"])
@pytest.mark.parametrize("headers", [141, 98, 260])
@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((FORBIDDEN, BAD_TOKEN), ("permission_denied", "token_invalid")),
        ((FORBIDDEN, NO_TOKEN), ("permission_denied", "no_credentials")),
        ((BAD_TOKEN, EXPIRED), ("token_invalid", "token_expired")),
        ((EXPIRED, NO_TOKEN), ("token_expired", "no_credentials")),
        (
            (FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED),
            ("permission_denied", "token_invalid", "no_credentials", "token_expired"),
        ),
    ],
)
def test_two_kinds_of_refusals_show_how_long_the_headers_are(
    form: Callable[[int, int], str], headers: int, kinds: Sequence[tuple[int, int]], said: Sequence[str]
) -> None:
    lines = [form(status, headers + text) for status, text in kinds]
    assert reasons(lines) == [(reason, "likely") for reason in said]


def test_one_kind_shows_nothing() -> None:
    assert reasons([haproxy(403, 172)] * 9) == [("token_invalid|permission_denied", "ambiguous")] * 9
    # 5 bytes apart: no two texts are
    assert reasons([haproxy(403, 172), haproxy(403, 177)]) == [("token_invalid|permission_denied", "ambiguous")] * 2


def test_an_answer_that_takes_a_cookie_away_has_a_length_of_its_own() -> None:
    kinds = [FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED]
    lines = [haproxy(status, 141 + text) for status, text in kinds] * 5
    taken = [haproxy(status, 141 + COOKIE + text) for status, text in (BAD_TOKEN, EXPIRED)]
    assert reasons([*lines, *taken])[-2:] == [("token_invalid", "likely"), ("token_expired", "likely")]
    # one kind alone does not show that it is the same header
    assert reasons([*lines, taken[0]])[-1] == ("token_invalid|permission_denied", "ambiguous")


def test_sizes_that_headers_spread_out_show_nothing() -> None:
    """A header of any length up to 40 bytes, such as a name of a server or an id, is in each answer."""
    chosen = random.Random(17)
    kinds = [FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED]
    for _ in range(50):
        sent = [(status, 141 + text + chosen.randrange(40)) for status, text in chosen.choices(kinds, k=400)]
        assert find_headers(dict.fromkeys(sent, 1)) == ()


def test_most_refusals_must_be_explained() -> None:
    assert find_headers({(403, 172): 30, (401, 183): 30, (403, 500): 10}) == (141,)
    assert find_headers({(403, 172): 3, (401, 183): 3, (403, 500): 10}) == ()


def test_many_are_decided_as_few_are() -> None:
    """From sixteen on, requests are columns; what is told by one of each kind is told by all."""
    kinds = [FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED]
    few = [haproxy(status, 141 + text) for status, text in kinds]
    assert reasons(few * 30) == reasons(few) * 30
