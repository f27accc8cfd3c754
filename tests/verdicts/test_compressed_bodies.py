"""Refusals of Airflow 3 that a proxy compressed: those that Caddy wrote in front of 3.2.1, and those of others."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources.source import Source
from logparse.verdicts.evidence.compressed_bodies import ADDED
from logparse.verdicts.evidence.headed_bodies import find_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

STDIN = Source("-", None, None)
#: Status and length of the text of each refusal of 3.2.1.
FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED = (403, 22), (403, 30), (401, 30), (401, 26)
#: By how much gzip of Caddy makes each longer.
GZIP = 20
OPEN = ("token_invalid|permission_denied", "ambiguous")


def caddy(status: int, size: int) -> str:
    return (
        '{"level":"error","ts":1796073904.25,"logger":"http.log.access.log0","msg":"handled request","request":{'
        '"remote_ip":"192.0.2.77","remote_port":"45863","proto":"HTTP/1.1","method":"POST","host":"airflow.clinic.example",'
        '"uri":"/api/v2/dags/patient_index/dagRuns","headers":{"User-Agent":["Mozilla/5.0"],"Cookie":[]}},"user_id":"",'
        f'"duration":0.01,"size":{size},"status":{status},"resp_headers":{{"Content-Encoding":["gzip"]}}}}\n'
    )


def reasons(refusals: Sequence[tuple[int, int]]) -> list[tuple[str, str]]:
    text = "".join(caddy(status, size) for status, size in refusals)
    attempts = run.run([STDIN], options.Options(), stdin=io.BytesIO(text.encode())).attempts
    return [*zip(attempts["reason"], attempts["confidence"], strict=True)]


@pytest.mark.parametrize("added", [GZIP, 9, 13, 42])
@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((FORBIDDEN, BAD_TOKEN, NO_TOKEN), ("permission_denied", "token_invalid", "no_credentials")),
        ((FORBIDDEN, NO_TOKEN, EXPIRED), ("permission_denied", "no_credentials", "token_expired")),
    ],
)
def test_three_kinds_of_refusals_show_what_is_added(
    added: int, kinds: Sequence[tuple[int, int]], said: Sequence[str]
) -> None:
    assert [reason for reason, _ in reasons([(status, size + added) for status, size in kinds])] == [*said]


def test_two_kinds_do_if_another_answer_is_not_compressed() -> None:
    packed = [(403, 22 + GZIP), (401, 30 + GZIP)]
    assert reasons([*packed, FORBIDDEN])[:2] == [("permission_denied", "likely"), ("no_credentials", "likely")]
    # Without it, any two short texts of a server with words of its own may be so far apart.
    assert reasons(packed)[0] == OPEN
    assert reasons([(403, 22 + GZIP), FORBIDDEN, BAD_TOKEN])[0] == OPEN


def test_texts_of_another_length_show_nothing() -> None:
    """Answers of an auth manager of somebody's own, or of a proxy."""
    assert reasons([(403, 47), (403, 52), (401, 61), FORBIDDEN])[0] == OPEN
    assert reasons([(403, 22 + GZIP), (401, 30 + GZIP), FORBIDDEN, *[(403, 61)] * 9])[0] == OPEN


def test_answers_that_are_not_compressed_stay_what_they_are() -> None:
    mixed = [FORBIDDEN, BAD_TOKEN, (403, 22 + GZIP), (403, 30 + GZIP), (401, 30 + GZIP)]
    denied, refused = ("permission_denied", "confirmed"), ("token_invalid", "confirmed")
    assert reasons(mixed)[:2] == [denied, refused]
    assert [reason for reason, _ in reasons(mixed)[2:]] == ["permission_denied", "token_invalid", "no_credentials"]


def test_sizes_that_are_spread_out_show_nothing() -> None:
    chosen = random.Random(17)
    for _ in range(50):
        sent = [
            (status, 40 + size + chosen.randrange(30)) for status, size in chosen.choices([FORBIDDEN, EXPIRED], k=400)
        ]
        assert find_headers(dict.fromkeys(sent, 1), ADDED) == ()


def test_many_are_decided_as_few_are() -> None:
    """From sixteen on, requests are columns; what is told by one of each kind is told by all."""
    few = [(status, size + GZIP) for status, size in (FORBIDDEN, BAD_TOKEN, NO_TOKEN, EXPIRED)]
    assert reasons(few * 30) == reasons(few) * 30
