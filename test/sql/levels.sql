-- scales: full marks of every level, decimals of every level, floors of every level, and the best total as full marks
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse

-- ----- 百分制折算: the best total of the group has full marks
INSERT INTO scheme (scheme, missing, min_coverage, rescale_best, full_marks, decimals) VALUES ('best', 'zero', 0.4, true, 120, 2), ('steps', 'zero', 0, true, 100, 1);
UPDATE scheme SET weights = 'points', min_score = 5, max_score = 60 WHERE scheme = 'steps';
INSERT INTO category (scheme, category, role, max_points) VALUES ('best', 'k', 'base', NULL), ('best', 'fine', 'penalty', 30), ('steps', 'k', 'base', NULL);
INSERT INTO indicator (scheme, indicator, category, extreme, scoring, position) VALUES ('best', 'x', 'k', 'percentile(0.2,0.7)', 'minmax', 1), ('best', 'y', 'k', 'none', 'minmax', 2), ('best', 'z', 'fine', 'fixed(0,40)', 'minmax', 3),
    ('steps', 'x', 'k', NULL, 'linear(0:0,1000:90)', 1), ('steps', 'z', 'k', NULL, 'per(7,3,10)', 2);
INSERT INTO weight VALUES ('best', 'all', 'x', 60), ('best', 'all', 'y', 40), ('best', 'all', 'z', 30), ('steps', 'all', 'x', 90), ('steps', 'all', 'z', 10);
CREATE TABLE firm AS
SELECT year, city, year || city || i AS firm, CASE WHEN h % 9 > 0 THEN h % 761 END::float8 AS x, CASE WHEN h % 8 > 0 THEN h % 1009 / 8.0 END::float8 AS y, (h / 3 % 41)::float8 AS z
FROM (VALUES (2023, 'a', 300), (2023, 'b', 40), (2024, 'a', 1), (2024, 'b', 3000), (2024, 'c', 3)) g(year, city, n), generate_series(1, n) i, LATERAL (SELECT (i * 7919::bigint + year * 104729 + ascii(city)) * 31337 % 999983 AS h OFFSET 0) s;
ANALYZE firm;
-- nobody has a score here, and nobody more than 0 there
UPDATE firm SET x = NULL, y = NULL WHERE city = 'c';
UPDATE firm SET x = 0, y = 0, z = 40 WHERE year = 2024 AND city = 'a';
CREATE TABLE twin AS
SELECT *, max(total) OVER (PARTITION BY year, city) AS best
FROM (SELECT year, city, firm, CASE WHEN x IS NOT NULL OR y IS NOT NULL THEN round(
             72 * COALESCE((least(greatest(x, p), q) - p) / NULLIF(q - p, 0), 0)::numeric + 48 * COALESCE((y - l) / NULLIF(u - l, 0), 0)::numeric - 30 * z::numeric / 40, 10) END AS total
      FROM firm JOIN (SELECT year, city, percentile_cont(0.2) WITHIN GROUP (ORDER BY x) AS p, percentile_cont(0.7) WITHIN GROUP (ORDER BY x) AS q, min(y) AS l, max(y) AS u FROM firm GROUP BY 1, 2) b USING (year, city)) t;
