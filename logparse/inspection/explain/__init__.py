"""One line, step by step, asked of the same functions as a run.

Owns: which steps are shown, and in which words. Must not know: how any step decides.
"""
