# The extension as an object of the catalogs: installs, documents itself, declares its functions, leaves nothing behind.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;
use JSON::PP;

my $node = new_node('install');

sub sql { return $node->safe_psql('postgres', $_[0]); }

# ----- the version stands in one place, and everything that repeats it agrees

my ($version) = slurp('innovation_score.control') =~ /^default_version\s*=\s*'([^']+)'/m;
my $script = slurp("sql/innovation_score--$version.sql");
my $meta = JSON::PP->new->decode(slurp('META.json'));

is($meta->{version}, $version, 'META.json has the version of the control file');
is($meta->{provides}{innovation_score}{file}, "sql/innovation_score--$version.sql", 'META.json names the script');
like(slurp('CHANGELOG.md'), qr/^## \[\Q$version\E\]/m, 'CHANGELOG.md has an entry for the version');

# ----- install

sql('CREATE EXTENSION innovation_score');
is( sql(q{SELECT extversion, n.nspname, extrelocatable
		  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE extname = 'innovation_score'}),
	"$version|pg_catalog|f",
	'installed, and takes no schema of a user along');

is( sql(q{SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, 0), ', ')
		  FROM pg_depend d
		  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'innovation_score')
			AND (pg_identify_object(d.classid, d.objid, 0)).schema NOT IN ('innovation_score', '_innovation_score')}),
	'', 'every object is in its two schemas');

# ----- backslashes mean the same wherever it is installed (PostgreSQL 19 knows no other way)

if ($node->safe_psql('postgres', 'SHOW server_version_num') < 190000)
{
	my $texts = q{SELECT md5(string_agg(concat_ws('|', pg_describe_object('pg_proc'::regclass, oid, 0), md5(prosrc),
										pg_get_function_sqlbody(oid), proacl), E'\n' ORDER BY oid::regprocedure::text COLLATE "C"))
				  FROM pg_proc WHERE pronamespace::regnamespace::text IN ('innovation_score', '_innovation_score')
				  UNION ALL
				  SELECT md5(string_agg(description, E'\n' ORDER BY description COLLATE "C")) FROM pg_description};

	$node->safe_psql('postgres', 'CREATE DATABASE backslash TEMPLATE template0');
	$node->safe_psql('backslash', q{SET standard_conforming_strings = off; SET escape_string_warning = off;
									CREATE EXTENSION innovation_score});
	is($node->safe_psql('backslash', $texts), sql($texts), 'the same texts under standard_conforming_strings = off');
}

# ----- refused where statement triggers do not run: such servers tell themselves by version()

foreach my $server ('Greenplum Database 7.1.0', 'Apache Cloudberry 2.0.0')
{
	my $database = lc($server =~ s/\W.*//r);

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->safe_psql($database, qq{CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE
		RETURN 'PostgreSQL 14.4 ($server build 1) on x86_64-pc-linux-gnu'});
	my ($result, $output, $error) = $node->psql($database, 'CREATE EXTENSION innovation_score');
	like($error, qr/cannot be installed in Greenplum or Cloudberry.*postgres_fdw/s, "$server is refused, with what to do");
}

# ----- documentation

# Composite and array types that PostgreSQL made by itself need none, nor do row types of tables and views.
is( sql(q{SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ', ' ORDER BY 1)
		  FROM pg_depend d LEFT JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid
			   LEFT JOIN pg_class c ON c.oid = t.typrelid
		  WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
			AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'innovation_score')
			AND coalesce(t.typcategory <> 'A', true) AND coalesce(c.relkind = 'c', true)
			AND NOT (d.classid = 'pg_class'::regclass
					 AND (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('c', 'i', 'S'))
			AND obj_description(d.objid, d.classid::regclass::text) IS NULL}),
	'', 'every object has a comment');

is( sql(q{SELECT string_agg(attrelid::regclass || '.' || attname, ', ' ORDER BY 1)
		  FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
		  WHERE relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND relkind IN ('r', 'p')
			AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL}),
	'', 'every column of every table has a comment');

# ----- declarations

# What a function says of itself, without its body.
(my $outline = $script) =~ s/--[^\n]*//g;
$outline =~ s/(\$\w*\$).*?\1/''/gs;

my (@no_volatility, @no_parallel, $functions);
while ($outline =~ /CREATE\s+(?:OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE|AGGREGATE)\s+([\w.]+)([^;]*);/gi)
{
	my ($kind, $name, $rest) = (uc $1, $2, $3);

	$functions++;
	push @no_volatility, $name if $kind eq 'FUNCTION' && $rest !~ /\b(?:IMMUTABLE|STABLE|VOLATILE)\b/i;
	push @no_parallel, $name if $kind ne 'PROCEDURE' && $rest !~ /\bPARALLEL\s*=?\s*(?:SAFE|RESTRICTED|UNSAFE)\b/i;
}
cmp_ok($functions, '>', 0, 'functions found in the install script');
is("@no_volatility", '', 'every function states its volatility');
is("@no_parallel", '', 'every function and aggregate states whether it is parallel safe');
unlike($outline, qr/CREATE\s+OR\s+REPLACE/i, 'the script replaces nothing that somebody else made');

is( sql(q{SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname)
		  FROM pg_proc p JOIN pg_language l ON l.oid = prolang
		  WHERE pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND prokind = 'f' AND lanname = 'c' AND prosrc <> 'owner_call'
			AND (provolatile = 'v' OR proparallel <> 's')}),
	'accept_objection caller_name fetch_as_owner file_objection finalize_publication keep_secret last_ledger_entry lock_view log_append log_is_ours log_turn may_take_name '
	  . 'profile_run publish publish_run record_whitelist_batch reject_objection relation_state retract run_as_relation_owner start_public_notice store_run verify_run '
	  . 'withdraw_objection',
	'no C function is volatile or unsafe in parallel plans but those that lock, read as an owner or write');

is( sql(q{SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY 1)
		  FROM pg_proc p JOIN pg_language l ON l.oid = prolang
		  WHERE pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND p.proname <> 'full_source_name' AND (lanname = 'plpgsql' OR prosecdef)
			AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')}),
	'', 'every PL/pgSQL function has a search_path of its own');

is( sql(q{SELECT string_agg(aggfnoid::text, ', ' ORDER BY 1)
		  FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid
		  WHERE pronamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND proparallel = 's' AND aggcombinefn = 0}),
	'', 'every aggregate that claims to be parallel safe can combine states');

# ----- removal

my $schemas = q{SELECT count(*) FROM pg_namespace WHERE nspname IN ('innovation_score', '_innovation_score')};

is(sql($schemas), 2, 'two schemas before DROP EXTENSION');
sql('DROP EXTENSION innovation_score CASCADE');
is(sql($schemas), 0, 'none after DROP EXTENSION, and so nothing in them');
sql('CREATE EXTENSION innovation_score');
pass('installs again');

my ($status, $stdout, $stderr) = $node->psql('postgres', 'ALTER EXTENSION innovation_score SET SCHEMA public');
like($stderr, qr/does not support SET SCHEMA/, 'cannot be relocated');

$node->stop;
done_testing();
