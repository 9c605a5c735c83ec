-- schemes: the shipped one, constraints, models, derived schemes, problems, origin
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
CREATE SCHEMA scheme_test;
SET search_path = scheme_test, innovation_score, public;

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
\pset format unaligned
\pset tuples_only on

-- ---------------------------------------------------------------- national-2024

SELECT scheme, title, parent, extreme, missing, aggregation, min_coverage, full_marks, provisional, origin
FROM scheme WHERE scheme = 'national-2024';
SELECT source FROM scheme WHERE scheme = 'national-2024';
SELECT position, category, title, role, max_points FROM category WHERE scheme = 'national-2024' ORDER BY position;
SELECT position, stage, title FROM stage WHERE scheme = 'national-2024' ORDER BY position;
SELECT i.position, i.indicator, i.title, i.category, i.unit, i.direction, i.extreme, i.transform,
       string_agg(w.weight::text, '/' ORDER BY s.position) AS weights
FROM indicator i JOIN weight w USING (scheme, indicator) JOIN stage s USING (scheme, stage)
WHERE i.scheme = 'national-2024'
GROUP BY i.scheme, i.indicator ORDER BY i.position;
SELECT w.stage, i.category, sum(w.weight)
FROM weight w JOIN indicator i USING (scheme, indicator) JOIN stage s USING (scheme, stage)
JOIN category c ON c.scheme = i.scheme AND c.category = i.category
WHERE w.scheme = 'national-2024'
GROUP BY GROUPING SETS ((s.position, w.stage, c.position, i.category), (s.position, w.stage))
ORDER BY s.position, c.position NULLS LAST;
SELECT count(*) FROM indicator WHERE scheme = 'national-2024' AND (title IS NULL OR unit IS NULL OR definition IS NULL);
SELECT * FROM scheme_problems('national-2024');

-- the model says what the tables say
SELECT m - 'indicators' FROM (SELECT scheme_model('national-2024')::jsonb AS m) s;
SELECT i.value FROM jsonb_array_elements(scheme_model('national-2024')::jsonb -> 'indicators') i LIMIT 1;
SELECT count(*), count(*) FILTER (WHERE m.weight IS DISTINCT FROM w.weight) AS different
FROM model_weights(scheme_model('national-2024')) m
FULL JOIN (SELECT * FROM weight WHERE scheme = 'national-2024') w USING (stage, indicator);
SELECT is_fitted(scheme_model('national-2024'));

-- ---------------------------------------------------------------- constraints

