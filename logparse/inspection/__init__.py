"""Looking inside: explain a line, detect a format, check rules and samples.

Owns: what is shown to people who ask how a result came about. Must not know: how any step decides; it asks the
functions of the run.
"""
