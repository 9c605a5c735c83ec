# The demo's report: one file that asks no network for anything, and in a browser every chart draws, on a wide screen, on
# a phone and on paper ("make dependencies WITH=browser").

use strict;
use warnings;

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

plan skip_all => 'Chart.js is missing (libjs-chart.js)' unless found('find_chart_js') ne '';

my $node = new_node('report');
my $directory = $node->basedir;
my $file = "$directory/report.html";

# Standard output of a command; undef if it fails.
sub output
{
	my @command = @_;
	my ($out, $err) = ('', '');
	my $ok = eval { IPC::Run::run(\@command, '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(300)) };

	note($err) if $err ne '' && !$ok;
	return $ok ? $out : undef;
}

local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', REPORT => $file, HOME => $directory);
my $named = output('demo/run.sh', 'report');
is($named, "$file\n", 'the report is written, and named');

my $page = slurp($file);
like($page, qr/<title>[^<]*Innovation points report/, '... it is the report');
unlike($page, qr/\@(?:DATA|LIBRARY|SCRIPT)\@/, '... without gaps');
unlike($page, qr/<(?:script|img|iframe)\b[^>]*\bsrc=|<link\b|\@import|\burl\(/i, '... and loads nothing');
cmp_ok(-s $file, '<', 2_000_000, '... in less than 2 MB');

# ----- the numbers in it

my ($json) = $page =~ m{<script type="application/json" id="data">(.*?)</script>}s;
my $data = JSON::PP->new->decode($json);
my $firms = $data->{figures}{firms};
cmp_ok($firms, '>', 10_000, 'firms are counted');

sub total { my $sum = 0; $sum += $_ foreach @_; return $sum; }

is(total(map { $_->{firms} } @{ $data->{stages} }), $firms, '... each in a stage');
is(total(map { values %{ $_->{bins} } } @{ $data->{stages} }), $firms, '... and in a bar of its distribution');
is(total(map { $_->{firms} } @{ $data->{cities} }), $firms, '... and in a city');
is(total(map { $_->{listed} } @{ $data->{cities} }), $data->{figures}{listed}, 'those listed are so by city');
is(scalar(grep { $_->[6] eq 'listed' } @{ $data->{whitelist} }), $data->{figures}{listed}, '... and in the table');
is(total(map { $_->{firms} } grep { $_->{shown} eq 'before' } @{ $data->{histogram}{values} }),
	total(map { $_->{firms} } grep { $_->{shown} eq 'after' } @{ $data->{histogram}{values} }), 'the adjustment loses no firm');
is(total(map { $_->{firms} } @{ $data->{movement}{fifths} }), $firms, 'the firms of the year were there the year before');
is(scalar(grep { scalar(keys %{ $_->{normalized} }) != @{ $data->{indicators} } } @{ $data->{chosen} }), 0, 'radars have every indicator');

# ----- in a browser

SKIP: {
	my $browser = found('find_browser');
	skip 'no Chromium is there', 1 if $browser eq '';

	# In containers it may make no sandbox of its own; the page is ours.  No name is resolved.
	my @browse = ($browser, qw(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars), '--host-resolver-rules=MAP * ~NOTFOUND',
		"--user-data-dir=$directory/profile", '--virtual-time-budget=10000');
	skip 'Chromium does not start here', 1 unless (output(@browse, '--dump-dom', 'data:text/html,<p>here</p>') // '') =~ /<p>here/;

	foreach my $width (1440, 390)
	{
		# Browsers make no window as narrow as a phone: a frame is.
		my $frame = "$directory/frame$width.html";
		open my $out, '>', $frame or die "could not write $frame: $!";
		print $out qq{<iframe id="f" src="report.html" style="width:${width}px;height:3000px"></iframe><p id="said"></p><script>
			const look = () => { const d = document.getElementById('f').contentDocument;
				if (d.getElementById('status').textContent === 'drawing') return setTimeout(look, 100);
				document.getElementById('said').textContent = d.getElementById('status').textContent + '; '
					+ [...d.querySelectorAll('canvas')].map(c => c.id + ' ' + c.getAttribute('data-drawn')).join(', ')
					+ '; ' + (d.documentElement.scrollWidth <= $width ? 'fits' : 'is ' + d.documentElement.scrollWidth + ' wide')
					+ '; ' + d.querySelectorAll('#list tbody tr').length + ' rows'; };
			onload = look;</script>};
		close $out;
		my $dom = output(@browse, '--allow-file-access-from-files', "--window-size=1500,3000", '--dump-dom', "file://$frame") // '';
		my ($said) = $dom =~ m{<p id="said">(.*?)</p>};
		my $charts = join ', ', map { "$_ true" } qw(stages cities radar movement before after);

		is($said, "drawn 6 of 6; $charts; fits; " . @{ $data->{whitelist} } . ' rows', "$width pixels wide: every chart draws, and nothing is wider than the page");
	}

	# The filter, as a reader uses it.
	(my $filtered = $page) =~ s{</body>}{<script>
		const s = document.getElementById('decision'); s.value = 'reserve'; s.dispatchEvent(new Event('input'));
		document.title = 'rows ' + document.querySelectorAll('#list tbody tr').length;</script></body>};
	open my $out, '>:encoding(UTF-8)', "$directory/filtered.html" or die "could not write: $!";
	print $out $filtered;
	close $out;
	like(output(@browse, '--dump-dom', "file://$directory/filtered.html") // '', qr/<title>rows $data->{figures}{reserve}</, 'the table is filtered');

	# What stands at the axes, and what is drawn anew for paper.
	(my $looked = $page) =~ s{</body>}{<script>
		const size = () => [...document.querySelectorAll('canvas')].map(c => c.id + ' ' + Chart.getChart(c).width).join(' ');
		const names = Chart.getChart('radar').data.labels.map(l => [].concat(l));
		const said = [names.filter(l => l.length > 2 || l.some(part => part.length > 13)).length, names.filter(l => l.some(part => part.includes('PCT'))).length,
			['before', 'after'].flatMap(id => Chart.getChart(id).data.labels).filter(l => /[^0-9,.-]/.test(l)).length];
		const screen = size();
		window.dispatchEvent(new Event('beforeprint'));
		said.push(size(), Chart.getChart('radar').data.labels.join(' '));
		window.dispatchEvent(new Event('afterprint'));
		said.push(size() === screen);
		document.title = said.join('; ');</script></body>};
	open $out, '>:encoding(UTF-8)', "$directory/looked.html" or die "could not write: $!";
	print $out $looked;
	close $out;
	my ($said) = (output(@browse, '--window-size=1440,900', '--dump-dom', "file://$directory/looked.html") // '') =~ /<title>(.*?)</;
	is($said, '0; 1; 0; stages 660 cities 660 radar 430 movement 660 before 320 after 320; ' . join(' ', 1 .. @{ $data->{indicators} }) . '; true',
		'names at the axes fit, values are in the unit of their axis, and charts are drawn anew for paper');

	output(@browse, '--no-pdf-header-footer', "--print-to-pdf=$directory/report.pdf", "file://$file");
	cmp_ok(-s "$directory/report.pdf" // 0, '>', 50_000, 'it prints');
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
