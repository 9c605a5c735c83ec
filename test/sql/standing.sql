-- standing: what a frozen scoreboard looks up is what a live one counts; after changes of data firms are measured against
-- the freeze, worked out by hand; cuts, kept scores, one firm without the others
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'
\set SHOW_CONTEXT never

-- ---------------------------------------------------------------- places in kept scores

-- a score, its place, percentile, equals and number; -0 is 0; values that are not there; what is no score is not kept
CREATE TABLE kept AS SELECT _innovation_score.peer_profile(0, v) AS profile
FROM (VALUES (30::float8), (20), (20), (20), (-0.0), (0), (-5), (NULL), ('NaN'), ('Infinity')) t(v);
SELECT v, _innovation_score.place_row(profile, v) FROM kept, unnest('{31,30,25,20,0,-0,-5,-6,NULL,Infinity}'::float8[]) v;
SELECT n, _innovation_score.score_cut(profile, n) FROM kept, unnest('{0,1,2,3,4,5,6,7,8,NULL}'::bigint[]) n;
SELECT _innovation_score.place_row(NULL, 1), _innovation_score.score_cut(NULL, 1), _innovation_score.place_row(_innovation_score.peer_profile(0, v), 5e-324) FROM (VALUES (5e-324::float8), (1e308), (-1e308)) t(v);
SELECT attempt(format('SELECT _innovation_score.place_row(%L, 1), _innovation_score.score_cut(%1$L, 1)', p)) FROM unnest(ARRAY['{}', '{1}', '{1,2,2,2,1}', '{1,2,2,2,-1}', '{1,2,2,2,1,2,1,0}', '{1,2,2,2,1,NULL,1}']) p;
-- 60,000 scores, most of them different, in a TOAST table: read in pieces for few questions, whole for many
CREATE TABLE score (i int, score float8);
INSERT INTO score SELECT i, floor(i::bigint * 7919 % 60013 * CASE WHEN i % 3 = 0 THEN 0.5 ELSE 1 END) / 8 FROM generate_series(1, 60000) i;
CREATE TABLE large (profile float8[]);
ALTER TABLE large ALTER COLUMN profile SET STORAGE EXTERNAL;
INSERT INTO large SELECT _innovation_score.peer_profile(0, score.score) FROM score;
SELECT pg_column_size(profile) > 500000 AS large FROM large;
CREATE TABLE place AS
SELECT i, score, ARRAY[rank() OVER (ORDER BY score DESC), 100::float8 * count(*) OVER (ORDER BY score) / 60000, count(*) OVER (PARTITION BY score), 60000]::float8[] AS place FROM score;
SELECT count(*), count(*) FILTER (WHERE found IS DISTINCT FROM place) AS different FROM place, large, LATERAL (SELECT _innovation_score.place_row(profile, score) AS found) f;
SELECT count(*), count(*) FILTER (WHERE found IS DISTINCT FROM place) AS different FROM (SELECT * FROM place WHERE i % 6007 = 1) p, large, LATERAL (SELECT _innovation_score.place_row(profile, score) AS found) f;
SELECT count(*), count(*) FILTER (WHERE _innovation_score.score_cut(profile, n) IS DISTINCT FROM (SELECT min(score) FROM place WHERE place[1] <= n)) AS different
FROM unnest('{1,2,3,999,30000,59999,60000}'::bigint[]) n, large;
DROP TABLE kept, score, large, place;

-- ---------------------------------------------------------------- the same as counted

