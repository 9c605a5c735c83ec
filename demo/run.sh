#!/usr/bin/env bash
#
# usage: run.sh [report]
#
# A province of 20,000 firms, scored, ranked and whitelisted, and a report of it in the file that REPORT names (report.html
# beside this script); with "report" nothing is shown but where that file is.  Called by "make demo" and "make report"
# beside a private server; on a server of your own: PGHOST=... demo/run.sh (makes and drops the database
# innovation_score_demo).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

admin=${PGDATABASE:-postgres}
export PGDATABASE=innovation_score_demo PGCLIENTENCODING=UTF8 PSQL_PAGER=cat
unset PGOPTIONS

psql -X -q -d "$admin" -c "CREATE DATABASE $PGDATABASE ENCODING 'UTF8' TEMPLATE template0"
trap 'psql -X -q -d "$admin" -c "DROP DATABASE IF EXISTS $PGDATABASE"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

report=${REPORT:-$here/report.html}
write_report()
{
	"$here/../innovation-score-report" --scoreboard innovation --language zh --output "$report" --quiet \
		--note '演示数据：虚构的省份和企业 · An invented province: no firm in it exists'
}
if [ "${1:-}" = report ]; then
	psql -X -q -v ON_ERROR_STOP=1 -f "$here/demo.sql" >/dev/null
	write_report
	echo "$report"
else
	psql -X -q -v ON_ERROR_STOP=1 -f "$here/demo.sql"
	cat "$here/next.txt"
	write_report
	printf '  报告 The report, one file that needs no network; open it in a browser:\n\n    %s\n\n' "$report"
fi