SELECT attempt($$INSERT INTO scheme (scheme) VALUES ('national-2024')$$);
SELECT attempt($$INSERT INTO scheme (scheme) VALUES ('')$$);
SELECT attempt($$INSERT INTO scheme (scheme, parent) VALUES ('t', 't')$$);
SELECT attempt($$INSERT INTO scheme (scheme, parent) VALUES ('t', 'nobody')$$);
SELECT attempt($$INSERT INTO scheme (scheme, extreme) VALUES ('t', 'percentil(0.01,0.99)')$$);
SELECT attempt($$INSERT INTO scheme (scheme, missing) VALUES ('t', 'ignore')$$);
SELECT attempt($$INSERT INTO scheme (scheme, adjust) VALUES ('t', 'squash')$$);
SELECT attempt($$INSERT INTO scheme (scheme, adjust) VALUES ('t', NULL)$$);
SELECT attempt($$INSERT INTO scheme (scheme, aggregation) VALUES ('t', 'magic')$$);
SELECT attempt(format('INSERT INTO scheme (scheme, min_coverage) VALUES (''t'', %L)', v))
FROM unnest('{-0.1,1.1,NaN}'::text[]) v;
SELECT attempt(format('INSERT INTO scheme (scheme, full_marks) VALUES (''t'', %L)', v))
FROM unnest('{0,-100,10000.1,Infinity,NaN}'::text[]) v;
INSERT INTO scheme (scheme, title) VALUES ('t', 'Test');
SELECT * FROM scheme WHERE scheme = 't';
SELECT attempt($$INSERT INTO category (scheme, category) VALUES ('nobody', 'c')$$);
SELECT attempt($$INSERT INTO category (scheme, category) VALUES ('t', '')$$);
SELECT attempt(format('INSERT INTO category (scheme, category) VALUES (''t'', %L)', repeat('创', 20)));
SELECT attempt($$INSERT INTO category (scheme, category, role) VALUES ('t', 'c', 'extra')$$);
SELECT attempt($$INSERT INTO category (scheme, category, role, max_points) VALUES ('t', 'c', 'veto', 10)$$);
SELECT attempt($$INSERT INTO category (scheme, category, role, max_points) VALUES ('t', 'c', 'bonus', 0)$$);
SELECT attempt($$INSERT INTO category (scheme, category, role, max_points) VALUES ('t', 'c', 'bonus', 'NaN')$$);
SELECT attempt($$INSERT INTO category (scheme, category, parent) VALUES ('t', 'c', 'c')$$);
SELECT attempt($$INSERT INTO category (scheme, category, parent) VALUES ('t', 'c', 'technology')$$);
SELECT attempt($$INSERT INTO category (scheme, category, aggregation) VALUES ('t', 'c', 'worst')$$);
SELECT attempt($$INSERT INTO category (scheme, category, min_coverage) VALUES ('t', 'c', 1.5)$$);
SELECT attempt($$INSERT INTO category (scheme, category, role, aggregation) VALUES ('t', 'c', 'bonus', 'geometric')$$);
SELECT attempt($$INSERT INTO category (scheme, category, role, min_coverage) VALUES ('t', 'c', 'penalty', 0.5)$$);
SELECT attempt(format('INSERT INTO scheme (scheme, floor) VALUES (''u'', %L)', v)) FROM unnest('{-1e-300,-1,100,NaN}'::text[]) v;
INSERT INTO category (scheme, category, title) VALUES ('t', 'c', 'C');
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category) VALUES ('t', 'i', 'd')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category) VALUES ('t', '', 'c')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, direction) VALUES ('t', 'i', 'c', 'up')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, direction) VALUES ('t', 'i', 'c', 'interval(3,1)')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, extreme) VALUES ('t', 'i', 'c', 'iqr()')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, transform) VALUES ('t', 'i', 'c', 'cube')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, adjust) VALUES ('t', 'i', 'c', 'compress(0)')$$);
SELECT attempt($$INSERT INTO indicator (scheme, indicator, category, missing) VALUES ('t', 'i', 'c', 'mode')$$);
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('t', 'i', 'c', 'I');
SELECT attempt($$INSERT INTO stage (scheme, stage) VALUES ('t', '')$$);
SELECT attempt(format('INSERT INTO weight VALUES (''t'', ''all'', ''i'', %L)', v))
FROM unnest('{-1,NaN,Infinity,-Infinity}'::text[]) v;
SELECT attempt($$INSERT INTO weight VALUES ('t', 'all', 'j', 1)$$);
SELECT attempt($$INSERT INTO weight VALUES ('t', 'all', 'i', NULL)$$);
-- a category that is in use
SELECT attempt($$DELETE FROM category WHERE scheme = 't'$$);

-- ---------------------------------------------------------------- a scheme of one's own

-- without stages it has the one stage "all"; without weights it is no model
SELECT attempt($$SELECT scheme_model('t')$$);
INSERT INTO weight VALUES ('t', 'all', 'i', 3);
SELECT scheme_model('t')::jsonb;
-- order: position, then code; no position comes last; the scheme's method and own methods
INSERT INTO category (scheme, category, role, max_points, position) VALUES ('t', 'plus', 'bonus', 30, 1);
INSERT INTO indicator (scheme, indicator, category, direction, extreme, transform, position) VALUES
    ('t', 'z', 'c', 'target( 5 )', 'fixed(0,10)', 'sqrt', 1), ('t', 'b', 'plus', 'cost', NULL, 'log', 2),
    ('t', 'a', 'c', 'benefit', 'iqr(1.5)', 'none', NULL);
