"""A line is taken apart at the fixed text of its format, in time that grows with the length of the line alone.

Owns: how the fields between fixed texts are found, whatever they hold.
Must not know: any server's format strings, what a field means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Field(NamedTuple):
    """One field of a format.

    Attributes:
        name: of the group that its text is to be found under; empty if it is not wanted.
        fixed: regular expression, groups included, of a field whose own text shows where it ends. It goes through no
            part of the text twice and does not take more than some ten characters that it has to give up again.
        barred: what a field without ``fixed`` cannot hold.
        lax: of quotes, it can hold those with a backslash before them.
    """

    name: str
    fixed: str = ""
    barred: str = ""
    lax: bool = False

    @property
    def ends(self) -> str:
        """Characters that end the field for certain."""
        return self.barred.replace('"', "") if self.lax else self.barred

    @property
    def one(self) -> str:
        """Expression for one character that it can hold, besides a quote with a backslash before it."""
        return f"[^{re.escape(self.barred)}]" if self.barred else "(?s:.)"


class Finder(NamedTuple):
    """A part, ready for searching.

    Attributes:
        name: of its field.
        text: the fixed text, which is found faster by itself than where one looks ahead to it.
        chunk: looks ahead with the fixed text as group 1.
        stops: ends the field.
    """

    name: str
    text: re.Pattern[str]
    chunk: re.Pattern[str]
    stops: re.Pattern[str]


@dataclass(slots=True)
class Part:
    """One open field and the fixed text that follows it, as regular expressions.

    Attributes:
        field: the open field; of the first part, one that is nowhere.
        led: the literal text right before it.
        chunk: what follows it.
        shut: the fixed text begins with a quote that the field cannot hold.
    """

    field: Field
    led: str = ""
    chunk: str = ""
    shut: bool = False

    def regex(self, *, lazy: bool) -> str:
        """The field, up to the first fixed text or else as far as it can go, and the fixed text."""
        some, many = ("", "*?") if lazy else ("++", "*+")
        one, name = self.field.one, self.field.name
        inner = f'(?:{one}{some}|(?<=\\\\)"){many}' if self.field.lax else one + many
        return (f"(?P<{name}>{inner})" if name else f"(?:{inner})") + self.chunk

    def finder(self) -> Finder:
        """The part as a search uses it."""
        quote = '(?<!\\\\)"' if self.field.lax else '"'
        stops = "|".join(quote if character == '"' else re.escape(character) for character in self.field.barred)
        text, chunk = re.compile(self.chunk), re.compile(f"(?=({self.chunk}))")
        return Finder(self.field.name, text, chunk, re.compile(stops or r"(?!)"))


def cut_parts(tokens: Iterable[str | Field], head: str, tail: str) -> list[Part]:
    """Return the parts of a line that is written as ``tokens`` say: literal text, and fields.

    Args:
        tokens: two fields without ``fixed`` are never neighbours.
        head: expression for what stands before all of them.
        tail: expression for what stands behind.
    """
    parts = [Part(Field(""), chunk=r"\A" + head)]
    before = ""
    for token in tokens:
        part = parts[-1]
        if isinstance(token, str):
            # A field that ends for certain is as good as fixed. But not where the text that leads to it could occur
            # over and over in the field, which would then be gone through once for each.
            led = len(parts) == 2 or any(character in part.field.ends for character in part.led)  # noqa: PLR2004
            if not part.chunk and token[0] in part.field.ends and led:
                parts.pop()
                parts[-1].chunk += part.regex(lazy=False)
                part = parts[-1]
            part.shut = part.shut or (not part.chunk and token[0] == '"' and '"' in part.field.barred)
            part.chunk += re.escape(token)
        elif token.fixed:
            part.chunk += token.fixed
        else:
            parts.append(Part(token, before))
        before = token if isinstance(token, str) else ""
    parts[-1].chunk += tail
    return parts


def compile_fast(parts: list[Part]) -> re.Pattern[str]:
    """Return an expression that gives each field its first chance, and never comes back to it.

    What it matches is right, but a value that holds the text after it may keep it from matching.
    """
    first, *others = parts
    return re.compile(first.chunk + "".join(f"(?>{part.regex(lazy=not part.shut)})" for part in others))


def plan_search(parts: list[Part]) -> tuple[Finder, ...]:
    """Return what ``Search`` needs to know of the parts."""
    return tuple(part.finder() for part in parts)


@dataclass(slots=True)
class Search:
    """A search for the fields of one line: each gets the least text that lets the rest of the line match.

    A field that can run up to a quote that ends it gets all of that. What a field can reach from some place it can
    also reach from any place further left, as long as the same wall stops it. So no part of the line is gone through
    twice for a field, which keeps the time linear.
    """

    line: str
    plan: tuple[Finder, ...]
    #: By field and wall: the first place without a way to the end of the line.
    dead: dict[tuple[int, int], int] = field(default_factory=dict)
    #: By expression: a place, and where the first hit from there on begins.
    known: dict[int, tuple[int, int]] = field(default_factory=dict)

    def next_hit(self, pattern: re.Pattern[str], at: int) -> int:
        """Return where the first hit from ``at`` on begins; behind the end of the line if there is none."""
        since, found = self.known.get(id(pattern), (0, -1))
        if not since <= at <= found:
            hit = pattern.search(self.line, at)
            found = hit.start() if hit else len(self.line) + 1
            self.known[id(pattern)] = at, found
        return found

    def find_fields(self, nth: int = 0, at: int = 0) -> dict[str, str] | None:
        """Return the fields from the ``nth`` on, which begins at ``at``; None if the rest of the line does not fit."""
        if nth == len(self.plan):
            return {}
        line, part = self.line, self.plan[nth]
        # Most lines of another format lack one of the fixed texts, which takes no search for fields to see.
        if not nth and any(each.text.search(line) is None for each in reversed(self.plan)):
            return None
        wall = min(self.next_hit(part.stops, at), len(line))
        found = self.next_hit(part.chunk, at)
        if found > wall or at >= self.dead.get((nth, wall), wall + 1):
            return None
        shut = part.chunk.match(line, wall) if line.startswith('"', wall) else None
        reach = -1
        for hit in chain((shut,) if shut else (), part.chunk.finditer(line, found)):
            begin, end = hit.span(1)
            if begin > wall or reach >= len(line):
                break
            if end > reach or hit is shut:
                rest = self.find_fields(nth + 1, end)
                if rest is not None:
                    return {part.name: line[at:begin]} | hit.groupdict() | rest
                if hit is not shut and nth + 1 < len(self.plan):
                    reach = self.next_hit(self.plan[nth + 1].stops, end)
        self.dead[nth, wall] = at
        return None
