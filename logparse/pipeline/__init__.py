"""The order of all steps, and who works on them.

Owns: what a run is asked for, the way from sources to a result, the weekly run on an archive. Must not know: how any
step works.
"""