INSERT INTO stage (scheme, stage, position) VALUES ('t', '大', 2), ('t', '小', 1);
INSERT INTO weight SELECT 't', s, i, w FROM (VALUES ('小', 'z', 0.1), ('大', 'z', 60), ('小', 'a', 0.2), ('大', 'a', 40),
                                                    ('小', 'b', 7), ('大', 'i', 0)) v(s, i, w);
SELECT jsonb_pretty(scheme_model('t')::jsonb - 'indicators');
SELECT i.value FROM jsonb_array_elements(scheme_model('t')::jsonb -> 'indicators') WITH ORDINALITY i ORDER BY i.ordinality;
-- weights survive short output of doubles
SET extra_float_digits = 0;
UPDATE weight SET weight = 0.1::float8 + 0.2::float8 WHERE scheme = 't' AND stage = '小' AND indicator = 'a';
SELECT scheme_model('t')::jsonb -> 'indicators' -> 2 -> 'weights';
RESET extra_float_digits;

SELECT attempt($$SELECT scheme_model(NULL)$$);
SELECT attempt($$SELECT scheme_model('nobody')$$) ~ '^22023: unknown scheme "nobody"\n  The schemes are .*"national-2024"';
SELECT attempt($$SELECT * FROM scheme_problems('nobody')$$) ~ '^22023: unknown scheme "nobody"';

-- problems; weights of stages that are gone or not there yet, none, not 100, all zero; no category, unused ones
SELECT * FROM scheme_problems('t');
UPDATE weight SET weight = 0 WHERE scheme = 't' AND stage = '小' AND indicator IN ('z', 'a');
UPDATE indicator SET category = NULL WHERE scheme = 't' AND indicator = 'b';
UPDATE scheme SET provisional = true WHERE scheme = 't';
SELECT * FROM scheme_problems('t');
SELECT attempt($$SELECT scheme_model('t')$$);
UPDATE indicator SET category = 'plus' WHERE scheme = 't' AND indicator = 'b';
SELECT attempt($$SELECT scheme_model('t')$$);
INSERT INTO scheme (scheme) VALUES ('empty');
SELECT * FROM scheme_problems('empty');
SELECT attempt($$SELECT scheme_model('empty')$$);
-- 1,000 points are as good as 100 where the full marks are 1,000
INSERT INTO scheme (scheme, full_marks) VALUES ('thousand', 1000);
INSERT INTO category (scheme, category, title) VALUES ('thousand', 'c', 'C');
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('thousand', 'i', 'c', 'I'), ('thousand', 'j', 'c', 'J');
INSERT INTO weight VALUES ('thousand', 'all', 'i', 333.3), ('thousand', 'all', 'j', 666.7);
SELECT * FROM scheme_problems('thousand');

-- points without end; a category that nothing belongs to is in the model all the same
INSERT INTO category (scheme, category, title, role) VALUES ('thousand', 'plus', 'Plus', 'bonus'), ('thousand', 'unused', 'U', 'base');
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('thousand', 'k', 'plus', 'K');
INSERT INTO weight VALUES ('thousand', 'all', 'k', 100000);
SELECT * FROM scheme_problems('thousand');
SELECT scheme_model('thousand')::jsonb -> 'categories';

-- renaming and deleting
UPDATE stage SET stage = 'big' WHERE scheme = 't' AND stage = '大';
SELECT stage, indicator, weight FROM weight WHERE scheme = 't' ORDER BY 1, 2;
DELETE FROM stage WHERE scheme = 't' AND stage = '小';
DELETE FROM indicator WHERE scheme = 't' AND indicator = 'i';
UPDATE category SET category = 'core' WHERE scheme = 't' AND category = 'c';
UPDATE scheme SET scheme = 'renamed' WHERE scheme = 't';
SELECT indicator, category, weight FROM indicator LEFT JOIN weight USING (scheme, indicator)
WHERE scheme = 'renamed' ORDER BY 1;
-- a parent follows its name and may go
INSERT INTO scheme (scheme, parent) VALUES ('child', 'renamed');
UPDATE scheme SET scheme = 'named' WHERE scheme = 'renamed';
SELECT scheme, parent FROM scheme WHERE scheme IN ('child', 'named') ORDER BY 1;
SELECT attempt($$UPDATE scheme SET parent = 'nobody' WHERE scheme = 'child'$$);
UPDATE scheme SET scheme = 'renamed' WHERE scheme = 'named';
DELETE FROM scheme WHERE scheme = 'renamed';
SELECT scheme, parent FROM scheme WHERE scheme = 'child';
DELETE FROM scheme WHERE scheme = 'child';
SELECT count(*) FROM (SELECT scheme FROM category UNION ALL SELECT scheme FROM indicator UNION ALL
                      SELECT scheme FROM stage UNION ALL SELECT scheme FROM weight) s WHERE scheme IN ('t', 'renamed');
