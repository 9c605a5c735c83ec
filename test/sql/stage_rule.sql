-- what holds in one stage only, logarithms, and values that are absent because they are zero: in models, fits, and schemes
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set draw `echo "${PG_ABS_SRCDIR:-test}/data/draw.sql"`
\i :draw
\pset format unaligned
\pset null '(null)'
\set VERBOSITY terse

-- a model whose stages differ scores each of them as a model does that has their methods throughout
CREATE TABLE rule_row (i int, x float8, y float8, z float8);
INSERT INTO rule_row SELECT i, CASE WHEN draw() < 0.7 THEN 0 ELSE floor(draw() * 40) / 4 - 2 END, CASE WHEN draw() < 0.2 THEN NULL ELSE floor(exp(draw() * 9)) END,
    floor(draw() * 1000) / 8 FROM generate_series(1, 700) i;
CREATE FUNCTION rule_model(own jsonb, x text, y text) RETURNS score_model LANGUAGE sql AS $$
    SELECT jsonb_build_object('stages', '["a", "b", "c"]'::jsonb, 'categories', '[{"category": "k"}, {"category": "l"}]'::jsonb, 'indicators', jsonb_build_array(
        jsonb_build_object('indicator', 'x', 'category', 'k', 'weights', '{"a": 20, "b": 30, "c": 50}'::jsonb, 'extreme', x, 'missing', 'median') || COALESCE(jsonb_build_object('stages', own -> 'x'), '{}'),
        jsonb_build_object('indicator', 'y', 'category', 'l', 'weights', '{"a": 30, "b": 30, "c": 10}'::jsonb, 'extreme', y, 'direction', 'cost', 'transform', 'log', 'missing', 'reweight')
            || COALESCE(jsonb_build_object('stages', own -> 'y'), '{}'),
        '{"indicator": "z", "category": "l", "weights": {"a": 50, "b": 40, "c": 40}, "extreme": "iqr(1,inside)"}'::jsonb))::score_model $$;
\set rules '{"x": {"a": {"extreme": "fixed(0,5)"}, "c": {"extreme": "percentile(,0.9) of nonzero"}}, "y": {"a": {"extreme": "mad(2)"}, "b": {"extreme": "fixed(1,) + percentile(,0.8)"}}}'
CREATE TABLE rule_fit AS
SELECT fit(rule_model(:'rules', 'percentile(0.05,0.95)', 'iqr(1)'), x, y, z) AS model,
       fit(rule_model('{"x": {}, "y": {}}', 'fixed(0,5)', 'mad(2)'), x, y, z) AS a,
       fit(rule_model('{"x": {}, "y": {}}', 'percentile(0.05,0.95)', 'fixed(1,) + percentile(,0.8)'), x, y, z) AS b,
       fit(rule_model('{"x": {}, "y": {}}', 'percentile(,0.9) of nonzero', 'iqr(1)'), x, y, z) AS c FROM rule_row;
SELECT stage, count(*) AS rows, count(*) FILTER (WHERE score(model, stage, x, y, z) IS DISTINCT FROM score(m, stage, x, y, z)) AS score_differs,
       count(*) FILTER (WHERE ARRAY(SELECT d FROM score_detail(model, stage, x, y, z) d) IS DISTINCT FROM ARRAY(SELECT d FROM score_detail(m, stage, x, y, z) d)) AS detail_differs,
       count(*) FILTER (WHERE _innovation_score.stage_normalized_row(model, stage, x, y, z) IS DISTINCT FROM _innovation_score.normalized_row(m, x, y, z)) AS normalized_differs
