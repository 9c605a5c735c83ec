# Thirty-two sessions that spend the points of one firm at the same moment: as many succeed as there are points for, whatever
# else they do, and the chain holds.  And entries are restored as they are.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('ledger');
$node->append_conf('postgresql.conf', 'max_connections = 50');
$node->restart;
my $path = 'SET search_path = public, innovation_score; SET client_min_messages = error;';

sub sql { return $node->safe_psql('postgres', "$path $_[0]"); }

sql(q{
	CREATE EXTENSION innovation_score;
	INSERT INTO ledger (ledger, region, unit) VALUES ('east', '上海', 1), ('west', '重庆', 1);
	INSERT INTO ledger_rate VALUES ('east', 'west', '2012-01-01', 2), ('west', 'east', '2012-01-01', 0.5);
	SELECT grant_points('east', 'F', 20, '2012-01-01') FROM generate_series(1, 5);
	SELECT grant_points('west', 'F', 20, '2012-01-01') FROM generate_series(1, 5)});

# All wait for the turn, which this session holds until the last one has come.
sub all_at_once
{
	my @queries = @_;
	my $gate = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres') ], \my $in, \my $out, \my $err);

	$in = "BEGIN; LOCK TABLE _innovation_score.ledger_turn;\nSELECT 'held';\n";
	$gate->pump until $out =~ /held/;
	my @sessions = map {
		my ($stdout, $stderr) = ('', '');
		{ run => IPC::Run::start([ 'psql', '-X', '-q', '-At', '-d', $node->connstr('postgres'), '-c', "$path $_" ], '>', \$stdout, '2>', \$stderr), error => \$stderr }
	} @queries;
	$node->poll_query_until('postgres', q{SELECT count(*) = } . @queries . q{ FROM pg_locks WHERE NOT granted AND relation = '_innovation_score.ledger_turn'::regclass}) or die 'not all wait';
	$in = "COMMIT;\n\\q\n";
	$gate->finish;
	$_->{run}->finish foreach @sessions;
	return map { ${ $_->{error} } } @sessions;
}

my @errors = all_at_once(map { q{SELECT redeem_points('east', 'F', 7, '2012-02-01')} } 1 .. 32);
is(scalar(grep { $_ eq '' } @errors), 14, 'of 32 sessions that take 7 of 100, 14 succeed');
is(scalar(grep { /firm "F" has 2\.00 in ledger "east" on 2012-02-01, not 7/ } @errors), 18, '... and 18 are told what is left');
is(sql(q{SELECT balance FROM ledger_balance WHERE ledger = 'east'}), '2.00', '... which is what there is');

@errors = all_at_once(map { ($_ % 4 == 0 ? q{SELECT transfer_points('west', 'east', 'F', 8, '2012-02-01')} : $_ % 4 == 1 ? q{SELECT transfer_points('east', 'west', 'F', 3, '2012-02-01')}
			: $_ % 4 == 2 ? q{SELECT redeem_points('west', 'F', 5, '2012-02-01')} : q{SELECT reverse_points(11, '2012-02-01')}) } 1 .. 32);
is(scalar(grep { /deadlock/ } @errors), 0, 'transfers both ways, redemptions and reversals wait for each other');
is(scalar(grep { /already been reversed/ } @errors), 7, '... and of eight that reverse one operation seven are refused');
is(sql(q{SELECT string_agg(concat_ws(' ', ledger, difference, balance >= 0), ', ' ORDER BY ledger) FROM ledger_reconciliation}), 'east 0.00 t, west 0.00 t', 'both ledgers add up');
is(sql(q{SELECT count(*) FILTER (WHERE balance < 0) FROM ledger_statement}), 0, 'and were never below 0');
is(sql(q{SELECT count(*) FROM verify_ledger()}), 0, 'the chain holds');

my $dump = $node->basedir . '/ledger.sql';
my $rows = q{SELECT md5(string_agg(e::text, ',' ORDER BY entry)) FROM ledger_entry e};
$node->command_ok([ 'pg_dump', '--column-inserts', '-d', $node->connstr('postgres'), '-f', $dump ], 'dumped');
sql('CREATE DATABASE copy');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('copy'), '-f', $dump ], '... and restored');
is($node->safe_psql('copy', "$path $rows"), sql($rows), '... as they were');
is($node->safe_psql('copy', qq{$path SELECT count(*) FROM verify_ledger()}), 0, '... with their chain');
like($node->safe_psql('copy', qq{$path SELECT grant_points('east', 'F', 1, '2012-02-01')}), qr/^\d+$/, '... to which more is added');

$node->stop;
done_testing();
