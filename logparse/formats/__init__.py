"""How a line is written: one data file per line format, in ``shipped``.

Owns: format files, format strings, and everything that reads one line into named fields.
Must not know: envelopes, requests, rules.
"""