FROM rule_fit CROSS JOIN LATERAL (VALUES ('a', a), ('b', b), ('c', c)) s(stage, m) CROSS JOIN rule_row GROUP BY stage ORDER BY stage;
-- text, jsonb and binary forms; the same bits from states that are merged, in any order
SELECT model::text::score_model = model AS text, model::jsonb::score_model = model AS jsonb, is_fitted(model) AS fitted, a::text::score_model = a AS plain FROM rule_fit;
CREATE TABLE rule_received (model score_model);
\copy (SELECT model FROM rule_fit) TO 'results/stage_rule.bytes' (FORMAT binary)
\copy rule_received FROM 'results/stage_rule.bytes' (FORMAT binary)
SELECT r.model = f.model AS binary FROM rule_received r, rule_fit f;
SELECT (SELECT fit_model(fit_merge(s::text::fit_state)) FROM (SELECT fit_partial(rule_model(:'rules', 'percentile(0.05,0.95)', 'iqr(1)'), x, y, z) AS s FROM rule_row GROUP BY i % 4) p) = model AS merged,
       (SELECT fit(rule_model(:'rules', 'percentile(0.05,0.95)', 'iqr(1)'), x, y, z) FROM (SELECT * FROM rule_row ORDER BY md5(i::text)) r) = model AS shuffled FROM rule_fit;
-- large groups take several passes: rules go along
CREATE TABLE rule_large AS SELECT i, (i::bigint * 7919 % 90001) * 0.25 - 5000 AS x, CASE WHEN i % 3 = 0 THEN 0 ELSE i::bigint * 104729 % 90007 END::float8 AS y, i * 15485863::bigint % 90011 AS z FROM generate_series(1, 90000) i;
CREATE FUNCTION rule_fit_fully(model score_model) RETURNS score_model LANGUAGE plpgsql AS $$
BEGIN
    FOR pass IN 1..12 LOOP
        model := (SELECT fit(model, x, y, z)::text::score_model FROM rule_large);
        EXIT WHEN is_fitted(model);
    END LOOP;
    RETURN model;
END $$;
CREATE TABLE rule_large_fit AS
SELECT rule_fit_fully(rule_model(:'rules', 'percentile(0.05,0.95)', 'iqr(1)')) AS model, rule_fit_fully(rule_model('{"x": {}, "y": {}}', 'fixed(0,5)', 'mad(2)')) AS a,
       rule_fit_fully(rule_model('{"x": {}, "y": {}}', 'percentile(0.05,0.95)', 'fixed(1,) + percentile(,0.8)')) AS b, rule_fit_fully(rule_model('{"x": {}, "y": {}}', 'percentile(,0.9) of nonzero', 'iqr(1)')) AS c;
SELECT stage, count(*) AS rows, count(*) FILTER (WHERE score(model, stage, x, y, z) IS DISTINCT FROM score(m, stage, x, y, z)) AS differ
FROM rule_large_fit CROSS JOIN LATERAL (VALUES ('a', a), ('b', b), ('c', c)) s(stage, m) CROSS JOIN (SELECT * FROM rule_large LIMIT 2000) r GROUP BY stage ORDER BY stage;
-- a scoring rule of one stage, over an indicator that has none, and the other way round
SELECT stage, x, score('{"stages": ["a", "b"], "indicators": [{"indicator": "x", "weights": 1, "extreme": "fixed(0,10)", "stages": {"b": {"scoring": "steps(5:1)"}}}]}', stage, x) AS over_minmax,
       score('{"stages": ["a", "b"], "indicators": [{"indicator": "x", "weights": 1, "extreme": "fixed(0,10)", "scoring": "steps(5:1)", "stages": {"b": {"scoring": "minmax"}}}]}'::score_model::text::score_model, stage, x) AS over_steps
FROM unnest('{a,b}'::text[]) stage, unnest('{4,5}'::float8[]) x ORDER BY 1, 2;
-- what is refused
SELECT '{"stages": ["a"], "indicators": [{"indicator": "x", "weights": 1, "stages": {"b": {"extreme": "iqr(1)"}}}]}'::score_model;
SELECT '{"stages": ["a"], "indicators": [{"indicator": "x", "weights": 1, "stages": {"a": {"extreme": "iqr"}}}]}'::score_model;
SELECT '{"stages": ["a"], "indicators": [{"indicator": "x", "weights": 1, "stages": {"a": {"weights": 1}}}]}'::score_model;

-- logarithms: of the values for which they are defined
SELECT transform, lower, upper, n, missing, minimum FROM unnest('{ln,ln(0),ln(1),"ln( 0.5 )",ln(-2),log}'::text[]) t
CROSS JOIN LATERAL (SELECT fit(format('{"indicators": [{"indicator": "x", "weights": 1, "transform": "%s", "extreme": "percentile(0.25,0.75)"}]}', t)::score_model, x) AS m
                    FROM unnest('{-1,0,0.25,1,2,4,8,NULL}'::float8[]) x) f CROSS JOIN LATERAL model_indicators(m);
