#!/usr/bin/env bash
#
# innovation-score-report: a scoreboard or a publication as one HTML file that needs no network, or as a table for a
# spreadsheet.  Put together by make from report/: lines that begin with @include stand for files there.
set -euo pipefail

usage()
{
	cat <<'END'
Writes a scoreboard of the PostgreSQL extension innovation_score, or a publication, as one HTML file.

  innovation-score-report --scoreboard NAME [--period PERIOD] [--firm CODE] [--output FILE]
  innovation-score-report --publication NUMBER [--firm CODE] [--output FILE]

  --scoreboard NAME    scoreboard to report, with its schema if that is not in the search path
  --period PERIOD      period of the scoreboard (default: the last one)
  --publication NUMBER what was published, in place of a scoreboard as it is now
  --firm CODE          one page about a firm
  --language zh|en     language in which the page opens (default: that of the database); it has a switch
  --name COLUMN        attribute that is the name of a firm (default: name, 企业名称 or the like)
  --title TEXT         heading, in place of the usual one
  --note TEXT          line below the heading
  --outcome TABLE      also whether the scores predict what happened: a table or view of entity, date and event
  --unfavourable       the event is one that low scores should have, such as a default
  --horizon INTERVAL   what happened later than that after the period does not count: '1 year'
  --rows N             how many firms the list holds; those listed or in reserve always (default: 5000)
  --output FILE        file to write, - for standard output (default: report.html); FILE.csv is the list as
                       CSV, FILE.xlsx as a workbook (needs python3 with openpyxl)
  --bom                begin a CSV file with a byte order mark, by which Excel knows UTF-8
  --quiet              no progress on standard error

  -h, --host; -p, --port; -U, --username; -d, --dbname; -w, --no-password; -W, --password
                       as psql has them, and its environment: PGHOST, PGDATABASE, PGSERVICE ...
  --help, --version

Charts are drawn by Chart.js, which is put into the page if it is found: Debian's libjs-chart.js, npm's chart.js, or
the file that CHART_JS names.  Without it tables stand in for them.
END
}

die()
{
	printf 'innovation-score-report: %s\n' "$*" >&2
	exit 1
}

@include chart_js.sh

data_sql()
{
	cat <<'INNOVATION_SCORE_END'
@include data.sql
INNOVATION_SCORE_END
}

script()
{
	cat <<'INNOVATION_SCORE_END'
@include report.js
INNOVATION_SCORE_END
}

template()
{
	cat <<'INNOVATION_SCORE_END'
@include template.html
INNOVATION_SCORE_END
}

# ----- what is asked for

scoreboard='' period='' publication='' firm='' language='' name='' title='' note='' outcome='' favourable=true horizon='' rows=5000 output=report.html bom=false
progress=true
connection=()

while [ $# -gt 0 ]; do
	option=$1
	shift
	case $option in
		--help) usage; exit ;;
		--version) echo 'innovation-score-report @VERSION@'; exit ;;
		--bom) bom=true; continue ;;
		--quiet) progress=false; continue ;;
		--unfavourable) favourable=false; continue ;;
		-w | --no-password | -W | --password) connection+=("$option"); continue ;;
		--?*=*) value=${option#*=} option=${option%%=*} ;;
		-[hpUd]?*) value=${option:2} option=${option:0:2} ;;
		*)
			case $option in
				--scoreboard | --period | --publication | --firm | --language | --name | --title | --note | --outcome | --horizon | --rows | --output | \
					-h | --host | -p | --port | -U | --username | -d | --dbname)
					[ $# -gt 0 ] || die "$option needs a value; see --help" ;;
				*) die "unknown option $option; see --help" ;;
			esac
			value=$1
			shift ;;
	esac
	case $option in
		--scoreboard) scoreboard=$value ;;
		--period) period=$value ;;
		--publication) publication=$value ;;
		--firm) firm=$value ;;
		--language) language=$value ;;
		--name) name=$value ;;
		--title) title=$value ;;
		--note) note=$value ;;
		--outcome) outcome=$value ;;
		--horizon) horizon=$value ;;
		--rows) rows=$value ;;
		--output) output=$value ;;
		-h | --host | -p | --port | -U | --username | -d | --dbname) connection+=("$option" "$value") ;;
		*) die "unknown option $option; see --help" ;;
	esac
done

