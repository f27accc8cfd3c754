"""Attempts as columns, in the form in which findings are looked for.

Owns: these columns. Must not know: which findings there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.columns import count_each
from logparse.common.privacy import NAMING, show_words
from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.causes.traits import Traits
    from logparse.common.privacy import Privacy
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.rows import Rows

#: When an app line was written (microseconds UTC), and the address that it names, or an empty text.
AppLine = tuple[int, str]


@dataclass(frozen=True, slots=True)
class AttemptColumns:
    """Attempts, one row each, in order of source and line.

    Attributes:
        time: end of the request, microseconds UTC; 0 if not known.
        success: whether a run was made.
        codes: by name of a column of texts, the index of each text in ``words``, -1 for none: ``user``, ``client``,
            ``caller`` (the user, or else the address), ``dag_id``, ``channel``, ``agent``, ``target``, ``outcome``,
            ``reason``, ``detail``, ``confidence``, ``evidence``, ``source``.
        words: by name of a column of texts, its texts, each once.
        line: number of the line in its source.
        traits: index in ``known_traits``.
        known_traits: the combinations of traits that occur.
        server: index of the deployment.
        lacks: by row, what a refused caller lacked, where it is known.
    """

    time: NDArray[np.int64]
    success: NDArray[np.bool_]
    codes: Mapping[str, NDArray[Any]]
    words: Mapping[str, Sequence[str]]
    line: NDArray[np.int64]
    traits: NDArray[np.int32]
    known_traits: Sequence[Traits]
    server: NDArray[np.int32]
    lacks: Mapping[int, Lack]

    @classmethod
    def of(cls, rows: Rows, known_traits: Sequence[Traits], lacks: Sequence[Lack | None]) -> AttemptColumns:
        """Return the columns of decided attempts.

        Args:
            rows: the attempts.
            known_traits: the combinations of traits; the rows hold indices of them.
            lacks: what refused callers lacked; the rows hold indices of it.
        """
        lacking = rows.numbers("lack")
        codes: dict[str, NDArray[Any]] = {}
        words: dict[str, list[str]] = {}
        for name, column in _TEXTS.items():
            words[name] = rows.words(column)
            codes[name] = _narrow(rows.codes(column), len(words[name]))
        codes["caller"], words["caller"] = _name_callers(codes, words)
        success = words["outcome"].index(Outcome.SUCCESS) if Outcome.SUCCESS in words["outcome"] else -2
        return cls(
            time=rows.numbers("time"),
            success=codes["outcome"] == success,
            codes=codes,
            words=words,
            line=rows.numbers("line"),
            traits=rows.numbers("traits"),
            known_traits=known_traits,
            server=rows.numbers("server"),
            lacks={row: lack for row in np.flatnonzero(lacking >= 0).tolist() if (lack := lacks[lacking[row]])},
        )

    def shown(self, privacy: Privacy) -> AttemptColumns:
        """Return the columns with what is shown of people, to put findings into words; causes are found before."""
        if not privacy.given:
            return self
        codes, words = dict(self.codes), dict(self.words)
        for name in NAMING:
            words[name], codes[name] = show_words(privacy, name, self.words[name], self.codes[name])
        codes["caller"], words["caller"] = _name_callers(codes, words)
        lacks = {row: replace(lack, user=privacy.show("user", lack.user) or "USER") for row, lack in self.lacks.items()}
        return replace(self, codes=codes, words=words, lacks=lacks)

    def texts(self, name: str, rows: NDArray[np.int64]) -> list[str | None]:
        """Return the texts of a column in some rows."""
        words = self.words[name]
        return [words[code] if code >= 0 else None for code in self.codes[name][rows].tolist()]

    def counted(self, name: str, rows: NDArray[np.int64]) -> dict[str, int]:
        """Return which texts a column holds in some rows, and how often; empty texts are left out."""
        codes, words = self.codes[name][rows], self.words[name]
        found, numbers = count_each(codes[codes >= 0], len(words))
        counts = zip(found.tolist(), numbers.tolist(), strict=True)
        return {words[code]: number for code, number in counts if words[code]}

    def weighed(self, name: str, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> dict[str, int]:
        """Return which texts a column holds in some rows, and how often, if each row stands for a number of them."""
        codes, words = self.codes[name][rows], self.words[name]
        counts = np.zeros(len(words) + 1, np.int64)
        np.add.at(counts, codes, numbers)
        return {words[code]: int(counts[code]) for code in np.flatnonzero(counts[:-1]).tolist() if words[code]}


def _name_callers(
    codes: Mapping[str, NDArray[Any]], words: Mapping[str, Sequence[str]]
) -> tuple[NDArray[Any], list[str]]:
    """Return the column of users, and of addresses where no user is known: codes and texts."""
    places = {word: place for place, word in enumerate(words["user"])}
    of_client = [places.setdefault(word, len(places)) for word in words["client"]]
    clients = np.array([*of_client, -1], np.int32)[codes["client"]]
    return np.where(codes["user"] >= 0, codes["user"], clients), [*places]


def _narrow(codes: NDArray[np.int32], words: int) -> NDArray[Any]:
    """Codes in two bytes each, if there are few words; there is room for one word more."""
    return codes.astype(np.int16) if words < np.iinfo(np.int16).max else codes


#: Columns of texts, and their names in the table of attempts.
_TEXTS: Final = {
    "user": "user", "client": "client", "dag_id": "dag_id", "channel": "channel", "agent": "user_agent",
    "target": "target", "outcome": "outcome", "reason": "reason", "detail": "detail", "confidence": "confidence",
    "evidence": "evidence", "source": "source",
}  # fmt: skip
