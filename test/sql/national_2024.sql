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
-- a firm that has one of something scores for it, beside others that no register names
SELECT d.indicator, d.value, round(d.normalized::numeric, 4) AS normalized, d.status
FROM (SELECT fit(scheme_model('national-2024'), VARIADIC rare_row(5, 2, 110, i, u)) AS model FROM rare_firm) f
CROSS JOIN (SELECT i, u FROM rare_firm WHERE rare_value(2, i, u[5]) = 1 AND i < 90 ORDER BY i LIMIT 1) r
CROSS JOIN LATERAL unnest('{90,0}'::int[]) winners CROSS JOIN LATERAL score_detail(f.model, 'growth', VARIADIC rare_row(5, 2, winners, i, u)) d WHERE d.indicator = 'invention_patents' ORDER BY d.value;

DROP TABLE rare_firm, rare_fit;
DROP FUNCTION rare_value(int, int, float8), rare_row(int, int, int, int, float8[]);
