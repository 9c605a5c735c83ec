#!/usr/bin/env bash
#
# The benchmark: a million firms, 18 indicators, three stages.  Called by "make bench" beside a private server; on a
# server of your own: PGHOST=... test/bench/run.sh (makes and drops the database innovation_score_bench).
#
#   ROWS=1000000    firms
#   RUNS=5          runs of each step, taken in turn; medians are printed
#   WORKERS=2       max_parallel_workers_per_gather of the parallel runs (the others have 0)
#   WORK_MEM=256MB  work_mem of every run
#   PEERS=1         0: leave plain C, R, data.table, DuckDB, ClickHouse and Polars out, and install nothing
#   VIEWS=1         0: leave out the questions to the views of frozen scoreboards (3 runs at the most)
#   GROWTH=0        1: also time a row of 100,000, 1,000,000 and 10,000,000 firms (or of those in GROWTH_ROWS)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/common.sh
. "$here/../../tools/common.sh"

ROWS=${ROWS:-1000000} RUNS=${RUNS:-5} WORKERS=${WORKERS:-2} WORK_MEM=${WORK_MEM:-256MB}
PEERS=${PEERS:-1} VIEWS=${VIEWS:-1} GROWTH=${GROWTH:-0} GROWTH_ROWS=${GROWTH_ROWS:-100000 1000000 10000000}
for number in "$ROWS" "$RUNS" "$WORKERS"; do
	[[ $number =~ ^[0-9]+$ ]] || die "ROWS, RUNS and WORKERS must be whole numbers"
done

