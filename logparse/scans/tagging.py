"""Access lines x request rules: which are trigger attempts, which are follow-ups; messages x event rules.

Owns: running the patterns of request and event rules, in RE2 and on distinct values. Must not know: what any of it
means for an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import text_column
from logparse.rules import targets as paths
from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.lines.batch import Batch
    from logparse.lines.result import Message
    from logparse.rules.model import EventRule, RequestRule, RuleSet

#: Kinds of requests that are remembered.
_REMEMBERED: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Tag:
    """What a request is.

    Attributes:
        rule: id of the request rule.
        channel: of an attempt; empty for a follow-up.
        dag_id: DAG that the request names, if it does.
        dag_from: where it does: ``path``, ``query``, or ``referer``, which is a guess; empty if nowhere.
        path: decoded path, without query string.
        trailing: the path ends in a slash that the endpoint does not have.
        doubled: the path holds ``//`` behind its first character.
        provisional: an attempt only if the server turns out to be one that sends strangers to a bare login page.
        returns_to: which parameter of the web UI's forms says where to go next: ``origin``, ``redirect_url`` or empty.
    """

    rule: str
    channel: str
    dag_id: str | None
    dag_from: str
    path: str
    trailing: bool
    doubled: bool
    returns_to: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What a message is evidence of.

    Attributes:
        rule: id of the event rule.
        fields: named groups of its pattern: ``user``, ``path``, ``dag_id`` ...
        detail: detail code, if where or how it was said tells one.
    """

    rule: str
    fields: dict[str, str]
    detail: str


