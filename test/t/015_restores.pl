# Ways of pg_dump, pg_restore and pgcopydb: each gives the same contents.  010_dump_restore.pl has the usual ones with every
# table filled; here are the others, with less.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('restores');
my $dir = $node->basedir;

$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

sub sql
{
	my ($database, $query) = @_;
	return $node->safe_psql($database, "SET client_min_messages = error; $query");
}

sub runs
{
	my ($name, @command) = @_;
	my $output = '';

	ok(IPC::Run::run(\@command, '>', \$output, '2>&1'), $name) or diag($output);
	return $output;
}

# ----- what is restored: scoreboards of an owner who is no superuser, a changed scheme, publications

sql('postgres', 'CREATE ROLE keeper; CREATE ROLE other; CREATE ROLE reader; CREATE DATABASE town');
sql('town', q{
	CREATE EXTENSION innovation_score;
	CREATE SCHEMA dash AUTHORIZATION keeper;
	SET search_path = public, innovation_score;
	CREATE TABLE dash.firm AS SELECT 'F' || i AS firm, 2023 + i % 2 AS year, CASE i % 3 WHEN 0 THEN '宁波' ELSE '杭州' END AS city, exp(sin(i) * 5) AS a, cos(i) * 100 AS b
	FROM generate_series(1, 60) i;
	ALTER TABLE dash.firm OWNER TO keeper;
	INSERT INTO scheme (scheme, title) VALUES ('s', '体系');
	INSERT INTO category (scheme, category) VALUES ('s', 'x'), ('s', 'y');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('s', 'a', 'x', 'percentile(0.05,0.95)'), ('s', 'b', 'y', 'iqr(1.5)');
	INSERT INTO weight VALUES ('s', 'all', 'a', 40), ('s', 'all', 'b', 60);
	UPDATE weight SET weight = weight + 1 WHERE scheme = 'financing';
	SELECT derive_scheme('t', 's', 'T');
	SELECT set_tiers(scheme => 's', method => 'score', tiers => '{甲,乙}', cuts => '[60]');
	SET ROLE keeper;
	SELECT create_scoreboard('dash.live', 's', 'dash.firm', 'firm', period => 'year', peers => '{city}', attributes => '{city}');
	SELECT create_scoreboard('dash.ice', 's', 'dash.firm', 'firm', period => 'year', attributes => '{city}');
	SELECT set_whitelist_rule('dash.ice', top_n => 10, reserve_n => 3);
	SELECT set_tiers('dash.ice', 'quota', '{A,B}', '[5]');
	SELECT freeze_scoreboard('dash.ice');
	INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('dash.live', 'F5', 'x'), ('dash.ice', 'F7', 'y');
	SELECT record_whitelist_batch('dash.ice', '2023');
	SELECT store_ranking('dash.ice', 'dash.stored');
	SELECT grant_scoreboard('dash.live', 'reader', 'reader');
	SELECT publish('dash.ice', '2023', '首批');
	SELECT file_objection(1, 'F2', 'a', 40, '年报');
	SELECT accept_objection(1, '属实');
	SELECT start_public_notice(1, current_date + 1, current_date + 8);
	SELECT publish('dash.live', '2024', NULL)});

# Every table that is dumped as its view shows it, every view, and what an owner and a reader see.
my @shown = split /\n/, sql('town', q{
	SELECT COALESCE(v.oid, c.oid)::regclass FROM pg_extension e CROSS JOIN unnest(e.extconfig) t(oid) JOIN pg_class c ON c.oid = t.oid
	LEFT JOIN pg_class v ON v.relname = c.relname AND v.relnamespace = 'innovation_score'::regnamespace WHERE e.extname = 'innovation_score'
	UNION ALL SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'dash'::regnamespace AND c.relkind IN ('r', 'v') ORDER BY 1});

