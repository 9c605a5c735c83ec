-- scoreboards: the reference sample. Bounds fitted on the rows that meet a condition, over all periods together, or in
-- groups that give way to coarser ones where they are too small; against the same bounds from percentile_cont.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\set SHOW_CONTEXT never
SET jit = off;

-- a city of a few firms, one whose stages have few, one without any; firms whose values never change
UPDATE firm SET city = '舟山' WHERE firm < 'F006';
UPDATE firm SET city = NULL WHERE firm > 'F298';
UPDATE firm SET a = 500, b = 100, c = 10, d = 3, e = 0.5, stage = 's' WHERE firm BETWEEN 'F100' AND 'F104';
ALTER TABLE firm ADD eligible boolean;
UPDATE firm SET eligible = CASE WHEN length(firm || d) % 2 = 0 OR c > 10 THEN true WHEN d > 5 THEN false END;
ANALYZE firm;
SELECT city, stage, count(*), count(*) FILTER (WHERE eligible) AS eligible FROM firm WHERE year = 2024 GROUP BY 1, 2 ORDER BY city COLLATE "C", stage COLLATE "C";

-- ---------------------------------------------------------------- the bounds, once more

-- The model of the scheme with the bounds of some rows, from PostgreSQL's own aggregates; NULL if there is no row.
CREATE FUNCTION brute(condition text) RETURNS score_model LANGUAGE plpgsql AS $$
DECLARE
    bounds jsonb[];
    rows bigint;
BEGIN
    EXECUTE format($query$
        WITH sample AS MATERIALIZED (SELECT a, b::float8 AS b, c::float8 AS c, d::float8 AS d, e::float8 AS e FROM firm WHERE %s),
        found AS (
            SELECT i.name, i.method, count(x) AS n, count(*) AS rows, min(x) AS minimum, max(x) AS maximum,
                   percentile_cont('{0.05,0.95,0.25,0.75}'::float8[]) WITHIN GROUP (ORDER BY x) AS q
            FROM sample CROSS JOIN LATERAL (VALUES ('a', a, 'percentile(0.05,0.95)'), ('b', b, 'iqr(0.5)'), ('c', c, 'none'),
                                                   ('d', d, 'fixed(0,10)'), ('e', e, 'fixed(0,1)')) i(name, x, method)
            GROUP BY i.name, i.method)
        SELECT array_agg(jsonb_build_object(
                   'lower', CASE name WHEN 'a' THEN q[1] WHEN 'b' THEN greatest(minimum, q[3] - 0.5 * (q[4] - q[3])) WHEN 'c' THEN minimum ELSE 0 END,
                   'upper', CASE name WHEN 'a' THEN q[2] WHEN 'b' THEN least(maximum, q[4] + 0.5 * (q[4] - q[3])) WHEN 'c' THEN maximum WHEN 'd' THEN 10 ELSE 1 END,
                   'n', n, 'missing', rows - n, 'minimum', minimum, 'maximum', maximum, 'method', method) ORDER BY name), max(rows)
        FROM found
        $query$, condition) INTO bounds, rows;
    RETURN CASE WHEN rows > 0 THEN
        (SELECT jsonb_set(m.model, '{indicators}', jsonb_agg(i.value || jsonb_build_object('bounds', bounds[i.place]) ORDER BY i.place))::score_model
         FROM (SELECT scheme_model('board')::jsonb AS model) m, jsonb_array_elements(m.model -> 'indicators') WITH ORDINALITY i(value, place)
         GROUP BY m.model) END;
END
$$;

