-- store_ranking: what is stored is what the views show, to the last digit, for every kind of scoreboard; tables keep what
-- users gave them; readers see the old rows or the new ones
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

-- Stores a ranking, or what is given does, and counts the rows that views and table do not have in common.
CREATE FUNCTION check_stored(board text, keys text DEFAULT 'firm, year', command text DEFAULT 'SELECT store_ranking(%L, %L)')
RETURNS TABLE (stored bigint, ranks bigint, listed bigint, tiers bigint, missing bigint, other bigint) LANGUAGE plpgsql AS $$
DECLARE
    kept regclass;
    rules text[] := ARRAY(SELECT r.rule FROM whitelist_rule r WHERE r.scoreboard = 'board.' || board ORDER BY r.rule COLLATE "C");
    columns text[];
    shown text[];
    lists text;
BEGIN
    EXECUTE format(command, board, board || '_kept') INTO stored;
    kept := (board || '_kept')::regclass;
    SELECT array_agg(format('k.%I', a.attname) ORDER BY a.attnum),
           array_agg(CASE WHEN r.n IS NULL THEN format('r.%I', a.attname) ELSE format('w%s.%s', r.n, split_part(a.attname, '_', 1)) END ORDER BY a.attnum)
    INTO columns, shown
    FROM pg_attribute a LEFT JOIN unnest(rules) WITH ORDINALITY AS r(rule, n) ON a.attname IN (concat_ws('_', 'decision', NULLIF(r.rule, '')), concat_ws('_', 'reasons', NULLIF(r.rule, '')))
    WHERE a.attrelid = kept AND a.attnum > 0 AND NOT a.attisdropped;
    lists := COALESCE((SELECT string_agg(format(' LEFT JOIN %I w%s USING (%s)', concat_ws('_', board, 'whitelist', NULLIF(r.rule, '')), r.n, keys), '' ORDER BY r.n)
                       FROM unnest(rules) WITH ORDINALITY AS r(rule, n)), '');
    EXECUTE format('WITH shown AS MATERIALIZED (SELECT %s FROM %I_ranking r%s), kept AS MATERIALIZED (SELECT %s FROM %s k) '
                   'SELECT (SELECT count(rank) FROM %5$s), (SELECT count(*) FROM %5$s WHERE ''listed'' IN (%6$s)), (SELECT count(DISTINCT tier) FROM %5$s), '
                   '(SELECT count(*) FROM (TABLE shown EXCEPT ALL TABLE kept) x), (SELECT count(*) FROM (TABLE kept EXCEPT ALL TABLE shown) x)',
                   array_to_string(shown, ', '), board, lists, array_to_string(columns, ', '), kept,
                   COALESCE((SELECT string_agg(concat_ws('_', 'decision', NULLIF(r, '')), ', ') FROM unnest(rules) r), 'NULL'))
        INTO ranks, listed, tiers, missing, other;
    RETURN NEXT;
END
$$;

-- ---------------------------------------------------------------- kinds of scoreboards