sub contents
{
	my ($database) = @_;
	my ($out, $err) = ('', '');

	$node->psql($database, join('', map { qq{SELECT '$_', count(*), md5(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE "C")) FROM $_ r;\n} } @shown)
		  . q{SELECT 'verified', count(*), bool_and(v.ok) FROM innovation_score.publication p CROSS JOIN LATERAL innovation_score.verify_publication(p.publication) v;
			  SELECT 'origin', string_agg(scheme || origin, ' ' ORDER BY scheme COLLATE "C") FROM innovation_score.scheme;
			  SELECT 'aside', count(*) FROM _innovation_score.restored;}, stdout => \$out, stderr => \$err, on_error_stop => 0);
	return "$out$err";
}

my $owned = q{SET ROLE keeper; SELECT string_agg(scoreboard, ' ' ORDER BY scoreboard) FROM innovation_score.scoreboard; SET ROLE other; SELECT count(*) FROM innovation_score.scoreboard;
	SET ROLE reader; SELECT count(score) FROM dash.live_score};
my $before = contents('town');
my $owned_before = sql('town', $owned);

like($before, qr/^verified\|[0-9]+\|t$/m, 'there are sound publications');
like($owned_before, qr/^dash\.ice dash\.live\n0\n60$/, '... and scoreboards of an owner');

