"""How often the product is right, measured on recorded logs of real servers: writes ``docs/accuracy.md``.

    python benchmarks/accuracy.py           write the page
    python benchmarks/accuracy.py --check   exit 1 if it would change

Both need logparse installed (``pip install -e .``).

Owns: the page. Must not know: how figures are computed.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Final

import matching
import recordings
import scoring
import twins
from scoring import Share

from logparse.common.schema import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordings import Case
    from scoring import Pair, Score
    from twins import Twin

    from logparse.pipeline.result import Result

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
_LONGEST_PATH: Final = 60

_INTRODUCTION: Final = """\
# Accuracy

<!-- Written by `python benchmarks/accuracy.py`; do not edit. -->

How often logparse is right, measured on logs of real Airflow servers. `tests/data/recordings` holds them. A client sent
each server some hundred requests, trigger attempts of all kinds among them, and wrote down what it sent and what came
back. What really became of each attempt is the truth: that a run was made was looked up in Airflow's database, and
the kind of a failure is what the client provoked on purpose. logparse sees the logs alone: no audit log, no export of
users or runs.

How many causes of failures are found is measured on weeks that are made up. `python benchmarks/fleet.py SEED` writes
three weeks of three Airflows (2.10.5 with two replicas, 2.10.5 that is upgraded to 3.3.2 in the middle, 2.7.3) with
25 causes that are known beforehand: among them a changed role, password, key and backend, restarts, an attack that
gets in, and a client whose handshakes are harmless. Each week is reported when it is over. Rules were mended on seed
1. On seeds 2 to 5, all 25 causes are found in every week in which they are there, with the right people and DAGs,
with `since` and `until` to the minute, and with `likely_trigger` where a restart set them off. Nothing else is
reported. A week of a deployment has 10 rows at most. The lines are written as the recorded servers write them, so
this says nothing about formats and versions.

`python benchmarks/second_fleet.py SEED` does so with five other Airflows (1.10.15 with its newest line first, 2.10 of
Amazon MWAA whose callers have no name, 2.11 with LDAP, 2.10 whose people use the web UI alone, 3.3.2 with two replicas)
and 28 other causes: among them an open API, a server of LDAP that is down, replicas with different keys, sessions that
end in pauses or with a restart, a proxy that changes hosts, and people whose double clicks and expired sessions are
harmless. When they were made, all were found, two not with all people or dates, and expired sessions were reported.
Rules were mended on seed 1. On seeds 3 to 5 one cause, sessions that end in pauses, was missed at first, and how soon
before a failure a success counts (`turn_within`) was chosen on seeds 2 to 5. On seeds 11 to 13, which nobody had looked
at, all 28 are found with the right people, DAGs, `since`, `until` and `likely_trigger`. Nothing else is reported, and a
week of a deployment has 10 rows at most. Both fleets were made again with seeds 51, 52, 901, 1402 and 7713 after rules
had been mended for other causes, and with 4711 and 815 after findings about logins had been added: all figures are the
same. Who made these fleets also made the rules.

`python benchmarks/third_fleet.py SEED` writes seven Airflows in other forms of logs: 1.10.15 with passwords on the
experimental API, 2.9 of Cloud Composer as Cloud Logging exports it, 3.0.6 of Amazon MWAA in CloudWatch, 2.9 of which
there is only the log of nginx in front, 2.7.3 with LDAP, 3.1.8 with two replicas in Docker's JSON, and 3.3.2 in JSON
that makes a key at each start. Its 26 causes were chosen from public reports before any rule was read, among them a
group that was taken from a team, a clock that is ahead, a token of a user who was deleted, a login and a limit of
nginx, and a program that never gets a token. At first, on seed 1, 22 of them were found, and some refusals were
reported twice: lines with ids of records were not joined with their app lines in the second week, and a refusal by
nginx itself was a wrong password. That was mended by kind. On seed 1 after that, and on seed 11, which nobody had
looked at, all 26 are found with the right people, DAGs, `since` and `until`. Nothing else is reported, and a week of a
deployment has 5 rows at most. Who made this fleet has read no rule, but knows what the findings are called.

