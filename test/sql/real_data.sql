--
-- Real input: 803 firms, 1991 to 1999, 6,208 firm-years, a table with column names of its own. A regional scheme is
-- derived on what it has, bound by columns and expressions, and everything is computed a second time in plain SQL.
--
-- The data (Aghion, Van Reenen and Zingales 2013, as distributed by the R package sandwich) are not part of the
-- project: the test looks for the file that INNOVATION_SCORE_DATA names, by default ../shared/data/inst_innovation.csv,
-- and is skipped where there is none (expected/real_data_1.out).
--
\set file `echo "${INNOVATION_SCORE_DATA:-../shared/data/inst_innovation.csv}"`
\set present `test -r "${INNOVATION_SCORE_DATA:-../shared/data/inst_innovation.csv}" && echo true || echo false`
\if :present
\else
\echo 'skipped: the real data are not there'
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA real_data;
SET search_path = real_data, innovation_score, public;

-- ---------------------------------------------------------------- the table, as the file has it

CREATE TABLE inst_innovation (
    rownames int, company text, sales float8, acompetition float8, competition float8, capital numeric, cites int,
    precites float8, dprecites int, patents int, drandd int, randd numeric, employment real, sp500 boolean,
    tobinq float8, value numeric, institutions float8, industry int, year smallint, top1 float8, quasiindexed float8,
    nonquasiindexed float8, transient float8, dedicated float8, competition4 float8, subsample boolean);
SELECT format('\copy inst_innovation FROM %L (FORMAT csv, HEADER)', :'file') AS copy \gset
:copy
ALTER TABLE inst_innovation ADD PRIMARY KEY (company, year);
SELECT count(*), count(DISTINCT company) AS firms, min(year), max(year), count(tobinq) AS tobinq, count(top1) AS top1
FROM inst_innovation;

-- the year before, where the panel has it; how long the firm is in it; industries by their first two digits
CREATE VIEW panel AS
SELECT p.*, b.randd AS randd_before, b.sales AS sales_before, (p.industry / 100)::text AS sector,
       p.year - min(p.year) OVER (PARTITION BY p.company) AS seniority
FROM inst_innovation p
LEFT JOIN inst_innovation b ON b.company = p.company AND b.year = p.year - 1;

-- ---------------------------------------------------------------- a regional scheme on what there is

SELECT derive_scheme('real-panel', 'national-2024', 'panel of listed firms');
-- the twin below knows one method for all indicators, and none that looks at values other than zero (bounds_twin does)
UPDATE indicator SET extreme = NULL, absent = 'missing' WHERE scheme = 'real-panel';
UPDATE scheme SET missing = 'reweight', min_coverage = 0.65 WHERE scheme = 'real-panel';
-- pct_patents stays though nobody has it, to be mapped to null
DELETE FROM indicator
WHERE scheme = 'real-panel'
  AND indicator NOT IN ('rd_expense', 'rd_expense_growth', 'rd_intensity', 'invention_patents', 'pct_patents',
                        'revenue', 'revenue_growth');
DELETE FROM category WHERE scheme = 'real-panel' AND category = 'auxiliary';
INSERT INTO category (scheme, category, title, role, max_points, position) VALUES
    ('real-panel', 'market', 'market', 'base', NULL, 3),
    ('real-panel', 'local', 'local bonus', 'bonus', 5, 4),
    ('real-panel', 'risk', 'concentration', 'penalty', NULL, 5);
