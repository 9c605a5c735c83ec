# Released versions become this one: each tagged version is built and installed into a copy of the server, filled, this
# version is installed over it, and all views give what they gave, before ALTER EXTENSION UPDATE and after it.  What the
# update makes is what a new installation makes.

use strict;
use warnings;

use Cwd 'getcwd';
use File::Basename 'dirname';
use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $here = getcwd();
my $repository = $ENV{UPGRADE_REPOSITORY} || $here;
my ($version) = slurp('innovation_score.control') =~ /^default_version\s*=\s*'([^']+)'/m;

# MAKEFLAGS and the like are meant for the make that runs this test.
delete @ENV{ grep { /^(?:MAKE|MFLAGS|GIT_)/ } keys %ENV };

sub output_of
{
	my (@command) = @_;
	my ($output, $error) = ('', '');

	return '' unless eval { IPC::Run::run(\@command, '>', \$output, '2>', \$error) };
	chomp $output;
	return $output;
}

sub run_ok
{
	my ($name, @command) = @_;
	my $output = '';
	my $status = IPC::Run::run(\@command, '>', \$output, '2>', \$output);

	diag($output) unless $status;
	return ok($status, $name);
}

# ----- which versions were released

my @git = ('git', '-c', 'safe.directory=*', '-C', $repository);
my @tags = split /\n/, output_of(@git, 'tag', '--list', 'v*', '--sort=version:refname');

unless (@tags)
{
	my $reason = -e "$repository/.git" || -e "$repository/HEAD" ? 'no version has been tagged' : 'this is not a git repository';

	plan skip_all => $reason unless $ENV{UPGRADE_REQUIRED};
	fail("released versions can be upgraded: $reason");
	done_testing();
	exit;
}
my $work = $here . '/tmp_check/upgrade';
run_ok('a place to work', 'sh', '-c', "rm -rf '$work' && mkdir -p '$work'");

# ----- a copy of the server

my $pg_config = $ENV{PG_CONFIG} || 'pg_config';
my %at = map { $_ => output_of($pg_config, "--$_") } qw(bindir sharedir pkglibdir);

# A server finds its files from where its programs are.  This version is not in it yet.
sub copy_server
{
	my ($root) = @_;
	my @programs = map { ".$at{bindir}/$_" } qw(postgres initdb pg_ctl psql pg_config);

	return run_ok("a copy of the server in $root", 'sh', '-c',
		"mkdir -p '$root' && tar -C / -chf - --exclude=bitcode --exclude=pgxs --exclude='innovation_score*' @programs .$at{sharedir} .$at{pkglibdir} | tar -C '$root' -xf -");
}

sub install
{
	my ($tree, $root, $what) = @_;
	return run_ok("$what is built and installed", 'make', '-s', '-C', $tree, "PG_CONFIG=$pg_config", "DESTDIR=$root", 'all', 'install');
}

# ----- what there is

# Views that read tables of the extension and users' own.
my $relations = q{
	SELECT format('%I.%I', n.nspname, c.relname),
		   (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
			WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname IN ('dash', 'innovation_score', '_innovation_score') AND c.relkind IN ('r', 'v') ORDER BY 1};

# Rows and digest of the given columns of each relation, by line.
sub contents
{
	my ($node, $database, $relations) = @_;
	return $node->safe_psql($database, 'SET jit = off; ' . join "\nUNION ALL ", map {
		my ($relation, $columns) = split /\|/;
		qq{SELECT '$relation: ' || count(*), md5(string_agg(r::text, E'\\n' ORDER BY r::text COLLATE "C")) FROM (SELECT $columns FROM $relation) r}
	} split /\n/, $relations);
}

# Every member of the extension, by line: its definition, its privileges, its comment.
my $catalog = q{
	WITH member AS (
		SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS name, obj_description(d.objid, d.classid::regclass::text) AS comment
		FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'innovation_score'),
	description AS (
		SELECT m.name, 'comment' AS what, m.comment AS definition FROM member m
		UNION ALL
		SELECT m.name, 'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
			ELSE (SELECT (to_jsonb(a) - 'aggfnoid' || jsonb_build_object('aggtranstype', a.aggtranstype::regtype, 'aggsortop', a.aggsortop::regoperator))::text FROM pg_aggregate a WHERE a.aggfnoid = p.oid) END
		FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
		UNION ALL
		SELECT m.name, 'result', pg_get_function_result(p.oid) FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
		UNION ALL
		SELECT m.name, 'privilege', unnest(p.proacl)::text FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
		UNION ALL
		SELECT m.name, 'privilege', unnest(c.relacl)::text FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
		UNION ALL
		SELECT m.name, 'options', concat(c.relkind, c.reloptions, c.relrowsecurity) FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
		UNION ALL
		SELECT m.name, 'view', pg_get_viewdef(c.oid) FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass WHERE c.relkind = 'v'
		UNION ALL
		SELECT m.name, 'column ' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstorage, a.attidentity, a.attacl,
			pg_get_expr(v.adbin, v.adrelid), col_description(a.attrelid, a.attnum))
		FROM member m JOIN pg_attribute a ON a.attrelid = m.objid AND m.classid = 'pg_class'::regclass AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_attrdef v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
		UNION ALL
		SELECT m.name, 'constraint ' || c.conname, pg_get_constraintdef(c.oid) FROM member m JOIN pg_constraint c ON c.conrelid = m.objid AND m.classid = 'pg_class'::regclass
		UNION ALL
		SELECT m.name, 'index', pg_get_indexdef(i.indexrelid) FROM member m JOIN pg_index i ON i.indrelid = m.objid AND m.classid = 'pg_class'::regclass
		UNION ALL
		SELECT m.name, 'trigger', concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled) FROM member m JOIN pg_trigger t ON t.tgrelid = m.objid AND m.classid = 'pg_class'::regclass
		WHERE NOT t.tgisinternal
		UNION ALL
		SELECT m.name, 'dumped', e.condition FROM member m, (SELECT unnest(extconfig), unnest(extcondition) FROM pg_extension WHERE extname = 'innovation_score') AS e(oid, condition)
		WHERE e.oid = m.objid AND m.classid = 'pg_class'::regclass
		UNION ALL
		SELECT m.name, 'type', concat_ws(' ', t.typtype, t.typlen, t.typstorage, t.typinput, t.typoutput, t.typreceive, t.typsend)
		FROM member m JOIN pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass
		UNION ALL
		SELECT m.name, 'attribute ' || a.attname, format_type(a.atttypid, a.atttypmod) || a.attnum
		FROM member m JOIN pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass
			JOIN pg_attribute a ON a.attrelid = t.typrelid AND t.typtype = 'c' AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c'))
	SELECT translate(concat_ws(' ', name, what, definition), E'\n\t', '  ') FROM description ORDER BY 1};

