"""Try what may happen to runs of ``logparse report``, and say in a table what became of the archive each time.

python benchmarks/reliability [PART ...] [--share 1.0] [--seed 1] [--data DIR]

PART is one or more of ``kills``, ``steps``, ``disk``, ``races``, ``logs`` and ``bucket``; without one, it is all. With
``--share 0.1`` it is a tenth of all. A disk that is full is a small tmpfs, for which one must be root; for others it is
a limit on the size of files. Ends with 1 if anything was not as it should be.

Owns: the command line. Must not know: what a trial does.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

# Python looks for modules in the folder of the package, and so does not find the package itself.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from reliability.bucket import bucket
from reliability.disk import disk
from reliability.kills import kills
from reliability.logs import logs
from reliability.races import races
from reliability.running import Runner
from reliability.server import serve
from reliability.steps import steps
from reliability.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: Final[dict[str, Callable[[Trials], None]]] = {
    "kills": kills, "steps": steps, "disk": disk, "races": races, "logs": logs, "bucket": bucket,
}  # fmt: skip


def main() -> int:
    """Try all of it, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", metavar="PART", nargs="*", help=f"what to try: {', '.join(PARTS)}; all")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials")
    parser.add_argument("--seed", type=int, default=1, help="of random numbers")
    parser.add_argument("--data", type=Path, help="where logs and archives are kept; else they are removed")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if unknown := set(args.parts) - set(PARTS):
        parser.error(f"no such PART: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if args.serve:
        serve()
        return 0
    with ExitStack() as stack:
        folder = args.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="reliability-")))
        runner = stack.enter_context(Runner(folder / f"runner-{os.getpid()}"))
        trials = Trials(runner, folder / f"trials-{os.getpid()}", args.share, random.Random(args.seed))
        for part in args.parts or PARTS:
            PARTS[part](trials)
    print("| tried | times | what happened | not as it should be |\n|---|---|---|---|", *trials.rows, sep="\n")
    for row in trials.rows:
        for each in row.wrong:
            print(f"\n{row.what}: {each}")
    return 1 if any(row.wrong for row in trials.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
