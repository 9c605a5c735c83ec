-- score, category_score, coverage, score_row, score_detail: roles, policies, directions, errors.
-- (test/sql/twin.sql compares thousands of firms with plain SQL.)
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

-- two base categories, weights 3:1 (stage a) and 1:1 (stage b), a bonus of at most 5 points and a penalty;
-- goalposts 0 and 100, so that everything can be followed by head
CREATE FUNCTION score_model_of(missing text, min_coverage float8 DEFAULT 0, full_marks float8 DEFAULT 100) RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
SELECT format('{"scheme": "s", "missing": "%s", "min_coverage": %s, "full_marks": %s, "stages": ["a", "b"],
 "categories": [{"category": "c1"}, {"category": "c2"}, {"category": "plus", "role": "bonus", "max_points": 5}, {"category": "minus", "role": "penalty"}],
 "indicators": [
  {"indicator": "x", "category": "c1", "extreme": "fixed(0,100)", "weights": {"a": 30, "b": 50}},
  {"indicator": "y", "category": "c1", "extreme": "fixed(0,100)", "direction": "cost", "weights": {"a": 30}},
  {"indicator": "z", "category": "c2", "extreme": "fixed(0,100)", "transform": "sqrt", "weights": {"a": 20, "b": 50}},
  {"indicator": "p", "category": "plus", "extreme": "fixed(0,100)", "weights": 4},
  {"indicator": "q", "category": "plus", "extreme": "fixed(0,100)", "weights": 4},
  {"indicator": "m", "category": "minus", "extreme": "fixed(0,100)", "direction": "target(100)", "weights": 10}]}',
 missing, min_coverage, full_marks)::score_model $$;

SELECT d.* FROM score_detail(score_model_of('zero'), 'a', 50, 20, 25, 100, 50, 30) AS d;
SELECT score(score_model_of('zero'), 'a', 50, 20, 25, 100, 50, 30), score(score_model_of('zero'), 'b', 50, 20, 25, 100, 50, 30),
       score(score_model_of('zero', 0, 1000), 'a', 50, 20, 25, 100, 50, 30) AS of_1000,
       coverage(score_model_of('zero'), 'a', 50, 20, 25, 100, 50, 30);
SELECT c, category_score(score_model_of('zero'), 'a', c, 50, 20, 25, 100, 50, 30) AS a, category_score(score_model_of('zero'), 'b', c, 50, NULL, 25, 100, 50, 30) AS b
FROM unnest('{c1,c2,plus,minus}'::text[]) AS c;
-- beyond the bounds
SELECT indicator, value, normalized, points, status FROM score_detail(score_model_of('zero'), 'a', -1, 101, 1e300, 0, 100, 5e-324);

-- missing values under each policy: one base value, all base values, a bonus and a penalty value
CREATE TEMP TABLE v AS SELECT * FROM (VALUES (1, '{50,20,25,100,50,30}'::float8[]), (2, '{50,NULL,25,100,50,30}'), (3, '{NULL,NULL,NULL,100,50,30}'),
    (4, '{50,20,25,NULL,50,NULL}'), (5, '{50,NaN,25,Infinity,50,-Infinity}'), (6, '{NULL,NULL,NULL,NULL,NULL,NULL}')) AS v(i, v);
SELECT i, policy, stage, score(m, stage, VARIADIC v), category_score(m, stage, 'c1', VARIADIC v) AS c1, coverage(m, stage, VARIADIC v),
       (SELECT sum(points) FROM score_detail(m, stage, VARIADIC v)) AS points
FROM v, unnest('{zero,reweight,"null"}'::text[]) AS policy, unnest('{a,b}'::text[]) AS stage, LATERAL (SELECT score_model_of(policy) AS m) AS s
ORDER BY i, policy DESC, stage;
SELECT policy, d.indicator, normalized, max_points, points, status
FROM unnest('{zero,reweight,"null"}'::text[]) AS policy, score_detail(score_model_of(policy), 'a', 50, NULL, 25, NULL, 50, 30) AS d WHERE d.indicator IN ('x', 'y', 'p');
-- minimum coverage: 50 of 80 points are there
SELECT min, score(score_model_of('zero', min), 'a', 50, NULL, 25, 100, 50, 30), category_score(score_model_of('zero', min), 'a', 'c2', 50, NULL, 25, 100, 50, 30) AS c2
FROM unnest('{0,0.625,0.626,1}'::float8[]) AS min;

