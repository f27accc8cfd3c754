"""Format strings of gunicorn, nginx and Apache, compiled to readers of lines.

Owns: the directives of each server, and how a line is taken apart by them.
Must not know: which formats ship.
"""