[ -n "$scoreboard$publication" ] || die 'give --scoreboard NAME or --publication NUMBER; see --help'
[ -z "$scoreboard" ] || [ -z "$publication" ] || die 'give --scoreboard or --publication, not both'
[ -z "$publication" ] || [ -z "$period" ] || die 'a publication has its period: --period goes with --scoreboard'
[[ $publication =~ ^[0-9]{0,18}$ ]] || die "--publication is the number of a publication, not \"$publication\""
[[ $rows =~ ^[0-9]{1,7}$ ]] || die "--rows is a number, not \"$rows\""
case $language in '' | zh | en) ;; *) die "--language is zh or en, not \"$language\"" ;; esac
[ -z "$outcome" ] || [ -z "$firm" ] || die '--outcome is about all firms: it does not go with --firm'
[ -n "$outcome" ] || { [ -z "$horizon" ] && "$favourable"; } || die '--horizon and --unfavourable go with --outcome'
[ -n "$output" ] || die '--output needs a name'

# ----- what the database says

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

csv=false
case $output in *.csv | *.xlsx) csv=true ;; esac

export PGCLIENTENCODING=UTF8
data_sql | psql -X -q -A -t ${connection[@]+"${connection[@]}"} \
	-v "scoreboard=$scoreboard" -v "period=$period" -v "publication=$publication" -v "firm=$firm" -v "language=$language" \
	-v "name_column=$name" -v "title=$title" -v "note=$note" -v "outcome=$outcome" -v "favourable=$favourable" -v "horizon=$horizon" \
	-v "judged=$([ -n "$outcome" ] && echo true || echo false)" -v "rows=$rows" -v "csv=$csv" -v "progress=$progress" \
	-v "of_publication=$([ -n "$publication" ] && echo true || echo false)" \
	-v "whole=$([ -z "$firm" ] && echo true || echo false)" >"$scratch/data" || die 'nothing was written'

# ----- the file

case $output in
	*.csv)
		{ ! "$bom" || printf '\357\273\277'; cat "$scratch/data"; } >"$scratch/file" ;;
	*.xlsx)
		# Only scores, ranks and the like are numbers: a code that looks like one stays text.
		for python in "${PYTHON:-python3}" /usr/bin/python3; do
			"$python" -c 'import openpyxl' 2>/dev/null && break
			python=
		done
		[ -n "$python" ] || die 'a workbook needs python3 with openpyxl (Debian: python3-openpyxl); PYTHON names another python'
		"$python" - "$scratch/data" "$scratch/file" <<'END' || die 'no workbook could be written'
import csv, sys
from openpyxl import Workbook
from openpyxl.styles import Font

numbers = {'积分', '名次', '阶段内名次', '百分位', '指标覆盖率', 'score', 'rank', 'stage rank', 'percentile', 'coverage'}
book = Workbook()
sheet = book.active
with open(sys.argv[1], encoding='utf-8', newline='') as file:
    rows = csv.reader(file)
    head = next(rows)
    sheet.append(head)
    for row in rows:
        sheet.append([None if v == '' else float(v) if h in numbers else v for h, v in zip(head, row)])
for row in sheet.iter_rows(min_row=2):
    for cell in row:
        if isinstance(cell.value, str):
            cell.data_type, cell.number_format = 's', '@'       # also what begins like a formula
for cell in sheet[1]:
    cell.font = Font(bold=True)
for column in sheet.columns:
    sheet.column_dimensions[column[0].column_letter].width = min(60, 2 + max(len(str(c.value or '')) * 1.6 for c in column[:100]))
sheet.freeze_panes, sheet.auto_filter.ref = 'A2', sheet.dimensions
book.save(sys.argv[2])
END
		;;
	*)
		: >"$scratch/library"
		if library=$(find_chart_js); then
			# A closing tag inside a script would end it.
			sed -e 's#</\([sS][cC][rR][iI][pP][tT]\)#<\\/\1#g' -e '/^\/\/# sourceMappingURL=/d' "$library" >"$scratch/library"
		else
			echo 'innovation-score-report: Chart.js is missing, tables stand in for charts; install libjs-chart.js, or name the file by CHART_JS' >&2
		fi
		script >"$scratch/script"
		template | sed -e '/^@DATA@$/{' -e "r $scratch/data" -e d -e '}' \
			-e '/^@LIBRARY@$/{' -e "r $scratch/library" -e d -e '}' \
			-e '/^@SCRIPT@$/{' -e "r $scratch/script" -e d -e '}' >"$scratch/file" ;;
esac

if [ "$output" = - ]; then
	cat "$scratch/file"
else
	cat "$scratch/file" >"$output" || die "could not write $output"
	if "$progress"; then echo "$output" >&2; fi
fi
