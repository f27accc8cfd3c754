"""Which access lines are trigger attempts or follow-ups, and which messages are evidence: rules applied to lines.

Owns: running the patterns of request and event rules, in RE2 and on distinct values.
Must not know: what a tag means for an outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import replace_surrogates, text_column
from logparse.common.memo import Memo
from logparse.rules.prefilter import build_prefilter
from logparse.rules.targets import ENCODED_SLASH, Target, query_fits, query_parameter, split_target
from logparse.scans import redirects
from logparse.scans.text_matching import find_access_lines_behind, find_groups, find_hits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.lines.batch import Batch
    from logparse.lines.result import Message
    from logparse.rules.model import EventRule, RequestRule, RuleSet
    from logparse.rules.roles import Endpoint


@dataclass(frozen=True, slots=True)
class Tag:
    """What a request is.

    Attributes:
        rule: id of the request rule.
        channel: of an attempt; empty for a follow-up.
        endpoint: to which an attempt was sent.
        role: of a follow-up, see ``FollowUpRole``; empty for an attempt.
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
    endpoint: Endpoint
    role: str
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
        role: of the rule, see ``EventRole``; empty for most.
        fields: named groups of its pattern: ``user``, ``path``, ``dag_id`` ...
        detail: detail code, if the place in the code or the words of the message show one.
        general: the rule describes messages in words that nobody knows beforehand, so it can be mistaken.
    """

    rule: str
    role: str
    fields: dict[str, str]
    detail: str
    general: bool = False


class Tagger:
    """Runs the request and event rules of one rule set, and remembers for a while what it found out.

    Attributes:
        rules: the rule set.
        prefilter: tells early what none of them could be about.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.prefilter = build_prefilter(rules)
        self._attempts = rules.attempts
        self._follow_ups = sorted(rules.follow_ups, key=lambda rule: rule.rank)
        self._events = rules.events
        # Some rules apply only if the answer redirected to a certain page, which its size shows. For their methods,
        # two requests that differ in size may get different tags.
        self._methods_tagged_by_redirect = sorted(
            {method for rule in (*rules.attempts, *rules.follow_ups) if rule.redirects for method in rule.methods}
        )
        self._requests: Memo[tuple[str, str], tuple[tuple[RequestRule, str | None], ...]] = Memo()
        self._messages: Memo[tuple[str, bool], tuple[EventRule, dict[str, str]] | None] = Memo()
        self._tags: Memo[tuple[bool, str], Tag | None] = Memo()

    def tag_requests(self, lines: Sequence[Access]) -> list[Tag | None]:
        """Tag each line; None if it is of no interest."""
        asked = zip(lines, self.learn_requests(lines), strict=True)
        return [self._tag(line, target, self._requests[key]) for line, (target, key) in asked]

    def learn_requests(self, lines: Sequence[Access]) -> list[tuple[Target, tuple[str, str]]]:
        """Match lines with all rules, which takes as long for one as for a hundred; return their targets and keys."""
        targets = [split_target(line.target, decoded=line.decoded) for line in lines]
        keys = [(line.method or "", target.match) for line, target in zip(lines, targets, strict=True)]
        self._requests.learn(keys, self._match_requests)
        return [*zip(targets, keys, strict=True)]

    def tag_batch(self, batch: Batch) -> tuple[list[Tag | None], NDArray[np.int64]]:
        """Tag the requests of a batch.

        Returns:
            Tags, and for each request the place of its tag among them.
        """
        rows = batch.rows
        methods = rows["method"].cast(pa.string())
        sized = pc.and_(
            pc.is_in(rows["status"], pa.array(sorted(redirects.STATUSES), pa.int16())),
            pc.is_in(methods, pa.array(self._methods_tagged_by_redirect, pa.string())),
        )
        columns = [rows["status"], pc.if_else(sized, rows["size"].fill_null(-1), 0)]
        columns += [rows[name] for name in ("method", "target", "referer") if name in rows.column_names]
        texts = pc.binary_join_element_wise(
            *(column.cast(pa.string()).fill_null("") for column in columns), "\n", null_handling="replace"
        ).combine_chunks().dictionary_encode()  # fmt: skip
        places, keys = texts.indices.to_numpy(), [(batch.decoded, text) for text in texts.dictionary.to_pylist()]

        def tag_first_of_each(missing: list[tuple[bool, str]]) -> list[Tag | None]:
            firsts = np.zeros(len(keys), np.int64)
            firsts[places[::-1]] = np.arange(len(places) - 1, -1, -1)
            numbers = {key: number for number, key in enumerate(keys)}
            wanted = firsts[[numbers[key] for key in missing]]
            return self.tag_requests(batch._replace(rows=rows.take(wanted)).to_accesses())

        self._tags.learn(keys, tag_first_of_each)
        return [self._tags[key] for key in keys], places

    def _match_requests(self, wanted: list[tuple[str, str]]) -> list[tuple[tuple[RequestRule, str | None], ...]]:
        texts = text_column([replace_surrogates(path) for _, path in wanted])
        matches: list[list[tuple[RequestRule, str | None]]] = [[] for _ in wanted]
        for rule in (*self._attempts, *self._follow_ups):
            hits = find_hits(texts, rule.path, rule.unless)
            if any(hits):
                groups = find_groups(texts, rule.path)
                for index, (method, _) in enumerate(wanted):
                    if hits[index] and method in rule.methods:
                        matches[index].append((rule, groups[index].get("dag_id")))
        return [tuple(rules) for rules in matches]

    def _tag(self, line: Access, target: Target, known: tuple[tuple[RequestRule, str | None], ...]) -> Tag | None:
        for rule, dag_id in known:
            if rule.statuses and line.status not in rule.statuses:
                continue
            if rule.query and not query_fits(target.query, rule.query):
                continue
            provisional = False
            if rule.redirects and redirects.find_redirect(line).kind not in rule.redirects:
                provisional = _counts_on_bare_login(rule, line)
                if not provisional:
                    continue
            named, place = _dag_id(rule, dag_id, target, line.referer)
            return Tag(
                rule=rule.id,
                channel=rule.channel,
                endpoint=rule.endpoint,
                role=rule.role,
                dag_id=named,
                dag_from=place,
                path=target.path,
                trailing=target.match.endswith("/"),
                doubled=target.doubled,
                provisional=provisional,
                returns_to=next((name for name in ("origin", "redirect_url") if f"{name}=" in target.query), ""),
            )
        return None

    def tag_messages(self, messages: Sequence[Message]) -> list[Event | None]:
        """Say what each message is evidence of; None if of nothing."""
        keys = [(message.text, message.continuation) for message in messages]
        self._messages.learn(keys, self._match_messages)
        return [
            None if known is None else _event(*known, message.loc)
            for message, known in zip(messages, map(self._messages.get, keys), strict=True)
        ]

    def _match_messages(self, wanted: list[tuple[str, bool]]) -> list[tuple[EventRule, dict[str, str]] | None]:
        texts = text_column([replace_surrogates(text) for text, _ in wanted])
        matches: list[tuple[EventRule, dict[str, str]] | None] = [None] * len(wanted)
        forged = find_access_lines_behind(texts)
        for rule in self._events:
            hits = find_hits(texts, rule.message, rule.unless)
            if any(hits):
                groups = find_groups(texts, rule.message)
                for index, (_, continuation) in enumerate(wanted):
                    possible = (rule.continuation or not continuation) and (rule.typed or not forged[index])
                    if hits[index] and matches[index] is None and possible:
                        matches[index] = (rule, groups[index])
        return matches


