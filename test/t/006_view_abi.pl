# The view ABI: what generated views use of the extension.  Views are kept across upgrades, so that nothing of it may go or
# change within a major version.  sql/view_abi.txt lists it.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('view_abi');

# Every view is looked at when it is made, since it may be replaced later.
$node->safe_psql('postgres', q{
	CREATE EXTENSION innovation_score;
	CREATE TABLE used (object text PRIMARY KEY, view text);
	CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
	BEGIN
		INSERT INTO public.used
		SELECT DISTINCT ON (1) o.type || ' ' || o.identity, c.object_identity
		FROM pg_event_trigger_ddl_commands() c
		JOIN pg_rewrite r ON c.classid = 'pg_class'::regclass AND r.ev_class = c.objid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
		CROSS JOIN LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) o
		WHERE o.identity ~ '^_?innovation_score\.'
		ON CONFLICT DO NOTHING;
	END $$;
	CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION note()});
my ($out, $err);
ok( IPC::Run::run(
		[ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', 'SET client_min_messages = warning; SET jit = off',
			'-f', 'test/data/scoreboards.sql', '-f', 'test/data/views.sql' ],
		'>', \$out, '2>', \$err),
	'every kind of view is made') or diag($err);
is($node->safe_psql('postgres', q{SELECT v.kind FROM _innovation_score.scoreboard_view v
	WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relkind = 'v' AND c.relname LIKE '%\_' || v.kind)}), '', '... for every kind that there is');

my %used = map { split /\t/ } split /\n/, $node->safe_psql('postgres', 'COPY used TO STDOUT');
my %listed = map { $_ => 1 } grep { !/^(?:#|\s*$)/ } split /\n/, slurp('sql/view_abi.txt');

is(join("\n", map { "$_ (view $used{$_})" } grep { !$listed{$_} } sort keys %used), '', 'sql/view_abi.txt lists all that generated views use');
is(join("\n", grep { !$used{$_} } sort keys %listed), '', '... and nothing else');

$node->stop;
done_testing();
