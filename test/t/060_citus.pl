# Citus: over a table distributed by firm, fit() is combined on the workers and gives the model of the local table, bit
# for bit; score() is evaluated on the workers; the views of a scoreboard show what they show over the local table.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $coordinator = new_node('coordinator');

if ($coordinator->safe_psql('postgres', "SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'") == 0)
{
	plan skip_all => 'citus is not installed';
}

my @workers = map { new_node("worker$_") } 1, 2;

foreach my $node ($coordinator, @workers)
{
	my $host = $node->host;

	$node->append_conf('postgresql.conf', <<"END");
shared_preload_libraries = 'citus'
citus.local_hostname = '$host'
citus.node_conninfo = 'sslmode=prefer'
citus.enable_statistics_collection = off
max_prepared_transactions = 20
wal_level = logical
END
	$node->restart;
	$node->safe_psql('postgres', 'CREATE EXTENSION citus');
}

my $path = 'SET search_path = public, innovation_score;';

sub sql { return $coordinator->safe_psql('postgres', "$path $_[0]"); }

sub explained { return sql("EXPLAIN (VERBOSE, COSTS OFF) $_[0]"); }

sub address { return sprintf("'%s', %d", $_[0]->host, $_[0]->port); }

sql(sprintf('SELECT citus_set_coordinator_host(%s)', address($coordinator)));
sql(sprintf('SELECT citus_add_node(%s)', address($_))) foreach @workers;
note(sql('SELECT citus_version()'));

# ----- the same rows in a local and a distributed table

sql(q{
	CREATE EXTENSION innovation_score;
	CREATE TABLE whole (firm int, year int, stage text, city text, a float8, b numeric(20,2), c float8, PRIMARY KEY (firm, year));
	INSERT INTO whole
	SELECT i, 2023 + i % 2, (ARRAY['s', 'l'])[1 + i / 2 % 2], 'C' || i % 3, exp(sin(i) * 12), (i * 7919::bigint % 1000003) / 7.0,
	       CASE WHEN i % 11 = 0 THEN NULL WHEN i % 3 > 0 THEN 0 ELSE cos(i) * 1e6 END
	FROM generate_series(1, 180000) i;
	CREATE TABLE firm (LIKE whole INCLUDING ALL);
	SET citus.shard_count = 4;
	SELECT create_distributed_table('firm', 'firm');
	INSERT INTO firm SELECT * FROM whole;
	ANALYZE;
});
foreach my $worker (@workers)
{
	is($worker->safe_psql('postgres', "SELECT count(*) FROM pg_extension WHERE extname = 'innovation_score'"), 1, 'Citus creates the extension on a worker');
}
is(sql('SELECT count(DISTINCT nodename || nodeport) FROM citus_shards WHERE table_name = $$firm$$::regclass'), 2, 'both workers have shards');

# ----- fit

my $model = q{'{"scheme": "s", "stages": ["s", "l"], "indicators": [
	{"indicator": "a", "weights": 40, "extreme": "percentile(0.01,0.99)", "transform": "log"},
	{"indicator": "b", "weights": {"s": 30, "l": 50}, "extreme": "iqr(1.5)"},
	{"indicator": "c", "weights": 30, "extreme": "sigma(3)", "direction": "cost"}]}'::innovation_score.score_model};
my $values = 'VARIADIC _innovation_score.row_values(a, b, c)';

my $first = sql("SELECT fit($model, $values) FROM whole");
is(sql("SELECT is_fitted('$first'::score_model)"), 'f', 'a large group takes several passes');
is(sql("SELECT fit($model, $values) FROM firm"), $first, 'the first pass: the same model');
is(sql("SELECT fit_partial($model, $values) FROM firm"), sql("SELECT fit_partial($model, $values) FROM whole"), '... and the same state');

my $second = sql("SELECT fit('$first'::score_model, $values) FROM whole");
is(sql("SELECT fit('$first'::score_model, $values) FROM firm"), $second, 'the second pass, over a model given as a literal: the same');
is(sql("SELECT is_fitted('$second'::score_model)"), 't', '... and it is fitted');
is(sql("WITH one AS MATERIALIZED (SELECT fit($model, $values) AS model FROM firm) SELECT fit(one.model, $values) FROM firm, one"),
	$second, 'both passes in one query, joined with the model of the first');

my $years = "SELECT year, fit($model, $values) FROM %s WHERE firm %% 5 = 0 GROUP BY year ORDER BY year";
is(sql(sprintf($years, 'firm')), sql(sprintf($years, 'whole')), 'by year: the same models');