-- policies of their own: x imputed by the median 40 of its sample, y by its mean, z by its lower bound, p by what its sample lacks
CREATE TEMP TABLE m AS
SELECT fit('{"missing": "null", "categories": [{"category": "c"}, {"category": "plus", "role": "bonus", "max_points": 3}], "indicators": [
  {"indicator": "x", "category": "c", "extreme": "fixed(0,100)", "missing": "median", "weights": 40},
  {"indicator": "y", "category": "c", "extreme": "fixed(0,100)", "missing": "mean", "direction": "cost", "weights": 20},
  {"indicator": "z", "category": "c", "missing": "lower", "weights": 10},
  {"indicator": "u", "category": "c", "missing": "reweight", "weights": 20},
  {"indicator": "v", "category": "c", "missing": "zero", "weights": 10},
  {"indicator": "w", "category": "c", "weights": 0},
  {"indicator": "p", "category": "plus", "extreme": "fixed(0,10)", "missing": "median", "weights": 5},
  {"indicator": "q", "category": "plus", "missing": "lower", "weights": 5}]}', x, y, z, z, z, z, NULL, z) AS m
FROM unnest('{10,40,NULL,90}'::float8[], '{25,50,NULL,NULL}'::float8[], '{5,6,7,8}'::float8[]) AS t(x, y, z);
SELECT d.* FROM m, score_detail(m, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) AS d;
SELECT d.* FROM m, score_detail(m, 'all', 100, 'NaN', 8, 8, NULL, 5, 10, 7) AS d;
SELECT v, score(m, 'all', VARIADIC v), category_score(m, 'all', 'c', VARIADIC v) AS c, category_score(m, 'all', 'plus', VARIADIC v) AS plus,
       coverage(m, 'all', VARIADIC v), (SELECT sum(points) FROM score_detail(m, 'all', VARIADIC v)) AS points, score_row(m, 'all', VARIADIC v)
FROM m, unnest(ARRAY['{40,37.5,5,8,8,8,10,5}', '{NULL,NULL,NULL,8,8,8,10,NULL}', '{NULL,NULL,NULL,NULL,8,8,10,NULL}', '{40,37.5,5,NULL,NULL,NULL,NULL,5}']) AS s, LATERAL (SELECT s::float8[] AS v) AS f;
-- missing under "null" with weight: no score; a model of these that is not fitted
SELECT score('{"missing": "zero", "indicators": [{"indicator": "x", "extreme": "fixed(0,1)", "weights": 1}, {"indicator": "y", "extreme": "fixed(0,1)", "missing": "null", "weights": 1}]}', 'all', NULL, 1) AS counts_as_0,
       score('{"missing": "zero", "indicators": [{"indicator": "x", "extreme": "fixed(0,1)", "weights": 1}, {"indicator": "y", "extreme": "fixed(0,1)", "missing": "null", "weights": 1}]}', 'all', 1, NULL) AS unknown,
       score('{"indicators": [{"indicator": "x", "extreme": "fixed(2,4)", "missing": "lower", "weights": 1}]}', 'all', NULL) AS lower;
SELECT score('{"indicators": [{"indicator": "x", "extreme": "fixed(0,1)", "missing": "median", "weights": 1}]}', 'all', NULL);

-- compressed: the largest keeps its lead, 1, and the rest is not flattened; bounds are shown as fitted
SELECT adjust, d.value, d.lower, d.upper, round(d.normalized::numeric, 6) AS normalized, d.status
FROM unnest('{clamp,compress(1),compress(0.1)}'::text[]) AS adjust,
     LATERAL (SELECT fit(format('{"indicators": [{"indicator": "x", "extreme": "percentile(0,0.8)", "adjust": "%s", "weights": 1}]}', adjust)::score_model, x) AS m
              FROM unnest('{0,1,2,3,4,1000}'::float8[]) AS x) AS m, unnest('{0,3,4,10,1000,5000,-7}'::float8[]) AS v, score_detail(m, 'all', v) AS d;