UPDATE indicator SET extreme = 'sigma(3)', transform = 'log' WHERE scheme = 'real-panel' AND indicator = 'revenue';
UPDATE indicator SET direction = 'interval(0.02,0.5)', transform = 'sqrt'
WHERE scheme = 'real-panel' AND indicator = 'rd_intensity';
INSERT INTO indicator (scheme, indicator, category, title, direction, extreme, transform, position) VALUES
    ('real-panel', 'citations', 'technology', 'citations', 'benefit', NULL, 'log', 19),
    ('real-panel', 'tobinq', 'market', 'market value to assets', 'target(1)', 'mad(5)', 'none', 20),
    ('real-panel', 'employment', 'market', 'staff', 'cost', 'iqr(3)', 'none', 21),
    ('real-panel', 'institutions', 'local', 'held by institutions', 'benefit', 'none', 'none', 22),
    ('real-panel', 'sp500', 'local', 'in the index', 'benefit', 'fixed(0,1)', 'none', 23),
    ('real-panel', 'top1', 'risk', 'largest holder', 'benefit', 'fixed(5,40)', 'none', 24);
INSERT INTO weight (scheme, indicator, stage, weight)
SELECT 'real-panel', indicator, stage, weight
FROM (VALUES ('citations', 8, 8, 8), ('tobinq', 6, 5, 4), ('employment', 2, 4, 6), ('institutions', 4, 4, 4),
             ('sp500', 2, 3, 0), ('top1', 3, 4, 5)) w(indicator, startup, growth, stable)
CROSS JOIN LATERAL (VALUES ('startup', startup), ('growth', growth), ('stable', stable)) s(stage, weight);
SELECT severity, object, problem FROM scheme_problems('real-panel') ORDER BY severity, object COLLATE "C", problem;

-- ---------------------------------------------------------------- two scoreboards: a year's firms, and its sectors

SELECT jsonb_build_object(
    'rd_expense', 'randd',
    'rd_expense_growth', 'innovation_score.growth_rate(randd::float8, randd_before::float8)',
    'rd_intensity', 'innovation_score.ratio(randd::float8, sales)',
    'invention_patents', 'patents',
    'pct_patents', NULL,
    'revenue', 'sales',
    'revenue_growth', 'innovation_score.growth_rate(sales, sales_before)',
    'citations', 'cites',
    'sp500', 'sp500::int') AS mapping,
    $$CASE WHEN seniority < 2 THEN 'startup' WHEN seniority < 5 THEN 'growth' ELSE 'stable' END$$ AS stage \gset
SELECT create_scoreboard('real_data.year_board', 'real-panel', 'real_data.panel',
                         entity => 'company', stage => :'stage', period => 'year', attributes => '{industry}', mapping => :'mapping');
SELECT create_scoreboard('real_data.sector_board', 'real-panel', 'real_data.panel',
                         entity => 'company', stage => :'stage', period => 'year', peers => '{sector}', mapping => :'mapping');

-- ---------------------------------------------------------------- the twin

CREATE TABLE twin_indicator (position int, indicator text, category text, role text, kind text, a float8, b float8,
                             transform text, startup float8, growth float8, stable float8);
INSERT INTO twin_indicator VALUES
    (1, 'rd_expense', 'technology', 'base', 'percentile', 0.01, 0.99, 'none', 8, 10, 11),
    (2, 'rd_expense_growth', 'technology', 'base', 'percentile', 0.01, 0.99, 'none', 9, 7, 5),
    (3, 'rd_intensity', 'technology', 'base', 'percentile', 0.01, 0.99, 'sqrt', 12, 9, 7),
    (5, 'invention_patents', 'technology', 'base', 'percentile', 0.01, 0.99, 'none', 9, 9, 8),
    (6, 'pct_patents', 'technology', 'base', 'percentile', 0.01, 0.99, 'none', 5, 5, 6),
    (9, 'revenue', 'growth', 'base', 'sigma', 3, NULL, 'log', 3, 6, 9),
    (10, 'revenue_growth', 'growth', 'base', 'percentile', 0.01, 0.99, 'none', 7, 8, 5),
    (19, 'citations', 'technology', 'base', 'percentile', 0.01, 0.99, 'log', 8, 8, 8),
    (20, 'tobinq', 'market', 'base', 'mad', 5, NULL, 'none', 6, 5, 4),
    (21, 'employment', 'market', 'base', 'iqr', 3, NULL, 'none', 2, 4, 6),
    (22, 'institutions', 'local', 'bonus', 'none', NULL, NULL, 'none', 4, 4, 4),
    (23, 'sp500', 'local', 'bonus', 'fixed', 0, 1, 'none', 2, 3, 0),
    (24, 'top1', 'risk', 'penalty', 'fixed', 5, 40, 'none', 3, 4, 5);