ANALYZE twin;
SELECT create_scoreboard('board', 'best', 'firm', 'firm', period => 'year', peers => '{city}', attributes => '{city}');
SELECT year, city, is_fitted(model) AS fitted, model::jsonb -> 'best' AS best FROM board_model ORDER BY 1, 2;
SELECT year, city, count(*) AS firms, count(r.score) AS scored, max(r.score) AS best, count(*) FILTER (WHERE r.score IS DISTINCT FROM round((total * CASE WHEN best > 0 AND total > 0 THEN 120 / best ELSE 1 END)::numeric, 2)) AS differ
FROM board_ranking r JOIN twin t USING (year, city, firm)
GROUP BY year, city ORDER BY 1, 2;
-- the points of a firm and what rescaling adds are its score
SELECT count(*) AS firms, count(*) FILTER (WHERE abs(points - score) > 1e-9) AS differ, count(*) FILTER (WHERE rescaled) AS rescaled
FROM (SELECT firm, sum(points)::numeric AS points, bool_or(status = 'rescaled') AS rescaled FROM board_detail WHERE year = 2023 GROUP BY firm) d JOIN board_ranking r USING (firm) WHERE score IS NOT NULL;
SELECT indicator, round(max_points::numeric, 6) AS most, round(points::numeric, 6) AS points, status FROM board_detail WHERE firm = '2023b7';
-- rules need no sample, but the best total does: two passes, the second of totals
SELECT is_fitted(one) AS one, is_fitted(two) AS two, two::jsonb -> 'best' AS best, is_fitted((SELECT scheme_model('steps'))) AS none
FROM (SELECT (SELECT fit(one, x, z) FROM firm WHERE year = 2023) AS two, one FROM (SELECT fit((SELECT scheme_model('steps')), x, z) AS one FROM firm WHERE year = 2023) f) f;
CREATE TABLE fitted AS SELECT (SELECT fit(one, x, z) FROM firm WHERE year = 2023) AS model, one FROM (SELECT fit((SELECT scheme_model('steps')), x, z) AS one FROM firm WHERE year = 2023) f;
SELECT count(*) AS firms, count(DISTINCT s) > 10 AS varied, max(s) AS best, min(s) AS least, count(*) FILTER (WHERE s <> round(least(greatest(0.09 * COALESCE(x, 0)::numeric + least(3 * floor(z::numeric / 7), 10), 5), 60) * 100 / 60, 1)::float8) AS differ
FROM (SELECT x, z, score(model, 'all', x, z) AS s FROM fitted, firm WHERE year = 2023) f;
-- whatever the best total is, its firm has the full marks, also where they are shown with all their places
SELECT count(*) AS samples, count(DISTINCT best) > 50 AS varied, count(*) FILTER (WHERE (SELECT max(score(model, 'all', i / (n + 2.0), i % 3)) FROM generate_series(1, n) i) = 1000) AS full_marks
FROM (SELECT n, model, model::jsonb -> 'best' AS best FROM generate_series(1, 100) n, LATERAL (SELECT fit('{"full_marks": 1000, "rescale_best": true, "indicators": [{"indicator": "x", "extreme": "fixed(0,1)", "weights": 17}, {"indicator": "y", "extreme": "fixed(0,7)", "weights": 12.5}]}', i / (n + 2.0), i % 3) AS one FROM generate_series(1, n) i) f,
      LATERAL (SELECT CASE WHEN is_fitted(one) THEN one ELSE fit(one, i / (n + 2.0), i % 3) END AS model FROM generate_series(1, n) i GROUP BY one) g) s;
-- parts of the sample, text, jsonb and binary; a fit of a fitted model begins anew
SELECT (SELECT fit_model(fit_merge(s::text::fit_state)) FROM (SELECT fit_partial(one, x, z) AS s FROM firm WHERE year = 2023 GROUP BY x::int % 3) p) = model AS merged,
       model::text::score_model = model AS text, model::jsonb::score_model = model AS jsonb, (SELECT fit(model, x, z) FROM firm WHERE year = 2023) = one AS anew FROM fitted;
CREATE TABLE received (LIKE fitted);
\copy fitted TO 'results/levels.bytes' (FORMAT binary)
\copy received FROM 'results/levels.bytes' (FORMAT binary)
SELECT r.model = f.model AND r.one = f.one AS binary FROM received r, fitted f;
-- large samples: totals are looked at when the search for bounds has ended
CREATE FUNCTION fit_fully(INOUT model score_model, OUT passes int) LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1..12 LOOP
        passes := pass;
        model := (SELECT fit(model, i * 7919::bigint % 70001, i % 1000, i % 7) FROM generate_series(1, 70000) i)::text::score_model;
        EXIT WHEN is_fitted(model);
    END LOOP;
END $$;
SELECT passes > 2 AS several, (model::jsonb ->> 'best')::numeric = best AS same
FROM fit_fully((SELECT scheme_model('best'))) f, (SELECT max(round(72 * (least(greatest(x, 14000.8), 49000.3) - 14000.8) / 34999.5 + 48 * (i % 1000) / 999.0 - 30 * (i % 7) / 40.0, 10)) AS best
                                                  FROM generate_series(1, 70000) i, LATERAL (SELECT i * 7919::bigint % 70001 AS x) v) t;
-- one that is better than the best came later
SELECT score(jsonb_set(model::jsonb, '{best}', '20')::score_model, 'all', 1000, 0) AS later FROM fitted;
-- frozen, published, verified; what-ifs
SELECT create_scoreboard('kept', 'best', 'firm', 'firm', period => 'year', peers => '{city}');
SELECT freeze_scoreboard('kept');
SELECT count(*) AS firms, count(*) FILTER (WHERE k.score IS DISTINCT FROM b.score OR k.rank IS DISTINCT FROM b.rank) AS differ FROM kept_ranking k JOIN board_ranking b USING (year, firm);
SELECT publish('board', '2023', 'rescaled') AS id \gset
SELECT "check", ok FROM verify_publication(:id) ORDER BY 1;
SELECT w.score_before, w.score_after, r.score FROM what_if('board', '2023', '2023b7', '{"x": 760, "z": 0}') w, board_ranking r WHERE firm = '2023b7';
-- refused: the best of which stage?
SELECT '{"stages": ["a", "b"], "rescale_best": true, "indicators": [{"indicator": "x", "weights": 1}]}'::score_model;
SELECT '{"rescale_best": 1, "indicators": [{"indicator": "x", "weights": 1}]}'::score_model;
SELECT '{"best": 1, "indicators": [{"indicator": "x", "weights": 1}]}'::score_model;
SELECT '{"rescale_best": true, "best": -1, "indicators": [{"indicator": "x", "weights": 1}]}'::score_model;
SELECT '{"categories": [{"category": "c", "floor": 100}], "indicators": [{"indicator": "x", "weights": 1}]}'::score_model;
SELECT '{"categories": [{"category": "c"}, {"category": "d", "role": "bonus", "floor": 0}], "indicators": [{"indicator": "x", "category": "c", "weights": 1}]}'::score_model;

