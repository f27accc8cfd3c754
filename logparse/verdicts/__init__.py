"""What became of each attempt, and who made it.

Owns: the way from requests and events to an outcome. Must not know: how sources are read, what is made of verdicts.
"""
