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
	fit => ['model'],
	score => ['model'],
	rank => ['score'],
	decide => ['rank'],
	weights => ['score'],
	robustness => ['rank'],
	analysis => ['rank'],
	run => [ 'fit', 'decide' ],
	review => ['support'],
	allocate => ['support'],
	checks => ['support']);

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

# ----- the two schemas

my $node = new_node('house');
$node->safe_psql('postgres', 'CREATE EXTENSION innovation_score');
is($node->safe_psql('postgres', q{SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY 1) FROM pg_proc p
	WHERE pronamespace = 'innovation_score'::regnamespace AND (proname LIKE '\_%' OR obj_description(p.oid, 'pg_proc') IS NULL)}),
	'', 'no public function begins with an underscore or lacks a comment');

$node->stop;
done_testing();