-- ----- of 10: category scores, too, and one decimal at every level, each rounded before it goes on
INSERT INTO scheme (scheme, full_marks, extreme, aggregation, floor, decimals) VALUES ('ten', 10, 'fixed(0,10)', 'geometric', 0, 1);
INSERT INTO category (scheme, category, parent, aggregation, floor, decimals, position) VALUES ('ten', 'h', NULL, 'inverse_geometric', 10, 1, 1), ('ten', 'h1', 'h', 'arithmetic', NULL, 1, 2), ('ten', 'h2', 'h', 'max', NULL, 1, 3), ('ten', 'v', NULL, 'geometric', 1, 1, 4);
INSERT INTO indicator (scheme, indicator, category, position) VALUES ('ten', 'a', 'h1', 1), ('ten', 'b', 'h1', 2), ('ten', 'c', 'h2', 3), ('ten', 'd', 'h2', 4), ('ten', 'e', 'v', 5), ('ten', 'f', 'v', 6);
INSERT INTO weight SELECT 'ten', 'all', indicator, 1 FROM indicator WHERE scheme = 'ten';
INSERT INTO category_weight VALUES ('ten', 'all', 'h', 1), ('ten', 'all', 'v', 1), ('ten', 'all', 'h1', 1), ('ten', 'all', 'h2', 1);
SELECT problem FROM scheme_problems('ten') WHERE problem !~ 'title';
CREATE TABLE risk AS SELECT i AS land, (i * 7919 % 101) / 10.0 AS a, (i * 104729 % 97) / 9.6 AS b, (i * 31337 % 89) / 8.8 AS c, (i * 999983 % 83) / 8.2 AS d, CASE WHEN i % 50 = 0 THEN 0 ELSE (i * 15485863::bigint % 79) / 7.8 END AS e, CASE WHEN i % 50 = 0 THEN 0 ELSE (i * 32452843::bigint % 73) / 7.2 END AS f FROM generate_series(1, 500) i;
SELECT create_scoreboard('risk', 'ten', 'risk', 'land');
CREATE TABLE risk_twin AS
SELECT *, round(CASE WHEN h > 0 AND v > 0 THEN exp((ln(h) + ln(v)) / 2) ELSE 0 END, 1) AS total
FROM (SELECT *, round(10 - (exp((ln(1 + 0.9 * (10 - h1)) + ln(1 + 0.9 * (10 - h2))) / 2) - 1) / 0.9, 1) AS h, round((exp((ln(0.1 + 0.99 * e) + ln(0.1 + 0.99 * f)) / 2) - 0.1) / 0.99, 1) AS v
      FROM (SELECT land, round((a + b) / 2, 1) AS h1, round(greatest(c, d), 1) AS h2, e, f FROM risk) h) t;
