"""What a platform wrapped around a line: one data file per envelope, in ``shipped``.

Owns: envelope files, and taking envelopes off.
Must not know: line formats (it is told which lines are known).
"""
