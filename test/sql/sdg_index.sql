--
-- The SDG Index as the Sustainable Development Report publishes it: the mean of 17 goals' scores, those of goals that do not apply (no
-- coast, goal 14) left out. From the goals' published scores, which have one decimal, of each country and year, so that an index
-- made of them may be one unit of the last place off. (From raw values to goals: world_indices.sql.)
--
-- The data are not part of the project: the test looks for the file that INNOVATION_SCORE_SDG names, by default
-- ../shared/data/sdg_index_2000-2022.csv, and is skipped where there is none (expected/sdg_index_1.out).
--
\set file `echo "${INNOVATION_SCORE_SDG:-../shared/data/sdg_index_2000-2022.csv}"`
\set present `test -r "${INNOVATION_SCORE_SDG:-../shared/data/sdg_index_2000-2022.csv}" && echo true || echo false`
\if :present
\else
\echo 'skipped: the data of the SDG Index are not there'
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA sdg;
SET search_path = sdg, innovation_score, public;
\pset format unaligned
CREATE TABLE country (iso3 text, country text, year int, goal_1 numeric, goal_2 numeric, goal_3 numeric, goal_4 numeric, goal_5 numeric, goal_6 numeric, goal_7 numeric, goal_8 numeric, goal_9 numeric,
                      goal_10 numeric, goal_11 numeric, goal_12 numeric, goal_13 numeric, goal_14 numeric, goal_15 numeric, goal_16 numeric, goal_17 numeric, published numeric, PRIMARY KEY (iso3, year));
SELECT format('\copy country FROM %L (FORMAT csv, HEADER)', :'file') AS copy \gset
:copy
-- 0 stands for goals that are not there
INSERT INTO scheme (scheme, missing, decimals) VALUES ('sdg', 'reweight', 1);
INSERT INTO category (scheme, category) VALUES ('sdg', 'goals');
INSERT INTO indicator (scheme, indicator, category, extreme, position) SELECT 'sdg', 'goal_' || i, 'goals', 'fixed(0,100)', i FROM generate_series(1, 17) i;
INSERT INTO weight SELECT 'sdg', 'all', indicator, 1 FROM indicator WHERE scheme = 'sdg';
SELECT create_scoreboard('index', 'sdg', 'country', 'iso3', period => 'year', mapping => (SELECT jsonb_object_agg(indicator, format('NULLIF(%I, 0)', indicator)) FROM indicator WHERE scheme = 'sdg'));
SELECT CASE WHEN coverage = 1 THEN 'all goals' WHEN goal_14 = 0 AND coverage > 0.94 THEN 'without goal 14' ELSE 'others, imputed there' END AS goals, count(*) AS published,
       count(*) FILTER (WHERE score::numeric = published) AS same, count(*) FILTER (WHERE abs(score::numeric - published) = 0.1) AS "0.1 off", count(*) FILTER (WHERE abs(score::numeric - published) > 0.1) AS differ
FROM country JOIN index_score USING (iso3, year) GROUP BY 1 ORDER BY 1;
SELECT drop_scoreboard('index');
DELETE FROM scheme WHERE scheme = 'sdg';
DROP SCHEMA sdg CASCADE;
