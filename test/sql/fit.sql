-- fit: bounded memory, several passes, merging, parallel plans: the bits of the unbounded computation each time
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
RESET client_min_messages;
SET search_path = innovation_score, public;

\set model '''{"scheme": "s", "indicators": [{"indicator": "none", "weights": 1}, {"indicator": "percentile", "weights": 1, "extreme": "percentile(0.01,0.99)"}, {"indicator": "middle", "weights": 1, "extreme": "percentile(0.3,0.8)"}, {"indicator": "iqr", "weights": 1, "extreme": "iqr(1.5)"}, {"indicator": "sigma", "weights": 1, "extreme": "sigma(2)"}, {"indicator": "mad", "weights": 1, "extreme": "mad(2.5)"}, {"indicator": "fixed", "weights": 1, "extreme": "fixed(-1,1)"}]}''::score_model'

-- no rows, no values, one row
SELECT fit(:model, VARIADIC array_fill(1.0::float8, ARRAY[7])) FROM generate_series(1, 0);
SELECT indicator, lower, upper, n, missing, minimum, maximum, method
FROM (SELECT fit(:model, NULL, 'NaN', 'Infinity', '-Infinity', NULL, NULL, NULL) AS m FROM generate_series(1, 3)) AS f, model_indicators(m);
SELECT indicator, lower, upper, n, missing, minimum, maximum, method
FROM (SELECT fit(:model, 1, 2, 3, 4, 5, 6, -0.0) AS m) AS f, model_indicators(m);
SELECT fit(:model, VARIADIC NULL) IS NOT NULL AS no_row_is_no_error;

-- errors
SELECT fit(NULL::score_model, 1);
SELECT fit(:model, 1, 2);
SELECT fit(CASE i WHEN 1 THEN :model ELSE '{"indicators": [{"indicator": "x", "weights": 1}]}' END, VARIADIC array_fill(1.0::float8, ARRAY[7])) FROM generate_series(1, 2) AS i;

-- every distribution in turn as all seven indicators, in groups on both sides of what is kept in memory (65,536 values):
-- heavy tails, uniform, zero-inflated, few distinct values, negative, over all magnitudes, almost constant, two clusters
CREATE TABLE fit_value (shape text, large boolean, x float8);
INSERT INTO fit_value
SELECT shape, large, CASE shape
    WHEN 'heavy' THEN 1 / (u + 1e-7)
    WHEN 'uniform' THEN u
    WHEN 'zeros' THEN CASE WHEN u < 0.9 THEN 0 ELSE floor(u * 1000) END
    WHEN 'ties' THEN floor(u * 10)
    WHEN 'negative' THEN -exp(u * 20) + 1000
    WHEN 'magnitudes' THEN CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END * 10::float8 ^ (floor(u * 600) - 300) * (1 + u)
    WHEN 'narrow' THEN 1e9 + floor(u * 1000) * 2::float8 ^ -23
    WHEN 'clusters' THEN CASE WHEN i % 2 = 0 THEN 1e-300 ELSE 1e300 END * (1 + u)
    WHEN 'missing' THEN CASE WHEN u < 0.3 THEN NULL WHEN u < 0.4 THEN 'NaN' WHEN u < 0.5 THEN 'Infinity' ELSE (u - 0.7) * 1e-310 END
    END
FROM unnest('{heavy,uniform,zeros,ties,negative,magnitudes,narrow,clusters,missing}'::text[]) AS shape, unnest('{false,true}'::boolean[]) AS large,
     LATERAL (SELECT i, (('x' || substr(md5(shape || i), 1, 13))::bit(52)::bigint / 2::float8 ^ 52) AS u
              FROM generate_series(1, CASE WHEN large THEN 100000 ELSE 5000 END) AS i OFFSET 0) AS s;
ANALYZE fit_value;
CREATE TABLE fit_wanted AS
SELECT shape, large, ARRAY[extreme_bounds(x, 'none'), extreme_bounds(x, 'percentile(0.01,0.99)'), extreme_bounds(x, 'percentile(0.3,0.8)'), extreme_bounds(x, 'iqr(1.5)'),
       extreme_bounds(x, 'sigma(2)'), extreme_bounds(x, 'mad(2.5)'), extreme_bounds(x, 'fixed(-1,1)')] AS wanted
FROM fit_value GROUP BY shape, large;

-- passes until every group is fitted
CREATE TABLE fit_found (shape text, large boolean, pass int, model score_model);
CREATE FUNCTION fit_differences() RETURNS TABLE (groups bigint, indicators bigint, differing bigint) LANGUAGE sql AS $$
    SELECT count(DISTINCT (shape, large)), count(*), count(*) FILTER (WHERE
        record_send(ROW(i.lower, i.upper, i.n, i.missing, i.minimum, i.maximum, i.method)) IS DISTINCT FROM record_send(ROW(w.lower, w.upper, w.n, w.missing, w.minimum, w.maximum, w.method)))
    FROM fit_found JOIN fit_wanted USING (shape, large), model_indicators(model) AS i JOIN LATERAL unnest(wanted) WITH ORDINALITY AS w ON i.position = w.ordinality
    WHERE is_fitted(model) $$;
INSERT INTO fit_found SELECT shape, large, 1, fit(:model, x, x, x, x, x, x, x) FROM fit_value GROUP BY shape, large;
SELECT large, count(*) AS groups, count(*) FILTER (WHERE is_fitted(model)) AS fitted FROM fit_found GROUP BY large ORDER BY large;
DO $$
BEGIN
    FOR pass IN 2..20 LOOP
        UPDATE fit_found SET pass = fit_found.pass + 1, model = next.model
        FROM (SELECT v.shape, v.large, fit(f.model, x, x, x, x, x, x, x) AS model FROM fit_value AS v JOIN fit_found AS f USING (shape, large)
              WHERE NOT is_fitted(f.model) GROUP BY v.shape, v.large) AS next
        WHERE fit_found.shape = next.shape AND fit_found.large = next.large;
        EXIT WHEN NOT FOUND;
    END LOOP;
END $$;
SELECT * FROM fit_differences();
SELECT large, max(pass) AS passes FROM fit_found GROUP BY large ORDER BY large;

-- an unfinished model is refused by score, with a hint; and it must not meet other rows
CREATE TABLE fit_pass AS SELECT fit(:model, x, x, x, x, x, x, x) AS model FROM fit_value WHERE shape = 'uniform' AND large;
SELECT score(model, 'all', 1, 2, 3, 4, 5, 6, 7) FROM fit_pass;
SELECT fit(model, x, x, x, x, x, x, x) FROM fit_pass, fit_value WHERE shape = 'uniform' AND large AND x > 0.1 GROUP BY model::text;
SELECT fit(model, x, x, x, x, x, x, x) FROM fit_pass, fit_value WHERE shape = 'heavy' AND large GROUP BY model::text;
SELECT fit(model, x, x, x, x, x, x, x) FROM (SELECT model FROM fit_pass LIMIT 1) AS m, fit_value WHERE large AND shape IN ('uniform', 'ties') GROUP BY model::text;
-- a model that is fitted is fitted anew
SELECT f.model = again AS same FROM fit_found AS f, LATERAL (SELECT fit(f.model, x, x, x, x, x, x, x) AS again FROM fit_value AS v WHERE v.shape = f.shape AND v.large = f.large) AS g
WHERE f.shape = 'heavy' AND NOT f.large;

-- states: merged in any order and grouping, through text, small with large, they give the same bits
CREATE TABLE fit_piece AS
SELECT shape, piece, fit_partial(:model, x, x, x, x, x, x, x) AS state
FROM (SELECT shape, x, CASE WHEN n % 100 = 0 THEN 1 WHEN n % 100 < 40 THEN 2 WHEN n % 1000 = 50 THEN 3 ELSE 4 END AS piece
      FROM (SELECT shape, x, row_number() OVER (PARTITION BY shape) AS n FROM fit_value WHERE large) AS v) AS p GROUP BY shape, piece;
SELECT count(*) AS shapes, count(*) FILTER (WHERE up = down) AS down, count(*) FILTER (WHERE up = nested) AS nested, count(*) FILTER (WHERE up = whole) AS whole,
       count(*) FILTER (WHERE up_text = down_text) AS state_text
FROM (SELECT shape, fit_model(fit_merge(state ORDER BY piece)) AS up, fit_model(fit_merge(state ORDER BY piece DESC)) AS down,
             md5(fit_merge(state ORDER BY piece)::text) AS up_text, md5(fit_merge(state ORDER BY piece DESC)::text) AS down_text FROM fit_piece GROUP BY shape) AS a
JOIN (SELECT shape, fit_model(fit_merge(state)) AS nested
      FROM (SELECT shape, fit_merge(state::text::fit_state) AS state FROM fit_piece GROUP BY shape, piece % 2 ORDER BY random()) AS s GROUP BY shape) AS b USING (shape)
JOIN (SELECT shape, fit(:model, x, x, x, x, x, x, x) AS whole FROM fit_value WHERE large GROUP BY shape) AS c USING (shape);
-- a state is at most 16 MB for 18 indicators: 7 of these must stay below 7/18 of that
SELECT max(octet_length(state::text)) / 2 < 16 * 1024 * 1024 * 7 / 18 AS bounded FROM fit_piece;
SELECT fit_model(fit_merge(state)) FROM fit_piece WHERE false;
SELECT fit_merge(state) FROM (SELECT state FROM fit_piece WHERE shape = 'ties' AND piece = 1 UNION ALL SELECT fit_partial('{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model, 1)) AS s;

-- shuffled, serial and parallel, first and further passes
CREATE TABLE fit_shuffled AS SELECT x, random() AS r FROM fit_value WHERE shape = 'negative' AND large ORDER BY 2;
ALTER TABLE fit_shuffled SET (parallel_workers = 2);
ANALYZE fit_shuffled;
SELECT fit(:model, x, x, x, x, x, x, x) AS first, fit_model(fit_partial(:model, x, x, x, x, x, x, x)) AS first_state FROM fit_value WHERE shape = 'negative' AND large \gset
SELECT fit(:'first'::score_model, x, x, x, x, x, x, x) AS second FROM fit_value WHERE shape = 'negative' AND large \gset
CREATE FUNCTION plan_has(query text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    line text;
    found boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found OR line LIKE '%' || node || '%';
    END LOOP;
    RETURN found;
END $$;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT plan_has($$SELECT fit('{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model, x) FROM fit_shuffled$$, 'Partial Aggregate') AS fit,
       plan_has($$SELECT fit_partial('{"indicators": [{"indicator": "x", "weights": 1}]}'::score_model, x) FROM fit_shuffled$$, 'Partial Aggregate') AS fit_partial;
SELECT fit(:model, x, x, x, x, x, x, x) = :'first' AS first, fit_model(fit_partial(:model, x, x, x, x, x, x, x)) = :'first_state' AS state FROM fit_shuffled;
SELECT fit(:'first'::score_model, x, x, x, x, x, x, x) = :'second' AS second FROM fit_shuffled;
SET max_parallel_workers_per_gather = 0;

-- over a window
SELECT count(*) AS rows, count(DISTINCT m::text) AS models
FROM (SELECT fit('{"indicators": [{"indicator": "x", "weights": 1, "extreme": "iqr(1)"}]}'::score_model, x) OVER (PARTITION BY shape) AS m FROM fit_value WHERE NOT large AND x < 0) AS w;
SELECT (SELECT lower FROM model_indicators(m)) AS lower, (SELECT upper FROM model_indicators(m)) AS upper, (SELECT n FROM model_indicators(m)) AS n
FROM (SELECT x, fit('{"indicators": [{"indicator": "x", "weights": 1, "extreme": "percentile(0.25,0.75)"}]}'::score_model, x) OVER (ORDER BY x) AS m FROM generate_series(1, 5) AS x) AS w ORDER BY x;

-- damaged states are refused
SELECT ''::fit_state;
SELECT '\x00'::fit_state;
SELECT '\x02'::fit_state;
SELECT 'x'::fit_state;
DO $$
DECLARE
    whole text := (SELECT state::text FROM fit_piece WHERE shape = 'ties' AND piece = 3);
    refused int := 0;
BEGIN
    FOR part IN 0..199 LOOP
        BEGIN
            PERFORM left(whole, part * (length(whole) / 200) / 2 * 2)::fit_state;
        EXCEPTION WHEN invalid_binary_representation OR protocol_violation OR character_not_in_repertoire THEN
            refused := refused + 1;
        END;
    END LOOP;
    RAISE NOTICE '% of 200 truncated states refused', refused;
END $$;
SELECT (state::text || '00')::fit_state FROM fit_piece WHERE shape = 'ties' AND piece = 3;

DROP TABLE fit_value, fit_wanted, fit_found, fit_pass, fit_piece, fit_shuffled;
DROP FUNCTION fit_differences();
DROP FUNCTION plan_has(text, text);
