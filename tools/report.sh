#!/usr/bin/env bash
#
# usage: report.sh FILE
#
# Writes the report of the demo's province as one HTML file that needs no network: the template, the charts' code, the
# data from the views and Chart.js.  PGHOST and its kin say where the demo's database is.  Exit status 3: there is no
# Chart.js.
set -euo pipefail
# shellcheck source=tools/common.sh
. "$(dirname "$0")/common.sh"
cd "$(dirname "$0")/.."
file=${1?usage: report.sh FILE}

library=$(find_chart_js) || {
	echo "No report: Chart.js is missing.  Install libjs-chart.js (Debian, Ubuntu), or name its chart.umd.js by CHART_JS." >&2
	exit 3
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
psql -X -q -A -t -v ON_ERROR_STOP=1 -f report/data.sql >"$scratch/data"

# A closing tag inside a script would end it.
DATA=$scratch/data LIBRARY=$library SCRIPT=report/report.js perl -0777 -e '
	my %part;
	foreach my $name (qw(DATA LIBRARY SCRIPT))
	{
		open my $file, "<", $ENV{$name} or die "could not open $ENV{$name}: $!\n";
		$part{$name} = <$file>;
	}
	$part{DATA} =~ s{<}{\\u003c}g;
	s{</(script)}{<\\/$1}gi, s{^//# sourceMappingURL=.*$}{}gm foreach @part{qw(LIBRARY SCRIPT)};
	my $page = <STDIN>;
	$page =~ s{\@(DATA|LIBRARY|SCRIPT)\@}{$part{$1}}g;
	print $page;
' <report/template.html >"$scratch/report.html"
mv "$scratch/report.html" "$file"
chmod 644 "$file"
