# Registers of departments, as they are, collected, and the same computed by hand (test/data/registers_by_hand.sql): all 18
# indicators of both years are equal, whether the collection is read or stored.
#
# The registers are not part of the project: INNOVATION_SCORE_REGISTERS names the script that makes them, by default
# ../shared/data/registers.sql; the test is skipped where there is none.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $registers = $ENV{INNOVATION_SCORE_REGISTERS} // '../shared/data/registers.sql';
plan skip_all => 'the registers are not there' unless -r $registers;

my $node = new_node('collection');

sub run_files
{
	my (@arguments) = @_;
	my ($out, $err);
	my $done = IPC::Run::run(
		[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), @arguments ], '>', \$out, '2>', \$err);

	diag($err) unless $done;
	return $done;
}

$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score; ALTER DATABASE postgres SET jit = off;
	ALTER DATABASE postgres SET search_path = 省库, public, innovation_score');
ok(run_files('-v', 'n=3000', '-f', $registers), 'the registers are made');
ok(run_files('-v', 'stored=false', '-f', 'test/data/registers_collected.sql'), '... and collected');
ok(run_files('-f', 'test/data/registers_by_hand.sql'), '... and computed by hand');

my @indicators = split /\n/, $node->safe_psql('postgres', q{SELECT indicator FROM indicator WHERE scheme = 'national-2024' ORDER BY position, indicator});
is(scalar @indicators, 18, 'eighteen indicators');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT (firm, period)) FROM 归集'),
	$node->safe_psql('postgres', 'SELECT count(*), count(*) FROM 手算'), 'as many firms and periods');

sub compare
{
	my ($collection) = @_;
	my $differ = join ', ', map {"count(*) FILTER (WHERE round(c.${_}::numeric, 12) IS DISTINCT FROM round(h.${_}::numeric, 12))"} @indicators;
	my $values = join ' + ', map {"count(c.$_)"} @indicators;

	is($node->safe_psql('postgres', "SELECT $differ FROM $collection c FULL JOIN 手算 h USING (firm, period)"),
		join('|', (0) x @indicators), "$collection: every indicator is the one computed by hand");
	cmp_ok($node->safe_psql('postgres', "SELECT $values FROM $collection c"), '>', 60_000, '... and most are there');
}
compare('归集');

# ----- what did not match is told

is($node->safe_psql('postgres', 'SELECT count(*) FROM 归集_sources WHERE rows = 0 OR firms = 0'), '0', 'every register was delivered');
is($node->safe_psql('postgres', q{SELECT count(*) FROM 归集 c WHERE venture_capital IS NULL AND EXISTS (
	SELECT FROM 归集_rows r WHERE r.register = '融资' AND (r.firm, r.period) = (c.firm, c.period)
	AND number_problem(r.row ->> '金额', '万元') IS NOT NULL)}),
	$node->safe_psql('postgres', q{SELECT count(DISTINCT (firm, period)) FROM 归集_rows r WHERE r.register = '融资' AND number_problem(r.row ->> '金额', '万元') IS NOT NULL}),
	'a firm with an unreadable amount has none');
is($node->safe_psql('postgres', q{SELECT sum(unmatched) > 0 FROM 归集_sources}),
	$node->safe_psql('postgres', q{SELECT count(*) > 0 FROM 归集_problems WHERE reason = 'no firm'}), 'what matches no firm is listed');

# ----- parallel plans and a stored collection give the same

$node->safe_psql('postgres', 'CREATE TABLE serial AS SELECT * FROM 归集');
is( $node->safe_psql(
		'postgres', q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SELECT count(*) FROM ((TABLE 归集 EXCEPT ALL TABLE serial) UNION ALL (TABLE serial EXCEPT ALL TABLE 归集)) d}),
	'0', 'parallel plans give the same rows');
$node->safe_psql('postgres', 'SELECT drop_collection(\'归集\'); DROP VIEW 融资; DROP TABLE 别名');
ok(run_files('-v', 'stored=true', '-f', 'test/data/registers_collected.sql'), 'stored');
compare('归集');

# ----- a scoreboard binds to it like to any other source

$node->safe_psql('postgres', q{SELECT create_scoreboard('榜', 'national-2024', '归集', 'firm', period => 'period',
	stage => $$CASE WHEN revenue < 2000 THEN 'startup' WHEN revenue < 40000 THEN 'growth' ELSE 'stable' END$$)});
is($node->safe_psql('postgres', 'SELECT count(*) = (SELECT count(*) FROM 归集) AND count(score) > 5000 FROM 榜_ranking'), 't', 'a scoreboard ranks the firms');

$node->stop;
done_testing();