CREATE TABLE ln_fit AS SELECT fit('{"indicators": [{"indicator": "x", "weights": 100, "transform": "ln", "extreme": "none"}]}', x) AS m FROM unnest('{-1,0,0.25,1,2,4,8,NULL}'::float8[]) x;
SELECT d.value, d.lower, d.upper, round(d.points::numeric, 9) AS points, d.status FROM ln_fit, unnest('{-1,0,0.1,0.25,1,8,9,NULL}'::float8[]) x, score_detail(m, 'all', x) d;
-- against ln of numeric; scores under ln do not change with the unit, where a has it, too; under log they do
SELECT count(*) AS rows, count(*) FILTER (WHERE abs(score(m, 'all', y) - twin) > 1e-12 * 100) AS differ, count(*) FILTER (WHERE abs(score(in_thousands, 'all', y * 1000) - score(m, 'all', y)) > 1e-10) AS unit_differs,
       count(*) FILTER (WHERE abs(score(log_in_thousands, 'all', y / 1000) - score(log, 'all', y)) > 1) > 100 AS log_depends_on_units
FROM (SELECT fit('{"indicators": [{"indicator": "y", "weights": 1, "transform": "ln(2.5)", "extreme": "percentile(0.1,0.9)"}]}', y) AS m,
             fit('{"indicators": [{"indicator": "y", "weights": 1, "transform": "ln(2500)", "extreme": "percentile(0.1,0.9)"}]}', y * 1000) AS in_thousands,
             fit('{"indicators": [{"indicator": "y", "weights": 1, "transform": "log", "extreme": "percentile(0.1,0.9)"}]}', y) AS log,
             fit('{"indicators": [{"indicator": "y", "weights": 1, "transform": "log", "extreme": "percentile(0.1,0.9)"}]}', y / 1000) AS log_in_thousands FROM rule_row) f
CROSS JOIN (SELECT percentile_cont(0.1) WITHIN GROUP (ORDER BY y) AS p, percentile_cont(0.9) WITHIN GROUP (ORDER BY y) AS q FROM rule_row) b
CROSS JOIN LATERAL (SELECT y, 100 * (ln(greatest(least(y, q), p)::numeric + 2.5) - ln(p::numeric + 2.5)) / (ln(q::numeric + 2.5) - ln(p::numeric + 2.5)) AS twin FROM rule_row WHERE y IS NOT NULL) r;
-- minmax, too, does not depend on the unit
SELECT count(*) AS rows, count(*) FILTER (WHERE score(a, 'all', z) <> score(b, 'all', z * 10000)) AS differ
FROM (SELECT fit('{"indicators": [{"indicator": "z", "weights": 1, "extreme": "percentile(,0.9) of nonzero"}]}', z) AS a,
             fit('{"indicators": [{"indicator": "z", "weights": 1, "extreme": "percentile(,0.9) of nonzero"}]}', z * 10000) AS b FROM rule_row) f, rule_row;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "transform": "ln", "extreme": "fixed(0,1)"}]}'::score_model;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "transform": "ln(1)", "extreme": "fixed(,-1)"}]}'::score_model;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "transform": "ln", "direction": "target(0)"}]}'::score_model;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "transform": "ln(1,2)"}]}'::score_model;
SELECT _innovation_score.valid_transform('ln(x)');
-- "of nonzero" keeps zero as the lower bound only where the logarithm has it; a z-score's bound that it has not gives way to the sample's end
SELECT transform, extreme, lower, minimum FROM unnest('{ln,ln(1)}'::text[]) t, unnest('{none of nonzero,zscore(3)}'::text[]) e
CROSS JOIN LATERAL (SELECT fit(format('{"indicators": [{"indicator": "x", "weights": 1, "transform": "%s", "extreme": "%s"}]}', t, e)::score_model, x) AS m FROM unnest('{0,2,3,7}'::float8[]) x) f
CROSS JOIN LATERAL model_indicators(m) ORDER BY 1, 2;