-- a value a row, for either scoreboard: "field" is the group whose bounds count
CREATE TABLE twin_value AS
SELECT board, CASE board WHEN 'year' THEN year::text ELSE year || '/' || sector END AS field, company, year, stage,
       position, v.value
FROM (SELECT *, CASE WHEN seniority < 2 THEN 'startup' WHEN seniority < 5 THEN 'growth' ELSE 'stable' END AS stage
      FROM panel) p
CROSS JOIN LATERAL (VALUES
    (1, randd::float8),
    (2, CASE WHEN randd_before <> 0 THEN (randd::float8 - randd_before::float8) / abs(randd_before::float8) END),
    (3, CASE WHEN sales <> 0 THEN randd::float8 / sales END),
    (5, patents), (6, NULL), (9, sales),
    (10, CASE WHEN sales_before <> 0 THEN (sales - sales_before) / abs(sales_before) END),
    (19, cites), (20, tobinq), (21, employment), (22, institutions), (23, sp500::int), (24, top1)) v(position, value)
CROSS JOIN (VALUES ('year'), ('sector')) b(board);
ANALYZE twin_value;
CREATE TABLE twin_bounds AS
WITH base AS (
    SELECT board, field, position, count(value) AS n, count(*) - count(value) AS missing, min(value) AS minimum,
           max(value) AS maximum,
           percentile_cont(ARRAY[0.01, 0.25, 0.5, 0.75, 0.99]) WITHIN GROUP (ORDER BY value) AS q,
           avg(value) AS mean, coalesce(stddev_samp(value), 0) AS s
    FROM twin_value
    GROUP BY board, field, position
), mad AS (
    SELECT board, field, position, percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(value - q[3])) AS mad
    FROM twin_value JOIN base USING (board, field, position)
    GROUP BY board, field, position
), bounds AS (
    SELECT *, CASE kind WHEN 'fixed' THEN a WHEN 'none' THEN minimum WHEN 'percentile' THEN q[1]
                        WHEN 'iqr' THEN greatest(minimum, q[2] - a * (q[4] - q[2]))
                        WHEN 'sigma' THEN greatest(minimum, mean - a * s)
                        WHEN 'mad' THEN greatest(minimum, q[3] - a * 1.4826 * mad) END AS l,
              CASE kind WHEN 'fixed' THEN b WHEN 'none' THEN maximum WHEN 'percentile' THEN q[5]
                        WHEN 'iqr' THEN least(maximum, q[4] + a * (q[4] - q[2]))
                        WHEN 'sigma' THEN least(maximum, mean + a * s)
                        WHEN 'mad' THEN least(maximum, q[3] + a * 1.4826 * mad) END AS u
    FROM base JOIN mad USING (board, field, position) JOIN twin_indicator USING (position)
)
SELECT board, field, position, n, missing, kind <> 'fixed' AND l = u AND minimum < maximum AS fell_back,
       CASE WHEN kind <> 'fixed' AND l = u THEN minimum ELSE l END AS lower,
       CASE WHEN kind <> 'fixed' AND l = u THEN maximum ELSE u END AS upper
FROM bounds;
CREATE FUNCTION transformed(x float8, transform text) RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE transform WHEN 'none' THEN x WHEN 'sqrt' THEN sign(x) * sqrt(abs(x)) ELSE sign(x) * ln(1 + abs(x)) END;
CREATE TABLE twin_point AS
SELECT board, field, company, year, stage, position, category, role, value, w, lower, upper,
       CASE WHEN value IS NULL THEN NULL
            WHEN lower = upper THEN 0
            WHEN indicator = 'rd_intensity'
                THEN CASE WHEN pulled < 0.02 THEN (t - tl) / (sqrt(0.02) - tl)
                          WHEN pulled > 0.5 THEN (tu - t) / (tu - sqrt(0.5)) ELSE 1 END
            WHEN indicator = 'tobinq' THEN 1 - abs(t - 1) / greatest(abs(tu - 1), abs(1 - tl))
            WHEN indicator = 'employment' THEN (tu - t) / (tu - tl)
            ELSE (t - tl) / (tu - tl) END AS n
