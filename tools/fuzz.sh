#!/usr/bin/env bash
#
# Feeds libFuzzer's inputs to the parts of the C code that can run outside a server, under AddressSanitizer and
# UndefinedBehaviorSanitizer: the texts of methods, the arithmetic on samples, the binary forms of score_model,
# fit_state and rank_state.  FUZZ_RUNS is the number of inputs for each harness in test/fuzz; the same FUZZ_SEED gives
# the same inputs.  An input that crashes is kept as crash-* in the current directory.  test/t/110_fuzz.pl does the same
# through SQL.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
here=$PWD
cd "$(dirname "$0")/.."

scratch=$(mktemp -d /tmp/innovation_score_fuzz.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

clang=${CLANG:-clang}
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d == 0 && n > 0; }' >"$scratch/probe.c"
if ! "$clang" -fsanitize=fuzzer,address,undefined "$scratch/probe.c" -o "$scratch/probe" 2>/dev/null; then
	echo "skipped: $clang has no libFuzzer or no sanitizers (packages clang and libclang-rt-dev, or CLANG=/path/to/clang)"
	exit 0
fi

tools/prepare.sh
PG_CONFIG=$(find_pg_config)
export PG_CONFIG
libraries=$("$PG_CONFIG" --pkglibdir)
[ -e "$libraries/libpgcommon.a" ] || libraries=$("$PG_CONFIG" --libdir)

# As PostgreSQL compiles its own: integers wrap around, types may alias.
flags=(-g -O1 -w -fno-pie -fwrapv -fno-strict-aliasing -fno-omit-frame-pointer -ffp-contract=off
	"-fsanitize=address,undefined" "-fno-sanitize=alignment,function" -fno-sanitize-recover=undefined
	-Isrc -Itest/fuzz -isystem "$("$PG_CONFIG" --includedir-server)" -DINNOVATION_SCORE_VERSION='"fuzz"')
objects=()
for source in src/*/*.c test/fuzz/backend.c; do
	object=$scratch/$(basename "$source" .c).o
	"$clang" "${flags[@]}" -fsanitize=fuzzer-no-link -c "$source" -o "$object"
	objects+=("$object")
done

tools/with-server.sh psql -X -q -v ON_ERROR_STOP=1 -f test/fuzz/corpus.sql >"$scratch/corpus.hex"
mkdir "$scratch/wire.corpus" "$scratch/grammar.corpus" "$scratch/numbers.corpus"
CORPUS=$scratch/wire.corpus perl -ne '
	chomp;
	open my $file, ">:raw", sprintf("%s/%04d", $ENV{CORPUS}, $.) or die $!;
	print $file pack("H*", $_);' "$scratch/corpus.hex"
# Words that the sources have between quotes are words of the grammar.
grep -ohE '^[[:space:]]*\{"[a-z_]+",' src/*/*.c | grep -oE '"[a-z_]+"' | sort -u >"$scratch/words"

total=0
for harness in grammar numbers wire; do
	"$clang" "${flags[@]}" -no-pie -fsanitize=fuzzer "test/fuzz/$harness.c" "${objects[@]}" -o "$scratch/$harness" \
		-L"$libraries" -lpgcommon -lpgport -lm -Wl,--unresolved-symbols=ignore-all
	runs=${FUZZ_RUNS:-400000}
	echo "$harness: $runs inputs"
	(cd "$here" && UBSAN_OPTIONS=print_stacktrace=1 "$scratch/$harness" -runs="$runs" -seed="${FUZZ_SEED:-1}" \
		-max_len=8192 -dict="$scratch/words" -print_final_stats=1 -verbosity=1 -artifact_prefix="$here/" \
		"$scratch/$harness.corpus" >"$scratch/log" 2>&1) || {
		tail -n 60 "$scratch/log"
		die "$harness: see above"
	}
	grep -E 'number_of_executed_units|peak_rss' "$scratch/log" | sed "s/^/$harness: /"
	total=$((total + $(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")))
done
echo "$total inputs, no crash, no leak, no undefined behaviour"
