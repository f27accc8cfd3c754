"""Requests that two sources tell of, in equal or in other lines.

Owns: which of two lines about one request counts. Must not know: what became of the request.
"""
