#!/usr/bin/env bash
#
# Looks for errors of memory and arithmetic: the whole test suite (pg_regress, isolation tests, TAP tests) with the
# extension compiled for AddressSanitizer and UndefinedBehaviorSanitizer; then, in a server under valgrind, tests that do
# not take too long there.  Nothing is installed: the extension goes into a copy of the server under /tmp, which finds
# its files from where its programs are.  SANITIZE="regress isolation tap valgrind" names the parts to run.
#
# AddressSanitizer sees every access of our code, and those of the server through memcpy, strlen and their like, to what
# lies outside a variable, outside a chunk of malloc or palloc, or in one that was freed; test/sanitize/redzones.c tells
# it of palloc's.  It does not see the server's other accesses, since the server is not compiled for it; what lies in
# shared memory; and that something is read before it was ever written, which is what valgrind is there for.  Memory
# that is not given back is no error here: the sources leave malloc alone, and test/t/080_memory.pl watches palloc.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

parts=" ${SANITIZE:-regress isolation tap valgrind} "

# TAP tests that say nothing here, each with its reason.
declare -A left_out=(
	[080_memory]="measures memory, most of which would be AddressSanitizer's"
	[090_lookups]="measures times"
	[100_debian]="builds a package, without sanitizers, and uses that"
)

tools/install-dependencies.sh test valgrind
original=$(find_pg_config)

scratch=$(mktemp -d /tmp/innovation_score_sanitize.XXXXXX)
background=
trap '[ -z "$background" ] || { kill "$background" && wait "$background" || true; }; rm -rf "$scratch"' EXIT

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
bindir=$root$("$original" --bindir)
PG_CONFIG=$bindir/pg_config
export PG_CONFIG

# In a copy, since objects of an ordinary build may lie in the tree.
tree=$scratch/tree
mkdir "$tree"
tar -cf - --exclude=./.git --exclude=./results --exclude=./tmp_check --exclude='*.o' --exclude='*.so' \
	--exclude=./.built-for . | tar -xf - -C "$tree"
make=(make --no-print-directory -s -C "$tree")

# build CFLAGS LDFLAGS: the extension into the copy of the server
build()
{
	"${make[@]}" clean >/dev/null
	"${make[@]}" -j "$(getconf _NPROCESSORS_ONLN)" COPT="-g -O1 $1" LDFLAGS_SL="$2" all install >/dev/null
}

reports=$scratch/reports
mkdir "$reports"

# Who runs the servers writes reports, and what TAP tests write.
give_away()
{
	[ "$(id -u)" -ne 0 ] || chown -R "$(unprivileged_user):" "$reports" "$tree"
}
chmod 755 "$scratch"
give_away

# wrap COMMANDS: what a script does that takes the place of the server's program, which is $0.bin
postgres=$bindir/postgres
mv "$postgres" "$postgres.bin"
wrap()
{
	printf '#!/bin/bash\n%s\n' "$1" >"$postgres"
	chmod 755 "$postgres"
}

passed=0
failed=0
out=$scratch/out

# count TOTAL PATTERN: of TOTAL tests, those passed whose line in the output matches; one that never ran has failed.
count()
{
	local ok
	ok=$(grep -cE "$2" "$out" || true)
	passed=$((passed + ok))
	failed=$((failed + $1 - ok))
}

pg_regress_ok='^(test .*\.\.\. ok|ok [0-9]+ )'

# start_regress TEST...: in the background
start_regress()
{
	tools/with-server.sh -c jit=off "${make[@]}" installcheck REGRESS="$*" ISOLATION= TAP_TESTS= >"$scratch/regress" 2>&1 &
	background=$!
}

# finish_regress COUNT
finish_regress()
{
	wait "$background" || tail -n 200 "$tree/regression.diffs" || true
	background=
	tee "$out" <"$scratch/regress"
	count "$1" "$pg_regress_ok"
}

