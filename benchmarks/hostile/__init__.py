"""Logs that are made to cost as much as possible, each to hurt one step of the work.

A case writes as many lines (or files, or rows) as it is asked for. `benchmarks/growth.py` measures what they cost, and
`tests/system/test_growth.py` counts the work that some of them make. There is a module for each kind of what they hurt.

Owns: the cases. Must not know: how they are measured, what logparse does with them.
"""

from __future__ import annotations

from typing import Final

from hostile import callers, exports, files, logins, shapes, texts, times, web_ui
from hostile.cases import Case

#: By name, in the order of the steps that they hurt.
CASES: Final = {
    each.name: each
    for module in (shapes, logins, texts, callers, web_ui, times, files, exports)
    for each in vars(module).values()
    if isinstance(each, Case)
}
