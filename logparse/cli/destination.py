"""Where a command writes, as its option ``--out`` says.

Owns: what no destination can be. Must not know: what is written there.
"""

import typer


def check_out(out: str, *, url: bool) -> None:
    """See that ``--out`` is no empty name, as a variable that is not set leaves it.

    Args:
        out: what was given.
        url: a URL will do; else it would become a folder ``s3:``.

    Raises:
        typer.BadParameter: it cannot be used.
    """
    problem = ""
    if not out:
        problem = "is empty; give a name"
    elif "://" in out and not url:
        problem = "is a URL; write to a file here, and copy it"
    if problem:
        raise typer.BadParameter(problem, param_hint="--out")
