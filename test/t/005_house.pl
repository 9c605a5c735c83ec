# The house: what is in which folder, what may use what, and what the public schema holds.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

# ----- src: a folder uses those below it

my %below = (
	numbers => [],
	support => ['numbers'],
	method => ['support'],
	model => ['method'],
	score => ['model'],
	fit => ['score'],				# the best total is part of a model that rescales by it
	rank => ['score'],
	decide => [ 'rank', 'condition' ],
	weights => ['score'],
	robustness => ['rank'],
	analysis => ['rank'],
	run => [ 'fit', 'decide' ],
	review => ['support'],
	publish => [ 'registry', 'run' ],
	collect => ['support'],
	allocate => ['support'],
	registry => ['support'],
	validate => ['support'],
	condition => ['support'],
	checks => ['condition']);

sub may_use
{
	my ($folder, $used) = @_;
	return $folder eq $used || scalar grep { may_use($_, $used) } @{ $below{$folder} || [] };
}

my (%uses, @strange, @upwards);
foreach my $file (sort glob('src/*/*.[ch]'))
{
	my ($folder, $name) = $file =~ m{^src/(\w+)/(\w+)\.[ch]$};

	push @strange, $folder unless $below{$folder};
	foreach my $header (slurp($file) =~ /^#include "([^"]+)"$/mg)
	{
		next unless -e "src/$header";
		my ($used, $unit) = $header =~ m{^(\w+)/(\w+)\.h$};
		push @upwards, "$file -> $header" unless may_use($folder, $used);
		$uses{"$folder/$name"}{"$used/$unit"} = 1 if "$folder/$name" ne "$used/$unit";
	}
}
cmp_ok(scalar keys %uses, '>', 50, 'files that include others');
is("@strange", '', 'every folder of src is one that this test knows');
is(join("\n", @upwards), '', 'no folder of src uses one above it');

# A file and its header are one unit.
my (%state, @circles);

sub visit
{
	my ($unit, @path) = @_;
	my $known = $state{$unit} // '';

	push @circles, join(' -> ', @path, $unit) if $known eq 'open';
	return if $known;
	$state{$unit} = 'open';
	visit($_, @path, $unit) foreach sort keys %{ $uses{$unit} || {} };
	$state{$unit} = 'done';
}
visit($_) foreach sort keys %uses;
is(join("\n", @circles), '', 'no circle of includes');

# Which files call which, as the linker sees it.
my (%symbol_in, %needs);
foreach my $object (sort glob('src/*/*.o'))
{
	my ($unit) = $object =~ m{^src/(\w+/\w+)\.o$};

	foreach (`nm $object`)
	{
		my ($type, $symbol) = /^\S* +([A-Za-z]) (\w+)$/ or next;

		$needs{$unit}{$symbol} = 1 if $type eq 'U';
		$symbol_in{$symbol} = $unit if $type =~ /[TDBR]/ && $symbol !~ /^(?:pg_finfo_|Pg_magic_func)/;
	}
}
SKIP:
{
	skip 'no objects here, or no nm', 2 unless %needs;
	%uses = ();
	foreach my $unit (keys %needs)
	{
		foreach my $used (grep { defined && $_ ne $unit } map { $symbol_in{$_} } keys %{ $needs{$unit} })
		{
			$uses{$unit}{$used} = 1;
		}
	}
	@circles = ();
	%state = ();
	visit($_) foreach sort keys %uses;
	cmp_ok(scalar keys %uses, '>', 20, 'files that call others');
	is(join("\n", @circles), '', 'no circle of calls');
}

# ----- sql: every part is loaded, once

is(join("\n", sort split /\n/, slurp('sql/ORDER')), join("\n", sort map { s{^sql/}{}r } grep { !m{^sql/upgrade/} } glob('sql/*/*.sql')),
	'sql/ORDER lists every part once, and no other');

# ----- sql/apply: applications stand on what everybody can call, and on a few things besides

my %shared = map { $_ => 1 } qw(canonical check_shown_period column_number condition_names drift dump_table firm_columns get_scoreboard in_turn instant is_restored next_head require_columns restoring shown_key view_rows);
my @private;
# The view of limits is one of the scoreboard's own.
foreach my $file (grep { $_ ne 'sql/apply/credit.sql' } sort glob('sql/apply/*.sql'))
{
	my $text = slurp($file) =~ s/--.*//gr;
	my %own = map { $_ => 1 } $text =~ /^CREATE (?:FUNCTION|AGGREGATE|TABLE|VIEW|TYPE|SEQUENCE) _innovation_score\.(\w+)/mg;

	push @private, map { "$file: $_" } grep { !$own{$_} && !$shared{$_} } $text =~ /\b_innovation_score\.(\w+)\(/g;
}
is(join("\n", @private), '', 'no application uses what is private to another part');

# ----- the two schemas

my $node = new_node('house');
$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');

sub none
{
	my ($query, $name) = @_;
	is($node->safe_psql('postgres', $query), '', $name);
}

# Tables that have no view of their name for everybody.
my %hidden = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', q{SELECT c.relname FROM pg_class c WHERE c.relnamespace = '_innovation_score'::regnamespace
	AND c.relkind IN ('r', 'v') AND NOT EXISTS (SELECT FROM pg_class p WHERE p.relnamespace = 'innovation_score'::regnamespace AND p.relname = c.relname)});
