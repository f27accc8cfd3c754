"""Decided attempts as the pandas table ``attempts``.

Owns: the types of its columns. Must not know: what stands in them, reports, files.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse.common import weeks
from logparse.common.privacy import NOTHING_HIDDEN, Privacy, show_words
from logparse.common.schema import ATTEMPTS
from logparse.verdicts.rows import COLUMNS, OF_WEEKS, OWN, Rows, single

if TYPE_CHECKING:
    from datetime import tzinfo


def frame_of(rows: Rows, week: str | None, zone: tzinfo, privacy: Privacy = NOTHING_HIDDEN) -> pd.DataFrame:
    """Return the table ``attempts`` with columns as in ``schema.ATTEMPTS``, texts as categories, without findings.

    Args:
        rows: the attempts.
        week: the week in which all of them lie; None: several weeks, or no known time.
        zone: time zone in which weeks begin.
        privacy: what is hidden of people.
    """
    data: dict[str, Any] = {}
    for column in ATTEMPTS:
        if column.name in OF_WEEKS:
            data[column.name] = None
        elif column.type == "string":
            words, codes = rows.words(column.name), rows.codes(column.name)
            if privacy.changes(column.name):
                words, codes = show_words(privacy, column.name, words, codes)
            data[column.name] = pd.Categorical.from_codes(codes, pd.Index(words, dtype=object))
        elif column.type == "timestamp":
            times = rows.numbers(column.name).astype("datetime64[us]")
            times[~rows.known(column.name)] = np.datetime64("NaT", "us")
            data[column.name] = pd.Series(times).dt.tz_localize("UTC")
        elif column.type.startswith("int"):
            values = rows.numbers(column.name)
            gone = ~rows.known(column.name) if column.name in OWN else np.zeros(len(values), np.bool_)
            data[column.name] = pd.arrays.IntegerArray(values.astype(column.type), gone)
        elif column.type == "double":
            values = rows.numbers(column.name)  # NaN for none, but in ``OWN``
            data[column.name] = np.where(rows.known(column.name), values, np.nan) if column.name in OWN else values
        else:
            data[column.name] = rows.numbers(column.name)
    frame = pd.DataFrame(data, columns=[column.name for column in ATTEMPTS])
    frame["finding"] = frame["finding"].astype("category")
    if week is None:
        frame["week"] = weeks.week_of(frame["time"], zone).astype("category")
    else:
        frame["week"] = pd.Categorical.from_codes(np.zeros(len(frame), np.int8), pd.Index([week]))
    return frame


def empty_frame() -> pd.DataFrame:
    """Return the table ``attempts`` without any rows."""
    return frame_of(single(pa.schema(COLUMNS.items()).empty_table()), None, UTC)


def with_plain_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose categories have become objects, None for no text."""
    texts = {
        name: np.array([*column.cat.categories, None], object)[column.cat.codes.to_numpy()]
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    return frame.assign(**{str(name): pd.Series(values, frame.index, object) for name, values in texts.items()})
