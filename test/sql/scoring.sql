-- Scoring rules: steps, straight lines and points for every full unit, against a twin in exact decimals.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\pset format unaligned
\pset tuples_only on
SET extra_float_digits = 1;

\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt
-- a model of one indicator, and what its rule makes of a value
CREATE FUNCTION ruled(rule text) RETURNS score_model LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'weights', 1, 'scoring', rule)))::score_model
$$;
CREATE FUNCTION given(rule text, x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT (_innovation_score.normalized_row(ruled(rule), x))[1] $$;

-- the grammar: blanks are free, everything else has one form
SELECT left(rule, 20), replace(attempt(format('SELECT ruled(%L)', rule)), repeat('1:1,', 95), '…')
FROM unnest(ARRAY['minmax', 'minmax()', 'steps', 'steps()', 'steps(1)', 'steps(1:)', 'steps(1:2', 'steps(1:2))', 'steps(1:2,)', 'steps(2:1,1:2)',
                  'steps(1:1,1:2)', 'steps(1:0)', 'steps(1:-1,2:1)', 'steps(1e999:1)', 'steps(1e301:1)', 'Steps(1:1)', 'stairs(1:1)', 'per(1,2)', 'per(1,2,3,4)',
                  'per(0,1,1)', 'per(1,-1,1)', 'per(1:2,3)', 'per(1e-9,1e-9,100)', 'percent_rank', 'steps(' || repeat('1:1,', 100) || '1:1)', '']) AS rule;
SELECT scoring FROM unnest(ARRAY[' steps ( 0.150 : 20 , 2e1:1E1 )', 'steps_above(-1:10,0.55:5,0.75:0)', 'linear(-5:0,-0:1)', 'per(2,1,5)', 'minmax']) AS rule, model_indicators(ruled(rule));
-- neither a sample nor a direction, method, adjustment or transform has a say
SELECT is_fitted(ruled('steps(1:1)')), fit(ruled('steps(1:1)'), x) IS NOT NULL AS fitted FROM generate_series(1, 3) x;
SELECT ruled('per(2,1,5)') = '{"indicators": [{"indicator": "x", "weights": 1, "scoring": "per(2,1,5)", "direction": "cost", "extreme": "iqr(1.5)", "adjust": "compress(1)",
    "transform": "log"}]}'::score_model AS same;
SELECT is_fitted('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "per(2,1,5)", "missing": "median"}]}'::score_model);
SELECT d.* FROM (SELECT fit('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "per(2,1,5)", "missing": "median"}]}', x) FROM (VALUES (1), (4), (6), (8)) v(x)) f(m),
    score_detail(m, 'all', NULL) d;
SELECT indicator, lower, upper, n, minimum, maximum, method, imputed FROM
    (SELECT fit('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "per(2,1,5)", "missing": "mean"}]}', x) FROM (VALUES (1), (4), (6), (8)) v(x)) f(m), model_indicators(m);

-- the thresholds around a value
SELECT rule, x, d.lower, d.upper, d.normalized, d.points, d.status
FROM (VALUES ('steps(0.1:4,0.2:10)'), ('steps_above(0.1:4,0.2:10)'), ('linear(0.1:4,0.2:10)'), ('per(0.1,4,10)')) r(rule),
     unnest('{0,0.1,0.15,0.2,0.3,0.30000000000000004,NULL,NaN}'::float8[]) AS x, score_detail(ruled(rule), 'all', x) d;

-- every exact growth of 15 % reaches it; one that lacks 10^-9 does not
SELECT count(*), count(*) FILTER (WHERE growth >= 0.15) AS by_comparison, count(*) FILTER (WHERE given('steps(0.15:20)', growth) = 1) AS reached,
       count(*) FILTER (WHERE given('steps_above(0.15:20)', growth) = 1) AS beyond, count(*) FILTER (WHERE given('steps(0.15:20)', growth - 1e-9) = 1) AS short
