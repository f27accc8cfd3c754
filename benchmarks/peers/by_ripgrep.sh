#!/bin/sh
# The shell user's way, without weeks: by_ripgrep.sh LOG OUT
rg -N --no-filename '"POST (/api/v1/dags/[^/]+/dagRuns|/dags/[^/]+/trigger)[? ]' "$1" |
    awk '{ split($7, a, "/"); d = (a[2] == "api") ? a[5] : a[3]; n[$3 "," d "," $9]++ } END { for (k in n) print k "," n[k] }' |
    sort > "$2"
