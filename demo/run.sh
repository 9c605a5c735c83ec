#!/usr/bin/env bash
#
# A province of 20,000 firms, scored, ranked and whitelisted.  Called by "make demo" beside a private server; on a server
# of your own: PGHOST=... demo/run.sh (makes and drops the database innovation_score_demo).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

admin=${PGDATABASE:-postgres}
export PGDATABASE=innovation_score_demo PGCLIENTENCODING=UTF8 PSQL_PAGER=cat
unset PGOPTIONS

psql -X -q -d "$admin" -c "CREATE DATABASE $PGDATABASE ENCODING 'UTF8' TEMPLATE template0"
trap 'psql -X -q -d "$admin" -c "DROP DATABASE IF EXISTS $PGDATABASE"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

psql -X -q -v ON_ERROR_STOP=1 -f "$here/demo.sql"
cat "$here/next.txt"