DELETE FROM scheme WHERE scheme IN ('empty', 'thousand');

-- ---------------------------------------------------------------- categories in categories

INSERT INTO scheme (scheme, aggregation, floor) VALUES ('tree', 'geometric', 2);
-- in any order within a statement; the role is that of the top level
INSERT INTO category (scheme, category, title, parent, role, position) VALUES
    ('tree', 'a1x', 'A1X', 'a1', 'base', 3), ('tree', 'a1', 'A1', 'a', 'base', 2), ('tree', 'a', 'A', NULL, 'base', 1), ('tree', 'p1', 'P1', 'p', 'base', 6), ('tree', 'p', 'P', NULL, 'bonus', 5),
    ('tree', 'b', 'B', NULL, 'base', 4);
UPDATE category SET max_points = 9 WHERE scheme = 'tree' AND category = 'p';
SELECT category, parent, role FROM category WHERE scheme = 'tree' ORDER BY position;
SELECT attempt($$INSERT INTO category (scheme, category, parent) VALUES ('tree', 'c', 'd')$$);
SELECT attempt($$INSERT INTO category (scheme, category, parent, role) VALUES ('tree', 'c', 'a1', 'bonus')$$);
SELECT attempt($$INSERT INTO category (scheme, category, parent, max_points, role) VALUES ('tree', 'c', 'p', 3, 'bonus')$$);
SELECT attempt($$UPDATE category SET parent = 'a1x' WHERE scheme = 'tree' AND category = 'a'$$);
SELECT attempt($$UPDATE category SET parent = 'a1x' WHERE scheme = 'tree' AND category = 'a1'$$);
SELECT attempt($$INSERT INTO category (scheme, category, parent) VALUES ('tree', 'c', 'd'), ('tree', 'd', 'c')$$);
SELECT attempt($$UPDATE category SET role = 'penalty' WHERE scheme = 'tree' AND category = 'p1'$$);
SELECT attempt($$DELETE FROM category WHERE scheme = 'tree' AND category = 'a1'$$);
-- roles and names go down the tree; a subtree may move
BEGIN;
UPDATE category SET role = 'penalty' WHERE scheme = 'tree' AND category = 'p';
UPDATE category SET category = 'A' WHERE scheme = 'tree' AND category = 'a';
SELECT category, parent, role FROM category WHERE scheme = 'tree' ORDER BY position;
UPDATE category SET parent = 'p' WHERE scheme = 'tree' AND category = 'a1';
SELECT category, parent, role FROM category WHERE scheme = 'tree' ORDER BY position;
UPDATE category SET parent = NULL WHERE scheme = 'tree' AND category = 'a1';
UPDATE scheme SET scheme = 'TREE' WHERE scheme = 'tree';
SELECT category, parent, role FROM category WHERE scheme = 'TREE' ORDER BY position;
ROLLBACK;
-- the model; weights of categories
INSERT INTO stage VALUES ('tree', 's', 'S', 1), ('tree', 't', 'T', 2);
INSERT INTO indicator (scheme, indicator, category, title) VALUES ('tree', 'i', 'a1x', 'I'), ('tree', 'j', 'a', 'J'), ('tree', 'k', 'b', 'K'), ('tree', 'l', 'p1', 'L');
INSERT INTO weight SELECT 'tree', s, i, w FROM unnest('{s,t}'::text[]) s, (VALUES ('i', 30), ('j', 30), ('k', 40), ('l', 5)) v(i, w);
SELECT * FROM scheme_problems('tree');
UPDATE category SET aggregation = 'generalized( 0.5 )', min_coverage = 0.25 WHERE scheme = 'tree' AND category = 'a1';
SELECT attempt(format('INSERT INTO category_weight VALUES (''tree'', %L, %L, %L)', s, c, w)) FROM (VALUES ('s', 'c', '1'), ('s', 'a', '-1'), ('s', 'a', 'NaN'), ('s', 'a', 'Infinity'), ('', 'a', '1')) v(s, c, w);
INSERT INTO category_weight VALUES ('tree', 's', 'a', 60), ('tree', 's', 'b', 60), ('tree', 's', 'a1', 10), ('tree', 't', 'a', 60), ('tree', 'u', 'a', 1);
SELECT jsonb_pretty(scheme_model('tree')::jsonb - 'indicators');
SELECT * FROM scheme_problems('tree');
SELECT stage, indicator, path, round(effective_weight::numeric, 6) AS effective_weight FROM effective_weight WHERE scheme = 'tree' ORDER BY 1, 2;
SELECT derive_scheme('twig', 'tree');
SELECT scheme_model('tree')::jsonb - 'scheme' = scheme_model('twig')::jsonb - 'scheme' AS same_model, floor FROM scheme WHERE scheme = 'twig';
-- weights follow their stage and category
UPDATE stage SET stage = 'S' WHERE scheme = 'twig' AND stage = 's';
UPDATE category SET category = 'A' WHERE scheme = 'twig' AND category = 'a';
DELETE FROM stage WHERE scheme = 'twig' AND stage = 't';
DELETE FROM indicator WHERE scheme = 'twig' AND indicator = 'k';
SELECT * FROM scheme_problems('twig') WHERE severity <> 'notice';
DELETE FROM category WHERE scheme = 'twig' AND category = 'b';
SELECT * FROM category_weight WHERE scheme = 'twig' ORDER BY 2, 3;
-- what the tables cannot refuse, the model does; an empty branch is told once a category
INSERT INTO category_weight VALUES ('twig', 'S', 'p1', 5);
INSERT INTO category (scheme, category, title, parent) VALUES ('twig', 'n', 'N', 'A'), ('twig', 'n1', 'N1', 'n');
SELECT * FROM scheme_problems('twig') WHERE severity <> 'notice';
SELECT attempt($$SELECT scheme_model('twig')$$);
-- a scheme without weights has no effective ones; it does not stop the view
UPDATE weight SET weight = 0 WHERE scheme = 'twig';
SELECT indicator, effective_weight FROM effective_weight WHERE scheme = 'twig' ORDER BY 1;
SELECT scheme, stage, round(sum(effective_weight)::numeric, 12) AS sum FROM effective_weight WHERE scheme IN ('tree', 'national-2024') GROUP BY 1, 2 ORDER BY 1, 2;
DELETE FROM scheme WHERE scheme IN ('tree', 'twig');
SELECT count(*) FROM category_weight;