-- Models compared with those of the conditions that say which rows each group should be fitted on; scores compared bit
-- by bit with score() over them. The query gives year (NULL: any), city and stage (NULL: any), condition.
CREATE FUNCTION check_bits(scoreboard text, groups text)
RETURNS TABLE (models bigint, other_models bigint, rows bigint, other_scores bigint, without_score bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH wanted AS MATERIALIZED (SELECT g.*, brute(g.condition) AS model FROM (%2$s) g(year, city, stage, condition)),
        found AS MATERIALIZED (SELECT to_jsonb(m) - '{model,fitted_level,fitted_on,fitted_rows}'::text[] AS grp, m.model FROM %1$I m),
        models AS (
            SELECT count(*) AS groups, count(*) FILTER (WHERE (f.model = w.model) IS NOT TRUE) AS other
            FROM found f FULL JOIN (SELECT * FROM wanted WHERE model IS NOT NULL) w
            ON f.grp = jsonb_strip_nulls(jsonb_build_object('year', w.year, 'city', w.city, 'stage', w.stage))),
        scores AS (
            SELECT count(*) AS rows,
                   count(*) FILTER (WHERE float8send(s.score) IS DISTINCT FROM float8send(score(w.model, f.stage, f.a, f.b::float8, f.c, f.d, f.e))) AS other,
                   count(*) FILTER (WHERE s.score IS NULL) AS without
            FROM firm f
            LEFT JOIN wanted w ON f.year = COALESCE(w.year, f.year) AND f.city IS NOT DISTINCT FROM COALESCE(w.city, f.city)
                                  AND f.stage IS NOT DISTINCT FROM COALESCE(w.stage, f.stage)
            FULL JOIN %3$I s ON s.firm = f.firm AND s.year = f.year)
        SELECT m.groups, m.other, s.rows, s.other, s.without FROM models m, scores s
        $query$, scoreboard || '_model', groups, scoreboard || '_score');
END
$$;

-- The rows that each group should be fitted on: the finest of year, city and stage with enough of them.
CREATE FUNCTION levels(minimum bigint, sample text, pooled boolean DEFAULT false)
RETURNS TABLE (year int, city text, stage text, condition text) LANGUAGE plpgsql AS $$
DECLARE
    grp record;
    choice text;
    many bigint;
BEGIN
    FOR grp IN SELECT DISTINCT CASE WHEN NOT pooled THEN f.year END AS year, f.city, f.stage FROM firm f
               WHERE f.city IS NOT NULL AND f.stage IS NOT NULL LOOP
        FOREACH choice IN ARRAY ARRAY[format('city = %L AND stage = %L', grp.city, grp.stage), format('city = %L', grp.city), 'true'] LOOP
            condition := concat_ws(' AND ', sample, CASE WHEN NOT pooled THEN 'year = ' || grp.year END, choice);
            EXECUTE 'SELECT count(*) FROM firm WHERE ' || condition INTO many;
            EXIT WHEN many >= minimum;
        END LOOP;
        year := grp.year; city := grp.city; stage := grp.stage;
        RETURN NEXT;
    END LOOP;
END
$$;

-- ---------------------------------------------------------------- a condition

