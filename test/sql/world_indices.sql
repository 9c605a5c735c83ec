-- Methods of published indices, each in one scheme and one scoreboard, against plain SQL in numeric: the SDG Index (worst
-- values by one-sided percentiles, best ones by targets, goals that lack data imputed by the mean of the region) and the
-- Environmental Performance Index (ln(x + a), winsorized at 5 and 95 %, a tree of weights, one decimal). That of INFORM is in
-- levels.sql, the Human Development Index in hdi.sql.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA world;
SET search_path = world, innovation_score, public;
\pset format unaligned
\pset null '(null)'

CREATE TABLE land AS
SELECT i AS land, 'r' || i % 7 AS region, CASE WHEN i % 13 > 0 THEN (i * 7919 % 997) / 20.0 END AS poverty, CASE WHEN i % 9 > 0 THEN 100 - (i * 104729 % 983) / 11.0 END AS school,
       CASE WHEN i % 6 > 0 THEN 60 + (i * 31337 % 499) / 12.0 END AS water, CASE WHEN i % 11 > 0 THEN (i * 999983 % 9973) / 40.0 END AS emissions,
       exp((i * 15485863::bigint % 1009) / 90.0) AS soot, (i * 32452843::bigint % 877) / 9.0 AS forest, (i * 49979687::bigint % 757)::numeric AS parks
FROM generate_series(1, 400) i;

-- ----- SDG Index: 0 is the percentile 2.5 from the worse end, 100 the target; goals are means, the index the mean of goals
INSERT INTO scheme (scheme, missing, aggregation) VALUES ('sdg', 'reweight', 'arithmetic'), ('sdg-index', 'null', 'arithmetic');
UPDATE scheme SET decimals = 2 WHERE scheme = 'sdg-index';
INSERT INTO category (scheme, category, position) VALUES ('sdg', 'goal1', 1), ('sdg', 'goal2', 2), ('sdg', 'goal3', 3), ('sdg-index', 'goals', 1);
INSERT INTO category_weight SELECT 'sdg', 'all', category, 1 FROM category WHERE scheme = 'sdg';
INSERT INTO indicator (scheme, indicator, category, direction, extreme, position) VALUES
    ('sdg', 'poverty', 'goal1', 'cost', 'fixed(0,) + percentile(,0.975)', 1), ('sdg', 'school', 'goal2', 'benefit', 'percentile(0.025,) + fixed(,100)', 2),
    ('sdg', 'water', 'goal2', 'benefit', 'percentile(0.025,) + fixed(,100)', 3), ('sdg', 'emissions', 'goal3', 'cost', 'fixed(5,) + percentile(,0.975)', 4),
    ('sdg-index', 'goal1', 'goals', 'benefit', 'fixed(0,100)', 1), ('sdg-index', 'goal2', 'goals', 'benefit', 'fixed(0,100)', 2), ('sdg-index', 'goal3', 'goals', 'benefit', 'fixed(0,100)', 3);
