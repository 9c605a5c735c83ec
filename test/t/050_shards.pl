# Where the rows are must not show: a table, its partitions (with partition-wise aggregation on and off, serial and
# parallel), and shards on two other servers behind postgres_fdw give the same models and scores, bit for bit.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $centre = new_node('centre');
my @shards = map { new_node("shard$_") } 1, 2;

if ($centre->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'postgres_fdw'") == 0)
{
	plan skip_all => 'postgres_fdw is not installed';
}

my $columns = 'firm int, year int, stage text, a float8, b numeric(20,2), c float8';
my $rows = q{
	SELECT i, 2020 + i % 3, (ARRAY['s', 'l'])[1 + i % 2], exp(sin(i) * 12), (i * 7919::bigint % 1000003) / 7.0,
	       CASE WHEN i % 11 = 0 THEN NULL WHEN i % 3 > 0 THEN 0 ELSE cos(i) * 1e6 END
	FROM generate_series(1, 240000) i};
my $model = q{'{"scheme": "s", "stages": ["s", "l"], "indicators": [
	{"indicator": "a", "weights": 40, "extreme": "percentile(0.01,0.99)", "transform": "log"},
	{"indicator": "b", "weights": {"s": 30, "l": 50}, "extreme": "iqr(1.5)"},
	{"indicator": "c", "weights": 30, "extreme": "sigma(3)", "direction": "cost"}]}'::innovation_score.score_model};
my $path = 'SET search_path = public, innovation_score;';

sub sql { return $centre->safe_psql('postgres', "$path $_[0]"); }

# ----- the same rows in three places

$_->safe_psql('postgres', 'CREATE EXTENSION innovation_score') foreach $centre, @shards;
foreach my $i (0, 1)
{
	$shards[$i]->safe_psql('postgres', "CREATE TABLE firm ($columns); INSERT INTO firm SELECT * FROM ($rows) AS r(firm) WHERE firm % 2 = $i; ANALYZE firm");
}
sql(qq{
	CREATE TABLE whole ($columns);
	INSERT INTO whole $rows;
	CREATE TABLE parted ($columns) PARTITION BY LIST (year);
	CREATE TABLE parted_2020 PARTITION OF parted FOR VALUES IN (2020);
	CREATE TABLE parted_2021 PARTITION OF parted FOR VALUES IN (2021);
	CREATE TABLE parted_2022 PARTITION OF parted FOR VALUES IN (2022);
	INSERT INTO parted SELECT * FROM whole ORDER BY md5(firm::text);
	CREATE EXTENSION postgres_fdw;
	CREATE TABLE sharded ($columns) PARTITION BY LIST ((firm % 2));
});
foreach my $i (0, 1)
{
	my ($host, $port) = ($shards[$i]->host, $shards[$i]->port);

	sql(qq{
		CREATE SERVER shard$i FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '$host', port '$port', dbname 'postgres', extensions 'innovation_score', fetch_size '10000');
		CREATE USER MAPPING FOR CURRENT_USER SERVER shard$i;
		CREATE FOREIGN TABLE sharded_$i PARTITION OF sharded FOR VALUES IN ($i) SERVER shard$i OPTIONS (table_name 'firm');
	});
}
sql('ANALYZE');
is(sql('SELECT (SELECT count(*) FROM whole), (SELECT count(*) FROM parted), (SELECT count(*) FROM sharded)'), '240000|240000|240000', 'the same rows in three places');

# ----- one group of 240,000 rows, which takes several passes, and one a year

# Passes until the model is fitted: its text, and how many they were.
sub fit
{
	my ($settings, $table) = @_;
	my $fitted = "($model)";

	for my $pass (1 .. 10)
	{
		my $text = sql("$settings SELECT fit($fitted, VARIADIC _innovation_score.row_values(a, b, c)) FROM $table");

		$fitted = "'$text'::score_model";
		return ($text, $pass) if sql("SELECT is_fitted($fitted)") eq 't';
	}
	return ('', 0);
}

