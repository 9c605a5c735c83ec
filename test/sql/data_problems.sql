--
-- What is wrong with the data of a scoreboard: each problem by itself, and none where there is none.
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
\set SHOW_CONTEXT never
\pset format unaligned
\pset null '(null)'
CREATE SCHEMA board;
SET search_path = board, innovation_score, public;
SELECT derive_scheme('data', 'national-2024') \g /dev/null
DELETE FROM indicator WHERE scheme = 'data' AND indicator NOT IN ('rd_expense', 'revenue', 'science_awards');
UPDATE indicator SET absent = 'missing' WHERE scheme = 'data';
CREATE TABLE firm AS SELECT 'F' || lpad(i::text, 2, '0') AS code, y AS year, 'growth'::text AS stage, (10 + i * 7 % 41)::numeric AS rd_expense, (100 + i * 13 % 37)::numeric AS revenue, (i % 4)::numeric AS science_awards
    FROM generate_series(1, 40) i, generate_series(2023, 2024) y;
SELECT create_scoreboard('b', 'data', 'firm', 'code', 'stage', 'year') \g /dev/null
CREATE FUNCTION found(name text DEFAULT 'b', wanted_period text DEFAULT NULL) RETURNS TABLE (severity text, object text, problem text, advice text) LANGUAGE sql AS $$
    SELECT * FROM scoreboard_problems(name, wanted_period) p WHERE p.object !~ '^(scheme|category|stage) '
$$;
-- none
SELECT * FROM found();
-- a count without zeros
BEGIN;
UPDATE firm SET science_awards = NULL WHERE science_awards = 0;
SELECT * FROM found();
SELECT unlock_scheme('data') \g /dev/null
UPDATE indicator SET absent = 'zero' WHERE scheme = 'data' AND indicator = 'science_awards';
SELECT rebuild_scoreboard('b') \g /dev/null
SELECT * FROM found();
ROLLBACK;
-- rare
BEGIN;
UPDATE firm SET science_awards = CASE WHEN code = 'F07' THEN 3 ELSE 0 END;
SELECT severity, object, problem, advice FROM found() WHERE problem LIKE 'is 0%';
ROLLBACK;
-- a unit that changes, in either direction
BEGIN;
UPDATE firm SET revenue = revenue * 10000 WHERE year = 2024;
SELECT * FROM found();
UPDATE firm SET revenue = revenue / 10000 WHERE year = 2024;
UPDATE firm SET rd_expense = rd_expense / 10000 WHERE year = 2024;
SELECT * FROM found();
SELECT * FROM found('b', '2024');       -- of one period alone nothing can be told
ROLLBACK;
-- 0 for everybody
BEGIN;
UPDATE firm SET science_awards = 0;
SELECT severity, object, problem FROM found();
ROLLBACK;
-- row-level security
BEGIN;
ALTER TABLE firm ENABLE ROW LEVEL SECURITY;
SELECT * FROM found();
ROLLBACK;
-- a year that is not frozen, and one that has other rows now
BEGIN;
SELECT freeze_scoreboard('b') \g /dev/null
SELECT * FROM found();
INSERT INTO firm SELECT code, 2025, stage, rd_expense, revenue, science_awards FROM firm WHERE year = 2024;
DELETE FROM firm WHERE code = 'F07' AND year = 2023;
SELECT * FROM found();
SELECT freeze_scoreboard('b', '2025') \g /dev/null
SELECT * FROM found('b', '2025');
ROLLBACK;
-- a column that is gone, a source that is gone
BEGIN;
ALTER TABLE firm DROP COLUMN revenue CASCADE;
SELECT * FROM found();
ROLLBACK;
BEGIN;
DROP TABLE firm CASCADE;
SELECT * FROM found();
ROLLBACK;
-- a view that is gone; a column that has another name, which the views do not mind
BEGIN;
DROP VIEW b_trend;
SELECT * FROM found();
SELECT rebuild_scoreboard('b') \g /dev/null
ALTER TABLE firm RENAME revenue TO income;
SELECT * FROM found();
ROLLBACK;
-- another table under the name of the source, in which a column is of another type
BEGIN;
ALTER TABLE firm RENAME TO old_firm;
CREATE TABLE firm AS TABLE old_firm;
SELECT * FROM found();
ALTER TABLE firm ALTER revenue TYPE text;
SELECT * FROM found();
SAVEPOINT before;
SELECT freeze_scoreboard('b');
ROLLBACK TO before;
SELECT publish('b', '2024', 'x');
ROLLBACK TO before;
SELECT store_ranking('b', 'kept');
ROLLBACK;
-- values that are others than when it was frozen
BEGIN;
SELECT freeze_scoreboard('b') \g /dev/null
UPDATE firm SET stage = 'stable' WHERE code < 'F20';
SELECT * FROM found();
UPDATE firm SET revenue = revenue * 3 WHERE code < 'F20' AND year = 2024;
SELECT * FROM found();
SELECT * FROM found('b', '2023');
SELECT freeze_scoreboard('b', '2024') \g /dev/null
SELECT * FROM found();
ROLLBACK;
-- units: 元 in place of 万元, percent in place of shares
BEGIN;
UPDATE firm SET revenue = revenue * 100000;
SELECT * FROM found();
ROLLBACK;
SELECT derive_scheme('shares', 'national-2024') \g /dev/null
DELETE FROM indicator WHERE scheme = 'shares' AND indicator NOT IN ('rd_intensity', 'revenue_growth');
CREATE TABLE share AS SELECT code, stage, rd_expense AS rd_intensity, (revenue - 100) / 100 AS revenue_growth FROM firm WHERE year = 2024;
SELECT create_scoreboard('s', 'shares', 'share', 'code', 'stage') \g /dev/null
SELECT * FROM found('s');
SELECT alter_scoreboard('s', mapping => '{"rd_intensity": "rd_intensity / 100"}') \g /dev/null
SELECT * FROM found('s');
SELECT drop_scoreboard('s') \g /dev/null
DELETE FROM scheme WHERE scheme = 'shares';
-- labels of a long source
CREATE TABLE filing AS SELECT code, year, v.item, v.amount FROM firm, LATERAL (VALUES ('研发', rd_expense), ('revenue', revenue), ('awrads', science_awards), ('其他', 1)) AS v(item, amount);
SELECT create_scoreboard('l', 'data', 'filing', 'code', $$'growth'$$, 'year', long => '{"indicator": "item", "value": "amount"}', mapping => '{"rd_expense": "研发"}') \g /dev/null
SELECT * FROM found('l');
SET client_min_messages = notice;
SELECT alter_scoreboard('l', mapping => '{"rd_expense": "研发", "science_awards": null}');
SET client_min_messages = warning;
-- expressions over the value: by the name of its column, or as value; an own label, or that of the code
SELECT alter_scoreboard('l', mapping => '{"rd_expense": {"label": "研发", "value": "ln(value)"}, "revenue": {"value": "amount / 10"}, "science_awards": {"label": "awrads"}}') \g /dev/null
SELECT count(*) AS firms, bool_and(l._values[1] = ln(f.rd_expense)::float8 AND l._values[2] = (f.revenue / 10)::float8 AND l._values[3] = f.science_awards) AS equal
FROM l_input l JOIN firm f USING (code, year);
SELECT * FROM found('l');
ALTER TABLE filing RENAME amount TO value;
SELECT alter_scoreboard('l', long => '{"indicator": "item", "value": "value"}', mapping => '{"rd_expense": {"label": "研发", "value": "ln(value)"}}') \g /dev/null
SELECT bool_and(l._values[1] = ln(f.rd_expense)::float8) AS equal FROM l_input l JOIN firm f USING (code, year);
SELECT alter_scoreboard('l', mapping => '{"rd_expense": {"label": "研发", "value": "ln(valeu)"}}');
SELECT alter_scoreboard('l', mapping => '{"rd_expense": {"label": "研发", "factor": "2"}}');
-- nobody has a value
SELECT alter_scoreboard('l', mapping => '{"rd_expense": "R&D", "revenue": "income", "science_awards": "awards"}') \g /dev/null
SELECT * FROM found('l') WHERE severity = 'error';
SELECT freeze_scoreboard('l');
SELECT publish('l', '2024', 'x');
SELECT store_ranking('l', 'kept');

