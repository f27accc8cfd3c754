"""Times of which a line shows no more than the second.

Owns: telling them from exact ones. Must not know: what follows from that.

Servers that write when a request began (Traefik, uWSGI, Apache) often write whole seconds. The end of the request is
then a whole second and how long it took, which looks exact and is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from logparse.lines.access import Access


def is_whole(access: Access) -> bool:
    """Return whether a line shows only in which second its request ended, or began."""
    time = access.time or 0
    return time % SECOND == 0 or (bool(access.duration) and (time - (access.duration or 0)) % SECOND == 0)


def are_whole(times: NDArray[np.int64], durations: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the same for many lines; durations are negative where they are not known."""
    found: NDArray[np.bool_] = (times % SECOND == 0) | ((durations > 0) & ((times - durations) % SECOND == 0))
    return found
