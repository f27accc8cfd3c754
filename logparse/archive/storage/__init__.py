"""Where an archive is kept: objects that never change and generations of visible files, in a folder or a bucket.

Owns: what a storage promises, and which kind a place has. Must not know: what is in an object or an index.

An object is named by the SHA-256 of its content. A generation is an index, which is JSON that nobody here interprets,
and the files that users see, each of which is an object. A generation is committed as a whole or not at all.
"""
