-- rankings: ties, ranks before rounding, within a period, overall and by stage, percentiles; a scheme whose score is
-- the value itself makes every number known beforehand
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

-- 128 · v/128 is v, exactly
INSERT INTO scheme (scheme, full_marks, extreme, missing) VALUES ('plain', 128, 'fixed(0,128)', 'null');
INSERT INTO category (scheme, category) VALUES ('plain', 'only');
INSERT INTO indicator (scheme, indicator, category) VALUES ('plain', 'value', 'only');
INSERT INTO stage VALUES ('plain', 's'), ('plain', 'l');
INSERT INTO weight VALUES ('plain', 's', 'value', 1), ('plain', 'l', 'value', 7);

CREATE TABLE result (firm text, year int, stage text, points float8);
INSERT INTO result VALUES
    ('A', 2023, 's', 90), ('B', 2023, 'l', 80.25), ('C', 2023, 's', 80.25), ('D', 2023, 'l', 80.25), ('E', 2023, 's', 0),
    -- equal when rounded, and yet in this order
    ('F', 2023, 'l', 50.00004), ('G', 2023, 's', 50.00003), ('H', 2023, 's', 50.000049999999995), ('I', 2023, 'l', 50.00005),
    ('J', 2023, 's', NULL), ('K', 2023, NULL, 99), ('L', 2023, 's', -0.0), ('M', 2023, 's', 500),
    -- another year, another ranking
    ('A', 2024, 's', 10), ('B', 2024, 'l', 10), ('C', 2024, 'l', 10),
    -- no year, no group, no rank
    ('Z', NULL, 's', 100);
SELECT create_scoreboard('r', 'plain', 'result', 'firm', 'stage', 'year', mapping => '{"value": "points"}');
SELECT firm, year, stage, score, only_score, coverage, rank, stage_rank, percentile FROM r_ranking ORDER BY year, rank, firm;
-- ranks follow the unrounded scores
SELECT firm, s.score, r.score AS rounded, r.rank FROM r_score s JOIN r_ranking r USING (firm, year) WHERE firm IN ('F', 'G', 'H', 'I') ORDER BY rank;
-- the best firms of each stage, as BI asks for them
SELECT stage, string_agg(firm || ' ' || score, ', ' ORDER BY stage_rank, firm) FROM r_ranking WHERE year = 2023 AND stage_rank <= 2 GROUP BY 1 ORDER BY 1;

-- without a period all rows are ranked together; a firm that has several is shown with each of them, and has no rank
SELECT create_scoreboard('all_rows', 'plain', 'result', 'firm', 'stage', mapping => '{"value": "points"}');
SELECT firm, score, rank FROM all_rows_ranking WHERE firm IN ('A', 'B', 'Z') ORDER BY rank, firm, score;

-- 900 firm-years with few different scores: against rank() and count() OVER
CREATE TABLE many AS SELECT firm, year, stage, floor(a / 300) AS points FROM firm;
SELECT create_scoreboard('m', 'plain', 'many', 'firm', 'stage', 'year', mapping => '{"value": "points"}');
SELECT count(*), count(rank), count(DISTINCT score) AS scores,
       count(*) FILTER (WHERE rank IS DISTINCT FROM twin_rank OR stage_rank IS DISTINCT FROM twin_stage_rank OR differs(percentile, twin_percentile)) AS different
FROM m_ranking JOIN (
    SELECT firm, year, CASE WHEN v IS NOT NULL THEN rank() OVER (PARTITION BY year ORDER BY v DESC NULLS LAST) END AS twin_rank,
           CASE WHEN v IS NOT NULL THEN rank() OVER (PARTITION BY year, stage ORDER BY v DESC NULLS LAST) END AS twin_stage_rank,
           CASE WHEN v IS NOT NULL THEN 100::float8 * count(v) OVER (PARTITION BY year ORDER BY v) / count(v) OVER (PARTITION BY year) END AS twin_percentile
    FROM (SELECT firm, year, stage, CASE WHEN stage IS NOT NULL AND points IS NOT NULL THEN least(points, 128) END AS v FROM many) s) t USING (firm, year);
-- frozen, the ranking is the same
CREATE TABLE live AS TABLE m_ranking;
SELECT freeze_scoreboard('m');
SELECT count(*) FROM (TABLE m_ranking EXCEPT ALL TABLE live) d;
-- a reader's filter on the firm leaves the rank what it is
SELECT count(*), count(*) FILTER (WHERE r.rank IS DISTINCT FROM l.rank) AS different FROM live l, LATERAL (SELECT * FROM m_ranking m WHERE m.firm = l.firm AND m.year = l.year) r;

SELECT drop_scoreboard('r'), drop_scoreboard('all_rows'), drop_scoreboard('m');
DELETE FROM scheme WHERE scheme IN ('board', 'plain');
DROP SCHEMA board CASCADE;
