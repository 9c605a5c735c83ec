--
-- A scoreboard whose whitelist rule speaks Chinese: problems, notices, decisions, advice and verification.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set forget `echo "${PG_ABS_SRCDIR:-test}/data/forget_publications.sql"`
\set SHOW_CONTEXT never
\pset format unaligned
\pset null '(null)'
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
SELECT derive_scheme('spoken', 'national-2024') \g /dev/null
DELETE FROM indicator WHERE scheme = 'spoken' AND indicator NOT IN ('rd_expense', 'revenue', 'science_awards', 'revenue_growth');
CREATE TABLE firm AS
SELECT 'F' || lpad(i::text, 2, '0') AS code, y AS year, 'growth'::text AS stage, (10 + i * 7 % 41)::numeric AS rd_expense,
       (100 + i * 13 % 37)::numeric AS revenue, (i % 4)::numeric AS science_awards, 0.1 + i % 5 AS revenue_growth
FROM generate_series(1, 40) i, generate_series(2023, 2024) y;
SELECT create_scoreboard('b', 'spoken', 'firm', 'code', 'stage', 'year') \g /dev/null
SELECT set_whitelist_rule('b', top_n => 3, reserve_n => 1, language => 'zh') \g /dev/null
SET client_min_messages = notice;
INSERT INTO exclusion (scoreboard, entity, reason) VALUES ('b', 'f01 ', '失信');
SET client_min_messages = warning;
SELECT object, problem, advice FROM scoreboard_problems('b');
-- a firm that stands twice leaves no list to look at
INSERT INTO firm SELECT * FROM firm WHERE code = 'F05' AND year = 2024;
INSERT INTO firm VALUES ('F99', 2024, 'old', 1, 1, 1, 1), ('F98', 2024, NULL, 'Infinity', 1, NULL, 1);
SELECT severity, object, problem, advice FROM scoreboard_problems('b') WHERE object !~ '体系|一级|^发展阶段 [a-z]';
DELETE FROM firm WHERE code >= 'F98' OR ctid = (SELECT max(ctid) FROM firm WHERE code = 'F05' AND year = 2024);
SET client_min_messages = notice;
SELECT publish('b', '2024', '公示') AS id \gset
SET client_min_messages = warning;
SELECT decision, decision_title, count(*) FROM b_whitelist WHERE year = 2024 GROUP BY 1, 2 ORDER BY 1;
SELECT decision, decision_title, count(*) FROM published_whitelist WHERE publication = :id GROUP BY 1, 2 ORDER BY 1;
SELECT DISTINCT decision_title FROM b_standing WHERE code IN ('F01', 'F02', 'F03') ORDER BY 1;
SELECT "check", ok, CASE "check" WHEN 'chain' THEN regexp_replace(detail, '\d+', 'n', 'g') ELSE regexp_replace(detail, '[0-9a-f]{64}', '...') END AS detail
FROM verify_publication(:id);
UPDATE firm SET revenue = 7 WHERE code = 'F03' AND year = 2024;
DELETE FROM firm WHERE code = 'F04' AND year = 2024;
SELECT detail FROM verify_publication(:id) WHERE NOT ok;
SELECT proposal FROM gap_to('b', '2024', 'F07') WHERE indicator = 'rd_expense';
-- in English everything stays as it is
SELECT set_whitelist_rule('b', top_n => 3, reserve_n => 1, language => 'en') \g /dev/null
SELECT object, problem FROM scoreboard_problems('b') WHERE object LIKE 'exclusion%';
SELECT DISTINCT decision, decision_title FROM b_whitelist ORDER BY 1;
-- the language of what was published is told by its sentences, whatever names are in them
SELECT r, _innovation_score.reasons_language(r) FROM unnest(ARRAY['', 'quota of 2 for 杭州 is used up (place 3)', 'excluded: 失信', '县 is missing, so there is no quota for it',
    '杭州的 2 个名额已用完（列第 3）', 'A的 2 个名额已用完（列第 3）', '得分 3，达到最低分 2']) r;
SELECT decision_title('earlier', 'zh'), decision_title('earlier', 'en'), decision_title(NULL, 'zh'), decision_title('listet', 'en');

\set ECHO none
SET client_min_messages = error;
DELETE FROM exclusion WHERE scoreboard = 'board.b';
\i :forget
