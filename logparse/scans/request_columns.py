"""A page of attempts, ready to be looked at.

Owns: what its columns say of each attempt. Must not know: what is asked of them, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import dictionary_codes, dictionary_texts
from logparse.rules import targets as paths
from logparse.scans.request_store import TEXTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_store import Place
    from logparse.scans.scan import Browser
    from logparse.scans.tagging import Tag


class PageRows:
    """A page, ready to be looked at."""

    def __init__(self, table: pa.Table, places: Sequence[Place], tags: Sequence[Tag]) -> None:
        self.table = table
        self.places = places
        self.tags = tags
        texts = [name for name in TEXTS if name in table.column_names]
        self.words = {name: dictionary_texts(table, name) for name in texts}
        self.codes = {name: dictionary_codes(table, name) for name in texts}
        self.batch: NDArray[np.int32] = table["place"].to_numpy()
        self.source = self.of_place([place.source for place in places])
        self.log = self.of_place([place.written[0] for place in places])

    def column(self, name: str) -> NDArray[Any]:
        """A column of numbers, -1 for none."""
        found: NDArray[Any] = pc.fill_null(self.table[name], -1).to_numpy()
        return found

    def of_place(self, values: Sequence[Any]) -> NDArray[Any]:
        """What is said of places, for each attempt."""
        found: NDArray[Any] = np.array(values)[self.batch]
        return found

    def of_tag(self, values: Sequence[Any]) -> NDArray[Any]:
        """What is said of tags, for each attempt."""
        found: NDArray[Any] = np.array(values)[self.table["tag"].to_numpy()]
        return found

    def of_word(self, name: str, values: Sequence[Any], none: Any) -> NDArray[Any]:
        """What is said of the words of a column, for each attempt; ``none`` where it has no word."""
        found: NDArray[Any] = np.array([*values, none])[self.codes[name]]
        return found

    def is_browser(self) -> NDArray[np.bool_]:
        """Whether each looks like a browser's, see ``Access.browser``."""
        agents = self.of_word("agent", [each.startswith("Mozilla/") for each in self.words["agent"]], none=False)
        found: NDArray[np.bool_] = agents | self.of_word("referer", list(map(bool, self.words["referer"])), none=False)
        return found

    def of_browsers(self, wanted: Collection[Browser]) -> NDArray[np.bool_]:
        """Which are of one of these addresses and agents."""
        if not wanted:
            return np.zeros(len(self.batch), np.bool_)
        clients, agents = (
            {word: at for at, word in enumerate([None, *self.words[name]])} for name in ("client", "agent")
        )
        width = len(agents)
        known = [
            clients[client] * width + agents[agent] for client, agent in wanted if client in clients and agent in agents
        ]
        return np.isin((self.codes["client"].astype(np.int64) + 1) * width + self.codes["agent"] + 1, known)

    def asks_more(self, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of those wanted have a query string."""
        found = np.zeros(len(self.batch), np.bool_)
        decoded = self.of_place([place.decoded for place in self.places])
        for as_is in (False, True):
            mine = np.flatnonzero(wanted & (decoded == as_is))
            targets = self.codes["target"][mine]
            asks = {
                code: bool(paths.split(self.words["target"][code], decoded=as_is).query)
                for code in np.unique(targets).tolist()
            }
            found[mine] = [asks[code] for code in targets.tolist()]
        return found
