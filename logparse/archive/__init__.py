"""The output folder over many runs: what an earlier run left there, and whether the run at hand covers it.

Owns: the manifest of the folder, and what is lost if a week is written anew. Must not know: reports, how files are
written.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logparse import __version__
from logparse.errors import OutputError
from logparse.plaintext import count, encodable
from logparse.schema import ATTEMPTS
from logparse.write import part_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from numpy.typing import NDArray

MANIFEST: Final = "logparse.json"
#: What makes two rows the same attempt, whatever file it was read from and whatever became known of it since.
_IDENTITY: Final = ("time", "client", "method", "path", "status", "user_agent")
_TEXTS: Final = frozenset(column.name for column in ATTEMPTS if column.type == "string" and column.name != "week")
#: An odd number, so that no two steps come to the same unless their 64 bits do.
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
#: Seconds by which the time that no log spans may grow unsaid.
_SLACK: Final = 3600


@dataclass(frozen=True, slots=True)
class Week:
    """One week as the manifest tells it.

    Attributes:
        rules: digest of the rules that decided.
        version: of the program.
        report_format: ``csv`` or ``parquet``.
        attempts: how many there are.
        sources: how many of them each source holds.
        missing: start and end of the parts that no log spans, ISO 8601.
    """

    rules: str
    version: str
    report_format: str
    attempts: int
    sources: dict[str, int]
    missing: list[list[str]]

    @property
    def missed(self) -> float:
        """Seconds that no log spans."""
        return sum(
            (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() for start, end in self.missing
        )


@dataclass(frozen=True, slots=True)
class Archive:
    """An output folder.

    Attributes:
        folder: where it is.
        zone: in which its weeks begin.
        weeks: what is known of each.
    """

    folder: Path
    zone: tzinfo
    weeks: dict[str, Week] = field(default_factory=dict)

    def manifest(self) -> bytes:
        """The manifest as it stands in the folder, the same bytes for the same weeks."""
        weeks = {
            name: {
                "attempts": week.attempts, "format": week.report_format, "missing": week.missing,
                "rules": week.rules, "sources": week.sources, "version": week.version,
            }
            for name, week in self.weeks.items()
        }  # fmt: skip
        text = json.dumps({"timezone": str(self.zone), "weeks": weeks}, ensure_ascii=False, indent=1, sort_keys=True)
        return f"{text}\n".encode()

    def attempts(self, week: str | None, columns: Sequence[str] | None = None) -> pd.DataFrame | None:
        """The attempts that the folder holds of a week (None: those without a known time); None if it holds none.

        Args:
            week: the week.
            columns: those wanted; None: all. Texts are categories.
        """
        parts = sorted(part_of(self.folder, week).parent.glob("*.parquet"))
        try:
            tables = [
                pq.read_table(part, partitioning=None, columns=columns and [*columns], read_dictionary=[*_TEXTS])
                for part in parts
            ]
        except (OSError, pa.ArrowException) as error:
            raise OutputError(
                str(parts[0].parent), f"holds files that cannot be read ({error}); move them away to write it anew"
            ) from error
        if not tables:
            return None
        frame: pd.DataFrame = pa.concat_tables(tables).unify_dictionaries().to_pandas()
        return frame.assign(week=pd.Categorical([week] * len(frame)))

    def lost(self, week: str | None, attempts: pd.DataFrame) -> int:
        """How many attempts of a week the folder holds that are not in ``attempts``."""
        held = self.attempts(week, _IDENTITY)
        if held is None:
            return 0
        return int(np.count_nonzero(~np.isin(_identities(held), _identities(attempts))))


def open_folder(folder: Path, zone: tzinfo) -> Archive:
    """What is in an output folder.

    Raises:
        OutputError: its weeks begin in another zone, or its manifest cannot be read.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Archive(folder, zone)
    except OSError as error:
        raise OutputError(str(path), f"cannot be read: {error.strerror}") from error
    try:
        told = json.loads(text)
        name = str(told["timezone"])
        weeks = {week: _week(each) for week, each in told["weeks"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OutputError(str(path), "is damaged; remove it, or give another folder") from error
    if name != str(zone):
        raise OutputError(
            str(folder),
            f"holds reports whose weeks begin in {name}, not {zone}; give another folder, or --timezone {name}",
        )
    return Archive(folder, zone, weeks)


def week_of_run(
    attempts: pd.DataFrame, missing: Sequence[tuple[datetime, datetime]], report_format: str, rules: str
) -> Week:
    """What the manifest will tell of a week that is being written."""
    counts = attempts["source"].value_counts()
    sources = Counter({encodable(str(name)): int(number) for name, number in counts.items() if number})
    spans = [[start.isoformat(), end.isoformat()] for start, end in missing]
    return Week(rules, __version__, report_format, len(attempts), dict(sorted(sources.items())), spans)


def compare(archive: Archive, name: str, week: Week, attempts: pd.DataFrame) -> tuple[bool, str]:
    """Whether a week that is there should stay, and what to say of it; empty if there is nothing to say."""
    lost = archive.lost(name, attempts)
    if lost:
        return True, (
            f"{name}: {archive.folder} holds {count(lost, 'attempt')} that the logs at hand do not, so its reports "
            "were kept; read all logs of that week, or write it anew with --replace"
        )
    before = archive.weeks.get(name)
    if before is not None and week.attempts < before.attempts:
        return False, (
            f"{name}: {count(week.attempts, 'attempt')} in place of {before.attempts:,}; none is missing, some had "
            "been counted more than once"
        )
    if before is not None and week.missed > before.missed + _SLACK:
        return False, f"{name}: written anew, though the logs at hand span less of it than those of an earlier run"
    return False, ""


def lost_undated(lost: int) -> str:
    """What to say where so many attempts without a known time are in no log at hand."""
    if not lost:
        return ""
    return f"{count(lost, 'attempt')} without a known time, of an earlier run, made way for those of this"


def _week(told: Mapping[str, Any]) -> Week:
    missing = [[str(start), str(end)] for start, end in told["missing"]]
    for span in missing:
        for text in span:
            datetime.fromisoformat(text)
    return Week(
        rules=str(told["rules"]),
        version=str(told["version"]),
        report_format=str(told["format"]),
        attempts=int(told["attempts"]),
        sources={str(name): int(number) for name, number in told["sources"].items()},
        missing=missing,
    )


def _identities(attempts: pd.DataFrame) -> NDArray[np.uint64]:
    """What tells each attempt from others, but for one pair in 10^19."""
    found = np.zeros(len(attempts), np.uint64)
    for name in _IDENTITY:
        found = found * _STEP + _hashed(attempts[name], text=name in _TEXTS)
    return found


def _hashed(column: pd.Series, *, text: bool) -> NDArray[np.uint64]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        moments = column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        times: NDArray[np.uint64] = moments.astype("datetime64[us]").astype(np.uint64)
        return times
    if not text:
        return column.to_numpy(np.int64, na_value=-1).view(np.uint64)
    texts = column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")
    words = np.array([encodable(str(word)) for word in texts.cat.categories], object)
    hashes = np.append(pd.util.hash_array(words, categorize=False), np.uint64(0))
    found: NDArray[np.uint64] = hashes[texts.cat.codes.to_numpy()]
    return found