# prove_tests TEST...: as many at a time as there are processors
pgxs=$(dirname "$("$PG_CONFIG" --pgxs)")/../..
prove_tests()
{
	local skipped
	give_away
	# shellcheck disable=SC2016
	as_unprivileged env HOME="$scratch" PATH="$bindir:$PATH" PERL5LIB="$pgxs/src/test/perl" TESTDIR="$tree" \
		TESTDATADIR="$tree/tmp_check" PG_REGRESS="$pgxs/src/test/regress/pg_regress" SLOW=1 \
		sh -c 'cd "$TESTDIR" && prove --timer -j "$(getconf _NPROCESSORS_ONLN)" "$@"' sh "$@" 2>&1 | tee "$out" || true
	skipped=$(grep -cE '\.\. *skipped' "$out" || true)
	count $(($# - skipped)) '\.\. *ok\b'
}

# Reports that name our code count as failures.  Others are other people's errors, of the server or of its libraries.
look_at_reports()
{
	local report ours=() others=()
	# Valgrind begins a log for each process, and tells of all its errors there.
	for report in "$reports"/valgrind.*; do
		[ -e "$report" ] || continue
		sed 's/^==[0-9]*== *//' "$report" | awk -v name="$report" -v RS= '{ print >(name "." NR) }'
		rm "$report"
	done
	for report in "$reports"/*; do
		if grep -v 'src/sanitize/redzones\.c:' "$report" | grep -qE 'innovation_score\.so|(^|[ (])src/[a-z_]+/[a-z_]+\.[ch]:'; then
			ours+=("$report")
		else
			others+=("$report")
		fi
	done
	for report in "${ours[@]:0:20}"; do
		echo "==== $report"
		head -n 80 "$report"
	done
	for report in "${others[@]:0:3}"; do
		echo "==== $report (does not name the extension)"
		head -n 12 "$report"
	done
	echo "${#ours[@]} reports name the extension, ${#others[@]} do not"
	failed=$((failed + ${#ours[@]}))
	rm -f "$reports"/*
}

# probe KIND...: is what the sanitizers are there to find found?  Makes errors of test/sanitize/probe.c.
probe()
{
	local kind
	# shellcheck disable=SC2016
	psql -X -q -c "CREATE FUNCTION sanitizer_probe(int, text) RETURNS int LANGUAGE C AS '\$libdir/innovation_score'"
	for kind in "$@"; do
		psql -X -q -c "SELECT sanitizer_probe($kind, 'value ' || $kind)" >/dev/null
		if ! cat "$reports"/* 2>/dev/null | grep -q 'sanitizer_probe .*src/sanitize/probe\.c:'; then
			echo "error $kind of test/sanitize/probe.c was not found"
			return 1
		fi
		rm -f "$reports"/*
	done
	echo "errors made on purpose: $# of $# found"
}
export reports
export -f probe

shopt -s nullglob

if [[ $parts =~ \ (regress|isolation|tap)\  ]]; then
	echo "AddressSanitizer and UndefinedBehaviorSanitizer:"
	mkdir "$tree/src/sanitize"
	cp test/sanitize/{options,probe,redzones}.c test/sanitize/redzones.h "$tree/src/sanitize"
	# UndefinedBehaviorSanitizer apart from AddressSanitizer's library: it would mix up the files of their reports.
	build "-fno-omit-frame-pointer -fsanitize=address,undefined,float-cast-overflow -fsanitize-recover=address -include sanitize/redzones.h" \
		"-static-libubsan -Wl,-Bsymbolic"
	read -ra cc <<<"$("$PG_CONFIG" --cc)"
	"${cc[@]}" -shared -fPIC -Wl,-z,initfirst test/sanitize/first.c -o "$scratch/first.so"
	asan=$(ldd "$tree/innovation_score.so" | sed -n 's/.*libasan.* => \(\/[^ ]*\).*/\1/p')
	[ -n "$asan" ] || die "${cc[*]} has linked no libasan"
	# The library from the start of each session, for its redzones.
	wrap "[[ \$1 != -D ]] || set -- \"\$@\" -c session_preload_libraries=innovation_score
		export LD_PRELOAD='$asan $scratch/first.so'
		export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32:malloc_context_size=8:halt_on_error=0:detect_stack_use_after_return=1:log_path=$reports/address
		export UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/undefined
		exec -a \"\$0\" \"\$0.bin\" \"\$@\""
	tools/with-server.sh bash -c "probe 0 1 2 3 4 5 6 7"

	if [[ $parts = *\ isolation\ * ]]; then
		tests=(test/isolation/specs/*.spec)
		tools/with-server.sh "${make[@]}" installcheck REGRESS= TAP_TESTS= 2>&1 | tee "$out" ||
			tail -n 200 "$tree/output_iso/regression.diffs" || true
		count ${#tests[@]} "$pg_regress_ok"
	fi
	# Beside the TAP tests, which leave a processor idle now and then.
	if [[ $parts = *\ regress\ * ]]; then
		regress=(test/sql/*.sql)
		regress=("${regress[@]##*/}")
		start_regress "${regress[@]%.sql}"
	fi
	if [[ $parts = *\ tap\ * ]]; then
		tests=()
		for file in test/t/*.pl; do
			name=$(basename "$file" .pl)
			if [ -n "${left_out[$name]:-}" ]; then
				echo "left out: $file ${left_out[$name]}"
			else
				tests+=("$file")
			fi
		done
		prove_tests "${tests[@]}"
	fi
	[ -z "$background" ] || finish_regress ${#regress[@]}
	look_at_reports
	rm -rf "$tree/src/sanitize"
fi

if [[ $parts = *\ valgrind\ * ]]; then
	echo "valgrind:"
	mkdir "$tree/src/sanitize"
	cp test/sanitize/probe.c "$tree/src/sanitize"
	build '' ''
	wrap "exec -a \"\$0\" valgrind --quiet --fullpath-after='$tree/' --log-file='$reports/valgrind.%p' \"\$0.bin\" \"\$@\""
	tools/with-server.sh -c jit=off bash -c "probe 8"
	# A query takes some fifty times as long: tests with each C function on few rows, and those that feed damaged input.
	regress=(allocate bounds freeze model normalize ranking score scoreboard whitelist)
	start_regress "${regress[@]}"
	QUICK=1 prove_tests test/t/030_binary.pl test/t/110_fuzz.pl
	finish_regress ${#regress[@]}
	look_at_reports
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
