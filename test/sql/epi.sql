--
-- The Environmental Performance Index 2020 as its technical appendix has it (Z. A. Wendling et al., Yale Center for Environmental
-- Law & Policy), in one scheme and one scoreboard: 18 of its 32 indicators from the raw values, with the logarithm ln(x + alpha) and
-- between the worst and best values of the appendix; the 14 that the appendix works out of further data from the published
-- indicator scores; eleven issue categories, two policy objectives, weights at each level, one decimal. Against what was published.
--
-- The data are not part of the project: the test looks for the directory that INNOVATION_SCORE_EPI names, by default
-- ../shared/data/epi2020, with the publisher's files (*_raw_na.csv, *_ind_na.csv, epi2020results*.csv, in whatever folders), and
-- is skipped where there is none (expected/epi_1.out).
--
\set present `find "${INNOVATION_SCORE_EPI:-../shared/data/epi2020}" -name 'epi2020results*.csv' 2>/dev/null | grep -q . && echo true || echo false`
\if :present
\else
\echo 'skipped: the data of the Environmental Performance Index are not there'
\quit
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA epi;
SET search_path = epi, innovation_score, public;
\pset format unaligned
\pset null '(null)'

-- The last value of each country in each file, and the published scores and ranks.
CREATE TABLE series (kind text, code text, iso text, value float8);
\copy series FROM PROGRAM 'find "${INNOVATION_SCORE_EPI:-../shared/data/epi2020}" -name "[A-Z][A-Z][A-Z]_raw_na.csv" -o -name "[A-Z][A-Z][A-Z]_ind_na.csv" | LC_ALL=C sort | xargs awk -F, ''FNR == 1 { split(FILENAME, path, "/"); name = path[length(path)]; next } { gsub(/["\r]/, ""); value = kind = substr(name, 5, 3); value = ""; for (i = NF; i > 3 && value == "" && (kind == "raw" || i == NF); i--) if ($i ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/) value = $i; if (value != "") print kind "," substr(name, 1, 3) "," $2 "," value }''' (FORMAT csv)
CREATE TABLE published (iso text, code text, ranked boolean, value numeric);
\copy published FROM PROGRAM 'find "${INNOVATION_SCORE_EPI:-../shared/data/epi2020}" -name "epi2020results*.csv" | xargs awk -F, ''NR == 1 { for (i = 1; i <= NF; i++) head[i] = $i; next } { for (i = 4; i <= NF; i++) if (head[i] ~ /\.new$/ && $i != "NA") print $2 "," substr(head[i], 1, 3) "," (head[i] ~ /rnk/) "," $i }''' (FORMAT csv)
SELECT count(DISTINCT iso) AS countries, count(*) FILTER (WHERE NOT ranked) AS scores, count(*) FILTER (WHERE ranked) AS ranks FROM published;

INSERT INTO scheme (scheme, missing, decimals) VALUES ('epi', 'reweight', 1);
CREATE TABLE node (code text, weight float8, parent text, position int, cost boolean, transform text, extreme text);
INSERT INTO node (position, code, weight, parent, transform, extreme, cost) VALUES
    (1, 'HLT', 0.4, NULL, NULL, NULL, NULL), (2, 'AIR', 0.5, 'HLT', NULL, NULL, NULL),
    (3, 'PMD', 0.55, 'AIR', 'ln', 'fixed(118.458,3961.869)', true), (4, 'HAD', 0.4, 'AIR', 'ln', 'fixed(0.8433,10588.0738)', true), (5, 'OZD', 0.05, 'AIR', 'ln', 'fixed(0.8278,245.4382)', true),
    (6, 'H2O', 0.4, 'HLT', NULL, NULL, NULL), (7, 'USD', 0.4, 'H2O', 'ln', 'fixed(1.6145,4439.9447)', true), (8, 'UWD', 0.6, 'H2O', 'ln', 'fixed(2.3585,5889.3255)', true),
    (9, 'HMT', 0.05, 'HLT', NULL, NULL, NULL), (10, 'PBD', 1, 'HMT', 'ln', 'fixed(23.323,1389.7858)', true), (11, 'WMG', 0.05, 'HLT', NULL, NULL, NULL), (12, 'MSW', 1, 'WMG', 'none', 'fixed(0,1)', false),
    (13, 'ECO', 0.6, NULL, NULL, NULL, NULL), (14, 'BDH', 0.25, 'ECO', NULL, NULL, NULL),
    (15, 'TBN', 0.2, 'BDH', 'none', 'fixed(0,17)', false), (16, 'TBG', 0.2, 'BDH', 'none', 'fixed(0,17)', false), (17, 'MPA', 0.2, 'BDH', NULL, NULL, false), (18, 'PAR', 0.1, 'BDH', 'none', 'fixed(0.0306,0.31)', false),
    (19, 'SHI', 0.1, 'BDH', 'none', 'fixed(93.3115,100)', false), (20, 'SPI', 0.1, 'BDH', 'none', 'fixed(0,100)', false), (21, 'BHV', 0.1, 'BDH', 'none', 'fixed(0,1)', false),
    (22, 'ECS', 0.1, 'ECO', NULL, NULL, NULL), (23, 'TCL', 0.9, 'ECS', 'ln(0.00000097)', 'fixed(0.0000167,0.0478)', true), (24, 'GRL', 0.05, 'ECS', NULL, NULL, false), (25, 'WTL', 0.05, 'ECS', NULL, NULL, false),
    (26, 'FSH', 0.1, 'ECO', NULL, NULL, NULL), (27, 'FSS', 0.35, 'FSH', 'ln(0.0000113)', 'fixed(0,0.8012)', true), (28, 'RMS', 0.35, 'FSH', 'ln(0.000000951)', 'fixed(0,0.0381)', true), (29, 'FGT', 0.3, 'FSH', 'ln(0.000000084)', 'fixed(0,0.917)', true),
    (30, 'CCH', 0.4, 'ECO', NULL, NULL, NULL), (31, 'CDA', 0.55, 'CCH', NULL, NULL, false), (32, 'CHA', 0.15, 'CCH', NULL, NULL, false), (33, 'FGA', 0.1, 'CCH', NULL, NULL, false), (34, 'NDA', 0.05, 'CCH', NULL, NULL, false),
    (35, 'BCA', 0.05, 'CCH', NULL, NULL, false), (36, 'LCB', 0.025, 'CCH', NULL, NULL, false), (37, 'GIB', 0.05, 'CCH', NULL, NULL, false), (38, 'GHP', 0.025, 'CCH', NULL, NULL, false),
    (39, 'APE', 0.05, 'ECO', NULL, NULL, NULL), (40, 'SDA', 0.5, 'APE', NULL, NULL, false), (41, 'NXA', 0.5, 'APE', NULL, NULL, false), (42, 'AGR', 0.05, 'ECO', NULL, NULL, NULL), (43, 'SNM', 1, 'AGR', 'none', 'fixed(0,1.3641)', true),
    (44, 'WRS', 0.05, 'ECO', NULL, NULL, NULL), (45, 'WWT', 1, 'WRS', NULL, NULL, false);
