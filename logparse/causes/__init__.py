"""One cause for many attempts.

Owns: which finding claims which attempts. Must not know: how attempts were decided, how a finding is written down.
"""
