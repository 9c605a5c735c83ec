#!/usr/bin/env bash
#
# usage: check-servers.sh PG_CONFIG...
#
# For each server: builds the extension in a copy of the tree, warnings being errors, installs it there, and runs the
# regression and isolation tests.  Prints a line for each, when it is through.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || die "usage: check-servers.sh PG_CONFIG..."
tree=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d /tmp/innovation_score_servers.XXXXXX)

running=()
group=
trap 'for group in "${running[@]}"; do kill -- "-$group" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT

# check_server PG_CONFIG: one server; what is printed is the line, and after it what went wrong.
check_server()
{
	local PG_CONFIG=$1 name counts dir make
	export PG_CONFIG
	name=$("$PG_CONFIG" --version)
	grep -q '^#define USE_ASSERT_CHECKING 1' "$("$PG_CONFIG" --includedir-server)/pg_config.h" && name+=' (asserts)'
	dir=$(mktemp -d "$scratch/server.XXXXXX")
	chmod 755 "$dir"
	tar -C "$tree" -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check . | tar -xf - -C "$dir"
	make=(make --no-print-directory -s -C "$dir" PG_CONFIG="$PG_CONFIG")

	# What was built for another server is made anew.  No just-in-time compilation: it takes minutes.
	if { "${make[@]}" clean && "${make[@]}" COPT=-Werror all install &&
		"$tree/tools/with-server.sh" -c jit=off "${make[@]}" installcheck TAP_TESTS= ISOLATION= &&
		echo '---- isolation' &&
		"$tree/tools/with-server.sh" "${make[@]}" installcheck TAP_TESTS= REGRESS=; } >"$dir.log" 2>&1; then
		# pg_regress says "test NAME ... ok" up to PostgreSQL 15, "ok 1 - NAME" later.
		counts=$(awk '/^---- isolation/ { iso = 1 } /^(test .*\.\.\. ok|ok [0-9]+ )/ { n[iso + 0]++ }
			END { printf "%d regression, %d isolation tests passed", n[0], n[1] }' "$dir.log")
		echo "$name: $counts"
	else
		echo "$name: failed"
		grep -hE 'error:|warning:|FAILED|^not ok|FATAL|TRAP' "$dir.log" || tail -n 20 "$dir.log"
		cat "$dir"/regression.diffs "$dir"/output_iso/regression.diffs 2>/dev/null
		return 1
	fi
}

passed=0
failed=0

# Waits for the server that was begun first.
settle()
{
	if wait "${running[0]}"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
	running=("${running[@]:1}")
}

# As many at a time as there are processors, each in a process group of its own, to be ended with all that it started.
set -m
for PG_CONFIG; do
	is_complete "$PG_CONFIG" || die "no PostgreSQL server with headers behind $PG_CONFIG"
	[ ${#running[@]} -lt "$(getconf _NPROCESSORS_ONLN)" ] || settle
	check_server "$(realpath "$(command -v "$PG_CONFIG")")" &
	running+=($!)
done
while [ ${#running[@]} -gt 0 ]; do settle; done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
