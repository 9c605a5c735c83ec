-- scoreboard_export: every part of the document against the table or view that it comes from
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
-- PG_ABS_SRCDIR is set by pg_regress of PostgreSQL 15 and later
\set common `echo "${PG_ABS_SRCDIR:-test}/data/scoreboards.sql"`
\set ECHO none
\i :common
\set ECHO all
\pset format unaligned
\pset null '(null)'

SELECT create_scoreboard('live', 'board', 'firm', 'firm', 'stage', 'year', peers => '{city}', attributes => '{city}');
SELECT set_whitelist_rule('live', min_score => 20, top_n => 50, reserve_n => 10, language => 'en');
SELECT set_whitelist_rule('live', top_n => 5, rule => 'bank', language => 'zh');
SELECT set_tiers('live', 'quota', '{A,B}', '[10]');
INSERT INTO exclusion (scoreboard, entity, reason, valid_from) VALUES ('live', 'F003', 'a reason', '2020-01-01');
-- odd names, neither periods nor stages nor rules
CREATE TABLE plain AS SELECT firm AS "it's", a, b, c, d, e FROM firm WHERE year = 2024;
SELECT create_scoreboard('"The ""one"""', 'board', 'plain', '"it''s"', '''s''');

CREATE TABLE document AS SELECT period, scoreboard_export('live', period) AS d FROM unnest(ARRAY['2024', NULL]) period;
SELECT string_agg(k, ' ' ORDER BY k COLLATE "C") FROM document, jsonb_object_keys(d) k WHERE period = '2024';
SELECT period, d ->> 'format' AS format, d -> 'version' AS version, d -> 'scheme' = scheme_export('board') AS scheme,
       d -> 'model' = (SELECT model::text::jsonb FROM scoreboard WHERE scoreboard = 'board.live') AS model,
       d #>> '{scoreboard,scoreboard}' AS board, d #>> '{scoreboard,entity}' AS entity, d #> '{scoreboard,peers}' AS peers
FROM document ORDER BY 1;
SELECT d -> 'rules' AS rules, d -> 'tiers' AS tiers, jsonb_path_query_array(d, '$.exclusions[*].entity') AS excluded FROM document WHERE period = '2024';
-- rows that are in one and not in the other, of a period and of all
SELECT period, jsonb_array_length(d -> 'results') AS results, jsonb_array_length(d -> 'models') AS models,
       (SELECT count(*) FROM (SELECT r FROM jsonb_array_elements(d -> 'results') r EXCEPT SELECT to_jsonb(v) FROM live_ranking v) x) AS other_results,
       (SELECT count(*) FROM (SELECT to_jsonb(v) FROM live_ranking v WHERE document.period IS NULL OR year = document.period::int EXCEPT SELECT r FROM jsonb_array_elements(d -> 'results') r) x) AS missing,
       (SELECT count(*) FROM jsonb_array_elements(d -> 'models') m JOIN live_model v ON v.year = (m -> 'year')::int AND v.city = m ->> 'city'
        WHERE v.model = (m -> 'model')::text::score_model) AS same_models,
       (SELECT count(*) FROM jsonb_array_elements(d #> '{decisions,bank}') l JOIN live_whitelist_bank w
            ON (w.firm, w.year, w.decision, w.reasons) = (l ->> 'firm', (l -> 'year')::int, l ->> 'decision', l ->> 'reasons')) AS of_bank,
       (SELECT count(*) FROM jsonb_array_elements(d #> '{decisions,""}') l JOIN live_whitelist w
            ON (w.firm, w.year, w.decision, w.reasons) = (l ->> 'firm', (l -> 'year')::int, l ->> 'decision', l ->> 'reasons')) AS of_list
FROM document ORDER BY 1;
SELECT jsonb_array_length(d -> 'results') AS results, jsonb_array_length(d -> 'models') AS models, d -> 'rules' AS rules, d -> 'tiers' AS tiers, d -> 'decisions' AS decisions
FROM scoreboard_export('"The ""one"""') d;
-- the scheme of a document can be loaded again, and the settings of the session do not matter
SELECT scheme_import(d -> 'scheme', 'again') FROM document WHERE period = '2024';
SET extra_float_digits = -5;
SET datestyle = 'German';
SELECT count(*) AS same FROM document WHERE d = scoreboard_export('live', period);
RESET extra_float_digits;
RESET datestyle;
SELECT attempt($$SELECT scoreboard_export('live', '2042')$$), attempt($$SELECT scoreboard_export('life')$$);

SELECT drop_scoreboard('live'), drop_scoreboard('"The ""one"""');
DELETE FROM scheme WHERE scheme IN ('board', 'again');
DROP SCHEMA board CASCADE;