-- score_row: everything of the row in one array
SELECT i, score_row(score_model_of('null', 0.5), 'b', VARIADIC v) FROM v;
SELECT score_row(NULL, 'a', 1), score_row(score_model_of('zero'), NULL, 1), score_row(score_model_of('zero'), 'a', VARIADIC NULL);

-- normalized_row: what score_detail shows, as one array
SELECT i, _innovation_score.normalized_row(score_model_of('null'), VARIADIC v) FROM v;
SELECT count(*) AS rows, count(*) FILTER (WHERE _innovation_score.normalized_row(m, VARIADIC v) IS DISTINCT FROM
    (SELECT array_agg(d.normalized ORDER BY place) FROM score_detail(m, 'a', VARIADIC v) WITH ORDINALITY AS d(indicator, category, value, lower, upper, normalized, max_points, points, status, place))) AS differing
FROM v, score_model_of('zero') AS m;
SELECT _innovation_score.normalized_row(NULL, 1, 2), _innovation_score.normalized_row(score_model_of('zero'), VARIADIC NULL);
SELECT _innovation_score.normalized_row('{"scheme": "s", "indicators": [{"indicator": "x", "weights": 1}]}', 1);
SELECT _innovation_score.normalized_row(score_model_of('zero'), 1, 2);

-- NULL arguments give NULL, not errors
SELECT score(NULL, 'a', 1, 2), score(score_model_of('zero'), NULL, 1, 2, 3, 4, 5, 6), score(score_model_of('zero'), 'a', VARIADIC NULL),
       coverage(NULL, 'a', 1), category_score(score_model_of('zero'), NULL, 'c1', 1, 2, 3, 4, 5, 6);

-- a constant and an empty sample
WITH m AS (SELECT fit('{"indicators": [{"indicator": "x", "weights": 1, "extreme": "iqr(1)"}, {"indicator": "y", "weights": 1, "extreme": "sigma(1)"}, {"indicator": "z", "weights": 2}]}', 5, NULL, i) AS m FROM generate_series(1, 3) AS i)
SELECT d.* FROM m, score_detail(m, 'all', 5, 7, 2) AS d;

-- transforms change the scale, not the bounds that are shown
SELECT d.* FROM score_detail('{"indicators": [
    {"indicator": "log", "weights": 1, "extreme": "fixed(0,99)", "transform": "log"},
    {"indicator": "log_negative", "weights": 1, "extreme": "fixed(-99,0)", "transform": "log"},
    {"indicator": "sqrt_target", "weights": 1, "extreme": "fixed(0,100)", "transform": "sqrt", "direction": "target(25)"},
    {"indicator": "sqrt_interval", "weights": 1, "extreme": "fixed(-100,100)", "transform": "sqrt", "direction": "interval(-4,4)"}]}', 'all', 9, -9, 4, -49) AS d;

-- errors
\set VERBOSITY default
SELECT score(score_model_of('zero'), 'A', 50, 20, 25, 100, 50, 30);
SELECT category_score(score_model_of('zero'), 'a', 'c3', 50, 20, 25, 100, 50, 30);
SELECT score(score_model_of('zero'), 'a', 50, 20, 25);
SELECT score(score_model_of('zero'), 'a', 50, 20, 25, 1, 2, 3, 4);
SELECT score(score_model_of('zero'), 'a', VARIADIC '{}');
SELECT score(score_model_of('zero'), 'a', VARIADIC '{{1,2,3,4,5,6}}');
SELECT score('{"scheme": "s", "indicators": [{"indicator": "x", "weights": 1}]}', 'all', 1);
SELECT coverage('{"indicators": [{"indicator": "x", "weights": 1}]}', 'all', 1);
SELECT * FROM score_detail('{"scheme": "s", "indicators": [{"indicator": "x", "weights": 1}]}', 'all', 1);
\set VERBOSITY sqlstate
SELECT score(score_model_of('zero'), 'A', 50, 20, 25, 100, 50, 30);
SELECT score(score_model_of('zero'), 'a', 50, 20, 25);
SELECT score('{"indicators": [{"indicator": "x", "weights": 1}]}', 'all', 1);
\set VERBOSITY default

