# What BI tools see: the views of scoreboards through psqlODBC, pgJDBC and node's pg, each where it is installed
# ("make dependencies WITH=drivers").  Every view that a scoreboard has is looked at, whichever concept brought it.

use strict;
use warnings;
use utf8;

use Encode;
use IPC::Run;
use JSON::PP;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('drivers');
my $password = join '', map { ('a' .. 'z', 0 .. 9)[ rand 36 ] } 1 .. 24;

sub bytes { return Encode::encode('UTF-8', $_[0]); }

sub sql { return Encode::decode('UTF-8', $node->safe_psql('postgres', bytes($_[0]))); }

# pgJDBC knows no sockets but TCP's, which anybody on the machine can reach: with a password, and for one role.
open my $hba, '>', $node->data_dir . '/pg_hba.conf' or die "could not write pg_hba.conf: $!";
print $hba "local all all trust\nhost postgres bi_reader 127.0.0.1/32 scram-sha-256\n";
close $hba;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\npassword_encryption = 'scram-sha-256'\n");
$node->restart;

# ----- scoreboards over columns of many types, with names that must be quoted, live and frozen

sql(qq{
	CREATE EXTENSION innovation_score;
	CREATE SCHEMA dash;
	CREATE TYPE dash.size AS ENUM ('small', 'large');
	CREATE TABLE dash.firm (
		code varchar(18), year int, "城市" text, stage text, founded date, certified boolean, size dash.size,
		capital numeric(16,2), seen timestamptz, revenue numeric(16,2), rd_expense numeric(16,2), rd_intensity float8,
		invention_patents int, revenue_growth real, PRIMARY KEY (code, year));
	INSERT INTO dash.firm
	SELECT 'F' || lpad(i::text, 17, '0'), y, CASE WHEN i % 9 > 0 THEN (ARRAY['杭州', '宁波', E'丽水|"x"'])[1 + i % 3] END,
		   (ARRAY['startup', 'growth', 'stable', NULL])[1 + least(i % 10, 3)], date '2001-01-01' + i * 50, i % 2 = 0,
		   (ARRAY['small', 'large'])[1 + i % 2]::dash.size, i * 1000.25, timestamptz '2025-01-01 00:00:00+00' + i * interval '1 hour',
		   i * 997 % 1013 * 1.07, CASE WHEN i % 7 <> 3 THEN i * 331 % 409 END, (i * 31 % 97) / 100.0, i * i % 11, ((i + y) % 13 - 3) / 8.0
	FROM generate_series(1, 80) i, generate_series(2023, 2024) y;
	COMMENT ON TABLE dash.firm IS '企业';
});
foreach my $column (split /\n/, sql(q{SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = 'dash.firm'::regclass AND attnum > 0}))
{
	sql(qq{COMMENT ON COLUMN dash.firm.$column IS '来源的列 of the source, ''quoted'''});
}
my $rest = join ', ', map { qq{"$_": null} } qw(rd_expense_growth rd_staff_share pct_patents tech_contract_value hitech_revenue
  postgraduate_share rd_tax_relief net_asset_margin graduates_hired rd_platforms science_awards science_projects venture_capital);
my $attributes = '{城市,founded,certified,size,capital,seen}';
foreach my $board ('dash.hz', 'dash."创新 Board"')
{
	sql(qq{SELECT innovation_score.create_scoreboard('$board', 'national-2024', 'dash.firm', 'code', 'stage', 'year',
			   attributes => '$attributes', mapping => '{$rest}');
		   SELECT innovation_score.set_whitelist_rule('$board', min_score => 10, top_n => 20, quota_by => '城市', quota_n => 9,
													  reserve_n => 5, required => 'revenue > 0');});
}
sql(q{SELECT innovation_score.freeze_scoreboard('dash."创新 Board"')});

# Rules, so that the views of every concept have rows; tables of published firms, and two sources reconciled.
sql(q{
	INSERT INTO innovation_score.credit_rule (bank, title, interpolate) VALUES ('甲银行', '科创积分贷', true);
	INSERT INTO innovation_score.credit_step (bank, tier, min_score, amount) VALUES ('甲银行', '', 10, 200), ('甲银行', '', 60, 500.5);
	SELECT innovation_score.set_tiers('dash.hz', 'quantile', '{甲级,乙级,丙级}', '[0.2, 0.6]');
	SELECT innovation_score.set_credit('dash.hz', revenue => 'revenue');
	SELECT innovation_score.set_whitelist_rule('dash.hz', rule => 'bank', top_n => 5);
	SELECT innovation_score.record_whitelist_batch('dash.hz', '2024', 'bank');
	SELECT innovation_score.publish('dash."创新 Board"', '2024', '公示');
	SELECT innovation_score.create_reconciliation('dash.twice', 'dash.firm', 'dash.firm', '{code,year}',
												  '{"rd_intensity": {"right": "rd_intensity * 1.01"}, "revenue": {}, "stage": {}}');
});

