"""Forms that were refused, where sizes of answers hold the headers.

A refused form has the headers of a redirect, but for the target and the words behind the status. So where redirects
show how long their headers are (``headed_redirects``), the sizes of refusals show what they say.

Owns: what such a refusal says. Must not know: how headers are found, outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.verdicts.attempt import Attempt

#: By how many bytes a refusal is longer than a redirect without its targets: `Bad Request` in place of `Found`, and no
#: `Location: ` with its line break.
_HEADERS: Final = len("Bad Request") - len("Found") - len("Location: \r\n")
#: Bodies of refusals with the versions of Werkzeug whose bodies of redirects are of the lengths ``redirects.FIXED``.
_BODIES: Final = {
    "csrf_token": ((117, 118), (142, 143)),  # `The CSRF token is missing.` or `is invalid.`
    "csrf_session": ((120, 125), (145, 150)),  # `The CSRF tokens do not match.`, `The CSRF session token is missing.`
}
#: What each says, by how much longer the answer is than a redirect without its targets.
_SAID: Final = {
    body - fixed + _HEADERS: said
    for said, bodies in _BODIES.items()
    for fixed, lengths in zip(redirects.FIXED, bodies, strict=True)
    for body in lengths
}
#: Refusals are no longer, with all headers.
LONGEST: Final = 4096
#: So large a part of the refusals must say one of these.
_LEAST_PART: Final = 0.75


def read_forms(refused: Sequence[Attempt], attempts: Iterable[Attempt]) -> None:
    """Note in each attempt what the answer said, if redirects of the same server show how long its headers are.

    Args:
        refused: attempts of the web UI that got 400, and whose sizes are not those of bodies.
        attempts: all attempts of the deployment.
    """
    frames = {attempt.redirect.frame for attempt in attempts} - {0, *redirects.FIXED}
    if not refused or len(frames) != 1:
        return
    frame = frames.pop()
    said = [_SAID.get((attempt.request.access.size or 0) - frame, "") for attempt in refused]
    known = sum(attempt.request.times for attempt, text in zip(refused, said, strict=True) if text)
    if known < _LEAST_PART * sum(attempt.request.times for attempt in refused):
        return
    for attempt, text in zip(refused, said, strict=True):
        attempt.body = text