INSERT INTO category (scheme, category, parent, position) SELECT 'epi', code, parent, position FROM node WHERE cost IS NULL;
INSERT INTO category_weight SELECT 'epi', 'all', code, weight FROM node WHERE cost IS NULL;
INSERT INTO indicator (scheme, indicator, category, direction, transform, extreme, position)
SELECT 'epi', code, parent, CASE WHEN cost THEN 'cost' ELSE 'benefit' END, COALESCE(transform, 'none'), COALESCE(extreme, 'fixed(0,100)'), position FROM node WHERE cost IS NOT NULL;
INSERT INTO weight SELECT 'epi', 'all', code, weight FROM node WHERE cost IS NOT NULL;
SELECT object, problem FROM scheme_problems('epi') WHERE severity = 'error';

-- What is not material to a country, or too little known of it, has no published score.
CREATE TABLE land AS
SELECT iso, jsonb_object_agg(code, CASE WHEN extreme IS NULL THEN i.value ELSE r.value END) AS value
FROM node JOIN series i USING (code) LEFT JOIN (SELECT code, iso, value FROM series WHERE kind = 'raw') r USING (code, iso)
WHERE i.kind = 'ind' AND iso IN (SELECT iso FROM published)
GROUP BY iso;
SELECT create_scoreboard('epi', 'epi', 'land', 'iso', mapping => (SELECT jsonb_object_agg(indicator, format('(value ->> %L)::float8', indicator)) FROM indicator WHERE scheme = 'epi'));
-- an indicator's score
SELECT CASE WHEN transform LIKE 'ln%' THEN 'ln' WHEN extreme IS NULL THEN 'as published' ELSE 'none' END AS transform, count(DISTINCT code) AS indicators, count(p.value) AS published,
       count(*) FILTER (WHERE round((100 * normalized)::numeric, 1) = p.value) AS same, count(*) FILTER (WHERE abs(round((100 * normalized)::numeric, 1) - p.value) > 0.1) AS far, count(*) FILTER (WHERE normalized IS NOT NULL AND p.value IS NULL) AS more
FROM node JOIN epi_detail d ON code = d.indicator LEFT JOIN published p USING (code, iso) WHERE ranked IS NOT TRUE AND cost IS NOT NULL GROUP BY 1 ORDER BY 1;
-- those of categories, and the index
SELECT CASE WHEN code = 'EPI' THEN 'index' WHEN code IN ('HLT', 'ECO') THEN 'objectives' ELSE 'categories' END AS level, count(*) AS published, count(*) FILTER (WHERE s.score = p.value) AS same, count(*) FILTER (WHERE abs(s.score - p.value) > 0.1) AS far
FROM published p JOIN (SELECT iso, key AS code, value::numeric AS score FROM epi_score e, LATERAL (SELECT upper(replace(key, '_score', '')) AS key, value FROM jsonb_each_text(to_jsonb(e)) WHERE key LIKE '%\_score' UNION ALL SELECT 'EPI', score::text) s) s USING (iso, code)
WHERE NOT ranked GROUP BY 1 ORDER BY 1;
SELECT count(*) AS published, count(*) FILTER (WHERE r.rank = p.value) AS same FROM published p JOIN epi_ranking r USING (iso) WHERE code = 'EPI' AND ranked;
SELECT rank, iso, score, "HLT_score", "ECO_score" FROM epi_ranking ORDER BY rank LIMIT 3;
SELECT drop_scoreboard('epi');
DELETE FROM scheme WHERE scheme = 'epi';
DROP SCHEMA epi CASCADE;
