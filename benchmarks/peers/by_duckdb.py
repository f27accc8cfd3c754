"""What a DuckDB user would write for the same report."""

import sys

import duckdb

duckdb.connect().execute(
    rf"""
copy (
    with lines as (
        select column0 as line
        from read_csv('{sys.argv[1]}', header = false, delim = '\x01', quote = '', escape = '',
                      columns = {{'column0': 'varchar'}}, auto_detect = false)
        where contains(column0, '"POST ')
    ),
    parts as (
        select regexp_extract(
            line,
            '^(\S+) \S+ (\S+) \[([^\]]+)\] "POST (?:/api/v1/dags/([^/]+)/dagRuns|/dags/([^/]+)/trigger)(?:\?\S*)? '
            || 'HTTP/[0-9.]+" ([0-9]{{3}}) ',
            ['client', 'usr', 't', 'd1', 'd2', 'status']
        ) as g
        from lines
    )
    select date_trunc('week', strptime(g.t, '%d/%b/%Y:%H:%M:%S %z')) as week, g.usr as usr,
           coalesce(nullif(g.d1, ''), g.d2) as dag, g.status as status, count(*) as n
    from parts where g.status <> '' group by all order by all
) to '{sys.argv[2]}' (header)
""".replace("\\x01", "\x01")
)
