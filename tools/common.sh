# shellcheck shell=bash
# What the scripts in this directory share; to be sourced.

# shellcheck source=report/chart_js.sh
. "$(dirname "${BASH_SOURCE[0]}")/../report/chart_js.sh"

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Can we become root?  sudo counts if it asks nothing, or if there is somebody to ask.
can_be_root()
{
	[ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# PostgreSQL refuses to run as root.
unprivileged_user()
{
	if [ "$(id -u)" -ne 0 ]; then
		id -un
	elif id postgres >/dev/null 2>&1; then
		echo postgres
	else
		echo nobody
	fi
}

# Run a command as that user, from / since it may not be allowed to enter the current directory.
as_unprivileged()
{
	local user
	user=$(unprivileged_user)
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups --inh-caps=-all "$@")
	else
		(cd / && exec "$@")
	fi
}

# Is there a server with its headers behind this pg_config?
is_complete()
{
	local bindir include pgxs
	bindir=$("$1" --bindir 2>/dev/null) && include=$("$1" --includedir-server) && pgxs=$("$1" --pgxs) &&
		[ -x "$bindir/postgres" ] && [ -e "$include/postgres.h" ] && [ -e "$pgxs" ]
}

# Print the absolute path of the pg_config to use: the one asked for by PG_CONFIG, or else the first complete one of
# PATH and of Debian's directories, newest first.
find_pg_config()
{
	local candidate
	if [ -n "${PG_CONFIG:-}" ] && [ "$PG_CONFIG" != pg_config ]; then
		is_complete "$PG_CONFIG" && command -v "$PG_CONFIG"
		return
	fi
	for candidate in pg_config $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -rV); do
		if is_complete "$candidate"; then
			command -v "$candidate"
			return
		fi
	done
	return 1
}

has_odbc()
{
	command -v isql >/dev/null && odbcinst -q -d 2>/dev/null | grep -q PostgreSQL
}

# Debian's node looks into /usr/share/nodejs, others must be told to.
has_node_pg()
{
	NODE_PATH=${NODE_PATH:+$NODE_PATH:}/usr/share/nodejs node -e 'require("pg")' 2>/dev/null
}

# Print the name of a browser that runs without a screen.
find_browser()
{
	command -v "${CHROME:-chromium}" || command -v chromium-browser || command -v google-chrome || command -v chrome
}
