"""Print the lower bound of each dependency as a constraint for pip: the oldest versions that logparse claims to work with.

Usage: python .ci/oldest.py > constraints.txt
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def main() -> None:
    """Print the constraints, sorted, each once."""
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    stated = [*project["dependencies"], *(one for name in ("buckets", "dask", "zstd", "test") for one in extras[name])]
    bounds = (re.match(r"([\w.-]+)(?:\[[\w,]+\])?>=([\w.]+)", one) for one in stated)
    print("\n".join(sorted({f"{bound[1]}=={bound[2]}" for bound in bounds if bound})))


if __name__ == "__main__":
    main()
