"""The weekly run on an archive: what is new is stored, and the weeks that it concerns are made anew.

Owns: the order of these steps, and what the run tells of itself. Must not know: how an archive is stored.
"""
