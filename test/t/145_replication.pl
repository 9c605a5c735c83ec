# Replication: a publication FOR ALL TABLES hinders nothing, a subscriber that was set up as doc/replication.md says has what
# the publisher has, and a physical standby answers whatever does not write.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $path = 'SET search_path = public, innovation_score; SET client_min_messages = error;';
my $publisher = new_node('publisher', 'allows_streaming' => 'logical');
my $subscriber = new_node('subscriber', 'allows_streaming' => 'logical');

sub on
{
	my ($node, $query) = @_;
	return $node->safe_psql('postgres', "$path $query");
}

# ----- what the subscriber must find: a scheme of its own, live and frozen scoreboards with rules, publications

$publisher->append_conf('postgresql.conf', "wal_level = logical\nhot_standby = on\nmax_wal_senders = 10");
$publisher->restart;
$subscriber->append_conf('postgresql.conf', "wal_retrieve_retry_interval = 100ms\nmax_sync_workers_per_subscription = 4");
$subscriber->reload;
$_->safe_psql('postgres', 'CREATE ROLE keeper; CREATE ROLE reader; CREATE ROLE other') foreach $publisher, $subscriber;
on($publisher, q{
	CREATE EXTENSION innovation_score;
	CREATE SCHEMA dash AUTHORIZATION keeper;
	CREATE TABLE firm (firm text, year integer, city text, a float8, b float8, PRIMARY KEY (firm, year));
	INSERT INTO firm SELECT 'F' || i, 2023 + i % 2, CASE i % 3 WHEN 0 THEN '宁波' ELSE '杭州' END, exp(sin(i) * 5), cos(i) * 100 FROM generate_series(1, 300) i;
	GRANT SELECT ON firm, credit_rule, credit_step, credit_curve TO keeper;
	GRANT SELECT ON firm TO reader;
	INSERT INTO scheme (scheme, title) VALUES ('s', '体系');
	INSERT INTO category (scheme, category) VALUES ('s', 'x'), ('s', 'y');
	INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('s', 'a', 'x', 'percentile(0.05,0.95)'), ('s', 'b', 'y', 'iqr(1.5)');
	INSERT INTO stage (scheme, stage, condition) VALUES ('s', 'small', 'a < 1'), ('s', 'large', 'a >= 1');
	INSERT INTO weight SELECT 's', v.stage, v.indicator, 50 FROM (VALUES ('small', 'a'), ('small', 'b'), ('large', 'a'), ('large', 'b')) v(stage, indicator);
	INSERT INTO quality_rule VALUES ('s', 'positive', 'warning', 'a > 0.1', NULL);
	SELECT set_tiers(scheme => 's', method => 'score', tiers => '{甲,乙}', cuts => '[60]');
	UPDATE weight SET weight = weight + 1 WHERE scheme = 'national-2024';
	INSERT INTO policy (policy, title, condition, form, base) VALUES ('steps', '分档', 'score > 0', 'steps', 'score');
	INSERT INTO policy_step VALUES ('steps', 10, 5), ('steps', 50, 20.5);
	SET ROLE keeper;
	SELECT create_scoreboard('dash.live', 's', 'firm', 'firm', period => 'year', peers => '{city}', attributes => '{city}');
	SELECT create_scoreboard('dash.ice', 's', 'firm', 'firm', period => 'year', attributes => '{city}');
	SELECT grant_scoreboard('dash.live', 'reader', 'reader')});

# ----- FOR ALL TABLES: everything that changes tables works