-- ---------------------------------------------------------------- derived schemes

SELECT derive_scheme('zhejiang', 'national-2024', '浙江省创新积分');
SELECT scheme, title, parent, provisional, origin FROM scheme WHERE scheme = 'zhejiang';
SELECT scheme_model('zhejiang')::jsonb - 'scheme' = scheme_model('national-2024')::jsonb - 'scheme' AS same_model;
SELECT (SELECT count(*) FROM (SELECT category, title, role, max_points, position FROM category WHERE scheme = 'zhejiang'
        EXCEPT SELECT category, title, role, max_points, position FROM category WHERE scheme = 'national-2024') d) AS categories,
       (SELECT count(*) FROM (SELECT indicator, category, title, unit, definition, position FROM indicator WHERE scheme = 'zhejiang'
        EXCEPT SELECT indicator, category, title, unit, definition, position FROM indicator WHERE scheme = 'national-2024') d) AS indicators,
       (SELECT count(*) FROM (SELECT stage, title, position FROM stage WHERE scheme = 'zhejiang'
        EXCEPT SELECT stage, title, position FROM stage WHERE scheme = 'national-2024') d) AS stages;
-- the copy is the user's own: changing it leaves the parent alone
DELETE FROM indicator WHERE scheme = 'zhejiang' AND indicator = 'venture_capital';
UPDATE weight SET weight = weight * 2 WHERE scheme = 'zhejiang' AND indicator = 'revenue';
SELECT scheme, origin, (SELECT count(*) FROM weight w WHERE w.scheme = s.scheme) FROM scheme s
WHERE scheme IN ('zhejiang', 'national-2024') ORDER BY 1;
UPDATE scheme SET adjust = 'compress(0.5)', missing = 'mean' WHERE scheme = 'zhejiang';
UPDATE indicator SET adjust = 'clamp', missing = 'lower', extreme = 'jrc' WHERE scheme = 'zhejiang' AND indicator = 'revenue';
SELECT derive_scheme(new => 'hangzhou', parent => 'zhejiang');
SELECT scheme_model('zhejiang')::jsonb - 'scheme' = scheme_model('hangzhou')::jsonb - 'scheme' AS same_model,
       i.adjust, i.missing_policy, i.extreme
