# Publications as an outsider meets them: digests recomputed by another program, bits flipped in the data files, several
# publishers at once, crashes and cancels in the middle, a standby.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256 sha256_hex);
use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('publications');

# PostgreSQL 18 has checksums of its own, which would find the bits first.
$node->append_conf('postgresql.conf', "ignore_checksum_failure = on\n");
$node->reload;

sub sql { return $node->safe_psql('postgres', "SET search_path = public, innovation_score; $_[0]"); }

# What verify_publication finds wrong, the source left aside.
sub findings
{
	my ($number) = @_;
	return sql(qq{SELECT string_agg(DISTINCT "check", ' ') FROM verify_publication($number) WHERE ok IS NOT true AND "check" <> 'source'});
}

sql(q{
	CREATE EXTENSION innovation_score;
	INSERT INTO scheme (scheme, title) VALUES ('s', '体系');
	INSERT INTO category (scheme, category) VALUES ('s', 'x'), ('s', 'y');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('s', 'a', 'x', 'percentile(0.05,0.95)'), ('s', 'b', 'y', 'iqr(1.5)');
	INSERT INTO weight VALUES ('s', 'all', 'a', 40), ('s', 'all', 'b', 60);
	CREATE TABLE firm AS
	SELECT '企业' || i AS firm, 2023 + i % 2 AS year, CASE i % 50 WHEN 7 THEN NULL WHEN 9 THEN E'a"b,\t{}\\\\' ELSE '杭州' END AS city,
		   CASE WHEN i % 20 <> 3 THEN exp(sin(i) * 9) END AS a, cos(i) * 1e6 AS b
	FROM generate_series(1, 4000) i;
	SELECT create_scoreboard('hz', 's', 'firm', 'firm', period => 'year', attributes => '{city}');
	SELECT set_whitelist_rule('hz', min_score => 10, top_n => 300, reserve_n => 50);
	SELECT publish('hz', '2024', 'first');
	SELECT file_objection(1, '企业1', 'a', 77.5, '证明');
	SELECT accept_objection(1, '成立');
	SELECT publish('hz', '2024', '第二');
});
is(findings($_), '', "publication $_ is sound") for 1, 2;

# ----- the digests by another program, as doc/publish.md defines them

# Rows of a query as COPY writes them; undef for NULL.
sub rows
{
	my ($query) = @_;
	my %escape = (b => "\b", f => "\f", n => "\n", r => "\r", t => "\t", v => "\x0b");
	my $text = sql(qq{SET extra_float_digits = 1; COPY ($query) TO STDOUT});

	return map {
		[ map { my $v = $_; $v eq '\N' ? undef : $v =~ s/\\(.)/$escape{$1} \/\/ $1/ger } split /\t/, $_, -1 ]
	} split /\n/, $text;
}

sub canonical { return join '', map { defined $_ ? length($_) . ":$_," : '-,' } @_; }

