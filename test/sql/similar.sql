-- the firms nearest to one, found by the aggregate _nearest: against plain SQL over the view _detail, whatever the
-- order of rows and the number of workers; ties, missing and imputed values, firms that are there twice, broken states
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
SET extra_float_digits = 1;

INSERT INTO scheme (scheme, extreme, missing) VALUES ('near', 'percentile(0.02,0.98)', 'zero');
INSERT INTO category (scheme, category, role) VALUES ('near', 'base', 'base'), ('near', 'fines', 'penalty');
INSERT INTO indicator (scheme, indicator, category, direction, transform) VALUES
    ('near', 'a', 'base', 'benefit', 'none'), ('near', 'b', 'base', 'cost', 'log'), ('near', 'c', 'base', 'target(30)', 'none'), ('near', 'd', 'fines', 'benefit', 'none');
INSERT INTO stage (scheme, stage) VALUES ('near', 's'), ('near', 'l');
INSERT INTO weight SELECT 'near', s, i, w FROM (VALUES ('s', 'a', 3), ('s', 'b', 1.5), ('s', 'c', 0), ('s', 'd', 5), ('l', 'a', 1), ('l', 'b', 1), ('l', 'c', 7), ('l', 'd', 2)) v(s, i, w);
-- few different values, so that many distances are equal; codes whose order depends on the collation
CREATE TABLE near (firm text, city text, stage text, a float8, b float8, c float8, d float8);
INSERT INTO near
SELECT (ARRAY['F', 'f', '企', 'é'])[1 + i % 4] || i, (ARRAY['x', 'y'])[1 + i % 2], (ARRAY['s', 'l', 's', NULL])[1 + i / 7 % 4], i * 37 % 11, CASE WHEN i % 13 <> 5 THEN i * i % 7 END,
       CASE WHEN i % 17 <> 3 THEN i * 53 % 61 END, CASE i % 19 WHEN 1 THEN float8 'NaN' WHEN 2 THEN 'Infinity' ELSE i % 3 END
FROM generate_series(1, 900) i;
INSERT INTO near VALUES ('void', 'x', 's', NULL, NULL, NULL, NULL), ('lost', NULL, 's', 1, 1, 1, 1);
SELECT create_scoreboard('near', 'near', 'near', 'firm', 'stage');
SELECT create_scoreboard('apart', 'near', 'near', 'firm', 'stage', peers => '{city}');

CREATE FUNCTION twin(board text, who text) RETURNS TABLE (similar_entity text, stage text, distance float8, shared float8, score float8) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        WITH weighed AS (SELECT d.firm, d.indicator, d.stage, d.normalized, array_position('{a,b,c,d}', d.indicator) AS position,
                                CASE WHEN d.indicator = 'd' THEN w.weight
                                     ELSE 100 * w.weight / (SELECT sum(weight) FROM weight v WHERE scheme = 'near' AND v.stage = m.stage AND v.indicator <> 'd') END AS weight, m.normalized AS mine
                         FROM %1$s_detail d JOIN %1$s_detail m USING (indicator) JOIN weight w ON w.scheme = 'near' AND w.stage = m.stage AND w.indicator = d.indicator
                         WHERE m.firm = %2$L AND d.firm <> m.firm)
        SELECT w.firm, w.stage, sqrt(sum(weight * (normalized - mine) * (normalized - mine) ORDER BY position) / sum(weight ORDER BY position) FILTER (WHERE normalized IS NOT NULL AND mine IS NOT NULL)),
               sum(weight ORDER BY position) FILTER (WHERE normalized IS NOT NULL AND mine IS NOT NULL) / sum(weight ORDER BY position), s.score
        FROM weighed w JOIN %1$s_score s USING (firm) GROUP BY w.firm, w.stage, s.score
        HAVING sum(weight) FILTER (WHERE normalized IS NOT NULL AND mine IS NOT NULL) > 0$q$, board, who);