FROM model_indicators(scheme_model('hangzhou')) i WHERE i.indicator IN ('rd_expense', 'revenue');
SELECT scheme, title, parent FROM scheme WHERE scheme = 'hangzhou';
SELECT attempt($$SELECT derive_scheme('zhejiang', 'national-2024', '')$$);
SELECT attempt($$SELECT derive_scheme('', 'national-2024', '')$$);
SELECT attempt($$SELECT derive_scheme(NULL, 'national-2024', '')$$);
SELECT attempt($$SELECT derive_scheme('x', 'nobody', '')$$) ~ '^22023: unknown scheme "nobody"';
DELETE FROM scheme WHERE scheme = 'zhejiang';
SELECT scheme, parent FROM scheme WHERE scheme = 'hangzhou';
DELETE FROM scheme WHERE scheme = 'hangzhou';

-- ---------------------------------------------------------------- origin: what pg_dump will take

BEGIN;
-- the one statement that loads official weights
WITH official(indicator, startup, growth, stable) AS (VALUES ('rd_expense', 9, 10, 10), ('rd_intensity', 11, 9, 8)),
     loaded AS (
         INSERT INTO weight
         SELECT 'national-2024', s.stage, o.indicator, s.weight
         FROM official o, LATERAL (VALUES ('startup', o.startup), ('growth', o.growth), ('stable', o.stable)) s(stage, weight)
         ON CONFLICT (scheme, stage, indicator) DO UPDATE SET weight = excluded.weight
         RETURNING 1)
