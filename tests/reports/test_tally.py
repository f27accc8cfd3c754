"""The summary of a run."""

from __future__ import annotations

import pandas as pd
import pytest

from logparse.reports.tally import Tally

TEN = ", ".join(f"u{number}" for number in range(10))


def row(users: str, number: int, clients: str = "10.0.0.7") -> dict[str, object]:
    return {
        "finding": "probe", "severity": "high", "status": "new", "title": "What is wrong", "attempts": 1, "logins": 0,
        "since": pd.Timestamp(0, tz="UTC"), "users": users, "user_count": number, "clients": clients, "client_count": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row("ann", 1)], "ann"),
        ([row("", 0)], "10.0.0.7"),
        ([row("", 0, "")], "(unknown)"),
        ([row("ann, bob", 2), row("bob, cat", 2), row("", 0)], "ann and 3 more"),
        ([row("", 0), row("ann, bob", 2)], "ann and 2 more"),
        ([row(f"{TEN} and 90 more", 100)], "u0 and 99 more"),
        ([row(f"{TEN} and 90 more", 100), row("ann", 1)], "u0 and 99+ more"),
        ([row("a" * 80, 1)], "a" * 21 + "..."),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_the_summary_names_who_is_concerned(rows: list[dict[str, object]], told: str, *, apart: bool) -> None:
    tally = Tally()
    for part in [[each] for each in rows] if apart else [rows]:
        week = Tally()
        week.add_findings(pd.DataFrame(part))
        tally += week
    lines = tally.lines((), {})
    assert lines[-1] == "          What is wrong"
    assert lines[-2].endswith(f"  {told}")
    assert lines[-3].endswith("  Who")


@pytest.mark.parametrize(
    ("finding", "attempts", "users", "number", "told"),
    [
        ("no-credentials-v2", 32, "127.0.0.9", 3, "127.0.0.9 and 2 more"),
        ("permission-denied", 1_234_567, "dave-editor", 9, "dave-editor and 8 more"),
        ("password-refused-elsewhere", 42, "dave-editor", 9, "dave-editor +8"),
        ("experimental-password-auth-403", 42, "dave-editor", 9, "dave... +8"),
        ("experimental-password-auth-403", 42, "dave", 1, "dave"),
    ],
)
def test_a_row_of_the_summary_fits_into_a_terminal(
    finding: str, attempts: int, users: str, number: int, told: str
) -> None:
    tally = Tally()
    one = row(users, number) | {"finding": finding, "attempts": attempts}
    tally.add_findings(pd.DataFrame([one, row("ann", 1)]))
    lines = tally.lines((), {})
    (mine,) = (line for line in lines if finding in line)
    assert mine.endswith(f"  {told}")
    assert max(map(len, lines)) <= 80


def test_the_summary_counts_logins_where_there_are_no_attempts() -> None:
    tally = Tally()
    tally.add_findings(pd.DataFrame([row("ann", 1) | {"attempts": 0, "logins": 5}]))
    assert tally.lines((), {})[-1] == "          What is wrong (5 logins)"
