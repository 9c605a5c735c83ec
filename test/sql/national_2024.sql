-- rare things in the national scheme: what a few firms more or less that have some change for the others
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'

SELECT indicator, extreme, absent FROM indicator WHERE scheme = 'national-2024' AND (extreme, absent) IS DISTINCT FROM (NULL, 'missing') ORDER BY position;

-- Of 10,000 firms 90, then 110 have some of one of the indicators, in four ways: all of them one and the first one 40;
-- counts of which each next one is half as frequent; counts from 1 to 20; amounts that become rarer as they grow.
-- Firms have values of all other indicators.
CREATE TABLE rare_firm AS SELECT i, ARRAY(SELECT ('x' || md5(i || ':' || j))::bit(24)::int / 2 ^ 24 FROM generate_series(1, 18) j) AS u FROM generate_series(0, 9999) i;
CREATE FUNCTION rare_value(shape int, i int, u float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE shape WHEN 1 THEN CASE WHEN i = 0 THEN 40 ELSE 1 END WHEN 2 THEN 1 + floor(-ln(1 - u) / ln(2)) WHEN 3 THEN 1 + i % 20 ELSE -500 * ln(1 - u) END $$;
CREATE FUNCTION rare_row(place int, shape int, winners int, i int, u float8[]) RETURNS float8[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(CASE WHEN j <> place THEN e WHEN i < winners THEN rare_value(shape, i, e) END ORDER BY j) FROM unnest(u) WITH ORDINALITY AS v(e, j) $$;
CREATE TABLE rare_fit AS
SELECT position AS place, indicator, shape, winners, (SELECT fit(scheme_model('national-2024'), VARIADIC rare_row(position, shape, winners, i, u)) FROM rare_firm) AS model
FROM indicator CROSS JOIN generate_series(1, 4) shape CROSS JOIN unnest('{90,110}'::int[]) winners
WHERE scheme = 'national-2024' AND (indicator IN ('invention_patents', 'science_awards') AND shape < 4 OR shape = 1 AND extreme IS NOT NULL OR shape = 4 AND indicator IN ('venture_capital', 'tech_contract_value'));
SELECT f.indicator, f.shape, count(*) AS scores, round(max(abs(later.score - score.score))::numeric, 2) AS most_moved
FROM rare_fit f JOIN rare_fit g USING (place, shape) CROSS JOIN LATERAL (SELECT * FROM rare_firm WHERE i < 90 OR i > 9900) r CROSS JOIN unnest('{startup,growth,stable}'::text[]) stage
CROSS JOIN LATERAL score(f.model, stage, VARIADIC rare_row(place, shape, 90, i, u)) AS score(score) CROSS JOIN LATERAL score(g.model, stage, VARIADIC rare_row(place, shape, 110, i, u)) AS later(score)
WHERE f.winners = 90 AND g.winners = 110 GROUP BY f.place, f.indicator, f.shape ORDER BY f.place, f.shape;
-- Amounts again, of twenty draws each: exponential, and with a tail in which twice the amount is half as frequent. What the
-- points of a firm move by in the stage where the indicator weighs most, as the scheme has it and without the logarithm. (Of the firms
-- that have none one is enough: bounds of what others have do not look at them.)
CREATE TABLE rare_draw AS
SELECT draw, shape, array_agg(CASE shape WHEN 'exponential' THEN -500 * ln(1 - u) ELSE 100 / (1 - u) END ORDER BY i) AS amounts
FROM generate_series(1, 20) draw, generate_series(1, 110) i, unnest('{exponential,heavy}'::text[]) shape,
     LATERAL (SELECT ('x' || md5('amount ' || draw || ':' || i))::bit(24)::int / 2 ^ 24 AS u) d
GROUP BY draw, shape;
CREATE TABLE rare_amount AS
SELECT n.indicator, t.transform, d.shape, d.draw, winners,
       (SELECT fit(jsonb_build_object('full_marks', (SELECT max(weight) FROM weight x WHERE (x.scheme, x.indicator) = (n.scheme, n.indicator)), 'indicators',
                       jsonb_build_array(jsonb_build_object('indicator', n.indicator, 'extreme', n.extreme, 'transform', t.transform, 'weights', 1)))::score_model, amount)
        FROM unnest(d.amounts[:winners] || '{0}'::float8[]) amount) AS model
FROM indicator n CROSS JOIN LATERAL (SELECT DISTINCT transform FROM unnest(ARRAY[n.transform, 'none']) transform) t CROSS JOIN rare_draw d CROSS JOIN unnest('{90,110}'::int[]) winners
WHERE n.scheme = 'national-2024' AND n.unit = '万元' AND n.extreme IS NOT NULL;
SELECT indicator, transform, shape, count(DISTINCT draw) AS draws, count(*) AS firms, round(max(abs(score(g.model, 'all', amount) - score(f.model, 'all', amount)))::numeric, 2) AS most_moved
FROM rare_amount f JOIN rare_amount g USING (indicator, transform, shape, draw) JOIN rare_draw d USING (shape, draw) CROSS JOIN unnest(d.amounts[:90]) amount
WHERE f.winners = 90 AND g.winners = 110 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- Counts of twenty draws, each next one half as frequent: where the 20 winners more move their
-- quantile, it moves by about one. That is more than half a point where much weight is at stake: the numbers are those of doc/scheme.md.
CREATE TABLE rare_count AS
SELECT draw, array_agg((1 + floor(-ln(1 - u) / ln(2)))::float8 ORDER BY i) AS counts
FROM generate_series(1, 20) draw, generate_series(1, 110) i, LATERAL (SELECT ('x' || md5('count ' || draw || ':' || i))::bit(24)::int / 2 ^ 24 AS u) d
GROUP BY draw;
CREATE TABLE rare_count_fit AS
SELECT n.indicator, d.draw, winners, counts, (SELECT max(weight) FROM weight x WHERE (x.scheme, x.indicator) = (n.scheme, n.indicator)) AS weight,
       (SELECT fit(jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', n.indicator, 'extreme', n.extreme, 'transform', n.transform, 'weights', 1)))::score_model, c) FROM unnest(d.counts[:winners] || '{0}'::float8[]) c) AS model
FROM indicator n CROSS JOIN rare_count d CROSS JOIN unnest('{90,110}'::int[]) winners
WHERE n.scheme = 'national-2024' AND n.indicator IN ('invention_patents', 'science_awards');
SELECT indicator, weight, count(DISTINCT draw) AS draws, count(DISTINCT draw) FILTER (WHERE moved > 0.5) AS beyond_half_a_point, round(max(moved)::numeric, 2) AS most_moved,
       round(max(abs(upper_later - upper))::numeric, 2) AS upper_moved, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY moved))::numeric, 2) AS median_moved
FROM (SELECT f.indicator, f.weight, f.draw, u.upper, v.upper AS upper_later, max(abs(score(g.model, 'all', c) - score(f.model, 'all', c)) * f.weight / 100) AS moved
      FROM rare_count_fit f JOIN rare_count_fit g USING (indicator, draw) CROSS JOIN unnest(f.counts[:90]) c, model_indicators(f.model) u, model_indicators(g.model) v WHERE f.winners = 90 AND g.winners = 110 GROUP BY 1, 2, 3, 4, 5) m GROUP BY 1, 2 ORDER BY 1;
-- a firm that has one of something scores for it, beside others that no register names
SELECT d.indicator, d.value, round(d.normalized::numeric, 4) AS normalized, d.status
FROM (SELECT fit(scheme_model('national-2024'), VARIADIC rare_row(5, 2, 110, i, u)) AS model FROM rare_firm) f
CROSS JOIN (SELECT i, u FROM rare_firm WHERE rare_value(2, i, u[5]) = 1 AND i < 90 ORDER BY i LIMIT 1) r
CROSS JOIN LATERAL unnest('{90,0}'::int[]) winners CROSS JOIN LATERAL score_detail(f.model, 'growth', VARIADIC rare_row(5, 2, winners, i, u)) d WHERE d.indicator = 'invention_patents' ORDER BY d.value;

-- In a scoreboard over a left join: whom no register names has none, one patent is more than that, and what the source
-- does not have (mapped to null) is missing, whatever the register of others would say.
CREATE TABLE rare_source AS
SELECT i AS firm, 'growth' AS stage, 100.0 AS amount, u[1] AS share, CASE WHEN i < 110 THEN rare_value(2, i, u[5]) END AS patents,
       CASE WHEN i < 50 THEN rare_value(4, i, u[7]) END AS contracts
FROM rare_firm WHERE i < 500;
CREATE FUNCTION rare_mapping(awards text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(indicator, CASE WHEN indicator = 'invention_patents' THEN '"patents"' WHEN indicator = 'tech_contract_value' THEN '"contracts"'
                                            WHEN indicator = 'science_awards' THEN to_jsonb(awards)
                                            WHEN absent = 'missing' AND indicator <> 'venture_capital' THEN '"share"' END::jsonb)
    FROM indicator WHERE scheme = 'national-2024' $$;
SELECT create_scoreboard('rare_board', 'national-2024', 'rare_source', 'firm', stage => 'stage', mapping => rare_mapping(NULL));
SELECT indicator, status, count(*) AS firms, round(min(value)) AS lowest, round(max(value)) AS highest, min(points) > 0 AS scores FROM rare_board_detail
WHERE indicator IN ('invention_patents', 'tech_contract_value', 'science_awards', 'venture_capital') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT patents, count(*), count(DISTINCT d.points) AS points, min(d.points) > lag(min(d.points)) OVER (ORDER BY patents NULLS FIRST) AS more
FROM rare_source JOIN rare_board_detail d USING (firm) WHERE d.indicator = 'invention_patents' AND COALESCE(patents, 0) < 3 GROUP BY patents ORDER BY patents NULLS FIRST;
-- coverage is the weight of what the source has
SELECT DISTINCT round(coverage::numeric, 4) AS coverage FROM rare_board_ranking;
SELECT round(sum(weight)::numeric / 100, 4) AS expected FROM weight JOIN indicator USING (scheme, indicator)
WHERE scheme = 'national-2024' AND stage = 'growth' AND rare_mapping(NULL) ->> indicator IS NOT NULL;
SELECT object, problem FROM scheme_problems('national-2024') WHERE object LIKE '%rare_board%';
BEGIN;
SELECT publish('rare_board', NULL, 'rare') AS rare \gset
-- the log, which other tests write, too, is theirs
SELECT "check", ok FROM verify_publication(:rare) WHERE "check" IN ('digest', 'models', 'scores', 'ranks', 'decisions', 'source') ORDER BY 1;
ROLLBACK;
-- a mapping to a column that is NULL throughout is a register without entries
SELECT create_scoreboard('rare_other', 'national-2024', 'rare_source', 'firm', stage => 'stage', mapping => rare_mapping('NULLIF(amount, amount)'));
SELECT indicator, status, count(*) AS firms, min(value), max(value) FROM rare_other_detail WHERE indicator = 'science_awards' GROUP BY 1, 2;

SELECT drop_scoreboard('rare_board'), drop_scoreboard('rare_other');
DROP TABLE rare_firm, rare_fit, rare_draw, rare_amount, rare_source;
DROP FUNCTION rare_mapping(text);
DROP FUNCTION rare_value(int, int, float8), rare_row(int, int, int, int, float8[]);
