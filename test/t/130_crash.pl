# Crashes and cancels in the middle of what changes a scoreboard: afterwards it is done or not done, never half.  And a
# standby, which reads everything and changes nothing.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('crash');
my $path = 'SET search_path = public, innovation_score; SET client_min_messages = error;';

sub sql { return $node->safe_psql('postgres', "$path $_[0]"); }

# The source of "slow" takes as long as it is told to at its last row.
$node->append_conf('postgresql.conf', "wal_level = replica\nmax_wal_senders = 5\nhot_standby = on\nrestart_after_crash = on\n");
$node->restart;
sql(q{
	CREATE EXTENSION innovation_score;
	INSERT INTO scheme (scheme) VALUES ('s');
	INSERT INTO category (scheme, category) VALUES ('s', 'x');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('s', 'a', 'x', 'percentile(0.05,0.95)'), ('s', 'b', 'x', 'sigma(3)');
	INSERT INTO weight VALUES ('s', 'all', 'a', 40), ('s', 'all', 'b', 60);
	CREATE TABLE firm AS SELECT 'F' || i AS firm, 2023 + i % 2 AS year, exp(sin(i) * 9) AS a, cos(i) * 1e6 AS b FROM generate_series(1, 2000) i;
	CREATE VIEW slow AS SELECT firm, year, a, b + CASE WHEN firm = 'F2000' THEN (SELECT 0 FROM pg_sleep(3)) ELSE 0 END AS b FROM firm;
	SELECT create_scoreboard('hz', 's', 'firm', 'firm', period => 'year');
	SELECT set_whitelist_rule('hz', top_n => 10, reserve_n => 3);
	SELECT create_scoreboard('slow', 's', 'slow', 'firm', period => 'year');
	SELECT create_scoreboard('ice', 's', 'firm', 'firm', period => 'year');
	SELECT freeze_scoreboard('ice');
	SELECT publish('hz', '2023', 'first');
	SELECT store_ranking('hz', 'stored');
});

