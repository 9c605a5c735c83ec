--
-- The Human Development Index as its technical note has it (UNDP, Human Development Report 2023/24, technical note 1):
-- goalposts, the natural logarithm of income, the arithmetic mean of the two indices of education, the geometric mean of
-- the three dimensions, three decimals, ranks of the published figures. Against what was published.
--
-- The data (UNDP, composite indices, complete time series) are not part of the project: the test looks for the file that
-- INNOVATION_SCORE_HDI names, by default ../shared/data/hdi.csv, and is skipped where there is none (expected/hdi_1.out).
--
\set file `echo "${INNOVATION_SCORE_HDI:-../shared/data/hdi.csv}"`
\set present `test -r "${INNOVATION_SCORE_HDI:-../shared/data/hdi.csv}" && echo true || echo false`
\if :present
\else
\echo 'skipped: the data of the Human Development Index are not there'
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA hdi;
SET search_path = hdi, innovation_score, public;
\pset format unaligned
CREATE TABLE country (iso3 text, country text, region text, year int, le numeric, eys numeric, mys numeric, gnipc numeric, hdi numeric, hdi_rank int, PRIMARY KEY (iso3, year));
SELECT format('\copy country FROM %L (FORMAT csv, HEADER)', :'file') AS copy \gset
:copy
SELECT count(*), count(hdi) AS published, count(hdi_rank) AS ranks FROM country;

INSERT INTO scheme (scheme, title, full_marks, aggregation, floor, missing, decimals) VALUES ('hdi', 'Human Development Index', 1, 'geometric', 0, 'null', 3);
INSERT INTO category (scheme, category, title, aggregation, position) VALUES
    ('hdi', 'health', 'Long and healthy life', NULL, 1), ('hdi', 'education', 'Knowledge', 'arithmetic', 2), ('hdi', 'income', 'Decent standard of living', NULL, 3);
INSERT INTO indicator (scheme, indicator, title, category, extreme, transform, position) VALUES
    ('hdi', 'le', 'Life expectancy at birth', 'health', 'fixed(20,85)', 'none', 1), ('hdi', 'eys', 'Expected years of schooling', 'education', 'fixed(0,18)', 'none', 2),
    ('hdi', 'mys', 'Mean years of schooling', 'education', 'fixed(0,15)', 'none', 3), ('hdi', 'gnipc', 'Gross national income per head', 'income', 'fixed(100,75000)', 'ln', 4);
INSERT INTO weight SELECT 'hdi', 'all', indicator, 1 FROM indicator WHERE scheme = 'hdi';
INSERT INTO category_weight SELECT 'hdi', 'all', category, 1 FROM category WHERE scheme = 'hdi';
SELECT * FROM scheme_problems('hdi');
SELECT create_scoreboard('index', 'hdi', 'country', 'iso3', period => 'year');
SELECT count(c.hdi) AS published, count(*) FILTER (WHERE r.score = c.hdi) AS same, count(*) FILTER (WHERE r.score IS DISTINCT FROM c.hdi AND c.hdi IS NOT NULL) AS differ,
       count(*) FILTER (WHERE r.score IS NOT NULL AND c.hdi IS NULL) AS more
FROM country c JOIN index_ranking r USING (iso3, year);
SELECT count(c.hdi_rank) AS published, count(*) FILTER (WHERE r.rank = c.hdi_rank) AS same FROM country c JOIN index_ranking r USING (iso3, year) WHERE year = 2022;
SELECT rank, country, score, health_score, education_score, income_score FROM index_ranking JOIN country USING (iso3, year) WHERE year = 2022 ORDER BY rank, country COLLATE "C" LIMIT 5;
SELECT drop_scoreboard('index');
DELETE FROM scheme WHERE scheme = 'hdi';
DROP SCHEMA hdi CASCADE;
