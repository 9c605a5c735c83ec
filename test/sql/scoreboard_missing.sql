-- scoreboards whose schemes impute, compress and carry values forward
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA missing_test;
SET search_path = missing_test, innovation_score, public;
\pset format unaligned

-- no method here needs order statistics, but the imputed median does: 2023 is too large for one pass
INSERT INTO scheme (scheme, extreme, adjust, missing) VALUES ('imputing', 'none', 'compress(1)', 'median');
INSERT INTO category (scheme, category) VALUES ('imputing', 'c');
INSERT INTO indicator (scheme, indicator, category, extreme, adjust, missing, position) VALUES
    ('imputing', 'a', 'c', NULL, NULL, NULL, 1), ('imputing', 'b', 'c', 'jrc', 'clamp', 'mean', 2), ('imputing', 'd', 'c', 'fixed(0,1)', NULL, 'lower', 3);
INSERT INTO weight VALUES ('imputing', 'all', 'a', 50), ('imputing', 'all', 'b', 30), ('imputing', 'all', 'd', 20);
SELECT * FROM scheme_problems('imputing');
SELECT jsonb_path_query_array(scheme_model('imputing')::jsonb, '$.indicators[*].adjust') AS adjust,
       jsonb_path_query_array(scheme_model('imputing')::jsonb, '$.indicators[*].missing') AS missing;
CREATE TABLE firm AS
SELECT i AS firm, year, CASE WHEN i % 7 > 0 THEN u END AS a, CASE WHEN i % 5 > 0 THEN floor(u * 1000) END AS b, CASE WHEN i % 3 > 0 THEN u END AS d
FROM (VALUES (2023, 90000), (2024, 2000)) y(year, n), generate_series(1, n) i,
     LATERAL (SELECT ('x' || substr(md5(year || '/' || i), 1, 13))::bit(52)::bigint / 2::float8 ^ 52 AS u OFFSET 0) s;
ANALYZE firm;
SELECT year, is_fitted(fit((SELECT scheme_model('imputing')), a, b, d)) AS in_one_pass FROM firm GROUP BY year ORDER BY 1;
SELECT create_scoreboard('live', 'imputing', 'firm', 'firm', period => 'year');
SELECT create_scoreboard('cold', 'imputing', 'firm', 'firm', period => 'year');
SELECT freeze_scoreboard('cold');
SELECT year, is_fitted(model), count(*), count(*) FILTER (WHERE float8send(i.imputed) = float8send(CASE indicator WHEN 'a' THEN median WHEN 'b' THEN mean ELSE 0 END)) AS as_expected
FROM live_model m, model_indicators(model) i
JOIN LATERAL (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) AS median, avg(b::numeric)::float8 AS mean FROM firm f WHERE f.year = m.year) f ON true
GROUP BY 1, 2 ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE l.score IS DISTINCT FROM c.score) AS different, count(l.score) AS scored, round(min(l.coverage)::numeric, 3) AS least_coverage
FROM live_score l JOIN cold_score c USING (firm, year);
SELECT status, indicator, count(*), count(DISTINCT value) AS values FROM live_detail WHERE year = 2024 AND status = 'imputed' GROUP BY 1, 2 ORDER BY 2;
SELECT drop_scoreboard('cold');
-- a change of the policy is a change of the scheme
SET client_min_messages = notice;
UPDATE scheme SET adjust = 'clamp' WHERE scheme = 'imputing';
UPDATE indicator SET missing = 'reweight' WHERE scheme = 'imputing' AND indicator = 'a';
SET client_min_messages = warning;
SELECT * FROM scheme_problems('imputing') WHERE object LIKE 'scoreboard%';
SELECT rebuild_scoreboard('live');
SELECT status, count(*) FROM live_detail WHERE year = 2024 AND indicator = 'a' GROUP BY 1 ORDER BY count(*);
SELECT drop_scoreboard('live');

-- carrying forward: last year's value where this year's is missing, by a view and an expression in the mapping
CREATE TABLE report (firm text, year int, a float8, b float8, d float8);
INSERT INTO report VALUES ('A', 2022, 1, 10, 0.2), ('A', 2023, NULL, 20, 0.3), ('A', 2024, NULL, 30, 0.4), ('B', 2022, 3, 5, 0.5),
    ('B', 2023, 4, NULL, 0.6), ('B', 2024, 5, 50, 0.7), ('C', 2023, NULL, 7, 0.8), ('C', 2024, 9, 8, NULL);
CREATE VIEW carried AS
SELECT r.*, lag(a) OVER w AS a_before, lag(year) OVER w AS year_before FROM report r WINDOW w AS (PARTITION BY firm ORDER BY year);
SELECT create_scoreboard('carry', 'imputing', 'carried', 'firm', period => 'year',
    mapping => '{"a": "COALESCE(a, CASE WHEN year_before = year - 1 THEN a_before END)"}');
SELECT firm, year, indicator, value, status FROM carry_detail WHERE indicator = 'a' ORDER BY firm, year;
SELECT drop_scoreboard('carry');
DELETE FROM scheme WHERE scheme = 'imputing';

-- what changes nothing is said
INSERT INTO scheme (scheme, extreme, adjust) VALUES ('idle', 'none', 'compress(1)');
INSERT INTO category (scheme, category, title, role, max_points) VALUES ('idle', 'c', 'c', 'base', NULL), ('idle', 'p', 'p', 'bonus', 5);
INSERT INTO indicator (scheme, indicator, category, title, extreme, missing) VALUES ('idle', 'a', 'c', 'a', NULL, 'null'), ('idle', 'b', 'c', 'b', 'iqr(1)', NULL), ('idle', 'x', 'p', 'x', 'iqr(1)', 'reweight');
INSERT INTO weight VALUES ('idle', 'all', 'a', 50), ('idle', 'all', 'b', 50), ('idle', 'all', 'x', 5);
SELECT * FROM scheme_problems('idle');
DELETE FROM scheme WHERE scheme = 'idle';
DROP SCHEMA missing_test CASCADE;