-- two years full of ties, a city that is missing, firms without a score
UPDATE firm SET a = floor(a / 400), b = 0, c = c / 12 * 12, d = 0 WHERE year < 2024;
UPDATE firm SET city = NULL WHERE firm LIKE '%9';
ALTER TABLE firm ADD founded date, ADD share float8, ADD size numeric;
UPDATE firm SET founded = date '2000-01-31' + d::int * 400, share = 0.1 * c, size = CASE WHEN d % 2 = 0 THEN 1.0 ELSE 1.00 END;
INSERT INTO credit_rule (bank, unit) VALUES ('板行', 1);
INSERT INTO credit_step (bank, tier, min_score, amount) VALUES ('板行', '', 0, 100), ('板行', 'A', 0, 500), ('板行', 'A', 50, 800);
SELECT count(create_scoreboard(board, 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city,founded,share}')) FROM unnest('{live,cold}'::text[]) board;
INSERT INTO exclusion SELECT board, 'F' || lpad(i::text, 3, '0'), 'x', current_date - i, current_date + i - 100
FROM generate_series(90, 110) i, unnest('{live,cold}'::text[]) board;
SELECT freeze_scoreboard('cold');

-- rows of a view of two scoreboards that one of them has alone; and of _standing that the views it comes from have otherwise
CREATE FUNCTION others(kind text, a text DEFAULT 'live', b text DEFAULT 'cold') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    result bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM ((TABLE %1$I EXCEPT ALL TABLE %2$I) UNION ALL (TABLE %2$I EXCEPT ALL TABLE %1$I)) d', a || '_' || kind, b || '_' || kind) INTO result;
    RETURN result;
END
$$;
CREATE FUNCTION standing_check(board text, rule text DEFAULT '', key text DEFAULT 'firm, year')
RETURNS TABLE (rows bigint, listed bigint, reserve bigint, tied bigint, different bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT count(*), count(*) FILTER (WHERE s.decision = ''listed''), count(*) FILTER (WHERE s.decision = ''reserve''), count(*) FILTER (WHERE s.reasons ~ ''tied''), '
        'count(*) FILTER (WHERE (s.stage, s.score, s.rank, s.decision, s.reasons, s.batch, s.tier, s.stage_rank, s.percentile) '
        'IS DISTINCT FROM (w.stage, w.score, w.rank, w.decision, w.reasons, w.batch, r.tier, r.stage_rank, r.percentile)) '
        'FROM %I w FULL JOIN %I r USING (%s) FULL JOIN (SELECT * FROM %I WHERE rule = %L) s USING (%3$s)',
        board || '_whitelist' || COALESCE('_' || NULLIF(rule, ''), ''), board || '_ranking', key, board || '_standing', rule);
END
$$;
\set compare 'SELECT * FROM (SELECT kind, others(kind) AS rows FROM unnest(\'{standing,whitelist,tier,credit,migration,trend}\'::text[]) kind OFFSET 0) o WHERE rows > 0;'

-- no rules, no tiers
:compare
SELECT rule, tier, decision, reasons, count(*), count(rank) FROM cold_standing GROUP BY 1, 2, 3, 4;
SELECT attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'cold_standing'::regclass AND attnum > 0 ORDER BY attnum;
SELECT obj_description('cold_standing'::regclass), obj_description('live_standing'::regclass);
-- rules and tiers set while it is frozen: quotas, ties at every cut, reserve, conditions, a quota of dates and fractions
SELECT count(set_whitelist_rule(board, min_score => 20, top_n => 40, quota_by => 'city', quota_n => 10, required => 'c > 5', min_coverage => 0.5, reserve_n => 7)),
       count(set_whitelist_rule(board, rule => '银行', top_n => 10, reserve_n => 300)), count(set_whitelist_rule(board, rule => 'fund', quota_by => 'founded', quota_n => 5, reserve_n => 20)),
       count(set_whitelist_rule(board, rule => 'all')), count(set_whitelist_rule(board, rule => 'share', quota_by => 'share', quota_n => 2, top_n => 15)),
       count(set_whitelist_rule(board, rule => 'size', quota_by => 'size', quota_n => 30)),
       count(set_tiers(board, 'quantile', '{A,B,C}', '[0.1, 0.3333]', within => 'city'))
FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT v.rule, c.* FROM unnest('{"",银行,fund,all,share,size}'::text[]) v(rule), standing_check('cold', v.rule) c;
SELECT v.rule, c.* FROM unnest('{"",银行,fund,all,share,size}'::text[]) v(rule), standing_check('live', v.rule) c;
SELECT kind, name, count(*), sum(profile[1]) AS scores FROM score_profile WHERE scoreboard = 'board.cold' GROUP BY 1, 2 ORDER BY 1, 2;
-- another session's ways to write dates and numbers
SET datestyle = 'German'; SET extra_float_digits = -10;
:compare
SELECT count(*) FILTER (WHERE decision = 'listed') FROM cold_standing WHERE rule = 'fund';
RESET datestyle; RESET extra_float_digits;
-- other tiers: places, by stage, with cuts of their own, by a date, at scores, none; kept is what they need
SELECT count(set_tiers(board, 'quota', '{A,B,C}', '[10, 20]')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT count(set_tiers(board, 'quota', '{A,B,C}', '{"s": [10, 20], "l": [3, 0]}', within => 'stage')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT count(set_tiers(board, 'quantile', '{A,B}', '{"杭州": [0.25], "宁波": [0.5]}', within => 'city')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT DISTINCT name FROM score_profile WHERE scoreboard = 'board.cold' AND kind = 'column' ORDER BY 1;
SELECT count(set_tiers(board, 'quantile', '{A,B}', '[0.5]', within => 'founded')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT DISTINCT name FROM score_profile WHERE scoreboard = 'board.cold' AND kind = 'column' ORDER BY 1;
SELECT count(set_tiers(board, 'score', '{A,B}', '[50]')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT count(drop_tiers(board)) FROM unnest('{live,cold}'::text[]) board;
:compare
-- those of the scheme count from a rebuild on
SET client_min_messages = error;
BEGIN;
SELECT unlock_scheme('board');
SELECT set_tiers(scheme => 'board', method => 'quantile', tiers => '{A,B}', cuts => '[0.2]', within => 'city');
COMMIT;
SET client_min_messages = warning;
SELECT count(rebuild_scoreboard(board)) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT DISTINCT name FROM score_profile WHERE scoreboard = 'board.cold' AND kind = 'column' ORDER BY 1;
-- rules dropped and set anew
SELECT count(drop_whitelist_rule(board, 'size')), count(drop_whitelist_rule(board)), count(set_whitelist_rule(board, rule => 'share', min_score => 30)) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT rule, count(*) FROM cold_standing GROUP BY 1 ORDER BY 1;
SELECT DISTINCT name FROM score_profile WHERE scoreboard = 'board.cold' AND kind IN ('quota', 'top', 'reserve') ORDER BY 1;
-- batches: who was listed is shown, and others are in line, at once
SELECT count(set_whitelist_rule(board, top_n => 5, quota_by => 'city', quota_n => 3, reserve_n => 2)) FROM unnest('{live,cold}'::text[]) board;
SELECT count(record_whitelist_batch(board, '2024')), count(record_whitelist_batch(board, '2023', rule => '银行')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT * FROM standing_check('cold');
SELECT count(record_whitelist_batch(board, '2023')) FROM unnest('{live,cold}'::text[]) board;
:compare
SELECT batch, decision, count(*) FROM cold_standing WHERE rule = '' AND decision <> 'rejected' GROUP BY 1, 2 ORDER BY 1, 2;
-- thawed nothing is kept; frozen again, everything
SELECT thaw_scoreboard('cold');
:compare
SELECT count(*) FROM score_profile;
SELECT freeze_scoreboard('cold');
:compare
BEGIN;
SELECT unlock_scheme('board');
DELETE FROM tier_rule WHERE scheme = 'board';
COMMIT;
-- what a firm would need for the whitelist
SELECT count(*), count(DISTINCT g.target), count(*) FILTER (WHERE g IS DISTINCT FROM h) AS different
FROM (VALUES ('F001'), ('F014'), ('F100'), ('F019')) f(firm) CROSS JOIN (VALUES ('2022'), ('2024')) y(year)
CROSS JOIN LATERAL gap_to('live', y.year, f.firm) WITH ORDINALITY AS g
JOIN LATERAL gap_to('cold', y.year, f.firm) WITH ORDINALITY AS h USING (ordinality);

-- one firm is looked up: its plan counts nobody else, and finds the firm by its index
CREATE FUNCTION is_looked_up(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
    RETURN plan::text !~ '"Node Type": "WindowAgg"|"Node Type": "Seq Scan"[^{}]*"Relation Name": "firm"';
END
$$;
ANALYZE firm;
SELECT v, is_looked_up(format('SELECT * FROM cold_%s WHERE firm = ''F014'' AND year = 2024', v)) FROM unnest('{standing,whitelist,tier,ranking}'::text[]) v;

-- ---------------------------------------------------------------- one reader, one answer

-- who sees the rows of one city sees of each what the owner sees, in every view, also after values have changed
SELECT set_tiers('cold', 'quantile', '{A,B,C}', '[0.1, 0.3333]');
UPDATE firm SET a = a + 5000 WHERE firm LIKE '%7';
CREATE ROLE standing_reader;
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_city ON firm FOR SELECT TO standing_reader USING (city = '宁波');
CREATE TABLE owned (kind text, firm text, year int, city text, line text);
SELECT format('INSERT INTO owned SELECT %L, v.firm, v.year, f.city, v::text FROM cold_%s v JOIN firm f USING (firm, year)', kind, kind)
FROM unnest('{ranking,whitelist,whitelist_share,standing,tier,credit,trend}'::text[]) kind \gexec
SELECT format('GRANT SELECT ON %s TO standing_reader', c.oid::regclass) FROM pg_class c WHERE c.relname ~ '^cold_' AND c.relkind = 'v' ORDER BY c.relname COLLATE "C" \gexec
GRANT SELECT ON firm, owned, score_profile, fitted_model, exclusion, whitelist_batch_firm, peer_profile, credit_rule, credit_step, credit_curve TO standing_reader;
GRANT USAGE ON SCHEMA board TO standing_reader;
CREATE TABLE seen (kind text, firm text, year int, line text);
GRANT INSERT ON seen TO standing_reader;
SET ROLE standing_reader;
SELECT format('INSERT INTO seen SELECT %L, v.firm, v.year, v::text FROM cold_%s v', kind, kind)
FROM unnest('{ranking,whitelist,whitelist_share,standing,tier,credit,trend}'::text[]) kind \gexec
RESET ROLE;
-- before PostgreSQL 15 a view reads with the rights of its owner, who sees everything
SELECT kind, count(s) > 90 AS seen, count(s) FILTER (WHERE o IS NULL) AS other,
       count(*) FILTER (WHERE (s IS NULL) IS DISTINCT FROM (o.city IS DISTINCT FROM '宁波' AND current_setting('server_version_num')::int >= 150000)) AS of_other_cities
FROM owned o FULL JOIN seen s USING (kind, firm, year, line) GROUP BY 1 ORDER BY 1;
DROP POLICY own_city ON firm;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;
DROP TABLE owned, seen;
UPDATE firm SET a = a - 5000 WHERE firm LIKE '%7';
DROP OWNED BY standing_reader;
DROP ROLE standing_reader;

-- ---------------------------------------------------------------- groups of every kind

-- a pooled scoreboard ranks firms of no period, too; periods that are equal and written otherwise; an entity by an expression
CREATE TABLE loose AS SELECT row_number() OVER (ORDER BY firm, year) AS id, CASE WHEN firm LIKE '%1' THEN NULL WHEN firm LIKE '%2' THEN year + 0.0 ELSE year END::numeric AS year, city AS "a ""city""", stage, a, b, c, d, e FROM firm WHERE year > 2022;
SELECT count(create_scoreboard(board, 'board', 'loose', '''N'' || id', 'stage', 'year', pooled => true, attributes => ARRAY['a "city"'])),
       count(set_whitelist_rule(board, top_n => 10, reserve_n => 3, quota_by => '"a ""city"""', quota_n => 6)), count(set_tiers(board, 'quota', '{A,B}', '[12]', within => 'a "city"'))
FROM unnest('{live_pool,cold_pool}'::text[]) board;
SELECT freeze_scoreboard('cold_pool');
SELECT kind, others(kind, 'live_pool', 'cold_pool') FROM unnest('{standing,whitelist,tier,trend}'::text[]) kind;
SELECT year IS NULL AS none, count(*), count(rank), count(*) FILTER (WHERE decision = 'listed') AS listed FROM cold_pool_standing GROUP BY 1 ORDER BY 1;
-- neither period nor attributes; peers that tiers are cut within; a whitelist with nothing but a condition
SELECT count(create_scoreboard(board, 'board', 'loose', '(id)', 'stage', peers => ARRAY['a "city"'])), count(set_whitelist_rule(board, required => 'd > 5')),
       count(set_tiers(board, 'quantile', '{A,B}', '[0.5]', within => 'a "city"'))
FROM unnest('{live_flat,cold_flat}'::text[]) board;
SELECT freeze_scoreboard('cold_flat');
SELECT kind, others(kind, 'live_flat', 'cold_flat') FROM unnest('{standing,whitelist,tier,trend}'::text[]) kind;
SELECT * FROM standing_check('cold_flat', '', 'entity');
-- nobody at all, and then somebody of a year that has no model
CREATE TABLE nobody AS SELECT * FROM firm WHERE false;
SELECT create_scoreboard('nobody', 'board', 'nobody', 'firm', 'stage', 'year');
SELECT set_whitelist_rule('nobody', top_n => 1);
SELECT freeze_scoreboard('nobody');
INSERT INTO nobody SELECT * FROM firm WHERE year = 2024 AND firm < 'F003';
SELECT firm, score, rank, decision, reasons FROM nobody_standing ORDER BY 1;
SELECT count(drop_scoreboard(b)) FROM unnest('{live_pool,cold_pool,live_flat,cold_flat,nobody}'::text[]) b;

-- ---------------------------------------------------------------- after the freeze, by hand

-- the score is the value; scores of the freeze: 90 80 | 80 70 60 | 50
INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 128, 'fixed(0,128)', 'null');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only');
INSERT INTO stage VALUES ('plain', 's');
INSERT INTO weight VALUES ('plain', 's', 'value', 1);
CREATE TABLE result (firm text, year int, city text, stage text, value float8);
INSERT INTO result VALUES ('A', 2024, '杭州', 's', 90), ('B', 2024, '杭州', 's', 80), ('C', 2024, '宁波', 's', 80), ('D', 2024, '宁波', 's', 70), ('E', 2024, '宁波', 's', 60), ('F', 2024, '温州', 's', 50);
SELECT create_scoreboard('hand', 'plain', 'result', 'firm', 'stage', 'year', attributes => '{city}', pooled => true);
SELECT set_whitelist_rule('hand', quota_by => 'city', quota_n => 2, top_n => 3, reserve_n => 1);
SELECT set_tiers('hand', 'quota', '{I,II,III}', '[1, 2]');
SELECT freeze_scoreboard('hand');
\set show 'SELECT firm, year, city, score, rank, stage_rank, round(percentile::numeric, 2) AS percentile, tier, decision, reasons FROM hand_standing ORDER BY year, firm;'
:show
-- F and B change, G is as C was, H is of a city without candidates, I of a year without scores, E is excluded, A has no city
UPDATE result SET value = 85 WHERE firm = 'F';
UPDATE result SET value = 75 WHERE firm = 'B';
UPDATE result SET city = NULL WHERE firm = 'A';
INSERT INTO result VALUES ('G', 2024, '宁波', 's', 80), ('H', 2024, '嘉兴', 's', 10), ('I', 2025, '杭州', 's', 99), ('J', 2024, '杭州', 's', NULL);
INSERT INTO exclusion VALUES ('hand', 'E', 'late');
:show
SELECT firm, place, tier, reason FROM hand_tier ORDER BY year, firm;
-- the whitelist says the same
SELECT count(*) AS firms, count(*) FILTER (WHERE (w.rank, w.score, w.decision, w.reasons) IS DISTINCT FROM (s.rank, s.score, s.decision, s.reasons)) AS other
FROM hand_whitelist w FULL JOIN hand_standing s USING (firm, year);
SELECT firm, decision FROM hand_whitelist WHERE decision <> 'rejected' ORDER BY 1;
-- what D needs: the last one listed then had 80, and the last one in the quota of 宁波 70; the list of 2025 is counted, since nothing was kept of it
SELECT DISTINCT target FROM gap_to('hand', entity => 'D');
SELECT attempt($$SELECT gap_to('hand', entity => 'I')$$);
-- tiers within a city, set now: the cities of now, but G alone is of no city of the freeze
SELECT set_tiers('hand', 'quantile', '{I,II}', '[0.5]', within => 'city');
UPDATE result SET city = '舟山' WHERE firm = 'G';
SELECT firm, city, place, tier, reason FROM hand_tier ORDER BY year, firm;
-- a rule set now has the cuts of now
SELECT set_whitelist_rule('hand', rule => 'now', top_n => 2);
SELECT firm, score, decision, reasons FROM hand_standing WHERE rule = 'now' AND year = 2024 AND score >= 75 ORDER BY rank, firm;

SELECT count(*) FROM score_profile WHERE scoreboard = 'board.hand';
SELECT drop_scoreboard('hand');
SELECT count(*) FROM score_profile WHERE scoreboard = 'board.hand';
DELETE FROM whitelist_batch;
SELECT drop_scoreboard('live'), drop_scoreboard('cold');
DELETE FROM credit_rule;
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
