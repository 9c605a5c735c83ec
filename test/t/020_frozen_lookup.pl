# A frozen scoreboard over 200,000 rows: looking up one firm reads that firm's row by the source's index, in time that
# has nothing to do with the size of the table; asking the live scoreboard for one year fits that year only.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;
use JSON::PP;

my $node = new_node('frozen_lookup');

sub sql { return $node->safe_psql('postgres', $_[0]); }

# Every node of a plan that was run.
sub nodes
{
	my ($query) = @_;
	my $plan = JSON::PP->new->utf8->decode(sql("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON) $query"))->[0]{Plan};
	my @nodes = ($plan);

	for (my $i = 0; $i < @nodes; $i++)
	{
		push @nodes, @{ $nodes[$i]{Plans} || [] };
	}
	return @nodes;
}

sub on_source { return grep { ($_->{'Relation Name'} || '') eq 'firm' && $_->{'Actual Loops'} > 0 } @_; }

# Rows that came out of scans of the source.
sub rows_read
{
	my $rows = 0;

	$rows += $_->{'Actual Rows'} * $_->{'Actual Loops'} foreach on_source(@_);
	return $rows;
}

sql(q{
	CREATE EXTENSION innovation_score;
	CREATE TABLE firm (firm text, year int, stage text, city text, a float8, b numeric, PRIMARY KEY (firm, year));
	INSERT INTO firm
	SELECT 'F' || i, y, (ARRAY['s', 'l'])[1 + i % 2], 'C' || i % 7, i * 7919::bigint % 100003, CASE WHEN i % 9 > 0 THEN i * 31::bigint % 9973 END
	FROM generate_series(1, 100000) i, generate_series(2023, 2024) y;
	INSERT INTO innovation_score.scheme (scheme) VALUES ('t');
	INSERT INTO innovation_score.category (scheme, category) VALUES ('t', 'c');
	INSERT INTO innovation_score.indicator (scheme, indicator, category, extreme) VALUES ('t', 'a', 'c', NULL), ('t', 'b', 'c', 'iqr(1.5)');
	INSERT INTO innovation_score.stage VALUES ('t', 's'), ('t', 'l');
	INSERT INTO innovation_score.weight VALUES ('t', 's', 'a', 40), ('t', 's', 'b', 60), ('t', 'l', 'a', 70), ('t', 'l', 'b', 30);
	SELECT innovation_score.create_scoreboard('hz', 't', 'firm', 'firm', 'stage', 'year', '{city}');
	SELECT innovation_score.create_scoreboard('flat', 't', 'firm', 'firm || ''/'' || year::text', 'stage', attributes => '{firm}');
	CREATE TABLE live AS SELECT * FROM hz_score;
	CREATE TABLE live_flat AS SELECT * FROM flat_score;
});
$node->safe_psql('postgres', 'VACUUM ANALYZE firm');

# ----- live

my @live = nodes('SELECT * FROM hz_score WHERE year = 2024');
cmp_ok(rows_read(grep { !$_->{'Parallel Aware'} } @live) + rows_read(grep { $_->{'Parallel Aware'} } @live), '<=', 200_000 * 1.001,
	'a year of the live scoreboard is read twice, the other not at all');

# ----- frozen

$node->safe_psql('postgres', q{SELECT innovation_score.freeze_scoreboard('hz'), innovation_score.freeze_scoreboard('flat')});

foreach my $case (
	[ q{SELECT * FROM hz_score WHERE firm = 'F4711' AND year = 2024}, 1 ],
	[ q{SELECT * FROM hz_score WHERE firm = 'F4711'}, 2 ],
	[ q{SELECT score FROM flat_score WHERE firm = 'F4711' AND firm <> ''}, 2 ],
	[ q{SELECT * FROM hz_detail WHERE firm = 'F4711' AND year = 2024}, 1 ],
	[ q{SELECT * FROM hz_score WHERE firm IN ('F1', 'F2', 'F99999')}, 6 ])
{
	my ($query, $rows) = @$case;
	my @nodes = nodes($query);

	is(join(' ', grep { !/^(Index|Bitmap)/ } map { $_->{'Node Type'} } on_source(@nodes)), '', "$query: by index");
	is(rows_read(@nodes), $rows, '... the rows of the firm only');
	cmp_ok($nodes[0]{'Shared Hit Blocks'} + $nodes[0]{'Shared Read Blocks'}, '<', 100, '... from a handful of pages');
	ok(!(grep { $_->{'Node Type'} eq 'Aggregate' } @nodes), '... and nothing is fitted');
}

# ----- the frozen scores are the live ones, of the look-up as of the whole

is( sql(q{SELECT count(*), count(*) FILTER (WHERE l IS DISTINCT FROM s) FROM live l FULL JOIN hz_score s USING (firm, year)}),
	'200000|0', 'frozen scores are the live scores');
is( sql(q{SELECT count(*) FROM (TABLE live_flat EXCEPT ALL TABLE flat_score) d}), 0, 'also without groups');
is( sql(q{SELECT count(*), count(*) FILTER (WHERE l IS DISTINCT FROM s)
		  FROM live l, LATERAL (SELECT * FROM hz_score s WHERE s.firm = l.firm AND s.year = l.year OFFSET 0) s
		  WHERE l.firm LIKE 'F47%'}),
	'2222|0', 'a look-up gives what the whole gives');

$node->stop;
done_testing();
