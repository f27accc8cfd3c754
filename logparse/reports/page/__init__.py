"""A week as a page to look at: one HTML file that needs nothing else.

Owns: what the page shows, and in which order. Must not know: where tables come from, how attempts were decided.
"""
