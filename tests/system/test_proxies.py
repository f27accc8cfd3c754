"""What a proxy's line says: its own answers are none of Airflow's, a client that left leaves it open."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from logparse.formats.line_format import LineFormat
from logparse.inspection.explain.explanation import explain
from logparse.lines.access import make_access
from logparse.pipeline import options, result_builder
from logparse.rules import loader
from logparse.rules.model import LADDER
from logparse.scans.scanner import scan_opened
from logparse.scans.settings import Setup
from logparse.scans.tagging import Tagger
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.source import Source
from logparse.verdicts.exports import loader as exports
from logparse.verdicts.exports.export_files import Written

if TYPE_CHECKING:
    from pathlib import Path

ENVOY = (
    '[2026-11-22T14:07:{second:02}.000Z] "POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} {flags} 12 {size} 30 29 '
    '"198.51.100.18" "curl/8.5.0" "0d0055dc-01ee-49b3-a931-27cec156ff14" "airflow.example.com" "{upstream}"\n'
)
RUNS = "id,dag_id,run_id,execution_date,queued_at,run_type,state,external_trigger\n"
AROUND = (
    "1,other,manual__1,2026-11-22 11:00:00,2026-11-22 11:00:00,manual,queued,1\n"
    "9,another,manual__9,2026-11-22 17:00:00,2026-11-22 17:00:00,manual,queued,1\n"
)
AUDIT = "id,dttm,dag_id,task_id,map_index,event,execution_date,run_id,owner,owner_display_name,extra,try_number\n"


def refused(second: int, status: int = 401, dag: str = "etl", size: int = 188) -> str:
    return ENVOY.format(second=second, status=status, flags="UAEX", size=size, dag=dag, upstream="-")


def passed(second: int, status: int, dag: str = "etl", size: int = 188, flags: str = "-") -> str:
    return ENVOY.format(second=second, status=status, flags=flags, size=size, dag=dag, upstream="10.0.0.9:8080")


def attempts(log: str, **given: str) -> list[dict[str, Any]]:
    reading = ChunkReader(Source("-", None, None), stdin=io.BytesIO(log.encode()))
    known = loader.load_rules()
    kinds = ("audit_log", "dag_runs", "users", "roles")
    written = exports.of(*([Written(kind, given[kind])] if kind in given else () for kind in kinds))
    (found,) = scan_opened([reading], Setup(), Tagger(known))
    frame = result_builder.conclude(found, [reading.source], options.Options(exports=written), known).attempts
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


class TestRefused:
    @pytest.mark.parametrize("status", [302, 401, 403, 404, 409, 413, 429])
    def test_whatever_the_status(self, status: int) -> None:
        (row,) = attempts(refused(3, status))
        assert (row["outcome"], row["reason"], row["confidence"]) == ("other_failure", "refused_by_proxy", "confirmed")
        assert (row["evidence"], row["client"], row["status"]) == ("proxy+status", "198.51.100.18", status)

    def test_a_proxy_that_finds_no_server_refuses_nobody(self) -> None:
        (row,) = attempts(ENVOY.format(second=3, status=503, flags="UH", size=19, dag="etl", upstream="-"))
        assert (row["outcome"], row["reason"]) == ("other_failure", "server_error")

    def test_no_other_evidence_is_about_it(self) -> None:
        """Nor does it say anything about the others."""
        alone = [passed(5, 403), passed(6, 404, "nope", 209)]
        among = [refused(3, 404, "nope", 209), refused(4, 401), *alone, refused(7, 200, "nope")]
        wanted = ["outcome", "reason", "detail", "confidence", "evidence", "rule"]
        plain = [[row[name] for name in wanted] for row in attempts("".join(alone))]
        assert [[row[name] for name in wanted] for row in attempts("".join(among))[2:4]] == plain

    def test_no_record_is_of_it(self) -> None:
        run = "5,etl,manual__5,2026-11-22 14:07:03.100,2026-11-22 14:07:03.200,manual,queued,1\n"
        row = "5,2026-11-22 14:07:03.100,etl,,,api.post_dag_run,,,uma,uma,{},\n"
        before = "1,2026-11-22 11:00:00.100,etl,,,api.post_dag_run,,,uma,uma,{},\n"
        (found,) = attempts(refused(3, 400), dag_runs=RUNS + AROUND + run, audit_log=AUDIT + before + row)
        assert (found["rule"], found["user"]) == ("refused-by-proxy", None)

    def test_explain(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(refused(3, 400))
        said = explain(str(tmp_path / "a.log"), 1, Setup())
        assert "answered by itself; Airflow never saw the request" in said
        assert "with exports  nothing: Airflow never saw the request" in said
        assert "proxy: other_failure, refused_by_proxy, confirmed (refused-by-proxy), which decides" in said


class TestClosed:
    @pytest.mark.parametrize(
        "line",
        [
            passed(3, 0, flags="DC"),
            '203.0.113.7 - - [22/Nov/2026:14:07:03 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 499 0 "-" "curl"\n',
            '203.0.113.7 - - [22/Nov/2026:14:07:03 +0000] "POST /trigger?dag_id=etl HTTP/1.1" 499 0 "-" "curl"\n',
        ],
    )
    def test_what_exports_tell(self, line: str) -> None:
        run = "5,etl,manual__5,2026-11-22 14:06:43.100,2026-11-22 14:06:43.200,manual,queued,1\n"
        later = run.replace("14:06:43", "14:07:43")
        told = [
            [row["outcome"], row["reason"], row["confidence"], row["evidence"]]
            for given in ({}, {"dag_runs": RUNS + AROUND}, {"dag_runs": RUNS + AROUND + later})
            for row in attempts(line, **given)
        ]
        assert told == [
            ["undetermined", "client_closed", "ambiguous", "proxy+status"],
            ["other_failure", "client_closed", "likely", "dag_run+status"],
            ["success", None, "confirmed", "dag_run+status"],
        ]

    def test_before_the_time_that_it_took_no_run_is_its(self) -> None:
        run = "5,etl,manual__5,2026-11-22 14:06:43.100,2026-11-22 14:06:43.200,manual,queued,1\n"
        (row,) = attempts(passed(3, 0, flags="DC"), dag_runs=RUNS + AROUND + run)
        assert row["reason"] == "client_closed"

    def test_a_run_that_an_answered_request_made_is_not_given_away(self) -> None:
        run = "5,etl,manual__5,2026-11-22 14:07:09.010,2026-11-22 14:07:09.020,manual,queued,1\n"
        found = attempts(passed(3, 0, flags="DC") + passed(9, 200), dag_runs=RUNS + AROUND + run)
        assert [row["rule"] for row in found] == ["client-left-no-run", "api-accepted"]

    def test_a_connection_that_somebody_else_ended(self) -> None:
        (row,) = attempts(passed(3, 0, flags="UC"))
        assert (row["outcome"], row["reason"]) == ("undetermined", "client_closed|server_error")


class TestVouched:
    FORM = LineFormat("apache", "access", "", 0, lambda _: None, vouches=True)
    PLAIN = LineFormat("gunicorn", "access", "", 0, lambda _: None)

    @pytest.mark.parametrize(
        ("form", "user", "status", "vouched", "claimed"),
        [
            (FORM, "uma", "200", True, "unknown"),
            (FORM, "uma", "403", True, "unknown"),
            (FORM, "uma", "401", False, "unknown"),  # "may be bogus if return status is 401"
            (FORM, "-", "200", False, "unknown"),  # a name that was passed on unseen
            (PLAIN, "uma", "200", False, "yes"),
            (PLAIN, "-", "200", False, "no"),
        ],
    )
    def test_lines(self, form: LineFormat, user: str, status: str, *, vouched: bool, claimed: str) -> None:
        fields: dict[str, str | None] = {"user": user, "status": status, "method": "POST", "target": "/x"}
        access = make_access(form, fields, 1, None)
        assert (access.vouched, access.claimed) == (vouched, claimed)

    TRAEFIK = (
        '203.0.113.7 - {user} [22/Nov/2026:12:47:51 +0000] "POST {path} HTTP/1.1" {status} 34 "-" "-" 1 "airflow@file" '
        '"{server}" 1ms\n'
    )

    @pytest.mark.parametrize(
        ("path", "status", "server", "source", "verified"),
        [
            ("/api/v1/dags/x/dagRuns", 200, "http://10.0.0.1:8080", "proxy", True),
            ("/api/v1/dags/x/dagRuns", 403, "http://10.0.0.1:8080", "proxy", True),
            ("/api/v1/dags/x/dagRuns", 400, "http://10.0.0.1:8080", "proxy", False),
            ("/api/v1/dags/x/dagRuns", 401, "http://10.0.0.1:8080", "proxy", False),  # Airflow's own 401
            ("/api/v1/dags/x/dagRuns", 401, "-", "claimed", False),
            ("/api/v1/dags/x/dagRuns", 429, "-", "proxy", False),  # Airflow never saw it
            ("/dags/x/trigger", 302, "http://10.0.0.1:8080", "proxy", False),  # the web UI has logins of its own
        ],
    )
    def test_who_it_was(self, path: str, status: int, server: str, source: str, *, verified: bool) -> None:
        (row,) = attempts(self.TRAEFIK.format(user="uma", path=path, status=status, server=server))
        assert (row["user"], row["user_source"], row["user_verified"]) == ("uma", source, verified)

    def test_a_name_that_a_proxy_asked_for_says_nothing_of_basic_authentication(self) -> None:
        served = self.TRAEFIK.format(
            user="uma", path="/api/v1/dags/x/dagRuns", status=200, server="http://10.0.0.1:8080"
        )
        mine = '203.0.113.7 - uma [22/Nov/2026:12:48:51 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 401 188 "-" "c"\n'
        assert attempts(served + mine)[1] == {**attempts(mine)[0], "line": 2}


def test_rules_on_what_happened_on_the_way_come_first() -> None:
    known = loader.load_rules().outcomes
    first = [rule.id for rule in known if rule.evidence[0] == "proxy"]
    assert [rule.id for rule in known[: len(first)]] == first == ["refused-by-proxy", "client-left"]
    assert LADDER[0] == "proxy"