# The role that the page for BI tools tells to make.
sql(qq{
	CREATE ROLE bi_reader LOGIN PASSWORD '$password' CONNECTION LIMIT 20;
	ALTER ROLE bi_reader SET default_transaction_read_only = on;
	ALTER ROLE bi_reader SET statement_timeout = '120s';
	ALTER ROLE bi_reader SET search_path = dash;
	GRANT USAGE ON SCHEMA dash TO bi_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA dash TO bi_reader;
	GRANT SELECT ON ALL TABLES IN SCHEMA innovation_score TO bi_reader;
});

# ----- what must be seen, from the catalogs

my @kinds = split /\n/, sql(q{SELECT kind FROM _innovation_score.scoreboard_view ORDER BY 1});
my @views = split /\n/, sql(q{
	SELECT (parse_ident(b.scoreboard))[2] || '_' || v.suffix
	FROM innovation_score.scoreboard b CROSS JOIN LATERAL _innovation_score.views_of(b.scoreboard) v
	UNION ALL SELECT (parse_ident(scoreboard))[2] || '_rights' FROM innovation_score.scoreboard
	UNION ALL SELECT unnest('{twice,twice_summary,twice_resolved}'::text[])
	});

# Columns of the views of a schema: "view", "name", "base" (the type's name), "precision" and "scale" of a numeric,
# "comment", "ours": not a column of the source.
sub columns
{
	my ($schema) = @_;

	return map { JSON::PP->new->decode($_) } split /\n/, sql(qq{
		SELECT jsonb_build_object('view', c.relname, 'name', a.attname, 'oid', a.atttypid, 'base', t.typname, 'kind', t.typtype,
			'category', t.typcategory, 'modifier', a.atttypmod,
			'precision', CASE WHEN t.typname = 'numeric' THEN (a.atttypmod - 4) >> 16 END,
			'scale', CASE WHEN t.typname = 'numeric' THEN (a.atttypmod - 4) & 65535 END,
			'comment', col_description(c.oid, a.attnum),
			'ours', a.attname NOT IN (SELECT attname FROM pg_attribute WHERE attrelid = 'dash.firm'::regclass AND attnum > 0))
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_type t ON t.oid = a.atttypid
		WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'v'
		ORDER BY c.relname COLLATE "C", a.attnum});
}

# What begins with an underscore is for the other views, and the views of rights have no rows; a scheme's tiers are a list,
# and the registry, whose tables have the same names, is no reader's.
my @columns = grep { $_->{view} !~ /_rights$/ } columns('dash');
my @shown = grep { $_->{name} !~ /^_/ } @columns;
my %registry = map { $_ => 1 } split /\n/, sql(q{SELECT relname FROM pg_class WHERE relnamespace = '_innovation_score'::regnamespace AND relkind = 'r'});
my @shared = grep { "$_->{view}.$_->{name}" ne q(scheme_tier.tiers) && !$registry{ $_->{view} } } columns('innovation_score');
my %comment = map { split /\t/, $_, 2 } split /\n/, sql(q{
	SELECT relname || E'\t' || coalesce(obj_description(oid), '') FROM pg_class WHERE relnamespace = 'dash'::regnamespace AND relkind = 'v'});

sub names { return join ' ', map { "$_->{view}.$_->{name}" } @_; }

