"""What tables show of people can be hidden, with the same findings; a person can be taken out of an archive."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.parquet as pq
import pytest
from folders import invoke, visible, write
from places import TESTS
from typer.testing import CliRunner

import logparse
from logparse.cli import app
from logparse.common import privacy

if TYPE_CHECKING:
    from pathlib import Path


DENIED: Final = TESTS / "data" / "denied"
KEY: Final = "0123456789abcdef0123456789abcdef"
LINE: Final = (
    '{client} - {user} [22/Nov/2026:12:{minute:02}:00 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 {size} '
    '"{page}" "curl"\n'
)
PEOPLE: Final = ("alice.smith", "bob", "carol@example.com", "Dave Jones")


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGPARSE_PSEUDONYM_KEY", raising=False)


def exports(name: str) -> dict[str, Any]:
    folder = DENIED / name
    files = {
        "audit_logs": "audit_log.csv.gz",
        "dag_runs": "dag_run.csv.gz",
        "users": "rest_users.json.gz",
        "roles": "rest_roles.json.gz",
    }
    return {option: folder / file for option, file in files.items()}


def attempts(*paths: Path, **options: Any) -> pd.DataFrame:
    return logparse.attempts(*paths, **options)


@pytest.mark.sampled(4)
@pytest.mark.filterwarnings("ignore::logparse.IncompleteInputWarning")
@pytest.mark.parametrize("name", ["airflow-2.11.0", "airflow-2.2.5", "airflow-3.1.5", "airflow-3.2.2"])
@pytest.mark.parametrize("hidden", [["user", "client"], ["user"], "client"])
def test_pseudonyms_change_names_and_nothing_else(name: str, hidden: Any) -> None:
    log = DENIED / name / "server.log.gz"
    plain = attempts(log, **exports(name))
    shown = attempts(log, **exports(name), pseudonymize=hidden, pseudonym_key=KEY)
    for frame in (plain, shown):  # keys of findings are made of what is shown
        frame["finding"] = frame["finding"].str.replace(r"/[0-9a-f]{8}", "", regex=True)
    for column in plain.columns:
        if column not in hidden:
            assert shown[column].equals(plain[column]), column
            continue
        pairs = {(one, other) for one, other in zip(plain[column], shown[column], strict=True) if pd.notna(one)}
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}) > 0
        assert all(re.fullmatch(rf"{column}-[0-9a-f]{{12}}", other) for _, other in pairs)
        assert shown[column].isna().equals(plain[column].isna())


@pytest.mark.filterwarnings("ignore::logparse.IncompleteInputWarning")
@pytest.mark.parametrize("name", ["airflow-2.11.0", "airflow-3.1.5"])
@pytest.mark.parametrize(
    "options",
    [
        {"pseudonymize": ["user", "client"], "pseudonym_key": KEY},
        {"drop": ["user", "client", "user_agent"]},
        {"truncate_addresses": True, "pseudonymize": "user", "pseudonym_key": KEY},
    ],
    ids=["pseudonyms", "dropped", "truncated"],
)
def test_findings_are_the_same(name: str, options: Any) -> None:
    """Causes are found, and lacking permissions named, with true names; only the words hold others."""
    log = DENIED / name / "server.log.gz"
    plain = logparse.report(log, **exports(name))
    shown = logparse.report(log, **exports(name), **options)
    users = {*attempts(log, **exports(name))["user"].dropna()}
    assert plain.keys() == shown.keys()
    for week, reports in plain.items():
        before, after = reports["findings"], shown[week]["findings"]
        same = ["finding", "attempts", "incidents", "missing", "dags", "confidence", "first_seen", "example"]
        assert after[same].equals(before[same])
        words = " ".join(map(str, after[["users", "clients", "explanation", "remedy"]].to_numpy().ravel()))
        assert not [user for user in users if re.search(rf"(?<![\w.-]){re.escape(user)}(?![\w.-])", words)]
        if "pseudonymize" in options:
            assert "user-" in words
            assert reports["by_user"]["attempts"].sum() == shown[week]["by_user"]["attempts"].sum()
            assert len(reports["by_user"]) == len(shown[week]["by_user"])


def test_the_same_key_gives_the_same_pseudonyms_and_another_one_others(tmp_path: Path) -> None:
    log = write(tmp_path / "a.log", *(line(user) for user in PEOPLE))
    again = write(tmp_path / "b.log", *(line(user, minute=30) for user in reversed(PEOPLE)))

    def names(path: Path, key: str) -> set[str]:
        return set(attempts(path, pseudonymize="user", pseudonym_key=key)["user"])

    assert names(log, KEY) == names(again, KEY)
    assert len(names(log, KEY)) == len(PEOPLE)
    assert names(log, KEY).isdisjoint(names(log, KEY[::-1]))
    both = attempts(
        write(tmp_path / "c.log", line("x", client="x")), pseudonymize=["user", "client"], pseudonym_key=KEY
    )
    assert str(both.loc[0, "user"]).partition("-")[2] != str(both.loc[0, "client"]).partition("-")[2]


def line(user: str, minute: int = 0, *, client: str = "10.1.2.3", page: str = "-") -> str:
    return LINE.format(user=user, minute=minute, client=client, size=100 + minute, page=page)


@pytest.mark.parametrize(
    ("client", "shown"),
    [
        ("192.0.2.77", "192.0.2.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::1", "::"),
        ("not-an-address", "not-an-address"),
    ],
)
def test_addresses_lose_their_end(client: str, shown: str) -> None:
    assert privacy.truncate(client) == shown
    assert privacy.Privacy(truncate_addresses=True).show("client", client) == shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pseudonymize": "user"}, "pseudonyms need a key"),
        ({"pseudonymize": "dag_id", "pseudonym_key": KEY}, "'dag_id' is none of user, client"),
        ({"pseudonymize": "user", "pseudonym_key": "hunter2hunter2"}, "has 14 characters"),
        ({"drop": "outcome"}, "'outcome' is none of user, client"),
    ],
)
def test_what_cannot_be_hidden_is_said(options: Any, said: str, tmp_path: Path) -> None:
    log = write(tmp_path / "a.log", line("alice"))
    with pytest.raises(ValueError, match=said) as caught:
        attempts(log, **options)
    assert "hunter2" not in str(caught.value)
    flags = {"pseudonymize": "--pseudonymize", "drop": "--drop"}
    arguments = [part for name, value in options.items() if name in flags for part in (flags[name], value)]
    if key := options.get("pseudonym_key"):
        arguments += ["--pseudonym-key-file", str(write(tmp_path / "key", key))]
    done = invoke("attempts", log, *arguments)
    assert done.exit_code == 2
    assert re.sub(r"\W+", "", said) in re.sub(r"\W+", "", done.output)


def test_examples_of_lines_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write(tmp_path / "a.log", line("alice"), "what did alice do\n")
    assert "what did alice do" in invoke("attempts", log).output
    monkeypatch.setenv("LOGPARSE_PSEUDONYM_KEY", KEY)
    done = invoke("attempts", log, "--pseudonymize", "user,client")
    assert "1 of 2 lines not understood" in done.stderr
    assert "alice" not in done.output
    assert "10.1.2.3" not in done.stdout


class TestArchive:
    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        return tmp_path / "out"

    @pytest.fixture
    def key(self, tmp_path: Path) -> Path:
        return write(tmp_path / "key", KEY + "\n")

    def test_what_is_hidden_stays_hidden(self, out: Path, key: Path, tmp_path: Path) -> None:
        first = write(tmp_path / "a.log", *(line(user) for user in PEOPLE), "what did bob do\n")
        assert (
            invoke(
                "report", first, "--out", out, "--pseudonymize", "user,client", "--pseudonym-key-file", key
            ).exit_code
            == 1
        )
        second = write(tmp_path / "b.log", line("bob", minute=40))
        assert invoke("report", second, "--out", out).exit_code == 2
        other = write(tmp_path / "other", KEY[::-1])
        done = invoke("report", second, "--out", out, "--pseudonym-key-file", other)
        assert done.exit_code == 2
        assert "another key" in done.output
        assert invoke("report", second, "--out", out, "--pseudonym-key-file", key).exit_code == 0
        self.assert_nobody_shows(out)
        assert len(self.users(out)) == len(PEOPLE)
        assert invoke("archive", "forget", out, str(second), "--pseudonym-key-file", key).exit_code == 0
        self.assert_nobody_shows(out)

    def test_it_can_begin_and_end_later(self, out: Path, key: Path, tmp_path: Path) -> None:
        log = write(tmp_path / "a.log", *(line(user) for user in PEOPLE), "what did bob do\n")
        invoke("report", log, "--out", out)
        assert self.users(out) == set(PEOPLE)
        done = invoke(
            "report", log, "--out", out, "--pseudonymize", "user", "--drop", "client", "--pseudonym-key-file", key
        )
        assert done.exit_code == 0, done.output
        self.assert_nobody_shows(out)
        assert invoke("report", log, "--out", out, "--pseudonymize", "none").exit_code == 0
        assert self.users(out) == set(PEOPLE)

    def users(self, out: Path) -> set[str]:
        (week,) = (out / "attempts").iterdir()
        return {*pq.read_table(week / "part-0.parquet")["user"].to_pylist()}

    def assert_nobody_shows(self, out: Path) -> None:
        text = repr(pq.read_table(out / "attempts").to_pylist()) + repr(visible(out))
        assert not [name for name in (*PEOPLE, "10.1.2.3") if name in text]
        assert KEY not in text + (out / "run.json").read_text()

    @pytest.mark.parametrize("hidden", [False, True])
    def test_a_person_is_forgotten(self, out: Path, key: Path, tmp_path: Path, *, hidden: bool) -> None:
        options: list[str | Path] = ["--pseudonym-key-file", key] if hidden else []
        log = write(
            tmp_path / "a.log", "what did bob do\n", "bobsleigh\n", *(line(user, n) for n, user in enumerate(PEOPLE)),
            line("x", 9, page="http://h/users/bob"),
            "[2026-11-22T12:50:00.000+0000] {override.py:2240} INFO - Login Failed for user: Bob\n",
        )  # fmt: skip
        audit = [
            {
                "event_log_id": n,
                "when": f"2026-11-22T12:{n:02}:00Z",
                "event": "trigger_dag_run",
                "dag_id": "etl",
                "owner": user,
            }
            for n, user in enumerate(PEOPLE)
        ]
        users = [
            {"username": user, "first_name": "F", "last_name": f"L{n}", "roles": []} for n, user in enumerate(PEOPLE)
        ]
        given: list[str | Path] = ["--audit-log", write(tmp_path / "audit.json", json.dumps({"event_logs": audit}))]
        given += ["--users", write(tmp_path / "users.json", json.dumps({"users": users}))]
        invoke("report", log, "--out", out, *given, *(["--pseudonymize", "user"] if hidden else []), *options)
        assert "bob" in self.stored(out)
        before, before_users = visible(out), self.users(out)
        trial = invoke("archive", "forget", out, "--user", "BOB", "--dry-run", *options)
        said = "3 lines, 2 records, 0 examples" if hidden else "3 lines, 2 records, 1 example"
        assert trial.output == f"Would remove {said}\n"
        assert visible(out) == before
        assert invoke("archive", "forget", out, "--user", "BOB", *options).output == f"Removed {said}\n"
        assert not re.search(r"(?i)\bbob\b", self.stored(out))
        assert len(self.users(out)) == len(before_users) - 2  # of x, the only line names bob
        assert invoke("archive", "verify", out).exit_code == 0
        again = invoke("archive", "forget", out, "--user", "bob", *options)
        assert again.exit_code == 2
        assert "holds nothing of a user of this name" in again.output
        assert invoke("report", log, "--out", out, *options).exit_code == 0  # the log is known
        assert not re.search(r"(?i)\bbob\b", self.stored(out))

    @pytest.mark.parametrize("hidden", [False, True])
    def test_attempts_that_only_a_record_names_go_too_however_the_name_is_typed(
        self, out: Path, key: Path, tmp_path: Path, *, hidden: bool
    ) -> None:
        options: list[str | Path] = ["--pseudonym-key-file", key] if hidden else []
        log = write(tmp_path / "a.log", line("-").replace(" 403 ", " 200 "), line("alice.smith", 30))
        record = {
            "event_log_id": 1,
            "when": "2026-11-22T12:00:00Z",
            "event": "dag_run.create",
            "dag_id": "etl",
            "owner": "bob",
        }
        audit = write(tmp_path / "audit.json", json.dumps({"event_logs": [record]}))
        shown = ["--pseudonymize", "user"] if hidden else []
        invoke("report", log, "--out", out, "--audit-log", audit, *shown, *options)
        assert None not in self.users(out)
        done = invoke("archive", "forget", out, "--user", "BOB", *options)
        assert done.output == "Removed 1 line, 1 record, 0 examples\n"
        assert len(self.users(out)) == 1

    def stored(self, out: Path) -> str:
        """All that the files of an archive hold, also in dictionaries of which no row holds a word any more."""
        texts = []
        for path in sorted((out / ".logparse").rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                if data[:4] == b"PAR1":
                    table = pq.read_table(path, read_dictionary=pq.read_schema(path).names)
                    chunks = [chunk for column in table.columns for chunk in column.chunks]
                    texts += [repr(chunk.dictionary.to_pylist()) for chunk in chunks if hasattr(chunk, "dictionary")]
                    texts.append(repr(table.to_pylist()))
                else:
                    texts.append(data.decode("utf-8", "replace"))
        return "\n".join(texts)

    def test_logs_or_people_are_named(self, out: Path, tmp_path: Path) -> None:
        invoke("report", write(tmp_path / "a.log", line("bob")), "--out", out)
        mistakes: list[list[str]] = [[], ["x", "--user", "bob"], ["x", "--dry-run"]]
        for arguments in mistakes:
            assert invoke("archive", "forget", out, *arguments).exit_code == 2


def test_options_add_up_from_run_to_run(tmp_path: Path) -> None:
    """What a run does not name stays hidden in an archive; `none` shows names again."""
    log, out = str(write(tmp_path / "a.log", *(line(user) for user in PEOPLE))), str(tmp_path / "out")
    environment = {"LOGPARSE_PSEUDONYM_KEY": KEY}

    def users(*options: str) -> set[str]:
        assert CliRunner().invoke(app, ["report", log, "--out", out, *options], env=environment).exit_code == 0
        return set(pd.read_csv(next((tmp_path / "out").glob("20*")) / "by_user.csv")["user"])

    hidden = users("--pseudonymize", "user")
    assert hidden.isdisjoint(PEOPLE)
    assert users("--drop", "user_agent") == hidden
    assert users("--truncate-addresses") == hidden
    assert users("--pseudonymize", "none") == set(PEOPLE)