-- absent values: as if they were zeros, in the fit, the score, the coverage; what is infinite is still missing
CREATE TABLE absent_fit AS
SELECT fit('{"indicators": [{"indicator": "y", "weights": 60, "absent": "zero", "missing": "reweight", "extreme": "percentile(0.05,0.95)"}, {"indicator": "z", "weights": 40, "missing": "reweight"}]}', y, z) AS m,
       fit('{"indicators": [{"indicator": "y", "weights": 60, "missing": "reweight", "extreme": "percentile(0.05,0.95)"}, {"indicator": "z", "weights": 40, "missing": "reweight"}]}', COALESCE(y, 0), z) AS filled FROM rule_row;
SELECT count(*) AS rows, count(*) FILTER (WHERE y IS NULL) AS absent, count(*) FILTER (WHERE score(m, 'all', y, z) IS DISTINCT FROM score(filled, 'all', COALESCE(y, 0), z)) AS score_differs,
       count(*) FILTER (WHERE coverage(m, 'all', y, z) <> 1) AS not_covered, count(*) FILTER (WHERE ARRAY(SELECT d FROM score_detail(m, 'all', y, z) d) IS DISTINCT FROM ARRAY(SELECT d FROM score_detail(filled, 'all', COALESCE(y, 0), z) d)) AS detail_differs
FROM absent_fit, rule_row;
SELECT (model_indicators(m)).missing FROM absent_fit;
SELECT x, d.value, d.status FROM absent_fit, unnest('{NULL,NaN,Infinity,0}'::float8[]) x, score_detail(m, 'all', x, NULL) d WHERE indicator = 'y' ORDER BY x;
SELECT m::text::score_model = m AS text, m::text ~ '"absent": "zero"' AS says_so FROM absent_fit;
SELECT '{"indicators": [{"indicator": "x", "weights": 1, "absent": "null"}]}'::score_model;

