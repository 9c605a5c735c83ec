-- percent_rank: the share of the others that are worse, against PostgreSQL's own window function
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse

-- a benefit with many ties, a cost, minmax beside them; values are missing, and absent ones are zero
INSERT INTO scheme (scheme, missing) VALUES ('ranked', 'zero');
INSERT INTO category (scheme, category, role) VALUES ('ranked', 'k', 'base'), ('ranked', 'extra', 'bonus');
INSERT INTO indicator (scheme, indicator, category, scoring, direction, extreme, absent, position) VALUES
    ('ranked', 'x', 'k', 'percent_rank', 'benefit', NULL, 'missing', 1), ('ranked', 'y', 'k', ' percent_rank ', 'cost', NULL, 'missing', 2),
    ('ranked', 'z', 'k', 'minmax', 'benefit', 'percentile(0.3,0.6)', 'missing', 3), ('ranked', 'w', 'extra', 'percent_rank', 'benefit', NULL, 'zero', 4);
INSERT INTO weight VALUES ('ranked', 'all', 'x', 50), ('ranked', 'all', 'y', 30), ('ranked', 'all', 'z', 20), ('ranked', 'all', 'w', 5);
SELECT problem FROM scheme_problems('ranked') WHERE problem !~ 'title|limit';

CREATE TABLE firm AS
SELECT year, firm, CASE WHEN h % 10 > 0 THEN CASE WHEN h % 3 = 0 THEN 0 ELSE h / 7 % 50 END END::float8 AS x, CASE WHEN h % 11 > 0 THEN (h % 9973 - 4000) / 8.0 END::float8 AS y,
       (h % 1000) / 10.0::float8 AS z, CASE WHEN h % 4 = 0 THEN h % 6 END::float8 AS w
FROM (VALUES (2023, 1), (2024, 700), (2025, 66000)) p(year, n), generate_series(1, n) firm, LATERAL (SELECT (firm * 7919::bigint + year * 104729) * 31337 % 999983 AS h OFFSET 0) s;
-- one firm of 2024 has an entry of its own in each tail
UPDATE firm SET x = 1e300, y = -1e300 WHERE year = 2024 AND firm = 1;
-- one firm alone, many, and so many that other indicators take several passes
SELECT create_scoreboard('board', 'ranked', 'firm', 'firm', period => 'year');
SELECT year, is_fitted(fit((SELECT scheme_model('ranked')), x, y, z, w)) AS in_one_pass FROM firm GROUP BY year ORDER BY year;
SELECT year, i.indicator, i.scoring, i.lower, i.upper, i.n, i.missing, i.minimum, i.maximum, i.method FROM board_model, model_indicators(model) i WHERE i.scoring = 'percent_rank' ORDER BY year, i.position;

CREATE TABLE twin AS
SELECT year, firm, CASE WHEN x IS NOT NULL THEN percent_rank() OVER (PARTITION BY year, x IS NULL ORDER BY x) END AS x,
       CASE WHEN y IS NOT NULL THEN percent_rank() OVER (PARTITION BY year, y IS NULL ORDER BY y DESC) END AS y,
       percent_rank() OVER (PARTITION BY year ORDER BY COALESCE(w, 0)) AS w FROM firm;
SELECT year, indicator, count(*) AS firms, count(DISTINCT d.normalized) > 5 AS varied, count(*) FILTER (WHERE d.normalized IS DISTINCT FROM CASE indicator WHEN 'x' THEN t.x WHEN 'y' THEN t.y ELSE t.w END) AS differ
FROM (SELECT year, firm, indicator, normalized FROM board_detail WHERE year < 2025 OR firm % 40 = 0) d JOIN twin t USING (year, firm) WHERE indicator IN ('x', 'y', 'w') GROUP BY year, indicator ORDER BY 1, 2;
SELECT count(*) AS firms, count(*) FILTER (WHERE abs(r.score - (50 * COALESCE(t.x, 0) + 30 * COALESCE(t.y, 0) + 5 * t.w + 20 * COALESCE((least(greatest(f.z, lower), upper) - lower) / NULLIF(upper - lower, 0), 0))::numeric) > 1e-9) AS differ
FROM board_ranking r JOIN twin t USING (year, firm) JOIN firm f USING (year, firm)
JOIN (SELECT year, percentile_cont(0.3) WITHIN GROUP (ORDER BY z) AS lower, percentile_cont(0.6) WITHIN GROUP (ORDER BY z) AS upper FROM firm GROUP BY year) b USING (year);

-- ----- the value of the model: text, jsonb and binary; states of parts; any order
CREATE TABLE fitted AS SELECT fit((SELECT scheme_model('ranked')), x, y, z, w) AS model FROM firm WHERE year = 2024;
SELECT model::text::score_model = model AS text, model::jsonb::score_model = model AS jsonb FROM fitted;
CREATE TABLE received (model score_model);
\copy fitted TO 'results/percent_rank.bytes' (FORMAT binary)
\copy received FROM 'results/percent_rank.bytes' (FORMAT binary)
SELECT r.model = f.model AS binary FROM received r, fitted f;
SELECT (SELECT fit_model(fit_merge(s::text::fit_state)) FROM (SELECT fit_partial((SELECT scheme_model('ranked')), x, y, z, w) AS s FROM firm WHERE year = 2024 GROUP BY firm % 5) p) = model AS merged,
       (SELECT fit((SELECT scheme_model('ranked')), x, y, z, w) FROM (SELECT * FROM firm WHERE year = 2024 ORDER BY md5(firm::text)) s) = model AS shuffled,
       (SELECT fit(model, x, y, z, w) FROM firm WHERE year = 2024) = model AS again FROM fitted;
