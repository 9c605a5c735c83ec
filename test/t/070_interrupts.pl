# Cancels: whatever a query of ours is doing, it stops soon after it is asked to, and leaves nothing behind.  Every query
# runs once in full, then again and again with timeouts at points spread over that time, most of them near the end, where
# the final functions work.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

# Milliseconds from the request to the error that are good, and that may pass.  A busy machine takes longer now and
# then, code that does not look for a cancel takes long each time: what is late is tried again.
my ($good, $allowed, $tries) = (100, 250, 4);
my @points = (0.05, 0.4, 0.7, 0.85, 0.95);

my $node = new_node('interrupts');

# A server that checks itself is slower, and SLOW=1 is for one that is slowed down on purpose.
$allowed *= 2 if $node->safe_psql('postgres', 'SHOW debug_assertions') eq 'on';
$allowed = 10000 if $ENV{SLOW};

sub sql { return $node->safe_psql('postgres', "SET search_path = public, innovation_score; $_[0]"); }

my $indicators = q{
	{"indicator": "a", "weights": 40, "extreme": "percentile(0.05,0.95)", "transform": "log"},
	{"indicator": "b", "weights": 20, "extreme": "iqr(1.5)"},
	{"indicator": "c", "weights": 20, "extreme": "mad(3)", "direction": "cost"},
	{"indicator": "d", "weights": 20, "extreme": "sigma(3)"}};
my $model = qq{'{"scheme": "s", "stages": ["s", "l"], "indicators": [$indicators]}'::score_model};

sql(qq{
	CREATE EXTENSION innovation_score;
	CREATE TABLE firm (firm int, year int, stage text, a float8, b float8, c float8, d numeric);
	INSERT INTO firm
	SELECT i, 2023 + i % 2, (ARRAY['s', 'l'])[1 + i % 2], exp(sin(i) * 12), i * 7919::bigint % 1000003, cos(i) * 1e6, i % 1009
	FROM generate_series(1, 300000) i;
	ALTER TABLE firm ADD PRIMARY KEY (firm);
	CREATE TABLE value AS SELECT (i * 7919::bigint % 1000003)::float8 AS v FROM generate_series(1, 1500000) i;
	CREATE TABLE ranks AS SELECT rank_partial(v, (v::bigint % 3)::text) AS state FROM value GROUP BY v::bigint % 4;
	CREATE TABLE scored AS
	SELECT stage, score, ARRAY[score, 100, firm % 2] AS "row"
	FROM (SELECT firm, stage, floor(sin(firm) * 1e6) AS score FROM firm) f;
	CREATE TABLE state AS SELECT firm % 16 AS part, fit_partial($model, a, b, c, d::float8) AS state FROM firm, generate_series(1, 2) GROUP BY 1;
	CREATE TABLE pass1 AS SELECT fit($model, a, b, c, d::float8) AS model FROM firm;
	CREATE TABLE pass2 AS SELECT fit((SELECT model FROM pass1), a, b, c, d::float8) AS model FROM firm;
	CREATE TABLE pass3 AS SELECT fit((SELECT model FROM pass2), a, b, c, d::float8) AS model FROM firm;
	CREATE TABLE fitted AS SELECT fit((SELECT model FROM pass3), a, b, c, d::float8) AS model FROM firm;
	CREATE TABLE member AS SELECT * FROM firm WHERE firm <= 150000;
	INSERT INTO scheme (scheme) VALUES ('t');
	INSERT INTO category (scheme, category) VALUES ('t', 'c');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('t', 'a', 'c', 'mad(3)'), ('t', 'b', 'c', 'iqr(1.5)');
	INSERT INTO stage VALUES ('t', 's'), ('t', 'l');
	INSERT INTO weight VALUES ('t', 's', 'a', 40), ('t', 's', 'b', 60), ('t', 'l', 'a', 70), ('t', 'l', 'b', 30);
	SELECT create_scoreboard('hz', 't', 'member', 'firm', 'stage', 'year');
	ANALYZE;
});
is(sql('SELECT is_fitted(p.model), is_fitted(f.model) FROM pass3 p, fitted f'), 'f|t', 'the fit takes four passes');

