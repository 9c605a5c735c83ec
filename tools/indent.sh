#!/usr/bin/env bash
#
# Writes src/typedefs.list, the types that the sources use, and formats the sources with the options of PostgreSQL's
# own pgindent, which tells types from variables by that list.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."

tools/install-dependencies.sh indent
make -s all PG_CONFIG="$(find_pg_config)"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export LC_ALL=C

# As PostgreSQL's find_typedef does it: the compiler knows the types and writes them down for the debugger.
objdump -Wi src/*/*.o | awk '/DW_TAG_/ { typedef = /DW_TAG_typedef/ } typedef && /DW_AT_name/ { print $NF; typedef = 0 }' |
	sort -u >"$scratch/known"
grep -ohE '[A-Za-z_][A-Za-z_0-9]*' src/*/*.[ch] | sort -u | comm -12 - "$scratch/known" >"$scratch/typedefs"
[ -s "$scratch/typedefs" ] || die "the objects were built without -g: no types to be found"
cmp -s "$scratch/typedefs" src/typedefs.list || cat "$scratch/typedefs" >src/typedefs.list

# Like pgindent, leave one space before the star of a return type.  The byte 0x80, a part of Chinese characters, has a
# meaning of its own for pg_bsd_indent; 0xFE occurs in no text in UTF-8.
# What it cannot read (it takes compound literals for unbalanced parentheses) is left as it is, and told.
unread=0
for file in src/*/*.[ch]; do
	if ! tr '\200' '\376' <"$file" | pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 -nfc1 -i4 -l79 -lp -lpl -nip -npro -sac -tpg \
		-ts4 -Usrc/typedefs.list 2>/dev/null | tr '\376' '\200' | sed -E 's/^([A-Za-z_][^ \t]*)[ \t]+\*$/\1 */' >"$scratch/formatted"; then
		echo "not formatted, pg_bsd_indent cannot read it: $file"
		unread=1
	elif ! cmp -s "$file" "$scratch/formatted"; then
		cat "$scratch/formatted" >"$file"
		echo "formatted $file"
	fi
done
exit "$unread"
