"""Lines in the main format of a file, read many at once as columns.

Owns: which lines these are, where their fields lie, and what the fields say. Must not know: what a request means.
"""