`python benchmarks/fourth_fleet.py SEED` writes four more: 1.10.15 whose people use the web UI and whose programs an
experimental API that is open and then closed, 2.10.5 with passwords, 3.2.2 in JSON with two replicas, and 2.9.3 in
the log of Kubernetes that is upgraded to 3.1.8 in the middle. Its 38 causes were chosen from the catalogue of
public reports, and its lines were written, before any rule was read: among them a password that is guessed in 30
hours, tokens that are forged, DAGs that are deleted, renamed, broken or closed to manual runs, and a token that is
made once a week; typing errors, double clicks, handshakes and forms that were open for long are harmless. At first,
on seed 1, 32 were named rightly in every week, 25 of them with all people, DAGs, `since` and `until` in one row; an
audit log changed nothing. Not found were a slowly guessed password, forged tokens (three rows, not one), an open
API whose callers all send names, its closing (of which the log that was made lacked the restart), a path in front
of the API that the server does not have, and a role that was given later (it was put together with a role that was
lost). Typing errors, double clicks and single lost sessions were reported as `low`. That was mended by kind. On
seed 1 after that, and on seeds 11 and 12, all 38 are found, with the right DAGs and `since`; two people without a
role are two rows, so that this cause lacks a person and `until`. Nothing else is reported, and a week of a
deployment has 12 rows at most. On seed 11, which had shown that keys that differ over the turn of a week had two
names, this was mended after it was looked at; seed 12 is fresh.

Six more Airflows were made up for one measurement, in forms of logs that these two do not have: 2.8 behind ingress-
nginx in a container's log, 3.1 behind a balancer of AWS, 2.7 with two replicas as CloudWatch Logs Insights gives it
out, 3.3 in JSON as Loki exports it, 2.11 behind nginx, and 3.2 with two replicas in Docker's JSON. Their 45 causes
overlap (a password that is wrong since an outage), have one to three attempts, begin on a Monday at 00:00 UTC, span
midnight of a week, or end and return; there are users with many 409s and people in browsers of Airflow 3. On the
first four, as logparse was then, on seeds that nobody had looked at (2 and 3), of 28 causes 26 were named rightly in
every week, 25 with all people, 26 with the right DAGs, 24 with `since`, 25 with `until`, 25 with the right `status`,
and 25 with or without `likely_trigger`, rightly. A program that renews its token was reported as trouble in each
week. A week had 9 rows at most. What fell short was mended by kind: refusals that only a balancer saw, a loss of
access at the turn of a week, a start of the server at the turn of a week. On seeds 4 to 6, made after that, all 28
are right in all of this, and nothing else is reported, with 7 rows at most. The last two were made after that: on
seeds 1 to 3, all 17 causes are named rightly, 16 with `since` and all people (bodies of three people that one DAG
does not take are three rows).

A row of the table `attempts` belongs to the attempt that left that very line of the log. Where the truth knows no line,
it belongs to an attempt of the same method, status and path that was under way at that time, give or take 3 seconds,
one to one, and as many as possible. Requests of a wrong method, or for a path that is no endpoint of that version, may
be reported or left out; no figure but precision looks at them.

| figure | of | counts |
|---|---|---|
| recall | attempts that were sent | those that are reported |
| precision | rows that are reported | those that belong to an attempt that was sent |
| outcome | attempts that were sent and reported | those whose outcome is right; one left `undetermined` is not |
| status codes alone | attempts that were sent | those that would be right if 2xx and 3xx were a success, 401 a \
failure of authentication, 403 one of authorization, and all else another failure |
| confident wrong | number | attempts with a wrong outcome that is called `confirmed` |
| undetermined | number | attempts whose outcome is left open |
| reason | attempts that failed | those whose reason is right |
| detail | failed attempts with a detail both in the truth and reported | those where it is right |
| dag_id | attempts that named a DAG | those with that very DAG |
| channel | attempts that were sent and reported | those whose channel is right |
| user coverage | attempts of a known user (for a refused login: the one who was claimed) | those with a user |
| user precision | attempts with a user | those with the right one; where the truth knows none, a name in a Basic \
header is right |
| unparsed | number | lines of the logs that nothing was made of |

