# The examples in README.md and doc/*.md as a test.
#
# A page's blocks marked ```sql run in order, in one psql session and in a database of the page's own.  A block marked
# ```text right behind one (nothing but blank lines between them) is its output: what psql prints by default, results,
# notices and errors, but no CONTEXT, and no blanks at the ends of lines.  A block without one must raise no error.
# Blocks marked ```sql 15+ are left out on servers before that version, and so are their outputs.  tools/update-docs.sh
# writes the outputs.
package DocumentationExamples;

use strict;
use warnings;

use Exporter 'import';
use File::Temp;

our @EXPORT = qw(documentation_pages page_examples run_examples update_page);

my $marker = '=== example';
my $left_out = '=== left out';

# README.md and its translation first, then doc/ in the order of its names.
sub documentation_pages
{
	return (glob('README*.md'), sort glob('doc/*.md'));
}

sub read_lines
{
	my ($page) = @_;

	open my $file, '<:encoding(UTF-8)', $page or die "could not open $page: $!";
	chomp(my @lines = <$file>);
	return @lines;
}

# The examples of a page: sql, the line of its fence, and where it has them the expected output and the lines (from 0,
# fences excluded) between which it stands.
sub page_examples
{
	my ($page) = @_;
	my @lines = read_lines($page);
	my @examples;
	my ($fence, $start, $example);

	for my $i (0 .. $#lines)
	{
		if (defined $fence)
		{
			next unless $lines[$i] eq '```';
			my @body = @lines[ $start + 1 .. $i - 1 ];
			if ($fence =~ /^sql(?: (\d+)\+)?$/)
			{
				$example = { line => $start + 1, version => $1 || 0, sql => join("\n", @body) . "\n" };
				push @examples, $example;
			}
			elsif ($fence eq 'text' && $example)
			{
				@$example{qw(expected from to)} = (join("\n", @body), $start + 1, $i);
				undef $example;
			}
			undef $fence;
		}
		elsif ($lines[$i] =~ /^```(.*)$/)
		{
			($fence, $start) = ($1, $i);
			undef $example if $fence ne 'text';
		}
		elsif ($lines[$i] =~ /\S/)
		{
			undef $example;
		}
	}
	die "$page: a block is not closed\n" if defined $fence;
	return @examples;
}

# What the examples of a page print, one entry an example, undefined for one that is left out.  The environment says
# which server; its user may create databases.
sub run_examples
{
	my ($page, @examples) = @_;
	(my $database = lc "doc_$page") =~ s/\W/_/g;
	my $script = File::Temp->new;
	local %ENV = (
		%ENV,
		LC_ALL => 'C',
		PGCLIENTENCODING => 'UTF8',
		PGTZ => 'UTC',
		PGDATESTYLE => 'ISO',
		PSQLRC => '/dev/null');

	local $ENV{PGOPTIONS} = '-c innovation_score.next_steps=off';	# a page has it where it tells of it
	my @psql = ('psql', '-X', '-q', '-v', 'SHOW_CONTEXT=never', '-P', 'pager=off');
	my $options = q{TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'};
	system(@psql, '-d', 'postgres', '-c', "CREATE DATABASE $database $options") == 0
	  or die "could not create database $database\n";

	binmode $script, ':encoding(UTF-8)';
	foreach my $example (@examples)
	{
		my $from = 10000 * $example->{version};

		print $script "SELECT current_setting('server_version_num')::int >= $from AS runs \\gset\n" if $from > 0;
		print $script $from > 0 ? "\\if :runs\n$example->{sql}\\else\n\\echo $left_out\n\\endif\n" : $example->{sql}, "\\echo $marker\n";
	}
	close $script;
	my $output = do
	{
		# Through one pipe, so that notices and errors stand where they happened.
		open my $pipe, '-|:encoding(UTF-8)', join(' ', @psql, '-d', $database, '<', $script->filename, '2>&1')
		  or die "could not run psql: $!";
		local $/;
		<$pipe>;
	};
	system(@psql, '-d', 'postgres', '-c', "DROP DATABASE $database") == 0 or die "could not drop database $database\n";

	$output =~ s/[ \t]+$//mg;
	my @outputs = split /^\Q$marker\E\n/m, $output, -1;
	die "$page: the session ended early:\n$output" if @outputs != @examples + 1;
	pop @outputs;
	s/\n+\z// foreach @outputs;
	return map { $_ eq $left_out ? undef : $_ } @outputs;
}

# Write what the examples print into a page; returns whether that changed it.
sub update_page
{
	my ($page) = @_;
	my @lines = read_lines($page);
	my @examples = page_examples($page);
	my @outputs = run_examples($page, @examples);
	my $changed = 0;

	foreach my $i (reverse 0 .. $#examples)
	{
		my ($expected, $from, $to) = @{ $examples[$i] }{qw(expected from to)};

		next unless defined $outputs[$i];
		if (!defined $expected)
		{
			die "$page:$examples[$i]{line}: $outputs[$i]\n" if $outputs[$i] =~ /^(?:ERROR|FATAL|PANIC|psql|\\)/m;
			next;
		}
		next if $expected eq $outputs[$i];
		splice @lines, $from, $to - $from, split(/\n/, $outputs[$i], -1);
		$changed = 1;
	}
	if ($changed)
	{
		open my $file, '>:encoding(UTF-8)', $page or die "could not write $page: $!";
		print $file "$_\n" foreach @lines;
		close $file or die "could not write $page: $!";
	}
	return $changed;
}

1;
