# README.md and doc/: the examples print what the pages say, and the reference has every object as it is.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;
use DocumentationExamples;
use Encode;

my $node = new_node('documentation');
my @pages = documentation_pages();
my %text = map { $_ => slurp($_) } @pages;

sub sql { return Encode::decode('UTF-8', $node->safe_psql('postgres', "SET search_path = innovation_score; $_[0]")); }

# What is printed must be bytes.
sub bytes { return Encode::encode('UTF-8', $_[0]); }

# ----- the examples

{
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;

	foreach my $page (@pages)
	{
		# what was tried and measured, what there is, not how; and what takes two servers (145_replication.pl)
		next if $page =~ m{^doc/(?:servers|performance|methods|distributed|security|replication|index)\.md$};
		my @examples = page_examples($page);
		my @outputs = run_examples($page, @examples);

		cmp_ok(scalar @examples, '>', 0, "$page has examples");
		foreach my $i (0 .. $#examples)
		{
			my $name = "$page, line $examples[$i]{line}";

			if (!defined $outputs[$i])
			{
				pass("$name is left out on this server");
			}
			elsif (defined $examples[$i]{expected})
			{
				is(bytes($outputs[$i]), bytes($examples[$i]{expected}), $name);
			}
			else
			{
				unlike(bytes($outputs[$i]), qr/^(?:ERROR|FATAL|PANIC|psql|\\)/m, $name);
			}
		}
	}
}

cmp_ok(scalar(map { $_->{sql} =~ /;$/mg } page_examples('doc/tutorial.md')), '<=', 40, 'the first hour takes at most 40 statements');

# ----- the reference

$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');

# What the comments call internal is no part of the interface; it lies in a schema of its own.
my $members = q{
	SELECT d.classid, d.objid, o.type, o.name
	FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) o
	WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'innovation_score')
	  AND obj_description(d.objid, d.classid::regclass::text) LIKE };

is( sql(qq{SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY 1)
		   FROM ($members '%') m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
		   WHERE pronamespace = 'innovation_score'::regnamespace AND obj_description(p.oid) LIKE 'internal: %'}),
	'', 'no function of the public schema is called internal');

# Every function as it must be called, with names, types, defaults and result.
my $signatures = sql(qq{
	SELECT replace(replace(regexp_replace(format('%s(%s) → %s', p.proname,
			   (SELECT string_agg(a, ', ' ORDER BY n)
				FROM unnest(string_to_array(pg_get_function_arguments(p.oid), ', ')) WITH ORDINALITY u(a, n)
				WHERE a !~ '^(OUT|TABLE) '),
			   CASE WHEN p.proretset AND p.proargmodes IS NOT NULL AND proargmodes && '{o,t}'
					THEN 'SETOF (' || (SELECT string_agg(p.proargnames[n] || ' ' || format_type(t, NULL), ', ' ORDER BY n)
									   FROM unnest(p.proallargtypes) WITH ORDINALITY u(t, n)
									   WHERE p.proargmodes[n] IN ('o', 't')) || ')'
					ELSE pg_get_function_result(p.oid) END),
			   '::(text|jsonb?|double precision|integer|boolean|numeric|regclass|interval|date)(\\[\\])?', '', 'g'),
			   'double precision', 'float8'), 'timestamp with time zone', 'timestamptz')
	FROM ($members '%') m JOIN pg_proc p ON m.classid = 'pg_proc'::regclass AND p.oid = m.objid
	WHERE pronamespace = 'innovation_score'::regnamespace
	  AND obj_description(p.oid) !~ '(transition|combine|final|serialization|input|output) function|implementation of'
	ORDER BY 1});

my $all = join("\n", @text{ grep { m{^doc/} } @pages });
my %heading;
push @{ $heading{$2} }, $1 while $all =~ /^### `((\w+)\([^`]*)`$/mg;

foreach my $signature (split /\n/, $signatures)
{
	my ($name) = $signature =~ /^(\w+)/;
	ok((grep { $_ eq $signature } @{ $heading{$name} || [] }), bytes("the reference has $signature"))
	  or diag(bytes('it has ' . join("\n       ", @{ $heading{$name} || ['nothing'] })));
}
foreach my $found (map { @{ $heading{$_} } } sort keys %heading)
{
	ok((grep { $_ eq $found } split /\n/, $signatures), bytes("there is a function $found"));
}

# Everything else (types, tables, operators, casts, support functions) by its name in code style.
foreach my $object (split /\n/, sql(qq{
	SELECT DISTINCT type || ' ' || coalesce(nullif(name, ''), (SELECT oprname FROM pg_operator WHERE oid = objid),
			   (SELECT proname FROM pg_proc WHERE oid = objid),
			   (SELECT castsource::regtype || '::' || regexp_replace(casttarget::regtype::text, '.*\\.', '')
				FROM pg_cast WHERE oid = objid))
	FROM ($members '%' AND obj_description(d.objid, d.classid::regclass::text) NOT LIKE 'internal: %'
	  AND coalesce(o.schema, '') <> '_innovation_score') m
	WHERE type NOT IN ('schema', 'index', 'toast table') ORDER BY 1}))
{
	my ($type, $name) = $object =~ /^(.*) (\S+)$/;
	(my $short = $name) =~ s/(?<!:)\bi?nnovation_score\.//g;

	next if $type eq 'type' && $short =~ /^_|\[\]$/;
	ok($all =~ /`\Q$short\E[`(]/, "the reference mentions $type $short");
}

# Columns of tables and composite types, on the page that has the table.
foreach my $column (split /\n/, sql(q{
	SELECT c.relname || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE relnamespace = 'innovation_score'::regnamespace AND (relkind = 'r' OR relname = 'indicator_bounds')
	  AND attnum > 0 AND NOT attisdropped AND coalesce(obj_description(c.oid), '') NOT LIKE 'internal: %'
	ORDER BY relname, attnum}))
{
	my ($table, $name) = split /\./, $column;
	my ($section) = $all =~ /^### (?:Table )?`\Q$table\E`$(.*?)^##/ms;

	ok(($section // '') =~ /`\Q$name\E`/, "the reference mentions column $column");
}

# ----- links

sub anchors
{
	my ($page) = @_;
	my %anchor;
	(my $prose = $text{$page}) =~ s/^```.*?^```$//msg;

	while ($prose =~ /^#+ +(.*)$/mg)
	{
		my $slug = lc $1;
		$slug =~ s/[^\w\- ]//g;
		$slug =~ s/ /-/g;
		$anchor{$slug} = 1;
	}
	return \%anchor;
}

foreach my $page (@pages)
{
	my ($directory) = $page =~ m{^(.*/)?};
	(my $prose = $text{$page}) =~ s/^```.*?^```$//msg;

	while ($prose =~ /\]\(([^)\s]+)\)/g)
	{
		my ($path, $anchor) = split /#/, $1;
		next if $path =~ m{^https?:};
		my $target = $path eq '' ? $page : ($directory // '') . $path;

		ok(-e $target, "$page links to $target, which is there");
		ok($text{$target} && anchors($target)->{$anchor}, bytes("$page links to section $anchor of $target"))
		  if defined $anchor;
	}
}
foreach my $page (grep { m{^doc/} } @pages)
{
	(my $name = $page) =~ s{^doc/}{};
	ok($name eq 'index.md' || $text{'doc/index.md'} =~ /\(\Q$name\E\)/, "doc/index.md links to $page");
}

$node->stop;
done_testing();