-- schemes: rules of stages and absent values are rows, copied, exported, compared
INSERT INTO scheme (scheme, extreme) VALUES ('staged', 'none');
INSERT INTO category (scheme, category, title) VALUES ('staged', 'all', 'all');
INSERT INTO stage (scheme, stage, position) VALUES ('staged', 'early', 1), ('staged', 'late', 2);
INSERT INTO indicator (scheme, indicator, category, title, absent, transform) VALUES ('staged', 'patents', 'all', '专利', 'zero', 'none'), ('staged', 'revenue', 'all', '收入', 'missing', 'ln(1)');
INSERT INTO weight SELECT 'staged', s, i, 50 FROM unnest('{early,late}'::text[]) s, unnest('{patents,revenue}'::text[]) i;
INSERT INTO stage_rule VALUES ('staged', 'early', 'patents', 'fixed(0,10)', NULL), ('staged', 'late', 'patents', 'fixed(0,50)', NULL), ('staged', 'late', 'revenue', NULL, 'steps(100:1,200:2)');
SELECT * FROM scheme_problems('staged');
SELECT scheme_model('staged');
-- log does next to nothing to shares
UPDATE indicator SET transform = 'log', extreme = 'fixed(0,0.6)' WHERE scheme = 'staged' AND indicator = 'revenue';
SELECT * FROM scheme_problems('staged');
-- a unit of per cent, and steps of shares
UPDATE indicator SET transform = 'none', extreme = NULL, scoring = 'steps(0.02:1,0.03:2)', unit = '%' WHERE scheme = 'staged' AND indicator = 'revenue';
SELECT problem FROM scheme_problems('staged') WHERE object = 'indicator revenue';
UPDATE indicator SET scoring = 'steps(2:1,3:2)' WHERE scheme = 'staged' AND indicator = 'revenue';
SELECT problem FROM scheme_problems('staged') WHERE object = 'indicator revenue';
UPDATE indicator SET scoring = 'minmax', unit = NULL WHERE scheme = 'staged' AND indicator = 'revenue';
UPDATE indicator SET transform = 'ln(1)', extreme = NULL WHERE scheme = 'staged' AND indicator = 'revenue';
INSERT INTO scheme (scheme, extreme) VALUES ('staged-share', 'percentile(0.1,0.9)');
INSERT INTO category (scheme, category, title) VALUES ('staged-share', 'all', 'all');
INSERT INTO indicator (scheme, indicator, category, title, transform) VALUES ('staged-share', 'share', 'all', '占比', 'log'), ('staged-share', 'amount', 'all', '金额', 'log');
INSERT INTO weight SELECT 'staged-share', 'all', i, 50 FROM unnest('{share,amount}'::text[]) i;
CREATE TABLE staged_share AS SELECT i AS firm, 2023 + i % 2 AS year, i / CASE WHEN i % 2 = 0 THEN 100.0 ELSE 10.0 END AS share, i * 10 AS amount FROM generate_series(1, 40) i;
SELECT create_scoreboard('staged_share', 'staged-share', 'staged_share', 'firm', period => 'year');
SELECT object, problem, advice FROM scoreboard_problems('staged_share') WHERE problem ~ 'log';
SELECT drop_scoreboard('staged_share');
DROP TABLE staged_share;
INSERT INTO stage_rule VALUES ('staged', 'late', 'none', 'fixed(0,1)', NULL);
INSERT INTO stage_rule VALUES ('staged', 'early', 'revenue', 'fixed(1,0)', NULL);
INSERT INTO stage_rule VALUES ('staged', 'early', 'revenue', NULL, 'steps()');
UPDATE indicator SET absent = 'nothing' WHERE scheme = 'staged';
INSERT INTO stage_rule VALUES ('staged', 'middle', 'revenue', 'none', NULL);
SELECT * FROM scheme_problems('staged');
DELETE FROM stage_rule WHERE scheme = 'staged' AND stage = 'middle';
SELECT derive_scheme('staged-2', 'staged');
SELECT * FROM scheme_diff('staged-2');
UPDATE stage_rule SET extreme = 'fixed(0,60)' WHERE scheme = 'staged-2' AND stage = 'late' AND indicator = 'patents';
DELETE FROM stage_rule WHERE scheme = 'staged-2' AND stage = 'late' AND indicator = 'revenue';
SELECT * FROM scheme_diff('staged-2');
SELECT scheme_import(scheme_export('staged'), 'staged-3');
SELECT scheme_export('staged-3') - 'scheme' = scheme_export('staged') - 'scheme' AS same, scheme_model('staged-3')::jsonb - 'scheme' = scheme_model('staged')::jsonb - 'scheme' AS same_model;
UPDATE stage SET stage = 'ripe' WHERE scheme = 'staged-3' AND stage = 'late';
SELECT * FROM stage_rule WHERE scheme = 'staged-3' ORDER BY stage, indicator;
DELETE FROM stage WHERE scheme = 'staged-3' AND stage = 'ripe';
SELECT count(*) FROM stage_rule WHERE scheme = 'staged-3';
-- a scoreboard: a firm that no register names has no patents
CREATE TABLE staged_firm (firm text, stage text, patents int, revenue numeric);
INSERT INTO staged_firm VALUES ('A', 'early', 10, 50), ('B', 'late', 10, 150), ('C', 'late', NULL, 250), ('D', 'early', NULL, 0), ('E', 'early', 20, NULL);
SELECT create_scoreboard('staged_board', 'staged', 'staged_firm', 'firm', stage => 'stage');
SELECT firm, stage, score, coverage FROM staged_board_ranking ORDER BY firm;
SELECT firm, indicator, value, lower, upper, round(points::numeric, 4) AS points, status FROM staged_board_detail ORDER BY firm, indicator;
SELECT * FROM gap_to('staged_board', entity => 'B', target_score => 60) ORDER BY indicator;
-- a change of a rule is a change of the scheme
UPDATE stage_rule SET extreme = 'fixed(0,20)' WHERE scheme = 'staged' AND stage = 'late' AND indicator = 'patents';
SELECT rebuild_scoreboard('staged_board');
SELECT firm, score FROM staged_board_ranking WHERE firm = 'B';
SELECT drop_scoreboard('staged_board');

DROP TABLE rule_row, rule_fit, rule_received, rule_large, rule_large_fit, ln_fit, absent_fit, staged_firm;
DROP FUNCTION rule_model(jsonb, text, text), rule_fit_fully(score_model);
DELETE FROM scheme WHERE scheme ~ '^staged';