sub created
{
	my ($database, $options) = @_;
	sql('postgres', 'CREATE DATABASE ' . $database . ' TEMPLATE template0' . ($options // ''));
}

# Lines of one side only.
sub differences
{
	my ($expected, $found) = map { { map { $_ => 1 } split /\n/ } } @_;
	return join "\n", (map { "-$_" } grep { !$found->{$_} } sort keys %$expected), map { "+$_" } grep { !$expected->{$_} } sort keys %$found;
}

sub same
{
	my ($database, $owners) = @_;

	is(differences($before, contents($database)), '', "$database: the same contents");
	is(sql($database, $owned), $owned_before, '... and owners') unless $owners;
	sql('postgres', "DROP DATABASE $database");
}

# Without triggers nothing makes room for a shipped scheme that has been changed.
sub make_room
{
	my ($database) = @_;
	sql($database, q{DELETE FROM innovation_score.scheme WHERE scheme = 'financing'});
}

my $custom = "$dir/custom.dump";
runs('dumped', 'pg_dump', '-Fc', '-f', $custom, 'town');

created('sections');
runs("section $_", 'pg_restore', '-e', "--section=$_", '-d', 'sections', $custom) foreach qw(pre-data data post-data);
same('sections');

foreach my $way ([ 'data_only' ], [ 'disable_triggers', '--disable-triggers' ])
{
	my ($database, @options) = @$way;

	created($database);
	runs('the definitions', 'pg_restore', '-e', '-s', '-d', $database, $custom);
	make_room($database) if @options;
	runs("the data @options", 'pg_restore', '-e', '-a', @options, '-d', $database, $custom);
	same($database);
}

foreach my $way ([ 'plain_data', '--inserts' ], [ 'plain_disable_triggers', '--disable-triggers' ], [ 'plain_row_security', '--enable-row-security' ])
{
	my ($database, @options) = @$way;

	created($database);
	runs('the definitions', 'pg_restore', '-e', '-s', '-d', $database, $custom);
	make_room($database) if $options[0] =~ /triggers/;
	runs("the data dumped as a script, @options", 'pg_dump', '-a', @options, '-f', "$dir/data.sql", 'town');
	runs('... and restored', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', "$dir/data.sql");
	same($database);
}

foreach my $way ([ 'inserts', '--inserts', '--enable-row-security' ])
{
	my ($database, @options) = @$way;

	runs("dumped with @options", 'pg_dump', @options, '-f', "$dir/$database.sql", 'town');
	created($database);
	runs('... and restored', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $database, '-f', "$dir/$database.sql");
	same($database);
}

created('jobs');
runs('dumped by four', 'pg_dump', '-Fd', '-j4', '-f', "$dir/jobs", 'town');
runs('... and restored by four', 'pg_restore', '-e', '-j4', '-d', 'jobs', "$dir/jobs");
same('jobs');

created('no_owner');
runs('restored with --no-owner', 'pg_restore', '-e', '--no-owner', '--enable-row-security', '-d', 'no_owner', $custom);
is(sql('no_owner', q{SET ROLE keeper; SELECT count(*) FROM innovation_score.scoreboard; RESET ROLE; SELECT string_agg(scoreboard, ' ' ORDER BY scoreboard) FROM innovation_score.scoreboard}),
	"0\ndash.ice dash.live", 'what is restored without owners is the one\'s who restores');
same('no_owner', 'other owners');

created('extension_there', ' OWNER other');
sql('extension_there', 'SET ROLE other; CREATE EXTENSION innovation_score');
runs('restored where somebody else has the extension', 'pg_restore', '-e', '-d', 'extension_there', $custom);
same('extension_there');

created('cleaned');
runs('restored', 'pg_restore', '-e', '-d', 'cleaned', $custom);
# PostgreSQL drops no primary key that a partition has from its table, which pg_restore tries before it drops the table.
my $again = '';
IPC::Run::run([ 'pg_restore', '-c', '--if-exists', '-d', 'cleaned', $custom ], '>', \$again, '2>&1');
is(join("\n", grep { /error: / && !/cannot drop inherited constraint "stored_\d+_pkey"/ } split /\n/, $again), '', '... and again with -c');
same('cleaned');

created('schema_only');
sql('schema_only', 'CREATE EXTENSION innovation_score; CREATE SCHEMA dash AUTHORIZATION keeper');
runs('one schema, without the extension', 'pg_restore', '-e', '-n', 'dash', '-d', 'schema_only', $custom);
is(sql('schema_only', 'SELECT count(*) > 0 FROM dash.live_input; SELECT count(*) FROM innovation_score.scoreboard'),
	"t\n0", 'the views of one schema are there, and nothing is known of the scoreboards');
like(($node->psql('schema_only', 'SELECT count(score) FROM dash.live_score'))[2],
	qr/the model of scoreboard dash\.live is not known/, '... which scores say');
sql('postgres', 'DROP DATABASE schema_only');

created('with_extension');
runs('one schema and the extension', 'pg_dump', '-Fc', '-n', 'dash', '-e', 'innovation_score', '-f', "$dir/part.dump", 'town');
runs('... restored', 'pg_restore', '-e', '-d', 'with_extension', "$dir/part.dump");
same('with_extension');

# ----- pgcopydb

SKIP:
{
	# it ends its process group when it fails
	skip 'pgcopydb is missing', 8 unless grep { -x "$_/pgcopydb" } split /:/, $ENV{PATH};

	sql('postgres', 'CREATE DATABASE fresh');
	sql('fresh', 'CREATE EXTENSION innovation_score');
	# scoreboards without publications, and all of it
	sql('postgres', 'CREATE DATABASE boards TEMPLATE town');
	sql('boards', 'SET session_replication_role = replica; TRUNCATE innovation_score.publication_log, _innovation_score.publication_secret, '
		  . 'innovation_score.publication CASCADE');
	# its name is what it is known by
	delete local $ENV{PGAPPNAME};
	foreach my $source ('fresh', 'boards', 'town')
	{
		my $target = "copy_of_$source";
		# its own copies are of other databases
		my @shown_then = @shown;

		created($target);
		runs("pgcopydb clones $source", 'setsid', '-w', 'pgcopydb', 'clone', '--dir', "$dir/$target", '--source', $node->connstr($source), '--target', $node->connstr($target));
		@shown = grep { !/^dash\./ } @shown if $source eq 'fresh';
		is(differences(contents($source), contents($target)), '', '... with the same contents');
		is(sql($target, $owned), $owned_before, '... and owners') if $source ne 'fresh';
		@shown = @shown_then;
	}
}

$node->stop;
done_testing();