# Everything that the functions keep: all tables of the extension, the views and their texts and comments.
my $tables = sql(q{SELECT string_agg(format('SELECT %L || md5(COALESCE(string_agg(t::text, '','' ORDER BY t::text COLLATE "C"), '''')) FROM %s t', relname || ' ', oid::regclass), ' UNION ALL ' ORDER BY relname)
				   FROM pg_class WHERE (relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) OR oid = 'stored'::regclass) AND relkind = 'r'});
my $everything = qq{$tables UNION ALL
	SELECT 'views ' || md5(string_agg(c.relname || pg_get_viewdef(c.oid) || COALESCE(obj_description(c.oid, 'pg_class'), ''), ',' ORDER BY c.relname COLLATE "C"))
	FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' UNION ALL
	SELECT 'columns ' || md5(string_agg(a.attrelid::regclass || '.' || a.attname || COALESCE(col_description(a.attrelid, a.attnum), ''), ',' ORDER BY a.attrelid::regclass::text COLLATE "C", a.attnum))
	FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace};
my $before = sql($everything);

# What is under way when the server goes down: a step, then one that waits in the middle.
my $wait = q{SELECT pg_sleep(30)};
my %action = (
	'freeze_scoreboard, fitting' => [ q{SELECT freeze_scoreboard('slow')} ],
	'freeze_scoreboard, done but not committed' => [ 'BEGIN', q{SELECT freeze_scoreboard('hz')}, $wait ],
	'thaw_scoreboard' => [ 'BEGIN', q{SELECT thaw_scoreboard('ice')}, $wait ],
	'create_scoreboard' => [ 'BEGIN', q{SELECT create_scoreboard('new', 's', 'firm', 'firm')}, $wait ],
	'rebuild_scoreboard' => [ 'BEGIN', q{SELECT unlock_scheme('s')}, q{UPDATE weight SET weight = 7}, q{SELECT rebuild_scoreboard('ice')}, $wait ],
	'set_whitelist_rule' => [ 'BEGIN', q{SELECT set_whitelist_rule('hz', top_n => 5)}, $wait ],
	'drop_scoreboard' => [ 'BEGIN', q{SELECT drop_scoreboard('hz')}, $wait ],
	'publish, reading' => [ q{SELECT publish('slow', '2023', 'x')} ],
	'publish, done but not committed' => [ 'BEGIN', q{SELECT publish('hz', '2024', 'x')}, $wait ],
	'accept_objection' => [ 'BEGIN', q{SELECT file_objection(1, 'F2', 'a', 7, 'x')}, q{SELECT accept_objection(1, 'y')}, $wait ],
	'record_whitelist_batch' => [ 'BEGIN', q{SELECT record_whitelist_batch('hz', '2023')}, $wait ],
	'store_ranking, reading' => [ q{SELECT store_ranking('slow', 'new_table')} ],
	'refresh_ranking' => [ 'BEGIN', q{UPDATE firm SET a = a * 3}, q{SELECT refresh_ranking('stored')}, $wait ],
	'scheme_import' => [ 'BEGIN', q{SELECT scheme_import(jsonb_set(scheme_export('s'), '{scheme,scheme}', '"t"'))}, $wait ],
);

sub start
{
	my ($errors, @commands) = @_;
	return IPC::Run::start([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), map { ('-c', $_) } $path, @commands ],
		'<', '/dev/null', '>', '/dev/null', '2>', $errors);
}

# Until as many sessions sleep.
sub wait_for
{
	my ($number) = @_;

	for (1 .. 200)
	{
		return 1 if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname IS NOT NULL}) >= $number;
		select(undef, undef, undef, 0.05);
	}
	return 0;
}

# A cancel: the statement's error ends the session, and with it the transaction.
foreach my $what (sort keys %action)
{
	my $errors = '';
	my $session = start(\$errors, @{ $action{$what} });

	wait_for(1) or die "$what does not wait: $errors";
	sql(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname IS NOT NULL});
	$session->finish;
	like($errors, qr/canceling statement due to user request/, "$what is cancelled");
	is(sql($everything), $before, '... and leaves nothing');
}

# A crash, with all of them under way that do not wait for one another.
foreach my $set ([ 'freeze_scoreboard, fitting', 'create_scoreboard', 'thaw_scoreboard', 'set_whitelist_rule' ], [ 'freeze_scoreboard, done but not committed', 'rebuild_scoreboard', 'scheme_import' ], [ 'drop_scoreboard' ])
{
	my $errors = '';
	my @sessions = map { start(\$errors, @{ $action{$_} }) } @$set;

	wait_for(scalar @$set) or die "they do not wait: $errors";
	# What they have written so far reaches the disk.
	sql('CHECKPOINT');
	$node->stop('immediate');
	$_->finish foreach @sessions;
	$node->start;
	is(sql($everything), $before, 'a crash leaves nothing of ' . join(', ', @$set));
}
# One process is killed, and with it all of them.
foreach my $set ([ 'publish, reading' ], [ 'store_ranking, reading', 'accept_objection' ], [ 'publish, done but not committed', 'rebuild_scoreboard' ], [ 'refresh_ranking' ], [ 'record_whitelist_batch' ])
{
	my $errors = '';
	my @sessions = map { start(\$errors, @{ $action{$_} }) } @$set;

	wait_for(scalar @$set) or die "they do not wait: $errors";
	kill 'KILL', sql(q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname IS NOT NULL ORDER BY pid LIMIT 1});
	$_->finish foreach @sessions;
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'the server does not come back';
	is(sql($everything), $before, 'kill -9 leaves nothing of ' . join(', ', @$set));
}
is(sql(q{SELECT count(*) FROM pg_class WHERE relname IN ('new_table', 'new_score')}), '0', '... nor tables and views');

# ----- the stricter isolation levels

foreach my $level ('repeatable read', 'serializable')
{
	my ($status, $out, $err) = $node->psql('postgres', "$path SET default_transaction_isolation = '$level';\n" . join ";\n", map { "SELECT $_" }
		"create_scoreboard('strict', 's', 'firm', 'firm', period => 'year')", q{set_whitelist_rule('strict', top_n => 5)}, q{set_tiers('strict', 'quota', '{A,B}', '[3]')},
		q{freeze_scoreboard('strict')}, q{rebuild_scoreboard('strict')}, q{record_whitelist_batch('strict', '2023')}, q{store_ranking('strict', 'strict_table')},
		q{refresh_ranking('strict_table')}, q{publish('strict', '2023', 'x')}, q{count(*) FROM verify_publication(1)}, q{thaw_scoreboard('strict')},
		q{count(*) FROM scoreboard_problems('strict')}, q{derive_scheme('strict', 's', 'x')});
	is($err, '', "everything works at level $level");
	sql(q{DELETE FROM whitelist_batch WHERE scoreboard = 'public.strict'; SELECT drop_scoreboard('strict'); DROP TABLE strict_table; DELETE FROM scheme WHERE scheme = 'strict'});
}
is(sql(q{SELECT freeze_scoreboard('hz'); SELECT count(*) FROM fitted_model WHERE scoreboard = 'public.hz'}), "\n2", 'freezing works after a crash');
is(sql(q{SELECT create_scoreboard('new', 's', 'firm', 'firm'); SELECT count(score) FROM new_score}), "\n2000", 'so does creating');

# ----- a standby

my $class = ref $node;
my $standby = $class->can('get_new_node') ? $class->get_new_node('standby') : $class->new('standby');

$node->backup('copy');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
sql(q{UPDATE firm SET a = a * 2 WHERE firm = 'F1'; INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('public.hz', 'F5', 'x')});
$standby->poll_query_until('postgres', "SELECT pg_last_wal_replay_lsn() >= '" . $node->safe_psql('postgres', 'SELECT pg_current_wal_lsn()') . "'");
is($standby->safe_psql('postgres', 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');

# every view of every scoreboard, live and frozen, whatever kinds there are
my @views = split /\n/, sql(q{SELECT _innovation_score.view_name(b.scoreboard, v.suffix) FROM scoreboard b CROSS JOIN LATERAL _innovation_score.views_of(b.scoreboard) v
	WHERE b.scoreboard <> 'public.slow' ORDER BY b.scoreboard, v.place});
cmp_ok(scalar(@views), '>=', 15, 'views to be read');
foreach my $query ((map { qq{SELECT count(*), md5(string_agg(v::text, ',' ORDER BY v::text COLLATE "C")) FROM $_ v} } @views),
	q{SELECT * FROM propose_weights('hz', '2024', 'all', 'critic') ORDER BY 1}, q{SELECT md5(scheme_export('national-2024')::text)}, q{SELECT * FROM scheme_problems('s')},
	q{SELECT scheme_model('s') = (SELECT model FROM scoreboard WHERE scoreboard = 'public.hz')}, 'SELECT md5(fit(scheme_model(\'s\'), a, b)::text) FROM firm')
{
	my $there = $standby->safe_psql('postgres', "$path $query");
	is($there, sql($query), "on a standby: $query");
}
foreach my $query (q{SELECT freeze_scoreboard('new')}, q{SELECT set_whitelist_rule('hz', top_n => 1)}, q{SELECT create_scoreboard('more', 's', 'firm', 'firm')}, q{SELECT drop_scoreboard('hz')}, q{SELECT derive_scheme('u', 's', 'x')})
{
	my ($status, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\n$path\n$query");
	like($err, qr/ERROR:  25006/, "a standby refuses: $query");
}
$standby->stop;

$node->stop;
done_testing();
