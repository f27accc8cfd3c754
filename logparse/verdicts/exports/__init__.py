"""What Airflow's metadata database holds, as exported by Airflow or by a database.

Owns: audit log, DAG runs, users and roles as records. Must not know: which attempt a record is about.
"""
