"""``airflow standalone``: every line behind the name of the component that wrote it, such as ``webserver  | ``.

The name is padded to ten characters and always coloured
(https://github.com/apache/airflow/blob/2.10.5/airflow/cli/commands/standalone_command.py#L144); copies lose the colour.
"""

from __future__ import annotations

import re
from typing import Final

NAME: Final = "airflow standalone"

_PREFIX: Final = re.compile(
    r"(?:\x1b\[\d+m)?(?:webserver|api-server|scheduler|triggerer|dag-processor|standalone) {0,10}(?:\x1b\[0m)? \| "
)


def unwrap(line: str) -> str | None:
    """The line that the component wrote; None if no component is named."""
    found = _PREFIX.match(line)
    return line[found.end() :] if found else None


def wrap(payload: str) -> str:
    """The payload as a line of the webserver."""
    return f"\x1b[35m{'webserver':<10}\x1b[0m | {payload}"
