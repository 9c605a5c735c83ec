#!/usr/bin/env bash
#
# usage: check-servers.sh PG_CONFIG...
#
# For each server: builds the extension in a copy of the tree, warnings being errors, installs it there, and runs the
# regression and isolation tests.  Prints a line for each.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || die "usage: check-servers.sh PG_CONFIG..."
tree=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d /tmp/innovation_score_servers.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

passed=0
failed=0
for PG_CONFIG; do
	is_complete "$PG_CONFIG" || die "no PostgreSQL server with headers behind $PG_CONFIG"
	PG_CONFIG=$(realpath "$(command -v "$PG_CONFIG")")
	export PG_CONFIG
	name=$("$PG_CONFIG" --version)
	grep -q '^#define USE_ASSERT_CHECKING 1' "$("$PG_CONFIG" --includedir-server)/pg_config.h" && name+=' (asserts)'

	rm -rf "$scratch/tree"
	mkdir "$scratch/tree"
	tar -C "$tree" -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check . | tar -xf - -C "$scratch/tree"
	make=(make --no-print-directory -s -C "$scratch/tree" PG_CONFIG="$PG_CONFIG")

	# What was built for another server is made anew.  No just-in-time compilation: it takes minutes.
	if { "${make[@]}" clean && "${make[@]}" COPT=-Werror all install &&
		"$tree/tools/with-server.sh" -c jit=off "${make[@]}" installcheck TAP_TESTS= ISOLATION= &&
		echo '---- isolation' &&
		"$tree/tools/with-server.sh" "${make[@]}" installcheck TAP_TESTS= REGRESS=; } >"$scratch/log" 2>&1; then
		# pg_regress says "test NAME ... ok" up to PostgreSQL 15, "ok 1 - NAME" later.
		counts=$(awk '/^---- isolation/ { iso = 1 } /^(test .*\.\.\. ok|ok [0-9]+ )/ { n[iso + 0]++ }
			END { printf "%d regression, %d isolation tests passed", n[0], n[1] }' "$scratch/log")
		echo "$name: $counts"
		passed=$((passed + 1))
	else
		echo "$name: failed"
		grep -hE 'error:|warning:|FAILED|^not ok|FATAL|TRAP' "$scratch/log" || tail -n 20 "$scratch/log"
		cat "$scratch"/tree/regression.diffs "$scratch"/tree/output_iso/regression.diffs 2>/dev/null || true
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