is(bytes(join ' ', sort keys %comment), bytes(join ' ', sort @views), 'every view of the scoreboards is a plain view');
foreach my $kind (@kinds)
{
	ok((grep { /^hz_\Q$kind\E(?:_|$)/ } @views), "a view of the kind $kind is among them");
}
is(bytes(names(grep { $_->{kind} !~ /[be]/ || $_->{category} eq 'A' } @shown, @shared)), '', 'all columns are scalars: no array, composite, domain or range');
is(bytes(names(grep { $_->{base} eq 'numeric' && $_->{modifier} < 0 } @shown, @shared)), '', 'no numeric is without precision and scale');
is(bytes(names(grep { ($_->{comment} // '') eq '' } @shown, @shared)), '', 'every column has a comment');
is(bytes(join ' ', grep { $comment{$_} eq '' } sort keys %comment), '', 'every view has a comment');
is(bytes(names(grep { $_->{ours} && $_->{name} !~ /^[a-z][a-z0-9_]*$/ } @shown)), '', 'our columns need no quotes');
is( bytes(names(grep { $_->{ours} && $_->{base} !~ /^(?:text|bool|int4|int8|float8|numeric|date|timestamptz)$/ && $_->{name} ne 'model' } @shown)),
	'', 'our columns are of types that every tool knows');

# Rows as text, sorted; with the fields of a row between tabs.
sub expected_rows
{
	my ($view, $user) = @_;
	my $rows = sql(qq{SET datestyle = 'ISO'; SET timezone = 'UTC'; COPY (SELECT * FROM dash."$view") TO STDOUT});
	return [ sort split /\n/, $rows ];
}

# Standard output of a command, decoded; standard error goes to the test's log.
sub output
{
	my ($input, @command) = @_;
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ map { bytes($_) } @command ], '<', \bytes($input), '>', \$out, '2>', \$err, IPC::Run::timeout(300));

	diag($err) if !$ok;
	return $ok ? Encode::decode('UTF-8', $out) : undef;
}

# A value as COPY writes it.
sub copied
{
	my ($value) = @_;
	my %escape = ("\\" => '\\\\', "\n" => '\n', "\t" => '\t');

	return '\N' unless defined $value;
	$value =~ s/([\\\n\t])/$escape{$1}/g;
	return $value;
}

# A command that is missing is an exception.
sub there { return eval { IPC::Run::run([ @_ ], '<', \'', '>', \my $out, '2>', \my $err) }; }

local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGUSER => 'bi_reader', PGDATABASE => 'postgres', PGTZ => 'UTC',
	PGPASSWORD => $password, HOME => $node->basedir, LC_ALL => 'C.UTF-8', TZ => 'UTC');

# ----- psqlODBC

SKIP: {
	my $drivers = eval { output('', 'odbcinst', '-q', '-d') } // '';
	my ($driver) = $drivers =~ /^\[(PostgreSQL Unicode)\]/m;

	skip 'psqlODBC is missing (unixodbc, odbc-postgresql)', 1 unless $driver && there('isql', '--version');
	my $ini = $node->basedir . '/odbc.ini';
	open my $file, '>', $ini or die "could not write $ini: $!";
	print $file "[dash]\nDriver = $driver\nServername = " . $node->host . "\nPort = " . $node->port
	  . "\nDatabase = postgres\nUserName = bi_reader\nPassword = $password\nReadOnly = 1\n";
	close $file;
	local $ENV{ODBCINI} = $ini;

	# One statement a line; "help" lists tables, "help NAME" columns.
	my $isql = sub { return map { [ split /\x1f/, $_, -1 ] } split /\n/, output("$_[0]\n", 'isql', 'dash', '-b', "-d\x1f") // ''; };

	my %type = map { $_->[2] => $_->[3] } grep { @$_ >= 4 && $_->[1] eq 'dash' } $isql->('help');
	is(bytes(join ' ', sort grep { $type{$_} eq 'VIEW' } keys %type), bytes(join ' ', sort @views), 'ODBC: the views are listed as such');

	# As ODBC numbers them, before version 3 and since: date 9, 91; time stamp 11, 93; booleans and enums are characters.
	my %odbc_type = (
		int4 => '4', int8 => '-5', float8 => '6', float4 => '7', numeric => '2', text => '-1|-10', varchar => '12|-9', bool => '-7|12|-9',
		date => '9|91', timestamptz => '11|93', size => '12|-9|-1|-10', score_model => '12|-9|-1|-10');
	my (%seen, @other, @nullable);
	foreach my $view (@views)
	{
		$seen{"$view.$_->[3]"} = $_ foreach grep { @$_ >= 11 && $_->[1] eq 'dash' && $_->[2] eq $view } $isql->($view =~ /^\w+$/a ? "help $view" : qq{help "$view"});
	}
	foreach my $column (@columns)
	{
		my $found = $seen{"$column->{view}.$column->{name}"};
		my $wanted = $odbc_type{ $column->{base} } // '.*';

		# isql's own command splits names at blanks.
		next if $column->{view} =~ / / || $column->{name} =~ /^_/;
		push @other, "$column->{view}.$column->{name} @{[ $found ? qq{$found->[4] ($found->[6],$found->[8])} : 'missing' ]}"
		  unless $found && $found->[4] =~ /^(?:$wanted)$/
		  && ($column->{base} ne 'numeric' || ($found->[6] == $column->{precision} && $found->[8] == $column->{scale}));
		push @nullable, $column if $found && $found->[10] ne '1';
	}
	is(bytes(join "\n", @other), '', 'ODBC: names, types, precision and scale');
	is(bytes(names(@nullable)), '', 'ODBC: columns of views are nullable');

	foreach my $view (grep { !/_model$/ } @views)
	{
		my @got = $isql->(qq{SELECT * FROM dash."$view"});
		my $wanted = expected_rows($view);
		# NULL is printed as nothing; what isql shows of a long text ends after some hundred characters.
		my @wanted = map { join "\t", map { $_ eq '\\N' ? '' : substr($_, 0, 200) } split /\t/, $_, -1 } @$wanted;
		my @rows = map { join "\t", map { substr($_, 0, 200) } @$_ } @got;

		# Truth is 1 here, and moments have no time zone.
		my @kind = map { $_->{base} } grep { $_->{view} eq $view } @columns;
		foreach my $row (@wanted)
		{
			my @fields = split /\t/, $row, -1;
			foreach my $i (0 .. $#fields)
			{
				$fields[$i] =~ tr/tf/10/ if $kind[$i] eq 'bool';
				$fields[$i] =~ s/\+00$// if $kind[$i] eq 'timestamptz';
			}
			$row = join "\t", @fields;
		}
		is(bytes(join "\n", sort @rows), bytes(join "\n", sort @wanted), bytes("ODBC: the rows of $view"));
	}
}

# ----- pgJDBC

SKIP: {
	my ($jar) = grep { defined && -r } $ENV{PGJDBC_JAR}, '/usr/share/java/postgresql.jar';

	skip 'pgJDBC or a JDK is missing (libpostgresql-jdbc-java, default-jdk-headless)', 1 unless $jar && there('javac', '-version');
	my $port = $node->port;
	my $out = output('', 'java', '-Duser.timezone=UTC', '-Xshare:auto', '-cp', $jar, 'test/drivers/Views.java',
		"jdbc:postgresql://127.0.0.1:$port/postgres", 'bi_reader', 'dash');
	ok(defined $out, 'JDBC: the program runs');
	my %got;
	foreach my $line (split /\n/, $out // '')
	{
		my ($what, @fields) = split /\t/, $line, -1;
		push @{ $got{$what} }, \@fields;
	}
	is(bytes(join "\n", sort map { join "\t", @$_ } @{ $got{view} }), bytes(join "\n", sort map { "$_\t$comment{$_}" } @views),
		'JDBC: the views are listed as such, with their comments');

	my %jdbc_type = (
		int4 => 'INTEGER', int8 => 'BIGINT', float8 => 'DOUBLE', float4 => 'REAL', numeric => 'NUMERIC', text => 'VARCHAR', varchar => 'VARCHAR',
		bool => 'BIT', date => 'DATE', timestamptz => 'TIMESTAMP', size => 'VARCHAR', score_model => 'OTHER');
	my %class = (
		int4 => 'java.lang.Integer', int8 => 'java.lang.Long', float8 => 'java.lang.Double', float4 => 'java.lang.Float',
		numeric => 'java.math.BigDecimal', text => 'java.lang.String', varchar => 'java.lang.String', bool => 'java.lang.Boolean',
		date => 'java.sql.Date', timestamptz => 'java.sql.Timestamp', size => 'java.lang.String', score_model => 'org.postgresql.util.PGobject');
	my %type = map { ("$_->[0].$_->[1]" => $_) } @{ $got{column} };
	my %result = map { ("$_->[0].$_->[1]" => $_) } @{ $got{result} };
	my (@types, @comments, @nullable, @results);
	foreach my $column (@columns)
	{
		my $name = "$column->{view}.$column->{name}";
		my $found = $type{$name} // [];
		my $result = $result{$name} // [];

		push @types, join ' ', $name, map { $_ // '?' } @$found[ 2 .. 5 ]
		  unless ($found->[2] // '') eq ($jdbc_type{ $column->{base} } // '')
		  && ($column->{base} ne 'numeric' || ($found->[4] == $column->{precision} && $found->[5] == $column->{scale}));
		push @comments, $column unless ($found->[7] // '') eq $column->{comment};
		push @nullable, $column unless ($found->[6] // '') eq 'YES';
		# A column without a value has no class.
		push @results, join ' ', $name, map { $_ // '?' } @$result[ 2 .. 4 ]
		  unless ($result->[2] // '') =~ /^(?:\Q$class{$column->{base}}\E|\\N)$/
		  && ($column->{base} ne 'numeric' || ($result->[3] == $column->{precision} && $result->[4] == $column->{scale}));
	}
	is(bytes(join "\n", @types), '', 'JDBC: names, types, precision and scale');
	is(scalar @{ $got{column} // [] }, scalar @columns, 'JDBC: as many columns as there are');
	is(bytes(names(@comments)), '', 'JDBC: comments');
	is(bytes(names(@nullable)), '', 'JDBC: columns of views are nullable');
	is(bytes(join "\n", @results), '', 'JDBC: classes, precision and scale of results');
	foreach my $view (@views)
	{
		my @rows = map { my ($v, @fields) = @$_; join "\t", @fields } grep { $_->[0] eq $view } @{ $got{row} };
		is(bytes(join "\n", sort @rows), bytes(join "\n", @{ expected_rows($view) }), bytes("JDBC: the rows of $view"));
	}
}

# ----- node's pg

SKIP: {
	local $ENV{NODE_PATH} = join ':', grep { defined && $_ ne '' } $ENV{NODE_PATH}, '/usr/share/nodejs';

	skip 'node or its module pg is missing (nodejs, node-pg)', 1 unless there('node', '-e', 'require("pg")');
	my $out = output('', 'node', 'test/drivers/views.js', 'dash', @views);
	ok(defined $out, 'node: the program runs');

	# 64-bit integers and numerics come as text, so that no digit is lost.
	my %kind = (int4 => 'number', float8 => 'number', float4 => 'number', bool => 'boolean', date => 'date', timestamptz => 'date', score_model => 'string');
	my (@other, %rows);
	foreach my $line (split /\n/, $out // '')
	{
		my $got = JSON::PP->new->decode($line);
		my @wanted = grep { $_->{view} eq $got->{view} } @columns;

		$rows{ $got->{view} } = scalar @{ $got->{rows} };
		foreach my $i (0 .. $#wanted)
		{
			my $field = $got->{fields}[$i];
			my $kinds = join ' ', @{ $field->{kinds} };

			push @other, "$got->{view}.$wanted[$i]{name}"
			  unless $field->{name} eq $wanted[$i]{name}
			  && $field->{type} == $wanted[$i]{oid}
			  && $field->{modifier} == $wanted[$i]{modifier}
			  && ($kinds eq '' || $kinds eq ($kind{ $wanted[$i]{base} } // 'string'));
		}
		# What JavaScript writes otherwise is compared by the other drivers.
		my @same = grep { $wanted[$_]{base} =~ /^(?:text|varchar|numeric|int[48]|size)$/ } 0 .. $#wanted;
		my @got_rows = map { join "\t", map { copied($_) } @$_[@same] } @{ $got->{rows} };
		my @wanted_rows = map { join "\t", (split /\t/, $_, -1)[@same] } @{ expected_rows($got->{view}) };
		is(bytes(join "\n", sort @got_rows), bytes(join "\n", sort @wanted_rows), bytes("node: the rows of $got->{view}"));
	}
	is(bytes(join ' ', sort keys %rows), bytes(join ' ', sort @views), 'node: every view is read');
	is(bytes(join "\n", @other), '', 'node: names, types, modifiers and kinds of values');
}

# ----- the role reads, and only that

{
	my ($out, $err) = ('', '');
	my @psql = ('psql', '-X', '-A', '-t', '-d', 'postgres', '-c');

	ok(IPC::Run::run([ @psql, 'SELECT count(*) FROM dash.hz_ranking' ], '>', \$out, '2>', \$err), 'the role reads') or diag($err);
	foreach my $command ('CREATE TABLE dash.mine (a int)', 'DELETE FROM dash.firm', 'SET default_transaction_read_only = off; DELETE FROM dash.firm')
	{
		ok(!IPC::Run::run([ @psql, $command ], '>', \$out, '2>', \$err), "... $command is refused");
	}
}

$node->stop;
done_testing();