my @tables;
foreach my $file (grep { $_ ne 'sql/apply/credit.sql' } sort glob('sql/apply/*.sql'))
{
	my $text = slurp($file) =~ s/--.*//gr;
	my %own = map { $_ => 1 } $text =~ /^CREATE (?:TABLE|VIEW) _innovation_score\.(\w+)/mg;

	push @tables, map { "$file: $_" } grep { $hidden{$_} && !$own{$_} } $text =~ /\b(?:FROM|JOIN) (?:_innovation_score\.)?(\w+)(?!\w*\()/g;
}
cmp_ok(scalar keys %hidden, '>', 5, 'there are tables for nobody else');
is(join("\n", @tables), '', '... and no application reads them');

none(q{SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'innovation_score'::regnamespace AND p.proname LIKE '\_%'},
	'no public function begins with an underscore');
none(q{SELECT pg_describe_object(d.classid, d.objid, 0) FROM pg_depend d
	WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'innovation_score')
	AND d.deptype = 'e' AND obj_description(d.objid, d.classid::regclass::name) IS NULL},
	'every object has a comment');
none(q{SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND c.relkind IN ('r', 'v', 'c')
	AND col_description(c.oid, a.attnum) IS NULL},
	'... and every column of a table, view or type');
none(q{SELECT pg_describe_object(o.classid, o.oid, 0) FROM (
		SELECT 'pg_proc'::regclass AS classid, oid, pronamespace AS schema FROM pg_proc
		UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type WHERE typrelid = 0
		UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class WHERE relkind <> 'i') AS o
	WHERE o.schema = 'innovation_score'::regnamespace AND obj_description(o.oid, o.classid::regclass::name) ~ '^internal'},
	'what is internal is not public');
# FOR ALL TABLES, REPLICA IDENTITY FULL, DISTINCT and GROUP BY.  What cannot be read from a text is not kept in tables.
none(q{SELECT c.oid::regclass FROM pg_class c
	WHERE c.relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND c.relkind IN ('r', 'p')
	AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)},
	'every table has a primary key');
none(q{SELECT t.oid::regtype, m.amname FROM pg_type t CROSS JOIN pg_am m
	WHERE t.typnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND t.typtype = 'b' AND t.typelem = 0
	AND m.amname IN ('btree', 'hash') AND t.typinput <> '_innovation_score.decision_in'::regproc AND t.typname <> 'list_facts'
	AND NOT EXISTS (SELECT FROM pg_opclass o WHERE o.opcmethod = m.oid AND o.opcintype = t.oid AND o.opcdefault)},
	'every type that can be stored can be compared and hashed');
none(q{SELECT o.oid::regoperator FROM pg_operator o WHERE o.oprname = '=' AND o.oprnamespace = 'innovation_score'::regnamespace
	AND NOT (o.oprcanhash AND o.oprcanmerge)},
	'... in joins, too');
# Two scoreboards may be named before it, and a table of outcomes; of create_scoreboard() and alter_scoreboard() it is a column, of decide() a fact.
none(q{SELECT p.oid::regprocedure FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a(name, place)
	WHERE p.pronamespace = 'innovation_score'::regnamespace AND a.name = 'period' AND p.proname NOT IN ('create_scoreboard', 'alter_scoreboard', 'decide', 'store_ranking')
	AND p.proargnames[1:a.place - 1]::text[] NOT IN ('{scoreboard}', '{name}', '{a,b}', '{scoreboard,outcome}')},
	'period stands directly after the scoreboard in every signature that has it');

$node->stop;
done_testing();
