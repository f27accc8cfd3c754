"""What a Polars user would write: weekly trigger outcomes by user and DAG from a gunicorn access log."""

import sys

import polars as pl

PATTERN = (
    r"^(?P<client>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?:/api/v1/dags/(?P<dag1>[^/]+)/dagRuns|/dags/(?P<dag2>[^/]+)/trigger)(?:\?\S*)? '
    r'HTTP/[\d.]+" (?P<status>\d{3}) '
)
lines = pl.scan_csv(sys.argv[1], has_header=False, separator="\x01", quote_char=None, new_columns=["line"])
found = (
    lines.filter(pl.col("line").str.contains('"POST ', literal=True))
    .select(pl.col("line").str.extract_groups(PATTERN))
    .unnest("line")
    .filter(pl.col("status").is_not_null() & (pl.col("method") == "POST"))
    .with_columns(t=pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z"), dag=pl.coalesce("dag1", "dag2"))
    .with_columns(week=pl.col("t").dt.truncate("1w"))
)
counted = found.group_by("week", "user", "dag", "status").len().sort("week", "user", "dag", "status")
counted.collect(engine="streaming").write_csv(sys.argv[2])
