"""Where a line was written, as the envelopes around it tell.

Owns: what may be told.
Must not know: which envelope tells what.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: What lines of one process have in common; empty where nothing tells.
Process = tuple[str, ...]


class Origin(NamedTuple):
    """Which process wrote a line; all fields empty where no envelope tells.

    Attributes:
        deployment: name of the Airflow environment (Composer, MWAA).
        host: machine or node.
        pod: of Kubernetes.
        container: or the program, where syslog or journald names one.
        stream: ``stdout``, ``stderr``, or the log stream of a cloud.
    """

    deployment: str = ""
    host: str = ""
    pod: str = ""
    container: str = ""
    stream: str = ""

    @property
    def process(self) -> Process:
        """What lines of one process have in common: a server writes to both of its streams."""
        stream = "" if self.stream in ("stdout", "stderr") else self.stream
        return self.host, self.pod, self.container, stream


NOWHERE: Final = Origin()