INSERT INTO weight SELECT scheme, 'all', indicator, 1 FROM indicator WHERE scheme IN ('sdg', 'sdg-index');
SELECT object, problem FROM scheme_problems('sdg') WHERE problem !~ 'title';
SELECT create_scoreboard('goals', 'sdg', 'land', 'land', attributes => '{region}');
-- the second scoreboard is made over the first: a goal that has no score gets the mean of its region
CREATE VIEW imputed AS
SELECT land, region, COALESCE(goal1_score, avg(goal1_score) OVER r) AS goal1, COALESCE(goal2_score, avg(goal2_score) OVER r) AS goal2, COALESCE(goal3_score, avg(goal3_score) OVER r) AS goal3
FROM goals_score WINDOW r AS (PARTITION BY region);
SELECT create_scoreboard('sdg_index', 'sdg-index', 'imputed', 'land');
CREATE TABLE sdg_twin AS
WITH bound AS (
    SELECT percentile_cont(0.975) WITHIN GROUP (ORDER BY poverty)::numeric AS poverty, percentile_cont(0.025) WITHIN GROUP (ORDER BY school)::numeric AS school,
           percentile_cont(0.025) WITHIN GROUP (ORDER BY water)::numeric AS water, percentile_cont(0.975) WITHIN GROUP (ORDER BY emissions)::numeric AS emissions FROM land
), value AS (
    SELECT land, region, CASE WHEN l.poverty >= 0 THEN 100 * (b.poverty - least(l.poverty, b.poverty)) / b.poverty END AS goal1,
           CASE WHEN l.school >= 0 THEN 100 * (greatest(l.school, b.school) - b.school) / (100 - b.school) END AS school,
           CASE WHEN l.water >= 0 THEN 100 * (least(greatest(l.water, b.water), 100) - b.water) / (100 - b.water) END AS water,
           CASE WHEN l.emissions >= 0 THEN 100 * (b.emissions - least(greatest(l.emissions, 5), b.emissions)) / (b.emissions - 5) END AS goal3
    FROM land l, bound b
), goal AS (
    SELECT land, region, goal1, (COALESCE(school, water) + COALESCE(water, school)) / 2 AS goal2, goal3 FROM value
)
SELECT land, goal1, goal2, goal3, (COALESCE(goal1, avg(goal1) OVER r) + COALESCE(goal2, avg(goal2) OVER r) + COALESCE(goal3, avg(goal3) OVER r)) / 3 AS total FROM goal WINDOW r AS (PARTITION BY region);
SELECT count(*) AS lands, count(g.goal1_score) AS goal1, count(g.goal2_score) AS goal2, count(g.goal3_score) AS goal3,
       count(*) FILTER (WHERE (g.goal1_score IS NULL) <> (t.goal1 IS NULL) OR (g.goal2_score IS NULL) <> (t.goal2 IS NULL) OR (g.goal3_score IS NULL) <> (t.goal3 IS NULL)
                           OR abs(g.goal1_score - t.goal1) > 1e-8 OR abs(g.goal2_score - t.goal2) > 1e-8 OR abs(g.goal3_score - t.goal3) > 1e-8) AS goals_differ,
       count(i.score) AS scored, count(*) FILTER (WHERE i.score IS DISTINCT FROM round(t.total, 2)) AS index_differs
FROM goals_score g JOIN sdg_twin t USING (land) JOIN sdg_index_score i USING (land);

-- ----- Environmental Performance Index: three levels of weights, each in proportion to those beside it
INSERT INTO scheme (scheme, missing, extreme, decimals) VALUES ('epi', 'reweight', 'percentile(0.05,0.95)', 1);
INSERT INTO category (scheme, category, parent, position) VALUES ('epi', 'health', NULL, 1), ('epi', 'air', 'health', 2), ('epi', 'water', 'health', 3), ('epi', 'vitality', NULL, 4);
INSERT INTO category_weight VALUES ('epi', 'all', 'health', 40), ('epi', 'all', 'vitality', 60), ('epi', 'all', 'air', 70), ('epi', 'all', 'water', 30);
INSERT INTO indicator (scheme, indicator, category, direction, transform, position) VALUES
    ('epi', 'soot', 'air', 'cost', 'ln(0.5)', 1), ('epi', 'emissions', 'air', 'cost', 'ln(10)', 2), ('epi', 'water', 'water', 'benefit', 'none', 3), ('epi', 'forest', 'vitality', 'benefit', 'ln(1)', 4), ('epi', 'parks', 'vitality', 'benefit', 'none', 5);
