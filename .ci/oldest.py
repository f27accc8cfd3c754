"""Print the lower bound of each dependency as a constraint for pip: the oldest versions that are allowed.

Usage: python .ci/oldest.py > constraints.txt
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def main() -> None:
    """Print the constraints, sorted, each once."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    stated = [*project["dependencies"], *(one for name in ("buckets", "dask", "zstd", "test") for one in extras[name])]
    bounds = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", one) for one in stated)
    sys.stdout.writelines(sorted({f"{bound[1]}=={bound[2]}\n" for bound in bounds if bound}))


if __name__ == "__main__":
    main()
