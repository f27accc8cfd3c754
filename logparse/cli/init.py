"""The command ``init``: a first ``logparse.toml``.

Owns: the arguments of this command. Must not know: what stands in the file.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from logparse.cli import options
from logparse.cli.config import FILE

EXAMPLES: Final = """\
Examples:
  logparse init /var/log/airflow
  logparse init logs/ --archive /reports/airflow
"""


def init(
    paths: options.Paths,
    *,
    archive: Annotated[
        str, typer.Option("--archive", metavar="DIR", help="Where reports are to be written.", show_default=True)
    ] = "reports",
) -> None:
    """Look at logs, and write a file logparse.toml with options for them into this folder.

    Afterwards logparse report needs no arguments here. A file that is there already is not changed.
    """
    from logparse.cli.output import print_message, print_problem  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.errors import LogparseError, OutputError  # noqa: PLC0415
    from logparse.inspection import detect, first_config  # noqa: PLC0415
    from logparse.pipeline.options import check_options  # noqa: PLC0415
    from logparse.reports.atomic_files import open_target  # noqa: PLC0415
    from logparse.sources import discovery  # noqa: PLC0415

    target = Path(FILE)
    if target.exists():
        raise OutputError(FILE, "is there already; change it, or move it away")
    how = check_options({}).setup
    found = []
    for source in discovery.discover(paths).sources:
        try:
            found.append(detect.detect(source, how))
        except LogparseError as error:
            print_problem(error)
    with open_target(target) as stream:
        stream.write(first_config.write_config(paths, archive, found).encode())
    print_message(f"Wrote {FILE}. Next: logparse report")