FROM (SELECT growth_rate((1.15 * base)::float8, base::float8) AS growth FROM generate_series(1000, 20000) base) g;
SELECT count(*) FILTER (WHERE given('per(0.1,1,1000)', k * 0.1::float8) = k / 1000.0) AS units FROM generate_series(0, 1000) k;

-- ----- the twin
CREATE TABLE twin_rule AS
SELECT rule, (ARRAY['steps', 'steps_above', 'linear', 'per'])[1 + rule % 4] AS kind, 1 + floor(draw() * 6)::int AS n,
       power(10, floor(draw() * 13) - 6)::numeric AS scale, (rule / 4) % 3 = 0 AS rises
FROM generate_series(1, 6000) rule;
CREATE TABLE twin_point AS
SELECT rule, row_number() OVER (PARTITION BY rule ORDER BY t) AS place, t,
       CASE WHEN rises THEN sum(p) OVER (PARTITION BY rule ORDER BY t) ELSE p END AS p
FROM (SELECT DISTINCT ON (rule, t) rule, rises, t, p
      FROM (SELECT rule, rises, scale * (floor(draw() * 400) - 100)::int / (ARRAY[1, 3, 10, 100])[1 + rule % 7 % 4]::int * 1.0 AS raw, (1 + floor(draw() * 20))::numeric AS p
            FROM twin_rule, generate_series(1, n) WHERE kind <> 'per') r, LATERAL (SELECT round(raw, 12) AS t) d ORDER BY 1, 3) u;
CREATE TABLE twin_unit AS
SELECT rule, scale * (1 + floor(draw() * 30)::int) AS unit, (1 + floor(draw() * 8)::int)::numeric AS points, (1 + floor(draw() * 60)::int)::numeric AS most
FROM twin_rule WHERE kind = 'per';
CREATE INDEX ON twin_point (rule);
CREATE INDEX ON twin_unit (rule);
ANALYZE twin_rule, twin_point, twin_unit;
CREATE TABLE twin_text AS
SELECT rule, kind, rises, CASE WHEN kind = 'per' THEN (SELECT format('per(%s,%s,%s)', unit, points, most) FROM twin_unit u WHERE u.rule = r.rule)
            ELSE (SELECT format('%s(%s)', kind, string_agg(t || ':' || p, ', ' ORDER BY place)) FROM twin_point p WHERE p.rule = r.rule) END AS scoring,
       CASE WHEN kind = 'per' THEN (SELECT ceil(most / points) * unit FROM twin_unit u WHERE u.rule = r.rule)
            ELSE (SELECT max(abs(t)) FROM twin_point p WHERE p.rule = r.rule) END AS greatest
FROM twin_rule r;
ALTER TABLE twin_text ADD model score_model;
UPDATE twin_text SET model = ruled(scoring);
-- values: some anywhere, most next to a threshold
CREATE TABLE twin_value AS
SELECT rule, kind, rises, greatest, model, x, x::text::numeric AS d
FROM twin_text r, LATERAL (
    SELECT ((draw() * 3 - 1) * greatest)::float8 AS x FROM generate_series(1, 2)
    UNION ALL
    SELECT t::float8 + (ARRAY[0, 1e-17, -1e-17, 1e-16, -1e-16, -3e-16, 3.1e-13, -3.1e-13, 6.37e-13, -6.37e-13, 1.63e-12, -1.63e-12, 6.37e-12, -6.37e-12, 1e-10, -1e-10])[1 + floor(draw() * 16)::int]
                       * (CASE WHEN draw() < 0.5 THEN greatest ELSE abs(t) END)::float8
    FROM (SELECT t FROM twin_point p WHERE p.rule = r.rule
          UNION ALL
          SELECT unit * k FROM twin_unit u, generate_series(0, 4) k WHERE u.rule = r.rule) e(t)) v(x);
