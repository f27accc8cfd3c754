"""Who works: this process, further processes of this machine, or the workers of a Dask cluster.

Owns: how work is handed out. Must not know: what the work is.
"""
