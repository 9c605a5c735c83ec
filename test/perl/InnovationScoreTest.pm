# What the TAP tests share: a server of their own under the names that the supported versions of PostgreSQL have for it.
package InnovationScoreTest;

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(new_node slurp);

# In BEGIN, since the modules' INIT blocks set up the log files.  PostgreSQL 15 renamed them, late releases of 14 know
# both names.
my $class;

BEGIN
{
	foreach my $candidate (qw(PostgreSQL::Test::Cluster PostgresNode))
	{
		next unless eval "require $candidate; 1";
		$class = $candidate;
		last;
	}
	plan skip_all => "PostgreSQL's Perl modules for tests are missing" unless $class;
}

# A running server; the options are those of the class.
sub new_node
{
	my ($name, @options) = @_;
	my $node = $class->can('get_new_node') ? $class->get_new_node($name, @options) : $class->new($name, @options);

	$node->init;
	$node->start;
	return $node;
}

sub slurp
{
	my ($path) = @_;

	open my $file, '<:encoding(UTF-8)', $path or die "could not open $path: $!";
	local $/;
	return scalar <$file>;
}

1;