INSERT INTO weight VALUES ('epi', 'all', 'soot', 55), ('epi', 'all', 'emissions', 45), ('epi', 'all', 'water', 100), ('epi', 'all', 'forest', 25), ('epi', 'all', 'parks', 75);
SELECT object, problem FROM scheme_problems('epi') WHERE problem !~ 'title';
SELECT create_scoreboard('epi', 'epi', 'land', 'land');
CREATE TABLE epi_twin AS
WITH long AS (
    SELECT land, c.code, c.cost, c.shift, c.value FROM land, LATERAL (VALUES ('soot', true, 0.5, soot), ('emissions', true, 10, emissions), ('water', false, NULL, water), ('forest', false, 1, forest), ('parks', false, NULL, parks)) c(code, cost, shift, value)
), bound AS (
    SELECT code, percentile_cont(0.05) WITHIN GROUP (ORDER BY value)::numeric AS lower, percentile_cont(0.95) WITHIN GROUP (ORDER BY value)::numeric AS upper FROM long GROUP BY code
), scaled AS (
    SELECT land, code, CASE WHEN cost THEN 1 - n ELSE n END AS n
    FROM (SELECT land, code, cost, CASE WHEN value IS NULL THEN NULL
                                        WHEN shift IS NULL THEN (least(greatest(value, lower), upper) - lower) / (upper - lower)
                                        ELSE (ln(least(greatest(value, lower), upper) + shift) - ln(lower + shift)) / (ln(upper + shift) - ln(lower + shift)) END AS n
          FROM long JOIN bound USING (code)) s
), wide AS (
    SELECT land, max(n) FILTER (WHERE code = 'soot') AS soot, max(n) FILTER (WHERE code = 'emissions') AS emissions, max(n) FILTER (WHERE code = 'water') AS water,
           max(n) FILTER (WHERE code = 'forest') AS forest, max(n) FILTER (WHERE code = 'parks') AS parks FROM scaled GROUP BY land
), level1 AS (
    SELECT *, CASE WHEN emissions IS NULL THEN soot ELSE 0.55 * soot + 0.45 * emissions END AS air, 0.25 * forest + 0.75 * parks AS vitality FROM wide
), level2 AS (
    SELECT *, CASE WHEN water IS NULL THEN air ELSE 0.7 * air + 0.3 * water END AS health FROM level1
)
SELECT land, round(100 * air, 1) AS air, round(100 * health, 1) AS health, round(100 * (0.4 * health + 0.6 * vitality), 1) AS total FROM level2;
SELECT count(*) AS lands, count(*) FILTER (WHERE (e.air_score, e.health_score, e.score) IS DISTINCT FROM (t.air, t.health, t.total)) AS differ, count(DISTINCT total) > 100 AS varied, count(water_score) AS with_water
FROM epi_score e JOIN epi_twin t USING (land);