SELECT create_scoreboard('ok', 'board', 'firm', 'firm', 'stage', 'year', sample => 'eligible');
SELECT create_scoreboard('ok_city', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', sample => 'c >= (d - 2) * 2 AND "year" > 2021');
SELECT create_scoreboard('ok_one', 'board', 'firm', 'firm || ''/'' || year::text', 'stage', sample => 'firm < ''F100'' AND year = 2024');
SELECT * FROM view_columns('ok');
SELECT year, fitted_level, fitted_on, fitted_rows FROM ok_model ORDER BY year;
SELECT * FROM check_bits('ok', 'SELECT y, NULL::text, NULL::text, ''eligible AND year = '' || y FROM generate_series(2022, 2024) y');
SELECT * FROM check_bits('ok_city', $$SELECT DISTINCT year, city, NULL::text, format('c >= (d - 2) * 2 AND city = %L AND year = %s', city, year) FROM firm WHERE city IS NOT NULL$$);
SELECT fitted_level, fitted_on, fitted_rows, model = brute('year = 2024 AND firm < ''F100''') AS same FROM ok_one_model;
-- everybody is scored and ranked, eligible or not
SELECT count(*), count(score), count(rank), max(rank) FROM ok_ranking WHERE year = 2024;
-- the condition true is no condition
SELECT create_scoreboard('everybody', 'board', 'firm', 'firm', 'stage', 'year', sample => 'true'), create_scoreboard('plain', 'board', 'firm', 'firm', 'stage', 'year');
SELECT count(*) AS rows, count(*) FILTER (WHERE record_send(e) IS DISTINCT FROM record_send(p)) AS different FROM everybody_ranking e FULL JOIN plain_ranking p USING (firm, year);
-- the plain one tells nothing about samples
SELECT columns FROM view_columns('plain') WHERE view = 'plain_model';

-- ---------------------------------------------------------------- periods together

SELECT create_scoreboard('pool', 'board', 'firm', 'firm', 'stage', 'year', pooled => true);
SELECT create_scoreboard('base', 'board', 'firm', 'firm', 'stage', 'year', sample => 'year = 2022', pooled => true);
SELECT create_scoreboard('base_city', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', sample => 'year = 2022', pooled => true);
SELECT columns FROM view_columns('base_city') WHERE view = 'base_city_model';
SELECT fitted_level, fitted_on, fitted_rows FROM pool_model;
SELECT fitted_level, fitted_on, fitted_rows FROM base_model;
SELECT city, fitted_level, fitted_on, fitted_rows FROM base_city_model ORDER BY city COLLATE "C";
SELECT * FROM check_bits('pool', 'SELECT NULL::int, NULL::text, NULL::text, ''true''');
SELECT * FROM check_bits('base', 'SELECT NULL::int, NULL::text, NULL::text, ''year = 2022''');
SELECT * FROM check_bits('base_city', $$SELECT DISTINCT NULL::int, city, NULL::text, format('city = %L AND year = 2022', city) FROM firm WHERE city IS NOT NULL$$);
-- in the base year the scores are those of a fit by year
SELECT count(*), count(*) FILTER (WHERE record_send(b) IS DISTINCT FROM record_send(p)) AS different FROM base_score b FULL JOIN plain_score p USING (firm, year) WHERE year = 2022;
-- equal values, equal scores in every year: with common bounds only
SELECT board, count(DISTINCT score) AS scores, count(*) FROM (SELECT 'base', firm, score FROM base_score UNION ALL SELECT 'pool', firm, score FROM pool_score
    UNION ALL SELECT 'plain', firm, score FROM plain_score) s(board, firm, score) WHERE firm BETWEEN 'F100' AND 'F104' GROUP BY 1 ORDER BY 1;
-- ranks stay within the period
SELECT count(*) AS rows, count(*) FILTER (WHERE r.rank IS DISTINCT FROM w.rank OR r.stage_rank IS DISTINCT FROM w.stage_rank) AS different, max(r.rank) <= 300 AS by_year
FROM base_ranking r JOIN (SELECT firm, year, CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY year ORDER BY score DESC NULLS LAST) END AS rank,
                                 CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY year, stage ORDER BY score DESC NULLS LAST) END AS stage_rank
                          FROM base_score) w USING (firm, year);
-- without pooled, a base year leaves the others without bounds, and they say so
SELECT create_scoreboard('forgot', 'board', 'firm', 'firm', 'stage', 'year', sample => 'year = 2022');
SELECT year, count(*), count(score) FROM forgot_score GROUP BY 1 ORDER BY 1;
SELECT set_whitelist_rule('forgot', top_n => 300);
SELECT year, decision, min(reasons COLLATE "C"), count(*) FROM forgot_whitelist GROUP BY 1, 2 ORDER BY year, decision COLLATE "C";

-- ---------------------------------------------------------------- groups that are too small

SELECT create_scoreboard('deep', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,stage}', min_peers => 30);
SELECT create_scoreboard('deep_ok', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,stage}', min_peers => 10, sample => 'eligible');
SELECT create_scoreboard('deep_base', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,stage}', min_peers => 30, sample => 'year = 2022', pooled => true);
SELECT columns FROM view_columns('deep') WHERE view = 'deep_model';
SELECT year, city, stage, fitted_level, fitted_on, fitted_rows FROM deep_model WHERE year = 2024 ORDER BY city COLLATE "C", stage COLLATE "C";
SELECT year, city, stage, fitted_level, fitted_on, fitted_rows FROM deep_ok_model WHERE year = 2024 ORDER BY city COLLATE "C", stage COLLATE "C";
SELECT city, stage, fitted_level, fitted_on, fitted_rows FROM deep_base_model ORDER BY city COLLATE "C", stage COLLATE "C";
SELECT * FROM check_bits('deep', 'SELECT * FROM levels(30, NULL)');
SELECT * FROM check_bits('deep_ok', 'SELECT * FROM levels(10, ''eligible'')');
SELECT * FROM check_bits('deep_base', 'SELECT * FROM levels(30, ''year = 2022'', true)');
-- a minimum of one row is none; one that nobody reaches leaves the period
SELECT create_scoreboard('one', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 1), create_scoreboard('cities', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}'),
       create_scoreboard('never', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 100000);
