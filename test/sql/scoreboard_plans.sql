-- scoreboards: what their queries read. Plans are looked into, not printed: how many rows of the source come out of
-- its scans. Fitting reads each row of a group once and scoring once more, whatever joins the planner may choose.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\set SHOW_CONTEXT never

-- compiling plans that are made expensive on purpose would take the time here
SET jit = off;
SELECT year, count(*) FROM firm GROUP BY 1 ORDER BY 1;
SELECT create_scoreboard('hz', 'board', 'firm', 'firm', 'stage', 'year');
SELECT create_scoreboard('peer', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}');
SELECT create_scoreboard('one', 'board', 'firm', 'firm || ''/'' || year::text', 'stage', attributes => '{firm}');
SELECT set_whitelist_rule('hz', min_score => 10, top_n => 20, quota_by => 'city', quota_n => 10, required => 'c > 0', reserve_n => 5);

CREATE FUNCTION plan_nodes(query text) RETURNS TABLE (node jsonb) LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
    RETURN QUERY
        WITH RECURSIVE nodes(node) AS (
            SELECT plan::jsonb -> 0 -> 'Plan'
            UNION ALL
            SELECT child FROM nodes, LATERAL jsonb_array_elements(nodes.node -> 'Plans') child
        )
        SELECT n.node FROM nodes n;
END
$$;
-- rows: out of scans of the source; scored: rows out of score_row() and score_detail(), and again out of facts() in a whitelist;
-- sequential: scans of all rows
CREATE FUNCTION reads(query text) RETURNS TABLE (rows bigint, scored bigint, sequential bigint) LANGUAGE sql AS $$
    SELECT COALESCE(sum((node ->> 'Actual Rows')::numeric * (node ->> 'Actual Loops')::numeric) FILTER (WHERE node ->> 'Relation Name' = 'firm'), 0)::bigint,
           COALESCE(sum((node ->> 'Actual Rows')::numeric * (node ->> 'Actual Loops')::numeric) FILTER (WHERE node ->> 'Node Type' = 'ProjectSet'), 0)::bigint,
           count(*) FILTER (WHERE node ->> 'Relation Name' = 'firm' AND (node ->> 'Actual Loops')::numeric > 0 AND node ->> 'Node Type' = 'Seq Scan')
    FROM plan_nodes(query)
$$;
SET max_parallel_workers_per_gather = 0;
CREATE TABLE question (id int, query text);
INSERT INTO question VALUES
    (1, 'SELECT * FROM hz_model'), (2, 'SELECT * FROM hz_score'), (3, 'SELECT * FROM hz_ranking'), (4, 'SELECT * FROM hz_whitelist'),
    (5, 'SELECT * FROM hz_detail'), (6, 'SELECT * FROM one_model'), (7, 'SELECT * FROM one_score'), (8, 'SELECT * FROM one_ranking'),
    (9, 'SELECT * FROM peer_score'),
    (11, 'SELECT * FROM hz_model WHERE year = 2023'), (12, 'SELECT * FROM hz_score WHERE year = 2023'),
    (13, 'SELECT * FROM hz_ranking WHERE year = 2023'), (14, 'SELECT * FROM hz_whitelist WHERE year = 2023'),
    (15, 'SELECT * FROM hz_detail WHERE year = 2023'), (16, 'SELECT score FROM hz_score WHERE year = 2023 AND firm = ''F009'''),
    (17, 'SELECT * FROM hz_detail WHERE firm = ''F009'' AND year = 2023'), (18, 'SELECT * FROM peer_score WHERE year = 2023 AND city = ''宁波'''),
    (19, 'SELECT x_score, y_score FROM hz_ranking WHERE year = 2023 ORDER BY score DESC LIMIT 10');
-- all rows twice (fit, score), filtered ones only of their year; 120 firms of 宁波 in 2023
SELECT id, query, r.rows, r.scored FROM question, reads(query) r ORDER BY id;
-- the same whatever joins are chosen: no plan fits a group once a row
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off; SET enable_memoize = off;
SELECT count(*), sum(r.rows) AS rows, sum(scored) AS scored FROM question, reads(query) r;
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material;
SET enable_nestloop = off; SET enable_hashjoin = off;
SELECT count(*), sum(r.rows) AS rows, sum(scored) AS scored FROM question, reads(query) r;
SET enable_hashjoin = on; SET enable_mergejoin = off;
SELECT count(*), sum(r.rows) AS rows, sum(scored) AS scored FROM question, reads(query) r;
SET enable_hashagg = off;
SELECT count(*), sum(r.rows) AS rows, sum(scored) AS scored FROM question, reads(query) r;
RESET enable_nestloop; RESET enable_mergejoin; RESET enable_memoize; RESET enable_hashagg;
-- a filter that is known only when the query runs
SET plan_cache_mode = force_generic_plan;
PREPARE by_year(int) AS SELECT * FROM hz_ranking WHERE year = $1;
SELECT rows, scored FROM reads('EXECUTE by_year(2023)');
DEALLOCATE by_year;

-- frozen: nothing is fitted, and a firm is found by the index of the source
SET client_min_messages = warning;
SELECT freeze_scoreboard('hz'), freeze_scoreboard('one');
INSERT INTO firm SELECT 'G' || i, 2024, '杭州', 's', i, i, 0, 0, 0 FROM generate_series(1, 20000) i;
ANALYZE firm;
SELECT query, r.* FROM (VALUES ('SELECT * FROM hz_score WHERE firm = ''F009'''), ('SELECT * FROM hz_score WHERE firm IN (''F009'', ''F010'')'), ('SELECT * FROM hz_score WHERE firm = ''F009'' AND year = 2023'),
    ('SELECT * FROM one_score WHERE firm = ''F009'''), ('SELECT * FROM hz_detail WHERE firm = ''F009'' AND year = 2023'),
    ('SELECT f.firm, s.score FROM (VALUES (''F001''), (''F002'')) f(firm), LATERAL (SELECT * FROM one_score s WHERE s.firm = f.firm OFFSET 0) s'),
    ('SELECT * FROM hz_score')) v(query), reads(query) r;

SELECT drop_scoreboard('hz'), drop_scoreboard('peer'), drop_scoreboard('one');
DELETE FROM scheme WHERE scheme = 'board';
DROP SCHEMA board CASCADE;
