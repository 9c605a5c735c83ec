# pg_dump and restore: everything works in the new database as it did in the old one, and what the extension ships is
# there once, in the user's version where the user has changed it.

use strict;
use warnings;

use IPC::Run;
use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('dump_restore');
my $dir = $node->basedir;
my @tables;      # those that are dumped
my @shown;       # what shows them

sub sql
{
	my ($database, $query) = @_;
	return $node->safe_psql($database, $query);
}

# "name: rows, digest" of every table of the extension and every view of a scoreboard.  Tables of the registry as their views
# show them: the identities of rows and of views of rights are others in each database.
sub contents
{
	my ($database) = @_;
	my $views = sql($database, q{
		SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('dash', 'Quoted "dash"') AND c.relkind = 'v'});

	# one session for all of them
	return sql($database, join ";\n", map {
		(my $name = $_) =~ s/'/''/g;
		qq{SELECT '$name: ' || concat_ws('|', count(*), md5(string_agg(r::text, E'\n' ORDER BY r::text COLLATE "C"))) FROM $_ r}
	} @shown, sort split /\n/, $views);
}

# Definitions, options, comments and privileges of the views.
sub definitions
{
	my ($database) = @_;
	return sql($database, q{
		SELECT c.oid::regclass, c.reloptions, c.relacl, c.relowner::regrole, obj_description(c.oid, 'pg_class'),
			   pg_get_viewdef(c.oid),
			   (SELECT string_agg(concat(a.attname, ' ', format_type(a.atttypid, a.atttypmod), ' ', a.attacl, ' ',
										 col_description(c.oid, a.attnum)), E'\n' ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('dash', 'Quoted "dash"') AND c.relkind = 'v' ORDER BY c.oid::regclass::text COLLATE "C"});
}

sub restored_from
{
	my ($database, $source, @options) = @_;
	my $plain = grep { $_ eq '-Fp' } @options;
	my $warnings;
	local $ENV{PGHOST} = $node->host;
	local $ENV{PGPORT} = $node->port;

	ok(IPC::Run::run([ 'pg_dump', @options, '-f', "$dir/$database.dump", $source ], '2>', \$warnings), "dumped into $database.dump");
	is($warnings, '', "without a warning");
	sql('postgres', "CREATE DATABASE $database TEMPLATE template0");
	$node->command_ok(
		$plain
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/$database.dump", $database ]
		: [ 'pg_restore', '-e', '-j2', '-d', $database, "$dir/$database.dump" ],
		"restored into $database");
}

# ----- a database with everything in it

sql('postgres', 'CREATE ROLE analyst; CREATE ROLE bank;');
sql('postgres', 'CREATE DATABASE warehouse');
sql('warehouse', q{
	CREATE EXTENSION innovation_score;
	CREATE SCHEMA dash;
	CREATE SCHEMA "Quoted ""dash""";
	CREATE TABLE firm AS
	SELECT 'F' || lpad(i::text, 3, '0') AS firm, y AS year, (ARRAY['杭州', '宁波', '温州'])[1 + i % 3] AS "城市",
		   (ARRAY['startup', 'growth', 'stable'])[1 + i / 3 % 3] AS stage, v.*
	FROM generate_series(1, 200) i, generate_series(2022, 2024) y, LATERAL (SELECT i * 3 + y AS k) s,
		 LATERAL (SELECT k * 7919 % 10007 AS rd_expense, k * 31 % 97 - 40.5 AS rd_expense_growth, k % 13 / 13.0 AS rd_intensity,
						 k % 17 / 17.0::float8 AS rd_staff_share, greatest(k % 30 - 25, 0) AS invention_patents,
						 k * 104729 % 5003 AS revenue) v;
	CREATE TABLE tall AS
	SELECT firm, year, stage, 'revenue' AS item, revenue::numeric AS amount FROM firm
	UNION ALL SELECT firm, year, stage, 'R&D', rd_expense FROM firm;

	-- the shipped scheme as a user changes it: other weights, one indicator less, another title
	UPDATE innovation_score.weight SET weight = weight + 1 WHERE scheme = 'national-2024' AND indicator = 'revenue';
	DELETE FROM innovation_score.indicator WHERE scheme = 'national-2024' AND indicator = 'venture_capital';
	UPDATE innovation_score.scheme SET provisional = false, title = '官方', adjust = 'compress(2)', missing = 'median' WHERE scheme = 'national-2024';
	-- one of its own, derived from it, physically before its parent
	SELECT innovation_score.derive_scheme('zhejiang', 'national-2024', '浙江');
	DELETE FROM innovation_score.indicator WHERE scheme = 'zhejiang'
		AND indicator NOT IN ('rd_expense', 'rd_expense_growth', 'rd_intensity', 'rd_staff_share', 'invention_patents', 'revenue');
	DELETE FROM innovation_score.category WHERE scheme = 'zhejiang' AND category = 'auxiliary';
	UPDATE innovation_score.scheme SET source = 'x' WHERE scheme = 'national-2024';
	-- one without a parent and without stages
	INSERT INTO innovation_score.scheme (scheme, title, extreme, full_marks) VALUES ('own', '自定', 'mad(3)', 1000);
	INSERT INTO innovation_score.category (scheme, category, title) VALUES ('own', 'c', 'C');
	INSERT INTO innovation_score.indicator (scheme, indicator, category) VALUES ('own', 'revenue', 'c'), ('own', 'rd', 'c');
	UPDATE innovation_score.indicator SET adjust = 'clamp', missing = 'mean', extreme = 'jrc' WHERE scheme = 'zhejiang' AND indicator = 'revenue';
	INSERT INTO innovation_score.weight VALUES ('own', 'all', 'revenue', 0.1 + 0.2::float8), ('own', 'all', 'rd', 1);

	-- a shipped scheme, changed, under a frozen scoreboard; another one deleted, and its code used again
	UPDATE innovation_score.weight SET weight = 40 WHERE scheme = 'financing' AND indicator = 'innovation_score';
	DELETE FROM innovation_score.scheme WHERE scheme = 'alliance';
	SELECT innovation_score.scheme_import(innovation_score.scheme_export('bid-review'), 'alliance');
	UPDATE innovation_score.scheme SET title = '联盟' WHERE scheme = 'alliance';

	SELECT innovation_score.create_scoreboard('dash.loan', 'financing', 'firm', 'firm', period => 'year', mapping =>
		'{"innovation_score": "rd_staff_share * 100", "debt_ratio": "rd_intensity", "credit_score": null, "overdue_count": "invention_patents",
		  "guarantee_coverage": "revenue / 5003.0"}');
	SELECT innovation_score.freeze_scoreboard('dash.loan');
	-- one of three levels whose categories lie physically before their parents, derived from one that lies behind it
	INSERT INTO innovation_score.scheme (scheme, aggregation, floor, extreme) VALUES ('deep', 'geometric', 2, 'none');
	INSERT INTO innovation_score.category (scheme, category, parent, aggregation, min_coverage, role) VALUES
		('deep', 'c', 'b', 'harmonic', 0.5, 'base'), ('deep', 'b', 'a', NULL, 0, 'base'), ('deep', 'a', NULL, 'generalized(2)', 0, 'base'),
		('deep', 'q', 'p', NULL, 0, 'base'), ('deep', 'p', NULL, NULL, 0, 'penalty'), ('deep', 'd', NULL, NULL, 0, 'base');
	INSERT INTO innovation_score.indicator (scheme, indicator, category) VALUES
		('deep', 'rd_expense', 'c'), ('deep', 'rd_intensity', 'b'), ('deep', 'rd_staff_share', 'd'), ('deep', 'invention_patents', 'q');
	INSERT INTO innovation_score.weight SELECT 'deep', 'all', indicator, 25 FROM innovation_score.indicator WHERE scheme = 'deep';
	INSERT INTO innovation_score.category_weight VALUES ('deep', 'all', 'b', 0.1 + 0.2::float8), ('deep', 'all', 'd', 0.7);
	INSERT INTO innovation_score.stage_rule (scheme, stage, indicator, extreme)
	SELECT i.scheme, 'all', i.indicator, 'fixed(0,1)' FROM innovation_score.indicator i WHERE i.scheme = 'deep' ORDER BY 2, 3 LIMIT 1;
	SELECT innovation_score.derive_scheme('deeper', 'deep', '更深');
	UPDATE innovation_score.scheme SET title = 'moved behind' WHERE scheme = 'deep';
	SELECT innovation_score.derive_scheme('deepest', 'deeper', '最深');
	UPDATE innovation_score.scheme SET title = 'moved behind' WHERE scheme = 'deeper';
	UPDATE innovation_score.scheme SET title = 'moved farther behind' WHERE scheme = 'deep';

	-- rules, some of them about medians that a frozen scoreboard keeps, and firms left out by them
	INSERT INTO innovation_score.quality_rule VALUES ('zhejiang', '规则 ''1''', 'error', 'revenue / rd_expense > 0.01', '100% "x"'),
		('zhejiang', 'peers', 'warning', 'revenue < 2 * median.revenue AND revenue >= previous.revenue', NULL);
	UPDATE innovation_score.scheme SET on_error = 'flag' WHERE scheme = 'zhejiang';
	INSERT INTO innovation_score.quality_rule VALUES ('deepest', 'intense', 'error', 'rd_intensity < 0.9', NULL);
	UPDATE innovation_score.scheme SET on_error = 'exclude' WHERE scheme = 'deepest';
	SELECT innovation_score.create_reconciliation('dash.matched', 'firm', 'firm', '{firm,year}',
		'{"revenue": {"right": "revenue * 1.001", "tolerance": 0.0005}, "stage": {}, "城市": {"right": null}}');
	SELECT innovation_score.create_reconciliation('dash.several', '{"a": {"table": "firm", "key": {"firm": "firm", "year": "year"}}, "b": {"table": "firm", "key": {"firm": "firm", "year": "year"}}}',
		'{"revenue": {"decision": "majority", "tolerance": 0.01}}');
	INSERT INTO innovation_score.indicator_synonym (indicator, word) VALUES ('revenue', '进账');
	SELECT innovation_score.create_collection('dash.collected', 'firm', 'firm || year', '{2022,2023}',
		'{"register": {"table": "firm", "key": "firm || year", "period": "year::integer"}}', '{"n": {"from": "register", "value": "count(*)"}}', stored => true);
	SELECT innovation_score.create_scoreboard('dash.live', 'zhejiang', 'firm', 'firm', 'stage', 'year', '{城市}', '{城市}');
	SELECT innovation_score.set_quality_rule('dash.live', '城市 "1"', '城市 = previous.城市 AND revenue >= 0', 'warning', '城市变更');
	SELECT innovation_score.create_scoreboard('dash.cold', 'zhejiang', 'firm', 'firm', 'stage', 'year', attributes => '{城市}');
	SELECT innovation_score.create_scoreboard('dash.tree', 'deepest', 'firm', 'firm || year');
	SELECT innovation_score.create_scoreboard('dash.flat', 'zhejiang', 'firm', 'firm || year', 'lower(stage)');
	SELECT innovation_score.create_scoreboard('"Quoted ""dash"""."长 表"', 'own', 'tall', 'firm', period => 'year',
		mapping => '{"rd": "R&D"}', long => '{"indicator": "item", "value": "amount"}');
	SELECT innovation_score.create_scoreboard('dash.base', 'zhejiang', 'firm', 'firm', 'stage', 'year', sample => 'year = 2022 AND revenue > 10', pooled => true);
	SELECT innovation_score.create_scoreboard('dash.deep', 'zhejiang', 'firm', 'firm', 'stage', 'year', '{城市,stage}', sample => 'revenue > 10', min_peers => 22);
	SELECT innovation_score.create_scoreboard('dash.deep_cold', 'zhejiang', 'firm', 'firm', 'stage', 'year', '{城市,stage}', sample => 'revenue > 10', min_peers => 22);
	SELECT innovation_score.set_whitelist_rule('dash.live', 20, 50, '城市', 30, 'revenue > 10', 0.5, 5);
	SELECT innovation_score.set_whitelist_rule('dash.cold', top_n => 10);
	INSERT INTO innovation_score.exclusion VALUES ('dash.cold', 'F001', 'tax', NULL, '2999-12-31'), ('dash.live', 'F002', '欠税', NULL, NULL);
	SELECT innovation_score.set_tiers(scheme => 'zhejiang', method => 'score', tiers => '{甲,乙}', cuts => '[40]');
	SELECT innovation_score.set_tiers('dash.live', 'quota', '{A,B,C}', '{"杭州": [3, 5], "宁波": [1, 1]}', '城市');
	SELECT innovation_score.set_whitelist_rule('dash.live', rule => '担保 基金', top_n => 7, required => 'revenue > 10');
	SELECT innovation_score.record_whitelist_batch('dash.cold', '2023', note => '第一批');
	SELECT innovation_score.record_whitelist_batch('dash.live', '2023', '担保 基金');
	INSERT INTO innovation_score.credit_rule (bank, title, revenue_share) VALUES ('icbc', '工商银行', 0.3);
	INSERT INTO innovation_score.credit_step VALUES ('icbc', '', 20, 100), ('icbc', '', 50, 300), ('icbc', 'A', 0, 500);
	INSERT INTO innovation_score.policy (policy, title, condition, form, base) VALUES ('steps', '分档', 'score > 0', 'steps', 'score'), ('tier', '等级', 'true', 'tier', 'tier');
	INSERT INTO innovation_score.policy_step VALUES ('steps', 10, 5), ('steps', 50, 20.5);
	INSERT INTO innovation_score.policy_tier VALUES ('tier', 'A', 300);
	INSERT INTO innovation_score.risk_pool (pool, amount, share) VALUES ('p', 1000, 0.8);
	INSERT INTO innovation_score.risk_pool_partner (pool, partner, share) VALUES ('p', '市', 0.4), ('p', '区', 0.6);
	INSERT INTO innovation_score.credit_product (product, condition) VALUES ('loan', 'score > 60');
	INSERT INTO innovation_score.credit_basis (product, basis, amount) VALUES ('loan', '定额', 500);
	INSERT INTO innovation_score.credit_term (product, place, rate, months) VALUES ('loan', 1, 0.0345, 36);
	INSERT INTO innovation_score.ledger (ledger, valid_for) VALUES ('points', '2 years'), ('vouchers', NULL);
	INSERT INTO innovation_score.ledger_rate VALUES ('points', 'vouchers', '2012-01-01', 0.5);
	SELECT innovation_score.grant_points('points', 'F001', 20, '2012-01-01'), innovation_score.transfer_points('points', 'vouchers', 'F001', 7, '2012-01-02');
	SELECT innovation_score.set_credit('dash.live', revenue => 'revenue * 10', banks => '{icbc}');
	SELECT innovation_score.rebuild_scoreboard('dash.flat');
	SELECT innovation_score.freeze_scoreboard('dash.cold');
	SELECT innovation_score.freeze_scoreboard('dash.deep_cold');
	SELECT innovation_score.freeze_scoreboard('"Quoted ""dash"""."长 表"');
	SELECT innovation_score.publish('"Quoted ""dash"""."长 表"', '2023', '公布');
	SELECT innovation_score.file_objection(1, 'F002', 'revenue', 1234.5, 'x');
	SELECT innovation_score.accept_objection(1, 'y');
	SELECT innovation_score.start_public_notice(1, '2999-01-01', '2999-01-07');
	SELECT innovation_score.publish('"Quoted ""dash"""."长 表"', '2023', NULL);
	SELECT innovation_score.store_ranking('dash.cold', 'dash.stored');
	INSERT INTO innovation_score.publication_key (key, public_key) VALUES ('局', 'PEM');
	INSERT INTO innovation_score.publication_signature (head, key, signature) VALUES (innovation_score.publication_head(), '局', '\x00');
	COMMENT ON VIEW dash.live_score IS 'our own';
	GRANT SELECT ON dash.live_score TO bank WITH GRANT OPTION;
	GRANT SELECT (firm, decision) ON dash.cold_whitelist TO bank;
	GRANT SELECT ON firm TO analyst;     -- whose rights count on 14
	ALTER VIEW dash.live_model OWNER TO analyst;
	-- what has changed since they were frozen
	UPDATE firm SET revenue = revenue * 3 WHERE year = 2024 AND firm < 'F100';
});
@tables = split /\n/, sql('warehouse', q{SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'innovation_score'});
@shown = split /\n/, sql('warehouse', q{SELECT COALESCE(v.oid, c.oid)::regclass
	FROM pg_extension e CROSS JOIN unnest(e.extconfig) WITH ORDINALITY AS t(oid, place) JOIN pg_class c ON c.oid = t.oid
	LEFT JOIN pg_class v ON v.relname = c.relname AND v.relnamespace = 'innovation_score'::regnamespace
	WHERE e.extname = 'innovation_score' ORDER BY t.place});
is( sql('warehouse', q{SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname COLLATE "C") FROM pg_class c
					   WHERE c.relnamespace IN ('innovation_score'::regnamespace, '_innovation_score'::regnamespace) AND c.relkind IN ('r', 'p', 'S')
						 AND c.oid <> ALL (SELECT unnest(extconfig) FROM pg_extension)}),
	join(', ', map { "_innovation_score.$_" } qw(input_part ledger_turn restore_step restored review_view scoreboard_column scoreboard_right scoreboard_view)),
	'tables are dumped but those whose rows are the extension\'s own');
is(join(', ', grep { sql('warehouse', "SELECT count(*) FROM $_") == 0 } @tables), '', 'every table that is dumped has rows here');

my $contents = contents('warehouse');
my $definitions = definitions('warehouse');

like($contents, qr/^dash\.cold_score: 600\|/m, 'scores before the dump');
cmp_ok(scalar(split /\n/, $contents), '==', @tables + sql('warehouse', 'SELECT count(*) FROM innovation_score.scoreboard, _innovation_score.views_of(scoreboard)')
	  + sql('warehouse', 'SELECT count(*) FROM innovation_score.scoreboard') + 11,
	'all tables and views are looked at');

# ----- restored in several ways, everything is as it was

foreach my $way ([ plain => '-Fp' ], [ custom => '-Fc' ], [ inserts => '-Fp', '--column-inserts' ], [ parallel => '-Fd', '-j2' ])
{
	my ($database, @options) = @$way;

	restored_from($database, 'warehouse', @options);
	is(contents($database), $contents, "$database: contents");
	is(definitions($database), $definitions, "$database: definitions of the views");
}

# ----- and works as it did

is( sql('plain', q{SELECT scheme, origin, provisional, parent, (SELECT count(*) FROM innovation_score.indicator i WHERE i.scheme = s.scheme)
				   FROM innovation_score.scheme s ORDER BY 1}),
	"alliance|user|t||5\nbid-review|shipped|t||5\ndeep|user|f||4\ndeeper|user|f|deep|4\ndeepest|user|f|deeper|4\nfinancing|changed|t||5\n"
	  . "innovative-sme|shipped|f||9\nnational-2024|changed|f||17\nown|user|f||2\nprogress|shipped|t||4\ntech-sme|shipped|f||5\nzhejiang|user|f|national-2024|6",
	'schemes are there once, as the user left them');
foreach my $database (qw(plain parallel))
{
	is( sql($database, q{SELECT count(*), bool_and(ok) FROM innovation_score.publication p, innovation_score.verify_publication(p.publication)}),
		'20|t', "$database: publications are sound");
}
my $error = '';
$node->psql('plain', 'UPDATE innovation_score.published_firm SET score = 1', stderr => \$error);
like($error, qr/what has been published cannot be changed/, 'and cannot be changed');
is( sql('plain', q{SELECT count(*) FROM innovation_score.scheme_problems('zhejiang') WHERE object LIKE 'scoreboard%'}),
	0, 'scoreboards know that they are up to date');

foreach my $database ('warehouse', 'plain')
{
	foreach my $scheme ('zhejiang', 'financing')
	{
		my ($code, $out, $error) = $node->psql($database, "DELETE FROM innovation_score.weight WHERE scheme = '$scheme'");
		like($error, qr/scheme "$scheme" is in use and cannot be changed/, "$database: $scheme is locked by frozen scoreboards");
	}
	sql($database, q{
		INSERT INTO firm SELECT 'G' || i, 2024, '杭州', 'stable', i * 1000, 0, 0, 0, 0, i FROM generate_series(1, 20) i;
		BEGIN;
		SELECT innovation_score.unlock_scheme('zhejiang');
		UPDATE innovation_score.weight SET weight = 30 WHERE scheme = 'zhejiang' AND indicator = 'revenue';
		COMMIT;
		INSERT INTO innovation_score.exclusion VALUES ('flat', 'G12024', 'new');
		SELECT innovation_score.set_whitelist_rule('dash.flat', top_n => 7, reserve_n => 7);
		ALTER VIEW dash.live_model OWNER TO CURRENT_USER;	-- as what remakes a scoreboard demands
		SELECT innovation_score.rebuild_scoreboard('dash.live');
		SELECT innovation_score.rebuild_scoreboard('dash.cold');
		SELECT innovation_score.rebuild_scoreboard('dash.deep');
		SELECT innovation_score.rebuild_scoreboard('dash.deep_cold');
		SELECT innovation_score.freeze_scoreboard('dash.base');
		SELECT innovation_score.thaw_scoreboard('"Quoted ""dash"""."长 表"');
		SELECT innovation_score.freeze_scoreboard('dash.live');
		SELECT innovation_score.rebuild_scoreboard('dash.flat');
		SELECT innovation_score.create_scoreboard('dash.more', 'zhejiang', 'firm', 'firm', 'stage', 'year');
		UPDATE innovation_score.scoreboard SET frozen_at = '2025-01-01' WHERE frozen_at IS NOT NULL;
	});
}
is(contents('plain'), contents('warehouse'), 'the same steps give the same in the old and the new database');
is(definitions('plain'), definitions('warehouse'), 'and the same views');
sql('plain', q{DELETE FROM innovation_score.whitelist_batch;
	SELECT innovation_score.drop_scoreboard(scoreboard) FROM innovation_score.scoreboard;
	SELECT innovation_score.refresh_collection('dash.collected');
	SELECT innovation_score.drop_collection('dash.collected');
	SELECT innovation_score.drop_reconciliation('dash.matched');
	SELECT innovation_score.drop_reconciliation('dash.several')});
is( sql('plain', q{SELECT count(*) FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace::regnamespace::text ~ 'dash'}),
	0, 'scoreboards, collections and reconciliations can be dropped in the new database');
sql('plain', 'DROP EXTENSION innovation_score CASCADE');

# ----- a shipped scheme that nobody has touched is not dumped

sql('postgres', 'CREATE DATABASE untouched');
sql('untouched', q{CREATE EXTENSION innovation_score; SELECT innovation_score.derive_scheme('mine', 'national-2024', 'M')});
restored_from('again', 'untouched', '-Fp');
unlike(slurp("$dir/again.dump"), qr/^(?:national-2024|alliance|bid-review|financing|progress|tech-sme|innovative-sme)/m, 'no shipped row in the dump');
like(slurp("$dir/again.dump"), qr/^mine\tM\tnational-2024/m, 'but the derived scheme');
is( sql('again', q{SELECT scheme, origin, (SELECT count(*) FROM innovation_score.weight w WHERE w.scheme = s.scheme)
				   FROM innovation_score.scheme s ORDER BY 1}),
	"alliance|shipped|10\nbid-review|shipped|5\nfinancing|shipped|5\ninnovative-sme|shipped|9\nmine|user|54\nnational-2024|shipped|54\nprogress|shipped|4\n"
	  . "tech-sme|shipped|5",
	'every scheme is there once');

# ----- the order of tables does not matter: those of the extension loaded last to first

my @list = split /\n/, qx{pg_restore -l "$dir/custom.dump"};
my @places = grep { $list[$_] =~ /TABLE DATA _?innovation_score / } 0 .. $#list;

is(scalar(@places), scalar(@tables), 'every table of the extension is in the dump');
@list[@places] = reverse @list[@places];
open my $file, '>', "$dir/reversed.list" or die "could not write: $!";
print $file map { "$_\n" } @list;
close $file;
sql('postgres', 'CREATE DATABASE reversed TEMPLATE template0');
$node->command_ok([ 'pg_restore', '-e', '-L', "$dir/reversed.list", '-d', 'reversed', "$dir/custom.dump" ], 'restored last to first');
is(contents('reversed'), $contents, 'reversed: contents');
is(sql('reversed', 'SELECT count(*) FROM _innovation_score.restored'), 0, 'nothing is left aside');

# ----- sources that come after the data, or not at all, cost nothing but their own views

sql('postgres', 'CREATE ROLE keeper; CREATE DATABASE far');
sql('far', q{
	CREATE EXTENSION innovation_score;
	CREATE SCHEMA dash AUTHORIZATION keeper;
	CREATE SCHEMA elsewhere AUTHORIZATION keeper;
	SET ROLE keeper;
	CREATE TABLE dash.firm (code text PRIMARY KEY, a float8);
	CREATE TABLE elsewhere.firm (code text PRIMARY KEY, a float8);
	INSERT INTO dash.firm SELECT 'F' || i, i FROM generate_series(1, 9) i;
	INSERT INTO elsewhere.firm TABLE dash.firm;
	-- grouped by the key alone, so that pg_dump makes it after the constraint
	CREATE MATERIALIZED VIEW dash.late AS SELECT code, a, count(*) AS rows FROM dash.firm GROUP BY code;
	RESET ROLE;
	INSERT INTO innovation_score.scheme (scheme) VALUES ('one');
	INSERT INTO innovation_score.category (scheme, category) VALUES ('one', 'all');
	INSERT INTO innovation_score.indicator (scheme, indicator, category, extreme) VALUES ('one', 'a', 'all', 'none');
	INSERT INTO innovation_score.weight VALUES ('one', 'all', 'a', 100);
	SET ROLE keeper;
	SELECT innovation_score.create_scoreboard('dash.' || n, 'one', s::regclass, 'code') FROM (VALUES ('near', 'dash.firm'), ('behind', 'dash.late'), ('away', 'elsewhere.firm')) v(n, s);
	SELECT innovation_score.set_whitelist_rule(scoreboard, top_n => 3) FROM innovation_score.scoreboard;
	INSERT INTO innovation_score.exclusion SELECT scoreboard, 'F9', 'x' FROM innovation_score.scoreboard;
	SELECT innovation_score.freeze_scoreboard('dash.behind')});
my $kept = q{SET ROLE keeper; SELECT (SELECT string_agg(scoreboard, ' ' ORDER BY scoreboard) FROM innovation_score.scoreboard),
	(SELECT count(*) FROM innovation_score.whitelist_rule), (SELECT count(*) FROM innovation_score.exclusion), (SELECT count(*) FROM innovation_score.fitted_model)};
is(sql('far', $kept), 'dash.away dash.behind dash.near|3|3|1', 'an owner who is no superuser has scoreboards');
restored_from('far_whole', 'far', '-Fc');
is(sql('far_whole', $kept), 'dash.away dash.behind dash.near|3|3|1', 'all is there, and the owner\'s, where a source is made after the data');
is(sql('far_whole', 'SELECT code FROM dash.behind_whitelist WHERE decision = \'listed\' ORDER BY score DESC'), "F8\nF7\nF6", '... and its views work');
$node->command_ok([ 'pg_dump', '-Fp', '-N', 'elsewhere', '-f', "$dir/lacking.dump", 'far' ], 'dumped without a schema');
sql('postgres', 'CREATE DATABASE lacking TEMPLATE template0');
IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr('lacking'), '-f', "$dir/lacking.dump" ], '>', '/dev/null', '2>', '/dev/null');
is(sql('lacking', $kept), 'dash.away dash.behind dash.near|3|3|1', 'a source that is missing costs no row');
is(sql('lacking', 'SELECT count(*) FROM dash.near_whitelist, dash.behind_whitelist'), 81, '... and no other scoreboard');
is( sql('lacking', q{SELECT severity, object, problem FROM innovation_score.scoreboard_problems('dash.away') WHERE severity = 'error'}),
	'error|source|the source of scoreboard dash.away does not exist any more', '... and is told');