SELECT count(*) AS rows, count(*) FILTER (WHERE record_send(o) IS DISTINCT FROM record_send(c)) AS different FROM one_score o FULL JOIN cities_score c USING (firm, year);
SELECT DISTINCT fitted_level FROM one_model;
SELECT count(*) AS rows, count(*) FILTER (WHERE n.city IS NULL) AS of_no_group, count(*) FILTER (WHERE n.city IS NOT NULL AND float8send(n.score) IS DISTINCT FROM float8send(p.score)) AS different
FROM never_score n FULL JOIN plain_score p USING (firm, year);
-- the other order of peers gives up the city first
SELECT create_scoreboard('other', 'board', 'firm', 'firm', 'stage', 'year', peers => '{stage,city}', min_peers => 30);
SELECT year, stage, city, fitted_level, fitted_on, fitted_rows FROM other_model WHERE year = 2024 ORDER BY city COLLATE "C", stage COLLATE "C";
-- the period as a peer of a pooled fit: a city's own years, else its years together, else everybody
SELECT create_scoreboard('years', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city,year}', min_peers => 50, pooled => true);
SELECT * FROM view_columns('years') WHERE view IN ('years_model', 'years_score');
SELECT city, year, fitted_level, fitted_on, fitted_rows FROM years_model WHERE year > 2022 ORDER BY city COLLATE "C", year;
-- the stage as a group, by whatever name; an expression is none
ALTER TABLE firm ADD 阶段 text;
UPDATE firm SET 阶段 = stage;
SELECT create_scoreboard('phase', 'board', 'firm', 'firm', 'stage', 'year', peers => '{stage}'), create_scoreboard('phase2', 'board', 'firm', 'firm', '阶段', 'year', peers => '{阶段}', min_peers => 20);
SELECT view, columns FROM view_columns('phase2') WHERE view IN ('phase2_model', 'phase2_score');
SELECT * FROM check_bits('phase', $$SELECT DISTINCT year, NULL::text, stage, format('stage = %L AND year = %s', stage, year) FROM firm WHERE stage IS NOT NULL$$);
SELECT count(*) AS rows, count(*) FILTER (WHERE float8send(a.score) IS DISTINCT FROM float8send(b.score)) AS different FROM phase_score a FULL JOIN phase2_score b USING (firm, year);
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'firm', 'firm', 'lower(stage)', 'year', peers => '{stage}')$$);

-- ---------------------------------------------------------------- long sources, any values

CREATE TABLE tall AS SELECT firm, year, stage, city, eligible, v.* FROM firm, LATERAL (VALUES ('a', a), ('b', b), ('c', c), ('d', d), ('e', e)) v(item, value);
SELECT create_scoreboard('tall', 'board', 'tall', 'firm', 'stage', 'year', peers => '{city,stage}', attributes => '{eligible}', sample => 'eligible', min_peers => 10,
                         long => '{"indicator": "item", "value": "value"}');
SELECT count(*) AS rows, count(*) FILTER (WHERE record_send(ROW(t.city, t.stage, t.score, t.coverage)) IS DISTINCT FROM record_send(ROW(d.city, d.stage, d.score, d.coverage))) AS different
FROM tall_score t FULL JOIN deep_ok_score d USING (firm, year);
-- there the condition sees what identifies a row: entity, period, stage, peers and attributes
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'tall', 'firm', 'stage', 'year', sample => 'eligible', long => '{"indicator": "item", "value": "value"}')$$);
-- a domain over boolean, a subquery
CREATE DOMAIN yes AS boolean CHECK (VALUE IS NOT NULL);
CREATE TABLE panel (code text);
INSERT INTO panel SELECT 'F' || i FROM generate_series(100, 250) i;
SELECT create_scoreboard('panel', 'board', 'firm', 'firm', 'stage', 'year', sample => 'EXISTS (SELECT FROM panel WHERE code = firm)'),
       create_scoreboard('willing', 'board', 'firm', 'firm', 'stage', 'year', sample => '(firm BETWEEN ''F100'' AND ''F250'')::yes');