SELECT count(*) AS lands, count(*) FILTER (WHERE (r.h1_score, r.h2_score, r.h_score, r.v_score, r.score) IS DISTINCT FROM (t.h1, t.h2, t.h, t.v, t.total)) AS differ, count(DISTINCT total) > 20 AS varied, count(*) FILTER (WHERE total = 0) AS none
FROM risk_ranking r JOIN risk_twin t USING (land);
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'risk_ranking'::regclass AND attname ~ 'score' ORDER BY attnum;
SELECT col_description('risk_ranking'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'risk_ranking'::regclass AND attname = 'h_score';
SELECT set_whitelist_rule('risk', category_minimum => '{"h": 8.4}');
SELECT bool_and((h_score >= 8.4) = (decision = 'listed')) AS by_minimum, count(*) FILTER (WHERE decision = 'listed') > 5 AS some FROM risk_whitelist JOIN risk_ranking USING (land);
SELECT scheme_import(jsonb_set(scheme_export('ten'), '{scheme,scheme}', '"ten2"'));
SELECT scheme_model('ten2')::jsonb - 'scheme' = scheme_model('ten')::jsonb - 'scheme' AS same_model, scheme_export('ten2') - 'scheme' = scheme_export('ten') - 'scheme' AS same, (scheme_export('best') -> 'scheme' -> 'rescale_best') AS rescales;
UPDATE category SET floor = 20 WHERE scheme = 'ten2' AND category = 'h';
UPDATE scheme SET rescale_best = true WHERE scheme = 'ten2';
SELECT * FROM scheme_diff('ten2', 'ten') WHERE property <> 'title';
-- decimals of indicators are those of the points that they give: beside one that alone counts, and where the weight of what is missing goes to the others
WITH model AS (
    SELECT missing, jsonb_strip_nulls(jsonb_build_object('missing', missing, 'categories', '[{"category": "best", "aggregation": "max"}, {"category": "own", "weights": 40}, {"category": "rest"}]'::jsonb,
                    'indicators', (SELECT jsonb_agg(jsonb_build_object('indicator', name, 'category', category, 'weights', weight, 'extreme', 'fixed(0,100)', 'decimals', decimals))
                                   FROM (VALUES ('a', 'best', 30, 1), ('b', 'best', 20, 1), ('c', 'own', 3, 0), ('d', 'own', 1, 0), ('e', 'rest', 30, NULL)) i(name, category, weight, decimals))))::score_model AS model
    FROM unnest('{zero,reweight}'::text[]) AS missing),
value AS (SELECT i * 7919 % 100 AS a, i * 104729 % 97 AS b, i * 31337 % 89 AS c, CASE WHEN i % 3 > 0 THEN i * 17389 % 83 END AS d, CASE WHEN i % 4 > 0 THEN i * 27449 % 79 END AS e FROM generate_series(1, 200) i),
twin AS (SELECT missing, v.*, score(model, 'all', a, b, c, d, e) AS score, (SELECT sum(points) FROM score_detail(model, 'all', a, b, c, d, e)) AS points,
                CASE WHEN missing = 'reweight' AND e IS NULL THEN 70.0 ELSE 100 END AS all_of, CASE WHEN missing = 'reweight' AND d IS NULL THEN 3.0 ELSE 4 END AS own FROM model, value v)
SELECT missing, count(*) AS rows, count(*) FILTER (WHERE d IS NULL OR e IS NULL) AS incomplete, count(*) FILTER (WHERE abs(points - score) > 1e-9) AS other_points,
       count(*) FILTER (WHERE score <> round(greatest(round(30 / all_of * a, 1), round(20 / all_of * b, 1)) + round(40 / all_of * 3 / own * c) + COALESCE(round(40 / all_of / own * d), 0) + COALESCE(30 / all_of * e, 0), 10)::float8) AS differ
FROM twin GROUP BY 1 ORDER BY 1;
-- points that are rounded up may be more than an indicator can give; no mean fails because of it
SELECT aggregation, score(model, 'all', 1, 0.5) AS score FROM unnest('{arithmetic,geometric,harmonic,inverse_geometric,max,min}'::text[]) aggregation, LATERAL (SELECT format('{"full_marks": 10, "floor": 0, "aggregation": "%s", "indicators": [{"indicator": "x", "weights": 6.6, "extreme": "fixed(0,1)", "decimals": 0}, {"indicator": "y", "weights": 3.4, "extreme": "fixed(0,1)"}]}', aggregation)::score_model AS model) m;
-- the one of a bonus or penalty that alone counts is found among rounded scores, and what else is rounded does not count
WITH model AS (SELECT '{"categories": [{"category": "base"}, {"category": "fine", "role": "penalty", "aggregation": "min", "decimals": 1}, {"category": "part", "parent": "fine", "decimals": 0}],
                        "indicators": [{"indicator": "x", "category": "base", "weights": 1, "extreme": "fixed(0,100)"}, {"indicator": "p", "category": "fine", "weights": 9.5, "extreme": "fixed(0,9.5)"},
                                       {"indicator": "q", "category": "part", "weights": 8, "extreme": "fixed(0,8)"}, {"indicator": "r", "category": "part", "weights": 4, "extreme": "fixed(0,4)"}]}'::score_model AS model),
value AS (SELECT i % 96 / 10.0 AS p, i * 31 % 81 / 10.0 AS q, i * 17 % 41 / 10.0 AS r FROM generate_series(1, 500) i),
twin AS (SELECT v.*, score(model, 'all', 100, p, q, r) AS score, category_score(model, 'all', 'fine', 100, p, q, r) AS fine, part, least(p, part * 12 / 100) AS least FROM model, value v, LATERAL (SELECT round(100 * (q + r) / 12) AS part) c)
SELECT count(*) AS rows, count(*) FILTER (WHERE p < part * 12 / 100) > 100 AS some_alone, count(*) FILTER (WHERE fine <> round(100 * least / 9.5, 1)::float8) AS fine_differs, count(*) FILTER (WHERE score <> round(100 - round(100 * least / 9.5, 1) * 9.5 / 100, 10)::float8) AS differ
FROM twin;
\set ECHO none
\i :forget
