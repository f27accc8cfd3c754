"""``Origin``: the process that wrote a line, as the envelopes around it name it.

Owns: what is known of a process, and which lines count as written by the same one.
Must not know: which envelope holds what.
"""

from __future__ import annotations

from typing import Final, NamedTuple

#: What lines of one process have in common; empty where no envelope names it.
Process = tuple[str, ...]


class Origin(NamedTuple):
    """The process that wrote a line; a field is empty where no envelope names it.

    Attributes:
        deployment: name of the Airflow environment (Composer, MWAA).
        host: machine or node.
        pod: of Kubernetes.
        container: the container, or the program where syslog or journald names one.
        stream: ``stdout``, ``stderr``, or the log stream of a cloud.
    """

    deployment: str = ""
    host: str = ""
    pod: str = ""
    container: str = ""
    stream: str = ""

    @property
    def process(self) -> Process:
        """What lines of one process have in common; both of its standard streams count as one."""
        stream = "" if self.stream in ("stdout", "stderr") else self.stream
        return self.host, self.pod, self.container, stream


NOWHERE: Final = Origin()