SELECT year, fitted_rows FROM panel_model ORDER BY 1;
SELECT count(*) AS rows, count(*) FILTER (WHERE record_send(p) IS DISTINCT FROM record_send(w)) AS different FROM panel_score p FULL JOIN willing_score w USING (firm, year);

-- ---------------------------------------------------------------- nobody

SELECT create_scoreboard('nobody', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', min_peers => 3, sample => 'a < 0'),
       create_scoreboard('nobody_pooled', 'board', 'firm', 'firm', 'stage', 'year', sample => 'NULL::boolean', pooled => true);
SELECT count(*) FROM nobody_model;
SELECT count(*) FROM nobody_pooled_model;
SELECT count(*), count(score), count(rank) FROM nobody_ranking;
SELECT count(*), count(score), count(rank) FROM nobody_pooled_ranking;
SELECT set_whitelist_rule('nobody', min_score => 1), set_whitelist_rule('nobody_pooled', min_score => 1);
SELECT reasons, count(*) FROM nobody_whitelist GROUP BY 1 ORDER BY reasons COLLATE "C";
SELECT reasons, count(*) FROM nobody_pooled_whitelist GROUP BY 1 ORDER BY reasons COLLATE "C";
SELECT attempt($$SELECT freeze_scoreboard('nobody')$$);
SELECT attempt($$SELECT freeze_scoreboard('nobody_pooled')$$);
SELECT scoreboard, frozen_at FROM scoreboard WHERE scoreboard ~ 'nobody' ORDER BY scoreboard COLLATE "C";
SELECT count(*) FROM fitted_model;

-- ---------------------------------------------------------------- what is refused

CREATE FUNCTION try(settings text) RETURNS text LANGUAGE sql AS $$
    SELECT attempt(format('SELECT create_scoreboard(''x'', ''board'', ''firm'', ''firm'', ''stage'', %s)', settings))
$$;
SELECT try('sample => ' || quote_literal(s)) FROM unnest(ARRAY['', 'eligble', 'year', 'firm', 'c > ', 'count(*) > 1', 'row_number() OVER () > 1', 'generate_series(1, 2) > 1', 's.c > 0', 'score > 50',
    '$1', 'c > 0; DROP TABLE firm', 'true) s; DROP TABLE firm; --', 'true) s GROUP BY 1 --', 'c > 0 -- only these', 'true UNION SELECT true', '(SELECT true FROM nowhere)']) s;
SELECT try(s) FROM unnest(ARRAY['pooled => true', '''year'', min_peers => 5', '''year'', peers => ''{year}'', min_peers => 5', '''year'', peers => ''{city}'', min_peers => 0',
    '''year'', peers => ''{city}'', min_peers => -3', '''year'', peers => ''{city,nowhere}'', min_peers => 3', '''year'', pooled => NULL, sample => NULL']) s;
SELECT sample, pooled, min_peers FROM scoreboard WHERE scoreboard = 'board.x';
SELECT drop_scoreboard('x');
-- names of ours
CREATE VIEW named AS SELECT *, city AS fitted_on, city AS _sample FROM firm;
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'named', 'firm', 'stage', 'year', peers => '{fitted_on}', sample => 'eligible')$$);
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'named', 'firm', 'stage', 'year', peers => '{city}', attributes => '{fitted_on,_sample}', sample => 'eligible')$$);
SELECT attempt($$SELECT create_scoreboard('x', 'board', 'named', 'firm', 'stage', 'year', peers => '{city}', attributes => '{fitted_on}', sample => 'eligible')$$);
SELECT count(*), count(score) FROM x_score;
SELECT drop_scoreboard('x');

-- ---------------------------------------------------------------- kept: rebuilt, frozen, thawed

