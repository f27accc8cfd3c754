"""Which findings of the week before go on in one of this week, and what it is called because of them.

A cause keeps its name. Who lost an access is refused in the next week as somebody without a role, in several findings:
all of them are called as what they began as, and so are the attempts that they explain.

Owns: what findings of two weeks must have in common. Must not know: which status a finding has, how a row is made of
several findings.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from logparse.common.schema import SEVERITIES, Outcome
from logparse.reports.finding_keys import Member, name_after, name_home, name_pair, read_members

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from logparse.reports.finding_past import Life, Past

#: What began within this time can be one change: most DAGs are triggered once a day or more.
_AT_ONCE: Final = pd.Timedelta(days=1)


class Followed(NamedTuple):
    """A finding of a week, and what it is called because of earlier weeks.

    Attributes:
        own: its row, as its own week shows it.
        told: the row in the words of the cause that it began as, with the key that it has since then.
        origins: keys, in their own week, of findings of the week before that go on in it.
    """

    own: Mapping[Any, Any]
    told: dict[Any, Any]
    origins: list[str]

    @property
    def members(self) -> list[Member]:
        """Findings with few attempts that are told of together in it."""
        return read_members(self.own["members"])


@dataclass(frozen=True, slots=True)
class Before:
    """The findings of the week before.

    Attributes:
        past: what is known of all weeks before.
        rows: its findings, by the key that their own week gives them.
        holders: of findings that are told of together, by their key, that of the row that tells of them.
    """

    past: Past
    rows: Mapping[str, Mapping[Any, Any]]
    holders: Mapping[str, str]

    @classmethod
    def of(cls, past: Past) -> Before:
        """Return what a week has before it."""
        rows = {} if past.found is None else {str(row["key"]): row for row in past.found.to_dict("records")}
        holders = {
            member.key: key
            for key, row in rows.items()
            for member in read_members(row["members"])
            if member.key in past.lives
        }
        return cls(past, rows, holders)

    def has(self, key: str) -> bool:
        """Whether it has a finding, alone or together with others."""
        return key in self.rows or key in self.holders

    def names(self) -> dict[str, list[str]]:
        """Return by what findings are called, the keys that their own week gives them."""
        found: dict[str, list[str]] = {}
        for key, row in self.rows.items():
            found.setdefault(self.past.lives[key].name(key, row["server"]), []).append(key)
        return found


def follow_causes(found: pd.DataFrame, before: Before) -> list[Followed]:
    """Return the findings of a week by what they began as, in order of their first attempts."""
    accepted = list_accepted(before.past.attempts()) if any(found["begun"]) or any(found["started"]) else set()
    followed = []
    fresh: defaultdict[tuple[str, str], list[tuple[pd.Timestamp, str]]] = defaultdict(list)
    for row in sorted(found.to_dict("records"), key=lambda row: row["since"]):
        origins = _find_origins(row, before)
        told: dict[Any, Any] = dict(row)
        told.update(tell_beginning(row, [before.past.lives[key] for key in origins], accepted))
        if told["finding"] != row["finding"]:
            told["key"] = _rename(told, origins, before, fresh[told["finding"], row["server"]])
        mine = set(row["pairs"].split())
        if not (row["started"] and _are_most(mine.intersection(accepted), mine)):
            told["started"] = ""
        followed.append(Followed(row, told, origins))
    return followed


def _rename(
    told: Mapping[Any, Any], origins: Sequence[str], before: Before, fresh: list[tuple[pd.Timestamp, str]]
) -> str:
    """Return the key of a finding that is told as another cause: that of what it began as, if an earlier week has it.

    Args:
        told: the finding; its key is that which its own week gives it.
        origins: see ``Followed``.
        before: the week before.
        fresh: when findings of this cause began that no earlier week has, and their keys; one is added.
    """
    cause = str(told["finding"])
    lives = [(before.past.lives[key], key) for key in origins]
    if lives:
        life, key = min(lives, key=lambda pair: (pair[0].finding != cause, pair[0].since, pair[1]))
        return name_after(cause, life.name(key, told["server"]))
    if not fresh or told["since"] - fresh[-1][0] > _AT_ONCE:
        fresh.append((told["since"], name_after(cause, told["key"])))
    return fresh[-1][1]


def list_accepted(attempts: pd.DataFrame) -> set[str]:
    """Return which callers triggered which DAGs, as in the column ``pairs`` of findings, and which users from where."""
    good = attempts[attempts["outcome"] == Outcome.SUCCESS]
    callers = good["user"].astype(object).where(good["user"].notna(), good["client"].astype(object))
    dags = good["dag_id"].astype(object)
    pairs = dict.fromkeys(zip(callers.where(callers.notna(), ""), dags.where(dags.notna(), ""), strict=True))
    users, clients = good["user"].astype(object), good["client"].astype(object)
    homes = dict.fromkeys(zip(users.where(users.notna(), ""), clients.where(clients.notna(), ""), strict=True))
    return {name_pair(*pair) for pair in pairs} | {name_home(*home) for home in homes}


def _find_origins(row: Mapping[Any, Any], before: Before) -> list[str]:
    """Return the keys of findings of the week before that go on in one: the same, or those it began as."""
    wanted = [row["key"], *(member.key for member in read_members(row["members"]) if member.key in before.rows)]
    return [key for key in wanted if before.has(key)] or _find_beginnings(row, before)


def _find_beginnings(row: Mapping[Any, Any], before: Before) -> list[str]:
    """Return the keys of findings of the week before that show how one began, if they have most of its callers."""
    mine = set(row["pairs"].split())
    for name in _began_as(row):
        shared = {
            key: mine.intersection(one["pairs"].split())
            for key, one in before.rows.items()
            if name == before.past.lives[key].finding or name in _began_as(one)
        }
        if _are_most(set().union(*shared.values()), mine):
            return [key for key, pairs in shared.items() if pairs]
    return []


def _began_as(row: Mapping[Any, Any]) -> list[str]:
    """Return the ids of the causes that a finding may have begun as."""
    return [str(words["finding"]) for words in _read_words(row)]


def _read_words(row: Mapping[Any, Any]) -> list[dict[str, Any]]:
    """Return the cells of a finding in the words of each cause that it may have begun as."""
    if not row["begun"]:
        return []
    words: dict[str, Any] = json.loads(row["begun"])
    return [words, *words.pop("or", [])]


def list_homes(row: Mapping[Any, Any]) -> set[str]:
    """Return which users an attack is about, and from where, as in ``list_accepted``; nothing of other causes."""
    return set(json.loads(row["begun"]).get("homes", "").split()) if row["begun"] else set()


def tell_beginning(row: Mapping[Any, Any], befores: Iterable[Life], accepted: Collection[str]) -> dict[str, Any]:
    """Return cells in the words of the cause that a finding began as, if the week before shows that; or nothing.

    Args:
        row: the finding.
        befores: findings of the week before that go on in it.
        accepted: callers with the DAGs that they triggered in the week before.
    """
    lives, told = list(befores), _read_words(row)
    if not told:
        return {}
    names = {life.finding for life in lives}
    words = next((words for words in told if words["finding"] in names), told[0])
    by_one = words.pop("by_one", True)  # archives of before do not say it
    if "homes" in words:
        homes = set(words.pop("homes").split())
        return words if _are_most(homes.intersection(accepted), homes) else {}
    mine = set(row["pairs"].split())
    if not any(life.finding != row["finding"] for life in lives) and (
        lives or not by_one or not _are_most(mine.intersection(accepted), mine)
    ):
        return {}
    return words | {"severity": min(words["severity"], row["severity"], key=SEVERITIES.index)}


def _are_most(some: Collection[str], all_pairs: Collection[str]) -> bool:
    return bool(some) and 2 * len(some) >= len(all_pairs)