scratch=$(mktemp -d /tmp/innovation_score_bench.XXXXXX)
created=
finish()
{
	[ -z "$created" ] || PGOPTIONS='' psql -X -q -d "$admin" -c "DROP DATABASE IF EXISTS $PGDATABASE" || true
	rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

admin=${PGDATABASE:-postgres}
export PGDATABASE=innovation_score_bench
psql -X -q -d "$admin" -c "CREATE DATABASE $PGDATABASE ENCODING 'UTF8' TEMPLATE template0"
created=1
results=$scratch/results

settings="-c jit=off -c work_mem=$WORK_MEM -c max_parallel_workers_per_gather="

# measure STEP TABLE MODE FILE [psql variables]: the sum of the times of the file's statements after \timing on, and as
# step "STEP CPU" the session's CPU time, where the file tells it
measure()
{
	local step=$1 table=$2 mode=$3 file=$4 workers=0 output
	shift 4
	[ "$mode" = serial ] || workers=$WORKERS
	output=$(PGOPTIONS="$settings$workers -c max_parallel_maintenance_workers=$workers" psql -X -q "$@" -f "$here/$file") || die "$file failed"
	awk -v OFS='\t' -v step="$step" -v table="$table" -v mode="$mode" \
		'/^Time: / { ms += $2 } /^CPU: / { cpu = $2 }
		END { print table, step, mode, ms; if (cpu != "") print table, step " CPU", mode, cpu }' <<<"$output" >>"$results"
}

# measure_all TABLE MODE: every step once
measure_all()
{
	local table=$1 mode=$2
	local firms=(-v "table=firm_$table" -v "model=model_firm_$table" -v "scores=score_firm_$table"
		-v "scoreboard_model=${table}_model" -v "scoreboard_score=${table}_score" -v "scoreboard_ranking=${table}_ranking")
	measure floor "$table" "$mode" floor.sql "${firms[@]}"
	measure percentile_cont "$table" "$mode" percentiles.sql "${firms[@]}"
	measure rank_sort "$table" "$mode" rank_sort.sql "${firms[@]}"
	measure twin "$table" "$mode" twin.sql "${firms[@]}"
	measure fit "$table" "$mode" fit.sql "${firms[@]}"
	measure score "$table" "$mode" score.sql "${firms[@]}"
	measure rank "$table" "$mode" rank.sql "${firms[@]}"
	measure whole "$table" "$mode" whole.sql "${firms[@]}"
	measure whole_state "$table" "$mode" whole_state.sql "${firms[@]}"
	measure ranking "$table" "$mode" ranking.sql "${firms[@]}"
	measure ranking_indexed "$table" "$mode" ranking_indexed.sql "${firms[@]}"
	measure whitelist "$table" "$mode" whitelist.sql "${firms[@]}"
	measure store "$table" "$mode" store.sql "${firms[@]}"
	measure store_bare "$table" "$mode" store_bare.sql "${firms[@]}"
}

say() { printf '%s\n' "$*" >&2; }

# ----- peers: what Debian and npm have

# have COMMAND PACKAGE: is it there, or can it be installed?
have()
{
	command -v "$1" >/dev/null && return
	command -v apt-get >/dev/null && can_be_root || return 1
	say "Installing $2 ..."
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" >/dev/null 2>&1 ||
		{ as_root apt-get -qq update >/dev/null 2>&1 &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" >/dev/null 2>&1; } ||
		return 1
	command -v "$1" >/dev/null
}

peers=()
skipped=()
agreement=()

# peer NAME PACKAGE...: is the engine there, or can npm bring it?
peer()
{
	say "Fetching $2 ..."
	if npm install --no-save --no-audit --no-fund --fetch-retries=1 --prefix "$scratch/$1" "${@:2}" >"$scratch/npm.log" 2>&1; then
		peers+=("$1")
	else
		skipped+=("$1: npm could not install $2")
	fi
}

if [ "$PEERS" != 0 ]; then
	if have gcc gcc && gcc -O2 -o "$scratch/plain" "$here/plain.c" -lm; then
		peers+=(c)
	else
		skipped+=("plain C: no gcc")
	fi
	if have Rscript r-base-core; then
		peers+=(r)
		if Rscript -e 'library(data.table)' >/dev/null 2>&1 || as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends r-cran-data.table >/dev/null 2>&1; then
			peers+=(data.table)
		else
			skipped+=("data.table: r-cran-data.table could not be installed")
		fi
	else
		skipped+=("R: no Rscript, and r-base-core could not be installed")
	fi
	if have npm npm && have node nodejs; then
		peer duckdb @duckdb/node-api
		peer clickhouse chdb
		# its binary is a package of its own, which npm does not always bring along
		peer polars nodejs-polars "nodejs-polars-linux-$(node -p process.arch)-gnu"
	else
		skipped+=("DuckDB, ClickHouse, Polars: no npm, and it could not be installed")
	fi
fi

# ----- the measurements

psql -X -q -c 'CREATE EXTENSION innovation_score' -f "$here/scheme.sql" >/dev/null

# load ROWS TABLE...
load()
{
	local rows=$1 numeric=off table
	shift
	[[ " $* " != *" numeric "* ]] || numeric=on
	say "Making $rows firms ..."
	psql -X -q -v "rows=$rows" -v "numeric=$numeric" -f "$here/setup.sql"
	for table in "$@"; do
		psql -X -q -v "table=$table" -f "$here/ours_setup.sql"
	done
}

load "$ROWS" float8 numeric
for run in $(seq "$RUNS"); do
	for table in float8 numeric; do
		for mode in serial parallel; do
			say "run $run of $RUNS: $table, $mode"
			measure_all "$table" "$mode"
			if [ "$run" = 1 ] && [ "$mode" = serial ]; then
				agreement+=("$table: $(psql -X -q -v reference=twin -f "$here/agree.sql")")
			fi
		done
	done
done

# a peer's result back into PostgreSQL, and whether it is the same as ours
import_and_compare()
{
	psql -X -q -v "file=$scratch/result.csv" -f "$here/import.sql" |
		sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n 1 >"$scratch/ms" &&
		psql -X -q -v reference=peer -f "$here/agree.sql" >"$scratch/agreement"
}

# what each of them is given
handed=("$scratch/data.csv" "$scratch/weights.csv" "$RUNS" "$scratch/result.csv")
node_peer() { NODE_PATH=$scratch/$1/node_modules node "$here/$1.js" "${handed[@]}" "${@:2}"; }
r_peer() { Rscript --vanilla "$here/$1.R" "${handed[@]}" "${@:2}"; }

# run_peer NAME: its times, and whether its results are ours
run_peer()
{
	rm -f "$scratch/result.csv"
	case $1 in
		c) "$scratch/plain" "${handed[@]}" ;;
		r) r_peer vectorized ;;
		data.table) r_peer data_table 1 ;;
		duckdb) node_peer duckdb "$scratch/duckdb.sql" "$(nproc)" "$scratch" ;;
		*) node_peer "$1" ;;
	esac >"$scratch/times" || return
	sed 's/ /\t/; s/\t\([^\t]*\)$/\tpeer\t\1/' "$scratch/times" >>"$results"
	import_and_compare || return
	printf '%s\tround trip in\tpeer\t%s\n' "$1" "$(cat "$scratch/ms")" >>"$results"
	agreement+=("$1: $(cat "$scratch/agreement")")
}