SELECT scoreboard, sample, pooled, min_peers FROM scoreboard WHERE scoreboard IN ('board.deep_ok', 'board.deep_base', 'board.base', 'board.plain') ORDER BY scoreboard COLLATE "C";
CREATE TABLE board_name AS SELECT unnest('{ok,ok_city,ok_one,pool,base,base_city,forgot,deep,deep_ok,deep_base,one,never,other,years,tall}'::text[]) AS name;
CREATE FUNCTION digest(views text[]) RETURNS TABLE (view text, digest text) LANGUAGE plpgsql AS $$
BEGIN
    FOREACH view IN ARRAY views LOOP
        EXECUTE format('SELECT count(*) || md5(string_agg(v::text, '''' ORDER BY v::text COLLATE "C")) FROM %I v', view) INTO digest;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE TABLE before AS SELECT d.* FROM digest(ARRAY(SELECT name || v FROM board_name, unnest('{_model,_score,_ranking,_detail}'::text[]) v)) d;
SELECT count(*) FROM before;
CREATE FUNCTION changed() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(b.view ORDER BY b.view COLLATE "C") FROM before b JOIN digest(ARRAY(SELECT view FROM before)) d USING (view) WHERE d.digest IS DISTINCT FROM b.digest
$$;
SET client_min_messages = notice;
SELECT freeze_scoreboard(name) FROM board_name;
SET client_min_messages = warning;
SELECT changed();
SELECT scoreboard, period, peers, fitted_level, fitted_rows FROM fitted_model WHERE scoreboard IN ('board.deep_ok', 'board.base') AND period IS DISTINCT FROM '2022' ORDER BY scoreboard COLLATE "C", period, peers COLLATE "C";
-- a new year is scored with the bounds of the base year, and has none of its own
INSERT INTO firm SELECT firm, 2025, city, stage, a, b, c, d, e, eligible, 阶段 FROM firm WHERE year = 2024;
SELECT 'deep_base' AS board, count(*), count(score) FROM deep_base_score WHERE year = 2025 UNION ALL SELECT 'deep_ok', count(*), count(score) FROM deep_ok_score WHERE year = 2025 ORDER BY 1;
DELETE FROM firm WHERE year = 2025;
SELECT count(rebuild_scoreboard(name)) FROM board_name;
SELECT changed();
SELECT count(thaw_scoreboard(name)) FROM board_name;
SELECT changed();
SELECT count(rebuild_scoreboard(name)) FROM board_name;
SELECT changed();
-- a frozen one whose scheme changes is fitted again on its sample
SELECT freeze_scoreboard('deep_ok');
BEGIN;
SELECT unlock_scheme('board');
UPDATE weight SET weight = 50 WHERE scheme = 'board' AND indicator = 'c';
COMMIT;
SELECT rebuild_scoreboard('deep_ok');
SELECT * FROM check_bits('deep_ok', 'SELECT * FROM levels(10, ''eligible'')');
SELECT obj_description('deep_model'::regclass), col_description('deep_model'::regclass, 4), col_description('deep_model'::regclass, 5), col_description('deep_model'::regclass, 6);

-- ---------------------------------------------------------------- what queries read

CREATE FUNCTION reads(query text) RETURNS TABLE (rows bigint, scored bigint) LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
    RETURN QUERY
        WITH RECURSIVE nodes(node) AS (
            SELECT plan::jsonb -> 0 -> 'Plan'
            UNION ALL
            SELECT child FROM nodes, LATERAL jsonb_array_elements(nodes.node -> 'Plans') child)
        SELECT COALESCE(sum((node ->> 'Actual Rows')::numeric * (node ->> 'Actual Loops')::numeric) FILTER (WHERE node ->> 'Relation Name' = 'firm'), 0)::bigint,
               COALESCE(sum((node ->> 'Actual Rows')::numeric * (node ->> 'Actual Loops')::numeric) FILTER (WHERE node ->> 'Node Type' = 'ProjectSet'), 0)::bigint
        FROM nodes;
END
$$;
SET max_parallel_workers_per_gather = 0;
SELECT count(rebuild_scoreboard(name)) FROM (VALUES ('ok'), ('base'), ('deep'), ('deep_base'), ('years')) v(name);
SELECT thaw_scoreboard('deep_ok');
SELECT count(*), count(*) FILTER (WHERE eligible) AS eligible, count(*) FILTER (WHERE city IS NOT NULL) AS city, count(*) FILTER (WHERE city IS NOT NULL AND stage IS NOT NULL) AS both FROM firm WHERE year = 2023;
CREATE TABLE question (id int, query text);
INSERT INTO question VALUES
    (1, 'SELECT * FROM ok_model'), (2, 'SELECT * FROM ok_ranking'), (3, 'SELECT * FROM ok_ranking WHERE year = 2023'), (4, 'SELECT * FROM ok_score WHERE year = 2023 AND firm = ''F009'''),
    (5, 'SELECT * FROM base_model'), (6, 'SELECT * FROM base_ranking'), (7, 'SELECT * FROM base_ranking WHERE year = 2023'), (8, 'SELECT * FROM base_score WHERE year = 2023 AND firm = ''F009'''),
    (9, 'SELECT * FROM deep_model'), (10, 'SELECT * FROM deep_model WHERE year = 2023'), (11, 'SELECT * FROM deep_score'), (12, 'SELECT * FROM deep_ranking WHERE year = 2023'),
    (13, 'SELECT * FROM deep_whitelist WHERE year = 2023'), (14, 'SELECT * FROM deep_detail WHERE firm = ''F009'' AND year = 2023'), (15, 'SELECT * FROM deep_score WHERE year = 2023 AND city = ''宁波'''),
    (16, 'SELECT * FROM deep_ok_ranking'), (17, 'SELECT * FROM deep_ok_ranking WHERE year = 2023'), (18, 'SELECT * FROM deep_base_ranking'), (19, 'SELECT * FROM deep_base_ranking WHERE year = 2023'),
    (20, 'SELECT * FROM years_ranking WHERE year = 2023');
