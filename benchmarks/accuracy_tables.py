"""The tables of ``docs/accuracy.md``.

Owns: what stands in them, and how. Must not know: how figures are computed, what else the page says.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Final

import scoring
from scoring import Share

from logparse.common.schema import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from accuracy import Measured
    from scoring import Pair
    from twins import Twin

_LONGEST_PATH: Final = 60
_EXPORT_HEADS: Final = (
    "case", "exports", "outcome", "wrong or open", "confident wrong", "reason", "users of successes", "user coverage",
    "user precision",
)  # fmt: skip
_HEADS: Final = (
    "case", "Airflow", "attempts", "recall", "precision", "outcome", "status codes alone", "confident wrong",
    "undetermined", "reason", "detail", "dag_id", "channel", "user coverage", "user precision", "unparsed",
)  # fmt: skip


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


def list_figures(measured: Sequence[Measured]) -> str:
    """Return the figures of each case, from the logs alone."""
    table = [
        _line(_HEADS),
        _line(["---", "---", *["---:"] * (len(_HEADS) - 2)]),
        *(_line(_cells(each.case.name, each.case.version, [each])) for each in measured),
        _line(_cells("**all**", "", measured)),
    ]
    return "\n".join(table)


def list_exported(with_exports: Sequence[Measured]) -> str:
    """Return the figures of each case with its exports."""
    helping = [
        _line(_EXPORT_HEADS),
        _line(["---", "---", *["---:"] * (len(_EXPORT_HEADS) - 2)]),
        *(_line(_helped_cells(each.case.name, [each])) for each in with_exports),
        _line(_helped_cells("**all**", with_exports)),
    ]
    return "\n".join(helping)


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


def list_names(with_exports: Sequence[Measured]) -> str:
    """Of how many attempts the user is known, by where they were made and what became of them."""
    lines = [_line(["", *scoring.WAYS]), _line(["---", *["---:"] * len(scoring.WAYS)])]
    for end in scoring.ENDS:
        shares = [
            reduce(add, (each.score.named[way, end] for each in with_exports), Share(0, 0)) for way in scoring.WAYS
        ]
        lines.append(_line([end, *(f"{share.part} of {share.whole}" for share in shares)]))
    return "\n".join(lines)


def list_confidence(measured: Sequence[Measured], with_exports: Sequence[Measured]) -> str:
    """How often each word for confidence was right."""
    lines = [_line(["confidence", "logs alone", "right", "with exports", "right"]), _line(["---", *["---:"] * 4])]
    for word in CONFIDENCES:
        shares = [
            reduce(add, (each.score.by_confidence[word] for each in scores), Share(0, 0))
            for scores in (measured, with_exports)
        ]
        lines.append(_line([f"`{word}`", *(cell for each in shares for cell in (str(each.whole), _percent(each)))]))
    return "\n".join(lines)


def list_untuned(measured: Sequence[Measured]) -> str:
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
    return "\n".join(lines)


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


def list_wrong(measured: Measured) -> str:
    """Return what was missed, reported besides, or wrong in a case."""
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
