"""Tables, texts and files: what people see.

Owns: the reports, the messages, and how tables are written. Must not know: how anything was found out.
"""
