"""Documents that hold many records: JSON over several lines, CSV, YAML, journals.

Owns: how a document is recognised, and where its records begin and end.
Must not know: what a record means.
"""
