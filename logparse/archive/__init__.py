"""The archive: what logs held, stored as it was found, and the weekly reports that are made of it.

Owns: what was read, never twice; which weeks it concerns; all or nothing. Must not know: how a source is read, how an
attempt is decided, what a report counts.
"""