END
$$;
-- all, and the first ones of them: those that SQL finds, in its order
CREATE FUNCTION differences(board text, who text, n int, min_shared float8 DEFAULT 0) RETURNS TABLE (found bigint, different bigint) LANGUAGE sql AS $$
    SELECT count(f.place), count(*) FILTER (WHERE f.place IS DISTINCT FROM t.place OR f.distance IS DISTINCT FROM t.distance OR f.shared IS DISTINCT FROM t.shared
                                                  OR f.stage IS DISTINCT FROM t.stage OR f.score IS DISTINCT FROM t.score)
    FROM similar_firms(board, entity => who, n => n, min_shared => min_shared) WITH ORDINALITY AS f(similar_entity, stage, distance, shared, score, place)
    FULL JOIN (SELECT *, row_number() OVER (ORDER BY distance, similar_entity COLLATE "C") AS place FROM twin(board, who) t WHERE t.shared >= min_shared ORDER BY place LIMIT n) t USING (similar_entity)
$$;
SELECT b AS board, who, n, share, d.* FROM unnest('{near,apart}'::text[]) b, unnest('{F4,企10,f1}'::text[]) who, (VALUES (10, 0), (5000, 0), (10, 0.6), (5000, 0.6)) v(n, share) CROSS JOIN LATERAL differences(b, who, n, share) d;
SELECT count(*) FROM similar_firms('near', entity => 'void', n => 5000, min_shared => 0);
SELECT attempt('SELECT * FROM similar_firms(''apart'', entity => ''lost'', min_shared => 0)');

-- rows in another order, workers, frozen: the same bits
CREATE TEMP TABLE before AS SELECT b, who, f.* FROM unnest('{near,apart}'::text[]) b, unnest('{F4,企10,f1}'::text[]) who CROSS JOIN LATERAL similar_firms(b, entity => who, n => 150, min_shared => 0) WITH ORDINALITY AS f;
CREATE FUNCTION changed() RETURNS TABLE (found bigint, changed bigint) LANGUAGE sql AS $$
    SELECT count(n.b), count(*) FILTER (WHERE n IS DISTINCT FROM o)
    FROM (SELECT b, who, f.* FROM unnest('{near,apart}'::text[]) b, unnest('{F4,企10,f1}'::text[]) who CROSS JOIN LATERAL similar_firms(b, entity => who, n => 150, min_shared => 0) WITH ORDINALITY AS f) n
    FULL JOIN before o ON (n.b, n.who, n.ordinality) = (o.b, o.who, o.ordinality)
$$;
CREATE TABLE shuffled AS SELECT * FROM near;
TRUNCATE near;
INSERT INTO near SELECT * FROM shuffled ORDER BY md5(firm);
SELECT * FROM changed();
SELECT freeze_scoreboard('near'), freeze_scoreboard('apart');
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT * FROM changed();
-- the planner does hand rows to workers
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT count(*) > 0 AS parallel
FROM plan_of('SELECT _innovation_score.nearest(5, 0, firm, stage, ''{0.5,0.5,0.5,0.5}'', ''{1,1,1,1}'', (SELECT model FROM near_model), VARIADIC ARRAY[a, b, c, d]) FROM near') p WHERE p ~ 'Partial Aggregate';
COMMIT;

-- a firm that is there twice, and one whose stage the scheme does not know: an error only when it is among the nearest
INSERT INTO near SELECT * FROM near WHERE firm IN ('F8', 'f9');
SELECT similar_entity, round(distance::numeric, 6) AS distance FROM similar_firms('near', entity => 'F4', n => 900, min_shared => 0) WHERE similar_entity IN ('F8', 'f9');
INSERT INTO near VALUES ('stray', 'x', 'unknown', 1e6, 1e6, 1e6, 1e6);
SELECT count(*) FROM similar_firms('near', entity => 'F4', n => 10);
SELECT attempt('SELECT * FROM similar_firms(''near'', entity => ''F4'', n => 5000, min_shared => 0)');

