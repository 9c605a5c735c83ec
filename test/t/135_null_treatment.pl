# PostgreSQL 19 lets callers of window functions ask for IGNORE NULLS: ours refuse it, as the server's own do that do
# not know what it would mean.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('null_treatment');

plan skip_all => 'this server has no IGNORE NULLS' if $node->safe_psql('postgres', 'SHOW server_version_num') < 190000;

$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');

# Calls with a NULL for each argument.
my @calls = split /\n/, $node->safe_psql('postgres', q{
	SELECT format('SELECT %s(%s) IGNORE NULLS OVER () FROM generate_series(1, 3)', p.oid::regproc,
				  (SELECT string_agg(format('NULL::%s', format_type(t, NULL)), ', ' ORDER BY n)
				   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(t, n)))
	FROM pg_proc p
	WHERE p.prokind = 'w' AND p.pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace)
	ORDER BY p.oid::regprocedure::text});

cmp_ok(scalar @calls, '>=', 4, 'window functions found');
foreach my $call (@calls)
{
	my ($status, $output, $error) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$call");

	like($error, qr/ERROR:\s+0A000\b/, $call);
}

$node->stop;
done_testing();
