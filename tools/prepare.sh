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

"${make[@]}" all PG_CONFIG="$PG_CONFIG"

pkglibdir=$("$PG_CONFIG" --pkglibdir)
if [ -w "$pkglibdir" ]; then
	"${make[@]}" install PG_CONFIG="$PG_CONFIG"
elif can_be_root; then
	as_root "${make[@]}" install PG_CONFIG="$PG_CONFIG"
else
	die "cannot write to $pkglibdir: run \"make install\" as root first, or give a PG_CONFIG of your own PostgreSQL"
fi