CREATE FUNCTION twelve(v numeric) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN v = 0 THEN 0 ELSE round(v, 11 - floor(log(abs(v)::float8))::int) END $$;
CREATE FUNCTION reaches(x numeric, t numeric, most numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT x >= t OR t - x < 1e-12 * most OR twelve(x) >= twelve(t) $$;
CREATE FUNCTION is_beyond(x numeric, t numeric, most numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT x > t AND x - t >= 1e-12 * most AND twelve(x) > twelve(t) $$;
CREATE TABLE twin AS
SELECT v.*, CASE
    WHEN kind = 'steps' THEN
        COALESCE((SELECT p FROM twin_point p WHERE p.rule = v.rule AND reaches(d, t, greatest) ORDER BY t DESC LIMIT 1), 0) / (SELECT max(p) FROM twin_point p WHERE p.rule = v.rule)
    WHEN kind = 'steps_above' THEN
        COALESCE((SELECT p FROM twin_point p WHERE p.rule = v.rule AND is_beyond(d, t, greatest) ORDER BY t DESC LIMIT 1), 0) / (SELECT max(p) FROM twin_point p WHERE p.rule = v.rule)
    WHEN kind = 'linear' THEN
        (SELECT CASE WHEN a.t IS NULL THEN (SELECT p FROM twin_point p WHERE p.rule = v.rule ORDER BY t LIMIT 1)
                     WHEN b.t IS NULL OR NOT is_beyond(d, a.t, greatest) THEN a.p
                     ELSE a.p + (b.p - a.p) * (d - a.t) / (b.t - a.t) END
         FROM (SELECT 1) o LEFT JOIN (SELECT t, p FROM twin_point p WHERE p.rule = v.rule AND reaches(d, t, greatest) ORDER BY t DESC LIMIT 1) a ON true
         LEFT JOIN (SELECT t, p FROM twin_point p WHERE p.rule = v.rule AND NOT reaches(d, t, greatest) ORDER BY t LIMIT 1) b ON true)
        / (SELECT max(p) FROM twin_point p WHERE p.rule = v.rule)
    ELSE (SELECT least(points * (SELECT count(*) FROM generate_series(1, ceil(most / points)) k WHERE reaches(d, k * unit, greatest)), most) / most
          FROM twin_unit u WHERE u.rule = v.rule) END AS twin, (_innovation_score.normalized_row(model, x))[1] AS given
FROM twin_value v;
SELECT kind, count(DISTINCT rule) AS rules, count(*) AS values, count(*) FILTER (WHERE abs(given::numeric - twin) < 1e-12) AS same, count(DISTINCT round(twin, 6)) > 20 AS varied,
       count(*) FILTER (WHERE twin BETWEEN 0 AND 1) AS of_scale
FROM twin GROUP BY 1 ORDER BY 1;
-- rules that rise give no less for more
SELECT count(*) > 5000 AS many, count(*) FILTER (WHERE given < before) AS falls
FROM (SELECT given, lag(given) OVER (PARTITION BY rule ORDER BY x) AS before FROM twin WHERE rises OR kind = 'per') t;
-- the text of a rule reads back as the same rule, and so does its binary form
CREATE TABLE sent (model score_model);
INSERT INTO sent SELECT model FROM twin_text;
CREATE TABLE received (model score_model);
\copy sent TO 'results/scoring.bytes' (FORMAT binary)
\copy received FROM 'results/scoring.bytes' (FORMAT binary)
SELECT count(*) AS models, count(*) FILTER (WHERE model = model::text::score_model) AS same FROM received;
SELECT count(*) AS others FROM (SELECT model::text FROM sent EXCEPT ALL SELECT model::text FROM received) d;

DROP TABLE twin_rule, twin_point, twin_unit, twin_text, twin_value, twin, sent, received;
DROP FUNCTION attempt(text), given(text, float8), ruled(text), twelve(numeric), reaches(numeric, numeric, numeric), is_beyond(numeric, numeric, numeric);
