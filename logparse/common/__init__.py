"""The ground floor: what every step may use.

Owns: errors, the columns of the public tables, times and weeks, texts for people, columns of texts, temporary folders.
Must not know: any step of the way from a log to a report.
"""
