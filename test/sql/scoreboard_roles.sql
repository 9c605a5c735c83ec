-- scoreboards: what whom is allowed. Everything runs with the rights of the caller.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset tuples_only on
\set SHOW_CONTEXT never

CREATE ROLE board_dba;
CREATE ROLE board_analyst;
CREATE ROLE board_reader;
CREATE SCHEMA dash AUTHORIZATION board_analyst;
GRANT USAGE ON SCHEMA board, dash TO board_dba, board_analyst, board_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA board TO board_dba, board_analyst, board_reader;

-- ---------------------------------------------------------------- who may create one

SET ROLE board_analyst;
\set create 'SELECT attempt($$SELECT create_scoreboard(''dash.hz'', ''board'', ''firm'', ''firm'', ''stage'', ''year'', attributes => ''{city}'')$$);'
:create
RESET ROLE;
-- who reads the source, every column that is used
GRANT SELECT (firm, year, stage, city) ON firm TO board_analyst;
SET ROLE board_analyst;
:create
RESET ROLE;
GRANT SELECT ON firm TO board_analyst;
SET ROLE board_analyst;
:create
SELECT attempt($$SELECT create_scoreboard('board.hz', 'board', 'firm', 'firm', 'stage', 'year')$$);     -- a schema of others
SELECT set_whitelist_rule('dash.hz', top_n => 10);
INSERT INTO exclusion VALUES ('dash.hz', 'F001', 'tax arrears');
SELECT count(*), count(score) FROM dash.hz_ranking;
SELECT decision, count(*) FROM dash.hz_whitelist GROUP BY 1 ORDER BY 1;
-- schemes are not the analyst's to change
SELECT attempt($$UPDATE weight SET weight = 1$$), attempt($$SELECT derive_scheme('mine', 'board', 'x')$$);
RESET ROLE;

-- ---------------------------------------------------------------- who may read one

SET ROLE board_reader;
SELECT attempt('SELECT * FROM dash.hz_score');
SELECT (SELECT count(*) FROM scoreboard) AS scoreboards, (SELECT count(*) FROM exclusion) AS exclusions;
SELECT attempt($$SELECT drop_scoreboard('dash.hz')$$);
RESET ROLE;
GRANT SELECT ON dash.hz_input, dash.hz_model, dash.hz_score, dash.hz_ranking, dash.hz_detail, dash.hz_whitelist TO board_reader;
-- from PostgreSQL 15 on with the reader's rights on the source
SET ROLE board_reader;
SELECT attempt('SELECT * FROM dash.hz_score') ~ '^42501: permission denied for table firm' = (current_setting('server_version_num')::int >= 150000);
RESET ROLE;
GRANT SELECT ON firm TO board_reader;
SET ROLE board_reader;
SELECT attempt('SELECT * FROM dash.hz_score'), attempt('SELECT * FROM dash.hz_ranking'), attempt('SELECT * FROM dash.hz_detail');
SELECT attempt('SELECT * FROM dash.hz_whitelist'), reasons FROM dash.hz_whitelist WHERE firm = 'F001' AND year = 2024;
RESET ROLE;
-- row-level security of the source is that of the reader
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_city ON firm FOR SELECT TO board_reader USING (city = '宁波');
CREATE POLICY everything ON firm FOR SELECT TO board_analyst USING (true);
SET ROLE board_reader;
SELECT (SELECT count(DISTINCT city) = 1 FROM dash.hz_score) = (current_setting('server_version_num')::int >= 150000);
RESET ROLE;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;
-- frozen models
SET ROLE board_analyst;
SET client_min_messages = notice;
SELECT freeze_scoreboard('dash.hz');
SET client_min_messages = warning;
SET ROLE board_reader;
SELECT attempt('SELECT * FROM dash.hz_score');
RESET ROLE;
-- of a frozen scoreboard a place is that among all, whichever rows the reader sees
GRANT SELECT ON dash.hz_standing, dash.hz_tier, dash.hz_trend TO board_reader;
CREATE TABLE among_all AS SELECT firm, year, city, rank, stage_rank, percentile, tier FROM dash.hz_ranking;
GRANT SELECT ON among_all TO board_reader;
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
SET ROLE board_reader;
SELECT (SELECT count(DISTINCT city) = 1 FROM dash.hz_ranking) = (current_setting('server_version_num')::int >= 150000);
SELECT count(*) FROM (SELECT firm, year, city, rank, stage_rank, percentile, tier FROM dash.hz_ranking EXCEPT TABLE among_all) d;
SELECT count(*) > 100, count(*) FILTER (WHERE (r.rank, r.stage_rank, r.percentile) IS DISTINCT FROM (s.rank, s.stage_rank, s.percentile)
                                 OR (r.rank, r.percentile) IS DISTINCT FROM (t.rank, t.percentile))