-- registers
CREATE TABLE register (code text, name text);
INSERT INTO register SELECT 'F' || i, 'N' || i FROM generate_series(1, 20) i;
CREATE TABLE report (code text, year int, rd text, income numeric);
INSERT INTO report SELECT 'F' || i, y, CASE WHEN i = 3 AND y = 2024 THEN '约500' WHEN i IN (4, 5) AND y = 2024 THEN '1-2' ELSE (i * 7)::text END, i * 100 FROM generate_series(1, 20) i, generate_series(2023, 2024) y;
CREATE TABLE award (code text, year int);
INSERT INTO award SELECT 'F' || i, 2023 FROM generate_series(1, 20, 3) i;
SELECT create_collection('gathered', 'register', 'code', '{2023,2024}',
    '{"报表": {"table": "report", "key": "code", "period": "year", "numbers": {"rd": ""}}, "奖励": {"table": "award", "key": "code", "period": "year"}}',
    '{"rd_expense": {"from": "报表", "value": "sum(rd)"}, "revenue": {"from": "报表", "value": "sum(income)"}, "science_awards": {"from": "奖励", "value": "count(*)", "absent": 0}}') \g /dev/null
SELECT create_scoreboard('g', 'data', 'gathered', 'firm', $$'growth'$$, 'period') \g /dev/null
SELECT * FROM found('g');
SELECT severity, object, problem FROM found('g', '2023');
SELECT freeze_scoreboard('g');
SELECT publish('g', '2024', 'x');
SELECT store_ranking('g', 'kept');
SELECT freeze_scoreboard('g', '2023') \g /dev/null
INSERT INTO award SELECT 'F' || i, 2024 FROM generate_series(1, 20, 3) i;
INSERT INTO report SELECT 'X' || i, 2024, '1', 1 FROM generate_series(1, 7) i;
INSERT INTO register VALUES ('F5', 'again');
SELECT severity, object, problem, advice FROM found('g', '2024') WHERE object ~ '^(register|firm)';

SET client_min_messages = error;
SELECT count(drop_scoreboard(scoreboard)) FROM scoreboard \g /dev/null
SELECT drop_collection('gathered') \g /dev/null
DROP SCHEMA board CASCADE;
DELETE FROM scheme WHERE scheme = 'data';
