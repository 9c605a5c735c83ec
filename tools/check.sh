#!/usr/bin/env bash
#
# Builds, installs and tests the extension: pg_regress and isolation tests on a private server, then the TAP tests,
# which start servers of their own.  The last line counts the test files.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

passed=0
failed=0
trouble=0

# count TOTAL PATTERN: of TOTAL tests, those passed whose line in the output matches; one that never ran has failed.
count()
{
	local ok
	ok=$(grep -cE "$2" "$out" || true)
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
installcheck="make --no-print-directory -s installcheck PG_CONFIG=$PG_CONFIG"

rm -rf results regression.diffs regression.out output_iso
shopt -s nullglob
regress=(test/sql/*.sql)
isolation=(test/isolation/specs/*.spec)
tap=(test/t/*.pl)

scratch=$(mktemp -d /tmp/innovation_score_check.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
out=$scratch/out

# pg_regress says "test NAME ... ok" up to PostgreSQL 15, "ok 1 - NAME" later.
pg_regress_ok='^(test .*\.\.\. ok|ok [0-9]+ )'

# A time zone that has another day than UTC just now: what depends on the day must not depend on whose day it is.
zone=Etc/GMT-14
[ "$(date -u +%-H)" -ge 12 ] || zone=Etc/GMT+12

# Without just-in-time compilation, which takes minutes over expressions that are evaluated a dozen times.
if [ ${#regress[@]} -gt 0 ]; then
	# shellcheck disable=SC2086
	tools/with-server.sh -c jit=off $installcheck ISOLATION= TAP_TESTS= EXTRA_REGRESS_OPTS="--launcher='env PGTZ=$zone'" 2>&1 | tee "$out" || report regression.diffs
	count ${#regress[@]} "$pg_regress_ok"
fi

if [ ${#isolation[@]} -gt 0 ]; then
	# shellcheck disable=SC2086
	tools/with-server.sh $installcheck REGRESS= TAP_TESTS= 2>&1 | tee "$out" || report output_iso/regression.diffs
	count ${#isolation[@]} "$pg_regress_ok"
fi

# In a copy, since the servers' unprivileged user may neither read this tree nor write to it.
if [ ${#tap[@]} -gt 0 ]; then
	tree=$scratch/tree
	mkdir "$tree"
	tar -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check . | tar -xf - -C "$tree"
	# Released versions are built from the repository, if there is one.
	git clone -q --bare --no-hardlinks . "$scratch/repository" 2>/dev/null || true
	[ "$(id -u)" -ne 0 ] || chown -R "$(unprivileged_user):" "$scratch"
	as_unprivileged env HOME="$scratch" UPGRADE_REPOSITORY="$scratch/repository" sh -c "cd $tree && $installcheck REGRESS= ISOLATION=" 2>&1 | tee "$out" ||
		report "$tree"/tmp_check/log/regress_log_*
	if grep -q 'TAP tests not enabled' "$out"; then
		echo "${#tap[@]} TAP tests skipped: this PostgreSQL was configured without --enable-tap-tests"
	else
		skipped=$(grep -cE '\.\. *skipped' "$out" || true)
		count $((${#tap[@]} - skipped)) '\.\. *ok$'
	fi
fi

# Whatever else went wrong counts as well.
[ "$failed" -gt 0 ] || failed=$trouble
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
