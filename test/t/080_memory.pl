# What fit takes of memory: little and the same for any number of rows in a group, what is documented for many groups, and
# nothing afterwards.  Where there is no /proc, only the sizes of states are looked at.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use Time::HiRes qw(sleep);
use lib 'test/perl';
use InnovationScoreTest;

my $indicators = 18;
my $megabyte = 1024 * 1024;

# Growth that is not ours: the heap is in pieces, sorts and hash tables have their own.
my $slack = 3 * $megabyte;

my $node = new_node('memory');
my $has_proc = -r "/proc/$$/status" && slurp("/proc/$$/status") =~ /^RssAnon:/m;

sub sql { return $node->safe_psql('postgres', "SET search_path = public, innovation_score; $_[0]"); }

sql('CREATE EXTENSION innovation_score; CREATE TABLE model (name text, pass int, model score_model)');

# Six indicators of each method; the same values in all of them cost what others would.
my $json = join(', ', map {
	my $extreme = ('percentile(0.01,0.99)', 'iqr(1.5)', 'mad(3)')[ $_ % 3 ];
	qq({"indicator": "i$_", "weights": 1, "extreme": "$extreme"})
} 1 .. $indicators);
sql(qq{INSERT INTO model VALUES ('new', 0, '{"scheme": "s", "indicators": [$json]}')});

# Rows come from a SELECT list: a function in FROM would be stored first.  The values lie close together, so that a pass
# leaves as many candidates for the next one as can be; with 190,000 of them, nearly all that brackets may keep.
sub rows
{
	my ($n) = @_;
	return "(SELECT i, VALUE FROM (SELECT generate_series(1, $n) AS i OFFSET 0) AS g)" =~
		s/VALUE/array_fill(1 + i * 7919::bigint % 1000003 \/ 2000006.0::float8, ARRAY[$indicators]) AS vals/r . ' AS r';
}