my $few = 'SET work_mem = \'64kB\';';
my $parallel = 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;';
my $digest = sub { "SELECT count(*), sum(hashfloat8($_[0]::float8)) FROM" };
my @stages = (
	(map { [ "extreme_bounds, $_", '', "SELECT extreme_bounds(v, '$_') FROM value" ] }
		'none', 'fixed(1,2)', 'percentile(0.01,0.99)', 'iqr(1.5)', 'mad(3)', 'sigma(3)'),
	[ 'extreme_bounds, parallel', $parallel, q{SELECT extreme_bounds(v, 'iqr(1.5)') FROM value} ],
	[ 'fit, first pass', '', "SELECT md5(fit($model, a, b, c, d::float8)::text) FROM firm" ],
	[ 'fit, first pass, parallel', $parallel, "SELECT md5(fit($model, a, b, c, d::float8)::text) FROM firm" ],
	(map { [ "fit, pass $_->[0]", '', "SELECT md5(fit((SELECT model FROM $_->[1]), a, b, c, d::float8)::text) FROM firm" ] }
		[ 2, 'pass1' ], [ 3, 'pass2' ], [ 4, 'pass3' ]),
	[ 'fit, many groups', '', "SELECT md5(string_agg(m::text, '')) FROM (SELECT fit($model, a, b, c, d::float8) AS m FROM firm GROUP BY firm / 500 ORDER BY firm / 500) AS f" ],
	[ 'fit, groups of 100,000', '', "SELECT md5(string_agg(m::text, '')) FROM (SELECT fit($model, a, b, c, d::float8) AS m FROM firm GROUP BY firm % 3 ORDER BY firm % 3) AS f" ],
	[ 'fit_partial', '', "SELECT md5(fit_partial($model, a, b, c, d::float8)::text) FROM firm" ],
	[ 'fit_merge', '', 'SELECT md5(fit_model(fit_merge(state))::text) FROM state, generate_series(1, 3)' ],
	[ 'fit_state to text and back', '', 'SELECT count(*), sum(length(state::text::fit_state::text)) FROM state WHERE part < 6' ],
	[ 'rank_partial', '', 'SELECT md5(rank_partial(v, (v::bigint % 3)::text)::text) FROM value' ],
	[ 'rank_merge', '', 'SELECT rank_count(rank_merge(state)) FROM ranks, generate_series(1, 4)' ],
	[ 'rank_of', '', "${\$digest->('r')} (SELECT rank_of((SELECT rank_merge(state) FROM ranks), v, '1') AS r FROM value OFFSET 0) AS f" ],
	[ 'rank_state to text and back', '', 'SELECT count(*), sum(length(state::text::rank_state::text)) FROM ranks' ],
	[ 'score', '', "${\$digest->('s')} (SELECT score((SELECT model FROM fitted), stage, a, b, c, d::float8) AS s FROM firm OFFSET 0) AS f" ],
	[ 'score_rank', '', "${\$digest->('r')} (SELECT score_rank(score) OVER () AS r FROM scored) AS f" ],
	[ 'score_rank by field', '', "${\$digest->('r')} (SELECT score_rank(score, stage) OVER () AS r FROM scored) AS f" ],
	[ 'ranked_row', '', "${\$digest->('r[4]')} (SELECT _innovation_score.ranked_row(\"row\") OVER () AS r FROM scored) AS f" ],
	[ 'score_rank through files', $few, "${\$digest->('r')} (SELECT score_rank(score) OVER () AS r FROM scored) AS f" ],
	[ 'ranked_row through files', $few, "${\$digest->('r[4]')} (SELECT _innovation_score.ranked_row(\"row\") OVER () AS r FROM scored) AS f" ],
	[ 'live scores of a scoreboard', '', "${\$digest->('score')} hz_score" ],
	[ 'live ranking of a scoreboard', $few, "${\$digest->('rank')} hz_ranking" ],
	[ 'live detail of a scoreboard', '', "${\$digest->('points')} hz_detail WHERE year = 2024" ],
	[ 'store_ranking', '', q{SELECT store_ranking('hz', 'hz_kept')} ],
	[ 'store_ranking through files', $few, q{SELECT store_ranking('hz', 'hz_kept')} ],
	[ 'freeze_scoreboard', '', q{SELECT freeze_scoreboard('hz')} ],
);

# A session that reports each statement's SQLSTATE and time, after what it gave.
sub session
{
	my ($script) = @_;
	my ($output, $errors) = ('', '');

	IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr('postgres') ], '<', \$script, '>', \$output, '2>', \$errors);
	return $output;
}

my $memory = 'SELECT \'memory \' || sum(total_bytes) FROM pg_backend_memory_contexts;';
my $files = 'SELECT \'files \' || count(*) FROM pg_ls_tmpdir();';

# pgsql_tmp itself may not exist yet; the function gives no rows then.
my $prepare = 'SET search_path = public, innovation_score; SET client_min_messages = error; SET max_parallel_workers_per_gather = 0; SET jit = off;';
my ($worst, $worst_where, $caught) = (0, '', 0);