FROM dash.hz_ranking r JOIN dash.hz_standing s USING (firm, year) JOIN dash.hz_trend t USING (firm, year);
RESET ROLE;
-- what is computed for others is computed from all rows, or not at all
CREATE POLICY none ON firm AS RESTRICTIVE FOR SELECT TO board_analyst USING (city <> '宁波');
SET ROLE board_analyst;
SELECT attempt('SELECT freeze_scoreboard(''dash.hz'')') ~ '^42501: query would be affected by row-level security';
RESET ROLE;
DROP POLICY none ON firm;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;

-- ---------------------------------------------------------------- who may change one

SET ROLE board_dba;
SELECT attempt(format('SELECT %s(''dash.hz'')', f)) FROM unnest('{drop_scoreboard,rebuild_scoreboard,thaw_scoreboard}'::text[]) f;
-- who may read one may not change it either
RESET ROLE;
SET ROLE board_reader;
SELECT attempt(format('SELECT %s(''dash.hz'')', f)) FROM unnest('{drop_scoreboard,rebuild_scoreboard,thaw_scoreboard}'::text[]) f;
RESET ROLE;
SELECT count(*) FROM dash.hz_score;
-- a superuser's rebuild leaves the views to their owner
BEGIN;
SELECT unlock_scheme('board');
UPDATE category SET category = 'xx' WHERE scheme = 'board' AND category = 'x';
COMMIT;
SELECT rebuild_scoreboard('dash.hz');
SELECT relname, relowner::regrole, has_table_privilege('board_reader', oid, 'SELECT') FROM pg_class
WHERE relnamespace = 'dash'::regnamespace ORDER BY relname;
BEGIN;
SELECT unlock_scheme('board');
UPDATE category SET category = 'x' WHERE scheme = 'board' AND category = 'xx';
COMMIT;
SET ROLE board_analyst;
SELECT rebuild_scoreboard('dash.hz');
SELECT drop_scoreboard('dash.hz');
RESET ROLE;
SELECT count(*) FROM scoreboard;

-- ---------------------------------------------------------------- an owner has power over what is kept of its own scoreboards only

