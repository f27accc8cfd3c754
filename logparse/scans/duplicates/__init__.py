"""The same requests in more than one source, in equal lines or in different ones.

Owns: which of two lines about one request counts. Must not know: what became of the request.
"""
