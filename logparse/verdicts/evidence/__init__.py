"""What is known about an attempt beside its own line, one kind of evidence per module.

Owns: how each kind of evidence is joined with attempts. Must not know: what evidence means for the outcome.
"""
