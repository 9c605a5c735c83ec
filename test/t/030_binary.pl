# The binary forms of score_model, fit_state and rank_state: round trips through COPY (FORMAT binary) lose nothing, and bytes that
# are changed or cut are refused, or read as another valid value, and never harm the server.

use strict;
use warnings;

use File::Temp qw(tempdir);
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('binary');
my $directory = tempdir(CLEANUP => 1);

sub sql { return $node->safe_psql('postgres', "SET search_path = innovation_score, public; $_[0]"); }

# Small models of every kind, and states of every kind of sample; the large ones hold tails, buckets and brackets.
$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');
sql(q{
	CREATE TABLE public.value AS
	SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE exp(sin(i) * 20) * (i % 2 * 2 - 1) END AS x FROM generate_series(1, 90000) i;
	CREATE TABLE public.model AS SELECT 1 AS i, '{"scheme": "b", "missing": "null", "min_coverage": 0.5, "full_marks": 1000, "stages": ["初创期", "b"],
		"categories": [{"category": "c"}, {"category": "d", "role": "bonus", "max_points": 3}, {"category": "e", "role": "penalty"}],
		"indicators": [{"indicator": "none", "category": "c", "weights": 1},
			{"indicator": "percentile", "category": "c", "weights": 2, "extreme": "percentile(0.01,0.99)", "transform": "log"},
			{"indicator": "iqr", "category": "c", "weights": 2, "extreme": "iqr(1.5)", "direction": "cost"},
			{"indicator": "sigma", "category": "d", "weights": 2, "extreme": "sigma(3)", "direction": "target(5)"},
			{"indicator": "mad", "category": "e", "weights": {"b": 2}, "extreme": "mad(3)", "direction": "interval(5,6)", "transform": "sqrt"},
			{"indicator": "fixed", "category": "e", "weights": 2, "extreme": "fixed(-1,1)"},
			{"indicator": "jrc", "category": "c", "weights": 1, "extreme": "jrc", "adjust": "compress(2)", "missing": "mean"},
			{"indicator": "median", "category": "c", "weights": 1, "adjust": "compress(0.5)", "missing": "median"}]}'::score_model AS model;
	INSERT INTO public.model VALUES (5, '{"scheme": "t", "aggregation": "generalized(-0.5)", "floor": 0.1, "stages": ["a", "b"],
		"categories": [{"category": "x", "parent": "y", "aggregation": "geometric", "min_coverage": 0.5}, {"category": "y", "weights": {"b": 0.1}},
			{"category": "p", "role": "penalty"}, {"category": "z", "aggregation": "arithmetic", "weights": 40}, {"category": "q", "parent": "p"}],
		"indicators": [{"indicator": "i", "category": "x", "weights": 1}, {"indicator": "j", "category": "z", "weights": 2},
			{"indicator": "k", "category": "q", "weights": 3}, {"indicator": "l", "category": "y", "weights": 1},
			{"indicator": "m", "category": "q", "weights": 3}, {"indicator": "n", "category": "x", "weights": 1}]}');
	INSERT INTO public.model SELECT 2, fit(model, x, x, x, x, x, x, x, x) FROM public.model m, public.value WHERE public.value.i <= 1000 AND m.i = 1 GROUP BY model::text;
	INSERT INTO public.model SELECT 3, fit(model, x, x, x, x, x, x, x, x) FROM public.model, public.value WHERE public.model.i = 1 GROUP BY model::text;
	INSERT INTO public.model SELECT 4, fit(m.model, x, x, x, x, x, x, x, x) FROM public.model m, public.value WHERE m.i = 3 GROUP BY m.model::text;
	CREATE TABLE public.state AS SELECT m.i, fit_partial(model, x, x, x, x, x, x, x, x) AS state FROM public.model m, public.value WHERE m.i IN (1, 3, 4) GROUP BY m.i;
	INSERT INTO public.state SELECT 10, fit_partial(model, x, x, x, x, x, x, x, x) FROM public.model m, public.value v WHERE m.i = 1 AND v.i <= 30;
	INSERT INTO public.state SELECT 11, fit_partial(model, x, x, x, x, x, x) FROM public.model m, public.value v WHERE m.i = 5 AND v.i <= 5;
});
is(sql('SELECT count(*) FILTER (WHERE is_fitted(model)), count(*) FROM public.model'), '1|5', 'models: unfitted, fitted and on the way');

sub copy
{
	my ($command) = @_;
	return $node->psql('postgres', "SET search_path = innovation_score, public;\n\\copy $command");
}

sql(q{
	CREATE TABLE public.ranks AS
	SELECT i, rank_partial(x, f) AS state
	FROM (VALUES (1, 1.5::float8, 'a'), (1, 'NaN', '企业'), (1, -0.0, ''), (1, 1.5, 'a'), (2, NULL, 'a'), (3, 1, 'b')) AS v(i, x, f) GROUP BY i;
});

