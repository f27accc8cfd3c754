"""Envelopes: what a platform wrapped around a line. Taken off level by level, before any line format is tried.

Owns: which envelopes there are.
Must not know: line formats, requests.

An envelope is a data file beside this module (``shape``). ``layouts`` tells the records of a file apart, ``unwrap``
takes a source's envelopes off, ``wrapping`` puts them around lines, so that tests can put every line into every one.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from logparse.envelopes.compiler import load
from logparse.envelopes.envelope import Envelope

__all__ = ["Envelope", "shipped"]


@cache
def shipped() -> tuple[Envelope, ...]:
    """Every envelope, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    folder = resources.files("logparse.envelopes") / "shipped"
    loaded = [
        load(entry.name, tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(loaded, key=lambda each: (each.rank, each.id)))