# Run a query in a session of its own.  Returns what it gave, the peak growth of the backend's private memory while it ran,
# and how much more its memory contexts hold afterwards than before, and its private memory.
sub measure
{
	my ($query, $settings) = @_;
	my $rehearsal = "SELECT fit_partial((SELECT model FROM model WHERE name = 'new'), VARIADIC vals) IS NULL, " .
		"fit((SELECT model FROM model WHERE name = 'new'), VARIADIC vals) IS NULL FROM " . rows(100) . ' GROUP BY i % 2';
	my $contexts = 'SELECT \'contexts \' || sum(total_bytes) FROM pg_backend_memory_contexts;';
	my ($input, $output, $errors) = ('', '', '');

	# A small one first, for the caches.
	my $script = "SET search_path = public, innovation_score; SET max_parallel_workers_per_gather = 0; SET jit = off;\n" . ($settings || '') .
		"$contexts\n$rehearsal;\n$contexts\n" .
		"SELECT 'pid ' || pg_backend_pid();\n";
	my $session = IPC::Run::start([ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres') ],
		'<', \$input, '>', \$output, '2>', \$errors, my $timer = IPC::Run::timeout(120));

	$input = $script;
	$session->pump until $output =~ /^pid (\d+)\n/m;
	my $pid = $1;
	my $memory = sub {
		return 0 unless $has_proc && -r "/proc/$pid/status";
		return slurp("/proc/$pid/status") =~ /^RssAnon:\s+(\d+) kB/m ? $1 * 1024 : 0;
	};
	my $before = $memory->();
	my $peak = $before;

	$input = "\\echo start\n$query;\n\\echo end\n$contexts\n\\echo finished\n";
	until ($output =~ /^finished\n/m)
	{
		my $now = $memory->();

		$peak = $now if $now > $peak;
		$session->pump_nb;
		sleep(0.01);
	}
	my $after = $memory->();
	$session->finish;

	my ($result) = $output =~ /^start\n(.*)^end\n/ms;
	my @contexts = $output =~ /^contexts (\d+)/mg;
	chomp $result;
	return ($result, $peak - $before, $contexts[-1] - $contexts[1], $after - $before);
}

# ----- one group: every pass over 190,000 and over 2,000,000 rows

my %peak;
foreach my $n (190_000, 2_000_000)
{
	my $pass = 0;
	my $name = "of $n";
	my $fitted = 'f';
	my $largest_contexts = 0;

	$peak{$n} = 0;
	sql("INSERT INTO model SELECT '$name', 0, model FROM model WHERE name = 'new'");
	while ($fitted ne 't' && $pass < 10)
	{
		$pass++;
		my (undef, $grown, $held, $kept) = measure(
			"INSERT INTO model SELECT '$name', $pass, fit((SELECT model FROM model WHERE name = '$name' AND pass = $pass - 1), VARIADIC vals) FROM " . rows($n));
		note(sprintf('%d rows, pass %d: peak %.1f MB more, %.1f MB kept by the process, %d bytes more in contexts', $n, $pass, $grown / $megabyte, $kept / $megabyte, $held));
		$peak{$n} = $grown if $grown > $peak{$n};
		$largest_contexts = $held if $held > $largest_contexts;
		$fitted = sql("SELECT is_fitted(model) FROM model WHERE name = '$name' AND pass = $pass");
	}
	is($fitted, 't', "$n rows x $indicators indicators are fitted in $pass passes");
	cmp_ok($largest_contexts, '<=', $megabyte, '... the memory is given back');
SKIP: {
		skip 'no /proc to see the memory of a process in', 1 unless $has_proc;
		cmp_ok($peak{$n}, '<=', 16 * $megabyte + $slack, sprintf('... each takes at most 16 MB (%.1f)', $peak{$n} / $megabyte));
	}
}
SKIP: {
	skip 'no /proc to see the memory of a process in', 1 unless $has_proc;
	cmp_ok($peak{2_000_000}, '<=', $peak{190_000} + $slack, 'ten times the rows take no more');
}

foreach my $pass (1, 2)
{
	my ($size) = measure("SELECT length(fit_partial((SELECT model FROM model WHERE name = 'of 190000' AND pass = $pass - 1), VARIADIC vals)::text) / 2 FROM " . rows(190_000));
	cmp_ok($size, '<=', 16 * $megabyte, sprintf('the state that pass %d sends has %.1f MB', $pass, $size / $megabyte));
}

# ----- 1,000 groups of 1,000 rows

my $query = "SELECT count(*) FROM (SELECT fit((SELECT model FROM model WHERE name = 'new'), VARIADIC vals) AS m FROM " . rows(1_000_000) . ' GROUP BY i % 1000) AS f WHERE is_fitted(m)';
my $hashed = "SET enable_sort = off; SET enable_hashagg = on; SET work_mem = '1GB';\n";
like(sql("$hashed EXPLAIN (COSTS OFF) $query"), qr/HashAggregate/, '1,000 groups are hashed');
my ($groups, $grown, $held, $kept) = measure($query, $hashed);
is($groups, 1000, '... and fitted');
note(sprintf('1,000 groups of 1,000 rows: peak %.1f MB more, %.1f MB kept by the process, %d bytes more in contexts', $grown / $megabyte, $kept / $megabyte, $held));
cmp_ok($held, '<=', $megabyte, '... and the memory is given back');
SKIP: {
	skip 'no /proc to see the memory of a process in', 2 unless $has_proc;

	# 8 bytes a value, room for up to twice as many; 128 rows wait to be added; a model and the state itself.
	my $documented = 1000 * (8 * $indicators * (2 * 1000 + 128) + 50 * 1024);
	cmp_ok($grown, '<=', $documented, sprintf('... in what is documented, %.0f MB', $documented / $megabyte));
	cmp_ok($grown, '>=', 1000 * 8 * $indicators * 1000, '... and not in less than the values take');
}

$node->stop;
done_testing();
