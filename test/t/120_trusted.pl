# Installation by and among people who are not trusted: objects planted beforehand are neither adopted nor executed, and
# the owner of a database installs, uses, dumps and restores the extension without becoming more than that.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('trusted');

# What a user gets from a script, errors with their SQLSTATE included.
sub as
{
	my ($user, $database, $script) = @_;
	my ($out, $err) = ('', '');

	# A file, since one -c would be one transaction.
	my $file = $node->basedir . '/as.sql';
	open my $handle, '>:encoding(UTF-8)', $file or die "could not create $file: $!";
	print $handle "\\set VERBOSITY verbose\n$script;\n";
	close $handle;
	IPC::Run::run([ 'psql', '-XqAt', '-U', $user, '-d', $node->connstr($database), '-f', $file ], '>', \$out, '2>', \$err);
	(my $text = $out . $err) =~ s/^psql:[^:]*:\d+: //mg;
	$text =~ s/^LOCATION:.*\n//mg;
	chomp $text;
	return $text;
}

my $super = $node->safe_psql('postgres', 'SELECT current_user');

sub super { return as($super, @_); }

# ----- planted beforehand

# Whatever runs with more rights than those who planted it leaves a warning.
my $canary = q{
	CREATE SCHEMA nest;
	GRANT USAGE ON SCHEMA nest TO PUBLIC;
	CREATE FUNCTION nest.sing() RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		IF (SELECT pg_catalog.bool_or(r.rolsuper) FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user) THEN
			RAISE WARNING 'CANARY %', current_user;
		END IF;
		RETURN true;
	END $$;
	CREATE FUNCTION nest.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT nest.sing() AND $1 OPERATOR(pg_catalog.=) $2';
	CREATE FUNCTION nest.join(text, text) RETURNS text LANGUAGE sql AS 'SELECT pg_catalog.concat($1, $2, CASE WHEN NOT nest.sing() THEN ''x'' END)';
	CREATE FUNCTION nest.join(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT nest.join($1, $2)';
	CREATE FUNCTION nest.sing(text) RETURNS boolean LANGUAGE sql AS 'SELECT nest.sing()';
};
my %plant = (
	'an operator' => 'CREATE OPERATOR %1$s.= (LEFTARG = text, RIGHTARG = text, FUNCTION = nest.same)',
	'an operator without right operand type of ours' => 'CREATE OPERATOR %1$s.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = nest.join)',
	'a function that fits better' => q{CREATE FUNCTION %1$s.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT nest.join($1, $2)'},
	'a function of a name of ours' => q{CREATE FUNCTION %1$s.dump_table(text, numeric, text, text DEFAULT '') RETURNS void LANGUAGE sql AS 'SELECT nest.sing()'},
	'a function that is called if it is there' => q{CREATE FUNCTION %1$s.publication_users(codes text[]) RETURNS TABLE (scheme text, name text) LANGUAGE sql AS 'SELECT 1::text, 2::text WHERE nest.sing()'},
	'a table of ours' => 'CREATE TABLE %1$s.scheme (scheme text PRIMARY KEY CHECK (nest.sing(scheme)), origin text)',
	'a view in the place of a catalog' => 'CREATE VIEW %1$s.pg_trigger AS SELECT t.* FROM pg_catalog.pg_trigger t WHERE nest.sing()',
	'a domain in the place of a type' => 'CREATE DOMAIN %1$s.text AS pg_catalog.text CHECK (nest.sing())',
	'a type of a name of ours' => q{CREATE TYPE %1$s.score_model AS ENUM ('x')},
	'a type of ours with a cast' => 'CREATE TYPE %1$s.indicator_bounds AS (lower float8); CREATE FUNCTION nest.cast(%1$s.indicator_bounds) RETURNS text LANGUAGE sql AS \'SELECT nest.sing()::text\'; CREATE CAST (%1$s.indicator_bounds AS text) WITH FUNCTION nest.cast(%1$s.indicator_bounds) AS IMPLICIT',
	'an aggregate' => 'CREATE AGGREGATE %1$s.string_agg(text, text) (SFUNC = nest.join, STYPE = text)',
	'a sequence' => 'CREATE SEQUENCE %1$s.scheme_seq',
);

super('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE bob LOGIN; CREATE ROLE eve LOGIN; CREATE DATABASE shared; GRANT CREATE ON DATABASE shared TO mallory');
super('shared', 'GRANT CREATE ON SCHEMA public TO mallory');
is(as('mallory', 'shared', $canary), '', 'somebody has a canary');
foreach my $schema ('innovation_score', '_innovation_score')
{
	# The empty schema is no harm by itself, but whoever owns it could plant something at any time.
	foreach my $what ('nothing', sort keys %plant)
	{
		my $planted = "CREATE SCHEMA $schema; " . sprintf($plant{$what} // '', $schema);

		is(as('mallory', 'shared', $planted), '', "$what is planted in schema $schema");
		my $output = super('shared', 'CREATE EXTENSION innovation_score');
		like($output, qr/\AERROR:  42P06: schema "$schema" already exists/, '... and the superuser installs nothing');
		unlike($output, qr/CANARY/, '... and runs nothing');
		is(super('shared', q{SELECT count(*) FROM pg_extension WHERE extname = 'innovation_score'}), '0', '... and adopts nothing');
		like(as('mallory', 'shared', 'CREATE EXTENSION innovation_score'), qr/42P06: schema "$schema" already exists/,
			'... nor does who planted it');
		as('mallory', 'shared', "DROP SCHEMA $schema CASCADE; DROP FUNCTION IF EXISTS nest.cast");
	}
}

# In public, and first in everybody's path, everything may lie around.
foreach my $what (sort keys %plant)
{
	is(as('mallory', 'shared', sprintf($plant{$what}, 'public')), '', "$what is planted in public");
}
super('postgres', 'ALTER DATABASE shared SET search_path = public, pg_catalog, innovation_score');
my $output = super('shared', q{
	SET client_min_messages = warning;
	CREATE EXTENSION innovation_score;
	SELECT count(*) FROM innovation_score.scheme;
	SELECT innovation_score.derive_scheme('mine', 'national-2024', 'x');
	SELECT count(*) FROM innovation_score.scheme_problems('mine');
	SELECT innovation_score.scheme_export('mine') IS NOT NULL});
unlike($output, qr/CANARY|ERROR/, 'what lies in public is not run by the superuser who installs and uses the extension');
foreach my $schema ('innovation_score', '_innovation_score')
{
	is(super('shared', qq{SELECT nspowner::regrole = current_user::regrole FROM pg_namespace WHERE nspname = '$schema'}), 't', "schema $schema is the superuser's");
	like(as('mallory', 'shared', sprintf($plant{'an operator'}, $schema)), qr/42501/, '... and nobody else plants anything there');
}

# What lies in the temporary schema comes last, whatever its names.
$output = super('shared', q{
	SET search_path = pg_temp, innovation_score;
	SET client_min_messages = warning;
	CREATE TEMP TABLE scheme (scheme text, origin text);
	CREATE TEMP TABLE indicator (scheme text);
	CREATE TEMP TABLE scoreboard (scoreboard text);
	CREATE DOMAIN pg_temp.float8 AS pg_catalog.float8 CHECK (nest.sing());
	CREATE TEMP VIEW pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE nest.sing();
	SELECT innovation_score.derive_scheme('mine2', 'national-2024', 'x');
	SELECT count(*) FROM innovation_score.model_indicators(innovation_score.scheme_model('mine2'));
	SELECT innovation_score.growth_rate(3, 2)});
is($output, "\n18\n0.5", 'temporary objects shadow nothing');

# ----- a database owner installs

super('postgres', 'CREATE DATABASE town OWNER bob');
like(as('eve', 'town', 'CREATE EXTENSION innovation_score'), qr/42501/, 'who may create nothing in the database installs nothing');

# Nothing slips in while the script runs.
my ($in, $out, $err) = ("BEGIN;\nCREATE EXTENSION innovation_score;\n\\echo installed\n", '', '');
my $session = IPC::Run::start([ 'psql', '-XqAt', '-U', 'bob', '-d', $node->connstr('town') ], '<', \$in, '>', \$out, '2>', \$err, IPC::Run::timeout(120));
$session->pump until $out =~ /installed/ || $err =~ /ERROR/;
foreach my $schema ('innovation_score', '_innovation_score')
{
	like(as('bob', 'town', "SET lock_timeout = '200ms'; CREATE SCHEMA $schema"), qr/55P03/, "nobody creates schema $schema while the script runs");
	like(as('bob', 'town', "CREATE FUNCTION $schema.format(text, text) RETURNS text LANGUAGE sql AS 'SELECT \$1'"), qr/3F000/, '... nor anything in it');
}
$in .= "ROLLBACK;\n\\q\n";
$session->finish;

is(as('bob', 'town', 'SET client_min_messages = warning; CREATE EXTENSION innovation_score'), '', 'the owner of a database installs');

# Whose are the extension, the schemas, and the tables in them?
my $owners = q{
	SELECT (SELECT extowner::regrole FROM pg_extension WHERE extname = 'innovation_score'),
		   (SELECT string_agg(DISTINCT nspowner::regrole::text, ' ') FROM pg_namespace WHERE nspname IN ('innovation_score', '_innovation_score')),
		   (SELECT string_agg(DISTINCT relowner::regrole::text, ' ') FROM pg_class
			WHERE relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace))};
is(super('town', $owners), "bob|$super|$super", 'the extension is the installer\'s, schemas and objects are not');
is( super('town', q{SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY 1) FROM pg_class c
					WHERE relnamespace = 'innovation_score'::regnamespace AND relkind IN ('r', 'p', 'S')
					  AND NOT has_table_privilege('bob', c.oid, 'SELECT WITH GRANT OPTION')}),
	'', '... who reads every table, and passes that on');

# ----- and uses it

my $use = q{
	SET search_path = public, innovation_score;
	SET client_min_messages = warning;
	CREATE TABLE firm AS SELECT 'F' || i AS firm, 2023 + i % 2 AS year, CASE i % 4 WHEN 0 THEN '宁波' ELSE '杭州' END AS city,
		exp(sin(i) * 5) AS a, cos(i) * 100 AS b FROM generate_series(1, 400) i;
	INSERT INTO scheme (scheme, title) VALUES ('s', '体系');
	INSERT INTO category (scheme, category) VALUES ('s', 'x'), ('s', 'y');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('s', 'a', 'x', 'percentile(0.05,0.95)'), ('s', 'b', 'y', 'iqr(1.5)');
	INSERT INTO weight VALUES ('s', 'all', 'a', 40), ('s', 'all', 'b', 60);
	SELECT derive_scheme('mine', 'national-2024', 'x');
	UPDATE scheme SET title = title || '！' WHERE scheme = 'national-2024';
	SELECT create_scoreboard('hz', 's', 'firm', 'firm', period => 'year', attributes => '{city}');
	SELECT set_whitelist_rule('hz', top_n => 20);
	SELECT create_scoreboard('ice', 's', 'firm', 'firm', period => 'year', attributes => '{city}');
	SELECT freeze_scoreboard('ice');
	INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('public.hz', 'F7', '欠税');
	SELECT publish('hz', '2024', 'first');
	GRANT SELECT ON hz_whitelist, ice_input, ice_model, hz_input, hz_model TO eve;
	GRANT SELECT ON firm TO eve};
is(as('bob', 'town', $use), "\n\n\n\n\n1", 'the owner has schemes and scoreboards, and passes privileges on');

# Everything that there is to see, as one digest: row order does not matter.
my $everything = q{
	SET search_path = public, innovation_score;
	SELECT 'scores ' || md5(string_agg(s::text, ',' ORDER BY s::text COLLATE "C")) FROM hz_score s;
	SELECT 'ranking ' || md5(string_agg(s::text, ',' ORDER BY s::text COLLATE "C")) FROM ice_ranking s;
	SELECT 'whitelist ' || md5(string_agg(s::text, ',' ORDER BY s::text COLLATE "C")) || ' ' || count(*) FILTER (WHERE decision = 'listed') FROM hz_whitelist s;
	SELECT 'schemes ' || md5(string_agg(scheme_export(s.scheme)::text, ',' ORDER BY s.scheme COLLATE "C")) FROM scheme s;
	SELECT 'origins ' || string_agg(s.scheme || s.origin, ',' ORDER BY s.scheme COLLATE "C") FROM scheme s;
	SELECT 'frozen ' || md5(string_agg(f::text, ',' ORDER BY f::text COLLATE "C")) FROM fitted_model f;
	SELECT 'published ' || count(*) FILTER (WHERE decision = 'listed') FROM published_whitelist;
	SELECT 'verified ' || count(*) || ' ' || count(*) FILTER (WHERE ok IS NOT TRUE) FROM verify_publication(1);
	SELECT 'left ' || count(*) FROM restored};
my $before = as('bob', 'town', $everything);
like($before, qr/^whitelist \w+ 40$/m, 'there are scores and whitelists');
like($before, qr/^published 20\nverified [1-9]\d* 0$/m, '... and a publication');
like(as('eve', 'town', 'SELECT count(*) FROM hz_whitelist'), qr/^400$/, 'a reader reads');
like(as('eve', 'town', "SELECT innovation_score.freeze_scoreboard('hz')"), qr/42501/, 'and changes nothing');

# ----- but gains nothing

my @refused = (
	'CREATE TRIGGER t BEFORE INSERT ON innovation_score.scheme FOR EACH ROW EXECUTE FUNCTION _innovation_score.set_aside()',
	'ALTER TABLE innovation_score.scheme DISABLE TRIGGER ALL',
	'ALTER TABLE innovation_score.scheme ALTER title SET DEFAULT version()',
	'CREATE RULE r AS ON INSERT TO innovation_score.scheme DO ALSO SELECT 1',
	'CREATE POLICY p ON innovation_score.scheme',
	'DROP TABLE _innovation_score.restored',
	'CREATE TABLE innovation_score.t ()',
	'CREATE TABLE _innovation_score.t ()',
	'ALTER SCHEMA _innovation_score RENAME TO s',
	'ALTER FUNCTION innovation_score.growth_rate(float8, float8) SECURITY DEFINER',
	q{CREATE OR REPLACE FUNCTION innovation_score.growth_rate(current float8, previous float8) RETURNS float8 LANGUAGE sql AS 'SELECT 1.0::float8'},
	q{UPDATE _innovation_score.restore_step SET ready = 'true'},
	q{UPDATE _innovation_score.scoreboard_view SET query = 'x'},
	'DELETE FROM _innovation_score.scoreboard_column',
	q{CREATE FUNCTION public.f() RETURNS int AS '$libdir/innovation_score', 'check_expression' LANGUAGE c},
	q{SELECT pg_read_file('PG_VERSION')}, q{COPY _innovation_score.restored TO PROGRAM 'true'});
like(as('bob', 'town', $_), qr/^ERROR:  (42501|2BP01)/, "refused: $_") foreach @refused;
is(super('town', 'SELECT count(*) FROM pg_proc WHERE pronamespace = \'innovation_score\'::regnamespace AND prosecdef'), '0', 'no function runs with its owner\'s rights');

# Expressions run with the rights of who has them run, and only of those.
super('town', q{CREATE TABLE secret (v float8); INSERT INTO secret VALUES (7); REVOKE ALL ON secret FROM PUBLIC;
	CREATE FUNCTION secret_value() RETURNS float8 LANGUAGE sql AS 'SELECT v FROM public.secret'});
foreach my $expression ('(SELECT v FROM secret)', 'secret_value()', q{pg_read_file('PG_VERSION')::float8}, q{lo_import('/etc/passwd')::bigint}, 'a FROM secret', '(TABLE secret)')
{
	(my $quoted = $expression) =~ s/'/''/g;
	my $result = as('bob', 'town', qq{
		SET client_min_messages = warning;
		SET search_path = public, innovation_score;
		SELECT create_scoreboard('leak', 's', 'firm', 'firm', period => 'year', mapping => jsonb_build_object('a', '$quoted'));
		SELECT max(value) FROM leak_detail WHERE indicator = 'a';
		SELECT freeze_scoreboard('leak')});
	like($result, qr/^ERROR:  (42501|42601)/m, "$expression gives nothing away");
	unlike($result, qr/^7/m, '... not a value');
	as('bob', 'town', q{SELECT innovation_score.drop_scoreboard('public.leak')});
}

# The C code opens no files but PostgreSQL's own temporary ones, starts no programs, and runs no SQL but where the query of a
# scoreboard's input is read as its owner, and two constant texts.
foreach my $source (sort glob('src/*/*.c'))
{
	my $reads = $source =~ m{^src/(?:registry/keeper|run/run_read|publish/log|run/table_sink)\.c$} ? '' : '|SPI_\w+';

	unlike(slurp($source), qr/\b(?:fopen|open|AllocateFile|OpenTransientFile|PathNameOpenFile|system|popen|OpenPipeStream|dlopen|load_external_function$reads)\s*\(/, "$source reads no file and runs no SQL");
}

# ----- dumps and restores it

my $dump = $node->basedir . '/town.dump';
foreach my $format ('plain', 'custom')
{
	my $copy = "copy_$format";
	super('postgres', "CREATE DATABASE $copy OWNER bob");
	ok(IPC::Run::run([ 'pg_dump', '-U', 'bob', '-F', $format, '-T', 'secret', '-f', $dump, '-d', $node->connstr('town') ], '2>', \$err), "the owner dumps ($format)") or diag($err);
	my @restore = $format eq 'plain' ? ('psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', $dump) : ('pg_restore', '--exit-on-error', '-j', '2', $dump);
	# The function and table of the superuser, and what it has granted, are its own to restore.
	if ($format eq 'plain')
	{
		my $text = slurp($dump);
		$text =~ s/^CREATE FUNCTION public\.secret_value.*?^ALTER FUNCTION[^\n]*\n//ms;
		open my $file, '>:encoding(UTF-8)', $dump or die "could not write $dump: $!";
		print $file $text;
		close $file;
	}
	else
	{
		super('town', 'DROP FUNCTION IF EXISTS secret_value()') if $format eq 'custom';
		IPC::Run::run([ 'pg_dump', '-U', 'bob', '-F', $format, '-T', 'secret', '-f', $dump, '-d', $node->connstr('town') ]);
	}
	ok(IPC::Run::run([ $restore[0], '-U', 'bob', '-d', $node->connstr($copy), @restore[1 .. $#restore] ], '>', '/dev/null', '2>', \$err), '... and restores') or diag($err);
	is(as('bob', $copy, $everything), $before, '... and everything is there');
	is(super($copy, $owners), "bob|$super|$super", '... to whom it belonged');
	like(as('eve', $copy, 'SELECT count(*) FROM hz_whitelist'), qr/^400$/, '... with the privileges that were passed on');
}

# So does a superuser in the owner's name.
super('postgres', 'CREATE DATABASE copy_super OWNER bob');
ok(IPC::Run::run([ 'pg_restore', '--exit-on-error', '--role', 'bob', '-U', $super, '-d', $node->connstr('copy_super'), $dump ], '2>', \$err), 'a superuser restores it in the name of the owner') or diag($err);
is(super('copy_super', $everything), $before, '... and everything is there');

# ----- and removes it

like(as('eve', 'town', q{SELECT innovation_score.retract(1, 'x')}), qr/42501/, 'only the owner retracts');
is(as('bob', 'town', q{SET client_min_messages = error; SELECT innovation_score.retract(1, 'a mistake')}), '', '... and can, who is owner of the extension');
is(as('bob', 'town', 'SET client_min_messages = warning; DROP EXTENSION innovation_score CASCADE; SELECT count(*) FROM pg_namespace WHERE nspname LIKE \'%innovation\_score%\''), '0', 'the owner removes it, and both schemas go');

# ----- what the superuser's default privileges give does not reach the extension's objects

super('postgres', 'CREATE DATABASE generous OWNER bob');
super('generous', join ';', map { "ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO mallory" } qw(TABLES SEQUENCES FUNCTIONS TYPES SCHEMAS));
is(as('bob', 'generous', 'SET client_min_messages = warning; CREATE EXTENSION innovation_score'), '', 'installed where a superuser gives everything away');
super('generous', 'CREATE SCHEMA given; CREATE TABLE given.given ()');
is( super('generous', q{
		SELECT string_agg(o.name, ' ' ORDER BY o.name)
		FROM (SELECT nspname, nspname::text, nspacl FROM pg_namespace
			  UNION ALL SELECT n.nspname, c.relname, c.relacl FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			  UNION ALL SELECT n.nspname, p.proname, p.proacl FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
			  UNION ALL SELECT n.nspname, t.typname, t.typacl FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace) o(schema, name, acl)
		WHERE o.schema IN ('innovation_score', '_innovation_score', 'given')
		  AND EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = 'mallory'::regrole)}),
	'given given', 'nobody has them on what is ours, and on a schema and a table made afterwards he has');

$node->stop;
done_testing();