SELECT (SELECT fit_partial((SELECT scheme_model('ranked')), x, y, z, w)::text FROM (SELECT * FROM firm WHERE year = 2024 ORDER BY md5(firm::text)) s)
       = (SELECT fit_partial((SELECT scheme_model('ranked')), x, y, z, w)::text FROM firm WHERE year = 2024) AS same_state;
-- medians and means of the sample, beside its ranks
SELECT policy, bool_and(CASE policy WHEN 'mean' THEN abs(imputed - mean) < 1e-12 ELSE imputed = median END) AS imputed
FROM unnest('{median,mean}'::text[]) policy, generate_series(1, 40) n
CROSS JOIN LATERAL (SELECT fit(format('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "percent_rank", "missing": "%s"}]}', policy)::score_model, v) AS m,
                    avg(v::numeric)::float8 AS mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) AS median
                    FROM (SELECT (i * 7 % 5 + i / 3)::float8 AS v FROM generate_series(1, n) i) s) f, model_indicators(m) GROUP BY policy ORDER BY 1;
-- values that are not in the sample, the values of it around them, no value and a sample of none
SELECT direction, x, d.lower, d.upper, d.normalized, d.status
FROM (SELECT direction, fit(format('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "percent_rank", "direction": "%s"}]}', direction)::score_model, v) AS m
      FROM unnest('{benefit,cost}'::text[]) direction, unnest('{1,2,2,4,-0,0}'::float8[]) v GROUP BY direction) f,
     unnest('{-1,0,1,1.5,2,4,5,NULL}'::float8[]) AS x, score_detail(m, 'all', x) d ORDER BY direction, x;
SELECT d.lower, d.upper, d.normalized FROM (SELECT fit('{"indicators": [{"indicator": "x", "weights": 1, "scoring": "percent_rank"}]}', NULL::float8)) f(m), score_detail(m, 'all', 3) d;
-- of one stage only
SELECT stage, x, score(m, stage, x) FROM (SELECT fit('{"stages": ["a", "b"], "indicators": [{"indicator": "x", "weights": 1, "extreme": "fixed(0,10)", "stages": {"b": {"scoring": "percent_rank"}}}]}', v)::text::score_model
                                      FROM unnest('{1,2,3,4,9}'::float8[]) v) f(m), unnest('{a,b}'::text[]) stage, unnest('{2,9}'::float8[]) x ORDER BY 1, 2;
-- what is refused
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "scoring": "percent_rank(3)"}]}'::score_model;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "scoring": "percent_rank", "direction": "target(3)"}]}'::score_model;
CREATE FUNCTION refusal(given jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (jsonb_build_object('indicators', jsonb_build_array('{"indicator": "x", "weights": 1, "scoring": "percent_rank"}'::jsonb || jsonb_build_object('bounds',
        '{"lower": null, "upper": null, "n": 3, "missing": 0, "minimum": 1, "maximum": 2, "method": "none", "values": [1, 2], "counts": [2, 1]}'::jsonb || given)))::score_model::jsonb #> '{indicators,0,bounds}')::text;
EXCEPTION WHEN others THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT given, refusal(given) FROM unnest(ARRAY['{}', '{"counts": [3]}', '{"counts": [2, 2]}', '{"counts": [2.5, 0.5]}', '{"counts": [3, 0]}', '{"values": [2, 1]}', '{"values": [1, 3]}', '{"values": [1, "2"]}', '{"values": null}', '{"n": 0, "minimum": null, "maximum": null}']::jsonb[]) given;

-- ----- analyses, frozen models, publication, verification
SELECT indicator, current_value, needed_value, round(points_gained::numeric, 6) AS points_gained, reaches FROM gap_to('board', '2024', '300', 80) ORDER BY indicator;
-- the value that it asks for is enough
SELECT g.indicator, g.reaches, w.score_after >= 72 AS enough
FROM gap_to('board', '2024', '300', 72) g CROSS JOIN LATERAL what_if('board', '2024', '300', jsonb_build_object(g.indicator, g.needed_value)) w ORDER BY 1;
SELECT create_scoreboard('kept', 'ranked', 'firm', 'firm', period => 'year');
SELECT freeze_scoreboard('kept');
SELECT count(*) AS firms, count(*) FILTER (WHERE k.score IS DISTINCT FROM b.score OR k.rank IS DISTINCT FROM b.rank) AS differ FROM kept_ranking k JOIN board_ranking b USING (year, firm);
SELECT publish('kept', '2024', 'ranks') AS id \gset
SELECT "check", ok FROM verify_publication(:id) ORDER BY 1;
UPDATE firm SET x = x + 1 WHERE year = 2024 AND firm = 9;
SELECT "check", ok FROM verify_publication(:id) WHERE NOT ok ORDER BY 1;
SELECT scheme_import(jsonb_set(scheme_export('ranked'), '{scheme,scheme}', '"ranked2"'));
SELECT (scheme_model('ranked2')::jsonb - 'scheme') = (scheme_model('ranked')::jsonb - 'scheme') AS same_model, scheme_export('ranked2') - 'scheme' = scheme_export('ranked') - 'scheme' AS same;
\set ECHO none
\i :forget
