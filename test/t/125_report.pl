# innovation-score-report: one file that asks no network for anything.  In a browser every chart draws, on a wide screen,
# a tablet and a phone, in Chinese and English ("make dependencies WITH=browser"); names that attack stay text; the list
# goes to spreadsheets.

use strict;
use warnings;
use utf8;

use Encode;
use IPC::Run;
use JSON::PP;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

# What a shell function of tools/common.sh prints.
sub found
{
	my ($function) = @_;
	my $found = `bash -c '. tools/common.sh; $function'`;
	chomp $found;
	return $found;
}

my $has_charts = found('find_chart_js') ne '';
my $node = new_node('report');
my $directory = $node->basedir;
local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', HOME => $directory, PGUSER => getpwuid($<));

# Standard output and error of a command, and whether it succeeded.
sub run_command
{
	my @command = map { encode_utf8($_) } @_;
	my ($out, $err) = ('', '');
	my $ok = eval { IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(300)) };

	return (decode_utf8($out), decode_utf8($err), $ok);
}

sub output
{
	my ($out, $err, $ok) = run_command(@_);
	note($err) unless $ok;
	return $ok ? $out : undef;
}

my @command = ('./innovation-score-report', '--quiet');

sub report
{
	my ($name, @options) = @_;
	my (undef, $err, $ok) = run_command(@command, '--output', "$directory/$name.html", @options);

	ok($ok, "$name: a report is written") or note($err);
	return slurp("$directory/$name.html");
}

sub data_of
{
	my ($page) = @_;
	my ($json) = $page =~ m{<script type="application/json" id="data">\n(.*?)\n</script>}s;
	return JSON::PP->new->decode($json);
}

sub total { my $sum = 0; $sum += $_ foreach @_; return $sum; }

# ----- the demo