sql('postgres', "DROP DATABASE $_") foreach qw(far far_whole lacking);

# ----- a second trip gives the same dump

restored_from('second', 'custom', '-Fp');
$node->command_ok([ 'pg_dump', '-Fp', '-f', "$dir/third.dump", 'second' ], 'dumped again');
# but for the view of a scoreboard's rights, which names its database
my ($first, $second) = map { join "\n", sort map { s/\t\d+\/\d+\/\d+(?=\t|$)/\t/r } grep { !/^(--|\\(un)?restrict)/ } split /\n/, slurp("$dir/$_.dump") } 'second', 'third';
ok($first eq $second, 'dump, restore, dump: the same lines');

# ----- pg_upgrade, from this version of PostgreSQL to itself

my $upgraded = new_node('pg_upgrade');
my ($bindir) = map { chomp; $_ } `"\${PG_CONFIG:-pg_config}" --bindir`;

sql('warehouse', 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard');
($contents, $definitions) = (contents('warehouse'), definitions('warehouse'));
sql('postgres', "DROP DATABASE $_") foreach qw(plain custom inserts parallel again reversed second);
$_->stop foreach $node, $upgraded;
# it writes files where it runs
$node->command_ok([ 'sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', $dir, "$bindir/pg_upgrade", '-b', $bindir, '-B', $bindir,
		'-d', $node->data_dir, '-D', $upgraded->data_dir, '-s', $upgraded->host, '-p', $node->port, '-P', $upgraded->port ],
	'pg_upgrade');
$node = $upgraded;
$node->start;
is(contents('warehouse'), $contents, 'upgraded: contents');
is(definitions('warehouse'), $definitions, 'upgraded: definitions of the views');
is( sql('untouched', q{SELECT string_agg(scheme, ',' ORDER BY scheme COLLATE "C") FROM innovation_score.scheme}),
	'alliance,bid-review,financing,innovative-sme,mine,national-2024,progress,tech-sme', 'upgraded: every scheme is there once');
is( sql('warehouse', q{SELECT bool_and(ok) FROM innovation_score.publication p, innovation_score.verify_publication(p.publication)
					   WHERE "check" <> 'source'}),
	't', 'upgraded: publications are sound');
sql('warehouse', q{
	SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard;
	SELECT innovation_score.create_scoreboard('dash.anew', 'zhejiang', 'firm', 'firm', 'stage', 'year');
	SELECT innovation_score.drop_scoreboard('dash.anew')});
is(contents('warehouse'), $contents, 'upgraded: rebuilt scoreboards give the same');

$node->stop;
done_testing();
