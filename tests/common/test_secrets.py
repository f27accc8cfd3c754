"""Every form of secrets is hidden in its samples, and what only looks like one stays."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common import secrets
from logparse.formats import loader as formats
from logparse.rules import loader as rules

MARKED: Final = re.compile("«([^»]*)»")
HIDDEN: Final = [(form.id, sample) for form in secrets.load_forms() for sample in form.hidden]
KEPT: Final = [(form.id, sample) for form in secrets.load_forms() for sample in form.kept]
#: Ids that hold words or shapes of secrets and are none.
TWINS: Final = (
    "token_refresh_dag", "refresh-tokens", "rotate_api_keys", "password_reset_reminders", "secret_santa", "jwt_audit",
    "session_cleanup", "basic_load", "bearer_bonds_daily", "cookie_bakery", "sk-learn-training", "ghp_metrics_daily",
    "hf_daily_models", "eyJob", "monkeyJumpingAround2026", "asia_sales", "ASIA", "AKIA", "signature_dishes",
    "manual__2026-03-01T00:00:00+00:00", "scheduled__2026-03-01T00:00:00.123456+00:00",
    "123e4567-e89b-12d3-a456-426614174000", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "load." + "very_long_name_of_a_dag_" * 9,
    "user@example.com", "DOMAIN\\user", "svc-token-rotator", "CN=alice,OU=people,DC=example,DC=com",
    "arn:aws:iam::123456789012:user/alice", "system:serviceaccount:airflow:token-issuer",
)  # fmt: skip


@pytest.mark.parametrize(("form", "sample"), HIDDEN)
def test_what_is_marked_is_hidden_and_nothing_else(form: str, sample: str) -> None:
    plain = sample.replace("«", "").replace("»", "")
    hidden = secrets.hide(plain)
    assert len(hidden) == len(plain)
    named = {each.id: each.named for each in secrets.load_forms()}[form]
    assert named == ("token." in hidden) or "%3D" in plain
    at = 0
    for piece in re.split("(«[^»]*»)", sample):
        text = piece.strip("«»")
        got = hidden[at : at + len(text)]
        at += len(text)
        if not MARKED.fullmatch(piece):
            assert got == piece
        else:
            assert re.fullmatch(r"token\.[0-9a-f]{12}~+" if "~" in got else r"\*+", got)
    assert secrets.hide(hidden) == hidden


@pytest.mark.parametrize(("form", "sample"), KEPT)
def test_what_only_looks_like_a_secret_stays(form: str, sample: str) -> None:  # noqa: ARG001 - it names the test
    assert secrets.hide(sample) == sample


@pytest.mark.parametrize("form", secrets.load_forms(), ids=lambda form: form.id)
def test_each_form_has_samples_that_only_it_hides(form: secrets.Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """So no form is there for nothing."""
    others = tuple(each for each in secrets.load_forms() if each.id != form.id)
    plain = [sample.replace("«", "").replace("»", "") for sample in form.hidden]
    before = secrets.hide_all(plain)
    monkeypatch.setattr(secrets, "load_forms", lambda: others)
    assert secrets.hide_all(plain) != before
    assert form.kept


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "around",
    ["{}", "/api/v1/dags/{}/dagRuns", "/trigger?dag_id={}&origin=%2Fhome", "DAG {} was not found", "dag_id={} run=1",
     '{{"dag_id": "{}", "x": 1}}', "http://airflow.example.com:8080/dags/{}/grid"],
)  # fmt: skip
def test_ids_that_look_a_bit_like_secrets_stay(twin: str, around: str) -> None:
    text = around.format(twin)
    assert secrets.hide(text) == text


def test_evidence_stays() -> None:
    """Examples of rules for messages, and samples of line formats, are read the same without secrets."""
    known = rules.load_rules().events
    messages = [str(example.data["message"]) for rule in known for example in rule.examples]
    assert len(messages) > 70
    changed = [(one, other) for one, other in zip(messages, secrets.hide_all(messages), strict=True) if one != other]
    for before, after in changed:
        assert [re.search(rule.message, before) is None for rule in known] == [
            re.search(rule.message, after) is None for rule in known
        ]


@given(st.lists(st.text(alphabet=st.characters(), max_size=40), max_size=5))
def test_any_text_may_come(texts: list[str]) -> None:
    hidden = secrets.hide_all(texts)
    assert list(map(len, hidden)) == list(map(len, texts))
    assert secrets.hide_all(hidden) == hidden


@pytest.mark.parametrize(
    "text", [re.sub("[«»]", "", sample) for form in secrets.load_forms() for sample in form.hidden]
)
def test_few_texts_are_looked_at_as_many_are(text: str) -> None:
    assert secrets.hide(text) == secrets.hide_all([text, "." * (1 << 17)])[0]


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_token_is_hidden_whatever_is_around_it(before: str, after: str) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhb"
    assert "eyJzdWIi" not in secrets.hide(f"{before}{token}{after}")


def test_bytes_that_are_no_utf8_stay_what_they_were() -> None:
    assert secrets.hide("\udcff password=\udcfeabc \udc80é") == "\udcff password=**** \udc80é"
    assert secrets.hide("\ufdd0token=abc\ufdd1") in ("\ufffdtoken=****", "\ufffdtoken=***\ufffd")


def test_equal_tokens_get_one_name_and_different_ones_two() -> None:
    one, other = (f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{n}In0.dBjftJeZ4CVPmB92" for n in "12")
    assert secrets.hide(f"/dags/{one}/x") == f"/dags/{secrets.hide(one)}/x"
    assert secrets.hide(one) != secrets.hide(other)
    assert re.fullmatch(r"\(token [0-9a-f]{12}\)", secrets.name_tokens(secrets.hide(one)))


def test_a_secret_that_is_percent_encoded_is_found() -> None:
    for text in (
        "/x?next=https%3A%2F%2Fbob%3Ahunter2%40host%2F", "/x?pass%77ord=hunter2", "/dags/%65yJhbGciOiJIUzI1NiJ9.e30/x",
        "/x?next=%252Fy%253Ftoken%253Dhunter2", "postgresql%3A%2F%2Fairflow%3Ahunter2%40db",
    ):  # fmt: skip
        hidden = secrets.hide(text)
        assert "hunter2" not in hidden
        assert "yJhbG" not in hidden
        assert len(hidden) == len(text)


def test_line_formats_are_read_the_same() -> None:
    """No sample of a line format loses its line to a secret: method, path and status stay."""
    for form in formats.shipped():
        for sample in form.samples:
            assert len(secrets.hide(sample.line)) == len(sample.line)