$ENV{REPORT} = "$directory/demo.html";
is(output('demo/run.sh', 'report'), "$ENV{REPORT}\n", 'the demo writes its report, and names it');
my $page = slurp("$directory/demo.html");
unlike($page, qr/^\@(?:DATA|LIBRARY|SCRIPT|include)/m, '... without gaps');
unlike($page, qr/<(?:script|img|iframe)\b[^>]*\bsrc=|<link\b|\@import|\burl\(/i, '... and loads nothing');
cmp_ok(-s "$directory/demo.html", '<', 2_000_000, '... in less than 2 MB');

my $data = data_of($page);
my $firms = $data->{figures}{firms};
cmp_ok($firms, '>', 10_000, 'firms are counted');
is(total(map { $_->{firms} } @{ $data->{stages} }), $firms, '... each in a stage');
is(total(map { values %{ $_->{bins} } } @{ $data->{stages} }), $firms, '... and in a bar of its distribution');
is(join(' ', map { $_->{name} } @{ $data->{groups} }), 'city industry', 'attributes with few values make groups');
is(total(map { $_->{firms} } @{ $data->{groups}[0]{values} }), $firms, '... of all firms');
is(total(map { $_->{listed} } @{ $data->{groups}[0]{values} }), $data->{figures}{listed}, '... and those listed');
is(scalar(grep { ($_->[5] // '') eq 'listed' } @{ $data->{list} }), $data->{figures}{listed}, 'all that are listed stand in the list');
is($data->{histogram}{indicator}, 'revenue', 'the adjustment is shown of the indicator that it matters most for');
is(total(map { $_->{firms} } grep { $_->{shown} eq 'before' } @{ $data->{histogram}{values} }),
	total(map { $_->{firms} } grep { $_->{shown} eq 'after' } @{ $data->{histogram}{values} }), '... and loses no firm');
is(total(map { $_->[2] } @{ $data->{movement} }), $firms, 'the firms of the year were there the year before');
is(scalar(grep { scalar(keys %{ $_->{points} }) != 18 } @{ $data->{chosen} }), 0, 'firms are shown with every indicator');
is(scalar(grep { abs(total(map { $_->{points} } values %{ $_->{points} }) - $_->{score}) > 1e-4 } @{ $data->{chosen} }), 0, '... whose points add up to the score');

# ----- scoreboards of all kinds, and publications

ok(defined output(qw(psql -X -q -v ON_ERROR_STOP=1 -f test/data/report_boards.sql)), 'scoreboards are made');
$node->safe_psql('postgres', q{CREATE TABLE outcome AS SELECT code AS entity, '2024-06-30'::date AS date, (row_number() OVER (ORDER BY code)) % 11 = 0 OR rd_intensity < 0.05 AS event FROM firm});
my @pages = (
	[ demo => $page ],
	[ 'no periods, no stages, two indicators' => report('small', '--scoreboard', 'small', '--language', 'zh') ],
	[ 'sixty indicators' => report('wide', '--scoreboard=wide_board', '--language=en') ],
	[ 'two periods' => report('years', '--scoreboard', 'years', '--period', '2024', '--language', 'zh') ],
	[ 'with outcomes' => report('judged', '--scoreboard', 'years', '--period', '2023', '--language', 'en', '--outcome', 'outcome', '--unfavourable', '--horizon', '1 year') ],
	[ 'a publication with outcomes' => report('published_judged', '--publication', '1', '--language', 'zh', '--outcome=outcome', '--unfavourable') ],
	[ 'a publication' => report('publication', '--publication', '2', '--language', 'zh') ],
	[ 'a firm' => report('firm', '--scoreboard', 'years', '--firm', '911101080000000001', '--language', 'zh') ],
	[ 'a firm of sixty indicators' => report('firm60', '--scoreboard', 'wide_board', '--firm', '911101080000000007', '--language', 'en') ],
	[ 'a firm of a publication' => report('published', '--publication', '2', '--firm', '911101080000000001', '--language', 'zh') ]);
my %data = map { $_->[0] => data_of($_->[1]) } @pages;

my $judged = $data{'with outcomes'}{validation};
my ($auc, $events) = split /\|/, $node->safe_psql('postgres', q{SELECT auc, events FROM innovation_score.score_validation('years', 'outcome', '2023', favourable => false)});
cmp_ok(abs($judged->{figures}{auc} - $auc), '<', 1e-12, 'what happened is held against the scores');
is(total(map { $_->{events} } @{ $judged->{bands} }), $events, '... by bands');
is(total(map { $_->{events} } @{ $judged->{calibration} }), $events, '... by blocks of the calibration');
is_deeply($judged->{curve}[-1], [ 1, 1 ], '... along the curve, which ends at all');
is_deeply($data{'a publication with outcomes'}{validation}{bands}, $judged->{bands}, '... and of a publication the same');
is($data{'two periods'}{validation}, undef, '... where it is asked for');
is($data{'no periods, no stages, two indicators'}{scheme}{provisional}, JSON::PP::false, 'weights that are not provisional are not called so');
is($data{demo}{scheme}{provisional}, JSON::PP::true, '... others are');
is_deeply([ map { $_->{firms} } @{ $data{'no periods, no stages, two indicators'}{stages} } ], [200], 'without stages all are one');
is(scalar(@{ $data{'sixty indicators'}{indicators} }), 60, 'sixty indicators');
is(scalar(@{ $data{'a firm'}{history} }), 2, 'a firm has a history');
is(scalar(@{ $data{'a firm of a publication'}{history} }), 2, '... also in publications');
my ($board, $publication) = @data{'two periods', 'a publication'};
is_deeply([ map { [ @$_[0, 1, 3, 5] ] } @{ $publication->{list} } ], [ map { [ @$_[0, 1, 3, 5] ] } @{ $board->{list} } ], 'a publication lists what its scoreboard does');
is_deeply($publication->{figures}, $board->{figures}, '... with the same figures');
my $firm = $data{'a firm'}{chosen}[0];
my $published = $data{'a firm of a publication'}{chosen}[0];
is(scalar(grep { abs($firm->{points}{$_}{points} - $published->{points}{$_}{points}) > 1e-12 } keys %{ $firm->{points} }), 0, '... and the same points of a firm');
cmp_ok(scalar(@{ $data{'a firm'}{gap} }), '>', 0, 'a firm is told what would lift its score');

report('quoted', '--scoreboard', q{"O'Hara"."It's"}, '--title', q{</title><script>window.attacked = 1</script>}, '--note', q{'; DROP TABLE firm; --});
is($node->safe_psql('postgres', 'SELECT count(*) FROM firm'), '200', 'what is said stays text');

# ----- it comes and goes with the extension

my $pg_config = $ENV{PG_CONFIG} // 'pg_config';
chomp(my $bindir = `"$pg_config" --bindir`);
ok(defined output('make', '-s', 'install', "DESTDIR=$directory/root", "PG_CONFIG=$pg_config"), 'it is installed');
ok(-x "$directory/root$bindir/innovation-score-report", '... beside psql');
like(output("$directory/root$bindir/innovation-score-report", '--version') // '', qr/^innovation-score-report \d+\.\d+\.\d+$/, '... and runs from there');
ok(defined output('make', '-s', 'uninstall', "DESTDIR=$directory/root", "PG_CONFIG=$pg_config"), 'it is uninstalled');
ok(!-e "$directory/root$bindir/innovation-score-report", '... and gone');

# ----- what is refused

foreach my $case (
	[ [], 'give --scoreboard NAME or --publication NUMBER' ],
	[ [ '--scoreboard', 'small', '--publication', '1' ], 'not both' ],
	[ [ '--scoreboard', 'smal' ], 'scoreboard "smal" does not exist' ],
	[ [ '--scoreboard', 'years', '--period', '2042' ], '2042' ],
	[ [ '--scoreboard', 'small', '--firm', "x' OR true --" ], q{there is no firm "x' OR true --" in scoreboard public.small} ],
	[ [ '--publication', '99' ], 'there is no publication 99' ],
	[ [ '--publication', '1; DROP TABLE firm' ], 'is the number of a publication' ],
	[ [ '--scoreboard', 'small', '--language', 'fr' ], '--language is zh or en, not "fr"' ],
	[ [ '--scoreboard' ], '--scoreboard needs a value' ],
	[ [ '--scoreboard', 'years', '--outcome', 'firm' ], 'outcome firm has no column' ],
	[ [ '--scoreboard', 'years', '--outcome', 'outcome' ], 'no firm with a score has an outcome in outcome after 2024' ],
	[ [ '--scoreboard', 'years', '--unfavourable' ], '--horizon and --unfavourable go with --outcome' ],
	[ [ '--publication', '1', '--firm', 'x', '--outcome', 'outcome' ], '--outcome is about all firms' ],
	[ ['--score'], 'unknown option --score' ])
{
	my ($options, $message) = @$case;
	my (undef, $err, $ok) = run_command(@command, '--output', "$directory/none.html", @$options);
	ok(!$ok && $err =~ /\Q$message\E/, "refused: @$options") or note($err);
	unlike($err, qr/CONTEXT/, '... in a few words');
}
ok(!-e "$directory/none.html", 'nothing is written then');
like(output(@command, '--help'), qr/--publication NUMBER/, 'it helps');

# ----- spreadsheets

my @list = split /\n/, output(@command, '--scoreboard', 'small', '--language', 'zh', '--bom', '--output', "$directory/list.csv") // '';
is(scalar(@list), 0, 'a CSV file goes where it was asked to');
@list = split /\n/, slurp("$directory/list.csv");
is($list[0], "\x{feff}名次,企业,代码,city,阶段,积分,阶段内名次,百分位,指标覆盖率,结果,理由", '... with a byte order mark and titles in Chinese');
is(scalar(@list), 201, '... and a line for each firm');
like($list[1], qr/^1,[^,]+,9111010800000\d{5},[^,]+,all,\d+\.\d+,1,100\.0000,1\.000000,,$/, '... with numbers as numbers');

SKIP: {
	my ($python) = grep { system("$_ -c 'import openpyxl' 2>/dev/null") == 0 } qw(python3 /usr/bin/python3);
	skip 'python3 has no openpyxl', 2 unless $python;
	ok(defined output(@command, '--scoreboard', 'small', '--language', 'zh', '--output', "$directory/list.xlsx"), 'a workbook is written');
	is(output($python, '-c', 'import openpyxl, sys
rows = list(openpyxl.load_workbook(sys.argv[1]).active.iter_rows())
print(len(rows), [c.value for c in rows[0]][:3], [[c.data_type for c in r] for r in rows if r[1].value == "=1+1"][0])', "$directory/list.xlsx"),
		"201 ['名次', '企业', '代码'] ['n', 's', 's', 's', 's', 'n', 'n', 'n', 'n', 'n', 'n']\n", '... with numbers as numbers, codes as text and nothing that is computed');
}

# ----- in a browser

SKIP: {
	skip 'Chart.js is missing (libjs-chart.js)', 1 unless $has_charts;
	my $browser = found('find_browser');
	skip 'no Chromium is there', 1 if $browser eq '';

	# In containers it may make no sandbox of its own; the page is ours.  No name is resolved.
	my @browse = ($browser, qw(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars), '--host-resolver-rules=MAP * ~NOTFOUND',
		'--allow-file-access-from-files', "--user-data-dir=$directory/profile", '--virtual-time-budget=20000');
	skip 'Chromium does not start here', 1 unless (output(@browse, '--dump-dom', 'data:text/html,<p>here</p>') // '') =~ /<p>here/;

	# Browsers make no window as narrow as a phone: frames are.
	my @files = (qw(demo small wide years judged published_judged publication firm firm60 published quoted));
	my $frames = "$directory/frames.html";
	open my $out, '>:encoding(UTF-8)', $frames or die "could not write $frames: $!";
	print $out '<p id="said"></p><script>
		const files = ' . JSON::PP->new->encode(\@files) . q{, said = [];
		const wait = ms => new Promise(done => setTimeout(done, ms));
		async function look(file, width) {
			const frame = document.createElement('iframe');
			frame.style.cssText = `width:${width}px;height:3000px`;
			frame.src = file + '.html';
			document.body.append(frame);
			const doc = () => frame.contentDocument;
			for (let i = 0; i < 100 && !/^(drawn|error)/.test(doc()?.getElementById('status')?.textContent || ''); i++) await wait(50);
			const d = doc(), words = () => [...d.querySelectorAll('h2, th:not(.heat th), label, dt')].map(e => e.textContent).join(' ');
			const status = () => d.getElementById('status').textContent.replace(/^drawn (\d+) of \1$/, 'drawn');
			const wide = d.documentElement.scrollWidth > width ? ` is ${d.documentElement.scrollWidth} wide` : '';
			const one = status() + wide + (frame.contentWindow.attacked ? ' attacked' : '');
			d.querySelector('[data-language=zh]').click();
			const chinese = /积分/.test(words());
			d.querySelector('[data-language=en]').click();
			const left = words().match(/积分|名次|指标|企业|阶段/g);
			said.push(`${file} ${width}: ${one}` + (chinese ? '' : ' no Chinese') + (left ? ' Chinese left: ' + left : '') + (frame.contentWindow.attacked ? ' attacked' : ''));
			frame.remove();
		}
		onload = async () => {
			for (const file of files) for (const width of [1440, 768, 390]) await look(file, width);
			document.getElementById('said').textContent = said.join('\n') + '\nend';
		};</script>};
	close $out;
	my $dom = output(@browse, '--window-size=1500,3000', '--dump-dom', "file://$frames") // '';
	my ($said) = $dom =~ m{<p id="said">(.*?)</p>}s;
	is($said, join('', map { my $file = $_; map { "$file $_: drawn\n" } (1440, 768, 390) } @files) . 'end',
		'every chart draws, nothing is wider than the page, no name runs, and words are in one language');

	# The list, as a reader uses it; what is drawn anew for paper.
	my $use = q{<script>
		const q = s => document.querySelector(s), rows = () => document.querySelectorAll('#list tbody tr').length, said = [rows()];
		const decide = v => { q('#decision').value = v; q('#decision').dispatchEvent(new Event('input')); };
		said.push(/300/.test(q('#count').textContent), [...document.querySelectorAll('#pager button')].map(b => b.disabled).join(' '));
		q('#pager button:last-child').click();
		said.push(q('#list tbody td').textContent, /2/.test(q('#pager').textContent));
		decide('reserve');
		said.push(rows(), q('#pager').hidden);
		q('#search').value = 'no such firm'; q('#search').dispatchEvent(new Event('input'));
		said.push(rows());
		q('#search').value = ''; q('#search').dispatchEvent(new Event('input'));
		decide('listed');
		window.dispatchEvent(new Event('beforeprint'));
		said.push(rows(), Chart.getChart('ranks').width, Chart.getChart('before').width);
		window.dispatchEvent(new Event('afterprint'));
		said.push(rows(), Chart.getChart('before').scales.x.ticks.every(t => /^[\d.,]+[万亿]*$/.test(t.label)), Chart.getChart('distribution0').scales.y.min);
		document.title = said.join('; ');</script></body>};
	(my $used = $page) =~ s{</body>}{$use};
	open $out, '>:encoding(UTF-8)', "$directory/used.html" or die "could not write: $!";
	print $out $used;
	close $out;
	my ($title) = (output(@browse, '--window-size=1440,900', '--dump-dom', "file://$directory/used.html") // '') =~ /<title>(.*?)</;
	my ($place) = map { $_->[0] } (grep { ($_->[5] // '') eq 'listed' } @{ $data->{list} })[50];
	is($title, "50; true; true false; $place; true; $data->{figures}{reserve}; true; 0; $data->{figures}{listed}; 660; 320; 50; true; 0",
		'the list has pages and filters, and prints whole; ticks are in 万 and 亿, bars begin at 0');

	output(@browse, '--no-pdf-header-footer', "--print-to-pdf=$directory/firm.pdf", "file://$directory/firm.html");
	my $pdf = do { open my $in, '<:raw', "$directory/firm.pdf" or die "no firm.pdf: $!"; local $/; <$in> };
	is(scalar(() = $pdf =~ m{/Type\s*/Page\b(?!s)}g), 1, 'the sheet of a firm prints on one page');

	# Without the library there are tables.
	local $ENV{CHART_JS} = '/nonexistent';
	my (undef, $err) = run_command(@command, '--scoreboard', 'small', '--output', "$directory/tables.html");
	like($err, qr/Chart\.js is missing, tables stand in for charts/, 'without the library a report says so');
	like(output(@browse, '--dump-dom', "file://$directory/tables.html") // '', qr/drawn 0 of 0.*<details open/s, '... and shows tables');
}

# ----- the demo says what each view shows

$ENV{REPORT} = "$directory/again.html";
my $demo = output('demo/run.sh') // '';
my @views = $demo =~ /^│ (innovation_\w+ .*)$/mg;
cmp_ok(scalar(@views), '>=', 13, 'the demo lists the views');
is(scalar(grep { /—/ || !/[a-z] *│$/ } @views), 0, '... and says of each what it shows');
like($demo, qr/\n +\Q$directory\E\/again\.html\s*\z/, 'it ends by naming the report');

$node->stop;
done_testing();