GRANT SELECT ON credit_rule, credit_step, credit_curve TO board_analyst, board_dba;
SET ROLE board_analyst;
SELECT create_scoreboard('dash.mine', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('dash.mine', top_n => 10), set_tiers('dash.mine', 'score', '{A,B}', '[50]'), set_credit('dash.mine', 'a');
INSERT INTO exclusion VALUES ('dash.mine', 'F001', 'tax arrears');
SELECT freeze_scoreboard('dash.mine');
SELECT record_whitelist_batch('dash.mine', '2024');
RESET ROLE;
CREATE SCHEMA lair AUTHORIZATION board_dba;
GRANT CREATE ON SCHEMA dash TO board_dba;
GRANT SELECT ON firm TO board_dba;
SET ROLE board_dba;
SELECT create_scoreboard('lair.own', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('lair.own', top_n => 5);
SELECT freeze_scoreboard('lair.own');
\set seen 'SELECT string_agg(relation || '' '' || firms, '', '') FROM (SELECT ''scoreboard'' AS relation, count(*) AS firms FROM scoreboard UNION ALL SELECT ''rule'', count(*) FROM whitelist_rule UNION ALL SELECT ''tier'', count(*) FROM tier_rule UNION ALL SELECT ''exclusion'', count(*) FROM exclusion UNION ALL SELECT ''model'', count(*) FROM fitted_model UNION ALL SELECT ''scores'', least(count(*), 1) FROM score_profile UNION ALL SELECT ''peers'', least(count(*), 1) FROM peer_profile UNION ALL SELECT ''batch'', count(*) FROM whitelist_batch UNION ALL SELECT ''credit'', count(*) FROM credit_binding) r;'
:seen
-- nothing of others is found, given or taken
SELECT attempt(c) FROM unnest(ARRAY[
    $$UPDATE scoreboard SET mapping = '{"a": "1 / 0"}' WHERE scoreboard = 'dash.mine'$$,
    $$UPDATE scoreboard SET scoreboard = 'dash.mine' WHERE scoreboard = 'lair.own'$$,
    $$UPDATE whitelist_rule SET required = 'true'$$,
    $$UPDATE whitelist_rule SET scoreboard = 'dash.mine'$$,
    $$INSERT INTO whitelist_rule (scoreboard, rule, top_n) VALUES ('dash.mine', 'x', 1)$$,
    $$INSERT INTO exclusion VALUES ('dash.mine', 'F002', 'x')$$,
    $$INSERT INTO tier_rule (scoreboard, method, tiers, cuts) VALUES ('dash.mine', 'score', '{x,y}', '[1]')$$,
    $$INSERT INTO fitted_model (scoreboard, model) SELECT 'dash.mine', model FROM fitted_model LIMIT 1$$,
    $$UPDATE fitted_model SET scoreboard = 'dash.mine'$$,
    $$INSERT INTO credit_binding VALUES ('dash.mine', 'b')$$,
    $$INSERT INTO whitelist_batch_firm VALUES ('dash.mine', '', 1, 'F999', NULL, 1, 1, '{}')$$,
    $$DELETE FROM exclusion$$, $$DELETE FROM whitelist_batch$$, $$DELETE FROM tier_rule$$,
    $$SELECT set_whitelist_rule('dash.mine', top_n => 1)$$, $$SELECT freeze_scoreboard('dash.mine')$$,
    $$SELECT record_whitelist_batch('dash.mine', '2024')$$, $$SELECT set_tiers('dash.mine', 'score', '{x,y}', '[1]')$$,
    $$UPDATE _innovation_score.scoreboard SET mapping = '{}'$$, $$SELECT * FROM _innovation_score.fitted_model$$]) c;
RESET ROLE;
SET ROLE board_analyst;
:seen
SELECT mapping, frozen_at IS NOT NULL AS frozen FROM scoreboard;
SELECT top_n, required FROM whitelist_rule;
RESET ROLE;
-- views that another makes in the place of those that are gone inherit nothing; what is left is the database owner's
SET ROLE board_analyst;
DROP VIEW dash.mine_rights;
SELECT count(*) FROM scoreboard;
SET ROLE board_dba;
CREATE VIEW dash.mine_rights AS SELECT true AS reader, true AS publisher;
SELECT count(*) FROM scoreboard WHERE scoreboard = 'dash.mine';
SELECT attempt($$UPDATE scoreboard SET mapping = '{"a": "b"}' WHERE scoreboard = 'dash.mine'$$), attempt($$INSERT INTO exclusion VALUES ('dash.mine', 'F002', 'x')$$);
DROP VIEW dash.mine_rights;
RESET ROLE;
SELECT mapping FROM scoreboard WHERE scoreboard = 'dash.mine';
-- the other views are still who dropped that one's
SELECT attempt($$SELECT rebuild_scoreboard('dash.mine')$$) ~ '^55000: views of scoreboard dash.mine belong to others.*ALTER VIEW dash.mine_input OWNER TO .*; ALTER VIEW dash.mine_trend OWNER TO ' AS refused;
SELECT format('ALTER VIEW %s OWNER TO CURRENT_USER', c.oid::regclass) FROM pg_class c WHERE c.relnamespace = 'dash'::regnamespace AND c.relname LIKE 'mine\_%' AND c.relkind = 'v' ORDER BY 1 \gexec
SELECT rebuild_scoreboard('dash.mine');
SELECT relowner::regrole::text = current_user AS again FROM pg_class WHERE oid = 'dash.mine_rights'::regclass;
-- ownership follows the roles
REASSIGN OWNED BY board_dba TO board_reader;
GRANT USAGE ON SCHEMA lair TO board_dba;
SET ROLE board_dba;
SELECT count(*) FROM scoreboard;
SET ROLE board_reader;
SELECT scoreboard FROM scoreboard;
RESET ROLE;
DELETE FROM whitelist_batch;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DROP SCHEMA lair CASCADE;

-- ---------------------------------------------------------------- names are not looked up where others could plant them

CREATE SCHEMA trap;
CREATE FUNCTION trap.score_row(score_model, text, VARIADIC float8[]) RETURNS SETOF float8[] LANGUAGE sql AS $$SELECT ARRAY[1, 1, 1, 1, 1, 1]::float8[]$$;
CREATE FUNCTION trap.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$SELECT 'DROP TABLE board.firm'$$;
CREATE FUNCTION trap.eq(text, text) RETURNS boolean LANGUAGE sql AS $$SELECT true$$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.eq);
CREATE TABLE trap.scoreboard (scoreboard text);
SET search_path = trap, board, innovation_score, pg_catalog;
SELECT innovation_score.create_scoreboard('board.hz', 'board', 'firm', 'firm', 'stage', 'year');
SELECT innovation_score.rebuild_scoreboard('board.hz');
SELECT board.attempt($$SELECT innovation_score.drop_scoreboard('hz2')$$);
SET search_path = board, innovation_score, public;
SELECT * FROM compare('hz', 'firm', 'year', 'SELECT firm AS entity, year AS period, year AS grp, stage, a, b, c, d, e FROM firm');
SELECT drop_scoreboard('hz');

DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board, dash, trap CASCADE;
DROP OWNED BY board_dba, board_analyst, board_reader;
DROP ROLE board_dba, board_analyst, board_reader;
