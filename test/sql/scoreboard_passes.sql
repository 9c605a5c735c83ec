-- scoreboards whose groups are too large for one pass: live views and freezing go over the source again for those
-- groups, and for those only, until every bound is exact
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA passes;
SET search_path = passes, innovation_score, public;
\pset format unaligned

INSERT INTO scheme (scheme, extreme) VALUES ('passes', 'percentile(0.3,0.8)');
INSERT INTO category (scheme, category) VALUES ('passes', 'c');
INSERT INTO indicator (scheme, indicator, category, extreme, position) VALUES
    ('passes', 'a', 'c', NULL, 1), ('passes', 'b', 'c', 'mad(2.5)', 2), ('passes', 'd', 'c', 'fixed(0,1)', 3);
INSERT INTO weight VALUES ('passes', 'all', 'a', 50), ('passes', 'all', 'b', 30), ('passes', 'all', 'd', 20);

-- uniform, so that no bucket holds few values; 2023 is large, 2024 is not
CREATE TABLE firm AS
SELECT i AS firm, year, u AS a, 1 - u * u AS b, u AS d
FROM (VALUES (2023, 100000), (2024, 2000)) y(year, n), generate_series(1, n) i,
     LATERAL (SELECT ('x' || substr(md5(year || '/' || i), 1, 13))::bit(52)::bigint / 2::float8 ^ 52 AS u OFFSET 0) s;
ANALYZE firm;
SELECT year, is_fitted(fit((SELECT scheme_model('passes')), a, b, d)) AS in_one_pass FROM firm GROUP BY year ORDER BY 1;

SELECT create_scoreboard('live', 'passes', 'firm', 'firm', period => 'year');
SELECT create_scoreboard('cold', 'passes', 'firm', 'firm', period => 'year');
SELECT create_scoreboard('flat', 'passes', 'firm', 'firm * 10000 + year');

-- the bounds are those of extreme_bounds, which takes one pass and any memory, to the last bit
SELECT year, is_fitted(model) FROM live_model ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE record_send(ROW(i.lower, i.upper, i.n, i.method)) IS DISTINCT FROM record_send(ROW((w.bounds).lower, (w.bounds).upper, (w.bounds).n, (w.bounds).method))) AS different
FROM live_model m, model_indicators(m.model) i
JOIN (SELECT year, 'a' AS indicator, extreme_bounds(a, 'percentile(0.3,0.8)') AS bounds FROM firm GROUP BY year
      UNION ALL SELECT year, 'b', extreme_bounds(b, 'mad(2.5)') FROM firm GROUP BY year
      UNION ALL SELECT year, 'd', extreme_bounds(d, 'fixed(0,1)') FROM firm GROUP BY year) w USING (indicator)
WHERE w.year = m.year;
SELECT count(*), count(*) FILTER (WHERE record_send(ROW(i.lower, i.upper)) IS DISTINCT FROM record_send(ROW((w.bounds).lower, (w.bounds).upper))) AS different
FROM flat_model m, model_indicators(m.model) i
JOIN (SELECT 'a' AS indicator, extreme_bounds(a, 'percentile(0.3,0.8)') AS bounds FROM firm UNION ALL SELECT 'b', extreme_bounds(b, 'mad(2.5)') FROM firm) w USING (indicator);

-- what is read for it: the rows that the scans of the source gave
CREATE FUNCTION rows_read(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
    RETURN (WITH RECURSIVE nodes(node) AS (
                SELECT plan::jsonb -> 0 -> 'Plan'
                UNION ALL
                SELECT child FROM nodes, LATERAL jsonb_array_elements(nodes.node -> 'Plans') child)
            SELECT sum((node ->> 'Actual Rows')::numeric * (node ->> 'Actual Loops')::numeric) FROM nodes WHERE node ->> 'Relation Name' = 'firm');
END
$$;
SET max_parallel_workers_per_gather = 0;
-- 2024 needs one pass; 2023 a few, and 2024 is not read again for them; scoring reads every row once more
SELECT rows_read('SELECT * FROM live_model WHERE year = 2024') AS one_pass,
       (rows_read('SELECT * FROM live_model WHERE year = 2023') / 100000) BETWEEN 2 AND 10 AS some_passes,
       rows_read('SELECT * FROM live_model') = rows_read('SELECT * FROM live_model WHERE year = 2023') + 2000 AS no_more,
       rows_read('SELECT * FROM live_score') - rows_read('SELECT * FROM live_model') AS scored,
       rows_read('SELECT * FROM live_score WHERE year = 2024') AS year_2024;
-- whatever joins the planner chooses
SET jit = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_material = off;
SELECT rows_read('SELECT * FROM live_score') - rows_read('SELECT * FROM live_model') AS scored;
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_material; RESET max_parallel_workers_per_gather;

-- freezing takes as many passes
SELECT freeze_scoreboard('cold'), freeze_scoreboard('flat');
SELECT scoreboard, period, is_fitted(model) FROM fitted_model ORDER BY 1, 2;
SELECT count(*), count(*) FILTER (WHERE l.model::text IS DISTINCT FROM c.model::text) AS different FROM live_model l FULL JOIN cold_model c USING (year);
SELECT count(*), count(*) FILTER (WHERE float8send(l.score) IS DISTINCT FROM float8send(c.score)) AS different FROM live_score l FULL JOIN cold_score c USING (firm, year);

SELECT drop_scoreboard('live'), drop_scoreboard('cold'), drop_scoreboard('flat');
DELETE FROM scheme WHERE scheme = 'passes';
DROP SCHEMA passes CASCADE;