on($publisher, 'CREATE PUBLICATION everything FOR ALL TABLES');
my @steps = (
	q{freeze_scoreboard('dash.ice')}, q{freeze_scoreboard('dash.ice', '2024')}, q{thaw_scoreboard('dash.ice')}, q{freeze_scoreboard('dash.ice')},
	q{set_whitelist_rule('dash.ice', top_n => 20)}, q{set_whitelist_rule('dash.ice', top_n => 10, reserve_n => 5, quota_by => 'city', quota_n => 30)},
	q{set_whitelist_rule('dash.live', rule => 'r', top_n => 3)}, q{drop_whitelist_rule('dash.live', 'r')}, q{set_whitelist_rule('dash.live', top_n => 9, required => 'a > 0.2')},
	q{set_tiers('dash.live', 'quota', '{A,B,C}', '[5, 10]')}, q{drop_tiers('dash.live')}, q{set_tiers('dash.ice', 'quota', '{A,B,C}', '[5, 10]')},
	q{set_credit('dash.live', revenue => 'a', banks => '{}')}, q{rebuild_scoreboard('dash.ice')}, q{rebuild_scoreboard('dash.live')},
	q{record_whitelist_batch('dash.live', '2023')}, q{store_ranking('dash.ice', 'dash.stored')}, q{refresh_ranking('dash.stored')},
	q{publish('dash.ice', '2023', '首批')}, q{file_objection(1, 'F2', 'a', 40, '年报')}, q{accept_objection(1, '属实')},
	q{start_public_notice(1, current_date + 1, current_date + 8)}, q{publish('dash.ice', '2024', NULL)},
	q{create_scoreboard('dash.gone', 's', 'firm', 'firm', period => 'year')}, q{freeze_scoreboard('dash.gone')}, q{drop_scoreboard('dash.gone')});

# One session for all, since starting one takes longer than most statements.
sub works
{
	my ($name, @statements) = @_;
	my ($status, $out, $err) = $publisher->psql('postgres', "$path SET ROLE keeper;\n" . join '', map { "$_;\n" } @statements);
	is($err, '', $name);
}
works('what changes scoreboards works', map { "SELECT $_" } @steps);
works('so do negative lists', q{INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('dash.live', 'F5', 'x'), ('dash.live', 'F6', 'y')},
	q{UPDATE exclusion SET valid_to = '2999-12-31' WHERE entity = 'F5'}, q{DELETE FROM exclusion WHERE entity = 'F6'});
works('so do schemes', 'RESET ROLE', q{BEGIN; SELECT unlock_scheme('s'); UPDATE weight SET weight = 60 WHERE scheme = 's' AND indicator = 'a'; COMMIT; SELECT rebuild_scoreboard(scoreboard) FROM scoreboard},
	q{SELECT derive_scheme('t', 's', 'T'); UPDATE scheme SET title = 'U' WHERE scheme = 't'; UPDATE stage SET condition = 'a < 2' WHERE scheme = 't' AND stage = 'small'; DELETE FROM scheme WHERE scheme = 't'},
	q{DELETE FROM policy_step WHERE amount = 5; UPDATE policy SET condition = 'score > 1'});

