"""The key of pseudonyms: an option that several commands share.

Owns: where the key may come from. Must not know: what is made with it. The key is no option itself: what is typed can
be seen by other users of the machine, and stays in the history of the shell.
"""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

KeyFile = Annotated[
    str | None,
    typer.Option(
        "--pseudonym-key-file",
        metavar="FILE",
        help="File with the key of pseudonyms, 16 characters or more, such as openssl rand -hex 32 writes.",
        rich_help_panel="Privacy",
        show_default="LOGPARSE_PSEUDONYM_KEY",
    ),
]
#: The variable that may hold the key of pseudonyms in place of a file.
KEY_VARIABLE: Final = "LOGPARSE_PSEUDONYM_KEY"


def read_key(file: str | None) -> str | None:
    """Return the key of pseudonyms: from a file, or from the environment; None: there is none.

    Raises:
        InputError: the file cannot be read.
    """
    from logparse.common.errors import InputError  # noqa: PLC0415 - late, see logparse.cli

    if file is None:
        return os.environ.get(KEY_VARIABLE) or None
    try:
        return Path(file).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise InputError(file, "the key cannot be read", str(getattr(error, "strerror", error))) from error
