"""Folders that versions before the archive have written: their attempts are kept, although none of their lines are.

Owns: reading such a folder, and which of its attempts later runs have found again. Must not know: how weeks are made.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logparse.archive.index import NONE, Index, Week
from logparse.common.errors import OutputError
from logparse.common.schema import ATTEMPTS
from logparse.common.text import count, encodable
from logparse.common.weeks import week_bounds
from logparse.verdicts.frame import with_plain_texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo
    from pathlib import Path

    from numpy.typing import NDArray

    from logparse.archive.storage.interface import Storage

#: What such a folder tells of itself.
MANIFEST: Final = "logparse.json"
#: What makes two rows the same attempt, whatever file it was read from and whatever became known of it since.
_IDENTITY: Final = ("time", "client", "method", "path", "status", "user_agent")
_TEXTS: Final = tuple(column.name for column in ATTEMPTS if column.type == "string" and column.name != "week")
#: An odd number, so that no two steps come to the same unless their 64 bits do.
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
#: The name of a folder of reports.
WEEK_FOLDER: Final = re.compile(r"\d{4}-W\d{2}")
_REPORTS: Final = ("by_user", "by_dag", "by_time", "by_reason", "user_dag", "findings", "coverage")


def take_over(folder: Path, storage: Storage, zone: tzinfo) -> tuple[Index, str]:
    """Store what such a folder holds, and return an index of it and a message to the user.

    Raises:
        OutputError: its weeks begin in another zone, or it cannot be read.
    """
    told = _manifest(folder)
    if told["timezone"] != str(zone):
        raise OutputError(
            str(folder),
            f"holds reports whose weeks begin in {told['timezone']}, not {zone}; give another folder, or "
            f"--timezone {told['timezone']}",
        )
    index = Index(str(zone))
    names = {path.name.removeprefix("week=") for path in folder.glob("attempts/week=*")}
    names |= {path.name for path in folder.iterdir() if WEEK_FOLDER.fullmatch(path.name)}
    total = 0
    for name in sorted(names):
        known: Mapping[str, Any] = told["weeks"].get(name, {})
        reports = {path.stem: path for path in sorted((folder / name).glob("*")) if path.stem in _REPORTS}
        form = next((path.suffix.removeprefix(".") for path in reports.values()), "csv")
        week = Week(str(known.get("rules", "")), str(known.get("version", "")), form)
        if name != NONE:
            week_bounds(name, zone)
        parts = sorted((folder / "attempts" / f"week={name}").glob("*.parquet"))
        try:
            tables = [pq.read_table(part, partitioning=None) for part in parts]
            if len(parts) == 1:
                week.old = week.part = storage.put(parts[0].read_bytes())
            elif parts:
                with storage.sink() as sink:
                    pq.write_table(pa.concat_tables(tables), sink.stream, compression="zstd", store_schema=False)
                week.old = week.part = sink.name
            week.reports = {report: storage.put(path.read_bytes()) for report, path in reports.items()}
        except (OSError, pa.ArrowException) as error:
            raise OutputError(
                str(folder / name), f"holds files that cannot be read ({error}); move them away to take over the rest"
            ) from error
        week.attempts = sum(map(len, tables))
        total += week.attempts
        index.weeks[name] = week
    said = (
        f"{folder}: took over {count(len(names), 'week')} with {count(total, 'attempt')} of an earlier version; they "
        "stay as they are, and attempts that logs show again count once"
    )
    return index, said


def zone_of(folder: Path) -> str:
    """Return the name of the zone in which the weeks of such a folder begin.

    Raises:
        OutputError: it cannot be read.
    """
    return str(_manifest(folder)["timezone"])


def is_old_folder(folder: Path) -> bool:
    """True if an earlier version has written a folder."""
    return (folder / MANIFEST).is_file()


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_bytes())
        return {"timezone": str(told["timezone"]), "weeks": dict(told["weeks"])}
    except OSError as error:
        raise OutputError(str(path), f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OutputError(str(path), "is damaged; remove it, or give another folder") from error


def add_old_attempts(attempts: pd.DataFrame, storage: Storage, name: str, week: str) -> pd.DataFrame:
    """Return the attempts of a week, and those of an earlier version that are not among them.

    Args:
        attempts: columns as in ``schema.ATTEMPTS``.
        storage: where the archive is.
        name: the object that holds the attempts of the earlier version.
        week: name of the week.
    """
    with storage.open(name) as stream:
        held = pq.read_table(stream, partitioning=None, read_dictionary=[*_TEXTS]).to_pandas()
    values, counts = np.unique(_identities(attempts), return_counts=True)
    known = dict(zip(values.tolist(), counts.tolist(), strict=True))
    missing = np.zeros(len(held), np.bool_)
    for row, identity in enumerate(_identities(held).tolist()):
        missing[row] = not known.get(identity)
        known[identity] = known.get(identity, 0) - 1
    rest = held[missing].assign(week=None if week == NONE else week)
    if rest.empty:
        return attempts
    rest = rest.reindex(columns=list(attempts.columns))
    plain = [
        with_plain_texts(frame.astype(dict.fromkeys(_TEXTS, "category"))) for frame in (attempts, rest) if len(frame)
    ]
    whole = pd.concat(plain, ignore_index=True)
    return whole.astype(dict.fromkeys([*_TEXTS, "week"], "category"))


def _identities(attempts: pd.DataFrame) -> NDArray[np.uint64]:
    """Return a number for each attempt that no other attempt has, but for one pair in 10^19."""
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