class Tagger:
    """Runs one rule set; what it found out about a request or message is kept for a while.

    Args:
        rules: the rule set.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self._attempts = rules.attempts
        self._follow_ups = rules.follow_ups
        self._events = rules.events
        # Methods of requests whose answers tell what they were.
        self._led = sorted(
            {method for rule in (*rules.attempts, *rules.follow_ups) if rule.redirects for method in rule.methods}
        )
        self._requests: dict[tuple[str, str], tuple[tuple[RequestRule, str | None], ...]] = {}
        self._messages: dict[tuple[str, bool], tuple[EventRule, dict[str, str]] | None] = {}
        self._kinds: dict[tuple[bool, str], Tag | None] = {}

    def requests(self, lines: Sequence[Access]) -> list[Tag | None]:
        """What each line is; None if it is of no interest."""
        targets = [paths.split(line.target, decoded=line.decoded) for line in lines]
        keys = [(line.method or "", target.match) for line, target in zip(lines, targets, strict=True)]
        if len(self._requests) > _REMEMBERED:
            self._requests.clear()
        self._learn_requests([key for key in dict.fromkeys(keys) if key not in self._requests])
        return [
            self._tag(line, target, self._requests[key]) for line, target, key in zip(lines, targets, keys, strict=True)
        ]

    def batch(self, batch: Batch) -> tuple[list[Tag | None], NDArray[np.int64]]:
        """What the requests of a batch are: every kind once, and by their places of which kind they are."""
        rows = batch.rows
        methods = rows["method"].cast(pa.string())
        sized = pc.and_(
            pc.is_in(rows["status"], pa.array(sorted(redirects.STATUSES), pa.int16())),
            pc.is_in(methods, pa.array(self._led, pa.string())),
        )
        told = [rows["status"], pc.if_else(sized, rows["size"].fill_null(-1), 0)]
        told += [rows[name] for name in ("method", "target", "referer") if name in rows.column_names]
        keys = pc.binary_join_element_wise(
            *(each.cast(pa.string()).fill_null("") for each in told), "\n", null_handling="replace"
        ).combine_chunks().dictionary_encode()  # fmt: skip
        places, asked = keys.indices.to_numpy(), [(batch.decoded, key) for key in keys.dictionary.to_pylist()]
        if len(self._kinds) > _REMEMBERED:
            self._kinds.clear()
        new = np.array([nth for nth, key in enumerate(asked) if key not in self._kinds], np.int64)
        if len(new):
            firsts = np.zeros(len(asked), np.int64)
            firsts[places[::-1]] = np.arange(len(places) - 1, -1, -1)
            tags = self.requests(batch._replace(rows=rows.take(firsts[new])).accesses())
            self._kinds.update(zip((asked[nth] for nth in new.tolist()), tags, strict=True))
        return [self._kinds[key] for key in asked], places

    def _learn_requests(self, wanted: Sequence[tuple[str, str]]) -> None:
        if not wanted:
            return
        texts = text_column([_utf8(path) for _, path in wanted])
        found: list[list[tuple[RequestRule, str | None]]] = [[] for _ in wanted]
        for rule in (*self._attempts, *self._follow_ups):
            hits = pc.match_substring_regex(texts, rule.path).to_pylist()
            barred = pc.match_substring_regex(texts, rule.unless).to_pylist() if rule.unless else None
            dags = [groups.get("dag_id") for groups in _groups(texts, rule.path)]
            for index, (method, _) in enumerate(wanted):
                if hits[index] and method in rule.methods and not (barred and barred[index]):
                    found[index].append((rule, dags[index]))
        self._requests.update(zip(wanted, map(tuple, found), strict=True))

    def _tag(self, line: Access, target: paths.Target, known: tuple[tuple[RequestRule, str | None], ...]) -> Tag | None:
        for rule, dag_id in known:
            if rule.statuses and line.status not in rule.statuses:
                continue
            if rule.query and not pc.match_substring_regex(text_column([_utf8(target.query)]), rule.query)[0].as_py():
                continue
            provisional = False
            if rule.redirects and redirects.of(line).kind not in rule.redirects:
                provisional = _counts_on_bare_login(rule, line)
                if not provisional:
                    continue
            named, place = _dag_id(rule, dag_id, target, line.referer)
            return Tag(
                rule=rule.id,
                channel=rule.channel,
                dag_id=named,
                dag_from=place,
                path=target.path,
                trailing=target.match.endswith("/"),
                doubled=target.doubled,
                provisional=provisional,
                returns_to=next((name for name in ("origin", "redirect_url") if f"{name}=" in target.query), ""),
            )
        return None

    def messages(self, messages: Sequence[Message]) -> list[Event | None]:
        """What each message is evidence of; None if of nothing."""
        keys = [(message.text, message.continuation) for message in messages]
        if len(self._messages) > _REMEMBERED:
            self._messages.clear()
        wanted = list(dict.fromkeys(key for key in keys if key not in self._messages))
        if wanted:
            texts = text_column([_utf8(text) for text, _ in wanted])
            self._messages.update(dict.fromkeys(wanted))
            for rule in self._events:
                hits = pc.match_substring_regex(texts, rule.message).to_pylist()
                if any(hits):
                    groups = _groups(texts, rule.message)
                    for index, key in enumerate(wanted):
                        if hits[index] and self._messages[key] is None and (rule.continuation or not key[1]):
                            self._messages[key] = (rule, groups[index])
        return [
            None if known is None else _event(*known, message.loc)
            for message, known in zip(messages, map(self._messages.get, keys), strict=True)
        ]


def _counts_on_bare_login(rule: RequestRule, line: Access) -> bool:
    if not rule.bare_login or line.status not in rule.bare_login["statuses"]:
        return False
    kind = redirects.of(line).kind
    return kind in rule.bare_login["redirects"] and (kind != "" or not line.size or line.status != 302)  # noqa: PLR2004


def _event(rule: EventRule, fields: dict[str, str], loc: str) -> Event:
    told = rule.details.get(loc) or rule.details.get(fields.get("detail", ""))
    return Event(rule.id, fields, told or rule.detail)


def _utf8(text: str) -> str:
    """Arrow takes UTF-8 only; a byte that is none becomes a character that no pattern means."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _groups(texts: pa.Array, pattern: str) -> list[dict[str, str]]:
    if "(?P<" not in pattern:
        return [{} for _ in range(len(texts))]
    return [found or {} for found in pc.extract_regex(texts, pattern).to_pylist()]


def _dag_id(
    rule: RequestRule, in_path: str | None, target: paths.Target, referer: str | None
) -> tuple[str | None, str]:
    for place in rule.dag_id:
        found = None
        if place == "path" and in_path:
            found = in_path.replace(paths.ENCODED_SLASH, "/")
        elif place == "query":
            found = paths.parameter(target.query, "dag_id")
        elif place == "referer" and referer:
            page = paths.split(referer)
            found = paths.parameter(page.query, "dag_id") or _page_dag(page.match)
        if found:
            return found, place
    return None, ""


def _page_dag(path: str) -> str | None:
    """The DAG whose page this is: ``/dags/<id>`` or ``/dags/<id>/grid``."""
    _, found, rest = path.partition("/dags/")
    return rest.partition("/")[0].replace(paths.ENCODED_SLASH, "/") or None if found else None
