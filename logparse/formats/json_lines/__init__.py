"""Line formats that are JSON objects.

Owns: the object that a line is, and which of its keys hold which field.
Must not know: which requests matter.
"""
