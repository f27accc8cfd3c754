"""The version of the program, in one place.

Owns: the number of the version. Must not know: anything else.
"""

__version__ = "0.1.0"
