#!/usr/bin/env bash
#
# Compiles the extension with gcc and with clang, warnings being errors, away from the tree; checks the shell scripts.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

tools/install-dependencies.sh lint
PG_CONFIG=$(find_pg_config)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for compiler in gcc clang; do
	tree=$scratch/$compiler
	mkdir "$tree"
	cp -R Makefile META.json.in ./*.control report src sql tools "$tree"
	make -s -C "$tree" clean all PG_CONFIG="$PG_CONFIG" CC="$compiler" COPT=-Werror >/dev/null
	echo "$compiler: no warnings"
done

shopt -s nullglob
shellcheck -x tools/*.sh report/*.sh .ci/run demo/*.sh test/bench/*.sh
echo "shellcheck: no warnings"
