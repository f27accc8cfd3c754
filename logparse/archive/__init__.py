"""The archive: the lines of logs that matter, stored as they were found, and the weekly reports made of them.

Owns: the form in which lines, exports and reports are stored, and which sources are known. Must not know: how a source
is read, how an attempt is decided, what a report counts.
"""