foreach my $case (['model', 'score_model', 'model', 5], ['state', 'fit_state', 'state', 5], ['ranks', 'rank_state', 'state', 3])
{
	my ($table, $type, $column, $count) = @$case;
	my $file = "$directory/$table.bin";

	copy("$table TO '$file' (FORMAT binary)");
	sql("CREATE TABLE public.${table}_back (LIKE public.$table)");
	copy("${table}_back FROM '$file' (FORMAT binary)");
	is(sql("SELECT count(*), count(*) FILTER (WHERE a.$column\::text = b.$column\::text)
			FROM public.$table a JOIN public.${table}_back b USING (i)"),
	   "$count|$count", "$type survives COPY in binary");
}

# Damage: cut anywhere, and flip, replace, insert and remove bytes; a fixed sequence, so that a failure can be repeated.
my $seed = 20241122;

sub random_below
{
	my ($n) = @_;

	$seed = ($seed * 1103515245 + 12345) % 2147483648;
	return int($seed / 2147483648 * $n);
}

sub damage
{
	my ($bytes) = @_;
	my $at = random_below(length $bytes);
	my $how = random_below(6);

	return substr($bytes, 0, $at) if $how == 0;
	return substr($bytes, 0, $at) . chr(random_below(256)) . substr($bytes, $at) if $how == 1;
	return substr($bytes, 0, $at) . substr($bytes, $at + 1) if $how == 2;
	substr($bytes, $at, 1) = chr(random_below(256));
	substr($bytes, $at, 1) = chr(ord(substr($bytes, $at, 1)) ^ (1 << random_below(8))) if $how == 3;
	substr($bytes, random_below(length $bytes), 1) = chr(random_below(256)) if $how == 4;
	return $bytes;
}

# A state begins with a version and the CRC-32C of what follows, which would catch nearly all damage before it is read.
my @crc = map { my $c = $_; $c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for 1 .. 8; $c } 0 .. 255;

sub seal
{
	my ($bytes) = @_;
	return $bytes if length $bytes < 5;
	my $sum = 0xFFFFFFFF;
	$sum = ($sum >> 8) ^ $crc[ ($sum ^ $_) & 0xFF ] foreach unpack 'C*', substr($bytes, 5);
	return pack('C N', 1, $sum ^ 0xFFFFFFFF) . substr($bytes, 5);
}

# What a damaged state or model that is accepted is good for: using it must not harm the server either.
sql(q{
	CREATE FUNCTION public.try(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		state fit_state;
		m score_model;
	BEGIN
		state := ('\x' || encode(bytes, 'hex'))::fit_state;
		m := fit_model(state);
		PERFORM m::text::score_model, state::text, score(CASE WHEN is_fitted(m) THEN m END, 'b', 1, 2, 3, 4, 5, 6);
		PERFORM fit_model(fit_merge(s)) FROM (VALUES (state), (state)) AS v(s);
		RETURN 'accepted';
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE;
	END $$;
	CREATE FUNCTION public.try_model(document text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		m score_model;
	BEGIN
		m := document::score_model;
		PERFORM m::text::score_model = m, score(CASE WHEN is_fitted(m) THEN m END, 'b', 1, 2, 3, 4, 5, 6);
		RETURN 'accepted';
	EXCEPTION WHEN OTHERS THEN
		RETURN SQLSTATE;
	END $$;
});
my @small = map { pack('H*', substr(sql("SELECT state::text FROM public.state WHERE i = $_"), 2)) } 10, 11;
is(seal($_), $_, 'a sound state is sealed as the server seals it') foreach @small;
my %outcome;
my $trials = 6000;
my $script = "SET search_path = innovation_score, public;\n";

for (1 .. $trials)
{
	my $bytes = damage($small[ $_ % 2 ]);
	$script .= sprintf("SELECT public.try('\\x%s');\n", unpack('H*', $_ % 8 < 6 ? seal($bytes) : $bytes));
}
$outcome{$_}++ foreach split /\n/, $node->safe_psql('postgres', $script);
my $total = 0;
$total += $_ foreach values %outcome;
is($total, $trials, 'every damaged state has an outcome');
cmp_ok($outcome{'08P01'} // 0, '>', $trials / 10, 'truncated states are refused');
cmp_ok($outcome{'22P03'} // 0, '>', $trials / 10, 'inconsistent states are refused');
is(join(' ', sort grep { !/^(accepted|08P01|0A000|22P03|22021|22023|22003|55000)$/ } keys %outcome), '', 'nothing ends in another error');
note(join ', ', map { "$_: $outcome{$_}" } sort keys %outcome);

# JSON text, in the same way
%outcome = ();
$script = "SET search_path = innovation_score, public;\n";
my @documents = split /\n/, sql('SELECT model::text FROM public.model ORDER BY i');
for my $i (1 .. $trials)
{
	my $document = damage($documents[ $i % @documents ]);

	$document =~ s/[\x00\x80-\xff]/?/g;
	$document =~ s/'/''/g;
	$script .= "SELECT public.try_model('$document');\n";
}
$outcome{$_}++ foreach split /\n/, $node->safe_psql('postgres', $script);
$total = 0;
$total += $_ foreach values %outcome;
is($total, $trials, 'every damaged document has an outcome');
cmp_ok($outcome{'22P02'} // 0, '>', $trials / 10, 'what is no JSON is refused');
cmp_ok($outcome{'22023'} // 0, '>', $trials / 20, 'what is no model is refused');
is(join(' ', sort grep { !/^(accepted|22P02|22023|22003|22P05|54001)$/ } keys %outcome), '', 'nothing ends in another error');
note(join ', ', map { "$_: $outcome{$_}" } sort keys %outcome);

is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is well');
unlike(slurp($node->logfile), qr/terminated by signal|TRAP/, 'and none of its processes has died');

$node->stop;
done_testing();
