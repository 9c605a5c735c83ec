#!/usr/bin/env bash
#
# Looks for errors of memory and arithmetic: all tests of pg_regress with the extension compiled for
# UndefinedBehaviorSanitizer; then, in a server under valgrind, those that do not take too long there, and the TAP tests
# that feed damaged input.  What counts are reports that name the extension.  Nothing is installed: the extension goes
# into a copy of the server under /tmp, which finds its files from where its programs are.
#
# Not AddressSanitizer: it would have to be loaded before Debian's postgres, which never gets through its start then.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

tools/install-dependencies.sh test valgrind
original=$(find_pg_config)

scratch=$(mktemp -d /tmp/innovation_score_sanitize.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

# The directories of the server, at the same places below the copy's root; those only read by compilers are links.
root=$scratch/root
for option in --bindir --pkglibdir --sharedir; do
	directory=$("$original" $option)
	mkdir -p "$root${directory%/*}"
	[ -e "$root$directory" ] || cp -a "$directory" "$root${directory%/*}/"
done
for option in --pkgincludedir --includedir-server; do
	directory=$("$original" $option)
	[ -e "$root$directory" ] || { mkdir -p "$root${directory%/*}" && ln -s "$directory" "$root$directory"; }
done
PG_CONFIG=$root$("$original" --bindir)/pg_config
export PG_CONFIG

# In a copy, since objects of an ordinary build may lie in the tree.
tree=$scratch/tree
mkdir "$tree"
tar -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check --exclude='*.o' --exclude='*.so' \
	--exclude=./.built-for . | tar -xf - -C "$tree"
make=(make --no-print-directory -s -C "$tree")

# build CFLAGS: the extension into the copy of the server
build()
{
	"${make[@]}" clean >/dev/null
	"${make[@]}" COPT="-g -O1 $1" all install >/dev/null
}

reports=$scratch/reports
mkdir "$reports"
[ "$(id -u)" -ne 0 ] || chown -R "$(unprivileged_user):" "$scratch"

# Takes the place of the server's program.
postgres=$("$PG_CONFIG" --bindir)/postgres
mv "$postgres" "$postgres.bin"
wrap()
{
	# shellcheck disable=SC2016 # it is the new script that expands them
	printf '#!/bin/bash\n%s\nexec -a "$0" %s"$0.bin" "$@"\n' "$1" "$2" >"$postgres"
	chmod 755 "$postgres"
}

passed=0
failed=0
out=$scratch/out

# regress TESTS: count what passed and what failed
regress()
{
	tools/with-server.sh -c jit=off "${make[@]}" installcheck REGRESS="$1" ISOLATION= TAP_TESTS= 2>&1 | tee "$out" || true
	passed=$((passed + $(grep -cE '^(test .*\.\.\. ok|ok [0-9]+ )' "$out" || true)))
	failed=$((failed + $(grep -cE '^(test .*\.\.\. FAILED|not ok [0-9]+ )' "$out" || true)))
}

tests=()
for file in test/sql/*.sql; do
	tests+=("$(basename "$file" .sql)")
done

# Under valgrind a query takes some fifty times as long: those with each C function on few rows.
quick=(allocate bounds freeze model normalize ranking score scoreboard whitelist)

echo "UndefinedBehaviorSanitizer:"
build -fsanitize=undefined
wrap "export UBSAN_OPTIONS=print_stacktrace=1,log_path=$reports/undefined" ''
regress "${tests[*]}"

echo "valgrind:"
build ''
wrap '' "valgrind --quiet --log-file=$reports/valgrind.%p "
regress "${quick[*]}"
perl=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/perl
for test in 030_binary 110_fuzz; do
	[ -e "test/t/$test.pl" ] || continue
	if as_unprivileged env HOME="$scratch" PATH="$("$PG_CONFIG" --bindir):$PATH" PERL5LIB="$perl" TESTDIR="$tree" \
		TESTDATADIR="$tree/tmp_check" QUICK=1 sh -c "cd $tree && prove test/t/$test.pl"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
done

shopt -s nullglob
for report in "$reports"/*; do
	grep -q 'innovation_score\.so\|src/.*\.[ch]:' "$report" || continue
	failed=$((failed + 1))
	head -n 60 "$report"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
