"""What one source holds that matters, and how the results of several sources add up.

Owns: requests, events, and the account of every line. Must not know: what evidence means.
"""