FROM (SELECT *, transformed(pulled, transform) AS t, transformed(lower, transform) AS tl,
             transformed(upper, transform) AS tu,
             CASE stage WHEN 'startup' THEN startup WHEN 'growth' THEN growth ELSE stable END AS w
      FROM (SELECT *, CASE WHEN value < lower THEN lower WHEN value > upper THEN upper ELSE value END AS pulled
            FROM twin_value JOIN twin_bounds USING (board, field, position) JOIN twin_indicator USING (position)) p) p;
CREATE TABLE twin_score AS
SELECT board, company, year, stage, coverage,
       CASE WHEN coverage >= 0.65 THEN 100 * base / present + least(bonus, 5) - penalty END AS score,
       100 * technology / nullif(technology_weight, 0) AS technology
FROM (SELECT board, company, year, stage,
             sum(w * n) FILTER (WHERE role = 'base') AS base,
             sum(w) FILTER (WHERE role = 'base' AND value IS NOT NULL) AS present,
             sum(w) FILTER (WHERE role = 'base' AND value IS NOT NULL) / sum(w) FILTER (WHERE role = 'base')
                 AS coverage,
             coalesce(sum(w * n) FILTER (WHERE role = 'bonus'), 0) AS bonus,
             coalesce(sum(w * n) FILTER (WHERE role = 'penalty'), 0) AS penalty,
             sum(w * n) FILTER (WHERE category = 'technology') AS technology,
             sum(w) FILTER (WHERE category = 'technology' AND value IS NOT NULL) AS technology_weight
      FROM twin_point
      GROUP BY board, company, year, stage) s;

-- ---------------------------------------------------------------- compared

CREATE FUNCTION differs(a float8, b float8, scale float8 DEFAULT 0) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN a IS NULL OR b IS NULL THEN (a IS NULL) <> (b IS NULL)
            WHEN a = b THEN false
            ELSE NOT abs(a - b) <= 1e-12 * greatest(abs(a), abs(b), scale) END;
CREATE TABLE found_model AS
SELECT 'year' AS board, year::text AS field, model FROM year_board_model
UNION ALL SELECT 'sector', year || '/' || sector, model FROM sector_board_model;
CREATE VIEW found_bounds AS
SELECT board, field, i ->> 'indicator' AS indicator, (b ->> 'lower')::float8 AS lower, (b ->> 'upper')::float8 AS upper,
       (b ->> 'n')::bigint AS n, (b ->> 'missing')::bigint AS missing, b ->> 'method' LIKE '% → none' AS fell_back
FROM found_model, jsonb_array_elements(model::jsonb -> 'indicators') i, LATERAL (SELECT i -> 'bounds' AS b) b;
-- Bounds: percentile, iqr, none and fixed to the last bit, sigma and mad to 1e-12.
SELECT board, kind, count(*) AS compared, count(f.lower) AS "not null",
       count(*) FILTER (WHERE t.fell_back) AS fell_back,
       count(*) FILTER (WHERE CASE WHEN kind IN ('sigma', 'mad')
                                   THEN differs(t.lower, f.lower) OR differs(t.upper, f.upper)
                                   ELSE (float8send(t.lower), float8send(t.upper)) IS DISTINCT FROM
                                        (float8send(f.lower), float8send(f.upper)) END) AS "bounds differ",
       count(*) FILTER (WHERE (t.n, t.missing, coalesce(t.fell_back, false)) IS DISTINCT FROM
                              (f.n, f.missing, f.fell_back)) AS "counts differ"
