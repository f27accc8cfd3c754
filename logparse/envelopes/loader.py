"""All envelopes, in the order in which they are tried.

Owns: which envelopes there are: one for each file in ``shipped``, those of the user's own, and those that are found in
a file (``fronts``).
Must not know: the keys of the files (``compiler``), any single envelope.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from logparse.envelopes.compiler import compile_envelope
from logparse.envelopes.fronts.template import is_front, make_front
from logparse.envelopes.record_candidates import RecordCandidates
from logparse.formats.candidates import Candidates
from logparse.formats.data_files import read_data_files, read_folder, to_id, to_own_id
from logparse.formats.required import list_needs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.envelopes.envelope import Envelope


@cache
def shipped() -> tuple[Envelope, ...]:
    """Return every envelope, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    envelopes = (compile_envelope(name, data, shipped=True) for name, data in read_data_files("logparse.envelopes"))
    return tuple(sorted(envelopes, key=lambda envelope: (envelope.rank, envelope.id)))


@lru_cache(maxsize=4)
def known_envelopes(folders: tuple[str, ...]) -> tuple[Envelope, ...]:
    """Return the envelopes in folders of the user's own and the shipped ones, in the order in which they are tried.

    The id of an envelope of the user's own is the path of its file. One with the name of a shipped one replaces that.

    Raises:
        FormatError: one of the files cannot be used.
    """
    own = [_compile_own(name, data) for folder in folders for name, data in read_folder(folder) if "kind" not in data]
    replaced = {to_id(envelope.id) for envelope in own}
    others = [envelope for envelope in shipped() if envelope.id not in replaced]
    return tuple(sorted((*own, *others), key=lambda envelope: (envelope.rank, envelope.id)))


def _compile_own(name: str, data: dict[str, Any]) -> Envelope:
    return replace(compile_envelope(name, data), id=to_own_id(name))


def find_envelope(envelope_id: str) -> Envelope:
    """Return the envelope of an id: a shipped one, one of the user's own, or text in front of lines found in a file.

    Raises:
        KeyError: there is none.
    """
    if is_front(envelope_id):
        return make_front(envelope_id)
    folder, slash, _ = envelope_id.rpartition("/")
    known = known_envelopes((folder,)) if slash else ()
    return next((each for each in known if each.id == envelope_id), None) or _by_id()[envelope_id]


@cache
def _by_id() -> dict[str, Envelope]:
    return {envelope.id: envelope for envelope in shipped()}


def choose_among(envelopes: Iterable[Envelope]) -> Candidates[Envelope]:
    """Return what chooses among envelopes of texts those that a text can be in."""
    return Candidates((envelope, list_needs(envelope.ways, begins=True)) for envelope in envelopes)


class Known(NamedTuple):
    """All known envelopes; all files share them.

    Attributes:
        of_records: chooses among those that are opened by the keys of a record.
        of_texts: those that are opened by the text in front of a line.
        tried: chooses among these.
    """

    of_records: RecordCandidates
    of_texts: tuple[Envelope, ...]
    tried: Candidates[Envelope]


@lru_cache(maxsize=4)
def sort_known_envelopes(folders: tuple[str, ...]) -> Known:
    """Return all known envelopes by what opens them."""
    known = known_envelopes(folders)
    texts = tuple(envelope for envelope in known if not envelope.of_records)
    records = RecordCandidates(envelope for envelope in known if envelope.of_records)
    return Known(records, texts, choose_among(texts))