UPDATE scheme SET provisional = false, source = source || '；附2' WHERE scheme = 'national-2024' AND (SELECT count(*) FROM loaded) = 6;
SELECT origin, provisional FROM scheme WHERE scheme = 'national-2024';
SELECT indicator, string_agg(weight::text, '/' ORDER BY stage) FROM weight
WHERE scheme = 'national-2024' AND indicator LIKE 'rd\_%' GROUP BY 1 ORDER BY 1;
ROLLBACK;
-- each kind of change marks the scheme, a statement that changes nothing does not
CREATE FUNCTION origin_after(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE command;
    SELECT origin INTO result FROM scheme WHERE scheme = 'national-2024';
    RAISE EXCEPTION 'undo' USING ERRCODE = 'UN000', DETAIL = result;
EXCEPTION WHEN SQLSTATE 'UN000' THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN result;
END
$$;
SELECT origin_after(c), c FROM (VALUES
    ($$UPDATE scheme SET title = title$$), ($$UPDATE scheme SET title = 'x' WHERE scheme = 'national-2024'$$),
    ($$DELETE FROM weight WHERE scheme = 'national-2024' AND stage = 'startup' AND indicator = 'revenue'$$),
    ($$UPDATE category SET title = 'x' WHERE scheme = 'national-2024' AND position = 1$$),
    ($$INSERT INTO category_weight VALUES ('national-2024', 'growth', 'growth', 5)$$),
    ($$INSERT INTO stage VALUES ('national-2024', 'new')$$),
    ($$DELETE FROM indicator WHERE scheme = 'national-2024' AND position = 18$$),
    ($$UPDATE indicator SET extreme = 'none' WHERE scheme = 'national-2024' AND position = 18$$)) v(c);
-- what a restore does: the dumped rows take the place of the shipped ones
BEGIN;
SELECT derive_scheme('child', 'national-2024', 'Child');
INSERT INTO scheme (scheme, title, origin) VALUES ('national-2024', '官方', 'changed');
SELECT scheme, title, origin, provisional, source FROM scheme WHERE scheme IN ('national-2024', 'child') ORDER BY 1;
SELECT (SELECT count(*) FROM category WHERE scheme = 'national-2024'), (SELECT count(*) FROM indicator WHERE scheme = 'national-2024'),
       (SELECT count(*) FROM stage WHERE scheme = 'national-2024'), (SELECT count(*) FROM weight WHERE scheme = 'national-2024'),
       (SELECT count(*) FROM weight WHERE scheme = 'child');
-- once only
SELECT attempt($$INSERT INTO scheme (scheme, title, origin) VALUES ('national-2024', '官方', 'changed')$$);
ROLLBACK;
-- nobody ships but the extension
INSERT INTO scheme (scheme, origin) VALUES ('mine', 'shipped');
SELECT origin FROM scheme WHERE scheme = 'mine';
DELETE FROM scheme WHERE scheme = 'mine';
-- what is dumped
SELECT config::regclass, condition FROM pg_extension, unnest(extconfig, extcondition) AS u(config, condition)
WHERE extname = 'innovation_score' ORDER BY config::regclass::text;

-- ---------------------------------------------------------------- a model is made once a query, and never an old one

BEGIN;
INSERT INTO scheme (scheme, extreme) VALUES ('q', 'fixed(0,100000)');
INSERT INTO category (scheme, category) VALUES ('q', 'c');
INSERT INTO indicator (scheme, indicator, category) VALUES ('q', 'i', 'c');
INSERT INTO weight VALUES ('q', 'all', 'i', 1);
-- put together for each row, these took minutes
SET LOCAL statement_timeout = '30s';
SELECT fit(scheme_model('q'), i) = fit((SELECT scheme_model('q')), i), sum(score(scheme_model('q'), 'all', i)) = 100001 * 50
FROM generate_series(1, 100000) i;
SET LOCAL statement_timeout = 0;
SELECT s, scheme_model(s)::jsonb ->> 'scheme' FROM unnest('{q,national-2024,q,q,bid-review}'::text[]) s;
CREATE FUNCTION weight_now() RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN scheme_model('q')::jsonb #> '{indicators,0,weights,all}';
END
$$;
DO $$
BEGIN
    FOR i IN 2..3 LOOP
        UPDATE weight SET weight = i WHERE scheme = 'q';
        RAISE NOTICE 'now %', weight_now();
        BEGIN
            UPDATE weight SET weight = 10 * i WHERE scheme = 'q';
            RAISE NOTICE 'in a subtransaction %', weight_now();
            RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN
            RAISE NOTICE 'after its end %', weight_now();
        END;
        BEGIN
            UPDATE weight SET weight = 100 * i WHERE scheme = 'q';
            RAISE NOTICE 'in another %', weight_now();
        EXCEPTION WHEN division_by_zero THEN
            NULL;
        END;
        RAISE NOTICE 'after its end %', weight_now();
    END LOOP;
END
$$;
ROLLBACK;

-- ---------------------------------------------------------------- everyone reads schemes, nobody else changes them

CREATE ROLE scheme_reader;
SET ROLE scheme_reader;
SELECT count(*) FROM innovation_score.weight;
SELECT is_fitted(innovation_score.scheme_model('national-2024'));
SELECT * FROM innovation_score.scheme_problems('national-2024');
RESET ROLE;
SELECT c.relname, string_agg(p, ', ' ORDER BY p) FILTER (WHERE has_table_privilege('scheme_reader', c.oid, p))
FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
WHERE c.relnamespace = 'innovation_score'::regnamespace AND c.relkind = 'r'
GROUP BY 1 ORDER BY 1;
DROP ROLE scheme_reader;

SET client_min_messages = warning;
DROP SCHEMA scheme_test CASCADE;
