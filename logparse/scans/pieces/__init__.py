"""Sources that are pieces of one log, as rotation and exports leave them.

Owns: which sources these are, the order of their lines, and that each line counts once. Must not know: what a line
means.
"""
