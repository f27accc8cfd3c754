"""Rules: what Airflow does and logs, as data files that anybody can read, check and add to.

Owns: the keys of rule files, and every check of them that needs no log line.
Must not know: how rules are applied to lines and attempts, and whether they pass their own examples.

There are five families, a folder each: ``attempts`` (which requests ask for a DAG run), ``follow_ups`` (which other
requests show what became of one), ``events`` (which app lines are evidence), ``outcomes`` (what the evidence means) and
``findings`` (what many attempts have in common, and what fixes it).
"""