# What is replicated is filled by DELETE and INSERT, which run what the table's owner has put on it: as the owner, whoever refreshes it.
works('what an owner puts on a stored ranking', q{
	CREATE TABLE dash.run_as (what text, role text);
	CREATE FUNCTION dash.note(what text) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO dash.run_as VALUES (what, current_user); RETURN true; END$$},
	q{CREATE FUNCTION dash.constant(what text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN ASSERT current_user = 'keeper', 'run as ' || current_user; RETURN what; END$$},
	q{CREATE FUNCTION dash.noted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM dash.note(lower(TG_OP)); IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END$$},
	q{CREATE TRIGGER noted BEFORE INSERT OR DELETE ON dash.stored FOR EACH ROW EXECUTE FUNCTION dash.noted()},
	q{ALTER TABLE dash.stored ADD CONSTRAINT noted CHECK (dash.note('check'))}, q{CREATE INDEX noted ON dash.stored (dash.constant(city))});
on($publisher, q{TRUNCATE dash.run_as; SELECT store_ranking('dash.ice', 'dash.stored')});
is(on($publisher, q{SELECT string_agg(DISTINCT what || ' by ' || role, ', ' ORDER BY what || ' by ' || role) FROM dash.run_as}),
	'check by keeper, delete by keeper, insert by keeper', '... runs as that owner where a superuser stores the ranking');
on($publisher, q{CREATE CONSTRAINT TRIGGER later AFTER INSERT ON dash.stored DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dash.noted()});
like(($publisher->psql('postgres', "$path SELECT store_ranking('dash.ice', 'dash.stored')"))[2], qr/cannot fire deferred trigger within security-restricted operation/,
	'... and nothing is left for the end of the transaction, which is the caller\'s');
on($publisher, q{DROP TRIGGER later ON dash.stored; DROP TRIGGER noted ON dash.stored; ALTER TABLE dash.stored DROP CONSTRAINT noted; DROP INDEX dash.noted;
	DROP TABLE dash.run_as; DROP FUNCTION dash.noted(), dash.note(text), dash.constant(text)});

# ----- a subscriber, as the page says

my %commands = map { $_ => [ slurp('doc/replication.md') =~ /^```psql $_\n(.*?)^```$/ms ]->[0] } qw(publisher subscriber);

sub psql_ok
{
	my ($node, $name, @arguments) = @_;
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), @arguments ], $name);
}

sub run_script
{
	my ($node, $text, $name) = @_;
	my $file = $node->basedir . '/script.sql';

	open my $handle, '>:encoding(UTF-8)', $file or die "could not create $file: $!";
	print $handle $text;
	close $handle;
	psql_ok($node, $name, '-f', $file);
}

# Until the subscriber has what the publisher had when it was asked.
sub caught_up
{
	$subscriber->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')}) or die 'no initial copy';
	$publisher->wait_for_catchup('scores');
}

# one table of ours without a key
on($publisher, q{
	CREATE TABLE kept (n integer, model score_model, rule list_rule, condition condition, fit fit_state, rank rank_state, reasons decision_reasons);
	ALTER TABLE kept REPLICA IDENTITY FULL;
	INSERT INTO kept SELECT v.n, fit(m.model, f.a, f.b), '{"top_n": 3}'::jsonb::list_rule, 'a > 1', fit_partial(m.model, f.a, f.b), rank_partial(f.a), '[]'
	FROM (VALUES (1), (2)) v(n), firm f, (SELECT scheme_model('s') AS model) m GROUP BY v.n});

