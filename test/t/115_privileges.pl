# Who may do what with the extension's objects: the list in sql/install/privileges.sql and the catalogs say the same, whether a
# superuser installs or the owner of a database, and whatever default privileges there were.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('privileges');
my $list = slurp('sql/install/privileges.sql') =~ s/--[^\n]*//gr;

sub sql
{
	my ($database, $query) = @_;
	return $node->safe_psql($database, $query);
}

# "grantee privilege object" of every grant on the list, those to the installer as "extension".
my %listed;
my $rows = 0;
while ($list =~ /\('(PUBLIC|pg_database_owner|extension)',\s*'([A-Z, ]+)',\s*((?:'[^']*'\s*)+)\)/g)
{
	my ($grantee, $privileges, $names) = ($1, $2, $3);

	$rows++;
	$names =~ s/[\s'{}]//g;
	foreach my $name (split /,/, $names)
	{
		$listed{"$grantee $_ $name"} = 1 foreach split /, /, $privileges;
	}
}
while ($list =~ /GRANT SELECT \(([\w, ]+)\) ON ([\w.]+) TO PUBLIC/g)
{
	my ($columns, $name) = ($1, $2);
	$listed{"PUBLIC SELECT $name.$_"} = 1 foreach split /, /, $columns;
}
my ($keepers) = $list =~ /proname LIKE 'do\\_%' OR p\.proname IN \(([^)]*)\)/;
my $schemas = $list =~ /GRANT USAGE ON SCHEMA innovation_score, _innovation_score TO PUBLIC/;
cmp_ok($rows, '>=', 12, 'rows of the list');
cmp_ok(scalar(keys %listed), '>', 200, 'privileges on the list');
ok($keepers && $schemas, '... and what it says of functions and schemas');

sub differences
{
	my ($found, $expected) = @_;
	return join "\n", (map { "not on the list: $_" } grep { !$expected->{$_} } sort keys %$found), map { "not granted: $_" } grep { !$found->{$_} } sort keys %$expected;
}

sql('postgres', 'CREATE ROLE bob LOGIN; CREATE ROLE mallory; CREATE DATABASE town OWNER bob');
sql('town', join ';', map { "ALTER DEFAULT PRIVILEGES GRANT ALL ON $_ TO mallory; ALTER DEFAULT PRIVILEGES REVOKE ALL ON $_ FROM PUBLIC" } qw(TABLES SEQUENCES FUNCTIONS TYPES SCHEMAS));
sql('postgres', 'CREATE EXTENSION innovation_score');
sql('town', 'SET ROLE bob; CREATE EXTENSION innovation_score');

foreach my $database ('postgres', 'town')
{
	my $installer = sql($database, q{SELECT CASE WHEN u.usesuper THEN NULL ELSE u.usename END FROM pg_extension e JOIN pg_user u ON u.usesysid = e.extowner WHERE extname = 'innovation_score'});
	my %expected = map { $_ => 1 } map { !/^extension / ? $_ : $installer ? s/^extension/$installer/r . ' GRANTABLE' : () } keys %listed;
	my $members = q{(SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND e.extname = 'innovation_score' AND d.deptype = 'e') m};
	my $shown = q{CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END || ' ' || a.privilege_type || ' '};
	my $also = q{CASE WHEN a.is_grantable THEN ' GRANTABLE' ELSE '' END};
	my %found = map { $_ => 1 } split /\n/, sql($database, qq{
		SELECT $shown || format('%s.%I', c.relnamespace::regnamespace, c.relname) || $also
		FROM $members JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE a.grantee <> c.relowner
		UNION ALL
		SELECT $shown || format('%s.%I.%I', c.relnamespace::regnamespace, c.relname, t.attname) || $also
		FROM $members JOIN pg_class c ON m.classid = 'pg_class'::regclass AND c.oid = m.objid JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN LATERAL aclexplode(t.attacl) a});

	is(differences(\%found, \%expected), '', "$database: tables, views and columns are granted by the list and by nothing else");

	# Of functions and types the list says who may not.
	my $executed = sql($database, qq{
		SELECT string_agg(DISTINCT p.proname, ' ' ORDER BY p.proname) FROM $members JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
		WHERE NOT EXISTS (SELECT FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)});
	my @reserved = sort(keys %{ { map { $_ => 1 } ($keepers =~ /'(\w+)'/g), slurp_functions() } });
	is($executed, "@reserved", "$database: functions that write for others are nobody's, and all others everybody's");
	is( sql($database, qq{
			SELECT string_agg(pg_describe_object(o.classid, o.objid, 0) || ' ' || o.acl::text, ', ')
			FROM (SELECT m.*, p.proacl AS acl, p.proowner AS owner FROM $members JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
				  UNION ALL SELECT m.*, COALESCE(t.typacl, acldefault('T', t.typowner)), t.typowner FROM $members JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid) o
			WHERE EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee NOT IN (0, o.owner) OR a.grantee = 0 AND a.is_grantable)}),
		'', '... and nobody else has them on functions and types');
	is( sql($database, qq{
			SELECT string_agg(t.oid::regtype::text, ', ') FROM $members JOIN pg_type t ON m.classid = 'pg_type'::regclass AND t.oid = m.objid
			WHERE t.typelem = 0 AND NOT EXISTS (SELECT FROM aclexplode(COALESCE(t.typacl, acldefault('T', t.typowner))) a WHERE a.grantee = 0)}),
		'', '... and everybody may use every type');
	is( sql($database, q{SELECT string_agg(format('%s %s %s', n.nspname, a.grantee, a.privilege_type), ', ' ORDER BY n.nspname COLLATE "C")
						 FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a WHERE n.nspname ~ '^_?innovation_score$' AND a.grantee <> n.nspowner}),
		'_innovation_score 0 USAGE, innovation_score 0 USAGE', '... and look into both schemas, no more');
}

# Functions do_… of the sources.
sub slurp_functions
{
	return map { slurp($_) =~ /^CREATE FUNCTION _innovation_score\.(do_\w+)\(/mg } glob('sql/*/*.sql');
}

$node->stop;
done_testing();
