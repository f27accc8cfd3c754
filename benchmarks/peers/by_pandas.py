"""The plain script that an Airflow admin would write: one regular expression a line, then pandas."""

import re
import sys
from pathlib import Path

import pandas as pd

PATTERN = re.compile(
    r'^(\S+) \S+ (\S+) \[([^\]]+)\] "POST (?:/api/v1/dags/([^/]+)/dagRuns|/dags/([^/]+)/trigger)(?:\?\S*)? '
    r'HTTP/[\d.]+" (\d{3}) '
)
rows = []
with Path(sys.argv[1]).open(encoding="utf-8", errors="replace") as lines:
    for line in lines:
        found = PATTERN.match(line)
        if found:
            _, user, time, dag, other, status = found.groups()
            rows.append((time, user, dag or other, status))
frame = pd.DataFrame(rows, columns=["t", "user", "dag", "status"])
frame["t"] = pd.to_datetime(frame["t"], format="%d/%b/%Y:%H:%M:%S %z")
frame["week"] = frame["t"].dt.tz_localize(None).dt.to_period("W").dt.start_time
frame.groupby(["week", "user", "dag", "status"]).size().rename("n").reset_index().to_csv(sys.argv[2], index=False)