Where an attempt is wrong or left open, its *twin* is another attempt in the same log that has the same evidence, and
another outcome: the request but for the length of the DAG's id, the app lines that could be about it, and the request
and message that followed. Nobody who reads only the logs can see the difference. A *rival* looks different, but one and
the same app line could be about either.
"""

_EXPORT_HEADS: Final = (
    "case", "exports", "outcome", "wrong or open", "confident wrong", "reason", "users of successes", "user coverage",
    "user precision",
)  # fmt: skip
_WITH_EXPORTS: Final = """\
The same with the audit log, and with the DAG runs where they were exported. `users of successes` are the attempts that
made a run or queued an event, by a known user, and have a user. What stays without one are requests for which Airflow
writes no row: `/dagrun/add` and cookies on the API up to 2.4, and task tokens, which are no users; and requests that
either of two replicas may have handled, whose access lines have no time. No export shows which of two refused requests
is which: bursts of good and bad tokens in 3.x stay as they are.
"""
_NAMED: Final = """\
### Who has a name

Of the attempts of a known user, those that have a name with exports. What is missing is mostly what nothing in these
files shows. Airflow 3 writes no name into its access lines, and a row of the audit log only for requests that it lets
in: who sent a token that was refused, or one of a role that may not trigger, cannot be told by anybody. Up to 2.11 the
same holds for refused browsers whose login is not in the log, and for keys and sessions on the API. Where the audit log
holds first and last names in place of user names (2.7.1), an export of users (`--users`) tells who that is; none is
given here.
"""
_HEADS: Final = (
    "case", "Airflow", "attempts", "recall", "precision", "outcome", "status codes alone", "confident wrong",
    "undetermined", "reason", "detail", "dag_id", "channel", "user coverage", "user precision", "unparsed",
)  # fmt: skip


_SURE: Final = """\
How often the outcome was right, by what the column `confidence` said of it.
"""
_UNTUNED: Final = """\
The rules were written with most of these logs at hand, so the tables above show more than what a log gets that nobody
has seen. The servers below had versions and settings that were new. They were scored once, with the program as it was:
that is what to expect of a server of your own. What they showed is mended since; the tables above show them as they are
judged now, but for the last eleven, whose logs were not kept. The formats of two of these had to be named
(`--log-format`, `--field`). In the four recordings of 1.10.12, 2.9.1 and 3.1.7, 13 of 481 labels said other than the
answer of the server or its database; these rows were looked at and
corrected before these figures were taken down.

- The worst are Airflow 3.1 and 3.2 whose only log is HAProxy's, without users and app lines. 403 says that a token was
  refused or a role, and only the length of the answer shows which; HAProxy's sizes hold the headers. So 45 and 40
  attempts were left open, and none was wrong. Now all refusals together show how long the headers are: 100 % of 3.1.
- 2.9 behind a proxy whose log names no user and no page that a request came from: 99.2 % now. It was nginx; its lines
  were written in Envoy's default form.
- HAProxy with `option httplog` names no user, page or browser, and its sizes hold the headers: 99.3 % now.
- 1.10.14 that is also asked for the API of Airflow 2: 100 % now.
- 2.5.1 behind Apache httpd that checks passwords: 97.0 % now.
- Two replicas without a proxy whose clients turn to either: the page behind a redirect is then in the log of the other
  one, within the same second.
- 2.10.3, 2.7.1 and 3.3.0 (one server, with the log of nginx and with its own). With exports, names were
  wrong at first: 3 of 179, 50 of 131 and 8 of 104. Most were first and last names in place of user names, some were
  those of other people behind the same address. 16 looks at the form of 2.7.1 were reported as attempts. Four labels
  of the server of 3.3.0 said other than its answers, and were corrected before these figures were taken down.
- 2.8.2 is the first one on which a scheduler runs and the list of DAGs shows import errors, as on many servers of
  companies. A message is then shorter by 8 bytes there. So 20 refusals of the web UI were taken for successes, and 4
  names of 107 were those of callers whose line stood in front of a login: 99.5 % and no wrong name now. With the
  exports, 99.5 % of outcomes were right at first, and 15 of 175 names were wrong.
- 2.6.2 behind Apache httpd as Debian configures it: sizes hold the headers, so that 56 redirects and refused forms were
  left open, and none was wrong. Now answers whose targets are known show how long the headers are: 99.5 %. No log
  names anybody, so `bad_credentials` cannot be told from `no_credentials` (15 reasons). Two labels said other than
  the answer, and were corrected; that changes no figure of outcomes. With the exports, 88.0 % of outcomes and all 95
  names were right at first.
