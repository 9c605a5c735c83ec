# shellcheck shell=bash
# Print the path of Chart.js as a plain script: the one asked for by CHART_JS, Debian's, or one of npm's.
find_chart_js()
{
	local candidate root
	if [ -n "${CHART_JS:-}" ]; then
		[ -r "$CHART_JS" ] && echo "$CHART_JS"
		return
	fi
	root=$(npm root -g 2>/dev/null || true)
	for candidate in /usr/share/javascript/chart.js/chart{.umd.min,.umd,.min}.js \
		/usr/share/nodejs/chart.js/dist/chart{.umd.min,.umd,.min}.js \
		{node_modules,"${root:-node_modules}"}/chart.js/dist/chart{.umd.min,.umd,.min}.js; do
		if [ -r "$candidate" ]; then
			echo "$candidate"
			return
		fi
	done
	return 1
}