my $schema = $publisher->basedir . '/schema.sql';
$publisher->command_ok([ 'pg_dump', '-s', '--no-publications', '-d', $publisher->connstr('postgres'), '-f', $schema ], 'the definitions dumped');
psql_ok($subscriber, '... and restored', '-f', $schema);
run_script($publisher, $commands{publisher} =~ s/FOR TABLE firm,/FOR TABLE firm, kept,/r, 'the commands of the page on the publisher');
run_script($subscriber, $commands{subscriber} =~ s/host=publisher dbname=postgres/$publisher->connstr('postgres') =~ s{'}{''}gr/er, '... and on the subscriber');
caught_up();

# What is to be the same on both sides, as the owner and as a reader see it.
my @questions = (
	(map { qq{SET ROLE keeper; SELECT count(*), md5(string_agg(v::text, ',' ORDER BY v::text COLLATE "C")) FROM $_ v} }
		split /\n/, on($publisher, q{SELECT _innovation_score.view_name(b.scoreboard, v.suffix) FROM scoreboard b CROSS JOIN LATERAL _innovation_score.views_of(b.scoreboard) v ORDER BY 1})),
	(map { qq{SELECT count(*), md5(string_agg(v::text, ',' ORDER BY v::text COLLATE "C")) FROM $_ v} }
		split /\n/, on($publisher, q{SELECT COALESCE(v.oid, c.oid)::regclass FROM pg_extension e CROSS JOIN unnest(e.extconfig) t(oid) JOIN pg_class c ON c.oid = t.oid
			LEFT JOIN pg_class v ON v.relname = c.relname AND v.relnamespace = 'innovation_score'::regnamespace WHERE e.extname = 'innovation_score' ORDER BY 1})),
	q{SET ROLE keeper; SELECT string_agg(scoreboard, ' ' ORDER BY scoreboard) FROM scoreboard}, q{SET ROLE other; SELECT count(*) FROM scoreboard},
	q{SET ROLE reader; SELECT sum(score) FROM dash.live_score}, 'SELECT publication_head()',
	q{SELECT p.publication, count(*), bool_and(v.ok) FROM publication p CROSS JOIN LATERAL verify_publication(p.publication) v WHERE v."check" <> 'source' GROUP BY 1 ORDER BY 1},
	q{SELECT verify_receipt(publication_receipt(1, 'F2'))}, 'SELECT * FROM dash.stored ORDER BY 1, 2', 'SELECT * FROM kept ORDER BY n');

sub answers
{
	my ($node, @asked) = @_;
	my ($out, $err) = ('', '');

	$node->psql('postgres', join('', map { "RESET ROLE; $path\n\\echo -- $_\n$_;\n" } @asked), stdout => \$out, stderr => \$err, on_error_stop => 0);
	return split(/^(?=-- )/m, $out), $err;
}

# One after the other, so that a difference is shown where it is.
sub same
{
	my ($when, $node, @asked) = @_;
	my @expected = answers($publisher, @asked);
	my @found = answers($node, @asked);

	is(scalar @expected, @asked + 1, "$when: as many answers as questions");
	is($expected[-1], '', "$when: no errors on the publisher");
	is($found[-1], '', "$when: ... nor there");
		foreach my $i (grep { ($found[$_] // '') ne $expected[$_] } 0 .. $#asked)
	{
		is($found[$i], $expected[$i], "$when: $asked[$i]");
	}
}
same('copied', $subscriber, @questions);

works('more changes', q{SELECT freeze_scoreboard('dash.ice', '2024'); SELECT publish('dash.ice', '2024', '二批'); SELECT refresh_ranking('dash.stored')},
	q{INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('dash.live', 'F8', 'z'); UPDATE exclusion SET reason = 'zz' WHERE entity = 'F8'; DELETE FROM exclusion WHERE entity = 'F5'},
	q{RESET ROLE; UPDATE firm SET a = a * 2 WHERE firm < 'F2'; DELETE FROM firm WHERE firm = 'F9'; UPDATE weight SET weight = weight + 1 WHERE scheme = 'bid-review'},
	q{RESET ROLE; UPDATE kept SET condition = 'a > 2', rule = '{"top_n": 4}'::jsonb::list_rule, fit = fit_merge FROM (SELECT fit_merge(fit) FROM kept) f WHERE n = 1; DELETE FROM kept WHERE n = 2});
caught_up();
same('afterwards', $subscriber, @questions);
is(on($subscriber, 'SELECT count(*), min(condition::text) FROM kept'), '1|a > 2', 'rows without a key are found by all their values');

# a scoreboard made later: its rows arrive, its views are brought
works('a scoreboard made later', q{SELECT create_scoreboard('dash.later', 's', 'firm', 'firm', period => 'year'); SELECT freeze_scoreboard('dash.later')});
$publisher->command_ok([ 'pg_dump', '-s', '-t', 'dash.later_*', '-d', $publisher->connstr('postgres'), '-f', $schema ], 'the views of a new scoreboard dumped');
psql_ok($subscriber, '... and restored', '-f', $schema);
caught_up();
push @questions, q{SET ROLE keeper; SELECT count(score), md5(string_agg(v::text, ',' ORDER BY v::text COLLATE "C")) FROM dash.later_ranking v},
	q{SET ROLE keeper; SELECT scoreboard, frozen_at FROM scoreboard ORDER BY 1};
same('a new scoreboard', $subscriber, @questions);
works('and dropped', q{SELECT drop_scoreboard('dash.later')});
caught_up();
is(on($subscriber, q{SELECT count(*) FROM scoreboard WHERE scoreboard = 'dash.later'}), '0', 'dropped on both sides');
on($subscriber, 'DROP SUBSCRIPTION scores');
$subscriber->stop;

# ----- a physical standby

my $class = ref $publisher;
my $standby = $class->can('get_new_node') ? $class->get_new_node('standby') : $class->new('standby');

$publisher->backup('copy');
$standby->init_from_backup($publisher, 'copy', has_streaming => 1);
$standby->start;
is(on($standby, 'SELECT pg_is_in_recovery()'), 't', 'the standby is one');

my @calls = (
	q{scoreboard_problems('dash.ice')}, q{scoreboard_problems('dash.live', '2023')}, q{scheme_problems('s')}, q{scheme_export('s')}, q{scheme_diff('s', 'national-2024')},
	q{model_indicators(scheme_model('s'))}, q{compare_scoreboards('dash.ice', 'dash.live')}, q{compare_summary('dash.ice', 'dash.live')},
	q{whitelist_copy('dash.live', 1)}, q{whitelist_manifest('dash.live', 1)}, q{rank_stability('dash.ice', '2023', 20)}, q{indicator_influence('dash.ice', '2023')},
	q{rank_sensitivity('dash.ice', '2023', 20)}, q{method_stability('dash.ice', '2023', '{"x": {"extreme": "iqr(1)"}}')}, q{verify_publication(1)}, q{verify_publication_head(publication_head())},
	q{publication_receipt(1, 'F2')}, q{publication_receipts(1)}, q{verify_signatures()}, q{score_validation('dash.ice', 'outcome', '2023')}, q{score_bands('dash.ice', 'outcome', '2023')},
	q{score_curve('dash.ice', 'outcome', '2023')}, q{score_calibration('dash.ice', 'outcome', '2023')}, q{publication_validation(1, 'outcome')}, q{publication_bands(1, 'outcome')},
	q{publication_curve(1, 'outcome')}, q{publication_calibration(1, 'outcome')}, q{score_stability('dash.ice', '2023', '2024')}, q{entitlements('scored')},
	q{entitlements_of('scored', 'F2')}, q{policy_costs('scored')}, q{what_if('dash.ice', '2023', 'F2', '{"a": 9}')}, q{publication_changes(2)}, q{score_changes(1, 1)},
	q{propose_mapping('s', 'firm')}, q{mapping_call('s', 'firm', 'dash.new')}, q{radar_chart('dash.ice', '2023', 'F2')}, q{histogram_chart('dash.ice', '2023', 'a')},
	q{propose_weights('dash.ice', '2023', 'small', 'critic')}, q{gap_to('dash.ice', '2023', 'F2')}, q{score_distribution('dash.ice', '2023')}, q{score_contributions('dash.ice', '2023')},
	q{indicator_correlations('dash.ice', '2023')}, q{cronbach_alpha('dash.ice', '2023')}, q{indicator_drift('dash.ice', '2023', '2024')}, q{similar_firms('dash.ice', '2023', 'F2')},
	q{industry_positions('industry', '2023')});
on($publisher, q{
	CREATE TABLE outcome AS SELECT firm AS entity, date '2024-06-01' + 200 * (year - 2023) AS date, b > 50 AS event FROM firm;
	CREATE VIEW scored AS SELECT firm AS entity, score, tier FROM dash.ice_ranking WHERE year = 2023;
	CREATE VIEW industry AS SELECT city AS region, 'x'::text AS industry, firm AS entity, year::text AS period, a AS value FROM firm});
$publisher->wait_for_catchup($standby);
pop @questions foreach 1 .. 2;
same('standby', $standby, @questions, map { qq{SELECT * FROM $_ v ORDER BY v::text COLLATE "C"} } @calls);
$_->stop foreach $standby, $publisher;

done_testing();
