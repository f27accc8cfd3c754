#!/bin/sh
# lnav reads logs into SQL tables: by_lnav.sh LOG OUT
exec lnav -n -q -c ";SELECT cs_username, cs_uri_stem, sc_status, count(*) FROM access_log WHERE cs_method = 'POST' \
    AND (cs_uri_stem LIKE '/api/v1/dags/%/dagRuns' OR cs_uri_stem LIKE '/dags/%/trigger') GROUP BY 1, 2, 3" \
    -c ":write-csv-to $2" "$1" > /dev/null