-- each level reads its sample once, and the groups are read once; the period's rows only, if there is one to ask for; a list
-- goes through two functions once a row, score_row() and facts()
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
-- frozen: one firm is one row
SELECT count(freeze_scoreboard(name)) FROM (VALUES ('deep'), ('base')) v(name);
SELECT query, r.* FROM (VALUES ('SELECT * FROM deep_score WHERE firm = ''F009'' AND year = 2023'), ('SELECT * FROM base_detail WHERE firm = ''F009'' AND year = 2023')) v(query), reads(query) r;
-- an index of the source serves the sample
CREATE INDEX firm_year ON firm (year);
SET enable_seqscan = off;
SELECT thaw_scoreboard('base');
CREATE FUNCTION index_conditions(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
    RETURN QUERY SELECT DISTINCT m[1] FROM regexp_matches(plan::text, '"Index Cond": "([^"]*)"', 'g') m;
END
$$;
SELECT index_conditions('SELECT * FROM base_model');
RESET enable_seqscan;
DROP INDEX firm_year;

-- ---------------------------------------------------------------- groups that take several passes, at every level

INSERT INTO scheme (scheme, extreme) VALUES ('reference', 'percentile(0.3,0.8)');
INSERT INTO category (scheme, category) VALUES ('reference', 'c');
INSERT INTO indicator (scheme, indicator, category, extreme, position) VALUES ('reference', 'a', 'c', NULL, 1), ('reference', 'b', 'c', 'mad(2.5)', 2);
INSERT INTO weight VALUES ('reference', 'all', 'a', 50), ('reference', 'all', 'b', 50);
CREATE TABLE large AS
SELECT i + CASE part WHEN 'few' THEN 1000000 ELSE 0 END AS firm, year, part, u AS a, 1 - u * u AS b
FROM (VALUES (2023, 'much', 80000), (2023, 'few', 1500), (2024, 'much', 3000), (2024, 'few', 500)) y(year, part, n), generate_series(1, n) i,
     LATERAL (SELECT ('x' || substr(md5(year || part || i), 1, 13))::bit(52)::bigint / 2::float8 ^ 52 AS u OFFSET 0) s;
ANALYZE large;
SELECT create_scoreboard('large', 'reference', 'large', 'firm', period => 'year', peers => '{part}', min_peers => 2000, sample => 'firm % 50 <> 7'),
       create_scoreboard('large_cold', 'reference', 'large', 'firm', period => 'year', peers => '{part}', min_peers => 2000, sample => 'firm % 50 <> 7');
SELECT year, part, is_fitted(fit((SELECT scheme_model('reference')), a, b)) AS in_one_pass FROM large WHERE firm % 50 <> 7 GROUP BY GROUPING SETS ((year, part), (year)) ORDER BY year, part COLLATE "C";
SET client_min_messages = notice;
SELECT freeze_scoreboard('large_cold');
SET client_min_messages = warning;
SELECT m.year, m.part, m.fitted_level, m.fitted_rows, is_fitted(m.model),
       bool_and(record_send(ROW(i.lower, i.upper, i.n, i.method)) = record_send(ROW((w.bounds).lower, (w.bounds).upper, (w.bounds).n, (w.bounds).method))) AS same_bits
FROM large_model m, model_indicators(m.model) i,
     LATERAL (SELECT extreme_bounds(CASE i.indicator WHEN 'a' THEN l.a ELSE l.b END, i.extreme) AS bounds FROM large l
              WHERE l.firm % 50 <> 7 AND l.year = m.year AND (m.fitted_level = 0 OR l.part = m.part)) w
GROUP BY 1, 2, 3, 4, 5 ORDER BY m.year, m.part COLLATE "C";
SELECT count(*), count(*) FILTER (WHERE l.model::text IS DISTINCT FROM c.model::text) AS different FROM large_model l FULL JOIN large_cold_model c USING (year, part);

-- ---------------------------------------------------------------- rights: the condition runs with the caller's

CREATE ROLE sample_analyst;
CREATE ROLE sample_reader;
GRANT USAGE, CREATE ON SCHEMA board TO sample_analyst;
GRANT USAGE ON SCHEMA board TO sample_reader;
GRANT SELECT (firm, year, stage, a, b, c, d, e) ON firm TO sample_analyst;
GRANT SELECT ON firm TO sample_reader;
GRANT EXECUTE ON FUNCTION attempt(text) TO sample_analyst, sample_reader;
CREATE TABLE secret AS SELECT firm FROM firm;
CREATE FUNCTION chosen(code text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT code < ''F100''';
REVOKE EXECUTE ON FUNCTION chosen(text) FROM PUBLIC;
SET ROLE sample_analyst;
SELECT attempt($$SELECT create_scoreboard('mine', 'board', 'firm', 'firm', 'stage', 'year', sample => 'eligible')$$);
SELECT attempt($$SELECT create_scoreboard('mine', 'board', 'firm', 'firm', 'stage', 'year', sample => 'firm IN (SELECT firm FROM secret)')$$);
SELECT attempt($$SELECT create_scoreboard('mine', 'board', 'firm', 'firm', 'stage', 'year', sample => 'chosen(firm)')$$);
RESET ROLE;
GRANT EXECUTE ON FUNCTION chosen(text) TO sample_analyst;
SET ROLE sample_analyst;
-- names are looked up where the caller looked, and nowhere else: not in the schema of the extension
SELECT attempt($$SELECT create_scoreboard('mine', 'board', 'firm', 'firm', 'stage', 'year', sample => 'chosen(firm)')$$);
SET search_path = public;
SELECT innovation_score.rebuild_scoreboard('board.mine');
SET search_path = board, innovation_score, public;
SELECT year, fitted_rows FROM mine_model ORDER BY 1;
SELECT freeze_scoreboard('mine');
SELECT thaw_scoreboard('mine');
GRANT SELECT ON mine_input, mine_model, mine_score TO sample_reader;
SET ROLE sample_reader;
SELECT attempt('SELECT * FROM mine_score');
RESET ROLE;
GRANT EXECUTE ON FUNCTION chosen(text) TO sample_reader;
SET ROLE sample_reader;
SELECT attempt('SELECT * FROM mine_score');
RESET ROLE;

SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard;
DELETE FROM scheme WHERE scheme IN ('board', 'reference');
DROP SCHEMA board CASCADE;
DROP OWNED BY sample_analyst, sample_reader;
DROP ROLE sample_analyst, sample_reader;
