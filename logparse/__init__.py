"""Who tried to trigger which Airflow DAG, what became of it, and if it failed: not recognised or not permitted, and why."""