my %settings = (
	serial => 'SET max_parallel_workers_per_gather = 0; SET enable_partitionwise_aggregate = off;',
	partitions => 'SET max_parallel_workers_per_gather = 0; SET enable_partitionwise_aggregate = on;',
	parallel => 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET enable_partitionwise_aggregate = off;',
	both => 'SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET enable_partitionwise_aggregate = on;',
);
my ($wanted, $passes) = fit($settings{serial}, 'whole');
cmp_ok($passes, '>', 1, "a large group takes several passes ($passes)");
like($wanted, qr/"n": 240000/, 'and is fitted');
foreach my $table (qw(whole parted sharded))
{
	foreach my $how (sort keys %settings)
	{
		my ($got, undef) = fit($settings{$how}, $table);
		is($got, $wanted, "one group of table $table, $how: the same model");
	}
}

sub by_year
{
	my ($settings, $table) = @_;
	return sql("$settings SELECT year, fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM $table WHERE firm % 5 = 0 GROUP BY year ORDER BY year");
}
$wanted = by_year($settings{serial}, 'whole');
foreach my $table (qw(whole parted sharded))
{
	is(by_year($settings{$_}, $table), $wanted, "by year, table $table, $_: the same models") foreach sort keys %settings;
}
like(sql("$settings{partitions} EXPLAIN (COSTS OFF) SELECT year, fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM parted GROUP BY year"),
	 qr/Append.*Aggregate/s, 'partition-wise aggregation fits each partition by itself');
like(sql("$settings{partitions} EXPLAIN (COSTS OFF) SELECT fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM parted"),
	 qr/Finalize Aggregate.*Partial Aggregate.*Partial Aggregate/s, 'or a part of a group in each partition');

# ----- scores

my $one_group = (fit($settings{serial}, 'whole'))[0];
sub scores
{
	my ($table) = @_;
	return sql(qq{SELECT count(*), count(s), md5(string_agg(float8send(s)::text, '' ORDER BY firm))
		FROM (SELECT firm, score('$one_group'::score_model, stage, VARIADIC _innovation_score.row_values(a, b, c)) AS s FROM $table OFFSET 0) AS f});
}
$wanted = scores('whole');
like($wanted, qr/^240000\|240000\|/, 'all rows have a score');
is(scores($_), $wanted, "table $_: the same scores") foreach qw(parted sharded);

# ----- what goes to the shards

my $scan = sql("EXPLAIN (VERBOSE, COSTS OFF) SELECT fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM sharded");
like($scan, qr/Remote SQL: SELECT a, b, c FROM/, 'fit over several shards: the columns are fetched, and no others');
my $whole = "SELECT year, fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM sharded_0 GROUP BY year";
like(sql("EXPLAIN (VERBOSE, COSTS OFF) $whole"), qr/Remote SQL: SELECT year, innovation_score\.fit\(/,
	'fit over one foreign table: the shard sends the models');
is(sql("$whole ORDER BY year"), sql("SELECT year, fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM whole WHERE firm % 2 = 0 GROUP BY year ORDER BY year"),
	'the same ones');
my $condition = sql("EXPLAIN (VERBOSE, COSTS OFF) SELECT firm FROM sharded WHERE score('$one_group'::score_model, stage, a, b::float8, c) > 60");
like($condition, qr/Remote SQL: [^\n]*WHERE [^\n]*innovation_score\.score\(/, 'score: a condition on it is evaluated on the shard');
unlike($condition, qr/^\s*Filter:/m, 'and not here');

# ----- states: each shard sends one, instead of its rows

my @states = map { $_->safe_psql('postgres', "$path SELECT fit_partial($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM firm") } @shards;
my $merged = sql(sprintf("SELECT fit_model(fit_merge(s)) FROM (VALUES ('%s'::fit_state), ('%s')) AS v(s)", @states));
is($merged, sql("SELECT fit($model, VARIADIC _innovation_score.row_values(a, b, c)) FROM whole"), 'states of the shards merge to the model of the whole');

$_->stop foreach @shards, $centre;
done_testing();
