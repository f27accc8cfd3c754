"""Text in front of the lines of a file that no known envelope explains: found from the lines themselves.

See docs/architecture.md, "What is around a line".
"""
