"""From chunks to access lines and messages, process by process.

Owns: what every line was. Must not know: which requests or messages matter, except through the prefilter it is given.
"""
