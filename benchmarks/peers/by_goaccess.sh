#!/bin/sh
# GoAccess counts all requests by path and status, not by DAG or user of a trigger: by_goaccess.sh LOG OUT
exec goaccess "$1" --no-global-config --log-format=COMBINED --no-progress -o "$2.json"