- 3.1.8 and 2.7.2: all outcomes right at first, also with the exports, and all 109 and 92 names. 3.1.8 has roles for
  single DAGs and a log of its own; a scheduler runs on both. The client of 2.7.2 was made from that of 2.8.2. 11 looks
  at the form of a DAG with params were reported as attempts of 2.7.2, and the message about import errors on the page
  of a broken DAG, which stands beside another one there, was taken for that of a conflict. Nine labels of 3.1.8 said
  `token_expired` or `token_invalid`, though the server had taken the cookie away before, and were corrected.
- 2.10.4 behind nginx as Debian configures it: it compresses pages, so that no size shows a message. 14 refusals of the
  web UI were left open, and a conflict and an import error were taken for successes: 97.6 % now. Where a request came
  from shows which of them were refused, and answers of the API which DAG is broken. With the exports, all outcomes and
  all 190 names were right at first. Three labels of forms without a token said `no_session`, and were corrected.
- 2.8.3 with LDAP, a path prefix and two replicas, behind a balancer whose address is that of all clients: three import
  errors on a DAG's own page and a refusal were taken for successes, and two refusals were left open. The refusal is
  mended: 97.5 % now. The page of a DAG is compressed for browsers, so that its size shows no message. With the exports,
  all outcomes were right at first, and 159 of 160 names: a form without a token got the name of a user with such a
  browser. Who sends such a form need not be logged in, so it has a name only where nobody was shown the login page.
- 3.2.1 behind Caddy, which compresses answers to browsers: 36 refusals were left open, since no known text was of their
  size, and none was wrong. Now all refusals together show how much compression adds: 100 %. In the server's own log,
  three refusals that followed a logout at the same address were taken for revoked tokens, though several people were
  logged in there: 100 % now. With the exports, all 80 and 114 names were right at first. The labels of these three
  recordings were not changed.
