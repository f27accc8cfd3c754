"""Attempts as events in the schemas of other tools: one data file for each schema, in ``shipped``.

Owns: what a file says, and what becomes of an attempt. Must not know: where attempts come from, where events go.
"""