SELECT create_scoreboard('plain', 'board', 'firm', 'firm', 'stage', 'year', attributes => '{city}'),
       create_scoreboard('peers', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,stage}'),
       create_scoreboard('pooled', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', pooled => true),
       create_scoreboard('small', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,stage}', min_peers => 31, sample => 'd > 3'),
       create_scoreboard('all_years', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 1000, pooled => true, sample => 'c = 0'),
       create_scoreboard('flat', 'board', 'firm', 'firm || year', 'stage', attributes => '{city}');
SELECT b, c.* FROM unnest('{plain,peers,pooled,small,all_years}'::text[]) b, check_stored(b) c;
SELECT * FROM check_stored('flat', 'entity');

-- tiers by score, share and number, of all, of stages, of an attribute
CREATE FUNCTION with_tiers(method text, cuts jsonb, field text DEFAULT NULL, board text DEFAULT 'plain') RETURNS TABLE (tiers bigint, missing bigint, other bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_tiers(board, method, '{A,B,C}', cuts, within => field);
    RETURN QUERY SELECT c.tiers, c.missing, c.other FROM check_stored(board) c;
END
$$;
SELECT v.*, t.* FROM (VALUES ('score', '[60, 40.5]'::jsonb, NULL), ('score', '{"s": [70, 60], "l": [50, 20]}', 'stage'), ('quantile', '[0.1, 0.55]', NULL),
                             ('quantile', '[0.1234567891234, 0.5]', 'stage'), ('quantile', '[0.2, 0.3]', 'city'), ('quota', '[10, 20]', NULL), ('quota', '[7, 5]', 'city'),
                             ('quota', '{"杭州": [1, 2], "宁波": [0, 10]}', 'city')) v(method, cuts, field), with_tiers(v.method, v.cuts, v.field) t;

-- rules: minima, quotas, reserve, conditions, languages; exclusions, batches
SELECT set_whitelist_rule('plain', min_score => 40, top_n => 40, quota_by => 'city', quota_n => 12, reserve_n => 15, category_minimum => '{"x": 30, "y": 10}'),
       set_whitelist_rule('plain', min_coverage => 0.7, required => 'd > 5', qualifies => 'c > 30', rule => 'zh', language => 'zh'),
       set_whitelist_rule('plain', top_n => 20, reserve_n => 10, rule => 'once'),
       set_whitelist_rule('peers', top_n => 20, min_coverage => 0.9), set_whitelist_rule('pooled', quota_by => 'stage', quota_n => 10);
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('board.plain', 'F010', 'fraud'), ('board.plain', 'F011', 'moved'), ('board.plain', 'F011', 'closed');
SELECT record_whitelist_batch('plain', '2022', rule => 'once') > 0 AS recorded;
SELECT b, c.* FROM unnest('{plain,peers,pooled}'::text[]) b, check_stored(b) c;
-- in the order of the view, with its types and comments
SELECT count(*) AS columns, count(*) FILTER (WHERE v.attname IS NOT NULL) AS of_view,
       count(*) FILTER (WHERE v.attname IS NOT NULL AND (format_type(k.atttypid, k.atttypmod), k.attcollation, col_description(k.attrelid, k.attnum))
                              IS DISTINCT FROM (format_type(v.atttypid, v.atttypmod), v.attcollation, col_description(v.attrelid, v.attnum))) AS different
FROM pg_attribute k LEFT JOIN pg_attribute v ON v.attrelid = 'plain_ranking'::regclass AND v.attname = k.attname
WHERE k.attrelid = 'plain_kept'::regclass AND k.attnum > 0;
SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a
WHERE a.attrelid = 'plain_kept'::regclass AND a.attname ~ 'decision|reasons' ORDER BY a.attname;
SELECT obj_description('plain_kept'::regclass) = obj_description('plain_ranking'::regclass) AS comment;
SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = 'plain_kept'::regclass ORDER BY 1;
SELECT target, scoreboard, periods, cardinality(columns) AS columns, stored_at = now() AS now FROM stored_ranking WHERE scoreboard = 'board.plain';

-- ---------------------------------------------------------------- schemes: quality, missing values, trees, methods

CREATE FUNCTION check_scheme(change text) RETURNS TABLE (ranks bigint, listed bigint, missing bigint, other bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    PERFORM rebuild_scoreboard('peers'), rebuild_scoreboard('plain');
    RETURN QUERY SELECT sum(c.ranks)::bigint, sum(c.listed)::bigint, sum(c.missing)::bigint, sum(c.other)::bigint
                 FROM unnest('{plain,peers}'::text[]) b, check_stored(b) c;
END
$$;
INSERT INTO quality_rule (scheme, rule, severity, condition) VALUES ('board', 'high', 'error', 'b <= 1200'), ('board', 'odd', 'warning', 'd <> 3');
SELECT p, c.* FROM unnest('{score,flag,exclude}'::text[]) p, check_scheme(format('UPDATE scheme SET on_error = %L WHERE scheme = ''board''', p)) c;
SELECT p, c.* FROM unnest('{zero,"null",median,reweight}'::text[]) p, check_scheme(format('UPDATE scheme SET missing = %L WHERE scheme = ''board''', p)) c;
SELECT p, c.* FROM unnest('{mad(2.5),zscore(2),"iqr(1.5,inside)","percentile(0.1,0.9) of nonzero",jrc}'::text[]) p,
     check_scheme(format('UPDATE indicator SET extreme = %L WHERE scheme = ''board'' AND indicator = ''a''', p)) c;
SELECT c.* FROM check_scheme('UPDATE scheme SET min_coverage = 0.85, decimals = 1 WHERE scheme = ''board''') c;
SELECT c.* FROM check_scheme('UPDATE scheme SET aggregation = ''geometric'', missing = ''zero'' WHERE scheme = ''board''') c;

UPDATE scheme SET aggregation = 'arithmetic', missing = 'reweight', min_coverage = 0, decimals = NULL, on_error = 'score' WHERE scheme = 'board';
SELECT rebuild_scoreboard(b) FROM unnest('{plain,peers,pooled}'::text[]) b;
SELECT * FROM check_stored('plain');

-- plain weighted sums, which are scored indicator by indicator: every direction, rule and missing value; few rows of many
-- groups, one by one
SELECT derive_scheme('sums', 'board');
DELETE FROM indicator i USING category c WHERE (i.scheme, i.category) = (c.scheme, c.category) AND c.scheme = 'sums' AND c.role <> 'base';
DELETE FROM category WHERE scheme = 'sums' AND role <> 'base';
UPDATE scheme SET missing = 'zero', decimals = 4 WHERE scheme = 'sums';
SELECT create_scoreboard('sums', 'sums', 'firm', 'firm', 'stage', 'year'),
       create_scoreboard('sum_groups', 'sums', 'firm', 'firm', 'stage', 'year', peers => '{city}'),
       create_scoreboard('sum_small_groups', 'sums', 'firm', 'firm', 'stage', 'year', peers => '{c}');
CREATE FUNCTION check_sums(change text) RETURNS TABLE (ranks bigint, missing bigint, other bigint) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    PERFORM rebuild_scoreboard(b) FROM unnest('{sums,sum_groups,sum_small_groups}'::text[]) b;
    RETURN QUERY SELECT sum(c.ranks)::bigint, sum(c.missing)::bigint, sum(c.other)::bigint
                 FROM unnest('{sums,sum_groups,sum_small_groups}'::text[]) b, check_stored(b) c;
END
$$;
SELECT p, c.* FROM unnest('{zero,"null",median,mean,lower,reweight}'::text[]) p,
     check_sums(format('UPDATE scheme SET missing = %L WHERE scheme = ''sums''', p)) c;
UPDATE scheme SET missing = 'median' WHERE scheme = 'sums';
UPDATE indicator SET missing = 'null' WHERE scheme = 'sums' AND indicator = 'c';
SELECT d, c.* FROM unnest('{cost,target(300),"interval(100,900)",benefit}'::text[]) d,
     check_sums(format('UPDATE indicator SET direction = %L WHERE scheme = ''sums'' AND indicator = ''a''', d)) c;
SELECT r, c.* FROM unnest('{percent_rank,"steps(10:1,500:3)",minmax}'::text[]) r,
     check_sums(format('UPDATE indicator SET scoring = %L WHERE scheme = ''sums'' AND indicator = ''a''', r)) c;
SELECT c.* FROM check_sums('UPDATE scheme SET min_coverage = 0.6, decimals = NULL WHERE scheme = ''sums''') c;

-- ---------------------------------------------------------------- sources

CREATE TABLE shuffled AS SELECT * FROM firm ORDER BY md5(firm || year);
CREATE TABLE parted (LIKE firm) PARTITION BY LIST (year);
CREATE TABLE parted_2022 PARTITION OF parted FOR VALUES IN (2022);
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
INSERT INTO parted SELECT * FROM firm ORDER BY a DESC;
CREATE TABLE long_firm AS
SELECT firm, year, stage, city, i.code, i.value FROM firm, LATERAL (VALUES ('a', a), ('b', b), ('c', c), ('d', d), ('e', e)) i(code, value) WHERE i.value IS NOT NULL;
SELECT create_scoreboard('shuffled', 'board', 'shuffled', 'firm', 'stage', 'year', attributes => '{city}'),
       create_scoreboard('parted', 'board', 'parted', 'firm', 'stage', 'year', attributes => '{city}'),
       create_scoreboard('long', 'board', 'long_firm', 'firm', 'stage', 'year', attributes => '{city}', long => '{"indicator": "code", "value": "value"}');
SELECT b, c.* FROM unnest('{shuffled,parted,long}'::text[]) b, check_stored(b) c;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SELECT b, c.* FROM unnest('{shuffled,parted,long}'::text[]) b, check_stored(b) c;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- more rows than the memory holds: temporary files
CREATE TABLE many AS SELECT i AS firm, 2024 AS year, (ARRAY['s','l'])[1 + i % 2] AS stage, 'C' || i % 1000 AS city, repeat('x', i % 50) AS note,
                            sin(i) * 1000 AS a, i % 977 AS b, i % 13 AS c, i % 7 AS d, 0 AS e FROM generate_series(1, 20000) i;
SELECT create_scoreboard('many', 'board', 'many', 'firm', 'stage', 'year', peers => '{city}', attributes => '{note}');
SELECT set_whitelist_rule('many', top_n => 100, quota_by => 'd', quota_n => 30);
SELECT * FROM check_stored('many');
SET work_mem = '64kB';
SELECT * FROM check_stored('many');
-- a rule whose ranks the views work out: their rows come from a file, too
SELECT set_whitelist_rule('many', required => 'rank <= 1000', top_n => 100);
SELECT * FROM check_stored('many');
SELECT set_whitelist_rule('many', top_n => 100, quota_by => 'd', quota_n => 30);
RESET work_mem;
-- a session that asks is told what has been done
SET client_min_messages = info;
\set VERBOSITY terse
SELECT store_ranking('many', 'many_kept');
\set VERBOSITY default
SET client_min_messages = warning;
-- one row, none
CREATE TABLE few AS SELECT * FROM firm WHERE false;
SELECT create_scoreboard('few', 'board', 'few', 'firm', 'stage', 'year', peers => '{city}');
SELECT * FROM check_stored('few');
INSERT INTO few VALUES ('one', 2024, '杭州', 's', 'NaN', NULL, 1, 2, '-0');
SELECT * FROM check_stored('few');

-- ---------------------------------------------------------------- nothing has changed

CREATE TABLE fresh AS SELECT * FROM firm WHERE year = 2024;
SELECT create_scoreboard('fresh', 'sums', 'fresh', 'firm', 'stage', 'year', attributes => '{city}');
CREATE FUNCTION alone() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    WHILE EXISTS (SELECT FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE x IS DISTINCT FROM pg_current_xact_id_if_assigned()) LOOP
        PERFORM pg_sleep(0.01);
    END LOOP;
    RETURN true;
END
$$;
SELECT alone(), store_ranking('fresh', 'fresh_kept');
-- Refreshes, once no older transaction is running, and says whether rows were stored.
CREATE FUNCTION refreshed(target text DEFAULT 'fresh_kept') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM alone();
    PERFORM refresh_ranking(target);
    RETURN (SELECT s.stored_at = now() FROM stored_ranking s WHERE s.target = 'board.' || refreshed.target);
END
$$;
SELECT refreshed();
SELECT refreshed();
SET client_min_messages = notice;
SELECT refresh_ranking('fresh_kept');
SET client_min_messages = warning;
UPDATE fresh SET a = a + 1 WHERE firm = 'F001';
SELECT refreshed();
SELECT refreshed();
DELETE FROM fresh WHERE firm = 'F001';
SELECT refreshed();
UPDATE fresh_kept SET rank = 1 WHERE firm = 'F002';
SELECT refreshed();
SELECT refreshed();
-- by the scheme, a rule, an exclusion, a batch
UPDATE weight SET weight = 30 WHERE scheme = 'sums' AND indicator = 'a';
SELECT rebuild_scoreboard('fresh');
SELECT refreshed();
SELECT set_whitelist_rule('fresh', top_n => 5, required => 'd > 3');
SELECT refreshed();
SELECT refreshed();
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('board.fresh', 'F010', 'fraud');
SELECT refreshed();
SELECT refreshed();
SELECT record_whitelist_batch('fresh', '2024') > 0 AS recorded;
SELECT refreshed();
SELECT refreshed();
SELECT * FROM check_stored('fresh', command => 'SELECT refresh_ranking(%2$L)');
-- partitions; a view that asks what its tables do not tell, and a function that may become another one
SELECT alone(), store_ranking('parted', 'parted_kept');
SELECT refreshed('parted_kept');
SELECT refreshed('parted_kept');
UPDATE parted SET a = 5 WHERE firm = 'F001' AND year = 2023;
SELECT refreshed('parted_kept');
CREATE FUNCTION half(float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
CREATE VIEW at_night AS SELECT firm, year, city, stage, a, b, c, now() AS seen FROM fresh;
CREATE VIEW halved AS SELECT firm, year, city, stage, half(a) AS a, b, c FROM fresh;
SELECT create_scoreboard('at_night', 'sums', 'at_night', 'firm', 'stage', 'year'), create_scoreboard('halved', 'sums', 'halved', 'firm', 'stage', 'year');
SELECT store_ranking('at_night', 'at_night_kept'), store_ranking('halved', 'halved_kept');
SELECT refreshed('at_night_kept'), refreshed('halved_kept');
SELECT refreshed('at_night_kept'), refreshed('halved_kept');

-- ---------------------------------------------------------------- one period

SELECT store_ranking('plain', 'years', '2023'), store_ranking('plain', 'years', ' 2022');
SELECT year, count(*), count(rank) FROM years GROUP BY 1 ORDER BY 1;
SELECT periods FROM stored_ranking WHERE target = 'board.years';
UPDATE firm SET a = a + 1000 WHERE firm = 'F050';
SELECT store_ranking('plain', 'years', '2022');
SELECT k.year, k.score = r.score AS now FROM years k JOIN plain_ranking r USING (firm, year) WHERE firm = 'F050' ORDER BY 1;
SELECT refresh_ranking('years');
SELECT count(*), count(*) FILTER (WHERE k.score = r.score) AS now FROM years k JOIN plain_ranking r USING (firm, year) WHERE firm = 'F050';
-- each in a partition of its own, and the others are not written
CREATE FUNCTION files(target regclass) RETURNS TABLE (partition text, bounds text, file oid) LANGUAGE sql AS $$
    SELECT t.relid::regclass::text, pg_get_expr(c.relpartbound, c.oid), pg_relation_filenode(t.relid) FROM pg_partition_tree(target) t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf $$;
CREATE TABLE before AS SELECT * FROM files('years');
UPDATE firm SET a = a - 1 WHERE firm = 'F050' AND year = 2022;
SELECT store_ranking('plain', 'years', '2022');
SELECT f.partition, f.bounds, f.file = b.file AS same_file FROM files('years') f JOIN before b USING (partition) ORDER BY 1;
-- all of them, of which one is gone and one is new, after a column has come and another one gone
CREATE TABLE moving AS SELECT * FROM firm WHERE year < 2024;
SELECT create_scoreboard('moving', 'sums', 'moving', 'firm', 'stage', 'year');
SELECT store_ranking('moving', 'moving_kept');
SELECT alone(), store_ranking('moving', 'moving_years', '2022'), store_ranking('moving', 'moving_years', '2023');
SELECT refreshed('moving_years');
UPDATE moving SET a = a + 1 WHERE firm = 'F001';
SELECT refreshed('moving_years');
SELECT refreshed('moving_years');
SELECT set_whitelist_rule('moving', top_n => 7, rule => 'late'), set_whitelist_rule('moving', top_n => 5, language => 'zh');
SELECT * FROM check_stored('moving');
UPDATE moving SET year = 2025 WHERE year = 2022;
SELECT drop_whitelist_rule('moving', 'late');
SELECT * FROM check_stored('moving');
SELECT f.partition, f.bounds, count(k.*) FROM files('moving_kept') f LEFT JOIN moving_kept k ON k.tableoid = f.partition::regclass GROUP BY 1, 2 ORDER BY 1;
SELECT freeze_scoreboard('moving');
SELECT * FROM check_stored('moving');
-- periods of other types, whatever the session's settings
CREATE TABLE dated AS SELECT firm, date '2020-12-31' + year - 2020 AS day, (year - 0.50)::numeric AS number, timestamptz '2024-01-01 00:00+08' + (year - 2022) * interval '1 day' AS moment, stage, city, a, b, c FROM firm;
SET DateStyle = 'German'; SET TimeZone = 'Asia/Tokyo';
SELECT create_scoreboard('days', 'sums', 'dated', 'firm', 'stage', 'day'), create_scoreboard('numbers', 'sums', 'dated', 'firm', 'stage', 'number'),
       create_scoreboard('moments', 'sums', 'dated', 'firm', 'stage', 'moment');
SELECT store_ranking('days', 'days_kept'), store_ranking('numbers', 'numbers_kept'), store_ranking('moments', 'moments_kept');
RESET DateStyle; RESET TimeZone;
SELECT store_ranking('days', 'days_kept', '2021-01-02'), store_ranking('numbers', 'numbers_kept', '2021.5'), store_ranking('moments', 'moments_kept', '2024-01-01 00:00+08');
SELECT f.partition FROM unnest('{days_kept,numbers_kept,moments_kept}'::regclass[]) t, files(t) f ORDER BY 1;
-- a name that is taken, one that is too long; a partition of several periods would lose the others
CREATE TABLE taken_2023 (firm text);
SELECT store_ranking('moving', 'taken'), store_ranking('moving', repeat('很长', 10), '2023');
SELECT length(f.partition), f.bounds FROM unnest(ARRAY['taken', repeat('很长', 10)]) t, files(t::regclass) f ORDER BY 1, 2;
CREATE TABLE others PARTITION OF taken DEFAULT;
SELECT attempt($$SELECT refresh_ranking('taken')$$);
-- of one whose bounds are those of all years
SELECT store_ranking('pooled', 'pooled_2024', '2024');
SELECT count(*) FROM (SELECT r.*, w.decision, w.reasons FROM pooled_ranking r JOIN pooled_whitelist w USING (firm, year) WHERE year = 2024 EXCEPT ALL TABLE pooled_2024) x;

-- ---------------------------------------------------------------- what users give a table stays

CREATE ROLE store_reader;
GRANT SELECT (firm, score) ON plain_kept TO store_reader;
CREATE INDEX plain_city ON plain_kept (city, score);
CREATE VIEW dashboard AS SELECT city, count(*) AS firms, max(score) AS best FROM plain_kept GROUP BY 1;
SELECT 'plain_kept'::regclass::oid AS before \gset
SELECT * FROM check_stored('plain', command => 'SELECT refresh_ranking(%2$L)');
SELECT 'plain_kept'::regclass::oid = :before AS same_table, has_column_privilege('store_reader', 'plain_kept', 'score', 'SELECT') AS granted,
       (SELECT count(*) FROM pg_index i WHERE i.indrelid = 'plain_kept'::regclass AND i.indisvalid) AS indexes,
       (SELECT reltuples FROM pg_class WHERE oid = 'plain_kept'::regclass) AS analyzed;
-- a rule more, a rule less
SELECT set_whitelist_rule('plain', top_n => 3, rule => 'new'), drop_whitelist_rule('plain', 'zh');
SELECT attempt($$SELECT store_ranking('plain', 'plain_kept', '2024')$$);
SELECT refresh_ranking('plain_kept');
SELECT attname FROM pg_attribute WHERE attrelid = 'plain_kept'::regclass AND attnum > 10 AND NOT attisdropped ORDER BY attnum;
SELECT decision_new, count(*) FROM plain_kept GROUP BY 1 ORDER BY 1;
SELECT * FROM check_stored('plain');
-- the first places are found by the index, without a sort
CREATE FUNCTION plan_nodes(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN (SELECT string_agg(n #>> '{}', ', ') FROM jsonb_path_query(plan::jsonb, 'strict $.**."Node Type"') n);
END
$$;
SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT plan_nodes('SELECT firm, rank FROM plain_kept WHERE year = 2024 ORDER BY rank LIMIT 10');
RESET enable_seqscan; RESET enable_bitmapscan;

-- frozen: places are those of the freeze
SELECT freeze_scoreboard('plain');
UPDATE firm SET b = b + 500 WHERE firm < 'F020';
SELECT * FROM check_stored('plain');

-- ---------------------------------------------------------------- what is refused

CREATE TABLE mine (firm text);
SELECT attempt($$SELECT store_ranking('plain', 'mine')$$);
SELECT attempt($$SELECT store_ranking('plain', 'dashboard.x.y')$$);
SELECT attempt($$SELECT store_ranking('plain', NULL)$$);
SELECT attempt($$SELECT store_ranking('plain', 'nowhere.x')$$);
SELECT attempt($$SELECT store_ranking('nobody', 'x')$$);
SELECT attempt($$SELECT store_ranking('flat', 'x', '2024')$$);
SELECT attempt($$SELECT refresh_ranking('mine')$$);
ALTER TABLE years ADD mine int;
SELECT attempt($$SELECT refresh_ranking('years')$$);
ALTER TABLE years DROP mine;
SELECT attempt($$SELECT refresh_ranking('years')$$);
SELECT store_ranking('plain', 'years');
CREATE TABLE refers (firm text, year int, FOREIGN KEY (firm, year) REFERENCES years);
SELECT attempt($$SELECT refresh_ranking('years')$$);
INSERT INTO few SELECT * FROM few;
SELECT attempt($$SELECT refresh_ranking('few_kept')$$);
SELECT count(*) FROM few_kept;
UPDATE few SET year = NULL;
SELECT attempt($$SELECT refresh_ranking('few_kept')$$);
UPDATE few SET stage = 'nowhere';
SELECT attempt($$SELECT refresh_ranking('few_kept')$$);

-- ... and told
SET client_min_messages = notice;
DELETE FROM few;
INSERT INTO few SELECT firm, year, city, stage, 5, b, c, d, e FROM firm WHERE year = 2024 AND stage = 's' AND b IS NOT NULL;
UPDATE few SET stage = NULL WHERE firm < 'F010';
SELECT store_ranking('few', 'few_kept', '2024');
SET client_min_messages = warning;

-- ---------------------------------------------------------------- an owner without rights elsewhere, row-level security

CREATE ROLE store_owner;
CREATE SCHEMA own AUTHORIZATION store_owner;
GRANT USAGE ON SCHEMA board TO store_owner, store_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA board TO store_owner, store_reader;
GRANT SELECT ON firm TO store_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON scoreboard, fitted_model, peer_profile, score_profile, whitelist_rule, exclusion, whitelist_batch, tier_rule, credit_binding, stored_ranking TO store_owner, store_reader;
SET ROLE store_owner;
SELECT create_scoreboard('own.b', 'board', 'firm', 'firm', 'stage', 'year');
SELECT store_ranking('own.b', 'own.kept');
SELECT count(*) FROM (TABLE own.kept EXCEPT ALL TABLE own.b_ranking) x;
-- functions of the owner run as the owner under the server's schemas, whoever stores, and cannot change the session
CREATE FUNCTION own.seen() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN concat_ws(' ', current_user, current_setting('search_path'), current_setting('row_security'), current_setting('DateStyle')); END $$;
CREATE FUNCTION own.trap() RETURNS text LANGUAGE plpgsql AS $$ BEGIN SET ROLE NONE; RETURN 'trapped'; END $$;
CREATE VIEW own.watched AS SELECT f.*, own.seen() AS seen FROM board.firm f WHERE firm < 'F003';
CREATE VIEW own.trapped AS SELECT f.*, own.trap() AS seen FROM board.firm f WHERE firm < 'F003';
SELECT create_scoreboard('own.w', 'board', 'own.watched', 'firm', 'stage', 'year', attributes => '{seen}');
SELECT attempt($$SELECT create_scoreboard('own.t', 'board', 'own.trapped', 'firm', 'stage', 'year', attributes => '{seen}')$$);
RESET ROLE;
SET DateStyle = 'German';
SELECT store_ranking('own.w', 'own.watched_kept');
SELECT seen, count(*) FROM own.watched_kept GROUP BY 1;
SELECT attempt($$SELECT store_ranking('own.t', 'own.trapped_kept')$$);
SELECT current_user = session_user AS still, current_setting('DateStyle');
RESET DateStyle;
-- who may not do what the owner may
GRANT USAGE, CREATE ON SCHEMA own TO store_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA own TO store_reader;
GRANT SELECT ON firm TO store_reader;
SET ROLE store_reader;
SELECT attempt($$SELECT store_ranking('own.b', 'own.other')$$);
SELECT attempt($$SELECT refresh_ranking('own.kept')$$);
RESET ROLE;
-- rows that a policy hides from the owner are an error, not missing
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
CREATE POLICY hangzhou ON firm TO store_owner USING (city = '杭州');
SET ROLE store_owner;
SELECT attempt($$SELECT refresh_ranking('own.kept')$$);
RESET ROLE;
SELECT count(*) FROM own.kept;
-- the superuser sees all, but reads as the owner does
SELECT attempt($$SELECT refresh_ranking('own.kept')$$);
DROP POLICY hangzhou ON firm;
ALTER TABLE firm DISABLE ROW LEVEL SECURITY;
SELECT refresh_ranking('own.kept');

SELECT drop_scoreboard('own.b'), drop_scoreboard('own.w'), drop_scoreboard('own.t');
SELECT count(*) FROM stored_ranking WHERE target = 'own.kept';

SET client_min_messages = warning;
DROP SCHEMA own CASCADE;
DROP SCHEMA board CASCADE;
DELETE FROM whitelist_batch WHERE scoreboard LIKE 'board.%';
DELETE FROM scoreboard WHERE scoreboard LIKE 'board.%';
DELETE FROM scheme WHERE scheme IN ('board', 'sums');
REVOKE ALL ON ALL TABLES IN SCHEMA innovation_score FROM store_owner, store_reader;
DROP ROLE store_owner, store_reader;
