#!/usr/bin/env bash
#
# usage: update-docs.sh [PAGE]...
#
# Runs the examples in README.md and doc/ on a private server and writes what they print into the pages.  Read the
# changes before you keep them: an error becomes output like any other.
set -euo pipefail
cd "$(dirname "$0")/.."

tools/prepare.sh
# shellcheck disable=SC2016
exec tools/with-server.sh perl -Itest/perl -MDocumentationExamples -e '
	foreach my $page (@ARGV ? @ARGV : documentation_pages())
	{
		print "$page: ", (update_page($page) ? "updated" : "unchanged"), "\n";
	}
' "$@"