# RFC 6962: split at the greatest power of two below the number of leaves.
sub tree
{
	my $k = 1;

	return $_[0] if @_ == 1;
	$k *= 2 while $k * 2 < @_;
	return sha256("\1" . tree(@_[0 .. $k - 1]) . tree(@_[$k .. $#_]));
}

my $firm = 'entity, stage, peers, attributes, vals, score, coverage, category_scores, rank, stage_rank, barred, qualifies, quota, eligible, admitted, decision, reasons';
my $previous;

foreach my $number (1, 2)
{
	my @models = rows(qq{SELECT peers, model FROM published_model WHERE publication = $number ORDER BY peers::text COLLATE "C"});
	my @corrections = rows(qq{SELECT entity, indicator, objection, source_value, used_value FROM published_correction
							  WHERE publication = $number ORDER BY entity COLLATE "C", indicator COLLATE "C"});
	my @firms = rows(qq{SELECT $firm FROM published_firm WHERE publication = $number});
	my ($header) = rows(qq{SELECT 'innovation_score publication', publication, scoreboard, scheme, period, title,
		to_char(published_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), published_by, session_role, indicators, categories, peers, attributes,
		scheme_document, board_document, rule, firms, scored, listed, encode(model_digest, 'hex'), encode(correction_digest, 'hex'), encode(content_digest, 'hex'), encode(previous_digest, 'hex'), encode(digest, 'hex')
		FROM publication JOIN (SELECT number, session_role FROM publication_log WHERE kind = 'publication') l ON number = publication WHERE publication = $number});
	my $digest = pop @$header;
	my $secret = pack 'H*', sql("SELECT encode(secret, 'hex') FROM _innovation_score.publication_secret WHERE publication = $number");
	my @leaves = sort map { sha256("\0" . hmac_sha256($_->[0], $secret) . canonical(@$_)) } @firms;

	$_ = sha256_hex($_) foreach @$header[13 .. 15];

	is(scalar(@firms), 2000, "publication $number: firms");
	is(scalar(@corrections), $number - 1, "publication $number: corrections");
	is($header->[19], sha256_hex(join '', map { sha256(canonical(@$_)) } @models), "publication $number: digest of the models");
	is($header->[20], sha256_hex(join '', map { sha256(canonical(@$_)) } @corrections), "publication $number: digest of the corrections");
	is($header->[21], unpack('H*', tree(@leaves)), "publication $number: root of the firms");
	is($header->[22], $previous, "publication $number: continues the one before");
	is($digest, sha256_hex(canonical(@$header)), "publication $number: digest");
	$previous = $digest;
}

# The log: every head by its definition, and the last one is what publication_head says.
my ($entries, $head) = (0, "\0" x 32);
foreach my $entry (rows(q{SELECT entry, kind, encode(digest, 'hex'), encode(head, 'hex') FROM publication_log ORDER BY entry}))
{
	$head = sha256("\2$head$entry->[1]" . pack('H*', $entry->[2]));
	$entries++ if unpack('H*', $head) eq $entry->[3];
}
is("innovation_score log $entries " . unpack('H*', $head), sql('SELECT publication_head()'), 'the head of the log');

# ----- one bit of a data file, with the server stopped

# Flips a bit of the file of a table: of a byte of what stands there first, or at an offset.  Returns the offset.
sub flip
{
	my ($table, $bytes, $byte) = @_;
	my $file = $node->data_dir . '/' . sql("CHECKPOINT; SELECT pg_relation_filepath('$table')");

	$node->stop;
	open my $handle, '+<:raw', $file or die "could not open $file: $!";
	my $content = do { local $/; <$handle> };
	my $at = defined $bytes ? index($content, $bytes) : 0;
	die "not found in $table" if $at < 0;
	$at += $byte;
	seek $handle, $at, 0;
	print $handle chr(ord(substr($content, $at, 1)) ^ 1);
	close $handle;
	$node->start;
	return $at;
}

my $score = sql(q{SELECT encode(float8send(score), 'hex') FROM published_firm WHERE publication = 1 AND entity = '企业15'});
my $value = sql(q{SELECT encode(float8send(vals[1]), 'hex') FROM published_firm WHERE publication = 1 AND entity = '企业11'});
my $double = sub { my $bytes = pack('H*', $_[0]); pack('L', 1) eq pack('V', 1) ? scalar reverse($bytes) : $bytes };
foreach my $case ([ 'published_firm', $double->($score), 0, qr/digest/ ], [ 'published_firm', $double->($value), 0, qr/digest/ ],
	[ 'published_firm', '企业17', 7, qr/digest/ ], [ 'published_model', '"missing"', 3, qr/digest/ ], [ 'publication', 'first', 1, qr/chain/ ])
{
	my ($table, $bytes, $byte, $expected) = @$case;

	my $at = flip($table, $bytes, $byte);
	like(join(' ', map { findings($_) } 1, 2), $expected, "a bit of $table, flipped in its file, is found");
	flip($table, undef, $at);
}
is(findings($_), '', "with the bits back publication $_ is sound") for 1, 2;

# ----- several publishers at once: one line, whatever the order

# A psql that goes on by itself; its errors are in the file.
sub start
{
	my ($name, @commands) = @_;
	return IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-v', 'VERBOSITY=verbose', map { ('-c', $_) } @commands ],
		'<', '/dev/null', '>', '/dev/null', '2>', $node->basedir . "/$name.err");
}

my @publishers = map { start("publisher$_", map { "SELECT innovation_score.publish('hz', '" . (2023 + $_ % 2) . "', 'at once')" } 1 .. 3) } 1 .. 4;
ok($_->finish, 'a publisher among others is done') for @publishers;
is(sql(q{SELECT count(*), max(publication), count(DISTINCT previous_digest), string_agg(DISTINCT firms::text, ' ') FROM publication}), '14|14|13|2000', 'all of them are there');
is(findings(14), '', 'and in one chain');

# A transaction whose snapshot is older than another's publication must not continue the chain from what it sees.
my ($out, $err) = ('', '');
my $connection = $node->connstr('postgres');
$node->psql('postgres', qq{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	SELECT count(*) FROM innovation_score.publication;
	\\! psql -X -q -A -t -d "$connection" -c "SELECT innovation_score.publish('hz', '2023', 'in between')"
	\\set VERBOSITY verbose
	SELECT innovation_score.publish('hz', '2024', 'too late');
	ROLLBACK;}, stdout => \$out, stderr => \$err, on_error_stop => 0);
like($err, qr/ERROR:  40001: another publication, or change of one, has been made since this transaction began/, 'an older snapshot does not publish');
is(sql('SELECT max(publication) FROM publication'), 15, 'the other one is published');
is(findings(15), '', 'and in the chain');

# Nobody waits for ever, and who has to wait is told for whom.
($out, $err) = ('', '');
$node->psql('postgres', qq{
	BEGIN;
	SELECT innovation_score.start_public_notice(15, '2999-01-01', '2999-02-01');
	\\! psql -X -q -A -t -v VERBOSITY=verbose -d "$connection" -c "SET lock_timeout = '100ms'; SELECT innovation_score.publish('hz', '2024', 'waits')"
	ROLLBACK;}, stdout => \$out, stderr => \$err, on_error_stop => 0);
like($err, qr/ERROR:  55P03: another transaction is publishing.*DETAIL:  The log was locked for 100 ms by process \d+ of role "\w+"\./s, 'a publisher is told who holds it up');
is(sql('SELECT max(publication) FROM publication'), 15, 'nothing is published meanwhile');
sql('CREATE ROLE stranger');
isnt($node->psql('postgres', q{SET ROLE stranger; SELECT _innovation_score.log_turn('publication')}, stderr => \$err), 0, 'a stranger does not hold up anybody');
like($err, qr/permission denied for function log_turn/, 'for want of a right');

# A change of the rule waits for the publication, whose views it would have to change.
$node->psql('postgres', qq{
	SET search_path = public, innovation_score;
	CREATE VIEW slow AS SELECT firm, year, a, b + CASE WHEN firm = '企业2' THEN (SELECT 0 FROM pg_sleep(2)) ELSE 0 END AS b FROM firm;
	SELECT create_scoreboard('slow', 's', 'slow', 'firm', period => 'year');
	SELECT set_whitelist_rule('slow', top_n => 5);});
my $slow = start('changed', "SELECT innovation_score.publish('slow', '2023', 'slow')");
$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
sql(q{SELECT set_whitelist_rule('slow', top_n => 6)});
$slow->finish;
is(slurp($node->basedir . '/changed.err'), '', 'a change of the rule waits');
is(sql(q{SELECT p.rule ->> 'top_n', r.top_n FROM publication p JOIN whitelist_rule r USING (scoreboard) WHERE p.publication = 16}), '5|6', 'what is published is by the rule as it was');

# A change of the scheme does not wait: the document is that of the scores, and so are the corrections, since decisions wait.
sql(q{SELECT file_objection(16, '企业4', 'a', 5, '证明')});
$slow = start('scheme', "SELECT innovation_score.publish('slow', '2023', 'slow again')");
$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
my $decision = start('decision', q{SELECT innovation_score.accept_objection(2, 'meanwhile')});
sql(q{BEGIN; SELECT unlock_scheme('s'); UPDATE weight SET weight = 41 WHERE indicator = 'a'; COMMIT});
$_->finish foreach $slow, $decision;
is(sql(q{SELECT (SELECT count(*) FROM published_correction WHERE publication = 17), status FROM objection WHERE objection = 2}), '0|accepted',
	'a decision waits for the publication');
is(sql(q{SELECT count(*) FROM publication p, published_model m, json_array_elements(p.scheme_document -> 'weight') w, json_array_elements(m.model -> 'indicators') i
	WHERE p.publication = 17 AND m.publication = 17 AND w ->> 'indicator' = i ->> 'indicator' AND (w ->> 'weight')::float8 = (i -> 'weights' ->> 'all')::float8}), '2',
	'the document has the weights of the model');
is(findings(17), '', 'and the publication is sound');
sql(q{BEGIN; SELECT unlock_scheme('s'); UPDATE weight SET weight = 40 WHERE indicator = 'a'; COMMIT});

# ----- crash and cancel in the middle leave nothing

my $everything = q{SELECT (SELECT count(*) FROM publication), (SELECT count(*) FROM published_firm), (SELECT count(*) FROM published_model),
	(SELECT count(*) FROM published_correction), (SELECT count(*) FROM publication_event), (SELECT max(publication) FROM published_firm)};
my $before = sql($everything);

$node->psql('postgres', q{SET statement_timeout = '500ms'; SELECT innovation_score.publish('slow', '2023', 'cancelled')}, stderr => \$err);
like($err, qr/canceling statement due to statement timeout/, 'publish is cancelled');
is(sql($everything), $before, 'a cancel leaves nothing');
$slow = start('crash', 'BEGIN', "SELECT innovation_score.publish('hz', '2023', 'crash')", "SELECT innovation_score.publish('slow', '2023', 'crash')");
$node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$node->stop('immediate');
$slow->finish;
$node->start;
is(sql($everything), $before, 'a crash leaves nothing');
is(sql(q{SELECT publish('hz', '2023', 'after the crash')}), 18, 'the next publication has the next number');
is(findings(18), '', 'and continues the chain');

# ----- a standby: everything that reads works there

{
	my $class = ref $node;
	my $standby = $class->can('get_new_node') ? $class->get_new_node('standby') : $class->new('standby');

	$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 5\nhot_standby = on\n");
	$node->append_conf('pg_hba.conf', "local replication all trust\n");
	$node->restart;
	$node->backup('copy');
	$standby->init_from_backup($node, 'copy', has_streaming => 1);
	$standby->start;
	sql(q{UPDATE firm SET a = 5 WHERE firm = '企业1001'; SELECT start_public_notice(16, '2999-01-01', '2999-02-01');});
	$standby->poll_query_until('postgres', "SELECT pg_last_wal_replay_lsn() >= '" . $node->safe_psql('postgres', 'SELECT pg_current_wal_lsn()') . "'");
	foreach my $query (
		'SELECT * FROM verify_publication(1)', 'SELECT * FROM verify_publication(16)', 'SELECT * FROM publication_list ORDER BY 1',
		'SELECT count(*), sum(score) FROM published_score', 'SELECT count(*), sum(rank) FROM published_whitelist', 'SELECT count(*), sum(value) FROM published_value WHERE publication = 2',
		q{SELECT * FROM what_if('hz', '2024', '企业1', '{"a": 1000}')}, q{SELECT * FROM what_if('hz', entity => '企业2', changes => '{"a": 1000}')},
		q{SELECT * FROM what_if('slow', '2023', '企业4', '{"a": 1000}')}, 'SELECT * FROM publication_changes(2)', 'SELECT * FROM score_changes(1, 2)')
	{
		my $there = $standby->safe_psql('postgres', "SET search_path = public, innovation_score; $query");
		my $here = sql($query);
		ok($there ne '' && $there eq $here, "on a standby: $query") or diag("there: $there\nhere: $here");
	}
	like($standby->safe_psql('postgres', q{SELECT detail FROM innovation_score.verify_publication(2) WHERE "check" = 'source' AND NOT ok}),
		qr/1001: a \S+ → 5$|1001/m, 'the standby compares with the source');
	$standby->stop;
}

$node->stop;
done_testing();
