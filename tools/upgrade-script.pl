#!/usr/bin/env perl
#
# usage: upgrade-script.pl SQL_DIRECTORY FROM TO
#
# Prints the script that updates the extension from one version to another.  What keeps data (tables, types, indexes,
# rows) is changed by the deltas sql/upgrade/A--B.sql, which are written by hand; one leads to the next.  What only
# computes (functions, aggregates, views, triggers) is created anew from the parts of the install script.  A delta goes
# before these, except what follows its line "-- after the functions".

use strict;
use warnings;

die "usage: upgrade-script.pl SQL_DIRECTORY FROM TO\n" unless @ARGV == 3;
my ($directory, $from, $to) = @ARGV;

sub slurp
{
	my ($path) = @_;
	open my $file, '<', $path or die "could not open $path: $!\n";
	local $/;
	return scalar <$file>;
}

# ----- the deltas

my (@before, @after);
for (my $version = $from; $version ne $to;)
{
	my @next = glob("$directory/upgrade/$version--*.sql");
	die "there must be one delta that starts at $version in $directory/upgrade, not " . @next . "\n" unless @next == 1;
	my ($before, $after) = split /^-- after the functions\n/m, slurp($next[0]), 2;
	push @before, $before;
	push @after, $after // '';
	($version) = $next[0] =~ /--([^-]+)\.sql$/ or die "$next[0] is not named after two versions\n";
}

# ----- the parts

my $word = qr/[^\s;'"\$-]+/;
my $token = qr/
	  \s+ | --[^\n]* | \/\*.*?\*\/
	| \b[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
	| (\$\w*\$).*?\g{-1}
	| $word | [\$-]
	/xs;

# The statements of a part, each with its line, and without the comments in front of it.
sub statements
{
	my ($path) = @_;
	my $text = slurp($path);
	my @statements;

	while ($text =~ /\G(?:\s+|--[^\n]*|\/\*.*?\*\/)*/gcs && pos($text) < length $text)
	{
		my $start = pos $text;
		my $line = 1 + (substr($text, 0, $start) =~ tr/\n//);

		$text =~ /\G(?:$token)*;/gcs or die "$path:$line: statement without an end\n";
		push @statements, { where => "$path:$line", text => substr($text, $start, pos($text) - $start) };
	}
	return @statements;
}

# What becomes of a statement of the install script.
sub upgraded
{
	my ($statement) = @_;
	my $text = $statement->{text};

	die "$statement->{where}: bodies with BEGIN ATOMIC are not understood\n" if $text =~ /^CREATE\b.*\bBEGIN\s+ATOMIC\b/is;
	return $text =~ s/^CREATE/CREATE OR REPLACE/r if $text =~ /^CREATE (?:FUNCTION|PROCEDURE|AGGREGATE|VIEW|TRIGGER) /;
	return $text if $text =~ /^(?:COMMENT ON|GRANT|REVOKE|SET LOCAL|DO) /;
	return $text if $text =~ /^ALTER (?:FUNCTION|VIEW) /;
	return $text if $text =~ /^SELECT _innovation_score\.(?:create_\w+_triggers|set_privileges)\(\);/;
	return '' if $text =~ /^(?:CREATE (?:SCHEMA|TABLE|TYPE|DOMAIN|SEQUENCE|(?:UNIQUE )?INDEX|OPERATOR|CAST)|ALTER TABLE) /;
	return '' if $text =~ /^(?:INSERT INTO|UPDATE|DELETE FROM) /;
	return '' if $text =~ /^SELECT (?:_innovation_score\.(?:dump_table|show_table|order_by_bytes)|pg_catalog\.pg_extension_config_dump)\(/;
	die "$statement->{where}: not understood, neither as something to create anew nor as something for a delta:\n$text\n";
}

sub from_part
{
	my ($part) = @_;
	return join '', map { "$_\n" } grep { $_ ne '' } map { upgraded($_) } statements("$directory/$part");
}

# The first part makes the schemas and sets the search path, which holds for the deltas, too.
my ($first, @parts) = split ' ', slurp("$directory/ORDER");

print qq{\\echo Use "ALTER EXTENSION innovation_score UPDATE TO '$to'" to load this file. \\quit\n};
print from_part($first), @before, (map { from_part($_) } @parts), @after;