my $plan = explained("SELECT fit($model, $values) FROM firm");
like($plan, qr/coord_combine_agg/, 'EXPLAIN: the coordinator combines');
like($plan, qr/Query: SELECT (pg_catalog\.)?worker_partial_agg\('innovation_score\.fit\(innovation_score\.score_model,double precision\[\]\)'/,
	'... what the workers aggregated');
like($plan, qr/Task Count: 4/, '... from each shard');
like(explained("SELECT year, fit($model, $values) FROM firm GROUP BY year"), qr/Query: SELECT year, (pg_catalog\.)?worker_partial_agg\(.* GROUP BY year/, 'groups are made on the workers, too');

# ----- score

my $scores = q{SELECT count(*), count(s), md5(string_agg(float8send(s)::text, '' ORDER BY firm))
	FROM (SELECT firm, score('%s'::score_model, stage, %s) AS s FROM %s OFFSET 0) AS f};
like(sql(sprintf($scores, $second, $values, 'whole')), qr/^180000\|180000\|/, 'all rows have a score');
is(sql(sprintf($scores, $second, $values, 'firm')), sql(sprintf($scores, $second, $values, 'whole')), 'the same scores');
$plan = explained("SELECT firm, score('$second'::score_model, stage, $values) FROM firm");
like($plan, qr/Query: SELECT firm, innovation_score\.score\(/, 'EXPLAIN: the workers evaluate them');
like(explained("SELECT score('$second'::score_model, stage, $values) FROM firm WHERE firm = 4711"), qr/Task Count: 1\b.*Index Cond/s, 'one firm: one shard, by its index');

# ----- scoreboards

sql(q{
	INSERT INTO scheme (scheme) VALUES ('passes'), ('once'), ('mad');
	INSERT INTO category (scheme, category) SELECT scheme, 'k' FROM unnest('{passes,once,mad}'::text[]) scheme;
	INSERT INTO stage (scheme, stage) SELECT scheme, stage FROM unnest('{passes,once,mad}'::text[]) scheme, unnest('{s,l}'::text[]) stage;
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES
		('passes', 'a', 'k', 'percentile(0.01,0.99)'), ('passes', 'b', 'k', 'iqr(1.5)'), ('once', 'a', 'k', 'sigma(3)'), ('once', 'b', 'k', 'none'),
		('mad', 'a', 'k', 'mad(2.5)'), ('mad', 'b', 'k', 'percentile(0.3,0.8)');
	INSERT INTO weight (scheme, stage, indicator, weight)
	SELECT i.scheme, s.stage, i.indicator, 10 * length(s.stage || i.scheme) FROM indicator i JOIN stage s USING (scheme) WHERE i.scheme IN ('passes', 'once', 'mad');
	CREATE SCHEMA here;
	CREATE SCHEMA there;
});

my %boards = (
	once => q{'once', '%s', 'firm', 'stage', 'year'},
	once_flat => q{'once', '%s', 'firm', 'stage'},
	grouped => q{'passes', '%s', 'firm', 'stage', 'year', '{city}'},
	yearly => q{'mad', '%s', 'firm', 'stage', 'year'},
	flat => q{'passes', '%s', 'firm', 'stage'},
	sampled => q{'passes', '%s', 'firm', 'stage', 'year', sample => 'c >= 0'},
	pooled => q{'passes', '%s', 'firm', 'stage', 'year', sample => 'year = 2023', pooled => true},
	levels => q{'passes', '%s', 'firm', 'stage', 'year', '{city,stage}', min_peers => 15000, sample => 'c >= 0'},
	pooled_levels => q{'once', '%s', 'firm', 'stage', 'year', '{city,stage}', min_peers => 29000, pooled => true},
);
my @views = qw(model score detail ranking whitelist);

# A digest of all that a view shows; every bit of a score is in its text.
sub digest { return sql(qq{SELECT count(*), md5(string_agg(v::text, '' ORDER BY v::text COLLATE "C")) FROM $_[0] v}); }

# What weights from data find in it.
sub proposal { return sql("SELECT p FROM unnest('{entropy,critic}'::text[]) m, propose_weights('$_[0]', stage => 's', method => m) p"); }

my %wanted;
foreach my $board (sort keys %boards)
{
	sql("SELECT create_scoreboard('here.$board', " . sprintf($boards{$board}, 'whole') . ')');
	sql("SELECT create_scoreboard('there.$board', " . sprintf($boards{$board}, 'firm') . ')');
	sql("SELECT set_whitelist_rule('$_.$board', min_score => 20, top_n => 500, quota_by => 'city', quota_n => 200, required => 'c IS NOT NULL', reserve_n => 50)") foreach qw(here there);
	foreach my $view (@views)
	{
		$wanted{"${board}_$view"} = digest("here.${board}_$view");
		is(digest("there.${board}_$view"), $wanted{"${board}_$view"}, "live view ${board}_$view: the same");
	}
	$wanted{$board} = proposal("here.$board");
	is(proposal("there.$board"), $wanted{$board}, "weights proposed by live $board: the same");
}
is(sql('SELECT count(*), count(score) FROM there.once_score WHERE firm = 4711'), '1|1', 'one firm of a live scoreboard');
foreach my $worker (@workers)
{
	is($worker->safe_psql('postgres', 'SELECT count(*), sum(score::numeric) FROM there.once_score'), sql('SELECT count(*), sum(score::numeric) FROM here.once_score'), 'a live view read on a worker');
}

foreach my $board (sort keys %boards)
{
	sql("SELECT freeze_scoreboard('there.$board')");
	is(digest("there.${board}_$_"), $wanted{"${board}_$_"}, "frozen view ${board}_$_: the same") foreach @views;
	is(proposal("there.$board"), $wanted{$board}, "weights proposed by frozen $board: the same");
	$plan = explained("SELECT * FROM there.${board}_score WHERE firm = 4711");
	like($plan, qr/Task Count: 1\b.*innovation_score\.score_row\(.*Index Cond: \(firm\.firm = 4711\)/s, "one firm of frozen $board: evaluated in its shard, by its index");
	like(explained("SELECT * FROM there.${board}_score"), qr/Task Count: 4\b.*Query: [^\n]*innovation_score\.score_row\(/s, "all firms of frozen $board: on the workers");
	is(sql("SELECT thaw_scoreboard('there.$board')"), '', "$board thawed");
	is(digest("there.${board}_score"), $wanted{"${board}_score"}, '... and the same as before');
}

$_->stop foreach $coordinator, @workers;
done_testing();
