#!/bin/sh
# Reads new logs, and posts one line about it to a chat that takes webhooks as Slack does: text in JSON. Needs jq and curl.
# Use: WEBHOOK=https://hooks.example.com/services/... deploy/webhook.sh /exports/airflow /reports/airflow
set -eu
status=0
run=$(logparse report "$1" --out "$2" --quiet --json --fail-on new) || status=$?
[ -n "$run" ] || exit "$status"
# Nothing but names of weeks, numbers and ids of findings: no text of a log, which could hold a mention or a link.
printf '%s' "$run" | jq --arg status "$status" '
  [.weeks | to_entries[] | select(.key != "unknown")
   | "\(.key): \(.value.attempts) attempts, \(.value.outcomes.success // 0) made a run, findings: \(.value.findings | keys | join(", "))"]
  | {text: (["logparse ended with status \($status)"] + .[-3:] | join("\n"))}' \
  | curl --silent --show-error --fail -H 'Content-Type: application/json' --data @- "$WEBHOOK"
exit "$status"