foreach my $stage (@stages)
{
	my ($name, $settings, $query) = @$stage;
	my $freeze = $name =~ /^freeze/;

	# Rolled back, so that the second freeze has as much to do as the first.
	my $begin = $freeze ? "BEGIN;\n" : '';
	my $end = $freeze ? "ROLLBACK;\n" : '';
	my ($full) = session("$prepare $settings\n$begin\\timing on\n$query;\n\\timing off\n$end") =~ /^Time: ([\d.]+) ms/m;
	my $statement = "$begin\\timing on\n$query;\n\\timing off\n\\echo state :SQLSTATE\n$end";
	my $script = "$prepare $settings\n${begin}$query;\n$end\\echo first\n$memory\n";
	my @timeouts = map { int($full * $_) + 1 } @points;

	# A timeout that comes in the instant after the query's last check meets the next statement, so the first RESET may fail.
	$script .= "SET statement_timeout = $_;\n\\echo point $_\n${statement}\\echo end\n" . "RESET statement_timeout;\n" x 2 foreach @timeouts;
	$script .= "$memory\n$files\n\\echo again\n$begin$query;\n$end\\echo done\n";
	my ($output, $slowest, $cancels, $other);
	foreach (1 .. $tries)
	{
		$output = session($script);
		($slowest, $cancels, $other) = (0, 0, '');
		while ($output =~ /^point (\d+)\n(.*?)^end\n/msg)
		{
			my ($timeout, $part) = ($1, $2);
			my ($time) = $part =~ /^Time: ([\d.]+) ms/m;
			my ($state) = $part =~ /^state (\w+)/m;

			if ($state eq '57014')
			{
				my $late = $time - $timeout;

				$cancels++;
				$slowest = $late if $late > $slowest;
			}
			elsif ($state ne '00000')
			{
				$other .= " $state";
			}
		}
		last if $slowest <= $allowed && $cancels > 0 || $other;
	}
	($worst, $worst_where) = ($slowest, "$name of $full ms") if $slowest > $worst;

	my ($first) = $output =~ /\A(.*?)^first\n/ms;
	my ($again) = $output =~ /^again\n(.*?)^done\n/ms;
	my @memory = $output =~ /^memory (\d+)/mg;
	my ($left) = $output =~ /^files (\d+)/m;
	$caught += $cancels;
	cmp_ok($slowest, '<=', $allowed, "$name: stops when it is cancelled")
		or diag("$name takes $full ms");
	note(sprintf('%s: %.0f ms in full, %d cancels, the slowest after %.1f ms', $name, $full, $cancels, $slowest));
	is($other, '', '... with no other error');
	cmp_ok($cancels, '>=', 1, '... before it is through');
	ok(defined $first && length $first && defined $again && $again eq $first, '... and gives the same result afterwards')
		or diag($output);
	is($left, 0, '... no temporary files are left');
	cmp_ok($memory[-1] - $memory[0], '<=', 1024 * 1024, '... and no memory');
}
note(sprintf('%d cancels, the slowest after %.1f ms (%s), %s', $caught, $worst, $worst_where, $worst <= $good ? 'as wanted' : 'more than wanted'));

# ----- the same with a request from another session

foreach my $stage (grep { $_->[0] =~ /^(extreme_bounds, mad|fit, pass 3|score_rank through|live ranking)/ } @stages)
{
	my ($name, $settings, $query) = @$stage;
	my ($output, $errors) = ('', '');
	my $script = $node->basedir . '/victim.sql';

	open my $file, '>', $script or die "could not create $script: $!";
	print $file "$prepare $settings\nSET application_name = 'victim';\n$query;\n\\echo state :SQLSTATE\n",
		"SELECT 'at ' || extract(epoch FROM clock_timestamp());\n";
	close $file;
	my $late;
	foreach (1 .. $tries)
	{
		($output, $errors) = ('', '');
		my $victim = IPC::Run::start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', $script ], '>', \$output, '2>', \$errors);
		my $asked = sql(q{
			DO $$ BEGIN
				FOR i IN 1 .. 1000 LOOP
					PERFORM pg_stat_clear_snapshot();
					EXIT WHEN EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'victim' AND state = 'active' AND query !~ '^SET');
					PERFORM pg_sleep(0.005);
				END LOOP;
				PERFORM pg_sleep(0.04);
			END $$;
			SELECT extract(epoch FROM clock_timestamp()) FROM pg_stat_activity WHERE CASE WHEN application_name = 'victim' THEN pg_cancel_backend(pid) END});
		$victim->finish;
		my ($stopped) = $output =~ /^at ([\d.]+)/m;
		$late = 1000 * ($stopped - $asked);
		last if $late <= $allowed && $output =~ /^state 57014$/m;
	}
	like($output, qr/^state 57014$/m, "$name: cancelled from another session") or diag($errors);
	cmp_ok($late, '<=', $allowed, sprintf('... within %d ms', $allowed));
	note(sprintf('%s: cancelled from another session after %.1f ms', $name, $late));
}

$node->stop;
done_testing();
