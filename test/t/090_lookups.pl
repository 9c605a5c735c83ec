# Look-ups on a frozen scoreboard over 200,000 rows: one firm in less than a millisecond, and more connections read more.

use strict;
use warnings;

use IPC::Run;
use JSON::PP;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('lookups');
my $firms = 200_000;
my $seconds = $ENV{INNOVATION_SCORE_PGBENCH_SECONDS} || 2;

# As many of PostgreSQL's processes at a time as there are cores.
sub cores
{
	return (() = slurp('/proc/cpuinfo') =~ /^processor\s*:/mg) if -r '/proc/cpuinfo';
	my $cores = `getconf _NPROCESSORS_ONLN 2>/dev/null`;
	return $cores ? $cores + 0 : 1;
}

sub sql { return $node->safe_psql('postgres', $_[0]); }

sql(qq{
	CREATE EXTENSION innovation_score;
	CREATE TABLE firm (firm int PRIMARY KEY, stage text, a float8, b numeric);
	INSERT INTO firm
	SELECT i, (ARRAY['s', 'l'])[1 + i % 2], i * 7919::bigint % 100003, CASE WHEN i % 9 > 0 THEN i * 31::bigint % 9973 END
	FROM generate_series(1, $firms) i;
	INSERT INTO innovation_score.scheme (scheme) VALUES ('t');
	INSERT INTO innovation_score.category (scheme, category) VALUES ('t', 'c');
	INSERT INTO innovation_score.indicator (scheme, indicator, category, extreme) VALUES ('t', 'a', 'c', 'percentile(0.01,0.99)'), ('t', 'b', 'c', 'iqr(1.5)');
	INSERT INTO innovation_score.stage VALUES ('t', 's'), ('t', 'l');
	INSERT INTO innovation_score.weight VALUES ('t', 's', 'a', 40), ('t', 's', 'b', 60), ('t', 'l', 'a', 70), ('t', 'l', 'b', 30);
	SELECT innovation_score.create_scoreboard('hz', 't', 'firm', 'firm', 'stage');
	SELECT innovation_score.freeze_scoreboard('hz');
});
sql('VACUUM ANALYZE firm');

# ----- one look-up, in a session that has its caches

my @explain = map { "EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM hz_score WHERE firm = " . (1 + $_ * 7919 % $firms) } 1 .. 41;
my @plans = map { JSON::PP->new->decode("[$_]")->[0][0] } split /(?<=^\])\n/m, sql(join(";\n", @explain));
my @times = sort { $a <=> $b } map { $_->{'Execution Time'} } @plans;
my @planning = sort { $a <=> $b } map { $_->{'Planning Time'} } @plans;
is(scalar(@times), 41, 'look-ups were explained');
cmp_ok($times[20], '<', 1, 'the median look-up takes less than a millisecond in the server');
note(sprintf('execution: median %.3f ms, from %.3f to %.3f; planning: median %.3f ms', $times[20], $times[0], $times[-1], $planning[20]));

# ----- many

# A script of pgbench that looks firms up in this relation.
sub script
{
	my ($relation) = @_;
	my $script = $node->basedir . "/$relation.sql";

	open my $file, '>', $script or die "could not create $script: $!";
	print $file "\\set firm random(1, $firms)\nSELECT * FROM $relation WHERE firm = :firm;\n";
	close $file;
	return $script;
}

# Transactions a second.
sub throughput
{
	my ($script, $connections, $threads, $mode) = @_;
	my @command = ('pgbench', '-n', '-M', $mode, '-c', $connections, '-j', $threads, '-T', $seconds, '-f', $script,
		'-h', $node->host, '-p', $node->port, 'postgres');
	my ($output, $errors) = ('', '');

	IPC::Run::run(\@command, '>', \$output, '2>', \$errors) or diag($errors);
	my ($tps) = $output =~ /^tps = ([\d.]+)/m;
	note(sprintf('pgbench -M %s -c %d -j %d: %.0f a second', $mode, $connections, $threads, $tps || 0));
	return $tps || 0;
}

SKIP: {
	skip 'pgbench is missing', 4 unless IPC::Run::run([ 'pgbench', '--version' ], '>', \my $ignored, '2>', \my $none);

	my ($scores, $source) = (script('hz_score'), script('firm'));

	# However busy the machine is: look-ups wait for each other no more than those of the source do.
	foreach my $mode (qw(simple prepared))
	{
		my ($one, $gain, $possible);

		# A machine that does something else in between is asked again.
		foreach (1 .. 4)
		{
			$one = throughput($scores, 1, 1, $mode);
			$gain = throughput($scores, 10, 2, $mode) / ($one || 1);
			$possible = throughput($source, 10, 2, $mode) / (throughput($source, 1, 1, $mode) || 1);
			last if $one > 0 && $gain >= 0.7 * $possible;
		}
		cmp_ok($one, '>', 0, "$mode queries: look-ups run");
		SKIP: {
			skip 'there is one core only', 1 if cores() < 2;
			cmp_ok($gain, '>=', 0.7 * $possible,
				sprintf('... ten connections do %.1f times as many as one, and %.1f times in the source', $gain, $possible));
		}
	}
}

$node->stop;
done_testing();
