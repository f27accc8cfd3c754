"""The attempts of a page of the store as columns of numbers.

Owns: what the columns hold for each attempt. Must not know: what is asked of them, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import dictionary_codes, dictionary_texts
from logparse.lines.batch import TEXTS
from logparse.rules.targets import split_target

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_store import BatchPlace
    from logparse.scans.scan import Browser
    from logparse.scans.tagging import Tag


class RequestColumns:
    """Attempts as columns.

    Args:
        table: the attempts, columns as in ``request_store.Page``.
        places: all places of the store.
        tags: all tags of the store.

    Attributes:
        words: the texts of each column of texts, each once.
        codes: index in ``words`` of the text of each attempt, -1 for none.
        place: index in ``places``.
        source: number of the source.
    """

    def __init__(self, table: pa.Table, places: Sequence[BatchPlace], tags: Sequence[Tag]) -> None:
        self.table = table
        self.places = places
        self.tags = tags
        texts = [name for name in TEXTS if name in table.column_names]
        self.words = {name: dictionary_texts(table, name) for name in texts}
        self.codes = {name: dictionary_codes(table, name) for name in texts}
        self.place: NDArray[np.int32] = table["place"].to_numpy()
        self.source = self.of_place([place.source for place in places])

    def __len__(self) -> int:
        return len(self.place)

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers, -1 for none."""
        found: NDArray[Any] = pc.fill_null(self.table[name], -1).to_numpy()
        return found

    def of_place(self, values: Sequence[Any]) -> NDArray[Any]:
        """Return for each attempt the value of its place."""
        found: NDArray[Any] = np.array(values)[self.place]
        return found

    def of_tag(self, values: Sequence[Any]) -> NDArray[Any]:
        """Return for each attempt the value of its tag."""
        found: NDArray[Any] = np.array(values)[self.table["tag"].to_numpy()]
        return found

    def of_word(self, name: str, values: Sequence[Any], none: Any) -> NDArray[Any]:
        """Return for each attempt the value of its text in a column, and ``none`` where it has no text."""
        found: NDArray[Any] = np.array([*values, none])[self.codes[name]]
        return found

    def is_browser(self) -> NDArray[np.bool_]:
        """Return which attempts look like those of a browser, see ``Access.browser``."""
        agents = self.of_word("agent", [each.startswith("Mozilla/") for each in self.words["agent"]], none=False)
        found: NDArray[np.bool_] = agents | self.of_word("referer", list(map(bool, self.words["referer"])), none=False)
        return found

    def of_browsers(self, wanted: Collection[Browser]) -> NDArray[np.bool_]:
        """Return which attempts have one of these pairs of address and user agent."""
        if not wanted:
            return np.zeros(len(self.place), np.bool_)
        clients, agents = (
            {word: at for at, word in enumerate([None, *self.words[name]])} for name in ("client", "agent")
        )
        width = len(agents)
        known = [
            clients[client] * width + agents[agent] for client, agent in wanted if client in clients and agent in agents
        ]
        return np.isin((self.codes["client"].astype(np.int64) + 1) * width + self.codes["agent"] + 1, known)

    def have_query(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of the wanted attempts have a query string."""
        found = np.zeros(len(self.place), np.bool_)
        decoded = self.of_place([place.decoded for place in self.places])
        for as_is in (False, True):
            mine = np.flatnonzero(wanted & (decoded == as_is))
            targets = self.codes["target"][mine]
            asks = {
                code: bool(split_target(self.words["target"][code], decoded=as_is).query)
                for code in np.unique(targets).tolist()
            }
            found[mine] = [asks[code] for code in targets.tolist()]
        return found
