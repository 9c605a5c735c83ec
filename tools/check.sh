#!/usr/bin/env bash
#
# Builds, installs and tests the extension: pg_regress and isolation tests on private servers, and beside them the TAP
# tests, which start servers of their own.  The last line counts the test files.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

passed=0
failed=0
trouble=0

# count TOTAL PATTERN FILE: of TOTAL tests, those passed whose line in the file matches; one that never ran has failed.
count()
{
	local ok
	ok=$(grep -cE "$2" "$3" || true)
	passed=$((passed + ok))
	failed=$((failed + $1 - ok))
}

# report FILE...: show what a failed run left to read, without the logs of TAP tests that passed.
report()
{
	local file
	trouble=1
	for file in "$@"; do
		case $file in
			*/regress_log_*) grep -qE '^(\[[^ ]* )?(not ok|# Looks like|Bail)' "$file" || continue ;;
		esac
		if [ -e "$file" ]; then
			echo "==== $file"
			tail -n 500 "$file"
		fi
	done
}

tools/prepare.sh test
# Small, and no more than wished for: tests that miss them are skipped.
tools/install-dependencies.sh odbc report || true
PG_CONFIG=$(find_pg_config)
export PG_CONFIG
installcheck=(make --no-print-directory -s installcheck PG_CONFIG="$PG_CONFIG")

rm -rf results regression.diffs regression.out output_iso
shopt -s nullglob
regress=(test/sql/*.sql)
isolation=(test/isolation/specs/*.spec)
tap=(test/t/*.pl)

scratch=$(mktemp -d /tmp/innovation_score_check.XXXXXX)
background=
trap '[ -z "$background" ] || kill -- "-$background" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# pg_regress says "test NAME ... ok" up to PostgreSQL 15, "ok 1 - NAME" later.
pg_regress_ok='^(test .*\.\.\. ok|ok [0-9]+ )'

# A time zone that has another day than UTC just now: what depends on the day must not depend on whose day it is.
zone=Etc/GMT-14
[ "$(date -u +%-H)" -ge 12 ] || zone=Etc/GMT+12

# Without just-in-time compilation, which takes minutes over expressions that are evaluated a dozen times.
run_regress()
{
	[ ${#regress[@]} -eq 0 ] ||
		tools/with-server.sh -c jit=off "${installcheck[@]}" ISOLATION= TAP_TESTS= EXTRA_REGRESS_OPTS="--launcher='env PGTZ=$zone'"
}

run_isolation()
{
	[ ${#isolation[@]} -eq 0 ] || tools/with-server.sh "${installcheck[@]}" REGRESS= TAP_TESTS=
}

# The TAP tests run in a copy, since the servers' unprivileged user may neither read this tree nor write to it.
tree=$scratch/tree
mkdir "$tree"
tar -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check . | tar -xf - -C "$tree"
# Released versions are built from the repository, if there is one.
git clone -q --bare --no-hardlinks . "$scratch/repository" 2>/dev/null || true
[ "$(id -u)" -ne 0 ] || chown -R "$(unprivileged_user):" "$scratch"

# In a process group of its own, to be ended with whatever it started.
set -m
{
	run_regress && touch "$scratch/regress_passed"
	run_isolation && touch "$scratch/isolation_passed"
} >"$scratch/regress" 2>&1 </dev/null &
background=$!
set +m

if [ ${#tap[@]} -gt 0 ]; then
	as_unprivileged env HOME="$scratch" UPGRADE_REPOSITORY="$scratch/repository" sh -c "cd $tree && ${installcheck[*]} REGRESS= ISOLATION=" 2>&1 | tee "$scratch/tap" ||
		report "$tree"/tmp_check/log/regress_log_*
	if grep -q 'TAP tests not enabled' "$scratch/tap"; then
		echo "${#tap[@]} TAP tests skipped: this PostgreSQL was configured without --enable-tap-tests"
	else
		skipped=$(grep -cE '\.\. *skipped' "$scratch/tap" || true)
		count $((${#tap[@]} - skipped)) '\.\. *ok$' "$scratch/tap"
	fi
fi

wait "$background" || true
background=
cat "$scratch/regress"
[ -e "$scratch/regress_passed" ] || report regression.diffs
[ -e "$scratch/isolation_passed" ] || report output_iso/regression.diffs
count $((${#regress[@]} + ${#isolation[@]})) "$pg_regress_ok" "$scratch/regress"

# Whatever else went wrong counts as well.
[ "$failed" -gt 0 ] || failed=$trouble
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
