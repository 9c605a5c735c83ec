#!/usr/bin/env bash
#
# usage: install-dependencies.sh [test] [lint] [indent] [valgrind] [odbc] [drivers] [report] [browser]
#
# Installs what is needed to build the extension, and for the things named, and is not there yet: a PostgreSQL server
# with its headers, a C compiler, ...  Does so through apt-get, as root or with sudo.  A server that is there is used as
# it is.  No database cluster is created, started or touched.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"

packages=()

# The PostgreSQL version to complete: that of the newest server there is, else the distribution's.
choose_version()
{
	local server
	server=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
	if [ -x "$server" ]; then
		basename "${server%/bin/postgres}"
	else
		apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]\{1,\}\)$/\1/p' | head -n 1
	fi
}

# What apt-get says is worth reading only when it fails.
apt_get()
{
	local output
	output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" 2>&1) ||
		{ printf '%s\n' "$output" >&2 && return 1; }
}

missing()
{
	packages=()
	local compiler=${CC:-gcc} cc_words
	if pg_config=$(find_pg_config); then
		[ -n "${CC:-}" ] || compiler=$("$pg_config" --cc)
	elif [ -n "${PG_CONFIG:-}" ] && [ "$PG_CONFIG" != pg_config ]; then
		die "PG_CONFIG=$PG_CONFIG leads to no complete PostgreSQL: it lacks the server, its headers or PGXS"
	else
		packages+=(postgresql postgresql-server-dev)
	fi
	# A compiler without the C library's headers compiles nothing.
	read -ra cc_words <<<"$compiler"
	echo '#include <stdio.h>' | "${cc_words[@]}" -E - >/dev/null 2>&1 || packages+=(gcc libc6-dev)
	local word
	for word in "$@"; do
		case $word in
			test)
				if ! command -v prove >/dev/null || ! perl -MIPC::Run -MTest::More -e 1 2>/dev/null; then
					packages+=(perl libipc-run-perl)
				fi
				# Where packages are apt's, a test builds ours.
				! command -v apt-get >/dev/null || command -v dh >/dev/null || packages+=(debhelper) ;;
			odbc) has_odbc || packages+=(unixodbc odbc-postgresql) ;;
			report) find_chart_js >/dev/null || packages+=(libjs-chart.js) ;;
			drivers)
				command -v javac >/dev/null || packages+=(default-jdk-headless)
				[ -r /usr/share/java/postgresql.jar ] || [ -n "${PGJDBC_JAR:-}" ] || packages+=(libpostgresql-jdbc-java)
				has_odbc || packages+=(unixodbc odbc-postgresql)
				# Debian's module wants Debian's node.
				if ! command -v node >/dev/null; then
					packages+=(nodejs node-pg)
				elif ! has_node_pg; then
					echo "For the node that is here: npm install pg, and name its node_modules by NODE_PATH." >&2
				fi ;;
			browser)
				find_browser >/dev/null || packages+=(chromium)
				fc-list :lang=zh 2>/dev/null | grep -q . || packages+=(fontconfig fonts-noto-cjk) ;;
			lint)
				command -v gcc >/dev/null || packages+=(gcc libc6-dev)
				command -v clang >/dev/null || packages+=(clang)
				command -v shellcheck >/dev/null || packages+=(shellcheck) ;;
			valgrind) command -v valgrind >/dev/null || packages+=(valgrind) ;;
			indent) command -v pg_bsd_indent >/dev/null || packages+=(pg-bsd-indent) ;;
			*) die "unknown argument \"$word\"" ;;
		esac
	done
}

missing "$@"
[ ${#packages[@]} -gt 0 ] || exit 0

names=${packages[*]/%server-dev/server-dev-NN}
command -v apt-get >/dev/null ||
	die "please install $names (or what your system calls them): there is no apt-get here to do it"
can_be_root ||
	die "please install $names, or run this as root or where sudo works"

# Lists that are empty or older than the mirror's packages are renewed; others are left as they are.
if [ -z "$(apt-cache depends postgresql 2>/dev/null)" ]; then
	echo "Reading the package lists ..." >&2
	apt_get update
fi

wanted=()
for package in "${packages[@]}"; do
	case $package in
		postgresql)
			version=$(choose_version)
			[ -n "$version" ] || die "apt knows no PostgreSQL: is the distribution's main archive among its sources?"
			[ -x "/usr/lib/postgresql/$version/bin/postgres" ] || wanted+=("postgresql-$version") ;;
		postgresql-server-dev) wanted+=("postgresql-server-dev-$version") ;;
		*) wanted+=("$package") ;;
	esac
done

# Debian's server package would create a cluster and start it on port 5432.  Nobody asked for that.
for package in "${wanted[@]}"; do
	if [[ $package =~ ^postgresql-[0-9]+$ ]]; then
		no_cluster=/etc/postgresql-common/createcluster.d/innovation_score.conf
		as_root mkdir -p "${no_cluster%/*}"
		echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
		trap 'as_root rm -f "$no_cluster"' EXIT
	fi
done

echo "Installing ${wanted[*]} ..." >&2
apt_get install "${wanted[@]}" || { apt_get update && apt_get install "${wanted[@]}"; } ||
	die "apt-get could not install ${wanted[*]}"

missing "$@"
[ ${#packages[@]} -eq 0 ] || die "still missing after the installation: ${packages[*]}"