if [ ${#peers[@]} -gt 0 ]; then
	# the peers read the float8 table
	psql -X -q -v table=firm_float8 -v scoreboard_model=float8_model -f "$here/whole.sql" -f "$here/whole_state.sql" >/dev/null
	psql -X -q -f "$here/duckdb_query.sql" >"$scratch/duckdb.sql"
	psql -X -q --csv -f "$here/weights.sql" >"$scratch/weights.csv"
	for _ in $(seq "$RUNS"); do
		milliseconds=$(psql -X -q -c '\timing on' -c "\\copy bench.firm_float8 TO '$scratch/data.csv' (FORMAT csv, HEADER)" |
			sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
		printf 'duckdb\tround trip out\tpeer\t%s\n' "$milliseconds" >>"$results"
	done
fi
for peer in "${peers[@]}"; do
	say "$peer, $RUNS runs"
	run_peer "$peer" || skipped+=("$peer failed, see above")
done

# ----- look-ups of one firm on a frozen scoreboard, and other questions to views

psql -X -q -f "$here/freeze.sql"
answers=$scratch/answers

# ask FILE: appends question, milliseconds and rows of each of the file's questions
ask()
{
	local output
	output=$(PGOPTIONS="$settings$WORKERS" psql -X -q -v "rows=$ROWS" -f "$here/$1") || die "$1 failed"
	awk -v OFS='\t' '/^asked: / { question = substr($0, 8) } /^Time: / { ms = $2 }
		/^rows: / { print question, ms, $2 }' <<<"$output" >>"$answers"
}

if [ "$VIEWS" != 0 ]; then
	say "views"
	ask views_setup.sql
	runs=$((RUNS < 3 ? RUNS : 3))
	for run in $(seq "$runs"); do
		say "views, run $run of $runs"
		measure floor views parallel floor.sql -v table=firm_float8
		ask views.sql
	done
fi

lookups=
pgbench=$("${PG_CONFIG:-pg_config}" --bindir 2>/dev/null)/pgbench
[ -x "$pgbench" ] || pgbench=$(command -v pgbench || true)
if [ -n "$pgbench" ]; then
	look_up() { "$pgbench" -n -D "rows=$ROWS" -f "$here/lookup.sql" -T 5 "$@" 2>/dev/null; }
	lookups=$(printf 'one firm of %s on a frozen scoreboard: %s ms; 10 connections: %s look-ups a second' "$ROWS" \
		"$(look_up | sed -n 's/^latency average = \([0-9.]*\) ms.*/\1/p')" \
		"$(look_up -c 10 -j "$(nproc)" | sed -n 's/^tps = \([0-9]*\).*/\1/p')")
else
	skipped+=("look-ups: no pgbench")
fi

# ----- the tables

psql -X -q -v "file=$results" -v "rows=$ROWS" -v "runs=$RUNS" -v "workers=$WORKERS" -v "work_mem=$WORK_MEM" \
	-v "cores=$(nproc)" -f "$here/report.sql"
[ "$VIEWS" = 0 ] || psql -X -q -v "file=$answers" -v "results=$results" -f "$here/views_report.sql"
echo
[ -z "$lookups" ] || printf -- '- %s\n' "$lookups"
printf -- '- agreement: %s\n' "${agreement[@]}"
[ ${#skipped[@]} -eq 0 ] || printf -- '- skipped: %s\n' "${skipped[@]}"

if [ "$GROWTH" != 0 ]; then
	: >"$results"
	for rows in $GROWTH_ROWS; do
		load "$rows" float8
		for run in $(seq "$RUNS"); do
			for mode in serial parallel; do
				for step in floor fit score whole; do
					measure "$step" "$rows" "$mode" "$step.sql" -v table=firm_float8 -v model=model_firm_float8 \
						-v scoreboard_model=float8_model -v scoreboard_score=float8_score
				done
			done
		done
	done
	psql -X -q -v "file=$results" -f "$here/growth.sql"
fi
