#!/usr/bin/env bash
#
# usage: prepare.sh [test]
#
# Installs what is missing, builds the extension and installs it: what "make check", "make demo" and "make bench"
# have in common.  Uses sudo for the installation where needed.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

make=(make --no-print-directory -s)

tools/install-dependencies.sh "$@"
PG_CONFIG=$(find_pg_config)

"${make[@]}" -j "$(getconf _NPROCESSORS_ONLN)" all PG_CONFIG="$PG_CONFIG"

pkglibdir=$("$PG_CONFIG" --pkglibdir)
sharedir=$("$PG_CONFIG" --sharedir)

# Is what has just been built there already?
is_installed()
{
	local file
	cmp -s innovation_score.so "$pkglibdir/innovation_score.so" || return
	for file in ./*.control sql/*--*.sql; do
		cmp -s "$file" "$sharedir/extension/${file##*/}" || return
	done
}

if [ -w "$pkglibdir" ]; then
	"${make[@]}" install PG_CONFIG="$PG_CONFIG"
elif can_be_root; then
	as_root "${make[@]}" install PG_CONFIG="$PG_CONFIG"
elif ! is_installed; then
	die "cannot write to $pkglibdir: run \"make install\" as root first, or give a PG_CONFIG of your own PostgreSQL"
fi
