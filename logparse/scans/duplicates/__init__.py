"""Requests that more than one source holds, in equal lines or in different ones.

Owns: which of two lines about one request counts. Must not know: what became of the request.
"""