-- ----- each bounded normalization of COINr 1.1.14 (see doc/normalize.md) against its formula
CREATE TABLE form (name text, method text, scoring text DEFAULT 'minmax');
INSERT INTO form (name, method) VALUES ('n_minmax', 'none'), ('n_goalposts', 'fixed(20,70)'), ('n_dist2targ', 'fixed(,60)'), ('n_dist2ref', 'fixed(,45.5)'), ('n_dist2max', 'none'), ('n_fracmax', 'fixed(0,)'), ('n_zscore', 'zscore(3)'), ('n_scaled', 'fixed(0,100)');
INSERT INTO form (name, method, scoring) VALUES ('n_prank', 'none', 'percent_rank'), ('n_borda', 'none', 'percent_rank'), ('n_rank', 'none', 'percent_rank');
SELECT name, count(*) AS values, count(DISTINCT given) > 100 AS varied, count(*) FILTER (WHERE abs(given - twin) > 1e-12) AS differ
FROM (SELECT name, fit(jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'weights', 1, 'extreme', method, 'scoring', scoring)))::score_model, forest) AS model FROM form, land GROUP BY name, method, scoring) m
CROSS JOIN (SELECT forest::numeric AS x, min(forest::numeric) OVER w AS lo, max(forest::numeric) OVER w AS hi, avg(forest::numeric) OVER w AS mean, stddev_samp(forest::numeric) OVER w AS sd, count(*) OVER w AS n, rank() OVER (ORDER BY forest) AS place
            FROM land WINDOW w AS (ORDER BY land ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) v
CROSS JOIN LATERAL (SELECT CASE name WHEN 'n_minmax' THEN (x - lo) / (hi - lo) WHEN 'n_goalposts' THEN least(greatest((x - 20) / 50, 0), 1) WHEN 'n_dist2targ' THEN least((x - lo) / (60 - lo), 1)
    WHEN 'n_dist2ref' THEN least(1 - (45.5 - x) / (45.5 - lo), 1) WHEN 'n_dist2max' THEN 1 - (hi - x) / (hi - lo) WHEN 'n_fracmax' THEN x / hi WHEN 'n_zscore' THEN least(greatest(((x - mean) / sd + 3) / 6, 0), 1)
    WHEN 'n_scaled' THEN x / 100 WHEN 'n_prank' THEN (place - 1) / (n - 1)::numeric
    -- the number of those that are worse, and one more, of the greatest that they can be
    WHEN 'n_borda' THEN (place - 1)::numeric / (n - 1) ELSE (place::numeric - 1) / (n - 1) END AS twin, (_innovation_score.normalized_row(model, x::float8))[1]::numeric AS given) t
GROUP BY name ORDER BY name COLLATE "C";

-- ----- the logarithms and powers of its treatments, scaled: a shift by the sample's minimum is that of ln(a)
SELECT name, count(*) AS values, count(DISTINCT given) > 100 AS varied, count(*) FILTER (WHERE abs(given - twin) > 1e-12) AS differ
FROM (SELECT min(forest) - 2 AS lo, max(forest) - 2 AS hi FROM land) e
CROSS JOIN LATERAL (VALUES ('log_CT', format('ln(%s)', 0.01 * (hi - lo) - lo)), ('log_CT_orig', format('ln(%s)', 1 - lo)), ('boxcox(0)', format('ln(%s)', 1 - lo)), ('boxcox(0.5)', 'sqrt'), ('boxcox(1)', 'none')) f(name, transform)
CROSS JOIN LATERAL (SELECT fit(jsonb_build_object('indicators', jsonb_build_array(jsonb_build_object('indicator', 'x', 'weights', 1, 'extreme', 'none', 'transform', transform)))::score_model, forest - 2 - CASE name WHEN 'boxcox(0.5)' THEN lo - 1 ELSE 0 END) AS model FROM land) m
CROSS JOIN LATERAL (SELECT forest - 2 AS x FROM land) v
CROSS JOIN LATERAL (SELECT ln((0.01 * (hi - lo))::numeric) AS ct_low, ln((1.01 * (hi - lo))::numeric) AS ct_high, (hi - lo + 1)::numeric AS most, (x - lo)::numeric AS above) t
CROSS JOIN LATERAL (SELECT CASE name WHEN 'log_CT' THEN (ln(above + (0.01 * (hi - lo))::numeric) - ct_low) / (ct_high - ct_low) WHEN 'boxcox(0.5)' THEN (sqrt(above + 1) - 1) / (sqrt(most) - 1)
    WHEN 'boxcox(1)' THEN above / (most - 1) ELSE ln(above + 1) / ln(most) END AS twin, (_innovation_score.normalized_row(model, x - CASE name WHEN 'boxcox(0.5)' THEN lo - 1 ELSE 0 END))[1]::numeric AS given) r
GROUP BY name ORDER BY name COLLATE "C";

SELECT drop_scoreboard('sdg_index'), drop_scoreboard('epi');
DROP VIEW imputed;
SELECT drop_scoreboard('goals');
DELETE FROM scheme WHERE scheme IN ('sdg', 'sdg-index', 'epi');
DROP SCHEMA world CASCADE;
