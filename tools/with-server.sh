#!/usr/bin/env bash
#
# usage: with-server.sh [-c NAME=VALUE]... COMMAND [ARGUMENT]...
#
# Runs the command beside a private temporary PostgreSQL server, and removes the server whatever happens.  The server
# runs as an unprivileged user, in a new directory under /tmp, and is reached through a socket in that directory only:
# nobody else can enter it, so it trusts whoever connects.  The command finds it by PGHOST, PGPORT, PGUSER, PGDATABASE.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"

settings=()
while [ "${1:-}" = -c ]; do
	settings+=("${2?}")
	shift 2
done
[ $# -gt 0 ] || die "usage: with-server.sh [-c NAME=VALUE]... COMMAND [ARGUMENT]..."

PG_CONFIG=$(find_pg_config) || die "no PostgreSQL server found: run \"make dependencies\" or set PG_CONFIG"
export PG_CONFIG
bindir=$("$PG_CONFIG" --bindir)

# /tmp and not TMPDIR: a socket's path must be short, and the server's user must be able to get there.
dir=$(mktemp -d /tmp/innovation_score.XXXXXX)
child=

finish()
{
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP
	# What the server says of itself; the statements' errors are in the command's output.  Not after a signal.
	if [ "$status" -gt 0 ] && [ "$status" -lt 128 ] && [ -s "$dir/log" ]; then
		echo "---- the last lines of the server's log:" >&2
		grep -E ' (LOG|FATAL|PANIC):  |TRAP: |Failed process was running' "$dir/log" | tail -n 10 >&2 || true
	fi
	if [ -n "$child" ]; then
		kill "$child" 2>/dev/null || true
		wait "$child" 2>/dev/null || true
	fi
	if [ -e "$dir/data/postmaster.pid" ]; then
		as_unprivileged "$bindir/pg_ctl" stop -s -D "$dir/data" -m fast -t 30 ||
			as_unprivileged "$bindir/pg_ctl" stop -s -D "$dir/data" -m immediate || true
	fi
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" -ne 0 ] || chown "$(unprivileged_user):" "$dir"

# A number that no server uses, so that a client that misses PGHOST meets nobody instead of an existing cluster.
PGPORT=$((49152 + $$ % 16000))
while (exec 3<>"/dev/tcp/127.0.0.1/$PGPORT") 2>/dev/null || [ -e "/var/run/postgresql/.s.PGSQL.$PGPORT" ]; do
	PGPORT=$((PGPORT + 1))
done

# What the user's environment says of other servers.
unset PGHOSTADDR PGSERVICE PGSERVICEFILE PGPASSFILE PGPASSWORD PGSSLMODE PGOPTIONS PGDATA
export PGHOST=$dir PGPORT PGUSER=postgres PGDATABASE=postgres

# PG_TEST_INITDB_EXTRA_OPTS is PostgreSQL's own convention.
read -ra initdb_options <<<"${PG_TEST_INITDB_EXTRA_OPTS:-}"
start()
{
	as_unprivileged env HOME="$dir" "$bindir/initdb" -D "$dir/data" -U postgres -E UTF8 --locale="$1" --no-sync \
		--auth-local=trust --auth-host=reject "${initdb_options[@]}" >"$dir/initdb.log" 2>&1
}
start C.UTF-8 || { rm -rf "$dir/data" && start C; } || { cat "$dir/initdb.log" >&2 && exit 1; }

{
	cat <<-EOF
		listen_addresses = ''
		unix_socket_directories = '$dir'
		port = $PGPORT
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		log_line_prefix = '%m [%p] %q%a '
	EOF
	for setting in "${settings[@]}"; do
		printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
	done
} >>"$dir/data/postgresql.conf"

as_unprivileged env HOME="$dir" "$bindir/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/log" </dev/null >/dev/null

# In the background, since bash would put off our traps until a command in the foreground ends.
"$@" <&0 &
child=$!
status=0
wait "$child" || status=$?
child=
(exit "$status")