"""
_LABELS: Final = """\
These are outcomes. Of the reasons that count as wrong, some cannot be known, or are right. Line 75 of
airflow-2.10.5-forged-lines is a call whose header held an empty user name. To Airflow that is no name at all, and it
writes no line about a login that failed. So `no_credentials` is right, though the label says `bad_credentials` of an
unknown user. In 2.0 and 2.1 Airflow writes no line about wrong passwords either, so an empty password looks like a
wrong one.
"""
#: Servers whose logs were not kept: name, version, what was right at first of how many, and what was wrong though
#: `confirmed`.
_NOT_KEPT: Final = (
    ("airflow-2.6.1-basic-httpd", "2.6.1", (Share(151, 160), Share(96, 113), Share(0, 0)), 0),
    ("airflow-2.8.1-basic-haproxy", "2.8.1", (Share(157, 160), Share(111, 114), Share(82, 82)), 0),
    ("airflow-3.2.1-fab-replicas-haproxy", "3.2.1", (Share(138, 139), Share(101, 102), Share(0, 0)), 0),
    ("airflow-2.10.2-basic-prefix-replicas", "2.10.2", (Share(151, 162), Share(103, 113), Share(118, 118)), 0),
    ("airflow-2.2.2-basic-experimental", "2.2.2", (Share(172, 172), Share(112, 121), Share(128, 128)), 0),
    ("airflow-3.0.4-fab-prefix", "3.0.4", (Share(137, 139), Share(110, 113), Share(45, 45)), 0),
    ("airflow-2.8.1-public-viewer-nginx-json", "2.8.1", (Share(162, 162), Share(115, 119), Share(84, 84)), 0),
    ("airflow-2.10.2-basic-haproxy-httplog", "2.10.2", (Share(126, 162), Share(83, 113), Share(3, 4)), 0),
    ("airflow-1.10.14-rbac-deny-all-prefix", "1.10.14", (Share(75, 85), Share(59, 59), Share(0, 0)), 0),
    ("airflow-2.5.1-remote-user-httpd", "2.5.1", (Share(152, 165), Share(95, 118), Share(150, 150)), 2),
    ("airflow-3.2.1-own-manager-haproxy-json", "3.2.1", (Share(93, 133), Share(45, 98), Share(0, 0)), 0),
)
_UNTUNED_HEADS: Final = ("case", "Airflow", "attempts", "outcome", "reason", "user precision", "confident wrong")


@dataclass(frozen=True, slots=True)
class Measured:
    """A case with its figures.

    Attributes:
        unparsed: lines of its logs that nothing was made of.
        twins: of the attempts that were missed.
    """

    case: Case
    score: Score
    unparsed: int
    twins: Mapping[tuple[str, int], Twin]


def main() -> int:
    """Write the page, or check it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure accuracy on recorded logs and write docs/accuracy.md.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page would change")
    wanted = parser.parse_args()
    text = page([measure(case) for case in recordings.cases()], [helped(case) for case in exported()])
    if wanted.check:
        if PAGE.exists() and PAGE.read_text("utf-8") == text:
            return 0
        print(f"{PAGE.name} is not up to date: run python benchmarks/accuracy.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, "utf-8", newline="\n")
    return 0


def measure(case: Case) -> Measured:
    """Run the product over a case."""
    result = recordings.run(case)
    return weigh(case, result, scoring.score(matching.rows(result.attempts), recordings.truth(case)))


def helped(case: Case) -> Measured:
    """The same with the audit log and the DAG runs of the case, as far as they were exported."""
    result = recordings.run(case, audit_log=True, dag_runs=True)
    return Measured(case, scoring.score(matching.rows(result.attempts), recordings.truth(case)), 0, {})


def exported() -> list[Case]:
    """Cases whose audit log was exported."""
    return [case for case in recordings.cases() if case.export("audit_log")]


def weigh(case: Case, result: Result, score: Score) -> Measured:
    """The figures of a case, with the twins of what is wrong."""
    unparsed = sum(entry.kinds["unparsed"] for entry in result.entries)
    return Measured(case, score, unparsed, twins.of(case, [(pair.got.source, pair.got.line) for pair in score.wrong]))


def page(measured: Sequence[Measured], with_exports: Sequence[Measured]) -> str:
    """The whole page."""
    table = [
        _line(_HEADS),
        _line(["---", "---", *["---:"] * (len(_HEADS) - 2)]),
        *(_line(_cells(each.case.name, each.case.version, [each])) for each in measured),
        _line(_cells("**all**", "", measured)),
    ]
    helping = [
        _line(_EXPORT_HEADS),
        _line(["---", "---", *["---:"] * (len(_EXPORT_HEADS) - 2)]),
        *(_line(_helped_cells(each.case.name, [each])) for each in with_exports),
        _line(_helped_cells("**all**", with_exports)),
    ]
    parts = [
        _INTRODUCTION, "## Figures\n", "\n".join(table) + "\n",
        "## With exports\n", _WITH_EXPORTS, "\n".join(helping) + "\n", _NAMED, _names(with_exports),
        "## How sure it is\n", _SURE, _sure(measured, with_exports),
        "## Servers that nobody had seen\n", _UNTUNED, _untuned(measured),
        "## What is wrong or open, case by case\n", _LABELS,
    ]  # fmt: skip
    for each in measured:
        parts += [f"### {each.case.name}\n", f"Airflow {each.case.version}. {each.case.settings}\n", _wrong(each)]
    return "\n".join(parts)


def _cells(name: str, version: str, measured: Sequence[Measured]) -> list[str]:
    scores = [each.score for each in measured]

    def share(figure: str) -> Share:
        shares: list[Share] = [getattr(each, figure) for each in scores]
        return reduce(add, shares, Share(0, 0))

    return [
        name,
        version,
        str(share("recall").whole),
        *(_percent(share(figure)) for figure in ("recall", "precision", "outcome", "by_status")),
        str(sum(each.confident_wrong for each in scores)),
        str(sum(each.undetermined for each in scores)),
        *(_percent(share(figure)) for figure in ("reason", "detail", "dag_id", "channel")),
        *(_percent(share(figure)) for figure in ("user_coverage", "user_precision")),
        str(sum(each.unparsed for each in measured)),
    ]


def _helped_cells(name: str, measured: Sequence[Measured]) -> list[str]:
    scores = [each.score for each in measured]

    def share(figure: str) -> str:
        shares: list[Share] = [getattr(each, figure) for each in scores]
        return _percent(reduce(add, shares, Share(0, 0)))

    given = {each.case.export("dag_run") != () for each in measured}
    return [
        name,
        "audit log, DAG runs" if given == {True} else "audit log" if given == {False} else "",
        share("outcome"),
        str(sum(len(each.wrong) for each in scores)),
        str(sum(each.confident_wrong for each in scores)),
        share("reason"),
        share("success_users"),
        share("user_coverage"),
        share("user_precision"),
    ]


def _names(with_exports: Sequence[Measured]) -> str:
    """Of how many attempts the user is known, by where they were made and what became of them."""
    lines = [_line(["", *scoring.WAYS]), _line(["---", *["---:"] * len(scoring.WAYS)])]
    for end in scoring.ENDS:
        shares = [
            reduce(add, (each.score.named[way, end] for each in with_exports), Share(0, 0)) for way in scoring.WAYS
        ]
        lines.append(_line([end, *(f"{share.part} of {share.whole}" for share in shares)]))
    return "\n".join(lines) + "\n"


def _sure(measured: Sequence[Measured], with_exports: Sequence[Measured]) -> str:
    """How often each word for confidence was right."""
    lines = [_line(["confidence", "logs alone", "right", "with exports", "right"]), _line(["---", *["---:"] * 4])]
    for word in CONFIDENCES:
        shares = [
            reduce(add, (each.score.by_confidence[word] for each in scores), Share(0, 0))
            for scores in (measured, with_exports)
        ]
        lines.append(_line([f"`{word}`", *(cell for each in shares for cell in (str(each.whole), _percent(each)))]))
    return "\n".join(lines) + "\n"


def _untuned(measured: Sequence[Measured]) -> str:
    """The first scores of servers that were new when they were scored."""
    kept = [each for each in measured if each.case.first_score]
    shares = [_first_shares(each) for each in kept] + [found for _, _, found, _ in _NOT_KEPT]
    names = [(each.case.name, each.case.version) for each in kept] + [each[:2] for each in _NOT_KEPT]
    wrong = [each.case.first_score["confident_wrong"] for each in kept] + [bad for *_, bad in _NOT_KEPT]
    together = [reduce(add, column, Share(0, 0)) for column in zip(*shares, strict=True)]
    rows = [
        *((*named, found[0].whole, found, bad) for named, found, bad in zip(names, shares, wrong, strict=True)),
        ("**all**", "", together[0].whole, together, sum(wrong)),
    ]
    lines = [_line(_UNTUNED_HEADS), _line(["---", "---", *["---:"] * (len(_UNTUNED_HEADS) - 2)])]
    lines += [
        _line([name, version, str(sent), *map(_percent, found), str(bad)]) for name, version, sent, found, bad in rows
    ]
    return "\n".join(lines) + "\n"


def _first_shares(measured: Measured) -> tuple[Share, Share, Share]:
    first, score = measured.case.first_score, measured.score
    return (
        Share(first["outcome"], score.outcome.whole),
        Share(first["reason"], score.reason.whole),
        Share(first["user"], first["users"]),
    )


def _percent(share: Share) -> str:
    """A share in percent, rounded down, so that only all is 100."""
    if not share.whole:
        return "n/a"
    if share.part == share.whole:
        return "100 %"
    return f"{share.part * 1000 // share.whole / 10:.1f} %"


def _wrong(measured: Measured) -> str:
    found = measured.score
    lines = [f"- missed: {each.method} {each.path}, answered {each.status}" for each in found.missed]
    lines += [
        f"- belongs to no attempt: {each.source}:{each.line} {each.method} {each.path}" for each in found.spurious
    ]
    if found.wrong:
        lines += ["" for _ in lines[:1]]
        lines += [
            _line(["line", "method", "path", "status", "truth", "got", "confidence", "twin"]),
            _line(["---"] * 8),
            *(
                _line(_judged(pair, measured.twins))
                for pair in sorted(found.wrong, key=lambda pair: (pair.got.source, pair.got.line))
            ),
        ]
    return "\n".join(lines or ["None."]) + "\n"


def _judged(pair: Pair, known: Mapping[tuple[str, int], Twin]) -> list[str]:
    sent, got = pair
    path = got.path if len(got.path) <= _LONGEST_PATH else f"{got.path[: _LONGEST_PATH // 2]}…{got.path[-25:]}"
    return [
        f"{got.source}:{got.line}",
        got.method,
        f"`{path}`",
        str(got.status),
        _named(sent.outcome, sent.reason),
        _named(got.outcome, got.reason),
        got.confidence,
        _twin(known.get((got.source, got.line))),
    ]


def _twin(twin: Twin | None) -> str:
    if twin is None:
        return "none"
    return f"{twin.place[0]}:{twin.place[1]}" + (" (rival)" if twin.rival else "")


def _named(outcome: str, reason: str) -> str:
    return f"{outcome}: {reason}" if reason else outcome


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