# Lines of one text that the other lacks.
sub lacking
{
	my ($one, $other) = @_;
	my %there = map { $_ => 1 } split /\n/, $other;
	return join "\n", grep { !$there{$_} } split /\n/, $one;
}

sub same
{
	my ($got, $expected, $name) = @_;
	return is(lacking($got, $expected) . "\n--\n" . lacking($expected, $got), "\n--\n", $name);
}

# ----- each version

foreach my $tag (@tags)
{
	(my $released = $tag) =~ s/^v//;
	my $tree = "$work/$tag";
	my $root = "$work/server-$released";

	run_ok("$tag: the tree", @git, 'worktree', 'add', '--force', '--detach', $tree, $tag) or next;

	# What is released under a version stays what it is.
	if ($released eq $version)
	{
		my @changed = grep { !-e $_ || slurp($_) ne slurp("$tree/$_") }
		  map { s{^\Q$tree/}{}r } glob("$tree/sql/*/*.sql"), "$tree/sql/ORDER";
		is("@changed", '', "$tag: the statements of a released version have not changed; those of the next need another version");
		run_ok("$tag: the tree goes", @git, 'worktree', 'remove', '--force', $tree);
		next;
	}

	copy_server($root);
	install($tree, $root, $tag);
	my $node = new_node("upgrade_$released", install_path => $root . dirname($at{bindir}));
	foreach my $database ('filled', 'empty')
	{
		$node->safe_psql('postgres', "CREATE DATABASE $database");
		$node->safe_psql($database, "CREATE EXTENSION innovation_score VERSION '$released'");
	}
	$node->safe_psql('filled', slurp("$tree/test/data/upgrade.sql"));
	my $there = $node->safe_psql('filled', $relations);
	my $before = contents($node, 'filled', $there);
	like($before, qr/^dash\.live_ranking: [1-9]/m, "$tag: its views give rows");

	# A server that runs has the old library; new sessions load the new one.
	install($here, $root, "$version over $released");
	same(contents($node, 'filled', $there), $before, "$tag: the new library gives what the old one gave");

	foreach my $database ('filled', 'empty')
	{
		my ($code, $output, $error) = $node->psql($database, 'ALTER EXTENSION innovation_score UPDATE');
		is($error, '', "$tag: database $database becomes $version");
		is($node->safe_psql($database, q{SELECT extversion FROM pg_extension WHERE extname = 'innovation_score'}), $version, '... as the catalog says');
	}
	same(contents($node, 'filled', $there), $before, "$tag: after the update all relations give what they gave");

	$node->safe_psql('postgres', 'CREATE DATABASE fresh');
	$node->safe_psql('fresh', 'CREATE EXTENSION innovation_score');
	my $fresh = $node->safe_psql('fresh', $catalog);
	same($node->safe_psql('empty', $catalog), $fresh, "$tag: what was updated is what a new installation makes");
	same($node->safe_psql('filled', $catalog), $fresh, '... also where there are data');
	my $tables = $node->safe_psql('fresh', $relations);
	same(contents($node, 'empty', $tables), contents($node, 'fresh', $tables), '... with the same rows');

	$node->safe_psql('filled', 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard');
	same(contents($node, 'filled', $there), $before, "$tag: views made anew give what they gave");
	$node->stop;
	run_ok("$tag: the tree goes", @git, 'worktree', 'remove', '--force', $tree);
}

done_testing();
