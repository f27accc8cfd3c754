"""What a run found, put together: attempts, coverage, messages about exports, and what findings need.

Owns: which steps lead from scans to a ``Result``, and their order. Must not know: how attempts are decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.causes import diagnosis
from logparse.causes.traits import KnownTraits
from logparse.pipeline.result import Causes, Result
from logparse.reports import messages, overlaps
from logparse.rules.roles import EventRole
from logparse.scans import deployments
from logparse.scans.duplicates import leading
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.request_store import RequestStore
from logparse.verdicts import resolution, row_builder
from logparse.verdicts.expansion import DecidedAttempts
from logparse.verdicts.logins import DecidedLogins, judge_logins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.causes.attempt_columns import AppLine
    from logparse.pipeline.options import Options
    from logparse.rules.model import RuleSet
    from logparse.scans.scan import Scan
    from logparse.sources.source import Source


def conclude(
    found: Scan,
    sources: Sequence[Source],
    options: Options,
    rules: RuleSet,
    twins: leading.Twins = leading.NO_TWINS,
    pages: RequestStore | None = None,
) -> Result:
    """Decide what became of each attempt, and put together what a run found.

    Args:
        found: what all sources hold together.
        sources: what was read, in the order of their numbers.
        options: what the run was asked for.
        rules: the rules of the run.
        twins: what other logs show about the same requests.
        pages: attempts that are not in ``found``.
    """
    exports = options.exports
    pages = RequestStore(options.zone) if pages is None else pages
    found = pages.take(found, twins.by_line)
    pages.settle()
    together = options.deployment is not None or exports.given
    servers = deployments.split_by_deployment(found, pages, sources, together=together)
    parts = list(servers.values())
    groups, decisions = resolution.resolve(parts, pages, rules, exports, twins)
    traits, names = KnownTraits(exports.people), [source.name for source in sources]
    decided = [decision.attempt for decision in decisions]
    of_decisions = [traits.index_of(decision) for decision in decisions]
    table = row_builder.table_of(decisions, names, options.deployment, of_decisions)
    logins = [login for number, part in enumerate(parts) for login in judge_logins(part, number)]
    traits_of_logins = [traits.index_of(login) for login in logins]
    attempts = DecidedAttempts(groups, [decision.group for decision in decisions], table, options.zone)
    scanned = [found.coverage[number] for number in range(len(sources))]
    weeks = () if options.overlap is Overlap.APART else attempts.parts()
    entries = overlaps.complete_coverage(scanned, *attempts.numbers(len(sources)), weeks, twins)
    return Result(
        decided=attempts,
        exported=(*messages.describe_exports(exports, decided), *messages.describe_times(decided, options.zone)),
        entries=entries,
        assumed=str(options.setup.zone),
        zone=options.zone,
        causes=Causes(
            rules=rules.findings,
            traits=tuple(traits.known),
            lacks=tuple(decision.lack for decision in decisions),
            said=_app_lines(parts, rules),
            starts={number: _find_starts(scan) for number, scan in enumerate(parts)},
            servers=tuple(servers),
            given=exports.options,
            named=exports.people.named_dags,
            changed=exports.people.changes,
            edits=tuple((change.time, change.event) for change in exports.changes),
            logins=DecidedLogins(logins, names, options.deployment, traits_of_logins, options.zone),
        ),
        privacy=options.privacy,
    )


def _find_starts(scan: Scan) -> list[int]:
    """When servers were started, as their lines show."""
    lines = (line.message.stamp for line in scan.evidence if line.event.role == EventRole.SERVER_STARTED)
    return sorted(stamp.utc for stamp in lines if stamp is not None)


def _app_lines(parts: Sequence[Scan], rules: RuleSet) -> Mapping[int, Mapping[str, Sequence[AppLine]]]:
    """By deployment, the app lines that findings ask for."""
    asked = {name for rule in rules.findings for key in ("seen", "unseen") for name in rule.need.get(key, ())}
    return {
        number: diagnosis.lines_by_rule(line for line in scan.evidence if line.event.rule in asked)
        for number, scan in enumerate(parts)
    }
