"""What tables show of people: pseudonyms in place of names, nothing, or only the network of an address.

Owns: how a name becomes a pseudonym, and how an address loses its end. Must not know: tables of any report, where a
name comes from. Evidence is joined and causes are found with true names; names are replaced where tables are made.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

#: Columns in which pseudonyms can stand.
NAMING: Final = ("user", "client")
#: Columns that can be left empty.
PERSONAL: Final = ("user", "client", "user_agent", "path", "host", "pod", "container", "stream", "record_id")
#: A key must have so many characters: a shorter one could be guessed, and with it all names.
SHORTEST_KEY: Final = 16
#: Bits of an address that stay: a network of 256 addresses, and that of one site.
_NETWORK: Final = {4: 24, 6: 48}
_CHARACTERS: Final = 12
#: Is signed with a key, so that an archive knows the key again without holding it.
_KNOWN: Final = "key"


@dataclass(frozen=True, slots=True)
class Privacy:
    """What tables show of people.

    Attributes:
        pseudonymize: columns of ``NAMING`` in which pseudonyms stand.
        key: makes pseudonyms of names. Nobody who lacks it can tell to whom one belongs, or make one of a known name.
        drop: columns of ``PERSONAL`` that are empty.
        truncate_addresses: addresses lose their last 8 bits, those of IPv6 their last 80.
    """

    pseudonymize: tuple[str, ...] = ()
    key: str = ""
    drop: tuple[str, ...] = ()
    truncate_addresses: bool = False

    @property
    def given(self) -> bool:
        """Whether anything is hidden."""
        return bool(self.pseudonymize or self.drop or self.truncate_addresses)

    def settings(self) -> dict[str, Any]:
        """Return what an archive holds of this, as JSON: everything but the key; empty if nothing is hidden."""
        if not self.given:
            return {}
        key = self._sign(_KNOWN, "") if self.pseudonymize else ""
        return {
            "pseudonymize": [*self.pseudonymize],
            "key": key,
            "drop": [*self.drop],
            "truncate_addresses": self.truncate_addresses,
        }

    def changes(self, column: str) -> bool:
        """Whether texts of a column are shown otherwise than they are."""
        return column in self.pseudonymize or column in self.drop or (column == "client" and self.truncate_addresses)

    def show(self, column: str, text: str) -> str | None:
        """Return what stands in a column in place of a text; None: nothing."""
        if column in self.drop:
            return None
        if column == "client" and self.truncate_addresses:
            text = truncate(text)
        return f"{column}-{self._sign(column, text)}" if column in self.pseudonymize else text

    def _sign(self, column: str, text: str) -> str:
        signed = f"{column}\0{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self.key.encode(), signed, hashlib.sha256).hexdigest()[:_CHARACTERS]


NOTHING_HIDDEN: Final = Privacy()


def check_columns(columns: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return names of columns in order, each once; ``none`` means nothing.

    Raises:
        ValueError: one is none of the ``known``.
    """
    named = tuple(sorted({column.strip() for column in columns} - {"none"}))
    for column in named:
        if column not in known:
            raise ValueError(f"{column!r} is none of {', '.join(known)}")
    return named


def check_key(key: str) -> str:
    """Return a key that can be used; empty: none was given.

    Raises:
        ValueError: it is too short. The message does not hold it.
    """
    if key and len(key) < SHORTEST_KEY:
        raise ValueError(f"the key of pseudonyms has {len(key)} characters; it needs {SHORTEST_KEY} at least")
    return key


def restore_privacy(settings: Mapping[str, Any], key: str) -> Privacy:
    """Return what ``Privacy.settings`` describes, with a key that may or may not be the one of then."""
    if not settings:
        return Privacy(key=key)
    return Privacy(tuple(settings["pseudonymize"]), key, tuple(settings["drop"]), bool(settings["truncate_addresses"]))


def truncate(client: str) -> str:
    """Return an address without its end; what is no address stays."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    network = ipaddress.ip_network(f"{address}/{_NETWORK[address.version]}", strict=False)
    return str(network.network_address)


def show_words(
    privacy: Privacy, column: str, words: Sequence[str], codes: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.int32]]:
    """Return a column of texts as it is shown; each different text is looked at once.

    Args:
        privacy: what is hidden.
        column: its name.
        words: texts, each once.
        codes: for each row its text, as a place among ``words``; -1 for none.

    Returns:
        The texts that are shown, each once, and for each row the place of its text among them; -1: nothing is shown.
    """
    places: dict[str, int] = {}
    shown = [privacy.show(column, word) for word in words]
    found = [-1 if word is None else places.setdefault(word, len(places)) for word in shown]
    return [*places], np.array([*found, -1], np.int32)[codes]