def _counts_on_bare_login(rule: RequestRule, line: Access) -> bool:
    if not rule.bare_login or line.status not in rule.bare_login["statuses"]:
        return False
    kind = redirects.find_redirect(line).kind
    return kind in rule.bare_login["redirects"] and (kind != "" or not line.size or line.status != HTTPStatus.FOUND)


def _event(rule: EventRule, fields: dict[str, str], loc: str) -> Event:
    detail = rule.details.get(loc) or rule.details.get(fields.get("detail", ""))
    return Event(rule.id, rule.role, fields, detail or rule.detail, rule.general)


def _dag_id(rule: RequestRule, in_path: str | None, target: Target, referer: str | None) -> tuple[str | None, str]:
    for place in rule.dag_id:
        dag_id = None
        if place == "path" and in_path:
            dag_id = in_path.replace(ENCODED_SLASH, "/")
        elif place == "query":
            dag_id = query_parameter(target.query, "dag_id")
        elif place == "referer" and referer:
            page = split_target(referer)  # the page of a DAG: ``/dags/<id>`` or ``/dags/<id>/grid``
            named = page.match.partition("/dags/")[2].partition("/")[0].replace(ENCODED_SLASH, "/")
            dag_id = query_parameter(page.query, "dag_id") or named or None
        if dag_id:
            return dag_id, place
    return None, ""
