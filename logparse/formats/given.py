"""All line formats of a run, in the order in which they are tried: those that the user gives, then the shipped ones.

Owns: the forms in which a user gives a line format, and the ids of such formats.
Must not know: how a line is read (``readers``), format files (``loader``).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import FormatError
from logparse.formats.clients import read_only_written
from logparse.formats.data_files import read_folder
from logparse.formats.format_strings.app_lines import compile_app_format
from logparse.formats.format_strings.compiler import compile_string
from logparse.formats.line_format import LineFormat, Sign
from logparse.formats.loader import load_formats, shipped
from logparse.formats.readers import make_asked_of_string

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.formats.json_lines.own_names import OwnNames

_LOG_FORMAT: Final = "log-format-"
_APP_FORMAT: Final = "app-format-"
#: nginx asked no server behind it, and answered itself; 502 to 504 say that one failed.
_UPSTREAM: Final = (Sign("refused", (("upstream_status", re.compile(r"-?")), ("status", re.compile(r"[34]\d\d")))),)


class Given(NamedTuple):
    """What a user says about line formats.

    Attributes:
        log_formats: format strings of access logs.
        app_formats: format strings of app logs.
        names: keys of JSON and columns of tables that hold fields of lines.
        folders: folders with files of line formats, written as the shipped ones; one of the same name replaces that.
    """

    log_formats: tuple[str, ...] = ()
    app_formats: tuple[str, ...] = ()
    names: OwnNames = ()
    folders: tuple[str, ...] = ()


NOTHING: Final = Given()


def compile_formats(given: Given = NOTHING) -> tuple[LineFormat, ...]:
    """Return the given format strings, then the formats of files, in the order in which they are tried.

    Raises:
        FormatError: a format string or a file cannot be used.
    """
    strings = [from_string(text, number) for number, text in enumerate(given.log_formats, 1)]
    strings += [_from_app_string(text, number) for number, text in enumerate(given.app_formats, 1)]
    of_files = _load_given(given.names, given.folders) if given.names or given.folders else shipped()
    return (*strings, *of_files)


@lru_cache(maxsize=4)
def _load_given(names: OwnNames, folders: tuple[str, ...]) -> tuple[LineFormat, ...]:
    own = [file for folder in folders for file in read_folder(folder) if "kind" in file[1]]
    return load_formats(names, own)


def name_strings(given: Given) -> dict[str, tuple[str, str]]:
    """Return the ids of the given format strings, each with the option that gives it and the string."""
    return {
        f"{prefix}{number}": (option, text)
        for prefix, option, texts in (
            (_LOG_FORMAT, "--log-format", given.log_formats),
            (_APP_FORMAT, "--app-format", given.app_formats),
        )
        for number, text in enumerate(texts, 1)
    }


def from_string(text: str, number: int = 1) -> LineFormat:
    """Return the access-line format that a format string describes; it is tried before the shipped ones.

    Raises:
        FormatError: the string is no such format, with the position of what is wrong.
    """
    written = compile_string(text)
    return LineFormat(
        f"{_LOG_FORMAT}{number}",
        "access",
        f"as given: {text}",
        -number,
        read_only_written(written.match),
        stamp=written.stamp,
        names_users=written.names_users,
        vouches=written.vouches,
        signs=_UPSTREAM if "upstream_status" in written.names else (),
        asked=make_asked_of_string(text),
        ways=written.ways,
    )


def _from_app_string(text: str, number: int) -> LineFormat:
    """The app-line format that a format string of Python's logging describes."""
    read = compile_app_format(text)
    return LineFormat(f"{_APP_FORMAT}{number}", "app", f"as given: {text}", -number, read, airflow=True)


def airflow_formats(ids: Iterable[str]) -> list[LineFormat]:
    """Return those of some formats, by their ids, that Airflow itself or a server of its own writes.

    The id of a format of the user's own is the path of its file. Where that is gone, nothing is known of it.
    """
    known = {form.id: form for form in shipped()}
    found = [known.get(name) or _find_given(name) for name in ids]
    return [form for form in found if form is not None and (form.airflow or form.server)]


@cache
def _find_given(name: str) -> LineFormat | None:
    if name.startswith(_APP_FORMAT):
        return _from_app_string("%(levelname)s %(message)s", 1)
    folder, slash, _ = name.rpartition("/")
    try:
        return next((form for form in _load_given((), (folder,)) if form.id == name), None) if slash else None
    except FormatError:
        return None