-- the internal functions: NULLs are passed over, states that nobody wrote are refused
SELECT _innovation_score.nearest(5, 0, firm, stage, '{0,0,0,0}', '{1,1,1,1}', (SELECT model FROM near_model), VARIADIC ARRAY[a, b, c, d]) FROM near WHERE stage IS NULL;
SELECT (_innovation_score.nearest_rows(_innovation_score.nearest(3, 0, firm, stage, '{0,0,NULL,NULL}', '{1,1,1,1}', (SELECT model FROM near_model), VARIADIC ARRAY[a, b, c, d]), (SELECT model FROM near_model))).* FROM near WHERE firm = 'F4';
SELECT attempt(c) FROM unnest(ARRAY[
    'SELECT _innovation_score.nearest_rows(''\x'', (SELECT model FROM near_model))',
    'SELECT _innovation_score.nearest_rows(''\x00000000000000050000000000000001'', (SELECT model FROM near_model))',
    'SELECT _innovation_score.nearest_rows(''\x0000000000000005000000000000000100000000000000000000000000000000000000000000000000000009000000016161'', (SELECT model FROM near_model))',
    'SELECT _innovation_score.nearest_rows(''\x00000000000000050000000000000001000000000000000000000000000000000000000000000000fffffffe000000016161'', (SELECT model FROM near_model))',
    'SELECT _innovation_score.nearest_rows(''\x0000000000000005000000000000000100000000000000000000000000000000000000000000000000000001000000017361ff'', (SELECT model FROM near_model))',
    'SELECT _innovation_score.nearest(5, 0, firm, stage, ''{0}'', ''{1,1,1,1}'', (SELECT model FROM near_model), VARIADIC ARRAY[a, b, c, d]) FROM near']) c;

-- half of the weight is half, whatever the last bits of a sum of sixths say
INSERT INTO scheme (scheme, extreme) VALUES ('sixths', 'none');
INSERT INTO category (scheme, category) VALUES ('sixths', 'x');
INSERT INTO indicator (scheme, indicator, category) SELECT 'sixths', 'i' || i, 'x' FROM generate_series(1, 6) i;
INSERT INTO weight SELECT 'sixths', 'all', 'i' || i, 100 / 6.0 FROM generate_series(1, 6) i;
CREATE TABLE sixths (firm text, i1 int, i2 int, i3 int, i4 int, i5 int, i6 int);
INSERT INTO sixths VALUES ('six', 1, 2, 3, 4, 5, 6), ('three', 1, 2, 3, NULL, NULL, NULL), ('two', 1, 2, NULL, NULL, NULL, NULL);
SELECT create_scoreboard('sixths', 'sixths', 'sixths', 'firm');
SELECT similar_entity, shared FROM similar_firms('sixths', entity => 'six');
SELECT attempt($$SELECT similar_firms('sixths', entity => 'six', min_shared => 50)$$);

-- categories with weights of their own: 90 of 100 points are those of the first indicator; and an imputed value is nobody's own
INSERT INTO scheme (scheme, extreme, missing) VALUES ('owned', 'none', 'median');
INSERT INTO stage (scheme, stage) VALUES ('owned', 's');
INSERT INTO category (scheme, category) VALUES ('owned', 'heavy'), ('owned', 'light');
INSERT INTO category_weight (scheme, stage, category, weight) VALUES ('owned', 's', 'heavy', 90), ('owned', 's', 'light', 10);
INSERT INTO indicator (scheme, indicator, category) VALUES ('owned', 'p', 'heavy'), ('owned', 'q', 'light');
INSERT INTO weight VALUES ('owned', 's', 'p', 50), ('owned', 's', 'q', 50);
CREATE TABLE owned (firm text, stage text, p float8, q float8);
INSERT INTO owned VALUES ('me', 's', 0, 0), ('p', 's', 40, 0), ('q', 's', 0, 40), ('far', 's', 100, 100), ('half', 's', NULL, 0);
SELECT create_scoreboard('owned', 'owned', 'owned', 'firm', 'stage');
SELECT similar_entity, round(distance::numeric, 4) AS distance, round(shared::numeric, 4) AS shared FROM similar_firms('owned', entity => 'me', n => 10);
SELECT similar_entity, round(distance::numeric, 4) AS distance, round(shared::numeric, 4) AS shared FROM similar_firms('owned', entity => 'half', n => 10, min_shared => 0);
SELECT coverage FROM owned_score WHERE firm = 'half';
-- the same points as those that the view of a complete firm shows, and the weights that they come from
SELECT w.*, w.max_points = d.max_points AS agrees FROM owned_model m, model_weights(m.model) w JOIN owned_detail d ON d.firm = 'me' AND d.indicator = w.indicator;

SELECT drop_scoreboard('owned');
SELECT drop_scoreboard('near'), drop_scoreboard('apart'), drop_scoreboard('sixths');
DELETE FROM scheme WHERE scheme IN ('board', 'near', 'owned', 'sixths');
DROP SCHEMA board CASCADE;
