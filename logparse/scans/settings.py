"""How a source is to be read; the rule set of a run.

Owns: what is settled before any source is read. Must not know: who asked for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from logparse.common.columns import replace_surrogates, text_column
from logparse.formats.given import Given, compile_formats
from logparse.formats.recognizer import Recognizer
from logparse.formats.required import takes_one_pass
from logparse.lines import proxies
from logparse.lines.line_reader import LineReader
from logparse.rules import loader, model, prefilter
from logparse.sources.chunk_reader import CHUNK_BYTES, MAX_EXPAND

if TYPE_CHECKING:
    from logparse.formats.json_lines.own_names import OwnNames
    from logparse.lines.forgery import IsTyped
    from logparse.lines.proxies import Trusted
    from logparse.rules.prefilter import Prefilter

_NAME_OF_GROUP: Final = re.compile(r"\(\?P<[A-Za-z_][A-Za-z0-9_]*>")
#: Messages of which it is remembered whether they end in a typed text: each is asked about twice, one after the other.
_MESSAGES: Final = 64


@dataclass(frozen=True, slots=True)
class Setup:
    """How to read. Every source of a run is read in this way; a setup is small enough to be sent to another process.

    Attributes:
        log_formats: format strings of the user's own.
        app_formats: format strings of app lines of the user's own.
        field_names: keys of JSON and columns of tables that hold fields of lines, as the user says.
        format_folders: folders of line formats and envelopes of the user's own.
        rule_folders: folders whose rules are added to the shipped ones.
        zone: of time stamps that name none.
        prefilter: leave out lines that cannot matter; if it is off, every line is read, with equal results.
        trusted: proxies whose word on the client's address is taken.
        message_fields: names of keys or columns that hold a log line, in files of records.
        max_expand: how many times its size on disk a compressed source may grow.
        chunk_bytes: how much is read at once; no result depends on it.
        examples: keep lines in no known form, to be shown.
        lengths: work out the digest of each source that is read as a whole, and those of its beginnings of these
            lengths; None: only of what cannot be read again.
    """

    log_formats: tuple[str, ...] = ()
    app_formats: tuple[str, ...] = ()
    field_names: OwnNames = ()
    format_folders: tuple[str, ...] = ()
    rule_folders: tuple[str, ...] = ()
    zone: tzinfo = UTC
    prefilter: bool = True
    trusted: Trusted = proxies.DEFAULT
    message_fields: tuple[str, ...] = ()
    max_expand: int = MAX_EXPAND
    chunk_bytes: int = CHUNK_BYTES
    lengths: tuple[int, ...] | None = None
    examples: bool = True

    @property
    def formats(self) -> Given:
        """What the user says about line formats."""
        return Given(self.log_formats, self.app_formats, self.field_names, self.format_folders)

    @property
    def named_keys(self) -> tuple[str, ...]:
        """All keys of JSON and columns of tables that the user names."""
        return (*self.message_fields, *(key for _, key in self.field_names))


@lru_cache(maxsize=4)
def ruleset(folders: tuple[str, ...]) -> model.RuleSet:
    """Load the rules of a run, once in each process; those that are shipped without their examples.

    Raises:
        RuleError: the rules cannot be used.
    """
    return loader.load_rules(folders, trusting=True)


def make_reader(
    setup: Setup,
    known: model.RuleSet,
    written: int | None = None,
    filtering: Prefilter | None = None,
    recognizer: Recognizer | None = None,
) -> LineReader:
    """Make a reader of the lines of one source.

    Args:
        setup: how it is read.
        known: the rules.
        written: when it was written last, microseconds UTC; None if that is not known.
        filtering: the prefilter of these rules, if there is one already.
        recognizer: of its line formats, if there is one already.
    """
    return LineReader(
        recognizer or Recognizer(compile_formats(setup.formats)),
        filtering or prefilter.build_prefilter(known),
        _compile_typed(known),
        setup.zone,
        setup.trusted,
        frozenset(setup.message_fields),
        written,
        folders=setup.format_folders,
        read_all=not setup.prefilter,
    )


def _compile_typed(known: model.RuleSet) -> IsTyped:
    """Return a function that is true of messages which end in a text that a stranger typed.

    The patterns run in RE2, as those of all rules, unless they are so simple that Python takes no longer: whatever a
    stranger types, the time grows with its length alone.
    """
    # Two rules may have groups of the same name, which one pattern must not.
    typed = [rule for rule in known.events if rule.typed]
    pattern = "|".join(_NAME_OF_GROUP.sub("(?:", f"(?:{rule.message})") for rule in typed)
    anchors = sorted({anchor for rule in typed for anchor in rule.anchors})
    if not typed:
        return lambda _: False

    own = [re.compile(rule.message) for rule in typed]
    simple = all(takes_one_pass(expression) for expression in own)

    @lru_cache(maxsize=_MESSAGES)
    def ends_in_typed_text(message: str) -> bool:
        if not any(anchor in message for anchor in anchors):
            return False
        if simple and "\n" not in message:  # a call of RE2 takes as long as reading the line
            return any(expression.search(message) for expression in own)
        found: bool = pc.match_substring_regex(text_column([replace_surrogates(message)]), pattern)[0].as_py()
        return found

    return ends_in_typed_text
