"""What to read, as chunks of whole lines.

Owns: paths, object stores, compression and bytes.
Must not know: what a line means.
"""
