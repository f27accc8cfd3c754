"""The weekly run on an archive: new lines are stored, and the weeks that they concern are made again.

Owns: the order of these steps, and the record of a run. Must not know: how an archive is stored.
"""