FROM (SELECT * FROM twin_bounds JOIN twin_indicator USING (position)) t
FULL JOIN found_bounds f USING (board, field, indicator)
GROUP BY board, kind ORDER BY board DESC, kind;
-- Scores, coverages and one category's scores of all firm-years.
CREATE TABLE found_score AS
SELECT 'year' AS board, company, year, stage, score, coverage, technology_score FROM year_board_score
UNION ALL SELECT 'sector', company, year, stage, score, coverage, technology_score FROM sector_board_score;
SELECT board, count(*) AS compared, count(f.score) AS "not null", count(t.score) AS "twin not null",
       count(*) FILTER (WHERE differs(round(t.score::numeric, 4)::float8, f.score)) AS "scores differ",
       count(*) FILTER (WHERE differs(round(t.coverage::numeric, 12)::float8, f.coverage)) AS "coverages differ",
       count(*) FILTER (WHERE differs(round(t.technology::numeric, 4)::float8, f.technology_score)) AS "category scores differ",
       count(*) FILTER (WHERE t.stage IS DISTINCT FROM f.stage) AS "stages differ"
FROM twin_score t FULL JOIN found_score f USING (board, company, year)
GROUP BY board ORDER BY board DESC;
-- Points of the details add up to the scores, which are rounded to four decimals.
SELECT count(*) AS compared, count(f.score) AS "not null",
       count(*) FILTER (WHERE f.score IS NOT NULL AND NOT abs(d.points - f.score) < 0.0000500001)
           AS "sums differ",
       sum(indicators) AS details
FROM (SELECT * FROM found_score WHERE board = 'year') f
FULL JOIN (SELECT company, year, sum(points ORDER BY position) AS points, count(*) AS indicators
           FROM year_board_detail JOIN twin_indicator USING (indicator) GROUP BY company, year) d USING (company, year);
-- Ranks of the views against rank() over the views' scores, and over the twin's own, rounded to what both share.
CREATE TABLE found_rank AS
SELECT 'year' AS board, company, year, stage, rank, stage_rank, percentile FROM year_board_ranking
UNION ALL SELECT 'sector', company, year, stage, rank, stage_rank, percentile FROM sector_board_ranking;
SELECT board, count(*) AS compared, count(f.rank) AS "not null",
       count(*) FILTER (WHERE (t.rank, t.stage_rank) IS DISTINCT FROM (f.rank, f.stage_rank)) AS "ranks differ",
       count(*) FILTER (WHERE differs(t.percentile, f.percentile)) AS "percentiles differ",
       count(*) FILTER (WHERE t.twin_rank IS DISTINCT FROM f.rank) AS "differ from the twin's"
FROM (SELECT board, company, year,
             CASE WHEN f.score IS NOT NULL
                  THEN rank() OVER (PARTITION BY board, year ORDER BY f.score DESC NULLS LAST) END AS rank,
             CASE WHEN f.score IS NOT NULL
                  THEN rank() OVER (PARTITION BY board, year, f.stage ORDER BY f.score DESC NULLS LAST) END
                 AS stage_rank,
             CASE WHEN f.score IS NOT NULL
                  THEN 100 * cume_dist() OVER (PARTITION BY board, year, f.score IS NULL ORDER BY f.score) END
                 AS percentile,
             CASE WHEN t.score IS NOT NULL
                  THEN rank() OVER (PARTITION BY board, year ORDER BY round(t.score::numeric, 4) DESC NULLS LAST) END
                 AS twin_rank
      FROM found_score f FULL JOIN twin_score t USING (board, company, year)) t
FULL JOIN found_rank f USING (board, company, year)
GROUP BY board ORDER BY board DESC;

SELECT drop_scoreboard(board) FROM unnest('{real_data.year_board,real_data.sector_board}'::text[]) board;
DELETE FROM scheme WHERE scheme = 'real-panel';
RESET search_path;
DROP SCHEMA real_data CASCADE;