-- models read from TOAST tables: one by one, and many in turn in one query
CREATE TABLE score_stored AS SELECT g, fit(('{"indicators": [' || (SELECT string_agg(format('{"indicator": "i%s", "weights": %s}', i, i), ',' ORDER BY i) FROM generate_series(1, 40) AS i) || ']}')::score_model,
    VARIADIC array_fill((g * x)::float8, ARRAY[40])) AS model FROM generate_series(1, 100) AS g, generate_series(0, 10) AS x GROUP BY g;
SELECT pg_column_size(model) > 2000 AS large, count(*) FROM score_stored GROUP BY 1;
SELECT count(*), count(*) FILTER (WHERE abs(score(model, 'all', VARIADIC array_fill(g::float8 * x, ARRAY[40])) - x * 10) > 1e-9) AS wrong,
       count(*) FILTER (WHERE NOT is_fitted(model)) AS unfitted
FROM (SELECT * FROM score_stored, generate_series(0, 10) AS x ORDER BY x, md5(g::text)) AS s;
DROP TABLE score_stored;

-- rounded scores as numeric: what the cast gives, below zero and beyond the ordinary, too
SELECT count(*), count(DISTINCT x) > 190000 AS varied, count(*) FILTER (WHERE score_numeric(x)::numeric(9,4)::text IS DISTINCT FROM x::numeric(9,4)::text) AS differing
FROM generate_series(1, 200000) AS i, LATERAL (SELECT ('x' || substr(md5(i::text), 1, 13))::bit(52)::bigint / 2::float8 ^ 52 AS u OFFSET 0) AS s,
     LATERAL (SELECT CASE i % 5 WHEN 0 THEN u * 100 WHEN 1 THEN u * 2000 - 1000 WHEN 2 THEN floor(u * 1e6) / 1e4 + 0.00005
                                WHEN 3 THEN (floor(u * 1e6) + 0.5) / 1e4 + (i % 7 - 3) * 1e-13 ELSE u * 199990 - 99995 END AS unrounded) AS v,
     LATERAL (SELECT round(unrounded::numeric, 4)::float8 AS x) AS r;
SELECT x, score_numeric(x)::numeric(9,4), x::numeric(9,4) FROM unnest('{0,-0,100,99.9999,0.0001,-0.0001,5e-324,99999.9999,NULL}'::float8[]) AS x;
SELECT score_numeric(x), x::numeric FROM unnest('{NaN,Infinity,-Infinity,1e300,123456789.125}'::float8[]) AS x;
SELECT score_numeric(99999.99996)::numeric(9,4);
SELECT score_numeric(72.25, 1), score_numeric(0.3, 13), score_numeric(-60, 0), score_numeric(1e-22, 22);
SELECT score_numeric(1, 23);

-- pivoting: one value or an error
SELECT _innovation_score.single_value(x) FROM unnest('{NULL,3,NULL,3}'::float8[]) AS x;
SELECT _innovation_score.single_value(x) FROM unnest('{NULL}'::float8[]) AS x;
SELECT _innovation_score.single_value(x) FROM unnest('{1,2}'::float8[]) AS x;
SELECT _innovation_score.single_value(x) FROM unnest('{NaN,12345678}'::float8[]) AS x;
SELECT _innovation_score.single_value(x) FROM unnest('{12345679,12345678}'::float8[]) AS x;

-- expressions: one, and nothing else
CREATE FUNCTION score_expression(e text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM _innovation_score.check_expression(e, 'stage');
    RETURN 'expression';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT e, score_expression(e) FROM unnest(ARRAY['a', 'a + 1', '"营业收入" / nullif("营业收入", 0)', 'CASE WHEN x THEN ''a'' END', '(SELECT 1)', '''); DROP TABLE x; --''',
    'a /* b */', '', ' ', 'a, b', '*', 't.*', '(t).*', '(a, b)', 'a AS b', 'a b', 'a FROM t', 'a) FROM t WHERE (b', 'a) + (b', 'a; SELECT b', 'a UNION SELECT b', 'a) UNION SELECT (b',
    'a -- b', 'a /* b', 'a)', '(a', 'a ORDER BY b', 'a LIMIT 1', 'DISTINCT a', 'a INTO b', 'a; DROP TABLE x', 'a WHERE b', '1; --']) AS e;
DROP FUNCTION score_expression(text);
DROP FUNCTION score_model_of(text, float8, float8);
