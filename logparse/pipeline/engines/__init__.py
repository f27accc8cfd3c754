"""Who works: threads of this process, or the workers of a Dask cluster.

Owns: how work is handed out. Must not know: what the work is.
"""
